"""The catalogue of a database beside the one that a fresh migration makes: who changed the schema cannot hide it here.

    catalogue.json    {"trigger keep_rows on ledger.anchor": {"enabled": "always", "definition": …}, …}

`read` makes that of a database, in words that are the same on PostgreSQL 15 to 18; `compare` tells each difference. It
sees what the server says: a server that was itself replaced can say anything, and only the chain tells of that.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, text

from service.audit.objects import QUERIES

OLD, NEW = "definition on 15", "definition"  # how a view is spelt; a server gives one of them
SNAPSHOT = Path(__file__).with_name("catalogue.json")
ABSENT = "nothing"

Catalogue = dict[str, dict[str, str]]


def read(connection: Connection) -> Catalogue:
    """Every object of the two schemas with what it is; nothing is written, and the search path is put back."""
    path = connection.scalar(text("SELECT current_setting('search_path')"))
    connection.execute(text("SELECT set_config('search_path', 'pg_catalog', true)"))  # names are told in full
    found: Catalogue = {}
    for query in QUERIES:
        for name, what in connection.execute(text(query)):
            found[name] = {key: _plain(value) for key, value in what.items() if value not in (None, "", False, [])}
    connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": path})
    return dict(sorted(found.items()))


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "yes" if value is True else str(value)


def compare(connection: Connection, snapshot: Path = SNAPSHOT) -> Iterator[tuple[str, str, str]]:
    """(object, expected, seen) of every difference: `("trigger keep_rows on ledger.entry", "enabled: always",
    "enabled: no")`. Where an object is missing or too much, the other side is "nothing"."""
    expected, seen = json.loads(snapshot.read_text()), read(connection)
    for name in sorted(expected.keys() | seen.keys()):
        if name not in seen:
            yield name, _told(expected[name]), ABSENT
        elif name not in expected:
            yield name, ABSENT, _told(seen[name])
        else:
            yield from _differences(name, expected[name], seen[name])


def _differences(name: str, expected: dict[str, str], seen: dict[str, str]) -> Iterator[tuple[str, str, str]]:
    other = {OLD} if NEW in seen else {NEW} if OLD in seen else set()
    for key in sorted((expected.keys() | seen.keys()) - other):
        if expected.get(key) != seen.get(key):
            yield name, f"{key}: {expected.get(key, 'no')}", f"{key}: {seen.get(key, 'no')}"


def _told(what: dict[str, str]) -> str:
    return "; ".join(f"{key}: {value}" for key, value in what.items()) or "present"


def written(catalogue: Catalogue) -> str:
    """As it stands in the file: a line for each object, so that a change of the schema reads well in a diff."""
    lines = (f"{json.dumps(name)}: {json.dumps(what, ensure_ascii=False)}" for name, what in catalogue.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


def write(connection: Connection, snapshot: Path = SNAPSHOT) -> None:
    """For developers, of a freshly migrated database (`./lotproof migrate --snapshot`).

    How the other kind of server spells a view is kept from the file: a view that changed must be written on both.
    """
    before = json.loads(snapshot.read_text()) if snapshot.exists() else {}
    found = read(connection)
    for name, what in found.items():
        what |= {key: spelt for key, spelt in before.get(name, {}).items() if key in (OLD, NEW) and key not in what}
    snapshot.write_text(written(found))

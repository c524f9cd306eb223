"""What a long audit keeps of its finished steps, so that it can be gone on with after it was stopped.

One file, `audit.json`, written whole or not at all. It says of which log, cluster and database it speaks; that of
another one is ignored. Nobody has to believe it: whoever doubts it starts without.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, text

from anchoring import Finding
from service.audit.differ import Table
from service.audit.journals import Lasting
from service.audit.steps import Done, Step

_FILE = "audit.json"
_FIELDS = tuple(Finding.__dataclass_fields__)


def identity(connection: Connection, origin: str) -> list[Any]:
    """Which log, which cluster, which database."""
    query = """SELECT (SELECT system_identifier FROM pg_control_system()),
        (SELECT oid::bigint FROM pg_database WHERE datname = current_database())"""
    cluster, database = connection.execute(text(query)).one()
    return [origin, int(cluster), int(database)]


class Kept:
    """The finished steps; without a folder they are only remembered."""

    def __init__(self, folder: Path | None, of: list[Any]) -> None:
        self._file = None if folder is None else folder / _FILE
        self._of = of
        self.done: dict[Step, Done] = dict(self._read())

    def keep(self, step: Step, done: Done) -> None:
        self.done[step] = done
        if self._file is not None:
            half = self._file.with_suffix(".half")
            steps = [_step(each, self.done[each]) for each in self.done]
            half.write_bytes(orjson.dumps({"of": self._of, "steps": steps}, default=str))
            half.replace(self._file)

    def forget(self) -> None:
        if self._file is not None:
            self._file.unlink(missing_ok=True)

    def _read(self) -> list[tuple[Step, Done]]:
        try:
            kept = orjson.loads(self._file.read_bytes()) if self._file else {}
            return [_done(each) for each in kept["steps"]] if kept.get("of") == self._of else []
        except (FileNotFoundError, orjson.JSONDecodeError, LookupError, TypeError, ValueError):
            return []


def _step(step: Step, done: Done) -> dict[str, Any]:
    open = [[*table, [[id, *each] for id, each in rows.items()]] for table, rows in done.lasting.open.items()]
    touched = [[*table, sorted(ids)] for table, ids in done.lasting.touched.items()]
    found = [[getattr(finding, name) for name in _FIELDS] for finding in done.findings]
    return {"name": step.name, "within": step.within, "findings": found, "open": open, "touched": touched}


def _done(kept: Mapping[str, Any]) -> tuple[Step, Done]:
    within = kept["within"]
    step = Step(kept["name"], None if within is None else (within[0], within[1]))
    open = {_table(*named): {id: (wanted, index) for id, wanted, index in rows} for *named, rows in kept["open"]}
    touched = {_table(*named): set(ids) for *named, ids in kept["touched"]}
    return step, Done([Finding(*each) for each in kept["findings"]], Lasting(open, touched))


def _table(name: str, key: list[str]) -> Table:
    return Table(name, tuple(key))

"""Bind what was changed, signed and added since the last time: a sheet, and a notice of the log that says its hash.

Whoever writes such a row holds the gate until it commits (a trigger, shared); who binds shuts it for a
moment (exclusive). So no row with a smaller number appears later, and one that does was not put there by us.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from service.ledger.requests import Scribe
from service.logbook import notices
from service.models.people import change, signature, trail_sheet
from service.models.records import supplement
from service.trail.sheet import TABLES, Line, format_sheet, sheet_hash, told
from verifier.encoding import b64url

MOST = 5_000  # rows on a sheet
NOTICE, HASH = "audit trail", "lotproof:trail"
_TABLES = dict(zip(TABLES, (change, signature, supplement), strict=True))
REACHES = {"change": "changes_to", "signature": "signatures_to", "supplement": "supplements_to"}
"""The column of a sheet with the number of the last row that it or one before it holds."""

_SHUT = text("SELECT pg_try_advisory_xact_lock(warehouse.trail_gate())")
_LAST = select(
    *(func.coalesce(func.max(trail_sheet.c[column]), 0).label(name) for name, column in REACHES.items())
)


class Busy(Exception):
    """Somebody is writing such a row right now, or another process binds: try again in a moment."""


def waits(connection: Connection) -> bool:
    """Whether anything is on no sheet yet."""
    last = connection.execute(_LAST).one()._mapping
    return any(
        connection.execute(select(table.c.number).where(table.c.number > last[name]).limit(1)).first()
        for name, table in _TABLES.items()
    )


def bind(connection: Connection, scribe: Scribe) -> int:
    """How many rows are on the new sheet, at most MOST; 0: nothing waited, and nothing was written. Raises Busy."""
    if not connection.execute(_SHUT).scalar_one():
        raise Busy
    last: dict[str, int] = dict(connection.execute(_LAST).one()._mapping)
    lines = list(_lines(connection, last))
    if not lines:
        return 0
    to = last | {each.table: each.number for each in lines}
    content = format_sheet(b64url(scribe.random(32)), lines)
    named = notices.record(connection, scribe, _says(content))
    connection.execute(insert(trail_sheet).inline(), {
        "statement_hash": named, "content": content, **{column: to[name] for name, column in REACHES.items()},
    })  # fmt: skip
    return len(lines)


def _lines(connection: Connection, last: dict[str, int]) -> Iterator[Line]:
    left = MOST
    for name in TABLES:
        rows = rows_between(connection, name, last[name], None, left)
        left -= len(rows)
        yield from (Line(name, row) for row in rows)


def rows_between(
    connection: Connection, name: str, after: int, to: int | None, most: int | None = None
) -> list[dict[str, Any]]:
    """The rows with after < number <= to as they are told, in order; `to` None: all."""
    table = _TABLES[name]
    asked = select(table).where(table.c.number > after).order_by(table.c.number).limit(most)
    rows = connection.execute(asked if to is None else asked.where(table.c.number <= to))
    return [told(row._mapping) for row in rows]


def _says(content: str) -> dict[str, Any]:
    return {"type": "lotproof:Notice", "lotproof:notice": NOTICE, HASH: sheet_hash(content)}

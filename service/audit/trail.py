"""What people changed, signed and added later is what was bound: each sheet is the one that a notice of the log names,
and each row is on its sheet as it is.

Whatever came after the last sheet is held by nothing yet; it is bound within seconds.
"""

from collections.abc import Generator, Iterator
from typing import Any

from sqlalchemy import Connection, select

from anchoring import Finding
from service.audit.bound import Bound, those_named
from service.audit.differ import Table, differences
from service.models.people import trail_sheet
from service.trail.binding import HASH, NOTICE, REACHES, rows_between
from service.trail.sheet import TABLES, Line, NoSheet, parse_sheet, sheet_hash

SHEET = Table("warehouse.trail_sheet", ("statement_hash",))
ROWS = {name: Table(f"warehouse.{name}", ("number",)) for name in TABLES}
_NAMED, _BOUND = "sheets of the trail are those that the log names", "the trail is as it was bound"
_NOTICED = "any auditor of the log who kept what was shown; whoever changed or signed it"

BOUND = Bound(SHEET, NOTICE, HASH, sheet_hash, "a sheet", _NAMED, _NOTICED)

_LOWEST = -(2**63)  # numbers begin with 1, unless somebody gave one himself

_SHEETS = select(trail_sheet).order_by(trail_sheet.c.number)


def trail_is_as_bound(connection: Connection) -> Iterator[Finding]:
    """Of the sheets first, then of what is on them: what was bound is compared with what is there."""
    yield from those_named(connection, BOUND)
    last = dict.fromkeys(TABLES, 0)
    for sheet in connection.execute(_SHEETS):
        try:
            lines = parse_sheet(sheet.content)
        except NoSheet as wrong:
            yield Finding(_NAMED, SHEET.name, BOUND.where(sheet), "content", "a sheet", str(wrong), None, _NOTICED)
            continue
        yield from _reaches(sheet, lines, last)
        for name in TABLES:
            last[name] = yield from _rows_are_as_bound(connection, name, lines, last[name])


def _reaches(sheet: Any, lines: list[Line], last: dict[str, int]) -> Iterator[Finding]:
    for name, field in REACHES.items():
        expected, seen = _reached(name, lines, last[name]), getattr(sheet, field)
        if expected != seen:
            yield Finding(_NAMED, SHEET.name, BOUND.where(sheet), field, expected, seen, None, _NOTICED)


def _rows_are_as_bound(
    connection: Connection, name: str, lines: list[Line], after: int
) -> Generator[Finding, None, int]:
    """Returns the number of the last row that is bound."""
    to = _reached(name, lines, after)
    expected = {(each.number,): each.row for each in lines if each.table == name}
    seen = {(row["number"],): row for row in rows_between(connection, name, after or _LOWEST, to)}
    yield from differences(_BOUND, ROWS[name], expected, seen, lambda key: None, _NOTICED)
    return to


def _reached(name: str, lines: list[Line], after: int) -> int:
    return max((each.number for each in lines if each.table == name), default=after)

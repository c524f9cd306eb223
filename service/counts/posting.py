"""A sheet is posted: one `count` movement for each place and counter, all of them or none.

The lots are locked before the book is read, so what the core finds different under the same locks is what was approved.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID, uuid5

from service.counts.counting import lines_of, set_state
from service.domain.commands import Count, CountLine
from service.domain.count_sheets import CountOvertaken, after, counted_now
from service.domain.quantities import format_quantity
from service.domain.rules import MAX_LINES
from service.domain.signing import Signature
from service.ledger.desk import Desk, Movement
from service.ledger.signatures import Of, sheet_named, signatures_of


def post(desk: Desk, sheet: Any, by: str) -> None:
    """Posted again, it is what it was; raises the core's refusals."""
    if sheet.state == "posted":
        return
    state = after(sheet.state, "post")
    lines = lines_of(desk, sheet.number)
    desk.lock_lots({row.lot_id for row in lines})
    book = {(row.lot_id, row.place, row.status): row.units for row in desk.ask(_BOOK, sheet=sheet.number)}
    signed = signatures_of(desk.connection, desk.party_id, Of("count", str(sheet.id)))
    for parts in _parts(lines):
        _record(desk, sheet, parts, book, signed)
    set_state(desk, sheet, state, "post", by)


def _record(
    desk: Desk, sheet: Any, lines: Sequence[Any], book: dict[tuple[int, int, str], int], signed: list[Signature]
) -> None:
    first = lines[0]
    counts = tuple(_line(row, book.get((row.lot_id, row.place, row.status), 0)) for row in lines)
    count = Count(at=first.at, lines=counts, counted_by=first.counted_by, approved_by=sheet.approved_by,
                  reason=f"count sheet {sheet.id}", documents=(sheet_named(signed),) if signed else ())
    recorded = desk.record([_movement(sheet.id, first, count)])
    desk.change(_POSTED, sheet=sheet.number, movement=desk.numbers(recorded)[0], place=first.place,
                lots=[row.lot_id for row in lines], statuses=[row.status for row in lines],
                units=[row.counted - row.book_then for row in lines])


def _movement(sheet: UUID, first: Any, count: Count) -> Movement:
    """The id follows from the sheet and the first line of the part."""
    return uuid5(sheet, f"{first.place}/{first.lot_id}/{first.status}"), count


def _line(row: Any, now: int) -> CountLine:
    units = counted_now(row.counted, row.book_then, now)
    if units < 0:
        left = format_quantity(row.book_then - now, row.decimals)
        raise CountOvertaken(row.lot, row.at, left, format_quantity(row.counted, row.decimals))
    return CountLine(row.item, row.lot, format_quantity(units, row.decimals), row.status)


def _parts(lines: Sequence[Any]) -> Iterator[list[Any]]:
    """Lines of one place and counter, as many as a movement takes."""
    groups: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for row in lines:
        groups[row.place, row.counted_by].append(row)
    for rows in groups.values():
        for part in range(0, len(rows), MAX_LINES):
            yield rows[part : part + MAX_LINES]


_BOOK = """
    SELECT b.lot_id, b.place, b.status, b.units FROM warehouse.balance b JOIN warehouse.count_line c
        ON (c.lot_id, c.place, c.status) = (b.lot_id, b.place, b.status) WHERE c.sheet = :sheet
"""
_POSTED = """
    UPDATE warehouse.count_line c SET posted = k.units, movement = :movement
    FROM unnest(CAST(:lots AS bigint[]), CAST(:statuses AS warehouse.stock_status[]), CAST(:units AS bigint[]))
        AS k (lot_id, status, units)
    WHERE c.sheet = :sheet AND c.place = :place AND (c.lot_id, c.status) = (k.lot_id, k.status)
"""

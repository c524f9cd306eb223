"""What was counted against what the book says; the difference goes to or comes from ADJUSTMENT.

What is missing of goods on hold stays on hold there and is found on hold: no count makes held goods available.
"""

from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Count, CountLine
from service.domain.decision import Decision, Goods, Leg
from service.domain.errors import NeedsApproval, WrongAnswer
from service.domain.identifiers import check_text
from service.domain.places import AVAILABLE, HOLD, Virtual
from service.domain.quantities import format_quantity, parse_amount
from service.domain.rules.lines import implied_status, transfer
from service.domain.things import Item, Location, Lot, Party
from service.domain.tolerance import needs_approval

Counted = tuple[CountLine, Goods]


def count(book: Book, party: Party, movement: UUID, command: Count) -> Decision:
    """The locked book is what the count is compared with, so goods that move while people count are no difference."""
    check_text("counter", command.counted_by)
    if command.approved_by is not None:
        check_text("approver", command.approved_by)
    at = book.location(party, command.at)
    counted = [_read(book, party, line) for line in command.lines]
    _check_each_once(counted)
    missing = {good.lot.id: book.units(good.lot, Virtual.ADJUSTMENT, HOLD) for _, good in counted}
    legs = list[Leg]()
    for line, good in sorted(counted, key=lambda each: each[0].status != HOLD):
        legs += _difference(book, good, line, at, command, missing)
    return Decision(tuple(legs), tuple(good for _, good in counted), at=at, to=at)


def _read(book: Book, party: Party, line: CountLine) -> Counted:
    item = book.item(party, line.item)
    return line, Goods(book.lot(item, line.lot), item, parse_amount(line.counted, item.decimals))


def _check_each_once(counted: list[Counted]) -> None:
    seen = set[tuple[int, str]]()
    for number, (line, good) in enumerate(counted, 1):
        if (good.lot.id, line.status) in seen:
            raise WrongAnswer(number, "each lot and status once", f"{line.lot} again")
        seen.add((good.lot.id, line.status))


def _difference(
    book: Book, good: Goods, line: CountLine, at: Location, command: Count, missing: dict[int, int]
) -> tuple[Leg, ...]:
    """`missing` is what stands on hold in ADJUSTMENT, by lot; changed by each line."""
    booked = book.units(good.lot, at.id, line.status)
    off = good.units - booked
    if off and needs_approval(good.item.count_tolerance, line.status, booked, good.units):
        _check_approved(good.item, line, booked, command)
    if off > 0:
        return _found(good.lot, line, at, off, missing)
    if line.status == HOLD:
        missing[good.lot.id] -= off
    return transfer(good.lot, -off, (at.id, line.status), (Virtual.ADJUSTMENT, line.status)) if off else ()


def _found(lot: Lot, line: CountLine, at: Location, units: int, missing: dict[int, int]) -> tuple[Leg, ...]:
    """First what is missing of goods on hold."""
    if lot.recall is not None:
        implied_status("a count that finds more of a recalled lot", line, HOLD)
    if missing[lot.id]:
        implied_status("a count that finds more of a lot of which held goods are missing", line, HOLD)
    here, back = (at.id, line.status), min(units, missing[lot.id])
    missing[lot.id] -= back
    found = transfer(lot, back, (Virtual.ADJUSTMENT, HOLD), here) if back else ()
    return found + (transfer(lot, units - back, (Virtual.ADJUSTMENT, AVAILABLE), here) if units > back else ())


def _check_approved(item: Item, line: CountLine, booked: int, command: Count) -> None:
    if command.approved_by not in (None, command.counted_by):
        return
    found, had = (f"{text} {item.unit}" for text in (line.counted, format_quantity(booked, item.decimals)))
    raise NeedsApproval(
        f"the approval of somebody other than {command.counted_by} for {found} of {line.lot} instead of {had}",
        command.approved_by or "none",
    )

"""What was counted against what the book says; the difference goes to or comes from ADJUSTMENT."""

from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Count, CountLine
from service.domain.decision import Decision, Goods, Leg
from service.domain.errors import NeedsApproval, WrongAnswer
from service.domain.identifiers import check_text
from service.domain.places import HOLD, Virtual
from service.domain.quantities import format_quantity, parse_amount
from service.domain.rules.lines import implied_status, outside, transfer
from service.domain.things import Item, Location, Party


def count(book: Book, party: Party, movement: UUID, command: Count) -> Decision:
    """The locked book is what the count is compared with, so goods that move while people count are no difference."""
    check_text("counter", command.counted_by)
    if command.approved_by is not None:
        check_text("approver", command.approved_by)
    at = book.location(party, command.at)
    goods, legs = [], list[Leg]()
    seen = set[tuple[int, str]]()
    for number, line in enumerate(command.lines, 1):
        item = book.item(party, line.item)
        good = Goods(book.lot(item, line.lot), item, parse_amount(line.counted, item.decimals))
        if (good.lot.id, line.status) in seen:
            raise WrongAnswer(number, "each lot and status once", f"{line.lot} again")
        seen.add((good.lot.id, line.status))
        legs += _difference(book, good, line, at, command)
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), at=at, to=at)


def _difference(book: Book, good: Goods, line: CountLine, at: Location, command: Count) -> tuple[Leg, ...]:
    booked = book.units(good.lot, at.id, line.status)
    off = good.units - booked
    if not off:
        return ()
    if off > 0 and good.lot.recall is not None:
        implied_status("a count that finds more of a recalled lot", line, HOLD)
    if not within_tolerance(good.item, booked, off):
        _check_approved(good.item, line, booked, command)
    here, there = (at.id, line.status), outside(Virtual.ADJUSTMENT)
    return transfer(good.lot, abs(off), *((there, here) if off > 0 else (here, there)))


def within_tolerance(item: Item, booked: int, off: int) -> bool:
    """Whether a difference is small enough to be written off by the one who counted."""
    return abs(off) * 1000 <= item.count_tolerance * booked


def _check_approved(item: Item, line: CountLine, booked: int, command: Count) -> None:
    if command.approved_by not in (None, command.counted_by):
        return
    found, had = (f"{text} {item.unit}" for text in (line.counted, format_quantity(booked, item.decimals)))
    raise NeedsApproval(
        f"the approval of somebody other than {command.counted_by} for {found} of {line.lot} instead of {had}",
        command.approved_by or "none",
    )

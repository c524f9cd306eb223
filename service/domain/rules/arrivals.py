"""Goods begin to be in this party's hands: register (own production, opening stock) and receive (from a supplier)."""

from uuid import UUID

from service.domain.book import Book
from service.domain.commands import NewLotLine, Receive, Register
from service.domain.decision import Decision, Goods, Leg
from service.domain.errors import LotExists
from service.domain.identifiers import check_text
from service.domain.lots import begin_lot, more_of_lot
from service.domain.places import Virtual
from service.domain.quantities import parse_quantity
from service.domain.rules.lines import arrival_status, outside, transfer
from service.domain.things import Location, Lot, Party


def register(book: Book, party: Party, movement: UUID, command: Register) -> Decision:
    """Every line begins a new lot; one that exists is refused, more of a lot is received."""
    return _arrive(book, party, command.to, command.lines, supplier=None)


def receive(book: Book, party: Party, movement: UUID, command: Receive) -> Decision:
    """A line begins a lot or adds to one whose known fields it does not contradict."""
    return _arrive(book, party, command.to, command.lines, supplier=check_text("supplier", command.supplier))


def _arrive(book: Book, party: Party, to: str, lines: tuple[NewLotLine, ...], supplier: str | None) -> Decision:
    at = book.location(party, to)
    goods, legs, new = [], list[Leg](), dict[tuple[int, str], Lot]()
    for line in lines:
        good, begun = _incoming(book, party, line, at, supplier)
        if begun:
            _check_once(new, good, line)
        status = arrival_status(good.item, at)
        legs += transfer(good.lot, good.units, outside(Virtual.SUPPLY), (at.id, status))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), new_lots=tuple(new.values()), at=at, to=at)


def _incoming(
    book: Book, party: Party, line: NewLotLine, at: Location, supplier: str | None
) -> tuple[Goods, bool]:
    item = book.item(party, line.item)
    units = parse_quantity(line.quantity, item.decimals)
    known = more_of_lot(book, party, item, line) if supplier is not None else None
    return Goods(known or begin_lot(book, party, item, line, at, supplier), item, units), known is None


def _check_once(new: dict[tuple[int, str], Lot], good: Goods, line: NewLotLine) -> None:
    """Two lines of one movement must not begin one lot twice, neither by number nor by label."""
    twin = new.get((good.item.id, line.lot)) or next((lot for lot in new.values() if lot.uri == good.lot.uri), None)
    if twin is not None:
        raise LotExists(good.item.code, line.lot, twin.uri)
    new[good.item.id, line.lot] = good.lot

"""Goods come in: registered as new lots, received from a supplier outside of this ledger, or back from a customer."""

from uuid import UUID

from service.domain.book import Book
from service.domain.commands import NewLotLine, Receive, Register, TakeBack
from service.domain.decision import Decision, Goods, Leg
from service.domain.errors import BadQuantity, LotExists
from service.domain.identifiers import check_text
from service.domain.lots import begin_lot, more_of_lot
from service.domain.places import AVAILABLE, HOLD, Virtual
from service.domain.quantities import parse_amount, parse_quantity
from service.domain.rules.lines import arrival_status, goods_of, needs_reason, outside, target_place, transfer
from service.domain.things import Item, Location, Lot, Party


def register(book: Book, party: Party, movement: UUID, command: Register) -> Decision:
    """Every line begins a new lot; one that exists is refused, more of a lot is received."""
    return _arrive(book, party, command.to, command.lines, supplier=None)


def receive(book: Book, party: Party, movement: UUID, command: Receive) -> Decision:
    """A line begins a lot or adds to one whose known fields it does not contradict."""
    return _arrive(book, party, command.to, command.lines, supplier=check_text("supplier", command.supplier))


def take_back(book: Book, party: Party, movement: UUID, command: TakeBack) -> Decision:
    """No more comes back than was shipped, and all of it waits for quality."""
    check_text("customer", command.customer)
    needs_reason(command, "why the goods come back")
    to = target_place(book, party, command.to)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        legs += transfer(good.lot, good.units, outside(Virtual.CUSTOMER), (to.id, HOLD))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), at=to, to=to)


def status_on_arrival(line: NewLotLine, item: Item, lot: Lot, to: Location) -> str:
    """What quality found decides, then the item and the place; more of a recalled lot is always held."""
    if lot.recall is not None or line.quality in ("failed", "pending"):
        return HOLD
    if line.quality == "passed" and to.kind != "quarantine":
        return AVAILABLE
    return arrival_status(item, to)


def found_on_arrival(lines: tuple[NewLotLine, ...], goods: tuple[Goods, ...]) -> dict[str, object]:
    """For the statement: what was found of each line that was looked at, under a name of its own."""
    return {
        f"lotproof:arrival{number}": {"epcClass": good.lot.uri}
        | {name: value for name in ("quality", "damaged") if (value := getattr(line, name)) is not None}
        for number, (line, good) in enumerate(zip(lines, goods, strict=True), 1)
        if line.quality is not None or line.damaged is not None
    }


def _arrive(book: Book, party: Party, to: str, lines: tuple[NewLotLine, ...], supplier: str | None) -> Decision:
    at = target_place(book, party, to)
    goods, legs, new = [], list[Leg](), dict[tuple[int, str], Lot]()
    for line in lines:
        good, begun = _incoming(book, party, line, at, supplier)
        if begun:
            _check_once(new, good, line)
        legs += placed(line, good, at, Virtual.SUPPLY, status_on_arrival(line, good.item, good.lot, at))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), new_lots=tuple(new.values()), at=at, to=at,
                    notes=found_on_arrival(lines, tuple(goods)))


def placed(line: NewLotLine, good: Goods, at: Location, source: Virtual, status: str) -> list[Leg]:
    """Goods that come from a source: what is damaged of them is held, the rest is in `status`."""
    damaged = parse_amount(line.damaged or "0", good.item.decimals)
    if damaged > good.units:
        raise BadQuantity(f"at most the {line.quantity} that arrived as damaged", str(line.damaged))
    legs = list[Leg]()
    for units, here in ((good.units - damaged, status), (damaged, HOLD)):
        if units:
            legs += transfer(good.lot, units, outside(source), (at.id, here))
    return legs


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

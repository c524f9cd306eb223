"""Reading the lines of a movement: which goods, from which account."""

from service.domain.book import Book
from service.domain.commands import Line
from service.domain.decision import Account, Goods, Leg
from service.domain.errors import StatusUnclear, WrongStatus
from service.domain.places import AVAILABLE, HOLD, Virtual
from service.domain.quantities import format_quantity, parse_quantity
from service.domain.things import Item, Location, Lot, Party


def goods_of(book: Book, party: Party, line: Line) -> Goods:
    item = book.item(party, line.item)
    return Goods(book.lot(item, line.lot), item, parse_quantity(line.quantity, item.decimals))


def transfer(lot: Lot, units: int, source: tuple[int, str], target: tuple[int, str]) -> tuple[Leg, Leg]:
    """The two legs of goods that go from one account of a lot to another; they sum to zero by construction."""
    return Leg(Account(lot.id, *source), -units), Leg(Account(lot.id, *target), units)


def outside(place: Virtual) -> tuple[int, str]:
    return place, AVAILABLE


def implied_status(movement: str, line: Line, status: str) -> str:
    """The only status this movement takes; a line may repeat it, not contradict it."""
    if line.status not in (None, status):
        raise WrongStatus(movement, status, str(line.status))
    return status


def status_of(book: Book, lot: Lot, item: Item, at: Location, said: str | None) -> str:
    """The status that is meant: as said, or the only one in which the lot lies there."""
    if said is not None:
        return said
    available, held = book.units(lot, at.id, AVAILABLE), book.units(lot, at.id, HOLD)
    if available and held:
        shown = [f"{format_quantity(units, item.decimals)} {item.unit}" for units in (available, held)]
        raise StatusUnclear(lot.number, at.name, *shown)
    return HOLD if held else AVAILABLE


def arrival_status(item: Item, to: Location) -> str:
    """What comes in waits for quality where the item or the place says so."""
    return HOLD if item.held_on_arrival or to.kind == "quarantine" else AVAILABLE

"""Reading the lines of a movement: which goods, from which account."""

from collections.abc import Iterable

from service.domain.book import Book
from service.domain.commands import Command, CountLine, Line
from service.domain.decision import Account, Goods, Leg
from service.domain.errors import BadText, NeedsApproval, StatusUnclear, WrongPlace, WrongStatus
from service.domain.identifiers import check_text
from service.domain.places import AVAILABLE, HOLD, Virtual
from service.domain.quantities import format_quantity, parse_quantity
from service.domain.things import Item, Location, Lot, Party

APPROVERS = 2


def goods_of(book: Book, party: Party, line: Line) -> Goods:
    item = book.item(party, line.item)
    return Goods(book.lot(item, line.lot), item, parse_quantity(line.quantity, item.decimals))


def transfer(lot: Lot, units: int, source: tuple[int, str], target: tuple[int, str]) -> tuple[Leg, Leg]:
    """The two legs of goods that go from one account of a lot to another; they sum to zero by construction."""
    return Leg(Account(lot.id, *source), -units), Leg(Account(lot.id, *target), units)


def outside(place: Virtual) -> tuple[int, str]:
    return place, AVAILABLE


def implied_status(movement: str, line: Line | CountLine, status: str) -> str:
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


def target_place(book: Book, party: Party, name: str) -> Location:
    """A place that takes goods; onto a pallet they come only by being packed."""
    place = book.location(party, name)
    if place.kind == "pallet":
        raise WrongPlace(place.name, "a place that is no pallet; `pack` puts goods onto one", "a pallet")
    return place


def check_same_site(source: Location, target: Location) -> None:
    if source.site.id != target.site.id:
        expected = f"a place of site {source.site.code}; to other sites goods are sent"
        raise WrongPlace(target.name, expected, f"at {target.site.code}")


def needs_reason(command: Command, why: str) -> None:
    if command.reason is None:
        raise BadText("reason", why, "nothing")


def check_two_persons(approved_by: Iterable[str]) -> None:
    """Two different people stand for it, by their opaque ids."""
    people = {check_text("approver", person) for person in approved_by}
    if len(people) < APPROVERS:
        raise NeedsApproval("the approval of two different persons", f"{len(people)}")

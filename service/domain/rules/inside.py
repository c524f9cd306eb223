"""What happens within one party's walls: move and pick, hold and release."""

from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Hold, Line, Move, Pick, Release
from service.domain.decision import Decision, Leg
from service.domain.errors import LotRecalled, SamePlace, WrongPlace
from service.domain.places import AVAILABLE, HOLD
from service.domain.rules.lines import (
    check_same_site,
    check_two_persons,
    goods_of,
    implied_status,
    needs_reason,
    status_of,
    target_place,
    transfer,
)
from service.domain.things import Location, Party

TOWARDS_THE_DOOR = ("staging", "dock")


def move(book: Book, party: Party, movement: UUID, command: Move) -> Decision:
    """From one place to another of a site, in the same status: held and expired goods move too, they only do not leave.
    """
    source, target = _from_and_to(book, party, command)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        status = status_of(book, good.lot, good.item, source, line.status)
        legs += transfer(good.lot, good.units, (source.id, status), (target.id, status))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), at=source, to=target)


def pick(book: Book, party: Party, movement: UUID, command: Pick) -> Decision:
    """What could not leave is not even picked."""
    source, target = _from_and_to(book, party, command)
    if target.kind not in TOWARDS_THE_DOOR:
        raise WrongPlace(target.name, "a place of kind staging or dock", target.kind)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        implied_status("pick", line, AVAILABLE)
        legs += transfer(good.lot, good.units, (source.id, AVAILABLE), (target.id, AVAILABLE))
        goods.append(good)
    book.check_usable(legs)
    return Decision(tuple(legs), tuple(goods), at=source, to=target)


def hold(book: Book, party: Party, movement: UUID, command: Hold) -> Decision:
    needs_reason(command, "why the goods are held")
    return _change_status(book, party, "hold", command.at, command.lines, AVAILABLE, HOLD)


def release(book: Book, party: Party, movement: UUID, command: Release) -> Decision:
    """What is recalled stays on hold until the recall is lifted."""
    check_two_persons(command.approved_by)
    decision = _change_status(book, party, "release", command.at, command.lines, HOLD, AVAILABLE)
    for good in decision.goods:
        if good.lot.recall is not None:
            raise LotRecalled(good.lot.number)
    return decision


def _from_and_to(book: Book, party: Party, command: Move | Pick) -> tuple[Location, Location]:
    source, target = book.location(party, command.from_), target_place(book, party, command.to)
    if source.id == target.id:
        raise SamePlace(source.name)
    check_same_site(source, target)
    return source, target


def _change_status(
    book: Book, party: Party, movement: str, at: str, lines: tuple[Line, ...], source: str, target: str
) -> Decision:
    place = book.location(party, at)
    goods, legs = [], list[Leg]()
    for line in lines:
        good = goods_of(book, party, line)
        implied_status(movement, line, source)
        legs += transfer(good.lot, good.units, (place.id, source), (place.id, target))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), at=place, to=place)

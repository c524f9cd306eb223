"""What happens within one party's walls: move, split, hold and release."""

from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Hold, Line, Move, Release, Split
from service.domain.decision import Decision, Descent, Goods, Leg
from service.domain.errors import BadText, SamePlace, SplitUnbalanced
from service.domain.lots import child_lot
from service.domain.places import AVAILABLE, HOLD, Virtual
from service.domain.quantities import parse_quantity
from service.domain.rules.lines import goods_of, implied_status, outside, status_of, transfer
from service.domain.things import Party


def move(book: Book, party: Party, movement: UUID, command: Move) -> Decision:
    """From one place to another in the same status: held and expired goods move too, they only do not leave."""
    source, target = book.location(party, command.from_), book.location(party, command.to)
    if source.id == target.id:
        raise SamePlace(source.name)
    goods, legs = [], list[Leg]()
    for line in command.lines:
        good = goods_of(book, party, line)
        status = status_of(book, good.lot, good.item, source, line.status)
        legs += transfer(good.lot, good.units, (source.id, status), (target.id, status))
        goods.append(good)
    return Decision(tuple(legs), tuple(goods), at=source, to=target)


def hold(book: Book, party: Party, movement: UUID, command: Hold) -> Decision:
    if command.reason is None:
        raise BadText("reason", "why the goods are held", "nothing")
    return _change_status(book, party, "hold", command.at, command.lines, AVAILABLE, HOLD)


def release(book: Book, party: Party, movement: UUID, command: Release) -> Decision:
    return _change_status(book, party, "release", command.at, command.lines, HOLD, AVAILABLE)


def split(book: Book, party: Party, movement: UUID, command: Split) -> Decision:
    """INV-S3. The parent's goods are consumed and the children's produced, so that each lot's own legs sum to zero."""
    at, item = book.location(party, command.at), book.item(party, command.item)
    parent = book.lot(item, command.lot)
    names = [output.lot for output in command.outputs]
    if len(set(names)) != len(names):
        raise SplitUnbalanced("each output lot once", ", ".join(names))
    outputs = tuple(
        Goods(child_lot(book, party, item, parent, output.lot), item, parse_quantity(output.quantity, item.decimals))
        for output in command.outputs
    )
    whole = Goods(parent, item, sum(output.units for output in outputs))
    here = (at.id, status_of(book, parent, item, at, command.status))
    legs = list(transfer(parent, whole.units, here, outside(Virtual.CONSUMED)))
    for output in outputs:
        legs += transfer(output.lot, output.units, outside(Virtual.PRODUCED), here)
    return Decision(
        tuple(legs), (whole,), outputs, at=at, to=at,
        new_lots=tuple(output.lot for output in outputs),
        descents=tuple(Descent(output.lot, parent, output.units) for output in outputs),
    )


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

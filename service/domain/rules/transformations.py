"""Lots become other lots (INV-S3): split and merged, repacked, produced, reworked.

What goes in is consumed and what comes out is produced, so that each lot's own legs sum to zero; `lot_descent` says
what came from what. A child of the same goods (split, merge, repack, rework) has the earliest dates of its parents; a
product has dates of its own. Holds and recalls are inherited by every child. What is made of several lots, or worked,
gets a traceability lot code of its own (21 CFR 1.1320); a split keeps its parent's.
"""

from dataclasses import replace
from typing import NamedTuple
from uuid import UUID

from service.domain.book import Book
from service.domain.commands import Line, Merge, NewLotLine, Produce, Repack, Rework, Split, Transformation
from service.domain.decision import Decision, Descent, Goods, Leg
from service.domain.errors import GenealogyCycle, LotExists, SplitUnbalanced
from service.domain.lots import begin_lot, child_lot, merged_lot, more_of_lot, within_dates
from service.domain.mass import check_mass
from service.domain.places import AVAILABLE, HOLD, Virtual
from service.domain.quantities import parse_quantity
from service.domain.rules.arrivals import found_on_arrival, placed, status_on_arrival
from service.domain.rules.lines import (
    goods_of,
    implied_status,
    needs_reason,
    outside,
    status_of,
    target_place,
    transfer,
)
from service.domain.things import Location, Lot, Party


class Input(NamedTuple):
    goods: Goods
    status: str


def split(book: Book, party: Party, movement: UUID, command: Split) -> Decision:
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


def merge(book: Book, party: Party, movement: UUID, command: Merge) -> Decision:
    at = book.location(party, command.at)
    inputs = _inputs(book, party, at, command.lines, None)
    items = {each.goods.item for each in inputs}
    parents = tuple({each.goods.lot.id: each.goods.lot for each in inputs}.values())
    if len(items) != 1 or len(parents) < 2:
        seen = f"{len(parents)} lots of {', '.join(sorted(item.code for item in items))}"
        raise SplitUnbalanced("two lots or more of one item to merge", seen)
    item = items.pop()
    child = merged_lot(book, party, item, parents, command.lot)
    whole = Goods(child, item, sum(each.goods.units for each in inputs))
    legs = _consumed(at, inputs)
    legs += transfer(child, whole.units, outside(Virtual.PRODUCED), (at.id, _inherited(inputs) or AVAILABLE))
    return Decision(tuple(legs), _whole_goods(inputs), (whole,), new_lots=(child,), at=at, to=at,
                    descents=_descents((whole,), inputs))


def repack(book: Book, party: Party, movement: UUID, command: Repack) -> Decision:
    """The goods stay what they are, held or available; their dates cannot become better."""
    return _transform(book, party, command, None, same_goods=True)


def rework(book: Book, party: Party, movement: UUID, command: Rework) -> Decision:
    """Of held goods come held goods."""
    needs_reason(command, "why the goods are worked over")
    return _transform(book, party, command, HOLD, same_goods=True)


def produce(book: Book, party: Party, movement: UUID, command: Produce) -> Decision:
    """Only what may leave goes into a product; the product's dates are its own."""
    return _transform(book, party, command, AVAILABLE, same_goods=False)


def _transform(
    book: Book, party: Party, command: Transformation, status: str | None, *, same_goods: bool
) -> Decision:
    at = target_place(book, party, command.at)
    inputs = _inputs(book, party, at, command.lines, status)
    legs = _consumed(at, inputs)
    if not same_goods:
        book.check_usable(legs)
    outputs, new = list[Goods](), dict[str, Lot]()
    for line in command.outputs:
        output, begun = _output(book, party, line, at, inputs, same_goods)
        if output.lot.uri in new or (output.item.id, line.lot) in {(o.item.id, o.lot.number) for o in outputs}:
            raise LotExists(output.item.code, line.lot, output.lot.uri)
        if begun:
            new[output.lot.uri] = output.lot
        here = _inherited(inputs) or status_on_arrival(line, output.item, output.lot, at)
        legs += placed(line, output, at, Virtual.PRODUCED, here)
        outputs.append(output)
    notes = check_mass(_whole_goods(inputs), outputs, command.loss) | found_on_arrival(command.outputs, tuple(outputs))
    return Decision(tuple(legs), _whole_goods(inputs), tuple(outputs), new_lots=tuple(new.values()), at=at, to=at,
                    descents=_descents(outputs, inputs), notes=notes)


def _inputs(book: Book, party: Party, at: Location, lines: tuple[Line, ...], status: str | None) -> tuple[Input, ...]:
    inputs = []
    for line in lines:
        good = goods_of(book, party, line)
        if status is None:
            here = status_of(book, good.lot, good.item, at, line.status)
        else:
            here = implied_status("this transformation", line, status)
        inputs.append(Input(good, here))
    return tuple(inputs)


def _output(
    book: Book, party: Party, line: NewLotLine, at: Location, inputs: tuple[Input, ...], same_goods: bool
) -> tuple[Goods, bool]:
    """The lot that comes out, and whether it is new. A product may be more of a lot that is younger than its inputs."""
    item = book.item(party, line.item)
    units = parse_quantity(line.quantity, item.decimals)
    parents = [each.goods.lot for each in inputs]
    known = None if same_goods else more_of_lot(book, party, item, line)
    for parent in parents if known is not None else ():
        if known is not None and known.id <= parent.id:
            raise GenealogyCycle(known.number, parent.number)
    if known is not None:
        return Goods(known, item, units), False
    if same_goods:
        line = within_dates(line, parents)
    elif line.production_date is None:
        line = replace(line, production_date=book.today(at.site))
    begun = begin_lot(book, party, item, line, at, None)
    return Goods(replace(begun, recall=_recall(parents)), item, units), True


def _recall(parents: list[Lot]) -> int | None:
    return max((lot.recall for lot in parents if lot.recall is not None), default=None)


def _inherited(inputs: tuple[Input, ...]) -> str | None:
    """Hold, if any of the inputs is held or recalled."""
    held = any(each.status == HOLD or each.goods.lot.recall is not None for each in inputs)
    return HOLD if held else None


def _consumed(at: Location, inputs: tuple[Input, ...]) -> list[Leg]:
    legs = list[Leg]()
    for goods, status in inputs:
        legs += transfer(goods.lot, goods.units, (at.id, status), outside(Virtual.CONSUMED))
    return legs


def _whole_goods(inputs: tuple[Input, ...]) -> tuple[Goods, ...]:
    """What went in, each lot once, in whatever statuses it lay there."""
    units: dict[int, Goods] = {}
    for goods, _ in inputs:
        before = units.get(goods.lot.id)
        units[goods.lot.id] = goods if before is None else goods._replace(units=before.units + goods.units)
    return tuple(units.values())


def _descents(outputs: tuple[Goods, ...] | list[Goods], inputs: tuple[Input, ...]) -> tuple[Descent, ...]:
    return tuple(
        Descent(output.lot, goods.lot, goods.units) for output in outputs for goods in _whole_goods(inputs)
    )

"""What a production order uses up: which of its lines it goes against, and what it should have been.

A component is planned for all of the order. Its target is the part of that which belongs to what was made so far of the
first product (SAP's target quantity, the standard quantity of cost accounting); used beyond it is a variance. Units are
the item's smallest.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from service.domain.commands import Command
from service.domain.errors import WrongPlace
from service.domain.orders import Fulfilled, OrderLine
from service.domain.orders_errors import OverConsumption, UnplannedComponent, WrongDirection


@dataclass(frozen=True, slots=True)
class Consumed:
    """This much of a lot was used up; `held` is what the order had set aside of it there, by the line it was for."""

    item: str
    lot: str
    units: int
    held: Mapping[int, int] = field(default_factory=dict)


def outputs_of(lines: Iterable[OrderLine]) -> tuple[OrderLine, ...]:
    return tuple(line for line in lines if line.role != "component")


def components_of(lines: Iterable[OrderLine]) -> tuple[OrderLine, ...]:
    return tuple(line for line in lines if line.role == "component")


def check_run(number: str, site: str, lines: Iterable[OrderLine], command: Command) -> None:
    """Made at the order's site, and of its components where it names some; raises WrongDirection, WrongPlace.

    A lot that is only registered would come from nowhere, and a recall of a component would not find it.
    """
    if components_of(lines) and command.type == "register":
        raise WrongDirection(number, "production", "produce, which uses up its components", command.type)
    place = str(getattr(command, "at", None) or getattr(command, "to", None))
    seen = place.partition("/")[0]
    if seen != site:
        raise WrongPlace(place, f"a place of site {site}, where order {number!r} is made", f"at {seen}")


def consumed_by(
    number: str, lines: Iterable[OrderLine], used: Iterable[Consumed], *, over: bool
) -> tuple[Fulfilled, ...]:
    """Which line each use goes against: the one it was set aside for, then one that names its lot, then in order.

    `Fulfilled.arrival` is the position in `used`. What exceeds all lines of an item stays with the last of them.
    Raises UnplannedComponent, and OverConsumption beyond a line's tolerance unless `over` says that it is meant.
    """
    components = {line.number: line for line in components_of(lines)}
    done = {line.number: line.done for line in components.values()}
    made: list[Fulfilled] = []
    for position, each in enumerate(used):
        for line, units in _shares(number, components, done, each):
            done[line.number] += units
            made.append(Fulfilled(line.number, position, units, 0))
    for line in components.values():
        fresh = done[line.number] - line.done
        if fresh and done[line.number] > line.most and not over:
            raise OverConsumption(number, line.item, line.shown(max(0, line.most - line.done)), line.shown(fresh))
    return tuple(made)


def _shares(
    number: str, components: Mapping[int, OrderLine], done: Mapping[int, int], used: Consumed
) -> list[tuple[OrderLine, int]]:
    """Each line once, with what it gets; together all that was used."""
    takers = [line for line in components.values() if line.item == used.item and line.lot in (None, used.lot)]
    if not takers:
        raise UnplannedComponent(number, used.item, used.lot)
    takers.sort(key=lambda line: (line.lot is None, line.number))
    shares, left = dict.fromkeys((line.number for line in takers), 0), used.units
    for line in takers:
        units = min(left, used.held.get(line.number, 0))
        shares[line.number], left = units, left - units
    for line in takers:
        room = left if line is takers[-1] else max(0, line.units - done[line.number] - shares[line.number])
        units = min(left, room)
        shares[line.number], left = shares[line.number] + units, left - units
    return [(line, shares[line.number]) for line in takers if shares[line.number]]


def progress_of(lines: Iterable[OrderLine]) -> Fraction:
    """How much of its first product an order has made; more than one where it made more."""
    first = next(line for line in lines if line.role == "main")
    return Fraction(first.done, first.units)


def target_of(line: OrderLine, progress: Fraction) -> int:
    """What should have been made or used of a line at this progress, to the nearest smallest unit, halves up."""
    return (2 * line.units * progress.numerator + progress.denominator) // (2 * progress.denominator)

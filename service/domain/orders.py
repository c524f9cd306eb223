"""Orders: what was agreed, and how far it has come. The state follows from what was recorded; nobody types it in.

    open ──▶ part done ──▶ done        what was received, produced or shipped against its lines
      └─▶ cancelled  └─▶ closed        ended by somebody: before anything happened, or with the rest given up

An order goes in (goods arrive against it) or out (goods leave for it). A production order does both: its lines are what
is made and what is used up for it (`service.domain.orders_production`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from service.domain.commands import Command
from service.domain.orders_errors import OrderEnded, OrderInUse, OverDelivery, WrongDirection
from service.domain.quantities import format_quantity

Kind = Literal["purchase", "notice", "production", "sales"]
KINDS: tuple[Kind, ...] = ("purchase", "notice", "production", "sales")
State = Literal["open", "part done", "done", "closed", "cancelled"]
STATES: tuple[State, ...] = ("open", "part done", "done", "closed", "cancelled")

Role = Literal["main", "co_product", "by_product", "component"]
ROLES: tuple[Role, ...] = ("main", "co_product", "by_product", "component")
"""What a line is for: what the order is about; what is made beside it, wanted or not; what is used up for it."""

AWAITED: tuple[Role, ...] = ("main", "co_product")
"""The order is done when these are."""

DOCUMENTS: dict[str, str] = {"purchase": "po", "notice": "desadv", "production": "prodorder", "sales": "poc"}
"""The business transaction type (CBV) under which a movement names an order of this kind."""

ARRIVES_BY: dict[str, tuple[str, ...]] = {
    "purchase": ("receive", "accept"), "notice": ("receive", "accept"), "production": ("produce", "register"),
    "sales": (),
}  # fmt: skip
"""The movements that bring goods in against an order of this kind."""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """`done` is what was received, made, used up or shipped; `tolerance`: how much too much is taken, in per cent."""

    number: int
    item: str
    units: int
    done: int = 0
    damaged: int = 0
    lot: str | None = None
    tolerance: int = 0
    decimals: int = 0
    unit: str = ""
    role: str = "main"

    def shown(self, units: int) -> str:
        return f"{format_quantity(units, self.decimals)} {self.unit}"

    @property
    def open(self) -> int:
        return max(0, self.units - self.done)

    @property
    def over(self) -> int:
        return max(0, self.done - self.units)

    @property
    def most(self) -> int:
        """What may arrive in all before somebody has to say that it is meant."""
        return self.units + self.units * self.tolerance // 100


@dataclass(frozen=True, slots=True)
class Arrival:
    """One line of a movement that came in; `damaged` is part of `units`."""

    item: str
    lot: str
    units: int
    damaged: int = 0


@dataclass(frozen=True, slots=True)
class Fulfilled:
    """This much of an arrival (its position in the movement) goes against this line of the order."""

    line: int
    arrival: int
    units: int
    damaged: int


def state_of(lines: Iterable[OrderLine], ended: str | None) -> str:
    """The state of an order. An order that was done before somebody closed it stays done."""
    lines = tuple(lines)
    if all(not line.open for line in lines if line.role in AWAITED):
        return "done"
    if ended is not None:
        return ended
    return "part done" if any(line.done for line in lines) else "open"


def check_may_go_on(number: str, state: str) -> None:
    """Raises OrderEnded for an order on which nothing happens any more."""
    if state not in ("open", "part done"):
        raise OrderEnded(number, "open or part done", state)


def check_may_close(number: str, kind: str, state: str) -> None:
    """A production order may be closed when it is done: what was set aside for it and not used is free again."""
    if (kind, state) != ("production", "done"):
        check_may_go_on(number, state)


def check_may_arrive(number: str, kind: str, ended: str | None, command: Command) -> None:
    """Goods come in against orders that await them, by their movements, and until somebody has ended the order."""
    expected = ARRIVES_BY[kind]
    if command.type not in expected:
        raise WrongDirection(number, kind, " or ".join(expected) or "no arrival", command.type)
    if ended is not None:
        raise OrderEnded(number, "not ended", ended)


def check_may_cancel(number: str, lines: Iterable[OrderLine]) -> None:
    """What has happened cannot be cancelled; the rest of it can be closed."""
    if any(line.done for line in lines):
        raise OrderInUse(number)


def against(
    number: str, lines: Iterable[OrderLine], arrivals: Iterable[Arrival], *, over: bool
) -> tuple[Fulfilled, ...]:
    """Which arrival goes against which line: those that name its lot first, then in the order of the lines.

    What exceeds all lines of an item stays with the last of them, within its tolerance, or beyond it if `over` says
    that this is meant. Raises OverDelivery, also for what nobody ordered (then nothing makes it fit).
    """
    lines = tuple(lines)
    done = {line.number: line.done for line in lines}
    made: list[Fulfilled] = []
    for position, arrival in enumerate(arrivals):
        made += _spread(number, _takers(number, lines, arrival), done, position, arrival, over)
    return tuple(made)


def _takers(number: str, lines: tuple[OrderLine, ...], arrival: Arrival) -> list[OrderLine]:
    of_item = [line for line in lines if line.item == arrival.item and line.lot in (None, arrival.lot)]
    if not of_item:
        raise OverDelivery(number, arrival.item, arrival.lot, "what the order names", "something else")
    return sorted(of_item, key=lambda line: (line.lot is None, line.number))


def _spread(
    number: str, takers: list[OrderLine], done: dict[int, int], position: int, arrival: Arrival, over: bool
) -> Iterable[Fulfilled]:
    left, damaged = arrival.units, arrival.damaged
    for line in takers:
        room = line.units - done[line.number]
        if line is takers[-1]:
            most = line.most - done[line.number]
            if left > max(0, most) and not over:
                raise OverDelivery(number, arrival.item, arrival.lot, line.shown(max(0, most)), line.shown(left))
            room = left
        units = min(left, max(0, room))
        if units:
            bad = min(units, damaged)  # the damaged part is told of the line that is filled first
            done[line.number] += units
            left, damaged = left - units, damaged - bad
            yield Fulfilled(line.number, position, units, bad)

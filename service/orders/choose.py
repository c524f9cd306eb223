"""A lot chosen by hand instead of the allocator's: for one line of an order, with the reason of who chose.

What the line had reserved and nobody picked yet is given back, and the named lot is reserved, as far as it may be given
and is still wanted; the rest is for allocation. The reason goes with the reservation to the pick list and into the
movement of the pick. All lots are known beforehand, so they are locked before the order, as everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, text

from service.domain.allocation import Demand, Explanation, policy_of
from service.domain.errors import UnknownThing
from service.domain.orders_errors import NotAllocatable
from service.domain.reservations import Reservation
from service.ledger.requests import Scribe
from service.orders.allocate import LOCK_ITEMS, LOCK_LOTS, LinePlan, servable, write
from service.orders.candidates import plan
from service.orders.read import Line, Order, lock_order, read_order
from service.orders.reserved import Stock, give_back
from service.orders.transaction import in_one


@dataclass(frozen=True, slots=True)
class Choice:
    """For this line that lot, because."""

    line: int
    lot: str
    reason: str


def choose_lots(
    engine: Engine, scribe: Scribe, id: int, kept: timedelta, choices: Sequence[Choice]
) -> list[LinePlan]:
    """Reserve the chosen lots for `kept`; raises NotAllocatable, UnknownThing and what allocation raises."""
    return in_one(engine, lambda connection: _choose(connection, scribe, id, kept, choices))


def _choose(
    connection: Connection, scribe: Scribe, id: int, kept: timedelta, choices: Sequence[Choice]
) -> list[LinePlan]:
    lines = _lines(servable(read_order(connection, id, scribe.now())), choices)
    items = [line.item_id for line in lines]
    connection.execute(text(LOCK_ITEMS), {"items": items})
    lots = connection.execute(text(_LOTS), {"order": id, "lines": [each.line for each in choices], "items": items,
                                            "numbers": [each.lot for each in choices]}).scalars().all()  # fmt: skip
    connection.execute(text(LOCK_LOTS), {"lots": list(lots)})
    now = scribe.now()
    lock_order(connection, id, now)
    for row in connection.execute(text(_UNPICKED), {"order": id, "lines": [each.line for each in choices]}).all():
        give_back(connection, row.id, row.units, row.units, "another lot was chosen")
    order = servable(read_order(connection, id, now))
    planned: dict[Stock, list[Reservation]] = {}
    plans = [_planned(connection, order, line, choice, now, planned)
             for line, choice in zip(_lines(order, choices), choices, strict=True)]  # fmt: skip
    write(connection, id, plans, now + kept)
    return plans


def _lines(order: Order, choices: Sequence[Choice]) -> list[Line]:
    known = {line.said.number: line for line in order.wanting}
    for choice in choices:
        if choice.line not in known:
            raise UnknownThing(f"line that takes stock in order {order.number}", str(choice.line))
    return [known[choice.line] for choice in choices]


def _planned(
    connection: Connection, order: Order, line: Line, choice: Choice, now: datetime,
    planned: dict[Stock, list[Reservation]],
) -> LinePlan:  # fmt: skip
    policy, source = policy_of(order.policy, order.customer_policy, line.item_policy)
    demand = Demand(
        line.unserved, now, policy, order.min_days, order.min_percent, line.shelf_life_days, choice.lot, order.site,
        because=choice.reason, by_age=line.ages_first,
    )  # fmt: skip
    allocation, more = plan(connection, line.item_id, demand, planned)
    if not allocation.lines:
        raise _impossible(allocation.explanations, choice, line)
    for taken in allocation.lines:
        stock = (taken.candidate.lot_id, taken.candidate.place)
        planned.setdefault(stock, []).append(Reservation(order.id, taken.units, None, order.number))
    return LinePlan(line, policy, source, allocation, more)


def _impossible(explanations: Sequence[Explanation], choice: Choice, line: Line) -> Exception:
    if explanations:
        first = explanations[0]
        return NotAllocatable(choice.lot, first.candidate.where, first.words)
    return UnknownThing(f"stock of {line.said.item} at this site in lot", choice.lot)


_LOTS = """
    SELECT lot_id FROM warehouse.reservation WHERE order_id = :order AND line = ANY(:lines)
    UNION SELECT l.id FROM warehouse.lot l
        JOIN unnest(CAST(:items AS bigint[]), CAST(:numbers AS text[])) AS chosen (item, number)
        ON l.item_id = chosen.item AND l.number = chosen.number
"""
_UNPICKED = """SELECT id, units FROM warehouse.reservation
    WHERE order_id = :order AND line = ANY(:lines) AND expires_at IS NOT NULL ORDER BY id"""

"""Allocation: the allocator asked for each line of an order, and what it says reserved.

Two allocations of one item take turns (its row is locked), and what the plan takes is looked at again once the lots are
ours: a movement may have been quicker than the plan, never than the reservation. Nothing is reserved twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine, insert, text

from service.domain.allocation import Allocation, Demand, policy_of
from service.domain.orders import check_may_go_on
from service.domain.orders_errors import NothingToDo, WrongDirection
from service.domain.reservations import Reservation
from service.ledger.requests import Scribe
from service.models.orders import reservation
from service.orders.candidates import plan
from service.orders.read import TAKES_STOCK, Line, Order, lock_order, read_order
from service.orders.reserved import Stock, free_of, release_blocked
from service.orders.transaction import Overtaken, in_one

Planned = dict[Stock, list[Reservation]]


@dataclass(frozen=True, slots=True)
class LinePlan:
    """What one line gets. `source` says whose policy holds; `more`: there is stock that was not even looked at."""

    line: Line
    policy: str
    source: str
    allocation: Allocation
    more: bool


def allocate_order(engine: Engine, scribe: Scribe, id: int, kept: timedelta, *, preview: bool) -> list[LinePlan]:
    """Reserve what the order still wants, for `kept` from now on; a preview reserves nothing.

    Asked again, it renews what is reserved, adds what has become possible, and replaces what cannot be used any more.
    """
    if preview:
        with engine.connect() as connection:
            now = scribe.now()
            return _plans(connection, servable(read_order(connection, id, now)), now, {})
    return in_one(engine, lambda connection: _reserve(connection, scribe, id, kept))


def servable(order: Order) -> Order:
    if order.kind not in TAKES_STOCK:
        raise WrongDirection(order.number, order.kind, "a sales or production order", "allocation")
    if not order.wanting:
        raise NothingToDo(order.number, "components", "make a production order with lines of role component")
    check_may_go_on(order.number, order.state)
    return order


def _reserve(connection: Connection, scribe: Scribe, id: int, kept: timedelta) -> list[LinePlan]:
    items = {line.item_id for line in read_order(connection, id, scribe.now()).wanting}
    connection.execute(text(LOCK_ITEMS), {"items": list(items)})
    now, planned = scribe.now(), Planned()
    before = servable(read_order(connection, id, now))
    plans = _plans(connection, before, now, planned)
    connection.execute(text(LOCK_LOTS), {"lots": list({lot for lot, _ in planned})})
    order = servable(lock_order(connection, id, now))
    if order.lines != before.lines or not _still_free(connection, planned, now):
        raise Overtaken
    release_blocked(connection, id, now)
    _renew(connection, id, now, now + kept)
    write(connection, id, plans, now + kept)
    return plans


def _plans(connection: Connection, order: Order, now: datetime, planned: Planned) -> list[LinePlan]:
    """Line by line; what one takes the next one finds reserved."""
    made = []
    for line in order.wanting:
        policy, source = policy_of(order.policy, order.customer_policy, line.item_policy)
        demand = Demand(
            line.unserved, now, policy, order.min_days, order.min_percent, line.shelf_life_days, line.said.lot,
            order.site, order.whole_pallets, by_age=line.ages_first,
        )  # fmt: skip
        allocation, more = plan(connection, line.item_id, demand, planned)
        for taken in allocation.lines:
            stock = (taken.candidate.lot_id, taken.candidate.place)
            planned.setdefault(stock, []).append(Reservation(order.id, taken.units, None, order.number))
        made.append(LinePlan(line, policy, source, allocation, more))
    return made


def _still_free(connection: Connection, planned: Planned, now: datetime) -> bool:
    """Now that nobody else can touch these lots: the stock is there, nobody's, and not recalled in the meantime."""
    recalled = connection.execute(text(_RECALLED), {"lots": list({lot for lot, _ in planned})}).scalar_one()
    free = free_of(connection, list(planned), for_order=None, now=now)
    return not recalled and all(
        sum(each.units for each in wanted) <= free[stock] for stock, wanted in planned.items()
    )


def _renew(connection: Connection, id: int, now: datetime, until: datetime) -> None:
    """What is still ours is kept longer; what ran out is gone, with the stops of the walk that were for it."""
    values = {"order": id, "now": now, "until": until}
    for statement in (_EXTEND, _END_PICKS, _DROP):
        connection.execute(text(statement), values)


def write(connection: Connection, id: int, plans: Sequence[LinePlan], until: datetime) -> None:
    rows = [
        {"order_id": id, "line": each.line.said.number, "lot_id": why.candidate.lot_id, "place": why.candidate.place,
         "units": why.units, "expires_at": until, "code": why.code, "reason": why.words}
        for each in plans for why in each.allocation.explanations if why.units
    ]  # fmt: skip
    if rows:
        connection.execute(insert(reservation), rows)


LOCK_ITEMS = "SELECT FROM warehouse.item WHERE id = ANY(:items) ORDER BY id FOR NO KEY UPDATE"
LOCK_LOTS = "SELECT FROM warehouse.lot WHERE id = ANY(:lots) ORDER BY id FOR NO KEY UPDATE"
_RECALLED = "SELECT count(*) FROM warehouse.lot WHERE id = ANY(:lots) AND recall IS NOT NULL"
_EXTEND = """UPDATE warehouse.reservation SET expires_at = greatest(expires_at, :until)
    WHERE order_id = :order AND expires_at > :now"""
_END_PICKS = """UPDATE warehouse.pick_line SET ended = 'its reservation ran out'
    WHERE ended IS NULL AND reservation_id IN (SELECT id FROM warehouse.reservation
                                               WHERE order_id = :order AND expires_at <= :now)"""
_DROP = "DELETE FROM warehouse.reservation WHERE order_id = :order AND expires_at <= :now"

"""What a production used up of the components of its order, and of what was set aside for them.

It is read from the legs that were recorded. The ledger has refused already what is held, expired, recalled or promised
to others; here it is told which planned line the goods were for, and what was set aside of them is used up.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, text

from service.domain.orders_production import Consumed, components_of, consumed_by
from service.models.orders import fulfilment
from service.orders.read import Order
from service.orders.reserved import give_back

_USED = """
    SELECT l.id AS lot_id, i.code AS item, l.number AS lot, g.place, -sum(g.units)::bigint AS units
    FROM warehouse.leg g JOIN warehouse.lot l ON l.id = g.lot_id JOIN warehouse.item i ON i.id = l.item_id
    WHERE g.movement = :movement AND g.place > 0 AND g.units < 0
    GROUP BY l.id, i.code, l.number, g.place ORDER BY min(g.line)
"""
_SET_ASIDE = """
    SELECT id, line, lot_id, place, units FROM warehouse.reservation
    WHERE order_id = :order AND (expires_at IS NULL OR expires_at > :now)
    ORDER BY expires_at IS NOT NULL, id
"""


def consume(
    connection: Connection, order: Order, movement: int, now: datetime, *, late: bool, over: bool
) -> None:
    """Tell the order of it; raises UnplannedComponent, OverConsumption. The order is locked.

    `late`: the movement was recorded without its order, so nothing that is set aside for the order was in it.
    """
    if not components_of(order.said):
        return
    used = connection.execute(text(_USED), {"movement": movement}).all()
    aside = [] if late else connection.execute(text(_SET_ASIDE), {"order": order.id, "now": now}).all()
    made = consumed_by(order.number, order.said, [_consumed(row, aside) for row in used], over=over)
    for each in made:
        row = used[each.arrival]
        connection.execute(insert(fulfilment).values(
            order_id=order.id, line=each.line, movement=movement, part=each.arrival, lot_id=row.lot_id, place=row.place,
            units=each.units, damaged=0,
        ))  # fmt: skip
        _use_up(connection, [one for one in aside if _key(one) == (each.line, row.lot_id, row.place)], each.units)


def _key(row: Row[Any]) -> tuple[int, int, int]:
    return row.line, row.lot_id, row.place


def _consumed(row: Row[Any], aside: Sequence[Row[Any]]) -> Consumed:
    held: dict[int, int] = defaultdict(int)
    for one in aside:
        if (one.lot_id, one.place) == (row.lot_id, row.place):
            held[one.line] += one.units
    return Consumed(row.item, row.lot, row.units, held)


def _use_up(connection: Connection, aside: Sequence[Row[Any]], units: int) -> None:
    """Picked goods first, then what is reserved where it lies."""
    for one in aside:
        part = min(units, one.units)
        if part:
            give_back(connection, one.id, one.units, part, "used up where it lay")
        units -= part

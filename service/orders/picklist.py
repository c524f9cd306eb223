"""Pick lists: what is reserved, in the order of the walk. A reservation is on one list only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, text

from service.domain.errors import BadName, UnknownThing
from service.domain.orders import check_may_go_on
from service.domain.orders_errors import NothingToDo, WrongDirection
from service.domain.orders_picking import PickLine
from service.models.orders import pick_line, pick_list
from service.orders.read import TAKES_STOCK, Order, lock_order
from service.orders.reserved import BLOCKED, clock

STAGING = ("staging", "dock")


@dataclass(frozen=True, slots=True)
class PickStop:
    """A line of a list with the rows it stands for."""

    said: PickLine
    order_id: int
    order_line: int
    list_id: int
    lot_id: int
    place_id: int
    to_id: int
    reservation_id: int
    reason: str
    expiry: Any
    zone: str
    recalled: bool
    name: str


def make_pick_list(connection: Connection, order_id: int, id: UUID, to: str, now: datetime) -> tuple[UUID, bool]:
    """The list of what is reserved and on no list yet, and whether it is new.

    Asked again (the same id, or nothing new to pick) it is the list that there is. Raises NothingToDo, UnknownThing.
    """
    order = lock_order(connection, order_id, now)
    if (known := _known(connection, order, id)) is not None:
        return known, False
    if order.kind not in TAKES_STOCK:
        raise WrongDirection(order.number, order.kind, "a sales or production order", "a pick list")
    check_may_go_on(order.number, order.state)
    place = _staging(connection, order, to)
    waiting = connection.execute(text(_WAITING), clock(now) | {"order": order_id}).all()
    if not waiting:
        return _open_list(connection, order), False
    values = {"party_id": order.party_id, "uuid": id, "order_id": order_id, "place": place, "made_at": now}
    made = connection.execute(insert(pick_list).values(values).returning(pick_list.c.id)).scalar_one()
    connection.execute(insert(pick_line), [
        {"list_id": made, "number": number, "line": row.line, "lot_id": row.lot_id, "place": row.place,
         "units": row.units, "reservation_id": row.id, "reason": row.reason}
        for number, row in enumerate(waiting, 1)
    ])  # fmt: skip
    return id, True


def _known(connection: Connection, order: Order, id: UUID) -> UUID | None:
    query = "SELECT order_id FROM warehouse.pick_list WHERE party_id = :party AND uuid = :uuid"
    found = connection.execute(text(query), {"party": order.party_id, "uuid": id}).scalar()
    if found is not None and found != order.id:
        raise BadName("pick list id", "an id of its own", str(id))
    return id if found is not None else None


def _staging(connection: Connection, order: Order, to: str) -> int:
    """A place of the order's site where goods wait to leave."""
    query = """SELECT l.id, l.kind FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id
        WHERE s.id = :site AND s.code || '/' || l.code = :name"""
    found = connection.execute(text(query), {"site": order.site_id, "name": to}).one_or_none()
    if found is None:
        raise UnknownThing(f"location of site {order.site}", to)
    if found.kind not in STAGING:
        raise BadName("to", " or ".join(f"a {kind} place" for kind in STAGING), f"{to}, a {found.kind} place")
    return int(found.id)


def _open_list(connection: Connection, order: Order) -> UUID:
    query = "SELECT uuid FROM warehouse.pick_list WHERE order_id = :order ORDER BY id DESC"
    for uuid in connection.execute(text(query), {"order": order.id}).scalars().all():
        if any(stop.said.open for stop in read_stops(connection, order.party_id, uuid)):
            return UUID(str(uuid))
    raise NothingToDo(order.number, "reserved goods that are on no pick list", "allocate the order first")


def read_stops(connection: Connection, party_id: int, uuid: UUID, number: int | None = None) -> list[PickStop]:
    """The lines of a list of this party, or the one of that number; none if there is no such list."""
    values = {"party": party_id, "uuid": uuid, "number": number}
    return [_stop(row) for row in connection.execute(text(_STOPS), values)]


def _stop(row: Row[Any]) -> PickStop:
    said = PickLine(row.number, row.order_number, row.item, row.gtin, row.lot, row.manufacturer_lot, row.place, row.to,
                    row.units, row.picked, row.ended, row.decimals, row.unit, row.kind, row.reason)
    return PickStop(said, row.order_id, row.line, row.list_id, row.lot_id, row.place_id, row.to_id, row.reservation_id,
                    row.reason, row.expiry_date, row.zone, row.recall is not None, row.name)


def lists_of(connection: Connection, order_id: int) -> Sequence[UUID]:
    query = "SELECT uuid FROM warehouse.pick_list WHERE order_id = :order ORDER BY id"
    return connection.execute(text(query), {"order": order_id}).scalars().all()


_WAITING = f"""
    SELECT r.id, r.line, r.lot_id, r.place, v.units - v.blocked AS units, r.reason
    FROM warehouse.reservation r JOIN ({BLOCKED}) v ON v.id = r.id AND v.blocked < v.units
    JOIN warehouse.location p ON p.id = r.place
    JOIN warehouse.site s ON s.id = p.site_id JOIN warehouse.lot l ON l.id = r.lot_id
    WHERE r.order_id = :order AND r.expires_at > :now
        AND NOT EXISTS (SELECT FROM warehouse.pick_line x WHERE x.reservation_id = r.id)
    ORDER BY s.code, p.code, l.number, r.line, r.id
"""  # noqa: S608
_STOPS = """
    SELECT p.number, p.line, p.units, p.ended, p.reason, p.reservation_id, p.list_id, l.order_id,
        o.number AS order_number, o.kind, i.code AS item, i.name, i.gtin, i.decimals, i.unit, t.id AS lot_id,
        t.number AS lot, t.manufacturer_lot, t.expiry_date, t.recall, p.place AS place_id,
        fs.code || '/' || f.code AS place, l.place AS to_id, ts.code || '/' || g.code AS "to", fs.zone,
        coalesce((SELECT sum(k.units)::bigint FROM warehouse.pick k
                  WHERE k.list_id = p.list_id AND k.number = p.number), 0) AS picked
    FROM warehouse.pick_list l JOIN warehouse.pick_line p ON p.list_id = l.id
    JOIN warehouse.orders o ON o.id = l.order_id
    JOIN warehouse.lot t ON t.id = p.lot_id JOIN warehouse.item i ON i.id = t.item_id
    JOIN warehouse.location f ON f.id = p.place JOIN warehouse.site fs ON fs.id = f.site_id
    JOIN warehouse.location g ON g.id = l.place JOIN warehouse.site ts ON ts.id = g.site_id
    WHERE l.party_id = :party AND l.uuid = :uuid AND (CAST(:number AS integer) IS NULL OR p.number = :number)
    ORDER BY p.number
"""

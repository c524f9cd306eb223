"""What was picked leaves: shipped to a customer, or offered to a party on this ledger; the order learns it at once.

A retry finds what its movement did for the order and asks the ledger for the very same movement again, so that the same
id with other content is refused here as everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, text

from service.domain.commands import Command, Document, Line, Offer, Ship
from service.domain.orders import DOCUMENTS, check_may_go_on
from service.domain.orders_errors import NothingToDo, SeveralPlaces, WrongDirection
from service.domain.quantities import format_quantity
from service.domain.rules import MAX_LINES
from service.ledger.requests import MovementRequest, Recorded, Scribe
from service.models.orders import fulfilment
from service.orders.history import history, was_recorded
from service.orders.pick import Picker
from service.orders.read import Order, lock_order, read_order
from service.orders.transaction import Overtaken, in_one, number_of, recorded


@dataclass(frozen=True, slots=True)
class Shipping:
    """`from_` is where the goods leave; it may be left out where all that is picked stands in one place."""

    id: UUID
    from_: str | None = None
    event_time: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Good:
    """This much of a lot, at a place, for a line of the order."""

    line: int
    item: str
    lot: str
    lot_id: int
    place: str
    place_id: int
    units: int
    decimals: int


def ship_order(engine: Engine, scribe: Scribe, who: Picker, order_id: int, asked: Shipping) -> Recorded:
    """Ship all that is picked, of many lots the first hundred; raises NothingToDo, SeveralPlaces and a movement's."""
    return in_one(engine, lambda connection: _ship(connection, scribe, who, order_id, asked))


def _ship(connection: Connection, scribe: Scribe, who: Picker, order_id: int, asked: Shipping) -> Recorded:
    order = read_order(connection, order_id, scribe.now())
    if order.kind != "sales":
        raise WrongDirection(order.number, order.kind, "a sales order", "a shipment")
    goods = _picked(connection, order_id)
    shipped = _shipped(connection, order_id, asked.id)  # asked after what is picked: whoever shipped it is seen here
    goods = shipped or _chosen(order, goods, asked.from_)
    command = ship_command(order, goods, asked)
    done = recorded(connection, scribe, MovementRequest(who.party, who.actor, asked.id, command, order_id))
    order = lock_order(connection, order_id, scribe.now())
    number = number_of(connection, who.party_id, done)
    if was_recorded(connection, order_id, number):
        return done
    check_may_go_on(order.number, order.state)
    if _chosen(order, _picked(connection, order_id), asked.from_) != goods:
        raise Overtaken
    _fulfil(connection, order_id, number, goods)
    return done


def _picked(connection: Connection, order_id: int) -> list[Good]:
    return [Good(*row) for row in connection.execute(text(_PICKED), {"order": order_id})]


def _shipped(connection: Connection, order_id: int, movement: UUID) -> list[Good]:
    """What the shipment with this id took, in the order in which it was asked for."""
    found = [
        Good(row.line, row.item, row.lot, row.lot_id, row.place, row.place_id, row.units, row.decimals)
        for row in history(connection, order_id, movement)
    ]
    return sorted(found, key=lambda good: (good.item, good.lot, good.line))


def _chosen(order: Order, goods: Sequence[Good], place: str | None) -> list[Good]:
    """What leaves from one place, as many lots as one movement takes."""
    places = sorted({good.place for good in goods})
    if not places or place not in (None, *places):
        where = f"picked goods at {place}" if place and places else "picked goods"
        raise NothingToDo(order.number, where, "pick first: make a pick list and confirm its lines")
    if place is None and len(places) > 1:
        raise SeveralPlaces(order.number, places)
    here = [good for good in goods if good.place == (place or places[0])]
    lots = list(dict.fromkeys(good.lot_id for good in here))[:MAX_LINES]
    return [good for good in here if good.lot_id in lots]


def ship_command(order: Order, goods: Sequence[Good], asked: Shipping) -> Command:
    """One line for each lot. The only place that knows how goods leave."""
    units: dict[int, int] = {}
    for good in goods:
        units[good.lot_id] = units.get(good.lot_id, 0) + good.units
    first = {good.lot_id: good for good in reversed(goods)}
    lines = tuple(
        Line(first[lot].item, first[lot].lot, format_quantity(total, first[lot].decimals))
        for lot, total in units.items()
    )
    said: dict[str, Any] = {
        "from_": goods[0].place, "lines": lines, "event_time": asked.event_time, "reason": asked.reason,
        "documents": (Document(DOCUMENTS["sales"], order.number),),
    }  # fmt: skip
    if order.partner_party is not None:
        return Offer(to_party=order.partner_party, **said)
    return Ship(customer=order.receiver, **said)


def _fulfil(connection: Connection, order_id: int, number: int, goods: Sequence[Good]) -> None:
    connection.execute(insert(fulfilment), [
        {"order_id": order_id, "line": good.line, "movement": number, "part": part, "lot_id": good.lot_id,
         "place": good.place_id, "units": good.units, "damaged": 0}
        for part, good in enumerate(goods)
    ])  # fmt: skip
    for good in goods:
        values = {"order": order_id, "line": good.line, "lot": good.lot_id, "place": good.place_id}
        connection.execute(text(_NO_LONGER_PICKED), values)


_PICKED = """
    SELECT r.line, i.code, l.number, l.id, s.code || '/' || p.code, p.id, sum(r.units)::bigint, i.decimals
    FROM warehouse.reservation r JOIN warehouse.lot l ON l.id = r.lot_id JOIN warehouse.item i ON i.id = l.item_id
    JOIN warehouse.location p ON p.id = r.place JOIN warehouse.site s ON s.id = p.site_id
    WHERE r.order_id = :order AND r.expires_at IS NULL
    GROUP BY r.line, i.code, l.number, l.id, s.code, p.code, p.id, i.decimals
    ORDER BY i.code COLLATE "C", l.number COLLATE "C", r.line
"""
_NO_LONGER_PICKED = """
    DELETE FROM warehouse.reservation
    WHERE order_id = :order AND line = :line AND lot_id = :lot AND place = :place AND expires_at IS NULL
"""

"""Picked goods that were not needed go back to a shelf: the movement and the end of the pick are one transaction.

    put_back(engine, scribe, who, order_id, asked) -> Recorded

What is put back is nobody's then, and the order's line wants it again; to give that up too, close the order. A retry is
known by its movement, which is recorded with what it did or not at all.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, text

from service.domain.commands import Document, Line, Move
from service.domain.errors import SamePlace
from service.domain.orders import DOCUMENTS
from service.domain.orders_errors import NotPicked, WrongDirection
from service.domain.quantities import format_quantity
from service.ledger.requests import MovementRequest, Recorded, Scribe
from service.orders.pick import Picker
from service.orders.read import TAKES_STOCK, Order, lock_order, read_order
from service.orders.reserved import give_back
from service.orders.transaction import in_one, number_of, recorded


@dataclass(frozen=True, slots=True)
class PuttingBack:
    """`lines` stand at `from_`, where they were picked to, and go to `to`. Held goods are put back too."""

    id: UUID
    from_: str
    to: str
    lines: tuple[Line, ...]
    event_time: datetime | None = None
    reason: str | None = None


def put_back(engine: Engine, scribe: Scribe, who: Picker, order_id: int, asked: PuttingBack) -> Recorded:
    """Raises NotPicked, WrongDirection and what a move raises; then nothing has happened."""
    return in_one(engine, lambda connection: _put_back(connection, scribe, who, order_id, asked))


def _put_back(connection: Connection, scribe: Scribe, who: Picker, order_id: int, asked: PuttingBack) -> Recorded:
    order = read_order(connection, order_id, scribe.now())
    if order.kind not in TAKES_STOCK:
        raise WrongDirection(order.number, order.kind, "a sales or production order", "goods that are put back")
    if asked.from_ == asked.to:
        raise SamePlace(asked.from_)
    command = Move(
        from_=asked.from_, to=asked.to, lines=asked.lines, event_time=asked.event_time, reason=asked.reason,
        documents=(Document(DOCUMENTS[order.kind], order.number),),
    )  # fmt: skip
    done = recorded(connection, scribe, MovementRequest(who.party, who.actor, asked.id, command, order_id))
    order = lock_order(connection, order_id, scribe.now())
    if not done.replayed:
        _unpick(connection, order, number_of(connection, who.party_id, done))
    return done


def _unpick(connection: Connection, order: Order, movement: int) -> None:
    """Of each lot that was moved, as much as was picked for the order is its no longer; raises NotPicked for more."""
    for moved in connection.execute(text(_MOVED), {"movement": movement}).all():
        values = {"order": order.id, "lot": moved.lot_id, "place": moved.place}
        picks = connection.execute(text(_PICKS), values).all()
        left, there = moved.units, sum(pick.units for pick in picks)
        if left > there:
            shown = [f"{format_quantity(units, moved.decimals)} {moved.unit}" for units in (there, left)]
            raise NotPicked(order.number, moved.lot, moved.where, *shown)
        for pick in picks:
            part = min(left, pick.units)
            if part:
                give_back(connection, pick.id, pick.units, part, "put back")
            left -= part


_MOVED = """
    SELECT l.id AS lot_id, l.number AS lot, i.decimals, i.unit, g.place, s.code || '/' || p.code AS where,
        -sum(g.units)::bigint AS units
    FROM warehouse.leg g JOIN warehouse.lot l ON l.id = g.lot_id JOIN warehouse.item i ON i.id = l.item_id
    JOIN warehouse.location p ON p.id = g.place JOIN warehouse.site s ON s.id = p.site_id
    WHERE g.movement = :movement AND g.units < 0
    GROUP BY l.id, l.number, i.decimals, i.unit, g.place, s.code, p.code ORDER BY l.id
"""
_PICKS = """SELECT id, units FROM warehouse.reservation
    WHERE order_id = :order AND lot_id = :lot AND place = :place AND expires_at IS NULL ORDER BY id DESC"""

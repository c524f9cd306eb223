"""A pick confirmed by a scan: the goods move to the staging place and stay the order's until they are shipped.

The scan is checked before anything is recorded, so that it is told before any refusal of the movement; amount and
reservations (once more) afterwards, when the lots are ours. Whatever is refused undoes the movement too.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Engine, insert, text

from service.domain.errors import MovementIdTaken, StockReserved
from service.domain.expiry import day_at
from service.domain.orders import check_may_go_on
from service.domain.orders_errors import NotAllocatable, PickEnded
from service.domain.orders_picking import Scan, check_amount, check_scan, pick_command
from service.domain.quantities import parse_quantity
from service.ledger.requests import MovementRequest, Recorded, Scribe
from service.models.orders import pick, reservation
from service.orders.picklist import PickStop, read_stops
from service.orders.read import lock_order
from service.orders.reserved import free_of, live_reservations
from service.orders.transaction import in_one, number_of, recorded


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What somebody did at a stop. Without `quantity` nothing was found there; `short_reason` gives up the rest."""

    id: UUID
    item: str
    lot: str
    place: str
    quantity: str | None = None
    short_reason: str | None = None
    event_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Picked:
    """The movement, if anything moved, and whether this is a retry."""

    movement: Recorded | None
    replayed: bool


@dataclass(frozen=True, slots=True)
class Picker:
    party: str
    party_id: int
    actor: str


def confirm_pick(
    engine: Engine, scribe: Scribe, who: Picker, list_uuid: UUID, number: int, said: Confirmation
) -> Picked:
    """Record the pick; raises WrongScan, PickEnded, StockReserved, NotAllocatable and what a movement may raise."""
    return in_one(engine, lambda connection: _confirm(connection, scribe, who, list_uuid, number, said))


def _confirm(
    connection: Connection, scribe: Scribe, who: Picker, list_uuid: UUID, number: int, said: Confirmation
) -> Picked:
    stop, = read_stops(connection, who.party_id, list_uuid, number)
    check_scan(stop.said, Scan(said.item, said.lot, said.place))
    units = 0 if said.quantity is None else parse_quantity(said.quantity, stop.said.decimals)
    if not _again(connection, stop, said, units):
        check_amount(stop.said, units, said.short_reason is not None)
    moved = None
    if said.quantity is not None and stop.place_id != stop.to_id:
        command = pick_command(stop.said, said.quantity, said.short_reason, said.event_time)
        moved = recorded(connection, scribe, MovementRequest(who.party, who.actor, said.id, command, stop.order_id))
    else:
        connection.execute(text("SELECT FROM warehouse.lot WHERE id = :lot FOR NO KEY UPDATE"), {"lot": stop.lot_id})
    order = lock_order(connection, stop.order_id, scribe.now())
    if _again(connection, stop, said, units):
        return Picked(moved, replayed=True)
    stop, = read_stops(connection, who.party_id, list_uuid, number)
    check_amount(stop.said, units, said.short_reason is not None)
    check_may_go_on(order.number, order.state)
    if units:
        _check_may_go(connection, stop, units, moved is not None, scribe.now())
        _take(connection, stop, units)
    if said.short_reason is not None:
        _give_up(connection, stop, said.short_reason)
    _keep(connection, stop, who, said, units, moved, scribe.now())
    return Picked(moved, replayed=False)


def _again(connection: Connection, stop: PickStop, said: Confirmation, units: int) -> bool:
    """Whether this confirmation is recorded; the same id with other content is refused."""
    query = "SELECT units, short_reason FROM warehouse.pick WHERE list_id = :list AND number = :number AND id = :id"
    values = {"list": stop.list_id, "number": stop.said.number, "id": said.id}
    found = connection.execute(text(query), values).one_or_none()
    if found is None:
        return False
    if (found.units, found.short_reason) != (units, said.short_reason):
        raise MovementIdTaken(str(said.id), f"{found.units} picked", f"{units}")
    return True


def _check_may_go(connection: Connection, stop: PickStop, units: int, moved: bool, now: datetime) -> None:
    """What is picked may leave, is this order's or nobody's, and is not more than the line still wants."""
    if stop.recalled:
        raise NotAllocatable(stop.said.lot, stop.said.place, "recalled")
    today = day_at(now, stop.zone)
    if stop.expiry is not None and today > stop.expiry:
        raise NotAllocatable(stop.said.lot, stop.said.place, f"its last usable day was {stop.expiry}")
    key = (stop.lot_id, stop.place_id)
    others = [each for each in live_reservations(connection, [key], now).get(key, ()) if each.order != stop.order_id]
    left = free_of(connection, [key], for_order=stop.order_id, now=now)[key]
    promised = sum(each.units for each in others)
    there = connection.execute(text(_BALANCE), {"lot": stop.lot_id, "place": stop.place_id}).scalar() or 0
    if promised > there if moved else units > left:
        free = max(0, there + (units if moved else 0) - promised)
        raise StockReserved(stop.said.lot, stop.said.place, stop.said.shown(units), stop.said.shown(free),
                            ", ".join(sorted({each.number for each in others})))
    _check_wanted(connection, stop, units, now)


def _check_wanted(connection: Connection, stop: PickStop, units: int, now: datetime) -> None:
    """A list that outlived its reservation could serve a line twice."""
    order = lock_order(connection, stop.order_id, now)
    line = next(each for each in order.lines if each.said.number == stop.order_line)
    if line.picked + units > line.said.open:
        raise PickEnded(stop.said.number, "served from elsewhere")


def _take(connection: Connection, stop: PickStop, units: int) -> None:
    """From the reservation at the place to one at the staging place that does not run out."""
    values = {"id": stop.reservation_id, "units": units}
    for statement in (_USE_UP, _USE_SOME):
        connection.execute(text(statement), values)
    connection.execute(insert(reservation).values(
        order_id=stop.order_id, line=stop.order_line, lot_id=stop.lot_id, place=stop.to_id, units=units,
        expires_at=None, code="picked", reason=stop.reason,
    ))  # fmt: skip


def _give_up(connection: Connection, stop: PickStop, reason: str) -> None:
    """The rest is for allocation to find elsewhere."""
    connection.execute(text("DELETE FROM warehouse.reservation WHERE id = :id"), {"id": stop.reservation_id})
    query = "UPDATE warehouse.pick_line SET ended = :reason WHERE list_id = :list AND number = :number"
    connection.execute(text(query), {"reason": reason, "list": stop.list_id, "number": stop.said.number})


def _keep(
    connection: Connection, stop: PickStop, who: Picker, said: Confirmation, units: int, moved: Recorded | None,
    now: datetime,
) -> None:  # fmt: skip
    number = number_of(connection, who.party_id, moved) if moved else None
    connection.execute(insert(pick).values(
        list_id=stop.list_id, number=stop.said.number, id=said.id, units=units, short_reason=said.short_reason,
        movement=number, picked_at=now, picked_by=who.actor,
    ))  # fmt: skip


_USE_UP = "DELETE FROM warehouse.reservation WHERE id = :id AND units <= :units"
_USE_SOME = "UPDATE warehouse.reservation SET units = units - :units WHERE id = :id AND units > :units"
_BALANCE = """SELECT units FROM warehouse.balance
    WHERE lot_id = :lot AND place = :place AND status = 'available'"""

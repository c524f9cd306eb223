"""Pick lists, confirmed by scans; shipments and their slips."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from service.api import orders_schemas as shapes
from service.api.door import Door, body_of
from service.api.fields import Uuid, WholeInQuery
from service.api.house import House
from service.api.movements import answer_of
from service.api.orders import ORDER, known_order, shown
from service.api.orders_shown import pick_list_shown, slip_shown, stop_shown
from service.api.printing import PDF, Printed, printed
from service.api.problem import Problem, not_found
from service.auth.keys import Caller
from service.auth.permissions import check_act
from service.domain.expiry import day_at
from service.domain.orders_errors import NothingToDo
from service.models.tables import party, site
from service.orders.history import MOST, history
from service.orders.pick import Confirmation, Picker, confirm_pick
from service.orders.picklist import PickStop, make_pick_list, read_stops
from service.orders.read import read_order
from service.orders.shipment import Shipping, ship_order
from service.papers.pick_list import pick_list_pdf
from service.papers.slip import slip_pdf

MOST_LINES = 1_000_000


def door(house: House) -> Door:
    picking = house.door("picking", "Pick lists, shipments and slips")
    _lists(picking, house)
    _confirm(picking, house)
    _ship(picking, house)
    return picking


def _lists(picking: Door, house: House) -> None:
    @picking.operation(
        "POST",
        "/orders/<id>/pick-list",
        roles=("party",),
        path=ORDER,
        body=body_of(shapes.NewPickList),
        answers={201: shapes.PickListShown, 200: shapes.PickListShown},
        problems=(409,),
    )
    def make_order_pick_list(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Make the pick list of what is reserved, in the order of the walk

        Each stop names lot, place and quantity, and why this lot. Asked again it is the list that there is (200).
        """
        chosen = body.get("id") or UUID(bytes=house.random(16), version=4)
        with house.engine.begin() as connection:
            order = known_order(connection, caller, id)
            check_act(caller, "pick", body["to"].partition("/")[0])
            made, new = make_pick_list(connection, order, chosen, body["to"], house.now())
            return pick_list_shown(made, _stops(connection, caller, made)), 201 if new else 200

    @picking.operation(
        "GET",
        "/pick-lists/<id>",
        roles=("party",),
        path=ORDER,
        query=Printed,
        answers={200: (shapes.PickListShown, PDF)},
    )
    def show_pick_list(caller: Caller, id: UUID, query: dict[str, Any]) -> Any:
        """A pick list as it stands, or with `format=pdf` on paper"""
        with house.engine.connect() as connection:
            stops = _stops(connection, caller, id)
        listed, zone, now = pick_list_shown(id, stops), stops[0].zone, house.now()
        return printed(query, listed, f"pick-list-{listed['order']}",
                       lambda language: pick_list_pdf(listed, zone, now, language))  # fmt: skip


def _stops(connection: Connection, caller: Caller, id: UUID, line: int | None = None) -> list[PickStop]:
    assert caller.party_id is not None
    found = read_stops(connection, caller.party_id, id, line)
    if not found:
        raise not_found("line of a pick list" if line else "pick list", f"{id}/{line}" if line else str(id))
    return found


def _confirm(picking: Door, house: House) -> None:
    @picking.operation(
        "POST",
        "/pick-lists/<id>/lines/<line>/confirm",
        roles=("party",),
        path={"id": Uuid(), "line": WholeInQuery(1, MOST_LINES)},
        body=body_of(shapes.ConfirmShape),
        answers={201: shapes.PickConfirmed, 200: shapes.PickConfirmed},
        problems=(409,),
    )
    def confirm_pick_line(caller: Caller, id: UUID, line: int, body: Confirmation) -> Any:
        """Confirm a pick with what was scanned

        The goods move to the staging place and stay the order's. A wrong scan is refused, saying what was scanned, what
        was expected and what to do. Several confirmations may serve one line; `short_reason` ends it and gives the rest
        back to allocation. The same confirmation again changes nothing (200).
        """
        if body.quantity is None and body.short_reason is None:
            raise Problem(422, "wrong-shape", "expected `quantity`, or `short_reason` if nothing was found")
        house.halting.check()
        with house.engine.connect() as connection:
            stop, = _stops(connection, caller, id, line)
        check_act(caller, "pick", *(place.partition("/")[0] for place in (stop.said.place, stop.said.to)))
        done = confirm_pick(house.writer, house.scribe, _who(caller), id, line, body)
        with house.engine.connect() as connection:
            stop, = _stops(connection, caller, id, line)
        moved = answer_of(done.movement, {}, house.origin) if done.movement else None
        return {"movement": moved, "line": stop_shown(stop)}, 200 if done.replayed else 201


def _ship(picking: Door, house: House) -> None:
    @picking.operation(
        "POST",
        "/orders/<id>/ship",
        roles=("party",),
        path=ORDER,
        body=body_of(shapes.ShipShape),
        answers={201: shapes.ReceiptShown, 200: shapes.ReceiptShown},
        problems=(409,),
    )
    def ship_picked_goods(caller: Caller, id: UUID, body: Shipping) -> Any:
        """Ship what was picked for an order

        To a customer who is a party on this ledger it is offered, and counts as long as it is not refused. The same
        shipment again changes nothing (200).
        """
        house.halting.check()
        with house.engine.connect() as connection:
            order = known_order(connection, caller, id)
            at = read_order(connection, order, house.now())
        check_act(caller, "ship" if at.partner_party is None else "offer", at.site)
        done = ship_order(house.writer, house.scribe, _who(caller), order, body)
        with house.engine.connect() as connection:
            answer = {"movement": answer_of(done, {}, house.origin), "order": shown(connection, house, order)}
        return answer, 200 if done.replayed else 201

    @picking.operation(
        "GET",
        "/orders/<id>/slip",
        roles=("party",),
        path=ORDER,
        query=shapes.SlipQuery,
        answers={200: (shapes.Slip, PDF)},
        problems=(409,),
    )
    def show_slip(caller: Caller, id: UUID, query: dict[str, Any]) -> Any:
        """The outbound slip: what was shipped, with lots, dates and the content of their codes

        With `format=pdf` on paper, with a GS1 DataMatrix for each line, to go along with the goods and to be signed.
        """
        with house.engine.connect() as connection:
            slip, zone = _slip(connection, house, known_order(connection, caller, id), query.get("movement"))
        return printed(query, slip, f"slip-{slip['order']}", lambda language: slip_pdf(slip, zone, language))


def _slip(connection: Connection, house: House, id: int, movement: UUID | None) -> tuple[dict[str, Any], str]:
    """With the time zone of the site."""
    order = read_order(connection, id, house.now())
    rows = history(connection, id, movement) if order.kind == "sales" else ()
    if len(rows) == MOST:
        raise Problem(422, "too-many-rows", f"expected fewer than {MOST} lines, got more; ask for each `movement`",
                      expected=MOST)  # fmt: skip
    done = [row for row in rows if row.state in ("done", "offered", "accepted")]
    if not done:
        raise NothingToDo(order.number, "a shipment", "ship the order first")
    sender = connection.execute(select(party).where(party.c.id == order.party_id)).one()
    receiver = connection.execute(select(party).where(party.c.code == order.partner_party)).one_or_none()
    zone = connection.execute(select(site.c.zone).where(site.c.id == order.site_id)).scalar_one()
    return slip_shown(order, sender, receiver, done, day_at(house.now(), zone)), zone


def _who(caller: Caller) -> Picker:
    assert caller.party is not None and caller.party_id is not None
    return Picker(caller.party, caller.party_id, caller.actor)

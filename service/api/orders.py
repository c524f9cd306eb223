"""Orders: made, listed, received against, allocated, ended."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from service.api import orders_schemas as shapes
from service.api.door import Door, body_of
from service.api.fields import Uuid
from service.api.house import House
from service.api.movement_schemas import Asked
from service.api.movements import answer_of
from service.api.orders_shown import order_shown, plan_shown, with_history
from service.api.problem import Problem, not_found, try_later
from service.auth.keys import Caller
from service.auth.permissions import check_act, movement_problem
from service.ledger.requests import MovementRequest
from service.orders.allocate import allocate_order
from service.orders.choose import choose_lots
from service.orders.create import NewOrder, create_order, end_order
from service.orders.history import history, set_aside
from service.orders.picklist import lists_of
from service.orders.read import list_orders, order_id, read_order
from service.orders.receipt import receipt
from service.orders.transaction import Overtaken

ORDER = {"id": Uuid()}


def door(house: House) -> Door:
    orders = house.door("orders", "Purchase, notice, production and sales orders, and what was recorded against them")
    _make(orders, house)
    _read(orders, house)
    _receive(orders, house)
    _allocate(orders, house)
    _end(orders, house)
    return orders


def known_order(connection: Connection, caller: Caller, uuid: UUID) -> int:
    """The order's id; another party's order is as absent as none."""
    assert caller.party_id is not None
    found = order_id(connection, caller.party_id, uuid)
    if found is None:
        raise not_found("order", str(uuid))
    return found


def _make(orders: Door, house: House) -> None:
    @orders.operation(
        "POST",
        "/orders",
        roles=("party",),
        body=body_of(shapes.NewOrderShape),
        answers={201: shapes.OrderWithHistory, 200: shapes.OrderWithHistory},
        problems=(409,),
    )
    def add_order(caller: Caller, body: NewOrder) -> Any:
        """Add an order

        With an `id` of your own the same order sent again is answered, not made again (200). A number is unique among
        your orders of one kind.
        """
        assert caller.party_id is not None
        id = body.id or UUID(bytes=house.random(16), version=4)
        with house.engine.begin() as connection:
            made, new = create_order(connection, caller.party_id, body, id, caller.actor, house.now())
            return shown(connection, house, made), 201 if new else 200


def _read(orders: Door, house: House) -> None:
    @orders.operation(
        "GET", "/orders", roles=("party",), query=shapes.OrderQuery, answers={200: shapes.OrdersShown}, problems=(404,)
    )
    def list_all_orders(caller: Caller, query: dict[str, Any]) -> Any:
        """List your orders, the newest first"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            if "after" in query:
                query["after"] = known_order(connection, caller, query["after"])
            found = list_orders(connection, caller.party_id, query, house.now())
        following = found[-1].uuid if len(found) == query["limit"] else None
        return {"orders": [order_shown(order) for order in found], "next": following}

    @orders.operation(
        "GET", "/orders/<id>", roles=("party",), path=ORDER, answers={200: shapes.OrderWithHistory}
    )
    def show_order(caller: Caller, id: UUID) -> Any:
        """An order with what was recorded against it

        For each line what was ordered, received or shipped, damaged, over and short, what is reserved and picked; and
        every movement with its lots.
        """
        with house.engine.connect() as connection:
            return shown(connection, house, known_order(connection, caller, id))


def _receive(orders: Door, house: House) -> None:
    @orders.operation(
        "POST",
        "/orders/<id>/receipts",
        roles=("party",),
        path=ORDER,
        body=body_of(shapes.NewReceipt),
        answers={201: shapes.ReceiptShown, 200: shapes.ReceiptShown},
        problems=(409,),
    )
    def receive_against_order(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Record goods that arrive for an order

        `movement` is the receipt itself, as `POST /movements` takes it (receive or accept; for a production order
        produce, or register if it names no components). What a production uses up is told of the order's components,
        and may be what is reserved or picked for it. Movement and order are written together or not at all. More than
        the order's tolerance is refused unless `over` says that it is meant. The same movement again changes nothing
        (200).
        """
        house.halting.check()
        asked: Asked = body["movement"]
        assert caller.party is not None
        with house.engine.connect() as connection:
            order = known_order(connection, caller, id)
        forbidden = movement_problem(caller, asked.command)
        if forbidden is not None:
            raise forbidden
        request = MovementRequest(caller.party, caller.actor, asked.id, asked.command)
        done = receipt(house.writer, house.scribe, order, request, over=body["over"])
        with house.engine.connect() as connection:
            answer = {"movement": answer_of(done, {}, house.origin), "order": shown(connection, house, order)}
        return answer, 200 if done.replayed else 201


def _allocate(orders: Door, house: House) -> None:
    @orders.operation(
        "POST",
        "/orders/<id>/allocate",
        roles=("party",),
        path=ORDER,
        body=body_of(shapes.Allocate),
        answers={200: shapes.Allocated},
        problems=(409,),
    )
    def allocate_stock(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Reserve stock for a sales order, or the components of a production order, and say why these lots

        Each chosen and each skipped lot has its reason. Asked again it renews what is reserved, adds what has become
        possible and replaces what cannot be used any more; `preview` reserves nothing. With `choices` only these lines
        are looked at: each gets the lot that is named, and the reason stands on the pick list and in the record of the
        pick.
        """
        with house.engine.connect() as connection:
            order = known_order(connection, caller, id)
            check_act(caller, "pick", read_order(connection, order, house.now()).site)
        kept = timedelta(minutes=body["minutes"])
        choices = body.get("choices", ())
        if (choices and body["preview"]) or len({each.line for each in choices}) < len(choices):
            raise Problem(422, "wrong-shape", "expected one choice for a line, and no `preview` with it")
        try:
            plans = (choose_lots(house.engine, house.scribe, order, kept, choices) if choices
                     else allocate_order(house.engine, house.scribe, order, kept, preview=body["preview"]))  # fmt: skip
        except Overtaken:
            raise try_later("overtaken", "the stock changed again and again while it was allocated", 1) from None
        return {"order": id, "preview": body["preview"], "lines": [plan_shown(plan) for plan in plans]}


def _end(orders: Door, house: House) -> None:
    @orders.operation(
        "POST",
        "/orders/<id>/close",
        roles=("party",),
        path=ORDER,
        body=body_of(shapes.Ending),
        answers={200: shapes.OrderWithHistory},
        problems=(409,),
    )
    def close_order(caller: Caller, id: UUID, body: dict[str, str]) -> Any:
        """Close an order: what is missing is given up, what was reserved is free again

        A production order may also be closed when it is done, to free what was picked for it and not used.
        """
        return _ended(house, caller, id, "closed", body)

    @orders.operation(
        "POST",
        "/orders/<id>/cancel",
        roles=("party",),
        path=ORDER,
        body=body_of(shapes.Ending),
        answers={200: shapes.OrderWithHistory},
        problems=(409,),
    )
    def cancel_order(caller: Caller, id: UUID, body: dict[str, str]) -> Any:
        """Cancel an order against which nothing was recorded"""
        return _ended(house, caller, id, "cancelled", body)


def _ended(house: House, caller: Caller, id: UUID, how: Any, body: dict[str, str]) -> Any:
    with house.engine.begin() as connection:
        order = known_order(connection, caller, id)
        end_order(connection, order, how, caller.actor, body.get("reason"), house.now())
        return shown(connection, house, order)


def shown(connection: Connection, house: House, order: int) -> dict[str, Any]:
    return with_history(
        read_order(connection, order, house.now()), history(connection, order),
        set_aside(connection, order, house.now()), lists_of(connection, order),
    )  # fmt: skip

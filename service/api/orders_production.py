"""Production orders: planned and actual, yield, what came of what; and picked goods that go back to the shelf."""

from typing import Any
from uuid import UUID

from service.api import orders_production_schemas as shapes
from service.api.door import Door, body_of
from service.api.house import House
from service.api.movements import answer_of
from service.api.orders import ORDER, known_order, shown
from service.api.orders_production_shown import production_shown
from service.api.orders_schemas import ReceiptShown
from service.auth.keys import Caller
from service.auth.permissions import check_act
from service.domain.orders_errors import WrongDirection
from service.orders.pick import Picker
from service.orders.production import made_stock, runs_of
from service.orders.putback import PuttingBack, put_back
from service.orders.read import read_order


def door(house: House) -> Door:
    production = house.door("production", "What production orders used and made; picked goods put back")
    _report(production, house)
    _put_back(production, house)
    return production


def _report(production: Door, house: House) -> None:
    @production.operation(
        "GET",
        "/orders/<id>/production",
        roles=("party",),
        path=ORDER,
        answers={200: shapes.Production},
        problems=(409,),
    )
    def show_production(caller: Caller, id: UUID) -> Any:
        """A production order: planned and actual, mass balance, and which lots came of which

        For each component and product what was planned, what was used or made, and what it should have been by now; for
        each measure what went in, came out and was lost; each run with its lots; and where the lots made are now.
        """
        with house.engine.connect() as connection:
            order = read_order(connection, known_order(connection, caller, id), house.now())
            if order.kind != "production":
                raise WrongDirection(order.number, order.kind, "a production order", "its production")
            return production_shown(order, runs_of(connection, order.id), made_stock(connection, order.id))


def _put_back(production: Door, house: House) -> None:
    @production.operation(
        "POST",
        "/orders/<id>/put-back",
        roles=("party",),
        path=ORDER,
        body=body_of(shapes.PutBackShape),
        answers={201: ReceiptShown, 200: ReceiptShown},
        problems=(409,),
    )
    def put_picked_goods_back(caller: Caller, id: UUID, body: PuttingBack) -> Any:
        """Put picked goods back that were not needed

        They move to a place of the site and are the order's no longer, held ones too. What its lines still want can be
        allocated again. The same request again changes nothing (200).
        """
        house.halting.check()
        assert caller.party is not None and caller.party_id is not None
        with house.engine.connect() as connection:
            order = known_order(connection, caller, id)
        check_act(caller, "move", *(place.partition("/")[0] for place in (body.from_, body.to)))
        who = Picker(caller.party, caller.party_id, caller.actor)
        done = put_back(house.writer, house.scribe, who, order, body)
        with house.engine.connect() as connection:
            answer = {"movement": answer_of(done, {}, house.origin), "order": shown(connection, house, order)}
        return answer, 200 if done.replayed else 201

"""Product data: what records say of an item beside its name, and by which rules they are kept."""

from typing import Any

from service.api import records_schemas as shapes
from service.api.door import Door, body_of
from service.api.fields import Text
from service.api.house import House
from service.api.problem import not_found
from service.api.trail import author
from service.auth.keys import Caller
from service.records import products

_CODE = {"code": Text(40)}


def door(house: House) -> Door:
    made = house.door("products", "What records say of an item")

    @made.operation("GET", "/items/<code>/product", roles=("party",), path=_CODE, answers={200: shapes.Product})
    def read_product(caller: Caller, code: str) -> Any:
        """The product data of an item; empty members where nobody has said anything"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = products.read(connection, caller.party_id, code)
        if found is None:
            raise not_found("item", code)
        return found

    @made.operation("PATCH", "/items/<code>/product", roles=("party",), path=_CODE, body=body_of(shapes.ProductChange),
                    problems=(409,), answers={200: shapes.Product})  # fmt: skip
    def change_product(caller: Caller, code: str, body: dict[str, Any]) -> Any:
        """Say what records need of an item

        Its lots may exist already: records are made of what is known when they are asked for. What it was, what it
        became, who and why stays in `/changes`.
        """
        who = author(house, caller, body.pop("reason"))
        with house.engine.begin() as connection:
            found = products.change(connection, who, code, body)
        if found is None:
            raise not_found("item", code)
        return found

    return made

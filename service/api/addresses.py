"""Address cards: where a party, its sites and its partners are, as records describe them."""

from typing import Any

from service.api import records_schemas as shapes
from service.api.door import Door, body_of
from service.api.house import House
from service.api.problem import not_found
from service.api.trail import author
from service.auth.keys import Caller
from service.records import cards


def door(house: House) -> Door:
    addresses = house.door("addresses", "Where your company, your sites and your partners are, for records")

    @addresses.operation("PUT", "/addresses", roles=("party",), body=body_of(shapes.NewCard), problems=(409,),
                         answers={200: shapes.Card})  # fmt: skip
    def put_address(caller: Caller, body: dict[str, Any]) -> Any:
        """Write an address card, as a whole

        Your company's own card (`party`) is seen by every party, as its name is; all others only by you. What it was,
        what it became, who and why stays in `/changes`; of a natural person only that it changed.
        """
        who = author(house, caller, body.pop("reason"))
        kind, code = body.pop("kind"), body.pop("code")
        with house.engine.begin() as connection:
            return cards.put(connection, who, kind, code, body)

    @addresses.operation("GET", "/addresses", roles=("party",), query=shapes.CardQuery, answers={200: shapes.Cards})
    def list_addresses(caller: Caller, query: dict[str, Any]) -> Any:
        """List your address cards"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = cards.listed(connection, caller.party_id, query.get("kind"), query["after"], query["limit"])
        last = found[-1] if len(found) == query["limit"] else None
        return {"addresses": found, "next": last and f"{last['kind']} {last['code']}"}

    @addresses.operation("DELETE", "/addresses", roles=("party",), query=shapes.CardRemoval, problems=(404,),
                         answers={200: shapes.RemovedCard})  # fmt: skip
    def remove_address(caller: Caller, query: dict[str, Any]) -> Any:
        """Remove the card of a partner

        Records of the past then have the name that the movement has, and no address. `/changes` keeps that it was
        removed, when and why.
        """
        who = author(house, caller, query["reason"])
        with house.engine.begin() as connection:
            if not cards.remove(connection, who, query["code"]):
                raise not_found("address", query["code"])
        return {"removed": query["code"]}

    return addresses

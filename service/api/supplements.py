"""Supplements: what is said later of a movement or a lot, for records."""

from typing import Any

from sqlalchemy import Row

from service.api import records_schemas as shapes
from service.api.door import Door, body_of
from service.api.house import House
from service.auth.keys import Caller
from service.records import supplements
from service.records.supplements import NewSupplement


def door(house: House) -> Door:
    made = house.door("supplements", "What is said later of a movement or a lot, where its statement is silent")

    @made.operation("POST", "/supplements", roles=("party",), body=body_of(shapes.NewSupplementShape), problems=(409,),
                    answers={201: shapes.Supplement, 200: shapes.Supplement})  # fmt: skip
    def add_supplement(caller: Caller, body: NewSupplement) -> Any:
        """Say something later of a movement, of a lot, or of a lot in a movement

        What was recorded stays as it was signed. The newest for a field counts, and all stay. People are named by
        opaque ids, never by name: no supplement is ever erased.
        """
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            row, new = supplements.add(connection, caller.party_id, caller.actor, house.now(), body)
        return _shown(row), 201 if new else 200

    @made.operation("GET", "/supplements", roles=("party",), query=shapes.SupplementQuery,
                    answers={200: shapes.Supplements})  # fmt: skip
    def list_supplements(caller: Caller, query: dict[str, Any]) -> Any:
        """List your supplements, the newest first"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = supplements.listed(connection, caller.party_id, query.get("before"), query["limit"])
        after = found[-1].number if len(found) == query["limit"] else None
        return {"supplements": [_shown(row) for row in found], "next": after}

    return made


def _shown(row: Row[Any]) -> dict[str, Any]:
    return {"number": row.number, "id": row.id, "movement": row.movement_id, "lot": row.uri, "field": row.field,
            "value": row.value, "reason": row.reason, "who": row.who, "at": row.at}  # fmt: skip

"""Erasures: what says who somebody is goes from a movement or an event: by law, on the record, with two approvals."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from service.api import erasures_schemas as shapes
from service.api.acting import act
from service.api.door import Door, body_of
from service.api.errors import domain_problem
from service.api.fields import Uuid
from service.api.house import House
from service.api.problem import Problem, not_found
from service.auth.keys import Caller
from service.domain.errors import DomainError
from service.erasing import reading
from service.erasing.approving import ErasureApproval, approve
from service.erasing.asking import NewErasure, ask, find_erasure
from service.ledger.desk import Desk

_ID = {"id": Uuid()}


def door(house: House) -> Door:
    erasures = house.door("erasures", "Personal data in what was recorded, erased on the record")
    _read(erasures, house)
    _act(erasures, house)
    return erasures


def _shown(connection: Any, party_id: int | None, id: UUID) -> dict[str, Any]:
    assert party_id is not None
    found = reading.shown(connection, party_id, id)
    if found is None:
        raise not_found("erasure", str(id))
    return found


def _on_record(house: House, caller: Caller, operation: str, work: Callable[[Desk], Any]) -> Any:
    """What a rule refuses goes on record like what a role may not do."""
    try:
        return act(house, caller, work)
    except DomainError as error:
        house.access.keep_refusal(caller, operation, domain_problem(error))
        raise


def _read(erasures: Door, house: House) -> None:
    @erasures.operation("GET", "/erasures", roles=("party",), query=shapes.ErasureQuery, answers={200: shapes.Erasures})
    def list_erasures(caller: Caller, query: dict[str, Any]) -> Any:
        """List your erasures, the newest first"""
        assert caller.party_id is not None
        asked = {"state": query.get("state"), "after": query.get("after"), "limit": query["limit"]}
        with house.engine.connect() as connection:
            found = reading.listed(connection, caller.party_id, **asked)
        return {"erasures": found, "next": found[-1]["id"] if len(found) == query["limit"] else None}

    @erasures.operation("GET", "/erasures/<id>", roles=("party",), path=_ID, answers={200: shapes.Erasure})
    def read_erasure(caller: Caller, id: UUID) -> Any:
        """An erasure, with who approved it"""
        with house.engine.connect() as connection:
            return _shown(connection, caller.party_id, id)


def _act(erasures: Door, house: House) -> None:
    @erasures.operation(
        "POST", "/erasures", roles=("party",), body=body_of(shapes.NewErasure), problems=(409,),
        answers={200: shapes.Erasure, 201: shapes.Erasure},
    )  # fmt: skip
    def ask_erasure(caller: Caller, body: NewErasure) -> Any:
        """Ask for an erasure

        Nothing goes before two others have approved it. Only what may say who somebody is can be asked for; lots,
        quantities, times, places and owners are never erased.
        """

        if (body.movement is None) == (body.event is None):
            seen = "neither" if body.movement is None else "both"
            detail = f"expected a movement or an event, got {seen}"
            raise Problem(422, "wrong-shape", detail, expected="movement or event", seen=seen)

        def work(desk: Desk) -> Any:
            new = ask(desk, body)
            return _shown(desk.connection, desk.party_id, body.id), 201 if new else 200

        return _on_record(house, caller, "ask_erasure", work)

    @erasures.operation(
        "POST", "/erasures/<id>/approvals", roles=("party",), path=_ID, body=body_of(shapes.NewErasureApproval),
        problems=(409,), answers={200: shapes.Erasure},
    )  # fmt: skip
    def approve_erasure(caller: Caller, id: UUID, body: ErasureApproval) -> Any:
        """Approve or reject an erasure

        The second approval carries it out, for ever: the words are gone, and a notice of it stands in the history of
        every lot of the movement. Who asked for it cannot approve it; a rejection ends it.
        """

        def work(desk: Desk) -> Any:
            erasure = find_erasure(desk, id)
            if erasure is None:
                raise not_found("erasure", str(id))
            approve(desk, erasure, body)
            return _shown(desk.connection, desk.party_id, id)

        return _on_record(house, caller, "approve_erasure", work)

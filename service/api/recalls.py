"""Recalls: one request stops a lot and everything that was made of it, and tells whoever was handed any of it."""

from typing import Any
from uuid import UUID

from service.api import recall_schemas as shapes
from service.api.acting import act
from service.api.door import Door, body_of
from service.api.fields import Uuid
from service.api.house import House
from service.api.problem import not_found
from service.auth.keys import Caller
from service.ledger.desk import Desk
from service.recalls import reading
from service.recalls.calling import LiftApproval, NewRecall, approve_lift, call, find_recall, lift

_ID = {"id": Uuid()}


def door(house: House) -> Door:
    recalls = house.door("recalls", "A lot and all that was made of it, stopped at once")
    _read(recalls, house)
    _act(recalls, house)
    _approve(recalls, house)
    return recalls


def _shown(connection: Any, party_id: int | None, id: UUID, **page: Any) -> dict[str, Any]:
    assert party_id is not None
    found = reading.shown(connection, party_id, id, **page)
    if found is None:
        raise not_found("recall", str(id))
    return found


def _read(recalls: Door, house: House) -> None:
    @recalls.operation("GET", "/recalls", roles=("party",), query=shapes.RecallQuery, answers={200: shapes.Recalls})
    def list_recalls(caller: Caller, query: dict[str, Any]) -> Any:
        """List your recalls, the newest first"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = reading.listed(connection, caller.party_id, open=query.get("open"), after=query.get("after"),
                                   limit=query["limit"])
        return {"recalls": found, "next": found[-1]["id"] if len(found) == query["limit"] else None}

    @recalls.operation(
        "GET", "/recalls/<id>", roles=("party",), path=_ID, query=shapes.LotsQuery, answers={200: shapes.RecallShown}
    )
    def read_recall(caller: Caller, id: UUID, query: dict[str, Any]) -> Any:
        """A recall: where its goods are now, and who has answered

        Totals and parties are of the whole family; its lots come a page at a time.
        """
        with house.engine.connect() as connection:
            return _shown(connection, caller.party_id, id, **query)


def _act(recalls: Door, house: House) -> None:
    @recalls.operation(
        "POST", "/recalls", roles=("party",), body=body_of(shapes.NewRecall), problems=(409,),
        answers={201: shapes.RecallShown, 200: shapes.RecallShown},
    )  # fmt: skip
    def add_recall(caller: Caller, body: NewRecall) -> tuple[Any, int]:
        """Recall a lot

        The lot and all that was made of it are flagged and all their stock is held, in one transaction; every party
        that was handed any of it gets a notice. Sent again, the recall as it is (200).
        """

        def work(desk: Desk) -> tuple[Any, int]:
            new = call(desk, body)
            return _shown(desk.connection, desk.party_id, body.id), 201 if new else 200

        return act(house, caller, work)

    @recalls.operation(
        "POST", "/recalls/<id>/lift", roles=("party",), path=_ID, body=body_of(shapes.NewLift), problems=(409,),
        answers={200: shapes.RecallShown},
    )  # fmt: skip
    def lift_recall(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """End a recall, by the company's word that two persons approved

        The goods stay on hold until they are released. Where each person signs for himself: `…/lift/approvals`.
        """

        def work(desk: Desk) -> Any:
            recall = find_recall(desk, id)
            if recall is None:
                raise not_found("recall", str(id))
            lift(desk, recall, body["reason"], body["approved_by"])
            return _shown(desk.connection, desk.party_id, id)

        return act(house, caller, work)


def _approve(recalls: Door, house: House) -> None:
    @recalls.operation(
        "POST", "/recalls/<id>/lift/approvals", roles=("party",), path=_ID, body=body_of(shapes.NewLiftApproval),
        problems=(409,), answers={200: shapes.RecallShown},
    )  # fmt: skip
    def approve_lift_of_recall(caller: Caller, id: UUID, body: LiftApproval) -> Any:
        """Approve or reject the end of a recall: an electronic signature

        The second approval, by another person, ends the recall in the same transaction; a rejection makes those before
        it void. The goods stay on hold until they are released.
        """

        def work(desk: Desk) -> Any:
            recall = find_recall(desk, id)
            if recall is None:
                raise not_found("recall", str(id))
            approve_lift(desk, recall, body)
            return _shown(desk.connection, desk.party_id, id)

        return act(house, caller, work)

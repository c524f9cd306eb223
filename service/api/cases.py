"""Quarantine cases: goods are held until quality has decided, and two persons stand for what leaves the hold."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from service.api import case_schemas as shapes
from service.api.acting import act
from service.api.door import Door, body_of
from service.api.exporting import snapshot
from service.api.fields import Uuid
from service.api.house import House
from service.api.printing import PDF, Printed, printed
from service.api.problem import not_found
from service.auth.keys import Caller
from service.cases import reading
from service.cases.acts import find_case
from service.cases.deciding import Approval, approve, close
from service.cases.destroyed import certificate_of
from service.cases.opening import NewCase, open_case
from service.cases.reviewing import Decided, decide, find, review
from service.ledger.desk import Desk
from service.papers.certificate import certificate_pdf

_ID = {"id": Uuid()}


def door(house: House) -> Door:
    cases = house.door("quarantine-cases", "Goods that wait for quality: found, reviewed, decided, approved by two")
    _read(cases, house)
    _open(cases, house)
    _look_into(cases, house)
    _decide(cases, house)
    return cases


def changed(house: House, caller: Caller, id: UUID, change: Callable[[Desk, Any], object]) -> dict[str, Any]:
    """The case after this act on it; 404 if the caller's party has none of this id."""

    def work(desk: Desk) -> dict[str, Any]:
        case = find_case(desk, id)
        if case is None:
            raise not_found("case", str(id))
        change(desk, case)
        return _shown(desk.connection, desk.party_id, id)

    return act(house, caller, work)


def _shown(connection: Any, party_id: int | None, id: UUID) -> dict[str, Any]:
    assert party_id is not None
    found = reading.shown(connection, party_id, id)
    if found is None:
        raise not_found("case", str(id))
    return found


def _read(cases: Door, house: House) -> None:
    @cases.operation(
        "GET", "/quarantine-cases", roles=("party",), query=shapes.CaseQuery, answers={200: shapes.Cases}
    )
    def list_cases(caller: Caller, query: dict[str, Any]) -> Any:
        """List quarantine cases, the newest first"""
        assert caller.party_id is not None
        asked = {name: query.get(name) for name in ("state", "lot", "after")}
        with house.engine.connect() as connection:
            found = reading.listed(connection, caller.party_id, limit=query["limit"], **asked)
        return {"cases": found, "next": found[-1]["id"] if len(found) == query["limit"] else None}

    @cases.operation("GET", "/quarantine-cases/<id>", roles=("party",), path=_ID, answers={200: shapes.Case})
    def read_case(caller: Caller, id: UUID) -> Any:
        """A case with its goods, and all that people did in it"""
        with house.engine.connect() as connection:
            return _shown(connection, caller.party_id, id)

    @cases.operation(
        "GET", "/quarantine-cases/<id>/certificate", roles=("party",), path=_ID, query=Printed, problems=(409,),
        answers={200: (shapes.Certificate, PDF)},
    )  # fmt: skip
    def read_certificate(caller: Caller, id: UUID, query: dict[str, Any]) -> Any:
        """The certificate of destruction of a case, as data or with `format=pdf` on paper

        409 if nothing of the case has been destroyed.
        """
        assert caller.party_id is not None
        with snapshot(house) as connection:
            found = reading.certificate(connection, caller.party_id, id, house.origin)
        return _certified(house, query, found, "case", id)

    @cases.operation(
        "GET", "/movements/<id>/certificate", roles=("party",), path=_ID, query=Printed,
        answers={200: (shapes.MovementCertificate, PDF)},
    )  # fmt: skip
    def read_movement_certificate(caller: Caller, id: UUID, query: dict[str, Any]) -> Any:
        """The certificate of destruction of a movement, as data or with `format=pdf` on paper

        404 for a movement that destroyed nothing.
        """
        assert caller.party_id is not None
        with snapshot(house) as connection:
            found = certificate_of(connection, caller.party_id, id, house.origin)
        return _certified(house, query, found, "destruction", id)


def _certified(house: House, query: dict[str, Any], found: dict[str, Any] | None, what: str, id: UUID) -> Any:
    if found is None:
        raise not_found(what, str(id))
    named, now = f"certificate-{found['certificate']}", house.now()
    return printed(query, found, named, lambda language: certificate_pdf(found, house.origin, now, language))


def _open(cases: Door, house: House) -> None:
    @cases.operation(
        "POST", "/quarantine-cases", roles=("party",), body=body_of(shapes.NewCase), problems=(409,),
        answers={201: shapes.Case, 200: shapes.Case},
    )  # fmt: skip
    def add_case(caller: Caller, body: NewCase) -> tuple[Any, int]:
        """Open a case: the goods are held at once

        About a whole lot (`item` and `lot`), everything `at` a place with the pallets there, or a lot at a place, whole
        or a `quantity` of it. What is on hold already is taken in as it is. Sent again, the case as it is (200).
        """

        def work(desk: Desk) -> tuple[Any, int]:
            new = open_case(desk, body)
            return _shown(desk.connection, desk.party_id, body.id), 201 if new else 200

        return act(house, caller, work)


def _look_into(cases: Door, house: House) -> None:
    @cases.operation(
        "POST", "/quarantine-cases/<id>/findings", roles=("party",), path=_ID, body=body_of(shapes.NewFinding),
        problems=(409,), answers={200: shapes.Case},
    )  # fmt: skip
    def add_finding(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Write down what was found

        After a decision this reopens the review: nobody approves what has changed since.
        """
        return changed(house, caller, id,
                       lambda desk, case: find(desk, case, body["by"], body["words"], body["measured"]))

    @cases.operation(
        "POST", "/quarantine-cases/<id>/review", roles=("party",), path=_ID, body=body_of(shapes.Said),
        problems=(409,), answers={200: shapes.Case},
    )  # fmt: skip
    def review_case(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Quality takes the case up, or takes a decision back"""
        return changed(house, caller, id, lambda desk, case: review(desk, case, body["by"], body["words"]))


def _decide(cases: Door, house: House) -> None:
    @cases.operation(
        "POST", "/quarantine-cases/<id>/decision", roles=("party",), path=_ID, body=body_of(shapes.NewDecision),
        problems=(409,), answers={200: shapes.Case},
    )  # fmt: skip
    def decide_case(caller: Caller, id: UUID, body: Decided) -> Any:
        """Decide what becomes of the goods

        Release, partial release and destruction wait for two approvals. Rework and return are then recorded as
        movements that name the case; `keep_on_hold` ends with closing it.
        """
        return changed(house, caller, id, lambda desk, case: decide(desk, case, body))

    @cases.operation(
        "POST", "/quarantine-cases/<id>/approvals", roles=("party",), path=_ID, body=body_of(shapes.NewApproval),
        problems=(409,), answers={200: shapes.Case},
    )  # fmt: skip
    def approve_case(caller: Caller, id: UUID, body: Approval) -> Any:
        """Approve or reject a decision

        The second approval, by another person, releases or destroys the goods in the same transaction. Who opened the
        case cannot release its goods.
        """
        return changed(house, caller, id, lambda desk, case: approve(desk, case, body))

    @cases.operation(
        "POST", "/quarantine-cases/<id>/close", roles=("party",), path=_ID, body=body_of(shapes.Said),
        problems=(409,), answers={200: shapes.Case},
    )  # fmt: skip
    def close_case(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Close a case that no goods are in any more, or whose goods were decided to stay on hold"""
        return changed(house, caller, id, lambda desk, case: close(desk, case, body["by"], body["words"]))

"""Movements: recorded singly or up to a thousand at once, read again, and their receipts.

The answer to a movement is a pure function of what is stored, so a retry gets the same bytes: 201 the first time, 200
after. It waits up to a second for the receipts; `Prefer: wait=0` does not wait and then never carries them, so that
this answer too is the same every time.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import quote
from uuid import UUID

from flask import Response, request
from marshmallow import ValidationError
from sqlalchemy import select

import anchoring
from anchoring import Receipt
from service.api import schemas
from service.api.acting import check_still
from service.api.door import Door, dumps
from service.api.errors import domain_problem
from service.api.fields import Shape, Uri, Uuid
from service.api.house import House
from service.api.load import unreadable
from service.api.movement_schemas import BULK, MOVEMENT, Asked
from service.api.problem import Problem, not_found, shown, try_later
from service.auth.keys import Caller
from service.auth.permissions import movement_problem
from service.auth.standing import decides
from service.keys.hand import hand_at_work
from service.ledger.recording import record
from service.ledger.requests import MovementRequest, Outcome, Recorded, Refused
from service.models.tables import movement
from service.people.refusals import about
from service.proof import receipts
from verifier.encoding import b64url
from verifier.hashing import StatementHash

WAIT_SECONDS = 1.0
_NO_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?0\"?(?:$|[,;\s])", re.ASCII)

Found = Mapping[StatementHash, Sequence[Receipt]]


class ReceiptQuery(Shape):
    lot = Uri(doc={"description": "URI of one of the movement's lots"})


def door(house: House) -> Door:
    movements = house.door("movements", "Record what happens to goods; every answer carries its receipts")
    _record(movements, house)
    _read(movements, house)
    return movements


def _record(movements: Door, house: House) -> None:
    @movements.operation(
        "POST",
        "/movements",
        roles=("party",),
        body=MOVEMENT,
        problems=(409,),
        answers={201: schemas.RecordedMovement, 200: schemas.RecordedMovement},
    )
    def record_movement(caller: Caller, body: Asked) -> tuple[Any, int]:
        """Record one movement

        Choose a fresh UUID as `id` and keep it: sending the same movement again gives the same answer (200 instead of
        201), the same id with other content is refused (409). Waits up to a second for the receipts; `Prefer: wait=0`
        does not.
        """
        house.halting.check()
        forbidden = movement_problem(caller, body.command)
        if forbidden is not None:
            raise about(forbidden, body.command.type, body.id)
        asked = _request(caller, body)
        outcome = _single(house, caller, asked)
        if isinstance(outcome, Refused):
            problem = about(domain_problem(outcome.error), body.command.type, body.id)
            house.access.refusals.keep(caller, "record_movement", [problem])
            raise problem
        found = _awaited(house, [outcome])
        return answer_of(outcome, found, house.origin), 200 if outcome.replayed else 201

    @movements.operation("POST", "/movements/bulk", roles=("party",), body=BULK, answers={200: schemas.BulkAnswer})
    def record_movements(caller: Caller, body: list[Asked | ValidationError]) -> Any:
        """Record up to 1,000 movements

        They are applied in order, each wholly or not at all; `results` has one answer for each, in the same order,
        and a refused one does not disturb the others.
        """
        house.halting.check()
        judged = [_judged(caller, each) for each in body]
        asked = [_request(caller, each) for each in judged if isinstance(each, Asked)]
        outcomes = iter(_together(house, caller, asked) if asked else ())
        results = [_told(next(outcomes), each) if isinstance(each, Asked) else each for each in judged]
        refused = [each for each in results if isinstance(each, Problem) and "movement_id" in each.extra]
        if refused:
            house.access.refusals.keep(caller, "record_movements", refused)
        found = _awaited(house, [each for each in results if isinstance(each, Recorded)])
        return {"results": [_result(each, found, house.origin) for each in results]}


def _read(movements: Door, house: House) -> None:
    @movements.operation(
        "GET", "/movements/<id>", roles=("party",), path={"id": Uuid()}, answers={200: schemas.RecordedMovement}
    )
    def read_movement(caller: Caller, id: UUID) -> Any:
        """The answer to a movement, once more"""
        recorded = _recorded(house, caller, id)
        with house.engine.connect() as connection:
            return answer_of(recorded, anchoring.receipts_of(connection, [_hash(recorded)]), house.origin)

    @movements.operation(
        "GET",
        "/movements/<id>/receipt",
        roles=("party",),
        path={"id": Uuid()},
        query=ReceiptQuery,
        answers={200: schemas.ReceiptAnswer},
    )
    def read_receipt(caller: Caller, id: UUID, query: dict[str, str]) -> Any:
        """The receipts of a movement

        One for each lot it concerns. With `?lot=URI` the answer is that lot's receipt alone, as the file that the
        verifier takes.
        """
        recorded = _recorded(house, caller, id)
        found = _await(house, [recorded])
        if _hash(recorded) not in found:
            raise try_later("not-sequenced", f"movement {id} is recorded and waits for its place in the log", 1)
        listed = receipts.by_lot(recorded.lots, found[_hash(recorded)], house.origin)
        return _file(listed, query["lot"]) if "lot" in query else {"movement": id, "receipts": listed}


def answer_of(recorded: Recorded, found: Found, origin: str) -> dict[str, Any]:
    """What a client is told of a recorded movement; nothing in it depends on when or how often it is asked."""
    entered = found.get(_hash(recorded))
    return {
        "id": recorded.id,
        "type": recorded.type,
        "recorded_at": datetime.fromtimestamp(recorded.recorded_at / 1000, UTC),
        "statement": b64url(recorded.statement_hash),
        "lots": recorded.lots,
        "receipt_url": _receipt_url(recorded),
        "receipts": receipts.by_lot(recorded.lots, entered, origin) if entered else None,
    }


def _receipt_url(recorded: Recorded) -> str:
    """Of a movement of one lot, the receipt alone, as the verifier takes it."""
    url = f"/api/v1/movements/{recorded.id}/receipt"
    return f"{url}?lot={quote(recorded.lots[0], safe='')}" if len(recorded.lots) == 1 else url


def _hash(recorded: Recorded) -> StatementHash:
    return StatementHash(recorded.statement_hash)


def _request(caller: Caller, asked: Asked) -> MovementRequest:
    assert caller.party is not None
    return MovementRequest(caller.party, caller.actor, asked.id, asked.command)


def _single(house: House, caller: Caller, asked: MovementRequest) -> Outcome:
    """In a transaction with others that come at the same time, but for what is nobody else's business."""
    if hand_at_work():
        return _together(house, caller, [asked])[0]
    if not decides(caller, [asked.command.type]):
        return house.gather.record(asked)
    try:
        return _together(house, caller, [asked])[0]
    except Problem as problem:
        raise about(problem, asked.command.type, asked.id) from None


def _together(house: House, caller: Caller, asked: Sequence[MovementRequest]) -> list[Outcome]:
    """Where a person decides, the roles are asked again; raises Problem 403. What was recorded before it stays, and
    is known when the same request comes again."""
    if not decides(caller, (each.command.type for each in asked)):
        return record(house.writer, house.scribe, asked)
    return record(house.writer, house.scribe, asked, partial(check_still, house, caller))


def _judged(caller: Caller, each: Asked | ValidationError) -> Asked | Problem:
    """A movement of a bulk request, or why it is not tried: it cannot be read, or this caller may not record it."""
    if isinstance(each, ValidationError):
        return unreadable(each)
    problem = movement_problem(caller, each.command)
    return each if problem is None else about(problem, each.command.type, each.id)


def _told(outcome: Recorded | Refused, asked: Asked) -> Recorded | Problem:
    if isinstance(outcome, Recorded):
        return outcome
    return about(domain_problem(outcome.error), asked.command.type, asked.id)


def _awaited(house: House, recorded: Sequence[Recorded]) -> Found:
    """The receipts that this request waits for: none if it prefers not to wait."""
    if not recorded or _NO_WAIT.search(request.headers.get("Prefer", "")):
        return {}
    return _await(house, recorded)


def _await(house: House, recorded: Sequence[Recorded]) -> Found:
    return anchoring.await_receipts(house.engine, [_hash(each) for each in recorded], WAIT_SECONDS)


def _result(result: Recorded | Problem, found: Found, origin: str) -> dict[str, Any]:
    if isinstance(result, Recorded):
        return {"status": 200 if result.replayed else 201, "movement": answer_of(result, found, origin)}
    return {"status": result.status, "problem": result.document()}


def _recorded(house: House, caller: Caller, id: UUID) -> Recorded:
    """A movement of the caller's own party; another's is as absent as one that never was."""
    asked = select(movement).where(movement.c.party_id == caller.party_id, movement.c.id == id)
    with house.engine.connect() as connection:
        row = connection.execute(asked).one_or_none()
    if row is None:
        raise not_found("movement", str(id))
    return Recorded(id, row.type, row.recorded_at, row.statement_hash, tuple(row.lots), replayed=True)


def _file(listed: Sequence[Mapping[str, Any]], lot: str) -> Response:
    """One receipt, `lotproof-receipt/1`."""
    for each in listed:
        if each["lot"] == lot:
            headers = {"Content-Disposition": 'attachment; filename="lotproof-receipt.json"'}
            return Response(dumps(each["receipt"]), headers=headers, content_type="application/json")
    raise Problem(404, "not-found", f"the movement does not concern the lot {shown(lot)}", seen=shown(lot))

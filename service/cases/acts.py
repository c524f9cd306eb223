"""What is written of every act in a case: the act itself, the movements it led to, the state it leaves the case in."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from service.domain.cases import after
from service.ledger.desk import Desk
from service.ledger.requests import Recorded


def find_case(desk: Desk, id: UUID) -> Any:
    """The party's case, locked, or None. Locked before its lots, as in `load`."""
    found = desk.ask(_FIND, party=desk.party_id, id=id)
    return found[0] if found else None


def keep_act(
    desk: Desk, case: int, act: str, round: int, person: str, words: str, detail: Mapping[str, Any]
) -> None:
    desk.change(_ACT, case=case, act=act, round=round, person=person, words=words, at=desk.now,
                detail=orjson.dumps(detail).decode())


def keep_movements(desk: Desk, case: int, recorded: Sequence[Recorded]) -> None:
    desk.change("INSERT INTO warehouse.case_movement SELECT :case, unnest(CAST(:numbers AS bigint[]))",
                case=case, numbers=desk.numbers(recorded))


def advance(desk: Desk, case: Any, act: str, *, ruling: str | None = None) -> None:
    """Only a decided case has a ruling, and each decision begins a new round of approvals."""
    state = after(case.state, act)
    desk.change(_STATE, number=case.number, state=state, ruling=ruling if act == "decide" else case.ruling,
                round=case.round + (act == "decide"))


_FIND = "SELECT * FROM warehouse.quarantine_case WHERE party_id = :party AND id = :id FOR NO KEY UPDATE"
_ACT = """
    INSERT INTO warehouse.case_act (case_number, sequence, act, round, person, at, words, detail)
    SELECT :case, 1 + count(*), :act, :round, :person, :at, :words, CAST(:detail AS jsonb)
    FROM warehouse.case_act WHERE case_number = :case
"""
_STATE = """
    UPDATE warehouse.quarantine_case SET state = :state, round = :round,
        ruling = CASE WHEN :state IN ('decided', 'closed') THEN :ruling END WHERE number = :number
"""

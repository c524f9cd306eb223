"""Approvals of an erasure; the second, by another person, carries it out."""

from dataclasses import dataclass
from typing import Any

from service.domain.erasable import check_approver
from service.domain.signing import MEANT, ShownOther
from service.domain.states import IdTaken, WrongState
from service.erasing.carrying_out import carry_out
from service.erasing.record import shown_hash
from service.ledger.desk import Desk
from service.ledger.signatures import Of, sign

APPROVERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureApproval:
    """`decision`: approve or reject; `shown` is the hash of what was on the screen."""

    person: str
    decision: str
    shown: str


def approve(desk: Desk, erasure: Any, said: ErasureApproval) -> None:
    """The same approval said again changes nothing; a rejection ends the erasure."""
    approvals = desk.ask("SELECT * FROM warehouse.erasure_approval WHERE erasure = :number", number=erasure.number)
    if _said_before(approvals, said):
        return
    if erasure.state != "asked":
        raise WrongState("erasure", said.decision, "asked for", erasure.state)
    if said.decision == "approve":
        check_approver(said.person, erasure.requested_by)
    expected = shown_hash(erasure.statement_hash, erasure.digest, erasure.property, erasure.legal_basis)
    if said.shown != expected:
        raise ShownOther("erasure", expected, said.shown)
    sign(desk, Of("erasure", str(erasure.id)), said.person, MEANT[said.decision], said.shown, erasure.legal_basis)
    desk.change(_APPROVE, number=erasure.number, person=said.person, decision=said.decision, shown=said.shown,
                at=desk.now)
    people = sorted({*(each.person for each in approvals), said.person})
    if said.decision == "reject":
        desk.change(_REJECT, number=erasure.number, at=desk.now)
    elif len(people) >= APPROVERS:
        carry_out(desk, erasure, people)


def _said_before(approvals: list[Any], said: ErasureApproval) -> bool:
    for each in approvals:
        if each.person == said.person:
            if (each.decision, each.shown) != (said.decision, said.shown):
                raise IdTaken("approval of", said.person, f"{each.decision} {each.shown}",
                              f"{said.decision} {said.shown}")
            return True
    return False


_APPROVE = """
    INSERT INTO warehouse.erasure_approval (erasure, person, decision, shown, at)
    VALUES (:number, :person, :decision, :shown, :at)
"""
_REJECT = "UPDATE warehouse.erasure SET state = 'rejected', ended_at = :at WHERE number = :number"

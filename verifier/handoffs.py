"""Goods that one party hands to another: two statements, signed by two, that belong together.

A handoff is a shipment to an owner other than its issuer. The answer names it (`ref`): accepts, refuses, or, by the
sender himself, corrects (taken back). One without an answer is one-sided: the sender says so and nobody else. That the
answer may answer it, and holds no more than was shipped, is judged by `verifier.refs`; here it is only told.

Not seen: a shipment whose destination or business step is hidden and that nobody answers; an answer that is withheld.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from verifier.entry import MOVEMENT
from verifier.errors import Unavailable
from verifier.refs import NOTHING, Said, owning_parties, totals_of
from verifier.statement import ACCEPTS, CORRECTS, REFUSES, Statement

SHIPPING = frozenset({"shipping", "urn:epcglobal:cbv:bizstep:shipping", "https://ref.gs1.org/cbv/BizStep-shipping"})
BOTH, LESS, REFUSED, TAKEN_BACK, ONE_SIDED = (
    "signed by both",
    "received less",
    "refused",
    "taken back or corrected",
    "one-sided",
)
MOST_TOLD = 16
"""So many are named one by one: a hostile file must not make an endless report."""


@dataclass(frozen=True, slots=True)
class Handoff:
    """`entry` is the sender's, `answered` the answer's sequence number; `to` is None where it is hidden.

    `sent` and `received` hold this lot's quantities by unit, None where a list is not shown whole.
    """

    entry: int
    by: str
    to: str | None
    answered: int | None
    outcome: str
    sent: Mapping[str | None, Decimal] | None
    received: Mapping[str | None, Decimal] | None


def handoffs(history: Sequence[Said], lot: str) -> list[Handoff]:
    """The handoffs of one lot, in the order of their shipments."""
    answers = _answers(history)
    found = (_handoff(said, answers.get(said.hash), lot) for said in history)
    return [each for each in found if each is not None]


def told(found: Sequence[Handoff], withheld: int) -> dict[str, Any]:
    """For the report: how many came out how, and the first of those that two do not agree on."""
    counts = {outcome: sum(each.outcome == outcome for each in found) for outcome in (BOTH, LESS, REFUSED, TAKEN_BACK)}
    open_ = [each for each in found if each.outcome == ONE_SIDED]
    facts: dict[str, Any] = {"handoffs": {**counts, ONE_SIDED: len(open_)}} if found else {}
    lines = [_line(each, withheld) for each in found if each.outcome in (ONE_SIDED, LESS)]
    return facts | ({"not_agreed": lines[:MOST_TOLD]} if lines else {})


def _answers(history: Sequence[Said]) -> dict[Any, Said]:
    """By the statement that is answered; the first counts, a second is refuted elsewhere."""
    answers: dict[Any, Said] = {}
    for said in history:
        ref = said.statement.ref if said.statement is not None else None
        if ref is not None and ref.rel in (ACCEPTS, REFUSES, CORRECTS):
            answers.setdefault(ref.statement, said)
    return answers


def _handoff(said: Said, answer: Said | None, lot: str) -> Handoff | None:
    statement = said.statement
    if statement is None or statement.kind != MOVEMENT or statement.ref is not None:
        return None
    to = _receiver(said, statement)
    if to is None and not _is_answered_by_another(statement, answer):
        return None
    sent, received = _quantity(said, lot), _quantity(answer, lot)
    answered = None if answer is None else answer.sequence
    outcome = _outcome(answer, sent, received)
    return Handoff(said.sequence, statement.issuer, to, answered, outcome, sent, received)


def _receiver(said: Said, statement: Statement) -> str | None:
    """The other party to which a shipment says it goes."""
    shown = said.disclosed
    step = None if shown is None else shown.properties.get("bizStep")
    if shown is None or type(step) is not str or step not in SHIPPING:
        return None
    return next(iter(sorted(owning_parties(shown) - {statement.issuer})), None)


def _is_answered_by_another(statement: Statement, answer: Said | None) -> bool:
    return answer is not None and answer.statement is not None and answer.statement.issuer != statement.issuer


def _quantity(said: Said | None, lot: str) -> Mapping[str | None, Decimal] | None:
    members = NOTHING if said is None or said.disclosed is None else said.disclosed.lists.get("quantityList", NOTHING)
    try:
        return totals_of(members.shown, lot) if members.whole else None
    except Unavailable:
        return None


def _outcome(answer: Said | None, sent: Any, received: Any) -> str:
    if answer is None or answer.statement is None or answer.statement.ref is None:
        return ONE_SIDED
    if answer.statement.ref.rel != ACCEPTS:
        return REFUSED if answer.statement.ref.rel == REFUSES else TAKEN_BACK
    return LESS if sent is not None and received is not None and dict(received) != dict(sent) else BOTH


def _line(handoff: Handoff, withheld: int) -> str:
    where = f"entry {handoff.entry}, {handoff.by} to {handoff.to or 'somebody not shown'}"
    if handoff.outcome == LESS:
        return f"{where}: sent {_amount(handoff.sent)}, received {_amount(handoff.received)} (entry {handoff.answered})"
    hidden = f", as far as is shown: {withheld} statements are withheld" if withheld else ""
    return f"{where}: only the sender says so{hidden}"


def _amount(quantities: Mapping[str | None, Decimal] | None) -> str:
    return " + ".join(f"{total} {unit or 'pieces'}" for unit, total in (quantities or {}).items())[:100] or "nothing"

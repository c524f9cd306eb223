"""Quarantine cases: goods that may not be used until quality has decided what becomes of them.

    open --review--> under_review --decide--> decided --finish--> closed
                          ^                     |
                          +---- review, find, attach, reject, finish_part

A new fact reopens the review: nobody approves what has changed since it was decided. Release and destruction are
carried out by the second approval; keeping goods on hold, reworking and returning need none.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from service.domain.errors import BadText, DomainError, NeedsApproval, StatusUnclear, TooFewWitnesses
from service.domain.identifiers import check_text
from service.domain.places import HOLD
from service.domain.states import after as after_by

State = Literal["open", "under_review", "decided", "closed"]
Cause = Literal["damaged", "contaminated", "expired", "suspect", "temperature", "humidity", "recall", "other"]
Ruling = Literal["release", "partial_release", "rework", "return_to_supplier", "destroy", "keep_on_hold"]

STATES: tuple[State, ...] = ("open", "under_review", "decided", "closed")
CAUSES: tuple[Cause, ...] = (
    "damaged", "contaminated", "expired", "suspect", "temperature", "humidity", "recall", "other",
)  # fmt: skip
RULINGS: tuple[Ruling, ...] = (
    "release", "partial_release", "rework", "return_to_supplier", "destroy", "keep_on_hold",
)  # fmt: skip
ACTS = ("find", "attach", "review", "decide", "approve", "reject", "finish_part", "finish")

TABLE: dict[tuple[str, str], str] = {
    ("open", "find"): "open",
    ("open", "attach"): "open",
    ("open", "review"): "under_review",
    ("under_review", "find"): "under_review",
    ("under_review", "attach"): "under_review",
    ("under_review", "decide"): "decided",
    ("decided", "find"): "under_review",
    ("decided", "attach"): "under_review",
    ("decided", "review"): "under_review",
    ("decided", "approve"): "decided",
    ("decided", "reject"): "under_review",
    ("decided", "finish_part"): "under_review",
    ("decided", "finish"): "closed",
}

NEED_TWO: tuple[Ruling, ...] = ("release", "partial_release", "destroy")
RELEASING: tuple[Ruling, ...] = ("release", "partial_release")
APPROVERS = 2
WITNESSES = 2

ALLOWED_BY: dict[str, tuple[Ruling, ...]] = {
    "release": RELEASING,
    "destroy": ("destroy",),
    "return": ("return_to_supplier",),
    "rework": ("rework",),
}
"""Which movements take goods out of a case, and the decisions by which they may."""


class NothingToHold(DomainError):
    slug = "nothing-to-hold"
    title = "There are no goods here that are not under a case already"

    def __init__(self, expected: str, seen: str) -> None:
        super().__init__(f"expected {expected}, found {seen}", expected=expected, seen=seen)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """As much of a case as a movement needs; `approvers` approved the decision that is in force."""

    number: int
    id: UUID
    ruling: str | None
    state: str
    approvers: frozenset[str]


@dataclass(frozen=True, slots=True)
class Lying:
    """What lies of a lot at a place, in smallest units; `covered` of what is held is under other cases already."""

    lot: str
    at: str
    available: int
    held: int
    covered: int


def after(state: str, act: str) -> str:
    return after_by(TABLE, "case", state, act)


def taken_in(lying: Lying, units: int | None, status: str | None) -> tuple[int, int]:
    """How much is to be held now, and how much the case covers then; `units` None means all that is under no case.

    What is on hold already is taken in as it is. Of goods that lie there in both statuses somebody must say which.
    """
    free = lying.held - lying.covered
    if units is None:
        held = 0 if status == HOLD else lying.available
        return held, held + (0 if status == "available" else free)
    if status is None and lying.available and free:
        raise StatusUnclear(lying.lot, lying.at, str(lying.available), str(free))
    from_hold = status == HOLD or (status is None and not lying.available)
    there = free if from_hold else lying.available
    if units > there:
        raise NothingToHold(f"at least {units} smallest units of {lying.lot} at {lying.at} under no case", str(there))
    return (0 if from_hold else units), units


def check_ruling(ruling: str, *, reason: str, witnesses: Iterable[str], certificate: str | None, goods: bool) -> None:
    """Whether a decision says what it must say."""
    check_text("reason", reason)
    if goods != (ruling == "partial_release"):
        seen = "some" if goods else "none"
        raise BadText("goods", "for a partial release, and only for that, what is released", seen)
    if ruling != "destroy":
        return
    if certificate is None:
        raise BadText("certificate", "the number of the protocol of destruction", "nothing")
    check_text("certificate", certificate)
    seen = {check_text("witness", witness) for witness in witnesses}
    if len(seen) < WITNESSES:
        raise TooFewWitnesses(len(seen))


def check_approver(ruling: str, person: str, opened_by: str) -> None:
    """Nobody releases the goods of a case that he opened; raises NeedsApproval."""
    check_text("person", person)
    if ruling in RELEASING and person == opened_by:
        raise NeedsApproval(f"two persons other than {opened_by}, who opened the case", person)

"""Codes of single packages: what may be done with one that this and that was done with before.

    held ── sold ──▶ sold ── returned ──▶ held        decommissioned ── reversed, within ten days ──▶ held

A code is sold once. What comes a second time is not refused, for it stands there; it is flagged (回流药: a medicine
that was sold and comes back into trade). Verifying changes nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from service.domain.errors import DomainError

Act = Literal["captured", "verified", "sold", "returned", "decommissioned", "reversed"]
ACTS: tuple[Act, ...] = ("verified", "sold", "returned", "decommissioned", "reversed")
LEVELS = ("unit", "inner", "case", "pallet")
REASONS = ("supplied", "destroyed", "exported", "sample", "stolen", "other")
"""Of decommissioning."""
REVERSAL = timedelta(days=10)

NEVER_CAPTURED, SOLD_BEFORE = "never captured", "sold before"
OUT_BEFORE, NEVER_SOLD = "decommissioned before", "never sold"
_AFTER: dict[str, str] = {"captured": "held", "returned": "held", "reversed": "held", "sold": "sold",
                          "decommissioned": "decommissioned"}  # fmt: skip


class CodeOfAnotherLot(DomainError):
    slug = "code-of-another-lot"
    title = "A code belongs to one lot"

    def __init__(self, code: str, expected: str, seen: str) -> None:
        super().__init__(f"code {code!r}: expected lot {expected}, got {seen}", expected=expected, seen=seen, code=code)


class CannotReverse(DomainError):
    slug = "cannot-reverse"
    title = "Only what was decommissioned in the last ten days can be reversed"

    def __init__(self, code: str, seen: str) -> None:
        expected = f"decommissioned within {REVERSAL.days} days"
        super().__init__(f"code {code!r}: expected {expected}, got {seen}", expected=expected, seen=seen, code=code)


class CodesTaken(DomainError):
    slug = "trace-act-id-taken"
    title = "This id was used for another request"

    def __init__(self, id: str) -> None:
        super().__init__(f"{id}: expected what was sent with it before, or another id", seen=id)


@dataclass(frozen=True, slots=True)
class Known:
    """The newest act that changed anything; None: a code that nobody captured."""

    act: Act | None = None
    at: datetime | None = None

    @property
    def state(self) -> str | None:
        return None if self.act is None else _AFTER[self.act]


def judge(code: str, known: Known, act: Act, now: datetime) -> str | None:
    """The flag of an act, None if nothing is wrong with it; raises CannotReverse."""
    if act == "reversed":
        _check_reversal(code, known, now)
        return None
    if act == "captured":
        return {"sold": SOLD_BEFORE, "decommissioned": OUT_BEFORE}.get(known.state or "")
    if known.state is None:
        return NEVER_CAPTURED
    if act == "returned":
        return None if known.state == "sold" else NEVER_SOLD
    if act == "sold":
        return {"sold": SOLD_BEFORE, "decommissioned": OUT_BEFORE}.get(known.state)
    return OUT_BEFORE if act == "decommissioned" and known.state == "decommissioned" else None


def _check_reversal(code: str, known: Known, now: datetime) -> None:
    if known.state != "decommissioned" or known.at is None:
        raise CannotReverse(code, known.state or NEVER_CAPTURED)
    if now - known.at > REVERSAL:
        raise CannotReverse(code, f"decommissioned at {known.at:%Y-%m-%d %H:%M}Z")

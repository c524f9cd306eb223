"""What can come of a scan, which outcome goes before which, and what the person at the scanner is to do about it.

A scan decides nothing about goods: it says what was read, what was expected, and what to do now.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Purpose = Literal["item", "lot", "location", "pallet"]
Outcome = Literal["ok", "mismatch", "unreadable", "unknown", "ambiguous", "conflict"]
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

_GRAVEST_FIRST: tuple[Outcome, ...] = ("unreadable", "ambiguous", "conflict", "mismatch", "unknown", "ok")


@dataclass(frozen=True, slots=True)
class Finding:
    """`counts_as` is what it makes of the scan; None where it is only worth knowing."""

    finding: str
    detail: str
    counts_as: Outcome | None = None
    expected: str | None = None
    seen: str | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the screen waits for. `value` is an item's code, a lot's number (of `item`), SITE/LOC or an SSCC."""

    kind: Purpose
    value: str | None = None
    item: str | None = None

    def __str__(self) -> str:
        of = f" of item {self.item}" if self.item else ""
        return f"{self.kind} {self.value}{of}" if self.value else f"any {self.kind}{of}"


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    counted = {finding.counts_as for finding in findings}
    return next((outcome for outcome in _GRAVEST_FIRST if outcome in counted), "ok")


def what_to_do(outcome: Outcome, expected: Expectation | None) -> str:
    """One sentence for the person at the scanner."""
    wanted = str(expected) if expected else "the right code"
    return {
        "ok": "Go on.",
        "mismatch": f"Put it back and scan {wanted}.",
        "unreadable": "Scan it again; if that does not help, set it aside and have the label replaced.",
        "unknown": "Check what you scanned; if it is right, it must be entered here before you go on.",
        "ambiguous": "Look at the label and choose which reading is printed there; nothing was chosen for you.",
        "conflict": "Set the goods aside and call quality; nothing was changed.",
    }[outcome]

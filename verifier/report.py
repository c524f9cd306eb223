"""What a verification says: for each numbered check yes, refuted or could not check.

Unknown is never shown as false or as true. Exit codes: 0 all yes · 1 any refuted · 2 any could not
check · 3 valid but not final or too old · 64 wrong use; 1 before 2 before 3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ParamSpec, TypeVar

from verifier.errors import Refuted, Unavailable

P = ParamSpec("P")
T = TypeVar("T")

ALL_YES, ANY_REFUTED, ANY_UNKNOWN, NOT_FINAL_OR_OLD, USAGE = 0, 1, 2, 3, 64

TITLES = {
    1: "Form",
    2: "Chain",
    3: "Who said so",
    4: "What was said",
    5: "Complete",
    6: "Signed by the log",
    7: "Anchored",
    8: "In time",
}

CAVEATS = (
    "No proof shows that a statement is true, that everything was submitted, or that your package is this lot.",
    "Complete according to the anchored lot map; auditors and receipts, not this file, check that the map follows.",
    "Between recorded and anchored the operator could still rewrite; receipts close that window for who holds them.",
)


class Verdict(Enum):
    """The three answers of a check."""

    YES = "yes"
    REFUTED = "refuted"
    UNKNOWN = "could not check"


@dataclass(frozen=True, slots=True)
class Answer:
    """One check's answer; `late` marks a yes that is not final or too old."""

    check: int
    title: str
    verdict: Verdict
    refuted: tuple[Refuted, ...] = ()
    unknown: tuple[Unavailable, ...] = ()
    remarks: tuple[str, ...] = ()
    late: bool = False

    @property
    def why(self) -> str:
        """One line: the first reason, else the remarks."""
        for reason in (*self.refuted, *self.unknown):
            return str(reason)
        return "; ".join(self.remarks)


@dataclass(frozen=True, slots=True)
class Report:
    """The answers about one file, in order, and what was found on the way."""

    subject: str
    answers: tuple[Answer, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    caveats: tuple[str, ...] = CAVEATS

    @property
    def exit_code(self) -> int:
        verdicts = {answer.verdict for answer in self.answers}
        if Verdict.REFUTED in verdicts:
            return ANY_REFUTED
        if Verdict.UNKNOWN in verdicts:
            return ANY_UNKNOWN
        return NOT_FINAL_OR_OLD if any(answer.late for answer in self.answers) else ALL_YES

    def answer(self, check: int) -> Answer:
        return next(answer for answer in self.answers if answer.check == check)

    @property
    def first_failed(self) -> Answer | None:
        """The first answer that is not a plain yes."""
        return next((a for a in self.answers if a.verdict is not Verdict.YES or a.late), None)


class Findings:
    """What one check has found so far. Gathering goes on after a refutation, up to a few."""

    LIMIT = 16  # a hostile file must not make an endless report

    def __init__(self, check: int, title: str | None = None) -> None:
        self.check = check
        self.title = TITLES[check] if title is None else title
        self.refuted: list[Refuted] = []
        self.unknown: list[Unavailable] = []
        self.remarks: list[str] = []
        self.late = False

    def attempt(self, look: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """The result of one look, or None after noting down why there is none."""
        try:
            return look(*args, **kwargs)
        except Refuted as refutation:
            self.refute(refutation)
        except Unavailable as unknown:
            self.leave_open(unknown)
        return None

    def refute(self, refutation: Refuted) -> None:
        if len(self.refuted) < self.LIMIT:
            self.refuted.append(refutation)

    def leave_open(self, unknown: Unavailable) -> None:
        if len(self.unknown) < self.LIMIT:
            self.unknown.append(unknown)

    def take(self, other: Findings) -> None:
        """Add what a part of this check found."""
        assert other.check == self.check
        for refutation in other.refuted:
            self.refute(refutation)
        for unknown in other.unknown:
            self.leave_open(unknown)

    @property
    def verdict(self) -> Verdict:
        if self.refuted:
            return Verdict.REFUTED
        return Verdict.UNKNOWN if self.unknown else Verdict.YES

    def answer(self) -> Answer:
        late = self.late and self.verdict is Verdict.YES
        parts = tuple(self.refuted), tuple(self.unknown), tuple(self.remarks)
        return Answer(self.check, self.title, self.verdict, *parts, late)


def unanswered(check: int, why: str, title: str | None = None) -> Answer:
    """The answer of a check that could not even begin."""
    found = Findings(check, title)
    found.leave_open(Unavailable(found.title, why))
    return found.answer()


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain values, for `--json`."""
    return {
        "subject": report.subject,
        "exit": report.exit_code,
        "checks": [_answer_as_json(answer) for answer in report.answers],
        "facts": dict(report.facts),
        "caveats": list(report.caveats),
    }


def _answer_as_json(answer: Answer) -> dict[str, Any]:
    return {
        "check": answer.check,
        "title": answer.title,
        "answer": answer.verdict.value,
        "refuted": [{"what": r.what, "expected": _plain(r.expected), "seen": _plain(r.seen)} for r in answer.refuted],
        "could_not_check": [{"what": u.what, "why": u.why} for u in answer.unknown],
        "remarks": list(answer.remarks),
        "late": answer.late,
    }


def _plain(value: object) -> str | int | None:
    if value is None or isinstance(value, int):
        return value
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text[:1000].encode("utf-8", "replace").decode("utf-8")

"""What a monitor cries out about: one alarm a class, told once until it changes.

An alarm has the exit code of what it means: 1 something is refuted, 2 it could not be looked at, 3 it is
too old. To a webhook goes one JSON document when something began, changed or ended:

    {format, origin, url, at, exit, raised: [{class, exit, text, todo, evidence}], ended: [class]}

and to a file, if asked, text as Prometheus reads it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verifier.errors import MAX_SHOWN, Unavailable
from verifier.http import Deadline, fetch
from verifier.report import ALL_YES, ANY_REFUTED, ANY_UNKNOWN, NOT_FINAL_OR_OLD

FORMAT = "lotproof-alarm/1"
WEBHOOK_PATIENCE = 10.0  # seconds; who does not take an alarm gets it again in the next round
MAX_WEBHOOK_ANSWER = 64 * 1024

CLASSES: Mapping[str, tuple[int, str]] = {
    "FORK": (ANY_REFUTED, "Keep the evidence file, give it to the other partners, judge it with --as fork."),
    "ROLLBACK": (ANY_REFUTED, "Ask the operator at once: the log shows less than it showed, or than is anchored."),
    "ANCHOR": (ANY_REFUTED, "The anchored root is none of this log: rely on neither until the operator explains it."),
    "SIGNATURE": (ANY_REFUTED, "Do not use this log: the checkpoint is not signed as your policy demands."),
    "FORM": (ANY_REFUTED, "The checkpoint is spelled otherwise than the format allows: is this the right address?"),
    "TILES": (ANY_REFUTED, "The published hashes do not lead to the signed root: ask the operator."),
    "CHAIN": (ANY_REFUTED, "Chain or contract is not the one of your policy: compare both, then the policy."),
    "KEYS": (ANY_REFUTED, "If you did not change your keys, somebody did. If you did: run once with --accept-keys."),
    "LOT": (ANY_REFUTED, "The proof of a lot of yours is refuted or has lost entries: ask the operator."),
    "ENTRY": (ANY_REFUTED, "A statement in your name is not among those you sent: contest it with the operator."),
    "LOG AWAY": (ANY_UNKNOWN, "The log could not be read; if it stays so, ask the operator."),
    "CHAIN AWAY": (ANY_UNKNOWN, "Your nodes could not be asked or disagree: look after them."),
    "LOT AWAY": (ANY_UNKNOWN, "The proof of a lot could not be had or checked; see the reason."),
    "MONITOR": (ANY_UNKNOWN, "A mistake of the monitor itself: report it."),
    "QUIET": (NOT_FINAL_OR_OLD, "The log has not grown for long: is it shown to you as it is?"),
    "UNANCHORED": (NOT_FINAL_OR_OLD, "What was signed is not anchored in time: ask the operator why."),
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm; `key` is what makes it another one, where the text has figures that run on."""

    kind: str
    text: str
    key: str = ""
    evidence: str | None = None

    @property
    def code(self) -> int:
        return CLASSES[self.kind][0]

    @property
    def todo(self) -> str:
        """What whoever is told should do."""
        return CLASSES[self.kind][1]

    @property
    def mark(self) -> str:
        """Equal for the same alarm told again."""
        return (self.key or self.text)[:MAX_SHOWN]


@dataclass(slots=True)
class Alarms:
    """The alarms of one round, the first of each class."""

    raised: dict[str, Alarm] = field(default_factory=dict)

    def raise_(self, kind: str, text: str, key: str = "", evidence: str | None = None) -> None:
        assert kind in CLASSES
        self.raised.setdefault(kind, Alarm(kind, text[: 4 * MAX_SHOWN], key, evidence))

    @property
    def code(self) -> int:
        """1 before 2 before 3."""
        return min((alarm.code for alarm in self.raised.values()), default=ALL_YES)

    def marks(self) -> dict[str, str]:
        return {kind: alarm.mark for kind, alarm in self.raised.items()}

    def news(self, told: Mapping[str, str]) -> tuple[list[Alarm], list[str]]:
        """What began or changed since it was told, and what ended."""
        new = [alarm for kind, alarm in self.raised.items() if told.get(kind) != alarm.mark]
        return new, [kind for kind in told if kind not in self.raised]


def message(origin: str, url: str, at: str, code: int, new: Sequence[Alarm], ended: Sequence[str]) -> dict[str, Any]:
    """What a webhook is told."""
    raised = [{"class": a.kind, "exit": a.code, "text": a.text, "todo": a.todo, "evidence": a.evidence} for a in new]
    return {"format": FORMAT, "origin": origin, "url": url, "at": at, "exit": code, "raised": raised,
            "ended": list(ended)}  # fmt: skip


def tell(webhook: str, said: Mapping[str, Any], patience: float = WEBHOOK_PATIENCE) -> None:
    """POST a message; raises Unavailable unless it was taken. No redirect is followed, no answer believed."""
    headers = {"Content-Type": "application/json", "User-Agent": "lotproof-verify"}
    body = json.dumps(said).encode("ascii")
    fetch(webhook, Deadline(patience), body, headers, MAX_WEBHOOK_ANSWER)


def told_to(webhook: str, said: Mapping[str, Any], complain: Callable[[str], None]) -> bool:
    """Whether the webhook took the message; if not it gets it again."""
    try:
        tell(webhook, said)
    except Unavailable as away:
        complain(f"the webhook did not take an alarm: {away}")
        return False
    return True


def metrics(figures: Mapping[str, float], raised: Iterable[str]) -> str:
    """Figures and alarms in the text format of Prometheus, every class with 0 or 1."""
    active = set(raised)
    lines = []
    for name, value in figures.items():
        lines += [f"# TYPE lotproof_monitor_{name} gauge", f"lotproof_monitor_{name} {value:.15g}"]
    lines.append("# TYPE lotproof_monitor_alarm gauge")
    for kind, (code, _) in CLASSES.items():
        lines.append(f'lotproof_monitor_alarm{{class="{kind}",exit="{code}"}} {int(kind in active)}')
    return "\n".join(lines) + "\n"

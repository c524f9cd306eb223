"""lotproof-verify monitor: keep watching a log, and cry out once when something is wrong.

    lotproof-verify monitor URL --policy partner.toml --state FILE [--once] [--every SECONDS]
        [--webhook URL] [--metrics FILE] [--max-quiet SECONDS] [--max-unanchored SECONDS]
        [--lot URI ... --token-file FILE] [--party URI ...] [--sent FILE] [--accept-keys]

Hashes and checkpoints are public; the proofs of one's own lots need one's key for the API. Without --once it
runs until it is stopped and prints a line where something changed. Evidence of a fork goes beside FILE.
Exit (of the last round): 0 fine, 1 refuted, 2 could not check, 3 too old, 64 wrong use; 1 before 2 before 3.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from verifier import monitor_state
from verifier.alarms import Alarms, message, metrics, told_to
from verifier.command import Parser, WrongUse, nodes_of, parser_of, policy_of, printable, show, sources_of, token_of
from verifier.errors import Refuted
from verifier.files import content, write_whole
from verifier.http import Deadline
from verifier.monitor import Limits, Round
from verifier.monitor_own import Own, checked, forgotten, proofs_from, watch_own
from verifier.monitor_state import MAX_WATCHED, Memory
from verifier.policy import Policy
from verifier.published import HttpLog
from verifier.report import ANY_UNKNOWN
from verifier.timing import moment

EVERY, PATIENCE = 60.0, 30.0  # seconds between two rounds, and for all that one asks of the network
MAX_SENT = 64 * 1024 * 1024  # a million ids and more
MAX_EVIDENCE = 16  # files: a log that forks every minute must not fill the disk


@dataclass(slots=True)
class Monitor:
    """Everything that stays the same from round to round, and what was printed last."""

    given: argparse.Namespace
    policy: Policy
    own: Own
    token: str | None
    clock: Callable[[], float] = time.time
    printed: dict[str, str] | None = None
    delivered: bool = True

    def once(self) -> int:
        """One round: look, remember, print, tell; returns its exit code. Raises OSError, BadState."""
        state = Path(self.given.state)
        memory = monitor_state.load(state, self.policy.origin)
        alarms = Alarms()
        try:
            self.own = replace(self.own, sent=_sent(self.given))  # who sends goes on writing
            self._look(memory, alarms)
        except OSError:
            raise
        except Exception as mistake:  # watching goes on; what was remembered stays
            memory = monitor_state.load(state, self.policy.origin)
            alarms.raise_("MONITOR", f"{type(mistake).__name__}: {mistake}")
        self._tell(memory, alarms)
        monitor_state.save(state, memory)
        self._print(memory, alarms)
        self._measure(memory, alarms)
        self.own = replace(self.own, accept_keys=False)
        return alarms.code

    def _look(self, memory: Memory, alarms: Alarms) -> None:
        deadline = Deadline(self.given.timeout or PATIENCE)
        nodes = nodes_of(self.policy, self.given, deadline)
        sources = sources_of(self.policy, self.given, deadline)
        log = HttpLog(self.given.url, deadline)
        limits = Limits(
            self.policy.max_age if self.given.max_quiet is None else self.given.max_quiet,
            self.policy.max_anchor_delay if self.given.max_unanchored is None else self.given.max_unanchored,
        )
        lots, parties = self.own.lots, self.own.parties
        for table, watched in ((memory.lots, lots), (memory.waits, lots), (memory.parties, parties)):
            for name in forgotten(table, watched):
                del table[name]
        keep = partial(_keep_evidence, Path(self.given.state))
        round_ = Round(log, self.policy, nodes, limits, int(self.clock()), memory, keep, alarms)
        shown = round_.run()
        if shown is not None:
            proof = proofs_from(self.given.api or f"{self.given.url}/api/v1", deadline, self.token)
            watch_own(round_, shown, self.own, proof, sources)

    def _tell(self, memory: Memory, alarms: Alarms) -> None:
        new, ended = alarms.news(memory.told)
        self.delivered = True
        if not self.given.webhook:
            memory.told = {}  # a webhook that is named one day is told what then stands
            return
        if new or ended:
            said = message(self.policy.origin, self.given.url, self._now(), alarms.code, new, ended)
            self.delivered = told_to(self.given.webhook, said, lambda why: show(printable(why), sys.stderr))
        if self.delivered:
            memory.told = alarms.marks()

    def _print(self, memory: Memory, alarms: Alarms) -> None:
        """All alarms the first time, then what changed; with --json every round, as a webhook would be told."""
        if self.given.json:
            every = list(alarms.raised.values())
            show(json.dumps(message(self.policy.origin, self.given.url, self._now(), alarms.code, every, [])))
            sys.stdout.flush()
            return
        new, ended = alarms.news(self.printed or {})
        for alarm in new:
            kept = f"; evidence: {alarm.evidence}" if alarm.evidence else ""
            show(f"{self._now()} {alarm.kind}: {printable(alarm.text)}{kept}")
            show(f"    {alarm.todo}")
        for kind in ended:
            show(f"{self._now()} {kind}: no more")
        if not alarms.raised and self.printed != {}:
            assert memory.signed is not None  # or there were an alarm
            size = memory.signed.checkpoint.size
            show(f"{self._now()} fine: {size} entries, {memory.anchored} of them anchored")
        self.printed = alarms.marks()
        sys.stdout.flush()

    def _measure(self, memory: Memory, alarms: Alarms) -> None:
        if self.given.metrics is None:
            return
        now = self.clock()
        figures: dict[str, float] = {
            "round_timestamp_seconds": now,
            "exit_code": alarms.code,
            "log_entries": memory.signed.checkpoint.size if memory.signed else 0,
            "anchored_entries": memory.anchored,
            "quiet_seconds": max(0, int(now) - memory.grown) if memory.note else 0,
            "unanchored_seconds": max(0, int(now) - memory.due[1]) if memory.due else 0,
            "webhook_failed": int(not self.delivered),
        }
        write_whole(self.given.metrics, metrics(figures, alarms.raised).encode("ascii"))

    def _now(self) -> str:
        return moment(int(self.clock() * 1000))


def run(
    arguments: Sequence[str],
    clock: Callable[[], float] = time.time,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """The command; raises WrongUse, PolicyError, BadState and, with --once, OSError, which are wrong use."""
    given = _arguments().parse_args(arguments)
    policy = policy_of(given.policy)
    monitor = Monitor(given, policy, _own(given), token_of(given.token_file), clock)
    if given.once:
        return monitor.once()
    code = ANY_UNKNOWN
    before = signal.signal(signal.SIGTERM, _stop)
    try:
        while True:
            code = _survived(monitor)
            sleep(given.every)
    except KeyboardInterrupt:
        return code
    finally:
        signal.signal(signal.SIGTERM, before)


def _survived(monitor: Monitor) -> int:
    """A round of many: a disk that is full for an hour does not end the watch."""
    try:
        return monitor.once()
    except OSError as problem:
        show(f"lotproof-verify: {printable(str(problem))}", sys.stderr)
        return ANY_UNKNOWN


def _arguments() -> Parser:
    parser = parser_of("lotproof-verify monitor", __doc__)
    parser.add_argument("url", type=_address, metavar="URL", help="where the log publishes /checkpoint and /tile/")
    parser.add_argument("--state", type=Path, required=True, help="what is remembered from round to round")
    parser.add_argument("--once", action="store_true", help="one round, for a timer of your own")
    parser.add_argument("--every", type=_seconds, default=EVERY, metavar="SECONDS", help="between two rounds")
    parser.add_argument("--webhook", metavar="URL", help="POST alarms there when they begin, change or end")
    parser.add_argument("--metrics", type=Path, metavar="FILE", help="write figures there as Prometheus reads them")
    parser.add_argument("--max-quiet", type=_seconds, metavar="SECONDS", help="without growth; max_age if not said")
    parser.add_argument("--max-unanchored", type=_seconds, metavar="SECONDS", help="max_anchor_delay if not said")
    parser.add_argument("--lot", action="append", default=[], metavar="URI", help="a lot of yours to watch")
    parser.add_argument("--party", action="append", default=[], metavar="URI", help="whose keys are watched: yours")
    parser.add_argument("--token-file", type=Path, metavar="FILE", help="your key for the API")
    parser.add_argument("--api", type=_address, metavar="URL", help="where the API is, if not at URL/api/v1")
    parser.add_argument("--sent", type=Path, metavar="FILE", help="ids of the movements you sent, one a line")
    parser.add_argument("--accept-keys", action="store_true", help="take the key statements as they are now")
    return parser


def _address(text: str) -> str:
    return text.removesuffix("/")


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 1e9:
        raise ValueError(text)
    return seconds


def _own(given: argparse.Namespace) -> Own:
    if max(len(given.lot), len(given.party)) > MAX_WATCHED:
        raise WrongUse(f"at most {MAX_WATCHED} lots and parties can be watched")
    if (given.party or given.sent) and not given.lot:
        raise WrongUse("keys and statements are seen in the proofs of lots: name some with --lot")
    if given.sent and not given.party:
        raise WrongUse("--sent is compared with the statements of a party: name it with --party")
    try:
        return checked(Own(given.lot, given.party, _sent(given), given.accept_keys))
    except Refuted as wrong:
        raise WrongUse(str(wrong)) from None


def _sent(given: argparse.Namespace) -> frozenset[str] | None:
    """The ids in the file of what was sent; None if there is none to compare with."""
    if given.sent is None:
        return None
    raw = content(given.sent, MAX_SENT)
    if len(raw) > MAX_SENT:
        raise WrongUse(f"{given.sent} is larger than {MAX_SENT} bytes")
    return frozenset(raw.decode("utf-8", "replace").split())


def _keep_evidence(state: Path, made: Mapping[str, Any]) -> str:
    """Where the evidence is: beside the state, once for each content; the first few stay."""
    data = json.dumps(made).encode("ascii")
    name = f"{state.name}.fork-{sha256(data).hexdigest()[:12]}.json"
    path = state.with_name(name)
    if path.exists():
        return str(path)
    if len(list(state.parent.glob(f"{state.name}.fork-*.json"))) >= MAX_EVIDENCE:
        return f"not kept: {MAX_EVIDENCE} files are there already"
    write_whole(path, data)
    return str(path)


def _stop(*_: object) -> None:
    raise KeyboardInterrupt

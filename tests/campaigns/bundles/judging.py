"""One job: one valid file, one family of bends, every case judged within limits of time and memory.

A job runs in a process of its own pool. Before each case its name is written where the parent can read
it, so that a verifier that dies (of a signal, of the kernel's limits) still leaves the case behind.
"""

import contextlib
import io
import json
import os
import re
import resource
import signal
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from time import process_time

from tests.verifier.test_hostile import toml
from verifier import cli
from verifier.encoding import b64
from verifier.report import TITLES, Report, Verdict, as_json

from . import bends, named, spellings
from .bends import Case, Draw
from .corpus import given
from .given import Given
from .truth import Lie, liberties

FAMILIES: dict[str, Callable[[Given, Draw], Iterator[Case]]] = {
    "values": bends.values,
    "inner": bends.inner,
    "bytes": bends.flipped,
    "each byte": bends.each_byte,
    "cuts": bends.cuts,
    "splices": bends.splices,
    "several at once": bends.at_random,
    "hashes": bends.swapped_hashes,
    "tricks": spellings.tricks,
    "base64": spellings.base64_spellings,
    "named": named.named,
    "endless": named.endless,
}
SECONDS = 2.5  # the slowest bomb as large as a file may be takes less than 2 on a slow core
KILLED_AFTER = 20.0  # what cannot be interrupted is ended by the kernel
GROWTH = 224 * 1024 * 1024  # beyond what the process had: all of a small machine's 256 MiB, less Python itself
_ADDRESSES = 2 * 1024 * 1024 * 1024
_PROMPTLY = 0.4  # no case of an ordinary file takes longer
_BY_COMMAND = 50  # one case in so many goes through the command line too


@dataclass(frozen=True, slots=True)
class Found:
    """A contradiction: the case, what was expected, what was seen; the smallest file of them is shown."""

    case: str
    size: int
    expected: str
    seen: str


@dataclass
class Tally:
    """What a job saw; tallies of jobs are added up."""

    cases: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    liberties: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    slowest: tuple[float, str] = (0.0, "")
    memory: tuple[int, str] = (0, "")
    found: list[Found] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.cases += other.cases
        self.outcomes += other.outcomes
        self.liberties += other.liberties
        self.seconds += other.seconds
        self.slowest = max(self.slowest, other.slowest)
        self.memory = max(self.memory, other.memory)
        self.found += other.found


@dataclass(frozen=True, slots=True)
class Job:
    """Which file and which family; `dice` and `share` say which of its cases."""

    file: str
    family: str
    dice: str
    share: float

    @property
    def name(self) -> str:
        return f"{self.file} / {self.family}"


_now_at: list[tuple[int, Path]] = []


def enter_pool(folder: str) -> None:
    """What a process does before its first job."""
    _now_at.append((os.open(Path(folder) / str(os.getpid()), os.O_RDWR | os.O_CREAT), Path(folder)))
    with contextlib.suppress(ValueError, OSError):  # not every system can limit this
        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESSES, _ADDRESSES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def run(job: Job) -> Tally:
    """Every case of a job, judged."""
    valid, tally = given(job.file), Tally()
    draw = Draw(Random(job.dice), job.share * (valid.weight if job.family != "endless" else 1.0))
    unbent = json.dumps(valid.file).encode()
    begun = process_time()
    for name, data in FAMILIES[job.family](valid, draw):
        if data != unbent:
            judge(valid, f"{job.name} / {name}", data, tally)
    tally.seconds = process_time() - begun
    return tally


def judge(valid: Given, name: str, data: bytes, tally: Tally) -> None:
    """One case: a report, in time, within memory, and no yes to a lie."""
    tally.cases += 1
    before = _peak_from_now()
    _begin(name)
    limit = _PROMPTLY if len(data) < 100_000 else SECONDS
    try:
        report, text, took = _reported(valid, data, limit)
    except Exception as raised:
        tally.found.append(Found(name, len(data), "a report", f"{type(raised).__name__}: {raised}"[:300]))
        return
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    tally.slowest = max(tally.slowest, (took, name))
    tally.memory = max(tally.memory, (grown := max(0, _peak() - before), name))
    if grown > GROWTH:
        tally.found.append(Found(name, len(data), f"at most {GROWTH:,} bytes more", f"{grown:,}"))
    if took > limit:
        tally.found.append(Found(name, len(data), f"at most {limit} s", f"{took:.2f} s"))
    if len(text) > 50_000:
        tally.found.append(Found(name, len(data), "a report of at most 50,000 bytes", str(len(text))))
    _weigh(valid, name, data, report, tally)
    if tally.cases % _BY_COMMAND == 0:
        _by_command(valid, name, data, report, tally)


def _reported(valid: Given, data: bytes, limit: float) -> tuple[Report, str, float]:
    """The report, its words, CPU seconds; what takes too long is asked twice more, for once may be the machine's."""
    fastest = float("inf")
    for _ in range(3):
        begun = process_time()
        report = valid.report(data)
        text = json.dumps(as_json(report))
        fastest = min(fastest, process_time() - begun)
        if fastest <= limit:
            break
    return report, text, fastest


def _begin(name: str) -> None:
    if _now_at:
        os.pwrite(_now_at[0][0], name.encode("utf-8", "replace")[:400].ljust(400), 0)
    signal.setitimer(signal.ITIMER_PROF, KILLED_AFTER)


def _weigh(valid: Given, name: str, data: bytes, report: Report, tally: Tally) -> None:
    """Counts the outcome; a yes must be a true one."""
    tally.outcomes[_outcome(report)] += 1
    if report.exit_code not in (0, 1, 2, 3):
        tally.found.append(Found(name, len(data), "exit code 0 to 3", str(report.exit_code)))
    if report.exit_code not in (0, 3):
        return
    try:
        for liberty in liberties(valid, data, report):
            tally.liberties[liberty] += 1
    except (Lie, KeyError, IndexError, TypeError, ValueError, AttributeError, StopIteration) as lie:
        tally.found.append(Found(name, len(data), "no yes to a lie", f"yes, though {type(lie).__name__}: {lie}"[:600]))


def _outcome(report: Report) -> str:
    for verdict, word in ((Verdict.REFUTED, "refuted by"), (Verdict.UNKNOWN, "left open by")):
        for answer in report.answers:
            if answer.verdict is verdict:
                return f"{word} check {answer.check}, {answer.title if answer.check != 1 else TITLES[1]}"
    return "yes"


def _by_command(valid: Given, name: str, data: bytes, report: Report, tally: Tally) -> None:
    """The command line says the same, offline, and prints no traceback."""
    if valid.kind == "lot" and len(valid.files) > 1:
        return
    folder = _folder()
    policy, file = folder / f"{valid.name.replace('/', ' ')}.toml", folder / "case.json"
    if not policy.exists():
        policy.write_text(toml(_values(valid)))
    file.write_bytes(data)
    asked = [str(file), "--policy", str(policy), "--offline", "--json", "--as", valid.kind]
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.main(asked + (["--lot", valid.lot] if valid.lot else []))
    offline = valid.kind == "lot"
    allowed = (report.exit_code,) if not offline else (1, 2) if report.exit_code == 1 else (2,)
    if code not in allowed or "Traceback" in err.getvalue():
        seen = f"{code} {err.getvalue()[-300:]}"
        tally.found.append(Found(name, len(data), f"exit code {allowed} of the command", seen))


def _values(valid: Given) -> dict[str, object]:
    """The policy as its file has it."""
    names = [party.rpartition("/")[2] for party in valid.policy.parties]
    keys = ("require_full", "allow_withheld", "quorum", "max_age")
    told = valid.world.policy(*names, **{name: getattr(valid.policy, name) for name in keys})
    for name in ("log_keys", "witnesses"):
        told[name] = [[key.name, b64(key.public)] for key in getattr(valid.policy, name)]
    return told


@cache
def _kept() -> tempfile.TemporaryDirectory[str]:
    """Gone when the process is; in a pool, which ends its processes, with the pool's own folder."""
    return tempfile.TemporaryDirectory(prefix="lotproof-hostile-", dir=_now_at[0][1] if _now_at else None)


def _folder() -> Path:
    return Path(_kept().name)


def _peak_from_now() -> int:
    """Bytes in memory; from here on the kernel counts the peak anew, where it can."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    try:
        told = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    except OSError:
        told = None
    return int(told[1]) * 1024 if told else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

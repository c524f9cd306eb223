"""Each mutant in a fork of a process that has all tests in it; the cheapest tests that look at the changed line first.

A mutant is *killed* when a test fails, *hung* when one takes far longer than it did, *survives* when all tests
that look at it pass, or as many of them as fit into its seconds. Now and then there is a control: a fork in which
nothing is changed and the same tests are run. If one of those dies, a test is no witness.
"""

import ast
import gc
import os
import re
import resource
import select
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from .operators import Mutant, mutants
from .patching import NotImportable, apply, caches
from .watching import ROOM, Watched, lookers, passed, watch

SECONDS = 6.0  # of tests for one mutant, by what they take alone
PATIENCE = 5.0  # times as long as alone, and a few seconds more: then it hangs
MEMORY = 512 * 1024 * 1024  # bytes that a mutant may add: one that grows without end must not fill the machine
SLOW = 1.5  # seconds: what takes longer is not asked
CONTROL = 50  # one control for so many mutants

KILLED, HUNG, SURVIVED, STILLBORN, UNSEEN = "killed", "hung", "survived", "stillborn", "unseen"


@dataclass(slots=True)
class Fate:
    """What became of a mutant, by which test, after how many."""

    mutant: Mutant
    outcome: str
    by: str = ""
    tests: int = 0


class Runner:
    """A plugin of pytest that runs mutants instead of tests; `fates` are what became of them."""

    def __init__(self, chosen: Sequence[Mutant], minutes: float | None, tell: Callable[[str], object]) -> None:
        self.chosen = chosen
        self.until = None if minutes is None else time.monotonic() + 60 * minutes
        self.tell = tell
        self.fates: list[Fate] = []
        self.broken: list[str] = []
        self.tests = 0
        self._killers: dict[str, Counter[str]] = {}

    @property
    def stillborn(self) -> int:
        """Changes that cannot be made in place; they are no mutants."""
        return sum(fate.outcome == STILLBORN for fate in self.fates)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        watched = watch(session.items)
        items = {item.nodeid: item for item in session.items if item.nodeid in watched.seconds}
        self.tests = len(items)
        gc.collect()
        _KEPT.extend(caches())
        gc.freeze()
        for number, mutant in enumerate(self.chosen):
            if self.until is not None and time.monotonic() > self.until:
                break
            tests = self._asked(mutant, watched)
            self.fates.append(self._fate(mutant, [items[test] for test in tests], watched))
            if number % CONTROL == 0 and tests:
                self._control([items[test] for test in tests], watched)
            self._say(number)
        return True

    def _say(self, number: int) -> None:
        if self.fates[-1].outcome not in (KILLED, HUNG):
            self.tell(f"  {self.fates[-1].outcome}: {self.fates[-1].mutant}")
        if number % 250 == 249:
            self.tell(f"  {number + 1} of {len(self.chosen)} mutants")

    def _asked(self, mutant: Mutant, watched: Watched) -> list[str]:
        seen = set(lookers(watched, mutant.module, mutant.lines))
        for module, lines in _uses(mutant):
            seen.update(lookers(watched, module, lines))
        if mutant.defines:  # a test of a value looks at it and runs no line
            seen.update(test for test in watched.seconds if test not in watched.lines)
        killers = self._killers.get(f"{mutant.module}.{mutant.where}", Counter())
        own = f"test_{mutant.module}.py"
        # What a test costs, times how many cases of its function came before: many that are alike must not use up the
        # seconds of the one that is not. Those of its own file cost a quarter.
        turns: Counter[str] = Counter()
        price: dict[str, float] = {}
        for test in sorted((test for test in seen if watched.seconds[test] < SLOW), key=watched.seconds.__getitem__):
            function = test.partition("[")[0]
            turns[function] += 1
            price[test] = turns[function] * watched.seconds[test] / (4 if f"/{own}::" in function else 1)
        order = sorted(price, key=lambda test: (-killers[test], price[test]))
        left, chosen = SECONDS, []
        for test in order:
            left -= watched.seconds[test]
            if left < 0:
                break
            chosen.append(test)
        return chosen

    def _fate(self, mutant: Mutant, items: list[pytest.Item], watched: Watched) -> Fate:
        if not items:
            return Fate(mutant, UNSEEN)
        outcome, by = _forked(mutant, items, watched)
        if by:
            self._killers.setdefault(f"{mutant.module}.{mutant.where}", Counter())[by] += 1
        return Fate(mutant, outcome, by, len(items))

    def _control(self, items: list[pytest.Item], watched: Watched) -> None:
        outcome, by = _forked(None, items, watched)
        if outcome != SURVIVED:
            self.broken.append(by or outcome)


def _forked(mutant: Mutant | None, items: list[pytest.Item], watched: Watched) -> tuple[str, str]:
    patience = [3 + PATIENCE * watched.seconds[item.nodeid] for item in items]
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        _live(mutant, items, patience, write)
    os.close(write)
    try:
        said = _said(read, sum(patience))
    finally:
        os.close(read)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child, signal.SIGKILL)
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGALRM:
        return HUNG, ""
    word, _, by = said.partition(" ")
    return word, by


def _said(read: int, patience: float) -> str:
    ready, _, _ = select.select([read], [], [], patience)
    if not ready:
        return HUNG
    return os.read(read, 4096).decode() or f"{KILLED} the process ended"


def _live(mutant: Mutant | None, items: list[pytest.Item], patience: list[float], write: int) -> None:
    os.setsid()
    resource.setrlimit(resource.RLIMIT_DATA, (_held() + MEMORY,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    said = f"{SURVIVED} "
    try:
        if mutant is not None:
            apply(mutant, _KEPT)
        for item, seconds in zip(items, patience, strict=True):
            signal.setitimer(signal.ITIMER_REAL, seconds)  # its alarm ends the process
            if not passed(item, None):
                said = f"{KILLED} {item.nodeid}"
                break
    except NotImportable as end:
        said = f"{KILLED} {end}"
    except Exception as stillborn:
        said = f"{STILLBORN} {stillborn!r}"
    except BaseException as end:
        said = f"{KILLED} {end!r}"
    os.write(write, said.encode()[:4096])
    os._exit(0)


def _held() -> int:
    """Bytes that this process may write to already."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmData:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]


_KEPT: list[Any] = []
_NAMED: dict[str, list[tuple[str, range]]] = {}


def _uses(mutant: Mutant) -> Iterator[tuple[str, range]]:
    """Where a value of the module is used: nothing at its own line runs in a test."""
    for name in mutant.defines:
        if name not in _NAMED:
            _NAMED[name] = list(_lines_with(name))
        yield from _NAMED[name]


def _lines_with(name: str) -> Iterator[tuple[str, range]]:
    for path in sorted(ROOM.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if name in (getattr(node, "id", None), getattr(node, "attr", None), getattr(node, "arg", None)):
                yield path.stem, range(node.lineno, (node.end_lineno or node.lineno) + 1)  # type: ignore[attr-defined]


def all_mutants(of: str | None = None) -> list[Mutant]:
    """Of one module of the room, or of all."""
    paths = sorted(ROOM.glob("*.py")) if of is None else [ROOM / f"{of}.py"]
    return [mutant for path in paths for mutant in mutants(path)]


@contextmanager
def _silence() -> Iterator[Callable[[str], object]]:
    """What tests print goes nowhere; yields what prints a line all the same."""
    sys.stdout.flush()
    kept = [os.dup(number) for number in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for number in (1, 2):
            os.dup2(nowhere, number)
        yield lambda line: os.write(kept[0], f"{line}\n".encode())
    finally:
        sys.stdout.flush()
        for number, to in zip((1, 2), kept, strict=True):
            os.dup2(to, number)
            os.close(to)
        os.close(nowhere)


def run(chosen: Sequence[Mutant], tests: Sequence[str], minutes: float | None = None) -> Runner:
    """What becomes of the mutants under these files of tests."""
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]  # which lie is smallest matters to nobody
    hypothesis.settings.register_profile("mutants", database=None, deadline=None, derandomize=True, phases=phases)
    hypothesis.settings.load_profile("mutants")
    with _silence() as tell:
        runner = Runner(chosen, minutes, tell)
        code = pytest.main([*tests, "-q", "-s", "-p", "no:cacheprovider", "-p", "no:randomly"], plugins=[runner])
    assert code in (0, 5), f"pytest ended with {code}"
    return runner

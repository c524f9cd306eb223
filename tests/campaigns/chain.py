"""Lives of the anchorer: the real one, on a real PostgreSQL, on a chain on which anything may go wrong.

A life is drawn from seed and number alone; it begins with a contract that is final and an empty log, and has steps in
which things go wrong (`chain_life`), over a line that fails and lies (`chain_line`); after each of them everything that
must hold is looked for (`chain_checks`). Then it gets quiet, and the newest checkpoint must become final.

The chain is a model, some hundred times as fast as a node; `tests/anchoring/chain/test_devchain.py` compares it with
Anvil, answer by answer. To see a life again:

    python -m tests.campaigns.chain --seed N --life N
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.util import Finalize
from statistics import quantiles
from time import monotonic

from bench.rows import Row
from service import migrating
from service.local import child, postgres
from tests.campaigns.campaign import Contradiction, Plan
from tests.campaigns.chain_life import LIVES_IN, Life, lived
from tests.campaigns.chain_stage import Stage
from tests.conftest import own_cluster
from tests.tools import databases

LIVES, STEPS = 10_000, 12
HANDFUL = 50  # lives
PROCESSES = 2


def campaign(plan: Plan) -> Iterator[Row]:
    """Figures of all lives; raises Contradiction at the first that goes wrong."""
    yield from rows(side_by_side(plan))


@contextmanager
def _stage() -> Iterator[Stage]:
    with own_cluster() as (cluster, _):
        postgres.create_database(cluster, "lives")
        migrating.migrate(cluster.url("lives"))
        databases.admit(cluster.url("lives"))
        stage = Stage(cluster.url("lives"))
        yield stage
        stage.engine.dispose()


@dataclass
class Sums:
    """What happened in some lives."""

    counts: Counter[str] = field(default_factory=Counter)
    quiet: list[int] = field(default_factory=list)
    began: float = field(default_factory=monotonic)
    seconds: float = 0.0

    def add(self, life: Life) -> None:
        line = life.lines[0]
        self.quiet.append(life.quiet)
        self.counts.update(
            lives=1, steps=life.steps + life.quiet, requests=line.calls, faults=line.faults, kills=life.kills,
            reorgs=life.reorgs, signed=len(life.checks.ours), anchors=len(life.checks.events()),
            wasted=life.checks.wasted,
        )  # fmt: skip
        self.seconds = monotonic() - self.began

    def join(self, other: Sums) -> None:
        self.counts.update(other.counts)
        self.quiet += other.quiet
        self.seconds = monotonic() - self.began


def side_by_side(plan: Plan) -> Sums:
    """All lives, in processes that have a database each, a handful at a time."""
    sums = Sums()
    with ProcessPoolExecutor(PROCESSES, get_context("spawn"), _open_stage) as pool:
        try:
            for done in as_completed([pool.submit(_handful, plan, some) for some in _handfuls(plan)]):
                sums.join(done.result())
                plan.passed("lives", sums.counts["lives"], None if plan.minutes else plan.many(LIVES))
        except Contradiction:
            pool.shutdown(cancel_futures=True)
            raise
    return sums


def _handfuls(plan: Plan) -> Iterator[range]:
    """In one go for each process where it is time that ends them."""
    many = plan.many(LIVES)
    if plan.minutes is not None:
        yield from (range(first, sys.maxsize, PROCESSES) for first in range(PROCESSES))
    else:
        yield from (range(first, min(first + HANDFUL, many)) for first in range(0, many, HANDFUL))


_own: list[Stage] = []
"""The stage of this process."""


def _open_stage() -> None:
    child.die_with_parent()
    stack = ExitStack()
    Finalize(None, stack.close, exitpriority=1)  # a process of a pool ends without `atexit`
    _own.append(stack.enter_context(_stage()))


def _handful(plan: Plan, numbers: range) -> Sums:
    sums = lives(_own[0], plan, numbers)
    _own[0].rewinding.tidy()  # what was rolled back stays in the tables until then
    return sums


def lives(stage: Stage, plan: Plan, numbers: Iterable[int]) -> Sums:
    """The lives of these numbers, or as many of them as there is time for."""
    sums = Sums()
    for number in numbers:
        sums.add(lived(stage, plan.dice(f"life {number}"), f"life {number}", STEPS))
        if plan.minutes is not None and sums.seconds > 60 * plan.minutes:
            break
    return sums


def rows(sums: Sums) -> Iterator[Row]:
    """The figures."""
    for name, what, unit in _TOLD:
        yield Row(what, sums.counts[name], unit)
    cuts = quantiles([*sums.quiet, *sums.quiet], n=100)
    yield Row("quiet steps until the newest checkpoint was final, p50", cuts[49], "steps", "less")
    yield Row("the same, most", max(sums.quiet), "steps", "less", LIVES_IN)
    yield Row("lives a second", sums.counts["lives"] / sums.seconds, "lives/s")
    yield Row("contradictions", 0, "lives", "less", 0)


_TOLD = (
    ("lives", "lives of a worker", "lives"),
    ("steps", "steps, everything checked after each", "steps"),
    ("requests", "requests to the node", "requests"),
    ("faults", "of which went wrong on the line", "requests"),
    ("kills", "killed at a request, a step or a commit", "times"),
    ("reorgs", "reorgs of up to 12 blocks, shorter chains", "times"),
    ("signed", "transactions signed", "transactions"),
    ("anchors", "anchors on the chain in the end", "anchors"),
    ("wasted", "of ours that cost gas and did nothing", "transactions"),
)


def main() -> int:
    """One life again."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.chain", description=main.__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--life", type=int, required=True)
    options = parser.parse_args()
    with _stage() as stage:
        try:
            life = lived(stage, Plan(options.seed).dice(f"life {options.life}"), f"life {options.life}", STEPS)
        except Contradiction as found:
            print(found)
            return 1
    print(f"final after {life.quiet} quiet steps")
    return 0


if __name__ == "__main__":
    sys.exit(main())

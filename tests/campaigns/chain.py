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
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import quantiles
from time import monotonic

from bench.rows import Row
from service import migrating
from service.local import postgres
from tests.campaigns.campaign import Contradiction, Plan
from tests.campaigns.chain_life import LIVES_IN, Life, lived
from tests.campaigns.chain_stage import Stage
from tests.conftest import own_cluster
from tests.tools import databases

LIVES, STEPS = 10_000, 12
VACUUM_EVERY = 200  # lives; what is rolled back stays in the tables until then


def campaign(plan: Plan) -> Iterator[Row]:
    """Figures of all lives; raises Contradiction at the first that goes wrong."""
    with _stage() as stage:
        yield from rows(lives(stage, plan))


@contextmanager
def _stage() -> Iterator[Stage]:
    with own_cluster() as (cluster, _):
        postgres.create_database(cluster, "lives")
        migrating.migrate(cluster.url("lives"))
        databases.admit(cluster.url("lives"))
        stage = Stage(cluster.url("lives"))
        yield stage
        stage.engine.dispose()


class Sums:
    """What happened in all lives."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.quiet: list[int] = []
        self.began = monotonic()
        self.seconds = 0.0

    def add(self, life: Life) -> None:
        line = life.lines[0]
        self.quiet.append(life.quiet)
        self.counts.update(
            lives=1, steps=life.steps + life.quiet, requests=line.calls, faults=line.faults, kills=life.kills,
            reorgs=life.reorgs, signed=len(life.checks.ours), anchors=len(life.checks.events()),
            wasted=life.checks.wasted,
        )  # fmt: skip
        self.seconds = monotonic() - self.began


def lives(stage: Stage, plan: Plan) -> Sums:
    """As many as the plan says, or as long as it says."""
    sums = Sums()
    number = 0
    while _goes_on(plan, number, monotonic() - sums.began):
        sums.add(lived(stage, plan.dice(f"life {number}"), f"life {number}", STEPS))
        number += 1
        if number % VACUUM_EVERY == 0:
            stage.rewinding.tidy()
    return sums


def _goes_on(plan: Plan, number: int, seconds: float) -> bool:
    if plan.minutes is not None:
        return number == 0 or seconds < plan.minutes * 60
    return number < plan.many(LIVES)


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

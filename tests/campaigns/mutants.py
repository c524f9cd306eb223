"""Mutation testing of the verifier: every small change of `verifier/` must make a test of `tests/verifier` fail.

What is changed and how stands in `mutation.operators`. A mutant that survives has its reason in
`tests/verifier/survivors.toml`; one without is a contradiction, and so is a reason whose mutant is gone or dies.
The mutants run in an order that the seed draws, in one process, one after the other.

    ./lotproof campaign mutants --of bundle         one module
    ./lotproof campaign mutants --minutes 10        as many as fit
"""

import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.rows import Row

from .campaign import Contradiction, Plan
from .mutation.operators import Mutant
from .mutation.running import HUNG, KILLED, STILLBORN, Fate, all_mutants, run
from .mutation.watching import TESTS

REASONS = TESTS / "survivors.toml"
WANTED = 95.0  # per cent
SHOWN = 20

Key = tuple[str, str, str, int]


def campaign(plan: Plan) -> Iterator[Row]:
    """Figures for each module; raises Contradiction for a survivor without a reason, and for too many of them."""
    every = all_mutants(plan.of)
    chosen = plan.dice("mutants").sample(every, plan.many(len(every)) if plan.scale < 1 else len(every))
    done = run(chosen, [str(TESTS)], plan.minutes)
    fates = [fate for fate in done.fates if fate.outcome != STILLBORN]
    yield from rows(fates, len(every), done.tests)
    check(fates, reasons(REASONS), done.broken, len(fates) >= len(every) - done.stillborn)


def rows(fates: Sequence[Fate], every: int, tests: int) -> Iterator[Row]:
    yield Row("tests", tests, "tests")
    yield Row("mutants tried", len(fates), f"of {every} mutants")
    for module in sorted({fate.mutant.module for fate in fates}):
        own = [fate for fate in fates if fate.mutant.module == module]
        yield Row(f"  {module}: {killed(own)} of {len(own)}", share(own), "% killed")
    yield Row("killed by time", sum(fate.outcome == HUNG for fate in fates), "mutants")
    yield Row("killed", share(fates), "%", target=WANTED)


def killed(fates: Sequence[Fate]) -> int:
    return sum(fate.outcome in (KILLED, HUNG) for fate in fates)


def share(fates: Sequence[Fate]) -> float:
    return 100 * killed(fates) / max(len(fates), 1)


def check(fates: Sequence[Fate], known: dict[Key, str], broken: Sequence[str], whole: bool) -> None:
    """Every survivor has a reason, every reason a survivor, and no control died."""
    if broken:
        raise Contradiction("a control, in which nothing is changed", "survives", Counter(broken).most_common(3))
    alive = {fate.mutant.key: fate for fate in fates if fate.outcome not in (KILLED, HUNG)}
    unexplained = [alive[key] for key in alive.keys() - known.keys()]
    if unexplained:
        told = "\n    ".join(sorted(f"{fate.outcome}: {fate.mutant}" for fate in unexplained)[:SHOWN])
        raise Contradiction(f"{len(unexplained)} survivors", f"a reason in {REASONS.name}", f"none:\n    {told}")
    if idle := sorted(known.keys() & {fate.mutant.key for fate in fates} - alive.keys()):
        raise Contradiction(f"reason for {idle[0]}", "a survivor", f"it is killed (and {len(idle) - 1} others)")
    if whole and share(fates) < WANTED:
        raise Contradiction("mutants of the verifier", f"at least {WANTED} % killed", f"{share(fates):.1f} %")


def reasons(path: Path) -> dict[Key, str]:
    """Why a mutant may live, by what names it: `why` is said once for all `mutants` of which it is true."""
    found: dict[Key, str] = {}
    for group in tomllib.loads(path.read_text()).get("reason", ()):
        for module, where, change, *number in group["mutants"]:
            found[module, where, change, number[0] if number else 1] = group["why"]
    return found


def unknown(known: dict[Key, str], every: Sequence[Mutant]) -> list[Key]:
    """The reasons whose mutant is no more."""
    return sorted(known.keys() - {mutant.key for mutant in every})

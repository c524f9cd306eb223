"""Hostile files: some thirty valid ones, bent in every way that could be thought of, and a verifier that must see it.

For each case: a report, never an exception; within limits of time and memory; exit code 0, 1, 2 or 3; and a yes only if
the file still says nothing but the truth (`bundles.truth`, which knows the world that the file is about and shares
no check with the verifier). The families stand in `bundles.bends`, `.spellings` and `.named`.

The same seed and scale, the same cases. A case is named `file / family / what was done`; to see one again:

    python -m tests.campaigns.hostile --seed N --scale F "file / family"
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from bench.rows import Row

from .bundles.corpus import CORPUS
from .bundles.judging import FAMILIES, SECONDS, Found, Job, Tally, enter_pool, run
from .campaign import Contradiction, Plan

PROCESSES = 2
ENDLESS = ("a handoff", "a receipt", "a fraud: an entry left out")  # bombs are no bent files: one of each reader
EACH_BYTE = ("one entry", "a handoff", "no such lot", "a receipt", "a fraud")  # one of each kind, byte by byte
HEAVY = ("a thousand entries", "many parties", "endless")
ENOUGH = 0.05  # below it a heavy file would get no case, and is not even made
WHOLE, MINUTES = 50_000, 10


def jobs(plan: Plan) -> list[Job]:
    """Every file with every family, the heavy ones first, so that the last to end is a light one."""
    made = []
    for file in CORPUS:
        for family in FAMILIES:
            if _wanted(file, family) and (file not in HEAVY or plan.scale >= ENOUGH):
                made.append(Job(file, family, repr(plan.dice(f"{file}/{family}").random()), plan.scale))
    return sorted(made, key=lambda job: job.file not in HEAVY and job.family not in HEAVY)


def _wanted(file: str, family: str) -> bool:
    if family == "each byte":
        return file.startswith(EACH_BYTE)
    return family != "endless" or file in ENDLESS


def campaign(plan: Plan) -> Iterator[Row]:
    """Figures of the whole; raises Contradiction with the smallest of the cases that went wrong."""
    begun = perf_counter()
    todo = jobs(plan)
    total = judged(todo, plan)
    took = perf_counter() - begun
    yield from rows(total, took, plan.scale >= 1)
    if total.found:
        raise contradiction(total.found)
    if plan.scale >= 1 and total.cases < WHOLE:
        raise Contradiction("the whole campaign", f"at least {WHOLE} cases", total.cases)


def judged(todo: Sequence[Job], plan: Plan) -> Tally:
    """All jobs, in a pool of clean processes."""
    total = Tally()
    with tempfile.TemporaryDirectory(prefix="lotproof-hostile-") as folder:
        pool = ProcessPoolExecutor(PROCESSES, get_context("spawn"), enter_pool, (folder,))
        try:
            for done in as_completed([pool.submit(run, job) for job in todo]):
                total.add(done.result())
                plan.passed("cases", total.cases)
        except BrokenProcessPool:
            last = [path.read_bytes().decode().rstrip() for path in Path(folder).iterdir() if path.is_file()]
            total.found.append(Found(" or ".join(last), 0, "a report", "the death of the process"))
        finally:
            pool.shutdown(cancel_futures=True)
    return total


def rows(total: Tally, took: float, whole: bool) -> Iterator[Row]:
    yield Row("valid files", len(CORPUS), "files", target=20)
    yield Row("cases", total.cases, "cases", target=WHOLE if whole else None)
    yield Row("the whole of it, on this machine as busy as it is", took / 60, "minutes")
    yield Row("the same with both cores to itself", total.seconds / PROCESSES / 60, "minutes", "less", MINUTES)
    yield Row("cases a second of a core's time", total.cases / total.seconds, "cases/s")
    yield Row(f"slowest: {total.slowest[1]}"[-120:], total.slowest[0] * 1000, "ms", "less", SECONDS * 1000)
    yield Row(f"most memory: {total.memory[1]}", total.memory[0] / 2**20, "MiB more", "less", 224)
    for outcome, number in sorted(total.outcomes.items()):
        yield Row(outcome, number, "cases")
    for liberty, number in sorted(total.liberties.items()):
        yield Row(f"  yes: {liberty}", number, "cases")
    yield Row("contradictions", len(total.found), "cases", "less", 0)


def contradiction(found: Sequence[Found]) -> Contradiction:
    """The smallest case, and how many others there are."""
    smallest = min(found, key=lambda each: (each.size, len(each.case)))
    others = f" (and {len(found) - 1} others)" if len(found) > 1 else ""
    return Contradiction(smallest.case, smallest.expected, smallest.seen + others)


def main() -> None:
    """One job again, with the cases that went wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaigns.hostile", description=main.__doc__)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("name", help="file / family")
    options = parser.parse_args()
    job = next(job for job in jobs(Plan(options.seed, options.scale)) if options.name.startswith(job.name))
    tally = run(job)
    print(f"{job.name}: {tally.cases} cases, {len(tally.found)} contradictions")
    for found in sorted(tally.found, key=lambda each: each.size):
        print(f"  {found.case} ({found.size} bytes): expected {found.expected}, got {found.seen}")


if __name__ == "__main__":
    main()

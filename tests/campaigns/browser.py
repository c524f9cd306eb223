"""The browser's verifier against the Python one: the hostile files of `hostile`, judged by both in a real Chromium.

They share no code, so a mistake of one shows as a contradiction: for every case the same verdict of each of the eight
checks, no exception, in bounded time. Receipts and frauds are judged by the command line only and left out here.

Whole, it also has axe-core look at every page of the floor at every width, where the suite looks at one of them.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from random import Random
from time import perf_counter

from playwright.sync_api import Page

from bench.rows import Row
from tests.service.web.agreeing import Asked, Compared, compare, page
from tests.service.web.recorded import recorded
from verifier.report import Report

from .bundles.bends import Draw
from .bundles.corpus import CORPUS, given
from .bundles.given import Given, written
from .bundles.judging import FAMILIES
from .campaign import Contradiction, Plan
from .hostile import ENOUGH, HEAVY, _wanted

LIARS = ("lies", "rules", "attacks", "edges", "handoffs", "parts", "chain", "reports", "received", "erasure",
         "keychain", "said", "held")  # fmt: skip
"""Tests of the Python verifier that ask it about whole files; what they ask is asked of the browser's too."""

SECONDS = 10.0  # for the slowest file that is as large as one may be
SHARE = 0.2  # of the cases of `hostile` at scale 1: each is judged twice and carried into another process


def campaign(plan: Plan) -> Iterator[Row]:
    """Figures of the whole; raises Contradiction with the first case of which the two say otherwise."""
    begun = perf_counter()
    with page() as browsers:
        seen = judged(browsers, plan)
        if plan.scale >= 1:
            for number, (files, asked, report) in enumerate(recorded(LIARS)):
                compare(browsers, asked, [(f"lie {number} of the verifier's tests", files, report)], seen)
    if plan.scale >= 1:
        yield Row("pages that not everybody can use, at any width", unusable(), "tests", "less", 0)
    yield Row("cases judged by both", seen.cases, "cases", target=20_000 if plan.scale >= 1 else None)
    yield Row("with other words for the same verdict", len({each.split(": Python")[0] for each in seen.words}), "cases")
    yield Row("minutes", (perf_counter() - begun) / 60, "minutes")
    yield Row(f"slowest in the browser: {seen.slowest[1]}"[-120:], seen.slowest[0], "ms", "less", SECONDS * 1000)
    yield Row("contradictions", len(seen.differ), "cases", "less", 0)
    if seen.differ:
        raise Contradiction(f"one of {len(seen.differ)}", "the same verdicts", seen.differ[0][:2000])


def unusable() -> int:
    """0; raises Contradiction if axe-core, sideways scrolling or a small target was found on a page of the floor."""
    asked = [sys.executable, "-m", "pytest", "-q", "-n0", "tests/e2e/floor/test_everybody.py"]
    done = subprocess.run(asked, env={**os.environ, "LOTPROOF_THOROUGH": "1"}, capture_output=True, text=True)
    if done.returncode:
        raise Contradiction("pages of the floor", "nothing found at any width", done.stdout[-2000:])
    return 0


def judged(browsers: Page, plan: Plan) -> Compared:
    """Every file with every family, as far as the plan goes."""
    seen = Compared()
    for file in CORPUS:
        if file in HEAVY and plan.scale * SHARE < ENOUGH:
            continue
        valid = given(file)
        if valid.kind == "lot":
            asked = Asked(valid.policy, valid.nodes, valid.sources, valid.lot)
            for some in _batches(valid, plan):
                compare(browsers, asked, some, seen)
                plan.passed("cases", seen.cases)
    return seen


def _batches(valid: Given, plan: Plan) -> Iterator[list[tuple[str, list[bytes], Report]]]:
    """The cases of one file, family by family, with what Python says of each."""
    unbent, whole = json.dumps(valid.file).encode(), [written(file) for file in valid.files]
    for family, bend in FAMILIES.items():
        if not _wanted(valid.name, family) or (family in HEAVY and plan.scale * SHARE < ENOUGH):
            continue
        dice = Random(repr(plan.dice(f"{valid.name}/{family}").random()))
        draw = Draw(dice, plan.scale * SHARE * (valid.weight if family != "endless" else 1.0))
        cases = []
        for name, data in bend(valid, draw):
            if data == unbent:
                continue
            files = [*whole[: valid.bent], data, *whole[valid.bent + 1 :]]
            cases.append((f"{valid.name} / {family} / {name}", files, valid.report(data)))
        yield cases

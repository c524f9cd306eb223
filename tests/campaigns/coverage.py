"""Branch coverage of the checker by its own tests, and of the maker's trees by theirs: every branch both ways.

Measured by coverage.py in one run of pytest; what runs in a process of its own is not counted. A line that says
`pragma: no cover` must say why on the same line.
"""

import io
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import coverage

from bench.rows import Row

from .campaign import Contradiction, Plan

ROOT = Path(__file__).parents[2]
MERKLE = ("tree", "tiles", "prover", "lotmap", "mappages", "page", "accumulator", "leaves", "tips")
MEASURED = ("verifier/*.py", *(f"anchoring/{name}.py" for name in MERKLE))
TESTS = ("tests/verifier", "tests/anchoring/ledger", "tests/anchoring/chain/test_accumulator.py")
_BARE = re.compile(r"pragma: no cover\W*$", re.MULTILINE)


def campaign(plan: Plan) -> Iterator[Row]:
    """Lines and branches of each file that lacks some, and of all; raises Contradiction unless all are run."""
    with tempfile.TemporaryDirectory(prefix="lotproof-coverage-") as folder:
        yield from _rows(measured(Path(folder) / "data", TESTS))


def measured(data: Path, tests: Sequence[str]) -> coverage.Coverage:
    """What the tests ran; raises Contradiction if they fail."""
    config = data.with_suffix(".rc")
    # what begins with `if __name__` runs where the tests start a process of its own
    left_out = "[report]\nexclude_also =\n  if __name__ == .__main__.:\n"
    included = "\n  ".join(MEASURED)
    config.write_text(f"{left_out}[run]\nbranch = true\ndata_file = {data}\ninclude =\n  {included}\n")
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={config}", "-m", "pytest", "-q", "-x", *tests]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Contradiction("the tests", "pass", done.stdout[-2000:])
    found = coverage.Coverage(data_file=str(data), config_file=str(config))
    found.load()
    return found


def _rows(found: coverage.Coverage) -> Iterator[Row]:
    files = [path for pattern in MEASURED for path in sorted(ROOT.glob(pattern)) if path.read_text().strip()]
    lacking, branches, run = [], 0, 0
    for path in files:
        _with_reasons(path)
        numbers = found._analyze(str(path)).numbers
        branches += numbers.n_branches
        run += numbers.n_executed_branches
        if numbers.n_missing or numbers.n_missing_branches:
            lacking.append(path)
            yield Row(f"  {path.relative_to(ROOT)}", numbers.pc_covered, "%")
    yield Row("files", len(files), "files")
    yield Row("branches", branches, "branches")
    yield Row("branches run", 100 * run / branches, "%", target=100)
    if lacking:
        told = io.StringIO()
        found.report([str(path) for path in lacking], file=told, show_missing=True, skip_covered=True)
        raise Contradiction("coverage", "every line and branch", f"\n{told.getvalue()}")


def _with_reasons(path: Path) -> None:
    if _BARE.search(path.read_text()):
        raise Contradiction(str(path), "a reason beside each `pragma: no cover`", "none")

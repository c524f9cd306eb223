"""Every lie that the tests of the Python verifier tell, kept for the browser's: files, who judges, what was said.

    python -m tests.service.web.recorded OUT TEST_FILE...

runs those tests with a `verify` that keeps what it is asked, and writes a pickle of it. A process of its own, because
the name must be taken before the tests take it; what a node in memory cannot be carried along is left out.
"""

import pickle
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import pytest

from tests.service.web.agreeing import Asked, Json
from tests.verifier.fake_chain import FakeNode, FakeSource
from verifier import verify as checks
from verifier.report import as_json

Recorded = list[tuple[list[bytes], Asked, Json]]
ROOT = Path(__file__).parents[3]


def recorded(names: Sequence[str]) -> Recorded:
    """What the tests `tests/verifier/test_<name>.py` have judged; raises if one of them fails."""
    with tempfile.TemporaryDirectory(prefix="lotproof-recorded-") as folder:
        out = Path(folder) / "recorded"
        tests = [str(ROOT / "tests" / "verifier" / f"test_{name}.py") for name in names]
        command = [sys.executable, "-m", "tests.service.web.recorded", str(out), *tests]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return cast(Recorded, pickle.loads(out.read_bytes()))


def record(out: Path, tests: list[str]) -> int:
    """Runs the tests; returns pytest's exit code."""
    kept: Recorded = []
    judge = checks.verify

    def keeping(files: Any, policy: Any, nodes: Any = (), sources: Any = (), now: Any = None, lot: Any = None) -> Any:
        report = judge(files, policy, nodes, sources, now, lot)
        plain = all(type(node) is FakeNode for node in nodes) and all(type(each) is FakeSource for each in sources)
        if plain and now is not None:
            kept.append((list(files), Asked(policy, deepcopy(nodes), deepcopy(sources), lot, now), as_json(report)))
        return report

    checks.verify = keeping
    code = pytest.main(["-q", "-n0", "-p", "no:cacheprovider", *tests])
    out.write_bytes(pickle.dumps(kept))
    return int(code)


if __name__ == "__main__":
    sys.exit(record(Path(sys.argv[1]), sys.argv[2:]))

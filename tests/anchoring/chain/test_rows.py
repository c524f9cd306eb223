"""Each row of the table of thirty chain failures has tests that are named after it."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[2]
NAMED = re.compile(r"def test_((?:c\d+_)(?:and_)?(?:c\d+_)*)")


def test_every_failure_from_c1_to_c30_has_a_test():
    named = (name for path in TESTS.rglob("test_*.py") for name in NAMED.findall(path.read_text()))
    rows = {int(number) for name in named for number in re.findall(r"c(\d+)_", name)}
    assert set(range(1, 31)) - rows == set()

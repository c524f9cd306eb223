"""docs/hardening.md: every file and every test that it names exists, and every row names both."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from bench.__main__ import PARTS
from service.variables import VARIABLES
from tests.campaigns.__main__ import CAMPAIGNS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/hardening.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for section in re.split(r"^## ", TEXT, flags=re.M) if "| threat |" in section
    for line in section.splitlines() if line.startswith("| ") and not line.startswith("| threat")
]  # fmt: skip


@cache
def _tests_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][:60])
def test_what_a_row_names_is_there(row: list[str]) -> None:
    _, control, tests = row
    for file in re.findall(r"`([a-z]+/[a-z_/]+\.py)`", control):
        assert (ROOT / file).is_file(), file
    named = re.findall(r"`(tests/[a-z_/]+\.py)::(test_[a-z0-9_]+)`", tests)
    assert named and len(named) == tests.count("::"), tests
    for file, name in named:
        assert name in _tests_in(file), f"{file}::{name}"


def test_the_rows_are_all_read() -> None:
    assert len(ROWS) >= 40 and all(len(row) == 3 for row in ROWS)
    assert TEXT.count("::test_") == sum(row[2].count("::test_") for row in ROWS)


def test_campaigns_parts_and_settings_that_it_names_are_there() -> None:
    assert set(re.findall(r"campaign ([a-z]+)", TEXT)) <= CAMPAIGNS.keys()
    assert set(re.findall(r"bench ([a-z]+)", TEXT)) <= PARTS.keys()
    assert set(re.findall(r"LOTPROOF_[A-Z_]+", TEXT)) <= {each.name for each in VARIABLES}

"""docs/epcis-supported.md has all that the official documents have, and each test that it names is there."""

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "epcis-supported.md").read_text()
SECTIONS = {title: body for title, _, body in (each.partition("\n") for each in TEXT.split("\n## ")[1:])}


def rows(section: str) -> list[list[str]]:
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("| ") and "tried by" not in line]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@cache
def names_in(file: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / "service" / file).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.fixture(scope="module")
def bindings(shared_data: Path) -> Path:
    return shared_data / "epcis" / "gs1" / "REST Bindings"


@pytest.fixture(scope="module")
def said(bindings: Path) -> Any:
    return json.loads((bindings / "openapi.json").read_text())


def parameters(said: Any, kind: str) -> set[str]:
    found = set()
    for path in said["paths"].values():
        verbs = [each for name, each in path.items() if name in ("get", "post", "delete", "options")]
        for each in (each for verb in (path, *verbs) for each in verb.get("parameters", ())):
            for part in each.get("$ref", "#").split("/")[1:]:
                each = said if part == "components" else each
                each = each[part]
            found |= {each["name"]} if each["in"] == kind else set()
    return found


@pytest.mark.parametrize("section", SECTIONS)
def test_each_row_has_a_test_that_is_there(section: str) -> None:
    assert rows(section)
    for row in rows(section):
        named = re.findall(r"`([a-z_]+/test_[a-z_]+\.py)::(test_[a-z0-9_]+)`", row[-1])
        assert named and len(named) == row[-1].count("::"), row
        assert [each for each in named if each[1] not in names_in(each[0])] == []


def test_all_operations_are_there(said: Any) -> None:
    told = {(path.strip("`"), verb) for path, verbs, _ in rows("Operations") for verb in verbs.lower().split()}
    verbs = ("get", "post", "put", "delete", "options")
    assert told == {(path, verb) for path, found in said["paths"].items() for verb in verbs if verb in found}


def test_all_headers_are_there(said: Any) -> None:
    assert {name for row in rows("Headers") for name in words(row[0])} == parameters(said, "header")


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_all_parameters_are_there(said: Any, bindings: Path) -> None:
    told = {name for row in rows("Parameters") for name in words(row[0])}
    schema = (bindings / "query-schema.json").read_text()
    compared, others = r"(?:EQ|GT|GE|LT|LE|EXISTS|MATCH|WD)_\w+", r"eventType|eventCountLimit|order\w+|max\w+"
    plain = set(re.findall(rf'"({compared}|{others})": ?\{{', schema))
    assert parameters(said, "query") | plain <= told
    assert {part for each in families(schema) for part in each} <= told


def families(schema: str) -> set[tuple[str, ...]]:
    """Comparison, INNER_ and place or measure of each pattern, as the rows spell them."""
    found = set()
    for pattern in re.findall(r'"\^([^"]*)\$"', schema):
        if "ATTR" in pattern or re.match("EQ_(bizTransaction|source|destination)_", pattern):
            found.add((re.match(r"HASATTR_|EQ_ATTR_|EQ_[a-zA-Z]+_", pattern)[0],))  # type: ignore[index]
            continue
        holds, inner, place = re.match(r"([A-Z]+_)(INNER_)?((?:[A-Z]{2}[A-Z_]+|[a-zA-Z]+_)?)", pattern).groups()  # type: ignore[union-attr]
        measure = place.removesuffix("_") if "{2,4}" in pattern else place
        found.add(tuple(each for each in (holds, inner, measure) if each and each != "quantity"))
    return found

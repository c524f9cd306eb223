"""The arrows between the rooms, each towards the one who must be able to check us (docs/architecture.md)."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import anchoring

ROOT = Path(__file__).parents[2]

# What maker and checker share: hashing, the entry's bytes, the text formats, and the errors that these raise.
SHARED = {"hashing", "entry", "uri", "note", "checkpoint", "encoding", "errors"}


def imports(room):
    """(file, full name) of everything that the modules under `room` import."""
    for path in sorted((ROOT / room).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((path.relative_to(ROOT), name.name) for name in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{path}: expected absolute imports, got a relative one"
                yield from ((path.relative_to(ROOT), f"{node.module}.{name.name}") for name in node.names)


def foreign(room, allowed):
    return [
        f"{path} imports {name}"
        for path, name in imports(room)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith(allowed)
    ]


def test_the_verifier_stands_on_the_standard_library_and_cryptography_alone():
    assert foreign("verifier", ("verifier", "cryptography")) == []


def test_the_domain_stands_on_the_standard_library_alone():
    assert foreign("service/domain", ("service.domain",)) == []


def test_maker_and_checker_share_only_formats():
    strange = [
        f"{path} imports {name}"
        for path, name in imports("anchoring")
        if name.startswith("verifier.") and name.split(".")[1] not in SHARED and path.parts[1] != "audit"
    ]
    assert strange == []


def test_the_audit_of_the_ledger_uses_nothing_that_built_it():
    built = {"tree", "tiles", "tilestore", "lotmap", "page", "leaves", "mappages", "prover", "accumulator", "signer"}
    strange = [
        f"{path} imports {name}"
        for path, name in imports("anchoring/audit")
        if name.startswith("anchoring.") and name.split(".")[1] in built
    ]
    assert strange == []


def test_the_signer_stands_on_the_standard_library_cryptography_and_the_verifier():
    assert foreign("signer", ("signer", "verifier", "cryptography")) == []


def test_no_room_but_anchoring_looks_behind_its_door():
    inside = {path.stem for path in (ROOT / "anchoring").glob("*.py")} - set(anchoring.__all__)
    strange = [
        f"{path} imports {name}"
        for path, name in imports("service")
        if name.startswith("anchoring.") and (name.split(".")[1] in inside or name.count(".") > 1)
    ]
    assert strange == []


@pytest.mark.parametrize("room", ["verifier", "anchoring", "service", "contracts", "signer"])
def test_the_product_knows_nothing_of_the_folders_around_the_checkout(room):
    strange = [
        str(path.relative_to(ROOT))
        for path in (ROOT / room).rglob("*.py")
        if "shared/" in path.read_text() and "../shared" in path.read_text()
    ]
    assert strange == []


def test_the_arrows_hold_through_every_chain_of_imports():
    linter = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr

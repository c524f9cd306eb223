"""Style and types, and that files and functions stay small enough to hold one idea."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("verifier", "anchoring", "service", "contracts")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


def sources():
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def run(*argv):
    done = subprocess.run([sys.executable, "-m", *argv], cwd=ROOT, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_ruff_has_no_objection():
    code, said = run("ruff", "check", "--quiet")
    assert code == 0, said


def test_mypy_has_no_objection_to_verifier_and_anchoring():
    code, said = run("mypy")
    assert code == 0, said


def test_no_file_holds_more_than_one_idea():
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_no_function_is_longer_than_a_page():
    long = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                length = node.end_lineno - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    long[f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"] = length
    assert long == {}


def test_every_module_says_what_it_knows():
    assert [str(path.relative_to(ROOT)) for path in sources() if _silent(path)] == []


def _silent(path):
    tree = ast.parse(path.read_text())
    return bool(tree.body) and ast.get_docstring(tree) is None

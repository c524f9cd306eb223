"""The floor's parts that need no browser: its scripts' types, its policy, its words, what it lists as vendored."""

import json
import subprocess
from hashlib import sha256

import pytest

from service.console.floor.candidates import candidates, distance
from service.console.floor.flows import READER
from service.console.floor.shell import STATIC, VENDOR
from tests.service.api.conftest import Caller
from tests.service.api.test_verify_page import STRICT
from tests.service.console.test_pages import page, text
from tests.tools.browser import ROOT

FLOOR = STATIC / "floor"


def test_the_scripts_hold_what_their_types_promise() -> None:
    compiler = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.exists():
        pytest.skip("NO TYPES CHECKED: expected the npm package typescript, found none")
    files = [str(path) for path in (FLOOR / "start.js", FLOOR / "worker.js", *(FLOOR / "flows").glob("*.js"))]
    done = subprocess.run(["node", str(compiler), *STRICT, *files], capture_output=True, text=True)
    assert done.stdout == "" and done.returncode == 0, done.stdout


def test_what_others_wrote_is_listed_with_version_licence_and_hash() -> None:
    listed = json.loads((VENDOR / "vendored.json").read_text())
    told = {file: each["files"][file] for each in listed for file in each["files"]}
    there = {path.relative_to(VENDOR).as_posix(): sha256(path.read_bytes()).hexdigest()
             for path in VENDOR.rglob("*") if path.is_file() and path.name != "vendored.json"}  # fmt: skip
    assert told == there
    assert all(each["package"] and each["version"] and each["licence"] for each in listed)


@pytest.mark.parametrize("path", ["scan", "receive", "floor/move", "floor/label"])
def test_a_compiled_reader_may_run_and_no_text_becomes_a_program(trader: Caller, path: str) -> None:
    policy = page(trader, path).headers["Content-Security-Policy"]
    assert "script-src 'self' 'wasm-unsafe-eval';" in policy
    assert "'unsafe-eval'" not in policy and "'unsafe-inline'" not in policy
    assert "wasm" not in page(trader, "lots").headers["Content-Security-Policy"]


def test_programs_beside_the_page_may_ask_only_here(trader: Caller) -> None:
    worker, reader = page(trader, "floor/worker.js"), page(trader, f"static/floor/vendor/{READER}")
    policy = worker.headers["Content-Security-Policy"]
    assert policy == "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; connect-src 'self'"
    assert worker.headers["Service-Worker-Allowed"] == "/console/"
    assert "script-src 'self' 'wasm-unsafe-eval'" in reader.headers["Content-Security-Policy"]
    assert worker.mimetype == reader.mimetype == "text/javascript"


@pytest.mark.parametrize(("read", "number", "expected"), [
    ("24A017", "24A017", 0), ("24AO17", "24A017", 0.1), ("24AOI7", "24A017", 0.2), ("Z4A017", "24A017", 0.1),
    ("8B55", "BBSS", 0.3), ("24?017", "24A017", 0), ("24*7", "24A017", 0), ("*", "24A017", 0), ("*17", "24A017", 0),
    ("24A01", "24A017", 1), ("24A0177", "24A017", 1), ("34A017", "24A017", 1), ("", "24A", 3), ("A*X", "AB", 1),
])  # fmt: skip
def test_letters_that_look_alike_are_near_and_others_are_not(read: str, number: str, expected: float) -> None:
    assert distance(read, number) == pytest.approx(expected)


@pytest.mark.parametrize("read", ["24A017", "X", "", "0O1I", "*", "A?C*"])
@pytest.mark.parametrize("number", ["24A017", "Y", "OOII", "ABCD"])
def test_a_distance_is_no_more_than_rewriting_the_whole(read: str, number: str) -> None:
    plain = read.replace("*", "")
    assert 0 <= distance(read, number) <= max(len(plain), len(number))


def test_what_is_too_far_is_no_candidate_and_the_nearest_comes_first() -> None:
    rows = [{"uri": number, "item": "AMX", "lot": number, "expiry_date": None, "location": place}
            for number, place in (("24A017", "A"), ("24A017", "B"), ("24A011", "A"), ("99ZZZZ", "A"))]  # fmt: skip
    found = candidates(["24AO17", "junk"], rows)
    told = [(each.lot, each.distance, each.places) for each in found]
    assert told == [("24A017", 0.1, ("A", "B")), ("24A011", 1.1, ("A",))]
    assert candidates([], rows) == [] and candidates(["24A017"], []) == []


def test_candidates_are_offered_and_never_filled_in(maker: Caller) -> None:
    maker.receive("LABEL0815")
    maker.receive("LABEL4711", to="SX/A-02")
    shown = page(maker, "floor/label", read="LA8ELO8I5")
    assert "LABEL0815" in text(shown) and "differs by 0.3" in text(shown) and "LABEL4711" not in text(shown)
    assert 'value="LA8ELO8I5"' in shown.get_data(as_text=True), "what was read stands there as it was read"
    assert "LABEL0815" not in text(page(maker, "floor/label", read="LA8ELO8I5", at="SX/A-02"))
    assert "质量人员" in text(page(maker, "floor/label", read="QQQQQQ", lang="zh"))


@pytest.mark.parametrize("read", ["", "A" * 5000, "\x00", "💊", "()[]{}%\\"])
def test_whatever_is_read_is_no_fault(maker: Caller, read: str) -> None:
    assert page(maker, "floor/label", read=read).status_code == 200

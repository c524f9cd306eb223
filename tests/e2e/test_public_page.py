"""The public page in a real Chromium, on a real service and a real chain: two answers, eight lines, no tick too many.

Each lie turns exactly its line, and what comes after it says no yes. Whatever is wrong with the network leaves it open.
"""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from service.demo.accounts import API
from service.demo.lies import files
from service.proof import assemble, proofs
from service.web.verify_words import CATALOGUES
from tests.e2e.conftest import Told
from tests.e2e.everybody import looked_at
from tests.e2e.stack import Running
from tests.tools.browser import browser
from verifier.http import Deadline
from verifier.policy import load_policy
from verifier.rpc import RpcNode
from verifier.tiles import TileSource
from verifier.verify import verify

pytestmark = pytest.mark.xdist_group("demo")  # one stack for all who look at the played story

LOT, OTHER = "4/0874", "AC0144"
STATES = "[...document.querySelectorAll('.checks > li')].map((line) => line.dataset.state)"
YES, OPEN, REFUTED = "yes", "unknown", "refuted"

FORGED = """(kept) => { kept.leaf = kept.leaf.replace(/^./, (first) => first === 'a' ? 'b' : 'a');
  localStorage['lotproof-seen'] = JSON.stringify([kept]); }"""
"""As if another entry had been shown the last time."""

Json = dict[str, Any]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def shown(chromium: Browser, the_stack: Running, told: Told) -> Iterator[Page]:
    """One page for all who hand it files."""
    context = chromium.new_context()
    context.set_default_timeout(15_000)
    yield opened(context, address(the_stack, told, LOT))
    context.close()


def opened(visitor: BrowserContext, address: str, done: bool = True) -> Page:
    page = visitor.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page threw {error}"))
    page.goto(address)
    if done:
        page.wait_for_selector("body[data-done]")
    return page


def states(page: Page) -> list[str]:
    return list(page.evaluate(STATES))


def address(stack: Running, told: Told, lot: str, lang: str = "en") -> str:
    uri = next(each.uri for each in told.lots if each.name == lot)
    return f"{stack.url}/{uri.split('/', 3)[3]}?lang={lang}"


def drop(page: Page, file: bytes, policy: str | None = None) -> None:
    """Hand a file to the page, and wait for what it says; a policy first, if there is one."""
    if policy is not None:
        page.set_input_files("#policy-file", {"name": "policy.toml", "mimeType": "", "buffer": policy.encode()})
    name = f"{uuid4().hex}.lotproof.json"
    page.set_input_files("#file", {"name": name, "mimeType": "application/json", "buffer": file})
    page.wait_for_selector(f"#chosen:has-text('{name}')", state="attached")  # what is done from here on is done with it
    page.wait_for_selector("body[data-done]")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_good_lot_gets_its_eight_answers(visitor: BrowserContext, the_stack: Running, told: Told, lang: str) -> None:
    w = CATALOGUES[lang]
    page = opened(visitor, address(the_stack, told, LOT, lang))
    assert states(page) == [YES] * 8
    assert page.locator("html").get_attribute("lang") == w["lang"]
    assert page.locator("#sentence").inner_text().startswith(w["all_yes"].split("{")[0])
    told_by = w["by_one_node"].replace("{nodes}", the_stack.settings.rpc_urls[0])
    assert page.locator("#check-7 .who").inner_text() == told_by
    rows = json.loads(told.file(LOT).read_bytes())["history"]
    assert page.locator(".timeline > li").count() == len(rows)
    assert not visitor.cookies()


def test_what_quality_people_decided_is_told_apart_from_the_record(
    visitor: BrowserContext, the_stack: Running, told: Told
) -> None:
    """Somebody without a key is not shown it; a regulator's file of the same lot does."""
    page = opened(visitor, address(the_stack, told, LOT))
    assert page.locator(".goods").get_attribute("data-goods") in ("hidden", "stopped", "none", "destroyed")
    drop(page, told.file(LOT).read_bytes())
    assert states(page) == [YES] * 8
    seen = page.locator(".goods").first.get_attribute("data-goods")
    assert seen in ("released", "hold", "recalled", "destroyed")
    assert "According to signed statement no. " in page.locator("#goods-now").inner_text()


def test_a_link_is_checked_in_the_browser(visitor: BrowserContext, the_stack: Running, told: Told) -> None:
    """With the profile `public` it shows what quality people decided."""
    uri = next(each.uri for each in told.lots if each.name == LOT)
    asked = {"id": str(uuid4()), "lot": uri, "profile": "public", "label": "for a visitor"}
    link = told.accounts.companies["xiangkou"].door.post(f"{API}/shares", asked)["url"]
    page = opened(visitor, f"{link}?lang=en", done=False)
    page.click("text=Check it in this browser")
    page.wait_for_selector("body[data-done]")
    assert states(page) == [YES] * 8 and page.locator("#which").inner_text() == uri
    assert page.locator(".goods").first.get_attribute("data-goods") in ("released", "hold", "recalled", "destroyed")


def test_an_unknown_number_gets_the_proof_that_it_is_unknown(
    visitor: BrowserContext, the_stack: Running, told: Told
) -> None:
    page = opened(visitor, address(the_stack, told, told.lots[-1].name))
    assert states(page) == [YES] * 8
    assert page.locator("#timeline").inner_text().startswith("This log, with ")


def test_a_lot_too_long_for_one_file_comes_in_parts(
    visitor: BrowserContext, the_stack: Running, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(assemble, "MAX_ENTRIES", 4)
    monkeypatch.setattr(proofs, "PART", 4)
    page = opened(visitor, address(the_stack, told, LOT))
    assert states(page) == [YES] * 8
    assert page.locator("#save a").count() == -(-page.locator(".timeline > li").count() // 4) > 1


def test_the_page_and_the_command_line_say_the_same(shown: Page, the_stack: Running, told: Told) -> None:
    file, policy = told.file(LOT).read_bytes(), load_policy(told.files.policy.read_text())
    node, sources = RpcNode(the_stack.settings.rpc_urls[0], Deadline(20)), []
    sources += [TileSource(url, Deadline(20)) for url in policy.sources]  # for there may be newer anchors by now
    report = verify([file], policy, [node], sources, now=int(time.time()))
    drop(shown, file)
    seen = shown.locator(".checks > li").all()
    assert states(shown) == [{"yes": YES, "refuted": REFUTED}.get(each.verdict.value, OPEN) for each in report.answers]
    for line, answer in zip(seen, report.answers, strict=True):
        assert f"{answer.check} {answer.title}:" in line.inner_text()
        remarks = [
            text for text in line.locator(".remark").all_inner_texts() if not text.endswith("newer anchors exist")
        ]
        assert remarks == [text for text in answer.remarks if not text.endswith("newer anchors exist")]


def bent(file: Json, path: list[Any], how: Callable[[Any], Any]) -> Json:
    """A copy with one value changed."""
    copy: Json = json.loads(json.dumps(file))
    at: Any = copy
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = how(at[path[-1]])
    return copy


def other_letter(text: str, place: int) -> str:
    return text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :]


def other_signature(sdjwt: str) -> str:
    jwt, tilde, rest = sdjwt.partition("~")
    return other_letter(jwt, len(jwt) - 40) + tilde + rest


def other_disclosure(sdjwt: str) -> str:
    parts = sdjwt.split("~")
    return "~".join([parts[0], other_letter(parts[1], 3), *parts[2:]])


def other_note(note: str) -> str:
    head, _, line = note.rstrip("\n").rpartition(" ")
    raw = bytearray(base64.b64decode(line))
    raw[20] ^= 1
    return f"{head} {base64.b64encode(raw).decode()}\n"


LIES: dict[int, Callable[[Json], Json]] = {
    1: lambda file: file | {"trust": "me"},
    3: lambda file: bent(file, ["history", 1, "statement"], other_signature),
    4: lambda file: bent(file, ["history", 1, "statement"], other_disclosure),
    5: files.newest_left_out,
    6: lambda file: bent(file, ["checkpoint"], other_note),
    7: lambda file: bent(file, ["anchors", 0, "time"], lambda time: time + 1),
}


@pytest.mark.parametrize("check", [*LIES, 2, 8])
def test_a_lie_turns_exactly_its_line_and_no_later_one_says_yes(shown: Page, told: Told, check: int) -> None:
    """2: the file of another lot. 8: a policy for which every entry was recorded too early."""
    true, policy = json.loads(told.file(LOT).read_bytes()), told.files.policy.read_text()
    lie = LIES.get(check, lambda file: file)(true)
    if check == 2:
        lie = json.loads(told.file(OTHER).read_bytes())
    if check == 8:
        policy = re.sub(r"(max_clock_skew|max_anchor_delay) = \d+", r"\1 = 0", policy)
    drop(shown, json.dumps(lie).encode(), policy)
    seen = states(shown)
    assert [number for number, state in enumerate(seen, 1) if state == REFUTED] == [check], seen
    assert seen[: check - 1] == [YES] * (check - 1) and YES not in seen[check:]
    assert shown.locator("#sentence").inner_text() == f"This record does not match. Check {check} failed."
    assert shown.locator(".goods").get_attribute("data-goods") == "unclear"


FAILURES: dict[str, Json] = {
    "refused": {},
    "rate limited": {"status": 429, "body": "slow down"},
    "broken": {"status": 500, "body": ""},
    "a login page": {"status": 200, "body": "<html>sign in</html>", "content_type": "text/html"},
    "an error": {"json": {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "not today"}}},
    "nothing": {"json": {"jsonrpc": "2.0", "id": 1, "result": None}},
    "another shape": {"json": {"jsonrpc": "2.0", "id": 1, "result": {"hash": "0x12", "number": "many"}}},
}


def test_whatever_is_wrong_with_the_network_is_could_not_check(
    visitor: BrowserContext, the_stack: Running, told: Told
) -> None:
    answer: Json = {}

    def fail(route: Route) -> None:
        if not answer:
            route.abort()
        else:
            route.fulfill(**answer, headers={"Access-Control-Allow-Origin": "*"})

    visitor.route(f"{the_stack.settings.rpc_urls[0]}/**", fail)
    page = opened(visitor, address(the_stack, told, LOT))
    for name, failure in FAILURES.items():
        answer.clear()
        answer.update(failure)
        drop(page, told.file(LOT).read_bytes())
        assert states(page) == [YES] * 6 + [OPEN] * 2, name
    page.uncheck("#network")
    visitor.unroute_all()
    drop(page, told.file(LOT).read_bytes())
    assert states(page) == [YES] * 6 + [OPEN] * 2
    page.check("#network")
    page.click("#again")
    page.wait_for_selector("#check-8[data-state=yes]")


def test_two_nodes_that_say_otherwise_leave_it_open(visitor: BrowserContext, the_stack: Running, told: Told) -> None:
    def lie(route: Route) -> None:
        asked = route.request.post_data_json
        answer = route.fetch(url=the_stack.settings.rpc_urls[0]).json()
        if asked["method"] == "eth_chainId":
            answer["result"] = "0x1"
        route.fulfill(json=answer, headers={"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"})

    visitor.route("https://node.example/**", lie)
    page = opened(visitor, address(the_stack, told, LOT))
    page.fill("#nodes", f"{the_stack.settings.rpc_urls[0]}\nhttps://node.example/")
    drop(page, told.file(LOT).read_bytes())
    assert states(page) == [YES] * 6 + [OPEN] * 2
    assert "disagree" in page.locator("#check-7 .reason").inner_text()


def test_without_scripts_nothing_is_ticked(chromium: Browser, the_stack: Running, told: Told) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address(the_stack, told, LOT))
    assert "your browser did not run the checks" in page.locator("noscript").inner_text()
    assert page.locator(".checks > li[data-state=open]").count() == 8
    assert page.locator("#sentence").inner_text() == "Not checked."
    context.close()


def test_a_browser_remembers_what_it_saw_and_tells_what_came_since(
    visitor: BrowserContext, the_stack: Running, told: Told
) -> None:
    page = opened(visitor, address(the_stack, told, LOT))
    said = page.locator("#visit-says")
    assert said.inner_text().startswith("This browser sees this lot for the first time.")
    page.reload()
    page.wait_for_selector("body[data-done]")
    assert "nothing was added, and nothing that you saw has changed" in said.inner_text()
    kept = page.evaluate("JSON.parse(localStorage['lotproof-seen'])[0]")
    assert kept["note"].startswith(the_stack.settings.origin) and kept["count"] > 1
    page.evaluate(FORGED, kept)
    page.click("#again")
    page.wait_for_selector("#visit[data-visit=refuted]")
    assert states(page)[5] == REFUTED and YES not in states(page)[6:]
    assert page.locator("#visit-proof a[download]").count() >= 2
    page.click("#forget")
    assert page.evaluate("localStorage.length") == 0
    page.click("#again")
    page.wait_for_selector("#check-8[data-state=yes]")
    assert page.locator("#visit").get_attribute("data-visit") == "first" and not visitor.cookies()


def test_who_tries_to_cheat_sees_it_found_out_and_puts_it_back(shown: Page, told: Told) -> None:
    drop(shown, told.file(LOT).read_bytes(), told.files.policy.read_text())
    shown.locator("#cheating").evaluate("(box) => { box.open = true; }")
    for what, check in (("said", 4), ("checkpoint", 6)):
        shown.select_option("#cheat-what", what)
        shown.evaluate("delete document.body.dataset.done")
        shown.click("#cheat")
        shown.wait_for_selector("body[data-done]")
        assert states(shown)[check - 1] == REFUTED and YES not in states(shown)[check:]
        assert f"Check {check} saw it." in shown.locator("#cheat-says").inner_text()
    shown.click("#cheat-undo")
    shown.wait_for_selector("#check-8[data-state=yes]")


def test_a_page_of_one_checkpoint_stays_and_programs_get_the_file(
    visitor: BrowserContext, the_stack: Running, told: Told
) -> None:
    page = opened(visitor, address(the_stack, told, LOT))
    link = page.locator("#permalink a").get_attribute("href")
    size = int(str(link).rpartition("=")[2])
    again = opened(visitor, f"{the_stack.url}{link}")
    assert states(again)[:6] == [YES] * 6 and f"log size {size}" in again.locator("#permalink").inner_text()
    answer = visitor.request.get(f"{the_stack.url}{link}", headers={"Accept": "application/json"})
    file = answer.json()
    assert file["format"] == "lotproof/1" and file["checkpoint"].split("\n")[1] == str(size)


def test_a_lots_family_is_drawn_and_listed_and_a_problem_is_written_down(
    visitor: BrowserContext, the_stack: Running, told: Told
) -> None:
    shown = opened(visitor, f"{the_stack.url}/verify?lang=en", done=False)
    drop(shown, told.file("AC0142").read_bytes(), told.files.policy.read_text())
    assert shown.locator("#family svg rect").count() == 3
    assert shown.locator("#family li strong, #family li a").all_inner_texts() == ["AC0142-1", "AC0142-2"]
    shown.click("#match-no")
    shown.fill("#problem-words", "the label says 08/2027")
    with shown.expect_download() as saved:
        shown.click("#problem-make")
        shown.click("#problem-file a")
    written = json.loads(saved.value.path().read_text())
    assert written["words"] == "the label says 08/2027" and "#" not in written["page"]
    assert [each["answer"] for each in written["found"]["report"]["checks"]][:6] == ["yes"] * 6


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_everybody_can_use_it(visitor: BrowserContext, the_stack: Running, told: Told, lang: str) -> None:
    """axe-core finds nothing, on the narrowest phone, on a desk and in the dark, with ticks and with a refusal."""
    page = opened(visitor, address(the_stack, told, LOT, lang))
    for width, scheme, file in (
        (320, "light", None),
        (1280, "light", b"{}"),
        (320, "dark", told.file(LOT).read_bytes()),
    ):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        if file is not None:
            drop(page, file)
        assert looked_at(page) == [], (width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_the_saved_page_checks_with_the_cable_out(
    visitor: BrowserContext, the_stack: Running, told: Told, tmp_path: Path
) -> None:
    page = opened(visitor, address(the_stack, told, LOT))
    answer = visitor.request.get(f"{the_stack.url}/verify/offline.html?lang=en")
    saved = tmp_path / "lotproof-verify.html"
    saved.write_bytes(answer.body())
    assert sha256(answer.body()).hexdigest() in page.content()
    visitor.set_offline(True)
    asked: list[str] = []
    alone = opened(visitor, saved.as_uri(), done=False)
    alone.on("request", lambda request: asked.append(request.url))
    drop(alone, told.file(LOT).read_bytes())
    assert states(alone) == [YES] * 6 + [OPEN] * 2
    drop(alone, json.dumps(LIES[4](json.loads(told.file(LOT).read_bytes()))).encode())
    assert states(alone)[3] == REFUTED and YES not in states(alone)[4:]
    node = the_stack.settings.rpc_urls[0]
    assert [url for url in asked if url.startswith("http") and not url.startswith(node)] == []

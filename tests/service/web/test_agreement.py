"""The browser's verifier says what the Python one says: of every vector, and of a share of the hostile files.

The whole of these, and every lie that tests/verifier tells, is `./lotproof campaign browser`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.campaigns import browser
from tests.campaigns.campaign import Plan
from tests.service.web.agreeing import Asked, Compared, compare, page, page_in
from tests.verifier.fake_chain import node_of, source_of
from tests.verifier.maker import PARTY_KEY, ZERO, Signed, World, b64url, story, uri
from tests.verifier.test_erasure import EVIDENCE, NOTE, erased_world
from verifier.policy import parse_policy
from verifier.report import Verdict
from verifier.verify import verify

SPELLING = ("JSON", "base64")  # of a text that is misspelled both say so, each in the words of its own parser


@pytest.fixture(scope="module")
def browsers() -> Iterator[Page]:
    with page() as opened:
        yield opened


def test_every_vector_gets_the_same_answers_in_the_same_words(shared_data: Path, browsers: Page) -> None:
    seen = Compared()
    for case in json.loads((shared_data / "lotproof" / "bundle.json").read_text("utf-8"))["cases"]:
        chain = case["chain"]
        nodes = [node_of(chain)] if chain else []
        sources = [source_of(chain)] if chain and "refresh" in chain else []
        policy = parse_policy(case["policy"])
        file = (case["text"] if "text" in case else json.dumps(case["bundle"])).encode()
        report = verify([file], policy, nodes, sources, now=0)
        compare(browsers, Asked(policy, nodes, sources), [(case["name"], [file], report)], seen)
    assert seen.cases > 70 and not seen.differ
    assert [each for each in seen.words if not any(f"'what': '{word}" in each for word in SPELLING)] == []


def test_what_was_erased_of_an_event_about_others_goods(browsers: Page) -> None:
    """It may have neither step nor quantities, and its type stays."""
    seen = Compared()
    for gone, exit_code in ((NOTE, 0), ("type", 1)):
        world = erased_world(EVIDENCE, gone)
        file = json.dumps(world.bundle(EVIDENCE, lambda field, gone=gone: field != gone)).encode()
        policy, nodes = parse_policy(world.policy("farm", "mill", "shop", "log")), [world.chain()]
        report = verify([file], policy, nodes, now=0)
        assert report.exit_code == exit_code
        compare(browsers, Asked(policy, nodes), [(gone, [file], report)], seen)
    assert seen.cases == 2 and not seen.differ


PARTS = {"uris": ("entry", "uris"), "entries": ("entry", "entries"), "inclusion": ("log", "inclusion"),
         "map": ("map", "proofs"), "accumulator": ("accumulator", "paths")}  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_the_vectors_of_single_parts(shared_data: Path, browsers: Page, part: str) -> None:
    cases = vectors(shared_data, *PARTS[part])
    refused = browsers.evaluate("([part, cases]) => refused(part, cases)", [part, cases])
    expected = [case["expect"] == "refuse" for case in cases]
    assert refused == expected and len(cases) > 10


def test_the_vectors_of_statements_and_checkpoints(shared_data: Path, browsers: Page) -> None:
    said, notes = vectors(shared_data, "statement", "cases"), vectors(shared_data, "checkpoint", "cases")
    assert browsers.evaluate("statements", said) == [case.get("refused_by_check") for case in said]
    base = World().policy()
    assert browsers.evaluate("([cases, base]) => notes(cases, base)", [notes, base]) == [
        case.get("refused_by_check") for case in notes
    ]


def test_on_plain_http_where_there_is_no_webcrypto_the_answers_are_the_same(shared_data: Path, browsers: Page) -> None:
    said, notes = vectors(shared_data, "statement", "cases"), vectors(shared_data, "checkpoint", "cases")
    plain = browsers.context.new_page()
    with page_in(plain, "http://plain.test"):
        assert plain.evaluate("crypto.subtle === undefined")
        assert plain.evaluate("statements", said) == [case.get("refused_by_check") for case in said]
        asked = [notes, World().policy()]
        seen = plain.evaluate("([cases, base]) => notes(cases, base)", asked)
    assert seen == [case.get("refused_by_check") for case in notes]


def vectors(folder: Path, name: str, key: str) -> Any:
    return json.loads((folder / "lotproof" / f"{name}.json").read_text("utf-8"))[key]


def test_hostile_files_get_the_same_answers(browsers: Page) -> None:
    seen = browser.judged(browsers, Plan(2611, 0.005))
    assert seen.cases > 100 and not seen.differ
    assert seen.slowest[0] < browser.SECONDS * 1000, seen.slowest


def test_a_key_statement_among_a_lots_movements_is_refused_by_both(browsers: Page) -> None:
    """A party may sign whatever it likes and the log may enter it: it stays an answer, and is no exception."""
    world, lot = story()
    payload = world.base("farm", PARTY_KEY) | {"seq": 2, "prev": b64url(ZERO), "keys": [], "recovery": None}
    world.enter(uri.LOT, lot, Signed(world.sign("farm", PARTY_KEY, payload, "farm"), {}), PARTY_KEY)
    world.anchor()
    file, policy, nodes = json.dumps(world.bundle(lot)).encode(), parse_policy(world.policy()), [world.chain()]
    report, seen = verify([file], policy, nodes, now=0), Compared()
    compare(browsers, Asked(policy, nodes), [("a key statement", [file], report)], seen)
    assert [report.answer(check).verdict for check in (2, 4)] == [Verdict.REFUTED] * 2
    assert not seen.differ and not seen.words


def test_both_primitives_and_our_own_pass_the_trial(browsers: Page) -> None:
    """So that no browser gives another answer: ours stands in where WebCrypto has no Ed25519 or another one."""
    ours: Any = browsers.evaluate("lotproof.passes(lotproof.ownVerify)")
    lax: Any = browsers.evaluate("lotproof.passes(() => true)")
    assert ours is True and lax is False


def test_our_hashes_are_those_of_the_browser(browsers: Page) -> None:
    differ = browsers.evaluate(
        """async () => {
            const wrong = [];
            for (let length = 0; length < 300; length++) {
                const text = new Uint8Array(length).map((_, at) => at * 7 + length);
                for (const [name, ours] of [["SHA-256", lotproof.sha256], ["SHA-512", lotproof.sha512]]) {
                    const theirs = new Uint8Array(await crypto.subtle.digest(name, text));
                    if (lotproof.hex(ours(text)) !== lotproof.hex(theirs)) wrong.push(`${name} of ${length}`);
                }
            }
            return wrong;
        }"""
    )
    assert differ == []

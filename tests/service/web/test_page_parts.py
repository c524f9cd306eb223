"""What the page does beside checking: it reads a policy as Python does, and says of the goods no more than is shown."""

import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from service.publish.policy import Claims, draft
from tests.service.web.agreeing import page
from tests.verifier.maker import story
from tests.verifier.test_hostile import toml

READ = """(text) => {
    const pairs = (map) => [...map].map(([name, value]) => [name, plain(value)]);
    const plain = (value) => value instanceof Map ? Object.fromEntries(pairs(value)) : value;
    try { return plain(lotproof.parseToml(text)); } catch (problem) {
        if (problem instanceof lotproof.PolicyError) return problem.message;
        throw problem;
    }
}"""


@pytest.fixture(scope="module")
def browsers() -> Iterator[Page]:
    with page() as opened:
        yield opened


def a_draft() -> str:
    parties = {"https://e.com/party/m%C3%BChle": ["k"]}
    return draft(Claims("e.com/log", "a2V5", 1, "0x00", "0x01", "0x02", 0, 0, 12, ["https://n"], [], parties))


LISTS = 'a = [\n  [1, 2,], # one\n  [],\n]\n[t]\n"b c" = "x"'
ESCAPED = r'a = "\u00e4\n\"\\ # no comment"  # one'


@pytest.mark.parametrize(
    "text", [a_draft(), toml(story()[0].policy()), "", "\n# nothing\n", "a = true\r\nb=0", LISTS, ESCAPED]
)
def test_a_policy_is_read_as_python_reads_it(browsers: Page, text: str) -> None:
    assert browsers.evaluate(READ, text) == tomllib.loads(text)


STRANGE = (
    "a", "a =", "a = 1 2", "a = 01", "a = 1.5", "a = -1", "a = 'x'", "a = 2026-01-01", 'a = "x', "a = [1", "a = [1 2]",
    "[t", "a = 1\na = 2", "[t]\n[t]", "a.b = 1", "a = {b = 1}", 'a = """x"""', "[[t]]", "a = [[[[[[1]]]]]]", "= 1",
    r'a = "\q"',
)  # fmt: skip


@pytest.mark.parametrize("text", STRANGE)
def test_what_is_not_understood_is_refused(browsers: Page, text: str) -> None:
    assert isinstance(browsers.evaluate(READ, text), str)


def row(**said: Any) -> dict[str, Any]:
    shown = {"sequence": 1, "kind": 1, "signed": True, "withheld": False, "step": "storing", "disposition": None}
    return {**shown, "quality": None, "set": [], "unset": [], "issuer": "a", **said}


RELEASED = row(step="inspecting", disposition="available", set=["conformant"])
HELD = row(step="holding", disposition="non_sellable_other", quality="quarantined")
RECALLED = row(step="holding", disposition="recalled", quality="recalled", set=["recalled"])
LIFTED = row(step="inspecting", disposition="non_sellable_other", quality="quarantined", unset=["recalled"])


STATES = [
    ([], "none"), ([row()], "none"), ([RELEASED], "released"), ([RELEASED, row()], "released"),
    ([RELEASED, HELD], "hold"), ([HELD, RELEASED], "released"), ([RELEASED, RECALLED], "recalled"),
    ([RECALLED, LIFTED], "hold"), ([RECALLED, RELEASED], "recalled"), ([RECALLED, HELD, row(signed=False)], "recalled"),
    ([RECALLED, LIFTED, RELEASED], "released"), ([RELEASED, row(step="holding")], "stopped"),
    ([row(step="holding"), RELEASED], "released"), ([row(step="holding", issuer="b"), RELEASED], "stopped"),
    ([RELEASED, row(step="inspecting")], "hidden"), ([RELEASED, row(step=None)], "hidden"),
    ([RELEASED, row(withheld=True, signed=False, step=None)], "hidden"), ([RELEASED, row(signed=False)], "hidden"),
    ([RELEASED, row(kind=3, step=None)], "released"),
    ([RELEASED, row(step="destroying", disposition="destroyed")], "destroyed"),
]  # fmt: skip


@pytest.mark.parametrize(("rows", "word"), STATES)
def test_the_goods_are_what_the_newest_decision_says_and_a_hidden_one_makes_them_unknown(
    browsers: Page, rows: list[dict[str, Any]], word: str
) -> None:
    assert browsers.evaluate("(rows) => lotproof.stateOf(rows).word", rows) == word

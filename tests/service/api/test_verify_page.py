"""The public page as the server writes it: nothing is ticked, nothing comes from elsewhere, and no more is shown to
somebody without a key than to a party that has nothing to do with the lot.
"""

import re
import subprocess
from gzip import compress, decompress
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.proof.proofs import STRANGERS_AT_ONCE
from service.web import assembled, verify_words
from tests.service.api.conftest import Caller, Chain, receive
from tests.service.api.test_proof import URI, accepted, checked, disclosed, hand_over, proof_of
from tests.tools.browser import ROOT

STRICT = ("--noEmit", "--checkJs", "--allowJs", "--strict", "--target", "es2024", "--module", "esnext",
          "--moduleResolution", "bundler", "--lib", "es2024,dom,dom.iterable")  # fmt: skip
BUDGET = 60_000  # bytes that a phone fetches, gzipped


@pytest.fixture(scope="module")
def lot(maker: Caller, trader: Caller, chain: Chain) -> str:
    """A lot with everything that a stranger is not to see."""
    hand_over(maker, trader, "PUB1")
    maker.post("/movements", receive("PUB2", supplier="SECRET-SUPPLIER"))
    chain.anchor()
    return "PUB1"


def public(client: FlaskClient, lot: str, expect: int = 200, **more: str) -> Any:
    answer = client.get("/verify/proof", query_string={"lot": URI + lot, **more})
    assert answer.status_code == expect, answer.text
    return answer.get_json()


def test_both_catalogues_have_the_same_words() -> None:
    assert verify_words.EN.keys() == verify_words.ZH.keys()
    assert all(verify_words.EN.values()) and all(verify_words.ZH.values())
    for key, words in verify_words.EN.items():
        named = [set(re.findall(r"\{(\w+)\}", each)) for each in (words, verify_words.ZH[key])]
        assert named[0] == named[1], key


def test_every_word_that_the_script_says_is_there_and_none_is_left_over() -> None:
    sources = "".join(path.read_text("utf-8") for path in assembled.MODULES.glob("*.js"))
    template = (assembled.MODULES.parents[1] / "templates" / "verify.html").read_text("utf-8")
    asked = set(re.findall(r"say\(\"(\w+)\"", sources)) | set(re.findall(r"\bw\.(\w+)", template))
    assert asked <= verify_words.EN.keys()
    said = asked | set(re.findall(r"\"(\w+)\"", sources))
    made = ("goods_", "step_", "did_", "ref_", "handoff_", "state_", "visit_", "cheat_", "check_", "asks_", "this log ",
            "lang", "other")
    assert {word for word in verify_words.EN.keys() - said if not word.startswith(made)} == set()


def test_a_stranger_is_shown_what_an_outsider_is(
    lot: str, client: FlaskClient, outsider: Caller, maker: Caller, chain: Chain
) -> None:
    file = public(client, lot)
    shown = [disclosed(item["statement"]) for item in file["history"]]
    assert shown == [disclosed(item["statement"]) for item in proof_of(outsider, URI + lot)["history"]]
    names = {entry[1] for each in shown for entry in each if len(entry) == 3}
    assert names <= {"type", "action", "bizStep", "eventTime", "lotproof:witnessed"}
    assert accepted(checked(maker, chain, file))


def test_an_unknown_lot_is_proved_to_be_unknown_but_not_to_everybody_all_the_time(
    lot: str, client: FlaskClient, maker: Caller, chain: Chain
) -> None:
    file = public(client, "NO-SUCH")
    assert file["head"]["count"] == 0 and accepted(checked(maker, chain, file))
    for number in range(STRANGERS_AT_ONCE - 1):
        public(client, f"NO-SUCH-{number}")
    answer = client.get("/verify/proof", query_string={"lot": URI + "NO-SUCH"})
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) >= 1
    public(client, lot)  # a lot that is there is shown all the same


@pytest.mark.parametrize(
    ("query", "status"),
    [("lot=x", 422), ("", 422), (f"lot={URI}PUB1&size=-1", 422), (f"lot={URI}PUB1&size=99999999999999999999", 422),
     (f"lot={URI}PUB1&size=1000000", 404), (f"lot={URI}PUB1&first=1&last=9999", 422), ("lot=%00", 422),
     (f"lot={URI}PUB1&first=2", 422), (f"lot={URI}PUB1&first=2&last=1", 422)],
)  # fmt: skip
def test_bad_questions_are_answered_as_problems(lot: str, client: FlaskClient, query: str, status: int) -> None:
    answer = client.get(f"/verify/proof?{query}")
    assert answer.status_code == status and answer.mimetype == "application/problem+json", answer.text


@pytest.mark.parametrize(
    ("path", "number"),
    [("/01/09506000134352/10/L-1", "L-1"), ("/01/9506000134352/10/L-1", "L-1"),
     ("/01/09506000134352/10/4%2F0874", "4/0874"), ("/lot/chenghe/AMX/%E6%89%B9%201", "批 1"),
     (f"/verify?lot={URI}L-1", "L-1")],
)  # fmt: skip
def test_the_digital_link_of_a_lot_leads_to_its_page(client: FlaskClient, path: str, number: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200 and f'<p class="lot">{number}</p>' in answer.text
    assert 'data-lot="https://' in answer.text and "data:image/svg+xml" in answer.text


@pytest.mark.parametrize(
    "path", ["/verify?lot=%3Cscript%3E", "/01/123/10/L", "/01/09506000134353/10/L", "/01/09506000134352/10/%E6%89%B9",
             "/lot/a/b/c/d/%2e%2e", "/verify?lot=https://id.gs1.org/01/09506000134352/10/%00"],
)  # fmt: skip
def test_what_names_no_lot_is_said_so(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    wrong = 400 if path.startswith(("/01/", "/lot/")) else 422  # a link that is none, a question that is none
    assert answer.status_code in (200, wrong) and "<script>" not in answer.text
    assert (answer.status_code == wrong) == ('role="alert">This is not the name of a lot' in answer.text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_server_ticks_nothing_and_fetches_nothing_from_elsewhere(client: FlaskClient, lang: str) -> None:
    answer = client.get(f"/01/09506000134352/10/L-1?lang={lang}")
    page, policy = answer.text, answer.headers["Content-Security-Policy"]
    assert page.count('data-state="open"') == 9 and 'data-state="yes"' not in page and "\u2713" not in page
    assert verify_words.CATALOGUES[lang]["no_script"] in page
    assert "unsafe" not in policy and "default-src 'none'; script-src 'self'" in policy
    assert not re.findall(r"<script>|<style|style=| on\w+=", page)
    for address in re.findall(r'(?:src|href|data-worker)="([^"]+)"', page):
        assert address.startswith(("/", "data:image/svg+xml;base64,")), address
    assert "Set-Cookie" not in answer.headers


def test_the_whole_page_is_light(client: FlaskClient) -> None:
    page = client.get("/01/09506000134352/10/L-1?lang=zh", headers={"Accept-Encoding": "gzip"})
    sizes = [len(page.data)]
    for address in re.findall(r"/verify/[\w-]+\.(?:js|css)", decompress(page.data).decode()):
        plain, packed = client.get(address), client.get(address, headers={"Accept-Encoding": "gzip"})
        assert decompress(packed.data) == plain.data and "immutable" in packed.headers["Cache-Control"]
        sizes.append(len(packed.data))
    assert len(sizes) == 4 and sum(sizes) < BUDGET
    assert client.get("/verify/page-0000.js").status_code == 404


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_file_to_take_away_needs_nothing_but_itself(client: FlaskClient, lang: str) -> None:
    answer = client.get(f"/verify/offline.html?lang={lang}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="lotproof-verify.html"'
    assert not re.findall(r'(?:src|href)="', answer.text)
    assert len(compress(answer.data)) < BUDGET
    shown = re.search(r"<code>([0-9a-f]{64})</code>", client.get(f"/verify?lang={lang}").text)
    assert shown and shown[1] == assembled.digest(answer.text)


def test_the_modules_are_strictly_typed() -> None:
    """By their JSDoc; the compiler is one program, so no Node.js is asked for."""
    found = list((ROOT / "node_modules" / "@typescript").glob("typescript-*/lib/tsc"))
    if not found:
        pytest.skip("NO TYPESCRIPT: expected the npm package typescript for this machine")
    modules = [str(path) for path in sorted(assembled.MODULES.glob("*.js"))]
    done = subprocess.run([found[0], *STRICT, *modules], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def test_the_modules_are_small_and_depend_on_nothing() -> None:
    for path in assembled.MODULES.glob("*.js"):
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= 300, path.name
        assert set(re.findall(r'from "([^"]+)"', text)) <= {f"./{each.name}" for each in assembled.MODULES.glob("*.js")}
        assert not re.findall(r"\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write", text)

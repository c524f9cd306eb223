"""A lot shown by a link: as much as its party chose, no more than it sees itself, and everything still verifies."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import zxingcpp
from flask.testing import FlaskClient

from service.proof.fields import GROUPS, PROFILES, fields_of, selected
from service.web import words
from tests.service.api.conftest import Caller, Chain, receive
from tests.service.api.test_proof import URI, accepted, checked, disclosed, hand_over, proof_of
from verifier.disclosure import disclose
from verifier.entry import MOVEMENT
from verifier.statement import read, split

pytestmark = pytest.mark.usefixtures("sequencing")


def share(caller: Caller, lot: str, expect: int = 201, **changes: Any) -> Any:
    return caller.post("/shares", {"id": str(uuid4()), "lot": URI + lot, "label": "for a test"} | changes, expect)


def fetched(client: FlaskClient, made: Any, expect: int = 200) -> Any:
    answer = client.get(made["url"].removeprefix("https://log.example.com") + "/proof")
    assert answer.status_code == expect, answer.text
    return answer.get_json()


def names(file: Any) -> set[str]:
    return {entry[1] for item in file["history"] for entry in disclosed(item["statement"]) if len(entry) == 3}


@pytest.fixture(scope="module")
def story(maker: Caller, trader: Caller, chain: Chain) -> str:
    """A lot with a customer, a supplier, quantities and a neighbour that nobody is to see."""
    hand_over(maker, trader, "SH1")
    both = receive("SH2")
    both["lines"].append({**both["lines"][0], "lot": "SH2-OTHER", "quantity": "77"})
    maker.post("/movements", both)
    line = {"item": "AMX", "lot": "SH2", "quantity": "3"}
    maker.post("/movements", {"id": str(uuid4()), "type": "ship", "from": "SX/A-01", "lines": [line],
                              "customer": "SECRET-CUSTOMER",
                              "documents": [{"type": "inv", "id": "SECRET-INVOICE"}]})  # fmt: skip
    chain.anchor()
    return "SH2"


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_verifies_and_shows_what_it_says(
    story: str, maker: Caller, chain: Chain, client: FlaskClient, profile: str
) -> None:
    file = fetched(client, share(maker, story, profile=profile))
    assert accepted(checked(maker, chain, file))
    seen = json.dumps([disclosed(item["statement"]) for item in file["history"]])
    assert ("SECRET-CUSTOMER" in seen) == ("names" in PROFILES[profile])
    assert ("SECRET-INVOICE" in seen) == ("documents" in PROFILES[profile])
    assert ("SH2-OTHER" in seen) == ("rest" in PROFILES[profile])
    assert ("quantityList" in names(file)) == ("quantities" in PROFILES[profile])
    assert names(file) >= {"type", "bizStep", "eventTime", "disposition"}


def test_groups_are_shown_and_hidden_one_by_one(story: str, maker: Caller, chain: Chain, client: FlaskClient) -> None:
    made = share(maker, story, profile="regulator", hide=["names", "quantities", "rest"])
    assert made["hidden"] == ["quantities", "names", "rest"]
    file = fetched(client, made)
    assert accepted(checked(maker, chain, file))
    assert not names(file) & {"lotproof:customer", "lotproof:supplier", "quantityList", "lotproof:journal"}
    more = share(maker, story, show=["quantities"])
    assert more["shown"] == ["state", "lot", "quantities"]
    shown = [entry for item in fetched(client, more)["history"] for entry in disclosed(item["statement"])]
    quantities = [entry[1]["quantity"] for entry in shown if len(entry) == 2 and isinstance(entry[1], dict)]
    assert quantities == [100, 3]


def test_nobody_shows_more_than_he_sees_nor_what_is_not_his(
    maker: Caller, trader: Caller, outsider: Caller, client: FlaskClient, story: str
) -> None:
    theirs = fetched(client, share(trader, "SH1", profile="internal"))
    own = proof_of(trader, URI + "SH1")
    assert theirs["history"] == own["history"]
    assert theirs["history"] != proof_of(maker, URI + "SH1")["history"]
    assert share(outsider, "SH1", 404)["type"].endswith("not-found")


def test_a_link_ends_and_expires_and_tells_nobody_which(
    maker: Caller, trader: Caller, client: FlaskClient, story: str
) -> None:
    made = share(maker, story)
    assert maker.send("DELETE", f"/shares/{made['id']}").get_json()["ended_at"]
    assert trader.send("DELETE", f"/shares/{made['id']}").status_code == 404
    ended = fetched(client, made, 404)
    never = fetched(client, {"url": "https://log.example.com/s/" + "A" * 43}, 404)
    badly = fetched(client, {"url": "https://log.example.com/s/x"}, 404)
    assert ended == never == badly and "leads nowhere" in ended["detail"]
    pages = [client.get(f"/s/{secret}?lang=zh") for secret in (made["url"].rsplit("/", 1)[-1], "A" * 43, "x")]
    assert {(each.status_code, each.headers["Cache-Control"], each.text) for each in pages} == {
        (404, "no-store", pages[0].text)} and words.ZH["shared_ended"] in pages[0].text  # fmt: skip
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    assert share(maker, story, 422, expires_at=past)["type"].endswith("expired")
    soon = share(maker, story, expires_at=(datetime.now(UTC) + timedelta(seconds=1)).isoformat())
    assert fetched(client, soon) and soon["id"] in {each["id"] for each in maker.get("/shares")["shares"]}
    import time

    time.sleep(1.1)
    fetched(client, soon, 404)


def test_the_link_is_shown_once_and_nothing_keeps_it(maker: Caller, client: FlaskClient, story: str) -> None:
    asked = {"id": str(uuid4()), "lot": URI + story, "label": "once"}
    made = maker.post("/shares", asked)
    assert maker.post("/shares", asked, 409)["type"].endswith("movement-id-taken")
    secret = made["url"].rsplit("/", 1)[-1]
    assert secret not in json.dumps(maker.get("/shares"))
    answer = client.get(f"/s/{secret}")
    assert answer.headers["Cache-Control"] == "no-store" and answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_says_what_is_hidden(maker: Caller, client: FlaskClient, story: str, language: str) -> None:
    made = share(maker, story)
    path = made["url"].removeprefix("https://log.example.com")
    text = client.get(f"{path}?lang={language}").text
    catalogue = words.ZH if language == "zh" else words.EN
    assert URI + story in text and f"{path}/proof" in text and f"lotproof-verify.pyz {story}.lotproof.json" in text
    assert text.count(f"<dd>{catalogue['shared_shown']}</dd>") == 2
    assert text.count(f"<dd>{catalogue['shared_hidden']}</dd>") == len(GROUPS) - 2
    assert all(f"group_{group}" in catalogue for group in GROUPS)


def test_the_qr_code_leads_to_the_link(maker: Caller, story: str) -> None:
    made = share(maker, story)
    assert made["qr"].startswith("<?xml") and "<svg" in made["qr"]
    drawn = zxingcpp.create_barcode(made["url"], zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    size = '" height="'.join(re.findall(r'viewBox="0 0 (\d+) (\d+)"', made["qr"])[0])
    assert re.sub(r' viewBox="[^"]*"', "", made["qr"]) == drawn.to_svg(add_quiet_zones=True)
    assert f'width="{size}"' in made["qr"]


def test_the_proof_itself_with_a_profile(maker: Caller, regulator: Caller, chain: Chain, story: str) -> None:
    for caller in (maker, regulator):
        file = caller.get(f"/lots/proof?lot={URI}{story}&profile=public")
        assert accepted(checked(caller, chain, file)) and "quantityList" not in names(file)


def test_any_choice_of_groups_leaves_a_statement_that_the_verifier_reads(
    maker: Caller, story: str, chain: Chain
) -> None:
    """No member is left without its list, whatever is hidden; what is not chosen is hidden, and counted."""
    for item in proof_of(maker, URI + story)["history"]:
        jwt, *texts = item["statement"].rstrip("~").split("~")
        statement = read(jwt, MOVEMENT, "log.example.com/lotproof")
        fields = fields_of(jwt, texts, URI + story)
        assert {field.text for field in fields} == set(texts)
        for number in range(2 ** len(GROUPS)):
            groups = {group for at, group in enumerate(GROUPS) if number >> at & 1}
            kept = selected(fields, groups)
            said = disclose(statement, split("~".join((jwt, *kept, ""))).disclosures, URI + story)
            assert (not said.hidden) == (len(kept) == len(texts)) or "rest" not in groups

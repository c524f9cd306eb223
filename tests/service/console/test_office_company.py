"""What a company does with others and with its own keys: handoffs line by line, partial releases, lots split and
merged, signing keys, API keys, webhooks, customers, reports."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest

from tests.service.api.conftest import Caller
from tests.service.console.cards import columns
from tests.service.console.test_acting import Console, at_console
from tests.service.console.test_pages import URI, page, text


@pytest.fixture(scope="module")
def desk(maker: Caller) -> dict[str, Console]:
    roles = {"li": ("quality",), "wu": ("quality",), "boss": ("supervisor", "operator"), "an": ("administrator",),
             "ben": ("administrator",), "auditor": ("auditor",)}  # fmt: skip
    return {name: at_console(maker, *each) for name, each in roles.items()}


def offered(maker: Caller, trader: Caller, lot: str, quantity: str) -> str:
    maker.receive(lot)
    offer = {"id": str(uuid4()), "type": "offer", "from": "SX/A-01", "to_party": trader.party,
             "lines": [{"item": "AMX", "lot": lot, "quantity": quantity}]}  # fmt: skip
    maker.post("/movements", offer)
    return str(offer["id"])


def test_a_part_is_accepted_a_part_refused_and_the_rest_is_settled(
    maker: Caller, trader: Caller, desk: dict[str, Console]
) -> None:
    id = offered(maker, trader, "HO-1", "10")
    clerk = at_console(trader, "operator")
    action = f"/console/handoffs/{id}/accept-lines"
    fields = {"to": "SX/A-02", "accepted-1": "6", "refused-1": "1", "reason": "three are not there"}
    clerk.fill("/console/handoffs", action, **fields)
    shown = text(desk["boss"].look("/console/handoffs"))
    assert "missing 3 EA" in shown and "refused 1 EA" in shown
    desk["boss"].fill("/console/handoffs", f"/console/handoffs/{id}/settle", reason="lost on the road")
    assert maker.get("/handoffs?disputed=settled")["handoffs"][0]["lines"][0]["outcome"] == "lost"


def test_an_offer_that_nobody_answered_is_taken_back(maker: Caller, trader: Caller, desk: dict[str, Console]) -> None:
    id = offered(maker, trader, "HO-2", "10")
    desk["boss"].fill("/console/handoffs", f"/console/handoffs/{id}/withdraw", reason="wrong lot")
    assert maker.get("/handoffs?state=withdrawn")["handoffs"][0]["id"] == id


def test_goods_are_released_in_part(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("PR-1", "100")
    case = {"id": str(uuid4()), "cause": "damaged", "words": "x", "by": "u", "item": "AMX", "lot": "PR-1"}
    maker.post("/quarantine-cases", case)
    page, li, wu = f"/console/cases/{case['id']}", desk["li"], desk["wu"]
    li.fill(page, f"{page}/review", words="looking")
    li.fill(page, f"{page}/decide", ruling="partial_release", reason="60 are dry", **{"quantity-1": "60"})
    for who in (li, wu):
        who.fill(page, f"{page}/sign", decision="approve", meaning="seen")
    stock = {row["status"]: row["quantity"] for row in maker.get("/stock?lot=PR-1")["stock"]}
    assert stock == {"available": "60", "hold": "40"}


def test_a_lot_is_split_merged_and_handed_over(maker: Caller, trader: Caller, desk: dict[str, Console]) -> None:
    maker.receive("SP-1", "100")
    boss, work = desk["boss"], f"/console/lot/work?uri={URI}SP-1"
    place = {"place": "SX/A-01 available"}
    fields = {"lot-1": "SP-1a", "quantity-1": "30", "lot-2": "SP-1b", "quantity-2": "20"}
    boss.fill(work, "/console/lot/split", **place, **fields)
    boss.fill(work, "/console/lot/merge", **place, **{"quantity-1": "10", "lot-2": "SP-1b", "quantity-2": "20"},
              into="SP-2")  # fmt: skip
    assert {row["lot"]: row["quantity"] for row in maker.get("/stock?item=AMX")["stock"] if row["lot"][:2] == "SP"} == {
        "SP-1": "40", "SP-1a": "30", "SP-2": "30"}
    boss.fill(work, "/console/lot/offer", **place, to_party=trader.party, quantity="5")
    assert maker.get("/handoffs?state=offered")["handoffs"][0]["lines"][0]["lot"] == "SP-1"


def test_a_signing_key_is_replaced_by_two_persons(maker: Caller, desk: dict[str, Console]) -> None:
    an, ben = desk["an"], desk["ben"]
    before = maker.get("/signing-keys")["sets"][0]["keys"]
    an.fill("/console/keys", "/console/keys", kept_here="new", reason="yearly")
    id = maker.get("/signing-key-changes")["changes"][0]["id"]
    assert f"/console/keys/{id}/approve" not in an.forms("/console/keys"), "nobody approves what he asked for"
    ben.fill("/console/keys", f"/console/keys/{id}/approve", words="as planned")
    assert maker.get("/signing-keys")["sets"][0]["keys"] != before
    an.fill("/console/keys", "/console/keys", kept_here="new", reason="once more")
    id = maker.get("/signing-key-changes")["changes"][0]["id"]
    an.fill("/console/keys", f"/console/keys/{id}/withdraw")
    assert "withdrawn" in text(ben.look("/console/keys"))


def test_a_key_of_the_company_is_shown_once_replaced_and_revoked(maker: Caller, desk: dict[str, Console]) -> None:
    an = desk["an"]
    made = text(an.fill("/console/access", "/console/access/keys", 200, label="erp"))
    key = made.partition("shown this once: ")[2].split()[0]
    assert Caller(maker.client, key).get("/items")
    assert key not in an.look("/console/access").get_data(as_text=True)
    id = next(each["id"] for each in maker.get("/api-keys")["api_keys"] if each["label"] == "erp")
    assert "shown this once" in text(an.fill("/console/access", f"/console/access/keys/{id}/rotate", 200))
    an.fill("/console/access", f"/console/access/keys/{id}/revoke")
    assert Caller(maker.client, key).send("GET", "/items").status_code == 401


def test_a_webhook_is_added_watched_and_removed(maker: Caller, desk: dict[str, Console]) -> None:
    an = desk["an"]
    fields = {"url": "http://127.0.0.1:9/hook", "type-ship": "yes", "type-sensors": "yes"}
    assert "shown this once" in text(an.fill("/console/access", "/console/access/webhooks", 200, **fields))
    id = maker.get("/webhooks")["webhooks"][0]["id"]
    assert maker.get("/webhooks")["webhooks"][0]["types"] == ["ship", "sensors"]
    assert "alarms of sensors" in text(an.look("/console/access"))
    assert an.look(f"/console/access/webhooks/{id}").status_code == 200
    an.fill("/console/access", f"/console/access/webhooks/{id}/remove")
    assert maker.get("/webhooks")["webhooks"] == []


def test_an_auditor_looks_and_is_offered_nothing(desk: dict[str, Console]) -> None:
    auditor = desk["auditor"]
    for path in ("/console/keys", "/console/access"):
        assert list(auditor.forms(path)) == [], path
    assert desk["boss"].look("/console/access").status_code == 403


def test_customers_are_added_with_what_they_want(maker: Caller, desk: dict[str, Console]) -> None:
    desk["an"].fill("/console/parties", "/console/parties/customers", code="APO", name="Apotheke", min_days_left="90",
                    issue_policy="FIFO")  # fmt: skip
    assert maker.get("/customers")["customers"][0]["min_days_left"] == 90
    assert "Apotheke" in text(desk["an"].look("/console/parties"))


@pytest.mark.parametrize("name", ["stock", "turnover", "ageing", "expiry", "quarantine", "history"])
def test_each_report_shows_what_its_answer_has_and_leads_to_the_files(maker: Caller, name: str) -> None:
    if not maker.get("/lots?lot=REP-1")["lots"]:
        line = {"item": "AMX", "lot": "REP-1", "quantity": "7", "expiry_date": "2020-01-01"}
        maker.receive("REP-1", lines=[line])
        maker.post("/movements", {"id": str(uuid4()), "type": "hold", "at": "SX/A-01", "reason": "x",
                                  "lines": [{"item": "AMX", "lot": "REP-1", "quantity": "2"}]})  # fmt: skip
    asked = {"lot": URI + "REP-1"} if name == "history" else {"item": "AMX"}
    shown = page(maker, f"reports/{name}", **asked)
    body = shown.get_data(as_text=True)
    assert "as of 20" in text(shown) and "REP-1" in text(shown)
    for form in ("csv", "xlsx", "pdf"):
        assert f"format={form}" in body
    zh = text(page(maker, f"reports/{name}", lang="zh", **asked))
    assert "截至" in zh
    for row in columns(body):
        assert all(row), row


def test_the_integrity_report_reads_the_ledger_only_when_asked(maker: Caller) -> None:
    assert "contradicts" not in text(page(maker, "reports/integrity"))
    assert "Nothing contradicts anything" in text(page(maker, "reports/integrity", run="yes"))
    assert page(maker, "reports/nosuch").status_code == 404
    bad: Any = page(maker, "reports/expiry", days="x")
    assert bad.status_code == 422 and 'role="alert"' in bad.get_data(as_text=True)


def test_a_recall_is_rehearsed_and_a_notice_acknowledged(
    maker: Caller, trader: Caller, desk: dict[str, Console]
) -> None:
    id = offered(maker, trader, "RC-1", "10")
    clerk, boss = at_console(trader, "operator"), at_console(trader, "supervisor")
    clerk.fill("/console/handoffs", f"/console/handoffs/{id}/accept", to="SX/A-02")
    shown = text(desk["li"].fill(f"/console/lot?uri={URI}RC-1", "/console/lot/drill", 200))
    assert "Found in" in shown and trader.party in shown and "90 EA" in shown
    assert maker.get("/recalls")["recalls"] == [], "nothing was stopped"
    body = {"id": str(uuid4()), "item": "AMX", "lot": "RC-1", "reason": "glass", "class": "I", "by": "u-1"}
    maker.post("/recalls", body)
    notice = trader.get("/notices?open=true")["notices"][0]["id"]
    assert f"/console/notices/{notice}/acknowledge" not in clerk.forms("/console/recalls")
    boss.fill("/console/recalls", f"/console/notices/{notice}/acknowledge")
    assert trader.get("/notices?open=true")["notices"] == [] and boss.person in text(boss.look("/console/recalls"))


def test_the_records_that_laws_ask_for_are_offered_as_files(maker: Caller) -> None:
    """Every address on the page answers with a file."""
    maker.receive("LAW-1")
    body = page(maker, "reports").get_data(as_text=True) + page(maker, "lot", uri=URI + "LAW-1").get_data(as_text=True)
    addresses = [unescape(each) for each in re.findall(r'href="(/api/v1/records/[^"]+)"', body)]
    assert len(addresses) > 5
    for address in addresses:
        answer = maker.send("GET", address.removeprefix("/api/v1"))
        assert answer.status_code == 200 and answer.headers["Content-Disposition"].startswith("attachment"), address

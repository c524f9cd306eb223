"""The pages of the console as somebody opens them: what they show, in both languages, and to whom."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

import service.console
from service.console.words import W
from service.domain.commands import COMMANDS
from tests.service.api.conftest import Caller
from tests.service.api.test_cases import decided, opened
from tests.service.api.test_people import person

URI = "https://id.gs1.org/01/09506000210018/10/"
FLOOR = ("scan", "receive", "floor/move", "floor/pick", "floor/handoffs", "floor/offer", "floor/count", "floor/hold",
         "floor/label", "floor/device")  # fmt: skip
PAGES = (
    "", *FLOOR, "lots", "quality", "expiry", "handoffs", "recalls", "trail", "ledger", "orders",
    "orders/new", "counts", "counts/new", "reports", "reports/stock", "reports/turnover", "reports/ageing",
    "reports/expiry", "reports/quarantine", "reports/history", "numbers", "imports", "parties", "keys", "access",
    "figures", "labels/places", "sensors",
)  # fmt: skip
FAMILIES = (
    "act", "goods", "record", "case", "type", "role", "cause", "ruling", "done", "meaning", "handoff", "where", "okind",
    "ostate", "orole", "policy", "psource", "cabout", "cstate", "status", "reset", "per", "ikind", "istate", "code",
    "report", "ask", "by", "kept", "kstate", "hstate",
    "sstate", "span", "tkind", "tfield", "lof", "kind", "picture", "audit", "direction", "anchor", "figure",
    "outcome", "finding", "problem", "short", "device", "receive", "pick", "floor",
)  # fmt: skip
"""Of words whose last part is a value."""
ROOM = Path(service.console.__file__).parent


def page(caller: Caller, path: str = "", **query: str) -> TestResponse:
    headers = {"Authorization": f"Bearer {caller.key}"} if caller.key else {}
    browser = caller.client.application.test_client(use_cookies=False)
    return browser.get(f"/console/{path}", headers=headers, query_string=query)


def text(answer: TestResponse) -> str:
    """What a person reads: without tags and what is for scripts, white space folded."""
    assert answer.status_code == 200, answer.get_data(as_text=True)[:2000]
    return re.sub(r"\s+", " ", re.sub(r"<script.*?</script>|<[^>]+>", " ", answer.get_data(as_text=True), flags=re.S))


@pytest.mark.parametrize("path", PAGES)
def test_an_empty_house_says_so_in_both_languages(trader: Caller, path: str) -> None:
    english, chinese = text(page(trader, path)), text(page(trader, path, lang="zh"))
    assert english != chinese and re.search("[一-鿿]", chinese)
    assert "{}" not in english + chinese, "a value was not set in"


@pytest.mark.parametrize("path", PAGES)
def test_who_is_not_signed_in_is_led_to_the_door(trader: Caller, path: str) -> None:
    answer = page(Caller(trader.client, None), path)
    assert answer.status_code == 302 and answer.headers["Location"].endswith(f"/sign-in?next=/console/{path}")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_but_our_own_is_loaded_and_nothing_is_kept(trader: Caller, path: str) -> None:
    answer = page(trader, path)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.get_data(as_text=True)
    assert not re.search(r"(src|href)=\"(https?:)?//", body) and " style=" not in body and " onclick=" not in body


def test_every_word_that_a_page_asks_for_is_there_and_every_word_is_asked_for() -> None:
    asked: set[str] = set()
    for file in (*ROOM.glob("templates/console/*.html"), *ROOM.rglob("*.py"), *ROOM.glob("static/floor/**/*.js")):
        if not file.name.startswith("words"):
            asked |= set(re.findall(r"['\"]([a-z_]+(?:\.[a-z_]+)*)['\"]", file.read_text("utf-8")))
    families = tuple(f"{name}." for name in FAMILIES)
    assert {key for key in W if not key.startswith(families)} <= asked
    assert {key for key in asked if "." in key and key.split(".")[0] + "." in {k.split(".")[0] + "." for k in W}
            and not key.endswith((".html", ".css", ".svg", ".js", ".py"))
            and not key.startswith("console.")} <= W.keys()


def test_each_movement_has_a_word() -> None:
    assert {f"type.{name}" for name in COMMANDS} <= W.keys()


def test_a_lots_page_says_how_the_goods_stand_and_how_the_record_stands(maker: Caller) -> None:
    maker.receive("P-1", "100")
    maker.post("/movements", {"id": str(uuid4()), "type": "split", "at": "SX/A-01", "item": "AMX", "lot": "P-1",
                              "outputs": [{"lot": "P-1a", "quantity": "40"}]})  # fmt: skip
    shown = text(page(maker, "lot", uri=URI + "P-1"))
    assert "Released" in shown and "recorded" in shown and "60 EA" in shown and "2099-12-31" in shown
    assert "P-1a" in shown and 'class="itself"' in page(maker, "lot", uri=URI + "P-1").get_data(as_text=True)
    opened(maker, item="AMX", lot="P-1a")
    assert "On hold" in text(page(maker, "lot", uri=URI + "P-1a"))
    assert "待定" in text(page(maker, "lot", uri=URI + "P-1a", lang="zh"))


def test_a_lot_of_another_is_not_there(maker: Caller, outsider: Caller) -> None:
    maker.receive("P-2")
    assert page(outsider, "lot", uri=URI + "P-2").status_code == 404
    assert page(outsider, "lot").status_code == 404


@pytest.mark.parametrize("typed", ["ＬＯＯＫ-1", "LO0K-1", "LOOK-I", " look-1 "])
def test_the_search_forgives_what_hands_and_input_methods_do(maker: Caller, typed: str) -> None:
    if not maker.get("/lots?lot=LOOK-1")["lots"]:
        maker.receive("LOOK-1")
    shown = text(page(maker, "lots", search=typed))
    assert "LOOK-1" in shown and ("easily confused" in shown) == (typed in ("LO0K-1", "LOOK-I"))


def test_the_overview_counts_what_the_lists_hold(maker: Caller) -> None:
    maker.receive("OLD", "5", lines=[{"item": "AMX", "lot": "OLD", "quantity": "5", "expiry_date": "2020-01-01"}])
    case = opened(maker, item="AMX", lot="OLD")
    seen = maker.get("/overview")
    assert seen["expiring"]["expired"] >= 1 and seen["quarantine"]["lots"] >= 1
    assert seen["cases"]["open"] == len(maker.get("/quarantine-cases")["cases"])
    decided(maker, case, "release")
    assert maker.get("/overview")["cases"]["to_approve"] == seen["cases"]["to_approve"] + 1
    assert str(seen["cases"]["open"]) in text(page(maker))


def test_a_case_shows_what_is_signed_and_who_signed(maker: Caller) -> None:
    maker.receive("Q-9")
    case = decided(maker, opened(maker, item="AMX", lot="Q-9"), "release")
    shown = text(page(maker, f"cases/{case['id']}"))
    assert case["shown"] in shown and "release" in shown and "Q-9" in shown
    assert "Wet cartons" in text(page(maker, "quality"))


def test_a_page_offers_what_a_role_may_see(maker: Caller) -> None:
    clerk, auditor = person(maker, ("operator", "SX")), person(maker, ("auditor", None))
    assert "Audit trail" not in text(page(clerk)) and "Audit trail" in text(page(auditor))
    assert page(clerk, "trail").status_code == 403


def test_refusals_stand_under_the_trail_those_that_were_only_counted_too(
    maker: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.people.refusals.MOST_OF_ONE", 1)
    clerk = person(maker, ("operator", "SX"))
    for _ in range(3):
        page(clerk, "trail")
    shown, chinese = text(page(maker, "trail")), text(page(maker, "trail", lang="zh"))
    assert "Refused lately" in shown and "expected the role administrator or auditor" in shown
    assert "list_changes forbidden 1 2" in " ".join(shown.split()) and "您无权这样做 1 2" in " ".join(chinese.split())
    quality = person(maker, ("quality", None))
    assert "Refused lately" not in text(page(quality, "trail"))


def test_the_language_stays(maker: Caller) -> None:
    client: Any = maker.client.application.test_client()
    bearer = {"Authorization": f"Bearer {maker.key}"}
    client.get("/console/lots?lang=zh", headers=bearer)
    assert 'lang="zh-CN"' in client.get("/console/", headers=bearer).get_data(as_text=True)

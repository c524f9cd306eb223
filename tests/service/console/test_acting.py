"""What people do at the console: hold, decide, sign with a password, answer, recall; and what no form may do."""

import re
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.service.api.conftest import Caller
from tests.service.api.signing_in import PASSWORD, URL, Screen, at_work, invited
from tests.service.console.test_pages import URI, text


class Console(Screen):
    """A browser with a session, at the console."""

    def look(self, path: str) -> TestResponse:
        return self._open("GET", path)

    def fill(self, page: str, action: str, expect: int = 303, **fields: str) -> TestResponse:
        """Send the form of a page that leads to `action`, with what it carries hidden, signed if it asks for that."""
        hidden = self.forms(page)[action]
        signed = self.signed(asked) if (asked := hidden.pop("signs", "")) else {}
        return self.submit(hidden | signed | fields, action, expect)

    def submit(self, fields: dict[str, str], action: str, expect: int = 303, **headers: str) -> TestResponse:
        answer = self._open("POST", action, data=fields, headers={"Origin": URL, **headers})
        assert answer.status_code == expect, answer.get_data(as_text=True)[-3000:]
        return answer

    def forms(self, page: str) -> dict[str, dict[str, str]]:
        """By action, the hidden fields."""
        body = self.look(page).get_data(as_text=True)
        found = re.findall(r'<form method="post" action="([^"]+)"[^>]*>(.*?)</form>', body, re.S)
        return {unescape(action): _hidden(form) for action, form in found}

    def signed(self, form: str) -> dict[str, str]:
        """What a form asks for: the password each time, the code where the proof is not fresh."""
        return {"password": PASSWORD, **({"second_factor": self.code()} if "second_factor" in form else {})}

    def _open(self, method: str, path: str, **more: Any) -> TestResponse:
        return self.client.open(path, method=method, base_url=URL, environ_base={"REMOTE_ADDR": self.address}, **more)


@pytest.fixture(scope="module")
def desk(maker: Caller) -> dict[str, Console]:
    """Two of quality, who sign with a second factor; an operator of the floor."""
    roles = {"li": "quality", "wu": "quality", "floor": "operator", "office": "administrator"}
    return {name: at_console(maker, role) for name, role in roles.items()}


def at_console(company: Caller, *roles: str) -> Console:
    found = at_work(company.client.application, company, *roles)
    return Console(found.client, found.address, found.party, found.person, found.secret, found.step)


def lot_page(lot: str) -> str:
    return f"/console/lot?uri={URI}{lot}"


def test_a_lot_is_held_reviewed_decided_and_released_by_two_signatures(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("F-1")
    floor, li, wu = desk["floor"], desk["li"], desk["wu"]
    held = floor.fill(lot_page("F-1"), "/console/lot/hold", cause="damaged", words="Wet cartons")
    case = held.headers["Location"].partition("?")[0]
    assert "On hold" in text(li.look(case + "?done=hold"))
    assert maker.get("/lots?lot=F-1")["lots"][0]["goods_status"] == "hold"
    li.fill(case, f"{case}/review", words="looking")
    li.fill(case, f"{case}/find", words="two cartons wet, the rest dry")
    li.fill(case, f"{case}/decide", ruling="release", reason="as found")
    for who in (li, wu):
        who.fill(case, f"{case}/sign", decision="approve", meaning="I have read the findings")
    shown = text(floor.look(case))
    assert "closed" in shown and shown.count("I have read the findings") >= 2 and "password+totp" in shown
    assert "Released" in text(floor.look(lot_page("F-1")))
    assert maker.get("/lots?lot=F-1")["lots"][0]["goods_status"] == "available"


def test_nothing_is_signed_without_the_password_or_with_a_wrong_one(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("F-2")
    body = {"id": str(uuid4()), "cause": "suspect", "words": "x", "by": "u-1", "item": "AMX", "lot": "F-2"}
    maker.post("/quarantine-cases", body)
    case, fresh = f"/console/cases/{body['id']}", at_console(maker, "quality")
    fresh.fill(case, f"{case}/review", words="looking")
    said = {"ruling": "release", "reason": "x"}
    form = fresh.forms(case)[f"{case}/decide"]
    assert form.pop("signs")
    assert "signing act" in text_of(fresh.submit(form | said, f"{case}/decide", 401))
    fresh.prove()
    fresh.submit(form | said, f"{case}/decide", 401)
    fresh.submit(form | said | {"password": "wrong"}, f"{case}/decide", 401)
    fresh.submit(form | said | {"password": "wrong", "second_factor": fresh.code()}, f"{case}/decide", 401)
    assert maker.get(f"/quarantine-cases/{body['id']}")["state"] == "under_review"


def test_what_changed_since_it_was_shown_is_not_signed(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("F-3")
    li, wu = desk["li"], desk["wu"]
    body = {"id": str(uuid4()), "cause": "suspect", "words": "x", "by": "u-1", "item": "AMX", "lot": "F-3"}
    maker.post("/quarantine-cases", body)
    case = f"/console/cases/{body['id']}"
    li.fill(case, f"{case}/review", words="looking")
    li.fill(case, f"{case}/decide", ruling="release", reason="x")
    wu.prove()
    before = wu.forms(case)[f"{case}/sign"] | {"decision": "approve", "meaning": "m", "password": PASSWORD}
    li.fill(case, f"{case}/find", words="something new")
    assert wu.submit(before, f"{case}/sign", 409)


def test_goods_that_were_offered_are_taken_and_both_have_signed(maker: Caller, trader: Caller) -> None:
    maker.receive("F-4")
    clerk = at_console(trader, "operator")
    offer = {"id": str(uuid4()), "type": "offer", "from": "SX/A-01", "to_party": trader.party,
             "lines": [{"item": "AMX", "lot": "F-4", "quantity": "10"}]}  # fmt: skip
    maker.post("/movements", offer)
    assert "one-sided" in text(clerk.look("/console/handoffs"))
    clerk.fill("/console/handoffs", f"/console/handoffs/{offer['id']}/accept", to="SX/A-02")
    assert "signed by both" in text(clerk.look("/console/handoffs?done=accept"))
    mine, theirs = (caller.get("/handoffs?limit=1")["handoffs"][0] for caller in (maker, trader))
    assert mine["offered_at"] and theirs["answered_at"], "each its own movement; the other's may be hidden"


def test_a_recall_from_its_first_click_to_its_two_signatures(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("F-5")
    li, wu = desk["li"], desk["wu"]
    started = li.fill(lot_page("F-5"), "/console/lot/recall", reason="glass", **{"class": "I"})
    recall = started.headers["Location"].partition("?")[0]
    assert "Recalled" in text(li.look(recall)) and "Recalled" in text(li.look(lot_page("F-5")))
    li.fill(recall, f"{recall}/lift", decision="approve", words="no glass")
    id = recall.rpartition("/")[2]
    assert maker.get(f"/recalls/{id}")["in_force"]
    wu.fill(recall, f"{recall}/lift", decision="approve", words="I agree")
    assert maker.get(f"/recalls/{id}")["lifted_by"] == sorted([li.person, wu.person])
    assert "over, 20" in text(wu.look(recall)) and "“I agree”" in text(wu.look(recall))


def test_a_person_is_added_invited_and_sent_away(maker: Caller, desk: dict[str, Console]) -> None:
    office = desk["office"]
    office.fill("/console/people", "/console/people/add", code="new-1", name="Zhang San", role="operator", site="SX")
    shown = office.fill("/console/people", "/console/people/new-1/invite", 200)
    assert "/invitation/" in text(shown)
    office.fill("/console/people", "/console/people/new-1/end", reason="left")
    assert "Zhang San" in text(office.look("/console/people")) and "ended" in text(office.look("/console/people"))


def test_the_audit_trail_is_reviewed_with_a_signature(maker: Caller, desk: dict[str, Console]) -> None:
    li = desk["li"]
    li.fill("/console/trail", "/console/trail/review", words="nothing odd")
    reviewed = maker.get("/changes?limit=1000")["changes"][0]["reviewed_by"]
    assert [(each["person"], each["words"]) for each in reviewed] == [(li.person, "nothing odd")]
    assert f"{li.person}, 20" in text(desk["wu"].look("/console/trail"))


@pytest.mark.parametrize("lie", [
    {"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
])  # fmt: skip
def test_a_form_of_another_site_does_nothing(maker: Caller, desk: dict[str, Console], lie: dict[str, str]) -> None:
    lot = f"X-{uuid4().hex[:6]}"
    maker.receive(lot)
    fields = desk["floor"].forms(lot_page(lot))["/console/lot/hold"] | {"cause": "other", "words": "x"}
    desk["floor"].submit(fields, "/console/lot/hold", 403, **lie)
    assert maker.get(f"/quarantine-cases?lot={URI}{lot}")["cases"] == []


def test_a_form_without_this_browsers_token_does_nothing(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("F-6")
    fields = desk["floor"].forms(lot_page("F-6"))["/console/lot/hold"] | {"cause": "other", "words": "x"}
    for csrf in ("", "x", desk["li"].forms(lot_page("F-6"))["/console/lot/hold"]["csrf"]):
        desk["floor"].submit({**fields, "csrf": csrf}, "/console/lot/hold", 403)


def test_who_has_not_given_the_second_factor_yet_sees_nothing(maker: Caller) -> None:
    code, secret = invited(maker, "quality")
    half = Console(maker.client.application.test_client(), party=maker.party, person=code)
    half.post("/invitations/accept", {"secret": secret, "password": PASSWORD}, 200)
    half.sign_in()
    assert half.look("/console/lots").status_code == 302
    before = maker.get("/quarantine-cases?limit=1000")
    maker.receive("F-8")
    said = {"item": "AMX", "lot": "F-8", "cause": "other", "words": "x"}
    assert "/sign-in" in half.submit(said, "/console/lot/hold", 303).headers["Location"]
    assert maker.get("/quarantine-cases?limit=1000") == before


def _hidden(form: str) -> dict[str, str]:
    """What a form carries, and under `signs` whether it asks for a password."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {name: unescape(value) for name, value in fields} | ({"signs": form} if 'name="password"' in form else {})


def text_of(answer: TestResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


@pytest.mark.parametrize("separator", ["\x1d", "<GS>", "{GS}", "\u241d", "^]"])
def test_a_label_fills_in_what_it_says_however_the_scanner_spells_the_separator(
    desk: dict[str, Console], separator: str
) -> None:
    floor, lot = desk["floor"], f"G{uuid4().hex[:6].upper()}"
    code = f"]d201095060002100181728123110{lot}{separator}3025"
    shown = floor.fill("/console/receive", "/console/receive/scan", 200, code=code)
    body = shown.get_data(as_text=True)
    for name, value in (("lot", lot), ("expiry_date", "2028-12-31"), ("quantity", "25")):
        assert re.search(rf'name="{name}"[^>]*value="{value}"', body), name
    form = body.partition('action="/console/receive"')[2]
    fields = dict(re.findall(r'<input type="hidden" name="(csrf|id)" value="([^"]*)">', form))
    asked = {"item": "AMX", "lot": lot, "quantity": "25", "expiry_date": "2028-12-31", "production_date": "2026-01-01",
             "supplier": "Acme", "to": "SX/A-01"}  # fmt: skip
    done = floor.submit(fields | asked, "/console/receive")
    assert "Received" in text(floor.look(done.headers["Location"]))
    again = floor.submit(fields | asked, "/console/receive")
    assert again.headers["Location"] == done.headers["Location"], "sent twice, received once"


def test_goods_are_scanned_and_put_away(maker: Caller, desk: dict[str, Console]) -> None:
    maker.receive("F-7", "30")
    floor = desk["floor"]
    found = floor.fill("/console/scan", "/console/scan", code="F-7").headers["Location"]
    page = found.replace(URL, "")
    floor.fill(page, "/console/scan/move", quantity="12", to="SX/A-02")
    shown = text(floor.look(page))
    assert "12 EA" in shown and "18 EA" in shown


def test_a_scan_that_says_nothing_here_says_what_to_do(desk: dict[str, Console]) -> None:
    shown = text(desk["floor"].fill("/console/scan", "/console/scan", 200, code="NOSUCHTHING"))
    assert "Scanned" in shown and "Do:" in shown

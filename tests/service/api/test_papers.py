"""Papers over HTTP, on the real database: the same facts, the same refusals and the same readers as the JSON."""

from typing import Any
from uuid import uuid4

import pytest

from service.api import picking
from tests.service.api.conftest import Caller, Chain, furnished
from tests.service.api.test_cases import approve, decided, opened, path
from tests.service.api.test_orders import arriving, day, order, picked, scan, stocked, want
from tests.service.papers.reader import codes_of, faults, pages_of, text_of


@pytest.fixture(scope="module")
def clerk(operator: Caller) -> Caller:
    caller = furnished(operator, "clerk")
    caller.post("/locations", {"site": "SX", "code": "DOCK", "kind": "dock"})
    caller.post("/items", {"code": "IBU", "name": "布洛芬缓释胶囊", "spec": "0.3g×20粒", "gtin": "09506000134352",
                           "unit": "EA", "storage_min": "2", "storage_max": "8.5"})  # fmt: skip
    caller.post("/customers", {"code": "APO", "name": "江苏通渠医药有限公司"})
    return caller


def paper(caller: Caller, address: str, **headers: str) -> bytes:
    answer = caller.send("GET", address, **headers)
    assert (answer.status_code, answer.content_type) == (200, "application/pdf"), answer.get_data(as_text=True)[:500]
    assert answer.headers["Vary"] == "Accept-Language"
    return answer.get_data()  # type: ignore[no-any-return]


def shipped(caller: Caller, sale: dict[str, Any]) -> Any:
    picked(caller, sale)
    return caller.post(f"/orders/{sale['id']}/ship", {"id": str(uuid4())})


def test_a_slip_goes_with_the_goods_and_its_codes_are_what_the_answer_says(clerk: Caller) -> None:
    stocked(clerk, "P-1", "30", item="IBU", days=200)
    stocked(clerk, "P-2", "30", item="IBU", days=300)
    sale = order(clerk, "sales", "SO/1 号", want("40", "IBU"), customer="APO")
    shipped(clerk, sale)
    address = f"/orders/{sale['id']}/slip"
    told = clerk.get(address)
    assert (told["lines"][0]["spec"], told["lines"][0]["storage_min"], told["lines"][0]["storage_max"]) == (
        "0.3g×20粒", "2.0", "8.5")
    pdf = paper(clerk, address + "?format=pdf")
    assert pdf == paper(clerk, address + "?format=pdf&lang=en")
    assert codes_of(pdf) == [("]d2", line["elements"]) for line in told["lines"]]
    text = text_of(pdf)
    for said in ("Outboundslip", "SO/1号", "Partyclerk", "江苏通渠医药有限公司", "布洛芬缓释胶囊", "0.3g×20粒",
                 "2.0–8.5°C", "P-1", f"expires{day(200)}", "30EA", "10EA", told["lines"][0]["readable"]):  # fmt: skip
        assert said in text, said
    assert "随货同行单" in text_of(paper(clerk, address + "?format=pdf&lang=zh"))
    assert "随货同行单" in text_of(paper(clerk, address + "?format=pdf", **{"Accept-Language": "zh-CN,en;q=0.5"}))
    named = clerk.send("GET", address + "?format=pdf").headers["Content-Disposition"]
    assert named == 'attachment; filename="lotproof-slip-SO_1_.pdf"'
    movement = told["lines"][0]["movement"]
    assert paper(clerk, f"{address}?format=pdf&movement={movement}") == pdf


def test_a_slip_that_would_leave_lines_out_is_refused(clerk: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    stocked(clerk, "F-1", "1", item="IBU")
    sale = order(clerk, "sales", "SO-F", want("1", "IBU", lot="F-1"), customer="APO")
    shipped(clerk, sale)
    monkeypatch.setattr(picking, "MOST", 1)
    for how in ("", "?format=pdf"):
        answer = clerk.send("GET", f"/orders/{sale['id']}/slip{how}")
        assert (answer.status_code, answer.get_json()["type"]) == (422, "urn:lotproof:problem:too-many-rows")


def test_an_offer_to_a_party_has_a_slip_too_with_the_codes_of_both(clerk: Caller, operator: Caller) -> None:
    operator.post("/parties", {"id": "buyer", "name": "Buyer", "gln": "9506000134376"})
    clerk.post("/customers", {"code": "BUY", "name": "Buyer Ltd", "party": "buyer"})
    stocked(clerk, "P-3", "5", item="IBU")
    sale = order(clerk, "sales", "SO-2", want("5", "IBU", lot="P-3"), customer="BUY")
    assert shipped(clerk, sale)["movement"]["type"] == "offer"
    assert "Codebuyer·GLN9506000134376" in text_of(paper(clerk, f"/orders/{sale['id']}/slip?format=pdf"))


def test_a_hundred_lots_are_on_the_slip_and_on_the_list_before(clerk: Caller) -> None:
    many = arriving("M-0", "1", item="IBU", days=90)
    many["lines"] = [many["lines"][0] | {"lot": f"M-{n:03}"} for n in range(100)]
    clerk.post("/movements", many)
    sale = order(clerk, "sales", "SO-100", want("100", "IBU"), customer="APO")
    clerk.post(f"/orders/{sale['id']}/allocate", {}, expect=200)
    walk = clerk.post(f"/orders/{sale['id']}/pick-list", {"to": "SX/DOCK"})
    stops = walk["lines"]
    listed = paper(clerk, f"/pick-lists/{walk['id']}?format=pdf")
    for stop in stops:
        clerk.post(f"/pick-lists/{walk['id']}/lines/{stop['line']}/confirm", scan(stop, stop["quantity"]))
    clerk.post(f"/orders/{sale['id']}/ship", {"id": str(uuid4())})
    slip = paper(clerk, f"/orders/{sale['id']}/slip?format=pdf&lang=zh")
    read, walked = text_of(slip), text_of(listed)
    assert all(stop["lot"] in read and stop["lot"] in walked for stop in stops)
    assert f"共{len(pages_of(slip))}页" in read and "共100行" in read
    assert len(codes_of(slip)) == 100 and faults(slip) == faults(listed) == []


def test_a_pick_list_on_paper_is_the_list_as_it_stands(clerk: Caller) -> None:
    stocked(clerk, "W-1", "10", item="IBU")
    sale = order(clerk, "sales", "SO-3", want("10", "IBU", lot="W-1"), customer="APO")
    clerk.post(f"/orders/{sale['id']}/allocate", {}, expect=200)
    walk = clerk.post(f"/orders/{sale['id']}/pick-list", {"to": "SX/DOCK"})
    assert walk["lines"][0]["name"] == "布洛芬缓释胶囊"
    address = f"/pick-lists/{walk['id']}?format=pdf"
    text = text_of(paper(clerk, address))
    assert all(said in text for said in ("Picklist", "SO-3", "W-1", "A-01", "10EA", "Stops:1,topick:1", walk["id"]))
    confirm = f"/pick-lists/{walk['id']}/lines/1/confirm"
    clerk.post(confirm, scan(walk["lines"][0], "4"))
    assert "已拣4，共10" in text_of(paper(clerk, address + "&lang=zh"))
    clerk.post(confirm, scan(walk["lines"][0], "5", short_reason="一盒破损"))
    assert "已结束：一盒破损" in text_of(paper(clerk, address + "&lang=zh"))


def test_a_paper_is_refused_as_its_answer_is(clerk: Caller, outsider: Caller, regulator: Caller) -> None:
    sale = order(clerk, "sales", "SO-4", want("1", "IBU"), customer="APO")
    slip = f"/orders/{sale['id']}/slip"
    empty = [clerk.send("GET", slip + how) for how in ("", "?format=pdf")]
    assert [answer.status_code for answer in empty] == [409, 409]
    assert empty[0].get_json() == empty[1].get_json()
    for address in (slip, f"/pick-lists/{uuid4()}", f"/movements/{uuid4()}/certificate",
                    f"/quarantine-cases/{uuid4()}/certificate"):  # fmt: skip
        for caller, status in ((outsider, 404), (regulator, 403)):
            answers = [caller.send("GET", address + how) for how in ("", "?format=pdf", "?format=pdf&lang=zh")]
            assert [answer.status_code for answer in answers] == [status] * 3, address
        assert clerk.send("GET", address + "?format=csv").status_code == 422
        assert clerk.send("GET", address + "?format=pdf&lang=de").status_code == 422


def destroyed(caller: Caller, lot: str, **more: Any) -> dict[str, Any]:
    """A movement that destroys ten of a new lot."""
    caller.receive(lot, "10")
    line = {"item": "AMX", "lot": lot, "quantity": "10"}
    body = {"id": str(uuid4()), "type": "destroy", "from": "SX/A-01", "lines": [line], "witnesses": ["w-1", "w-2"],
            "certificate": "DC-2026/7", "approved_by": ["u-1", "u-2"]} | more  # fmt: skip
    caller.post("/movements", body, Prefer="wait=0")
    return body


def test_the_certificate_of_a_movement_points_to_the_log_and_the_block(clerk: Caller, chain: Chain) -> None:
    moved = destroyed(clerk, "D-1", reason="Expired", event_time="2026-11-01T09:30:00+08:00")
    address = f"/movements/{moved['id']}/certificate"
    receipt = clerk.get(f"/movements/{moved['id']}/receipt")["receipts"][0]["receipt"]
    waiting = clerk.get(address)
    assert waiting["goods"][0]["record_status"] == "sequenced" and waiting["goods"][0]["index"] == receipt["index"]
    assert "notfinalyet" in text_of(paper(clerk, address + "?format=pdf"))
    chain.anchor()
    told = clerk.get(address)
    row, = told["goods"]
    assert (told["certificate"], told["witnesses"], told["approved_by"], told["reason"], told["case"]) == (
        "DC-2026/7", ["w-1", "w-2"], ["u-1", "u-2"], "Expired", None)
    assert (told["event_time"], told["party"]["id"]) == ("2026-11-01T09:30:00+08:00", "clerk")
    assert (row["lot"], row["location"], row["quantity"], row["record_status"]) == ("D-1", "SX/A-01", "10", "final")
    assert row["statement"] == clerk.get(f"/movements/{moved['id']}")["statement"] and row["block"] > 0
    pdf = paper(clerk, address + "?format=pdf")
    assert pdf == paper(clerk, address + "?format=pdf")
    for said in ("DC-2026/7", "u-1", "u-2", "w-1", "w-2", "10EA", moved["id"], row["statement"], str(row["block"]),
                 "2026-11-0109:30+08:00", "Expired", "log.example.com/lotproof", "final"):  # fmt: skip
        assert said in text_of(pdf), said
    assert codes_of(pdf) == [("]d1", f"ni:///sha-256;{row['statement']}")]


def test_only_what_destroyed_something_has_a_certificate_and_only_for_its_party(
    clerk: Caller, outsider: Caller
) -> None:
    got = clerk.receive("D-2", "10")
    moved = destroyed(clerk, "D-3")
    for how in ("", "?format=pdf"):
        assert clerk.send("GET", f"/movements/{got['id']}/certificate{how}").status_code == 404
        assert outsider.send("GET", f"/movements/{moved['id']}/certificate{how}").status_code == 404
    assert clerk.get(f"/movements/{moved['id']}/certificate")["event_time"] is None


def test_the_certificate_of_a_case_is_a_paper_too(clerk: Caller, outsider: Caller) -> None:
    clerk.receive("D-4", "12")
    case = opened(clerk, item="AMX", lot="D-4")
    clerk.post(path(case, "findings"), {"by": "u-lab", "words": "纸箱受潮", "measured": []}, 200)
    address = path(case, "certificate") + "?format=pdf"
    assert clerk.send("GET", address).status_code == 409
    case = decided(clerk, case, "destroy", witnesses=["w-1", "w-2"], certificate="DC-9")
    for person in ("u-2", "u-3"):
        approve(clerk, case, person)
    told = clerk.get(path(case, "certificate"))
    pdf = paper(clerk, address + "&lang=zh")
    for said in ("销毁证明", "DC-9", "破损", "纸箱受潮", "u-lab", "u-open", "u-quality", "u-2", "u-3", "w-2", "D-4",
                 "12EA", case["id"], told["goods"][0]["statement"]):  # fmt: skip
        assert said in text_of(pdf), said
    assert codes_of(pdf) == [("]d1", f"ni:///sha-256;{told['goods'][0]['statement']}")]
    assert outsider.send("GET", address).status_code == 404
    of_movement = clerk.get(f"/movements/{told['goods'][0]['movement']}/certificate")
    same = ("lot", "quantity", "location", "movement", "statement")
    assert of_movement["case"] == case["id"]
    assert [of_movement["goods"][0][name] for name in same] == [told["goods"][0][name] for name in same]

"""Handoffs and transfers as their two ends see them: accepted in part, missing, settled, withdrawn, expired."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.service.api.conftest import Caller


def offer(maker: Caller, lot: str, quantity: str, **more: Any) -> str:
    made = {"id": str(uuid4()), "type": "offer", "from": "SX/A-01", "to_party": "tongqu",
            "lines": [{"item": "AMX", "lot": lot, "quantity": quantity}]}  # fmt: skip
    maker.post("/movements", made | more)
    return str(made["id"])


def act(caller: Caller, type: str, expect: int = 201, **members: Any) -> Any:
    return caller.post("/movements", {"id": str(uuid4()), "type": type, **members}, expect)


def lines_of(caller: Caller, handoff: str) -> list[dict[str, Any]]:
    return next(each["lines"] for each in caller.get("/handoffs")["handoffs"] if each["id"] == handoff)


def stock_of(caller: Caller, lot: str) -> dict[tuple[str, str], str]:
    lines = caller.get(f"/stock?item=AMX&lot={lot}")["stock"]
    return {(line["location"], line["status"]): line["quantity"] for line in lines}


def test_part_is_accepted_part_goes_back_and_what_is_missing_has_an_owner(maker: Caller, trader: Caller) -> None:
    maker.receive("P1", "100")
    handoff = offer(maker, "P1", "60")
    act(trader, "accept", handoff=handoff, to="SX/A-01", lines=[{"line": 1, "accepted": "40", "refused": "15"}])
    assert stock_of(trader, "P1") == {("SX/A-01", "available"): "40"}
    assert stock_of(maker, "P1") == {("SX/A-01", "available"): "40", ("SX/A-01", "hold"): "15"}
    for caller in (maker, trader):
        told = lines_of(caller, handoff)[0]
        assert (told["refused"], told["missing"], told["outcome"]) == ("15", "5", "open")
    assert [each["id"] for each in maker.get("/handoffs?disputed=open")["handoffs"]] == [handoff]
    settle = {"handoff": handoff, "line": 1, "approved_by": "q-1", "reason": "left on the truck", "to": "SX/A-02"}
    assert act(trader, "settle", 409, **settle)["type"] == "urn:lotproof:problem:unknown-thing"
    act(maker, "settle", **settle)
    assert stock_of(maker, "P1")["SX/A-02", "hold"] == "5"
    assert lines_of(trader, handoff)[0]["outcome"] == "found"
    assert act(maker, "settle", 409, **settle)["type"] == "urn:lotproof:problem:wrong-answer"


def test_an_answer_speaks_of_what_was_offered(maker: Caller, trader: Caller) -> None:
    maker.receive("P2", "100")
    handoff = offer(maker, "P2", "60")
    for lines in ([{"line": 2, "accepted": "1"}], [{"line": 1, "accepted": "61"}],
                  [{"line": 1, "accepted": "30"}, {"line": 1, "accepted": "30"}]):  # fmt: skip
        refused = act(trader, "accept", 409, handoff=handoff, to="SX/A-01", lines=lines)
        assert refused["type"] == "urn:lotproof:problem:wrong-answer"
    assert trader.get("/handoffs?state=offered&direction=incoming")["handoffs"][0]["id"] == handoff


def test_an_offer_is_withdrawn_by_its_sender_alone_and_then_has_its_answer(maker: Caller, trader: Caller) -> None:
    maker.receive("P3", "10")
    handoff = offer(maker, "P3", "10")
    assert act(trader, "withdraw", 409, handoff=handoff, reason="mine")["type"] == "urn:lotproof:problem:unknown-thing"
    act(maker, "withdraw", handoff=handoff, reason="wrong customer")
    assert stock_of(maker, "P3") == {("SX/A-01", "available"): "10"}
    refused = act(trader, "accept", 409, handoff=handoff, to="SX/A-01")
    assert (refused["type"], refused["seen"]) == ("urn:lotproof:problem:handoff-answered", "withdrawn")


def test_an_offer_is_answered_by_whom_it_names_and_once(maker: Caller, trader: Caller, outsider: Caller) -> None:
    maker.receive("P9", "10")
    handoff = offer(maker, "P9", "10")
    for type, more in (("refuse", {"reason": "mine"}), ("accept", {"to": "SX/A-01"}), ("withdraw", {"reason": "mine"})):
        told = act(outsider, type, 409, handoff=handoff, **more)
        assert told["type"] == "urn:lotproof:problem:unknown-thing" and "P9" not in str(told), told
    act(trader, "accept", handoff=handoff, to="SX/A-01")
    for type, more in (("accept", {"to": "SX/A-01"}), ("refuse", {"reason": "again"})):
        assert act(trader, type, 409, handoff=handoff, **more)["type"] == "urn:lotproof:problem:handoff-answered"
    assert stock_of(trader, "P9") == {("SX/A-01", "available"): "10"} and stock_of(maker, "P9") == {}


def test_an_offer_that_expired_can_be_refused_and_not_accepted(maker: Caller, trader: Caller) -> None:
    maker.receive("P4", "10")
    soon = datetime.now(UTC) + timedelta(milliseconds=400)
    handoff = offer(maker, "P4", "10", expires_at=soon.isoformat())
    while datetime.now(UTC) < soon + timedelta(milliseconds=5):
        pass
    refused = act(trader, "accept", 409, handoff=handoff, to="SX/A-01")
    assert refused["type"] == "urn:lotproof:problem:handoff-expired"
    act(trader, "refuse", handoff=handoff, reason="too late")
    assert stock_of(maker, "P4") == {("SX/A-01", "hold"): "10"}


def test_goods_go_to_another_site_through_transit_and_what_is_lost_is_written_off(maker: Caller) -> None:
    maker.post("/sites", {"code": "HX", "zone": "Asia/Shanghai"})
    maker.post("/locations", {"site": "HX", "code": "R-1"})
    maker.receive("P5", "10")
    sent = act(maker, "send", **{"from": "SX/A-01"}, to_site="HX",
               lines=[{"item": "AMX", "lot": "P5", "quantity": "10"}])["id"]  # fmt: skip
    assert stock_of(maker, "P5") == {}
    listed = maker.get("/handoffs?kind=transfer&state=offered")["handoffs"]
    assert [(each["id"], each["to_site"]) for each in listed] == [(sent, "HX")]
    wrong = act(maker, "arrive", 409, transfer=sent, to="SX/A-02")
    assert wrong["type"] == "urn:lotproof:problem:wrong-place"
    act(maker, "arrive", transfer=sent, to="HX/R-1", lines=[{"line": 1, "accepted": "9"}])
    assert stock_of(maker, "P5") == {("HX/R-1", "available"): "9"}
    act(maker, "settle", handoff=sent, line=1, approved_by="q-1", reason="never found")
    assert lines_of(maker, sent)[0]["outcome"] == "lost"


def test_a_pallet_is_a_place_that_moves(maker: Caller) -> None:
    maker.receive("P6", "50")
    sscc = "095060000000000022"
    line = {"item": "AMX", "lot": "P6", "quantity": "30"}
    act(maker, "pack", at="SX/A-01", pallet=sscc, lines=[line])
    act(maker, "relocate", **{"from": f"SX/{sscc}"}, to="SX/A-02")
    stands = {line["location"]: line["stands_at"] for line in maker.get("/stock?item=AMX&lot=P6")["stock"]}
    assert stands == {"SX/A-01": "SX/A-01", f"SX/{sscc}": "SX/A-02"}
    act(maker, "ship", **{"from": f"SX/{sscc}"}, customer="Clinic 9", lines=[line | {"quantity": "10"}])
    act(maker, "unpack", **{"from": f"SX/{sscc}"})
    assert stock_of(maker, "P6") == {("SX/A-01", "available"): "20", ("SX/A-02", "available"): "20"}


def test_a_recalled_lot_stops_everywhere_with_what_was_made_of_it(maker: Caller, trader: Caller) -> None:
    maker.receive("P7", "50")
    act(maker, "split", at="SX/A-01", item="AMX", lot="P7", outputs=[{"lot": "P7-1", "quantity": "20"}])
    handoff = offer(maker, "P7-1", "5")
    act(maker, "recall", item="AMX", lot="P7", reason="glass")
    shown = {line["lot"]: (line["status"], line["goods_status"]) for line in maker.get("/stock?status=hold")["stock"]}
    assert shown["P7"] == shown["P7-1"] == ("hold", "recalled")
    assert act(trader, "accept", 409, handoff=handoff, to="SX/A-01")["type"] == "urn:lotproof:problem:lot-recalled"
    lots = maker.get("/lots?item=AMX&lot=P7-1")["lots"]
    assert lots[0]["recalled"]
    act(maker, "lift", item="AMX", lot="P7", reason="it was sugar", approved_by=["q-1", "q-2"])
    assert not maker.get("/lots?item=AMX&lot=P7-1")["lots"][0]["recalled"]

"""Movements over HTTP: recorded once, answered the same for ever, with their receipts."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest
from psycopg.errors import AdminShutdown, ConnectionException, DiskFull
from sqlalchemy import Engine

from tests.service.api.conftest import Caller, receive
from tests.service.api.test_door import problem_of
from verifier.encoding import unb64, unb64url
from verifier.entry import parse_entry
from verifier.uri import LOT, subject

pytestmark = pytest.mark.usefixtures("sequencing")
URI = "https://id.gs1.org/01/09506000210018/10/"


def move(lot: str, quantity: str = "1", **changes: Any) -> dict[str, Any]:
    line = {"item": "AMX", "lot": lot, "quantity": quantity}
    return {"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": "SX/A-02", "lines": [line], **changes}


def stock_of(caller: Caller, lot: str) -> dict[str, str]:
    return {line["location"]: line["quantity"] for line in caller.get(f"/stock?lot={lot}")["stock"]}


def test_a_movement_is_answered_with_its_receipt(maker: Caller) -> None:
    wanted = receive("R1")
    answer = maker.post("/movements", wanted)
    assert (answer["id"], answer["type"], answer["lots"]) == (wanted["id"], "receive", [URI + "R1"])
    (given,) = answer["receipts"]
    entry = parse_entry(unb64(given["receipt"]["entry"]))
    assert given["lot"] == URI + "R1"
    assert entry.subject == subject(LOT, "log.example.com/lotproof", URI + "R1")
    assert (entry.sequence, entry.statement_hash) == (1, unb64url(answer["statement"]))
    assert given["receipt"]["checkpoint"].startswith("log.example.com/lotproof\n")


@pytest.mark.parametrize("error", [DiskFull, AdminShutdown, ConnectionException])
def test_a_full_disk_or_a_server_that_goes_is_no_fault_of_the_request(
    maker: Caller, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """Nothing is half written, and the same request is right when it is over."""
    first, second = f"{error.__name__[:9]}-1", f"{error.__name__[:9]}-2"
    one, two = receive(first), receive(second)
    with monkeypatch.context() as broken:
        broken.setattr("service.ledger.write.keep_statements", Mock(side_effect=error("no space left on device")))
        for path, body in (("/movements", one), ("/movements/bulk", {"movements": [two]})):
            answer = maker.send("POST", path, body)
            problem = problem_of(answer, 503, "not-now")
            assert answer.headers["Retry-After"]
            assert ("has no room" in problem["detail"]) == (error is DiskFull)
    assert stock_of(maker, first) == stock_of(maker, second) == {}
    for body in (one, two):
        maker.post("/movements", body)
    assert sum(map(int, stock_of(maker, first).values())) == int(one["lines"][0]["quantity"])


def test_the_same_movement_again_gets_the_same_bytes(maker: Caller) -> None:
    wanted = receive("R2")
    first = maker.send("POST", "/movements", wanted)
    maker.receive("R2-other")
    again = maker.send("POST", "/movements", wanted)
    read = maker.send("GET", f"/movements/{wanted['id']}")
    assert (first.status_code, again.status_code, read.status_code) == (201, 200, 200)
    assert first.get_json()["receipts"] and first.data == again.data == read.data
    assert stock_of(maker, "R2") == {"SX/A-01": "100"}


def test_members_in_another_order_are_the_same_movement(maker: Caller) -> None:
    wanted = receive("R3")
    maker.post("/movements", wanted)
    maker.post("/movements", dict(reversed(wanted.items())), expect=200)


def test_the_same_id_with_other_content_is_refused(maker: Caller) -> None:
    wanted = receive("R4")
    maker.post("/movements", wanted)
    problem = maker.post("/movements", {**wanted, "supplier": "Somebody else"}, expect=409)
    assert problem["type"] == "urn:lotproof:problem:movement-id-taken"
    assert problem["expected"] != problem["seen"]


def test_one_id_from_many_threads_is_one_movement(maker: Caller) -> None:
    wanted = receive("R5")
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: maker.send("POST", "/movements", wanted), range(16)))
    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.data for answer in answers}) == 1
    assert stock_of(maker, "R5") == {"SX/A-01": "100"}


def test_ids_are_of_the_party(maker: Caller, trader: Caller) -> None:
    wanted = receive("R6")
    maker.post("/movements", wanted)
    trader.post("/movements", wanted)
    trader.get(f"/movements/{wanted['id']}")


@pytest.mark.parametrize("prefer", ["wait=0", "respond-async, wait=0", 'wait="0"', "handling=lenient; wait = 0"])
def test_who_prefers_not_to_wait_gets_no_receipt_and_is_told_where_it_is(maker: Caller, prefer: str) -> None:
    wanted = receive(f"R7-{len(prefer)}")
    first = maker.send("POST", "/movements", wanted, Prefer=prefer)
    assert first.status_code == 201 and first.get_json()["receipts"] is None
    url = first.get_json()["receipt_url"].removeprefix("/api/v1")
    receipt = maker.get(url)  # of a movement of one lot: the file that the verifier takes
    assert first.data == maker.send("POST", "/movements", wanted, Prefer=prefer).data
    assert receipt == maker.post("/movements", wanted, expect=200)["receipts"][0]["receipt"]


@pytest.mark.parametrize("prefer", ["wait=10", "wait=00", "await=0", ""])
def test_any_other_preference_waits(maker: Caller, prefer: str) -> None:
    assert maker.post("/movements", receive(f"R8-{len(prefer)}-{prefer[:2]}"), Prefer=prefer)["receipts"]


def test_a_movement_of_two_lots_has_two_receipts_and_a_file_for_each(maker: Caller) -> None:
    wanted = receive("R9A")
    wanted["lines"].append({**wanted["lines"][0], "lot": "R9B"})
    answer = maker.post("/movements", wanted)
    assert [given["lot"] for given in answer["receipts"]] == answer["lots"] == [URI + "R9A", URI + "R9B"]
    for given in answer["receipts"]:
        file = maker.get(f"/movements/{wanted['id']}/receipt?lot={given['lot']}")
        assert file == given["receipt"] and file["format"] == "lotproof-receipt/1"
    assert maker.send("GET", f"/movements/{wanted['id']}/receipt?lot={URI}R1").status_code == 404


def test_a_refusal_carries_its_numbers_and_changes_nothing(maker: Caller) -> None:
    maker.receive("F1", "5")
    problem = maker.post("/movements", move("F1", "6"), expect=409)
    assert problem["type"] == "urn:lotproof:problem:insufficient-stock"
    assert (problem["expected"], problem["seen"], problem["place"]) == ("6 EA", "5 EA", "SX/A-01")
    assert (problem["status"], problem["stock_status"]) == (409, "available")
    assert stock_of(maker, "F1") == {"SX/A-01": "5"}


def test_a_refused_movement_may_be_tried_again_under_its_id(maker: Caller) -> None:
    maker.receive("F2", "5")
    wanted = move("F2", "8")
    maker.post("/movements", wanted, expect=409)
    maker.receive("F2", "5")
    maker.post("/movements", wanted)
    assert stock_of(maker, "F2") == {"SX/A-01": "2", "SX/A-02": "8"}


def test_a_bulk_request_answers_each_in_order_and_refuses_none_for_anothers_sake(maker: Caller) -> None:
    good, retried = receive("B1", "10"), receive("B2")
    maker.post("/movements", retried)
    too_much, shapeless, moved = move("B1", "11"), {"type": "move", "id": 7}, move("B1", "4")
    answer = maker.post("/movements/bulk", {"movements": [good, too_much, shapeless, retried, moved, "x"]}, expect=200)
    assert [result["status"] for result in answer["results"]] == [201, 409, 422, 200, 201, 422]
    assert answer["results"][1]["problem"]["type"] == "urn:lotproof:problem:insufficient-stock"
    assert answer["results"][2]["problem"]["errors"]
    for result, wanted in zip(answer["results"], [good, None, None, retried, moved, None], strict=True):
        if wanted is not None:
            assert result["movement"] == maker.get(f"/movements/{wanted['id']}")
            assert result["movement"]["receipts"]
    assert stock_of(maker, "B1") == {"SX/A-01": "6", "SX/A-02": "4"}


def test_a_bulk_request_again_gives_the_same_answers(maker: Caller) -> None:
    wanted = {"movements": [receive("B3"), move("B3", "2"), move("B3", "3")]}
    first, again = maker.post("/movements/bulk", wanted, expect=200), maker.post("/movements/bulk", wanted, expect=200)
    assert [result["movement"] for result in first["results"]] == [result["movement"] for result in again["results"]]
    assert {result["status"] for result in again["results"]} == {200}
    assert stock_of(maker, "B3") == {"SX/A-01": "95", "SX/A-02": "5"}


def test_a_bulk_request_with_nothing_to_record_is_answered_too(maker: Caller) -> None:
    answer = maker.post("/movements/bulk", {"movements": [{}, 1]}, expect=200)
    assert [result["status"] for result in answer["results"]] == [422, 422]


def test_a_thousand_movements_go_in_one_request(maker: Caller, sequencing: Engine) -> None:
    wanted = [receive("K", "2000"), *(move("K") for _ in range(999))]
    answer = maker.post("/movements/bulk", {"movements": wanted}, expect=200, Prefer="wait=0")
    assert {result["status"] for result in answer["results"]} == {201}
    assert stock_of(maker, "K") == {"SX/A-01": "1001", "SX/A-02": "999"}
    receipts = maker.get(f"/movements/{wanted[-1]['id']}/receipt")["receipts"]
    assert parse_entry(unb64(receipts[0]["receipt"]["entry"])).sequence == 1000


def test_a_handoff_is_offered_seen_by_both_and_accepted_once(maker: Caller, trader: Caller) -> None:
    maker.receive("H1", "10")
    line = {"item": "AMX", "lot": "H1", "quantity": "4"}
    offer = {"id": str(uuid4()), "type": "offer", "from": "SX/A-01", "to_party": "tongqu", "lines": [line]}
    maker.post("/movements", offer)
    expected = {
        "id": offer["id"], "from_party": "chenghe", "to_party": "tongqu", "to_site": None, "state": "offered",
        "offered_at": None, "answered_at": None, "expires_at": None,
    }  # fmt: skip
    told = {"line": 1, "status": "available", "refused": None, "missing": None, "outcome": None}
    shown = {**line, "uri": URI + "H1", "unit": "EA", **told}
    assert trader.get("/handoffs?direction=incoming&state=offered")["handoffs"] == [{**expected, "lines": [shown]}]
    own = maker.get("/handoffs?direction=outgoing")["handoffs"]
    assert own[0]["offered_at"] and own == [{**expected, "offered_at": own[0]["offered_at"], "lines": [shown]}]
    assert maker.get("/handoffs?direction=incoming")["handoffs"] == []
    accept = {"id": str(uuid4()), "type": "accept", "handoff": offer["id"], "to": "SX/A-02"}
    trader.post("/movements", accept)
    assert trader.get("/handoffs")["handoffs"][0]["state"] == "accepted"
    assert stock_of(trader, "H1") == {"SX/A-02": "4"} and stock_of(maker, "H1") == {"SX/A-01": "6"}
    refused = trader.post("/movements", {**accept, "id": str(uuid4())}, expect=409)
    assert refused["type"] == "urn:lotproof:problem:handoff-answered"


def test_lists_are_read_page_by_page(maker: Caller) -> None:
    for number in range(5):
        maker.receive(f"P{number}")
    seen, after = [], ""
    while True:
        page = maker.get(f"/lots?search=P&limit=2{after}")
        seen += [lot["lot"] for lot in page["lots"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == sorted(seen) and {f"P{number}" for number in range(5)} <= set(seen)
    first = maker.get("/stock?limit=1&location=SX/A-01")
    second = maker.get(f"/stock?limit=1&location=SX/A-01&after={first['next']}")
    assert first["stock"][0]["uri"] == first["next"] < second["stock"][0]["uri"]


def test_stock_is_asked_for_by_place_and_status(maker: Caller) -> None:
    maker.receive("S1", "10")
    line = {"item": "AMX", "lot": "S1", "quantity": "3"}
    maker.post(
        "/movements", {"id": str(uuid4()), "type": "hold", "at": "SX/A-01", "reason": "suspect", "lines": [line]}
    )
    held = maker.get("/stock?lot=S1&status=hold")["stock"]
    assert [(line["quantity"], line["status"]) for line in held] == [("3", "hold")]
    assert stock_of(maker, "S1")["SX/A-01"] in ("7", "3") and len(maker.get("/stock?lot=S1")["stock"]) == 2
    assert maker.get("/stock?lot=S1&location=SX/A-02")["stock"] == []
    assert maker.get(f"/lots?uri={URI}S1")["lots"][0]["item"] == "AMX"


def test_a_search_takes_signs_literally(maker: Caller) -> None:
    maker.receive("50%_X")
    assert [lot["lot"] for lot in maker.get("/lots?search=0%25_")["lots"]] == ["50%_X"]


def test_master_data_is_refused_where_it_is_wrong_or_there_already(maker: Caller, operator: Caller) -> None:
    item = {"code": "AMX", "name": "Again", "unit": "EA"}
    assert maker.post("/items", item, expect=409)["type"] == "urn:lotproof:problem:thing-exists"
    maker.post("/items", {"code": "B", "name": "B", "unit": "EA", "gtin": "09506000210019"}, expect=422)
    maker.post("/items", {"code": "-B", "name": "B", "unit": "EA"}, expect=422)
    maker.post("/sites", {"code": "NEW", "zone": "Mars/Olympus"}, expect=422)
    maker.post("/locations", {"site": "NOWHERE", "code": "A"}, expect=409)
    operator.post("/parties", {"id": "chenghe", "name": "Again"}, expect=409)
    operator.post("/parties", {"id": "Not A Slug", "name": "X"}, expect=422)
    cold = {"code": "COLD", "name": "Milk", "unit": "KGM", "decimals": 3, "storage_min": "2", "storage_max": "8.5"}
    kept = maker.post("/items", cold)
    assert (kept["storage_min"], kept["storage_max"], kept["decimals"]) == ("2.0", "8.5", 3)
    assert kept in maker.get("/items")["items"]

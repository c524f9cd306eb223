"""Count sheets over HTTP: blind or not, counted again, approved by somebody else, posted once."""

from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from service.ledger import ledger_audit
from tests.service.api.conftest import Caller, furnished

_parties = count(1)


@pytest.fixture
def house(operator: Caller) -> Caller:
    """A party of its own with 100 of L1 at A-01, 40 of L2 at A-02 (5 of them held); MILK may be off by 2 %."""
    made = furnished(operator, f"counted-{next(_parties)}")
    made.post("/items", {"code": "MILK", "name": "Milk", "unit": "LTR", "decimals": 3, "count_tolerance": 20})
    made.receive("L1", "100")
    made.receive("L2", "40", to="SX/A-02")
    line = {"item": "AMX", "lot": "L2", "quantity": "5"}
    made.post("/movements", {"id": str(uuid4()), "type": "hold", "at": "SX/A-02", "reason": "x", "lines": [line]})
    milk = {"item": "MILK", "lot": "M1", "quantity": "10.5"}
    made.post("/movements", {"id": str(uuid4()), "type": "register", "to": "SX/A-02", "lines": [milk]})
    return made


def made(house: Caller, expect: int = 201, **about: Any) -> Any:
    return house.post("/counts", {"id": str(uuid4()), "by": "u-lead", **about}, expect)


def act(house: Caller, sheet: Any, act: str, by: str = "u-lead", expect: int = 200) -> Any:
    return house.post(f"/counts/{sheet['id']}/{act}", {"by": by}, expect)


def found(house: Caller, sheet: Any, *lines: tuple[str, ...], by: str = "u-1", expect: int = 200) -> Any:
    names = ("at", "item", "lot", "counted", "status")
    body = {"by": by, "lines": [dict(zip(names, line, strict=False)) for line in lines]}
    return house.post(f"/counts/{sheet['id']}/lines", body, expect)


def lying(house: Caller, lot: str) -> dict[tuple[str, str], str]:
    return {(row["location"], row["status"]): row["quantity"] for row in house.get(f"/stock?lot={lot}")["stock"]}


def told(sheet: Any, name: str) -> dict[tuple[str, str], Any]:
    return {(line["lot"], line["status"]): line[name] for line in sheet["lines"]}


def ship(house: Caller, quantity: str) -> None:
    line = {"item": "AMX", "lot": "L1", "quantity": quantity}
    house.post("/movements", {"id": str(uuid4()), "type": "ship", "from": "SX/A-01", "customer": "x", "lines": [line]})


def test_a_count_of_places_from_the_sheet_to_the_book(owner: Engine, house: Caller) -> None:
    sheet = made(house, places=["SX/A-01", "SX/A-02"])
    assert told(sheet, "book_at_start") == {
        ("L1", "available"): "100", ("L2", "available"): "35", ("L2", "hold"): "5", ("M1", "available"): "10.5"}
    missing = act(house, sheet, "finish", expect=409)
    assert missing["type"].endswith("not-counted") and missing["seen"] == 4
    found(house, sheet, ("SX/A-01", "AMX", "L1", "98"))
    found(house, sheet, ("SX/A-02", "AMX", "L2", "35"), ("SX/A-02", "AMX", "L2", "6", "hold"),
          ("SX/A-02", "MILK", "M1", "10.4"), by="u-2")
    sheet = act(house, sheet, "finish")
    assert told(sheet, "difference") == {
        ("L1", "available"): "-2", ("L2", "available"): "0", ("L2", "hold"): "1", ("M1", "available"): "-0.1"}
    assert told(sheet, "out_of_tolerance") == {
        ("L1", "available"): True, ("L2", "available"): False, ("L2", "hold"): True, ("M1", "available"): False}
    assert act(house, sheet, "post", expect=409)["type"].endswith("wrong-state")
    for counter in ("u-1", "u-2"):
        assert act(house, sheet, "approve", counter, 409)["type"].endswith("needs-approval")
    act(house, sheet, "approve", "u-3")
    done = act(house, sheet, "post")
    assert act(house, sheet, "post") == done and done["state"] == "posted" and done["approved_by"] == "u-3"
    assert told(done, "posted") == told(sheet, "difference")
    assert len({line["movement"] for line in done["lines"]}) == 2
    assert lying(house, "L1") == {("SX/A-01", "available"): "98"}
    assert lying(house, "L2") == {("SX/A-02", "available"): "35", ("SX/A-02", "hold"): "6"}
    assert [each["act"] for each in done["acts"]] == ["finish", "approve", "post"]
    with owner.connect() as connection:
        assert ledger_audit(connection) == []


def test_what_is_shipped_between_counting_and_posting_is_no_difference(house: Caller) -> None:
    sheet = made(house, places=["SX/A-01"])
    ship(house, "10")
    found(house, sheet, ("SX/A-01", "AMX", "L1", "89"))  # 90 in the book
    ship(house, "20")
    act(house, sheet, "finish")
    act(house, sheet, "approve", "u-2")
    ship(house, "5")
    line, = act(house, sheet, "post")["lines"]
    assert (line["book_at_start"], line["book_when_counted"], line["counted"], line["posted"]) == (
        "100", "90", "89", "-1")
    assert lying(house, "L1") == {("SX/A-01", "available"): "64"}


def test_a_count_that_has_been_overtaken_is_counted_again(house: Caller) -> None:
    sheet = made(house, places=["SX/A-01"])
    found(house, sheet, ("SX/A-01", "AMX", "L1", "3"))
    act(house, sheet, "finish")
    act(house, sheet, "approve", "u-2")
    ship(house, "50")
    assert act(house, sheet, "post", expect=409)["type"].endswith("count-overtaken")
    again = act(house, sheet, "recount")
    assert (again["state"], again["approved_by"], again["lines"][0]["recounts"]) == ("open", None, 1)
    found(house, sheet, ("SX/A-01", "AMX", "L1", "50"))
    act(house, sheet, "finish")
    act(house, sheet, "approve", "u-1")
    assert act(house, sheet, "post")["lines"][0]["posted"] == "0"


def test_a_blind_sheet_does_not_tell_the_book_before_it_is_counted(house: Caller) -> None:
    sheet = made(house, places=["SX/A-02"], blind=True)
    for line in found(house, sheet, ("SX/A-02", "MILK", "M1", "9"))["lines"]:
        assert (line["book_at_start"], line["book_when_counted"], line["difference"], line["out_of_tolerance"]) == (
            None, None, None, None)
    found(house, sheet, ("SX/A-02", "AMX", "L2", "35"), ("SX/A-02", "AMX", "L2", "5", "hold"))
    sheet = act(house, sheet, "finish")
    assert told(sheet, "difference")["M1", "available"] == "-1.5"
    again = act(house, sheet, "recount")
    assert told(again, "counted") == {("M1", "available"): None, ("L2", "available"): "35", ("L2", "hold"): "5"}
    assert set(told(again, "book_at_start").values()) == {None}


def test_what_was_not_on_the_sheet_is_found_and_posted(house: Caller) -> None:
    sheet = made(house, places=["SX/NG"])
    assert (sheet["lines"], sheet["places"]) == ([], ["SX/NG"])
    found(house, sheet, ("SX/NG", "AMX", "L1", "3", "hold"))
    assert found(house, sheet, ("SX/A-01", "AMX", "L1", "3"), expect=409)["type"].endswith("unknown-thing")
    assert found(house, sheet, ("SX/NG", "AMX", "NONE", "3"), expect=409)["type"].endswith("unknown-thing")
    act(house, sheet, "finish")
    act(house, sheet, "approve", "u-2")
    act(house, sheet, "post")
    assert lying(house, "L1") == {("SX/A-01", "available"): "100", ("SX/NG", "hold"): "3"}


def test_an_item_is_counted_wherever_it_lies(house: Caller) -> None:
    sheet = made(house, item="AMX")
    assert {(line["lot"], line["location"], line["status"]) for line in sheet["lines"]} == {
        ("L1", "SX/A-01", "available"), ("L2", "SX/A-02", "available"), ("L2", "SX/A-02", "hold")}
    assert made(house, 409, item="NONE")["type"].endswith("unknown-thing")


def test_a_sample_begins_where_the_last_count_is_longest_ago(house: Caller) -> None:
    def posted() -> list[str]:
        sheet = made(house, sample=1, site="SX")
        for line in sheet["lines"]:
            found(house, sheet, (line["location"], line["item"], line["lot"], line["book_at_start"], line["status"]))
        for each in ("finish", "approve", "post"):
            act(house, sheet, each)
        return list(sheet["places"])

    assert [posted() for _ in range(4)] == [["SX/A-01"], ["SX/A-02"], ["SX/NG"], ["SX/A-01"]]


@pytest.mark.parametrize("about", [{}, {"sample": 3}, {"item": "AMX", "places": ["SX/A-01"]}, {"site": "SX"}])
def test_a_sheet_is_about_places_an_item_or_a_sample(house: Caller, about: dict[str, Any]) -> None:
    assert made(house, 422, **about)["kind"] == "about"


def test_a_sheet_is_made_once_seen_by_its_party_and_given_up(house: Caller, outsider: Caller) -> None:
    body = {"id": str(uuid4()), "by": "u", "places": ["SX/A-01"]}
    sheet = house.post("/counts", body)
    assert house.post("/counts", body, 200) == sheet
    assert house.post("/counts", body | {"blind": True}, 409)["type"].endswith("id-taken")
    assert outsider.send("GET", f"/counts/{sheet['id']}").status_code == 404
    assert outsider.send("POST", f"/counts/{sheet['id']}/cancel", {"by": "u"}).status_code == 404
    assert act(house, sheet, "cancel")["state"] == "cancelled"
    assert found(house, sheet, ("SX/A-01", "AMX", "L1", "1"), expect=409)["type"].endswith("wrong-state")
    second = made(house, places=["SX/A-02"])
    page = house.get("/counts?limit=1")
    assert [each["id"] for each in page["counts"]] == [second["id"]] == [page["next"]]
    assert [each["id"] for each in house.get(f"/counts?after={page['next']}&state=cancelled")["counts"]] == [
        sheet["id"]]

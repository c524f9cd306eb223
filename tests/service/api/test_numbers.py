"""Numbers over HTTP, as a clerk asks for them: seen first, taken once, and checked when typed."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests.service.api.conftest import Caller

RULE = {"code": "DAILY", "name": "Of the day", "pattern": "{YYYY}{MM}{DD}-{serial:3}", "per": "item"}


@pytest.fixture(scope="module")
def clerk(maker: Caller) -> Caller:
    maker.post("/lot-number-rules", RULE)
    return maker


def asked(**changes: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "item": "AMX", "site": "SX"} | changes


def test_a_number_is_seen_first_then_taken_then_a_lot(clerk: Caller) -> None:
    seen = clerk.post("/lot-number-rules/DAILY/preview", {"item": "AMX", "site": "SX"}, 200)
    taken = clerk.post("/lot-numbers", asked(count=2))
    assert taken["numbers"] == seen["numbers"][:2] and taken["rule"] == "DAILY" and taken["day"] == seen["day"]
    clerk.receive(seen["numbers"][2])
    assert clerk.post("/lot-numbers", asked())["numbers"][0].endswith("-004")  # 003 was used by hand


def test_the_same_id_again_gives_the_same_numbers(clerk: Caller) -> None:
    request = asked(count=3)
    first = clerk.post("/lot-numbers", request)
    assert clerk.post("/lot-numbers", request, 200) == first
    problem = clerk.post("/lot-numbers", request | {"count": 4}, 409)
    assert problem["type"] == "urn:lotproof:problem:taking-id-taken"


def test_many_clerks_at_once_get_different_numbers(clerk: Caller, app: Flask) -> None:
    def take(_: int) -> list[str]:
        return Caller(app.test_client(), clerk.key).post("/lot-numbers", asked(count=2))["numbers"]  # type: ignore[no-any-return]

    with ThreadPoolExecutor(16) as pool:
        taken = [number for each in pool.map(take, range(32)) for number in each]
    assert len(set(taken)) == 64


def test_a_preview_for_another_day_begins_again(clerk: Caller) -> None:
    seen = clerk.post("/lot-number-rules/DAILY/preview",
                      {"item": "AMX", "site": "SX", "day": "2031-01-02", "count": 2}, 200)
    assert seen == {"rule": "DAILY", "day": "2031-01-02", "numbers": ["20310102-001", "20310102-002"]}


def test_a_rule_that_could_go_wrong_is_refused_with_the_reason(clerk: Caller) -> None:
    for pattern, reason in (("{YYYY}-{serial:3}", "tells one day"), ("{serial:3", "a }"), ("批{serial:3}", "set 82")):
        problem = clerk.post("/lot-number-rules", RULE | {"code": "BAD", "pattern": pattern}, 409)
        assert problem["type"] == "urn:lotproof:problem:bad-lot-number-rule", reason
    assert clerk.post("/lot-number-rules", RULE, 409)["type"] == "urn:lotproof:problem:thing-exists"


def test_rules_are_listed_by_pages_and_are_nobody_else_s(clerk: Caller, trader: Caller) -> None:
    clerk.post("/lot-number-rules", RULE | {"code": "B-ONE", "item": "AMX", "pattern": "B{serial:4}", "reset": "never"})
    page = clerk.get("/lot-number-rules?limit=1")
    assert [each["code"] for each in page["rules"]] == ["B-ONE"] and page["rules"][0]["item"] == "AMX"
    rest = clerk.get(f"/lot-number-rules?after={page['next']}")
    assert [each["code"] for each in rest["rules"]] == ["DAILY"] and rest["next"] is None
    assert trader.get("/lot-number-rules") == {"rules": [], "next": None}
    assert trader.post("/lot-numbers", asked(rule="DAILY"), 409)["type"] == "urn:lotproof:problem:unknown-thing"
    trader.post("/lot-number-rules/DAILY/preview", {"item": "AMX", "site": "SX"}, 409)


def test_a_category_has_a_rule_of_its_own(clerk: Caller) -> None:
    clerk.post("/items", {"code": "ICE", "name": "Ice cream", "unit": "EA"})
    clerk.post("/item-categories", {"category": "frozen", "items": ["ICE"]}, 200)
    clerk.post("/lot-number-rules", RULE | {"code": "COLD", "category": "frozen", "pattern": "F{YY}{WW}{serial:2}",
                                            "reset": "week"})
    assert clerk.post("/lot-numbers", asked(item="ICE"))["rule"] == "COLD"
    assert clerk.post("/item-categories", {"category": "x", "items": ["NO"]}, 409)["seen"] == "NO"


def test_a_typed_number_is_checked_against_what_exists(clerk: Caller) -> None:
    clerk.receive("LOT-105")
    found = clerk.post("/lot-numbers/check", {"item": "AMX", "lot": "LОT-1O5"}, 200)  # a Cyrillic О
    assert (found["spelled_right"], found["exists"], found["resembles"]) == (False, None, "LOT-1O5")
    assert found["characters"] == [
        {"position": 2, "character": "U+041E", "name": "CYRILLIC CAPITAL LETTER O", "looks_like": "O"}]
    assert [each["lot"] for each in found["look_alikes"]] == ["LOT-105"]
    there = clerk.post("/lot-numbers/check", {"item": "AMX", "lot": "LOT-105"}, 200)
    assert there["exists"]["uri"] == "https://id.gs1.org/01/09506000210018/10/LOT-105" and not there["look_alikes"]
    odd = clerk.post("/lot-numbers/check", {"item": "AMX", "lot": " \x00\u202e\u200b"}, 200)
    assert odd["resembles"] == "" and not odd["spelled_right"]
    half = clerk.client.post("/api/v1/lot-numbers/check", data='{"item":"AMX","lot":"\\ud800"}',
                             headers={"Authorization": f"Bearer {clerk.key}", "Content-Type": "application/json"})
    assert half.status_code == 400  # half a character is no JSON text


def test_ssccs_are_given_once(clerk: Caller, trader: Caller) -> None:
    assert clerk.post("/sscc", {"id": str(uuid4())}, 409)["kind"] == "GS1 company prefix"
    clerk.post("/gs1-prefixes", {"prefix": "95060002", "start": 7})
    request = {"id": str(uuid4()), "count": 2, "extension": 3}
    taken = clerk.post("/sscc", request)
    assert [code[:17] for code in taken["ssccs"]] == ["39506000200000007", "39506000200000008"]
    assert clerk.post("/sscc", request, 200) == taken
    assert clerk.get("/gs1-prefixes") == {"prefixes": [{"prefix": "95060002", "start": 7}]}
    assert trader.post("/gs1-prefixes", {"prefix": "950600021"}, 409)["type"].endswith("gs1-prefix-in-use")
    assert trader.get("/gs1-prefixes") == {"prefixes": []}
    assert trader.post("/gs1-prefixes", {"prefix": "2012345"}, 422)["type"].endswith("bad-name")

"""Named queries and subscriptions over HTTP."""

from typing import Any

import pytest

from tests.service.api.conftest import Caller
from tests.service.api.epcis import HOST

HOOK = "https://erp.example.com/epcis"


@pytest.fixture(scope="module")
def shipped(maker: Caller) -> str:
    """The path of a query."""
    maker.receive("LQ-1")
    query = {"EQ_bizStep": ["receiving"], "GE_quantity": 1, "MATCH_anyEPCClass": [lot("LQ-1")]}
    answer = maker.send("POST", "/epcis/queries", {"name": "shipped", "query": query})
    assert answer.status_code == 201 and answer.headers["Location"] == f"{HOST}/api/v1/epcis/queries/shipped"
    assert maker.get("/epcis/queries/shipped") == {"name": "shipped", "query": query}
    return "/epcis/queries/shipped"


def lot(number: str) -> str:
    return f"https://id.gs1.org/01/09506000210018/10/{number}"


def exception(caller: Caller, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
    answer = caller.send(method, path, body, **headers)
    return answer.status_code, answer.get_json()["type"].removeprefix("epcisException:")


def test_a_named_query_finds_a_movement_of_ours(shipped: str, maker: Caller) -> None:
    """Recorded a moment before, and asked for by the same words as what others sent."""
    document = maker.get(f"{shipped}/events")
    (event,) = document["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert document["epcisBody"]["queryResults"]["queryName"] == "shipped"
    assert event["bizStep"] == "receiving" and event["quantityList"][0]["epcClass"] == lot("LQ-1")
    assert event["lotproof:proof"]["status"] in ("recorded", "sequenced")


def test_queries_are_of_one_party_and_have_one_name(shipped: str, maker: Caller, trader: Caller) -> None:
    assert exception(trader, "GET", shipped) == (404, "NoSuchNameException")
    assert exception(trader, "GET", f"{shipped}/subscriptions") == (404, "NoSuchNameException")
    assert exception(trader, "GET", f"{shipped}/events")[0] == 404
    again = {"name": "shipped", "query": {"EQ_action": ["ADD"]}}
    assert exception(maker, "POST", "/epcis/queries", again) == (409, "ResourceAlreadyExistsException")
    assert trader.send("POST", "/epcis/queries", again).status_code == 201
    assert "shipped" in [each["name"] for each in maker.get("/epcis/queries")]
    assert trader.send("DELETE", "/epcis/queries/shipped").status_code == 204
    assert trader.get("/epcis/queries") == [] and maker.get(shipped)["name"] == "shipped"


@pytest.mark.parametrize(
    "query",
    [
        {"EQ_nonsense": ["x"]},
        {"GE_eventTime": "yesterday"},
        {"EQ_bizStep": [{"a": 1}]},
        {"EQ_quantity": ["many"]},
        {"eventCountLimit": 1, "maxEventCount": 1},
        {"@context": ["https://evil.example.com/context.jsonld"]},
    ],
)
def test_a_query_that_is_none_is_refused_when_it_is_made(maker: Caller, query: dict[str, Any]) -> None:
    made = exception(maker, "POST", "/epcis/queries", {"name": "bad", "query": query})
    assert made == (400, "QueryValidationException")
    assert exception(maker, "GET", "/epcis/queries/bad")[0] == 404


def test_a_query_takes_its_prefixes_along(maker: Caller) -> None:
    query = {"@context": [{"own": "urn:lotproof:epcis:"}], "EQ_own:supplier": ["Acme"]}
    assert maker.send("POST", "/epcis/queries", {"name": "of-acme", "query": query}).status_code == 201
    maker.receive("LQ-2")
    found = maker.get("/epcis/queries/of-acme/events")["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert any(event["quantityList"][0]["epcClass"] == lot("LQ-2") for event in found)


def test_a_subscription_is_shown_without_its_token_and_ends(shipped: str, maker: Caller, trader: Caller) -> None:
    body = {
        "dest": HOOK,
        "signatureToken": "13df38d8275b13f0",
        "schedule": {"hour": "1", "minute": "5"},
        "reportIfEmpty": True,
    }
    answer = maker.send("POST", f"{shipped}/subscriptions", body, **{"GS1-EPC-Format": "Always_EPC_URN"})
    made = answer.get_json()
    one = f"{shipped}/subscriptions/{made['subscriptionID']}"
    assert (answer.status_code, answer.headers["Location"]) == (201, f"{HOST}/api/v1{one}")
    shown = maker.get(one)
    assert shown == maker.get(f"{shipped}/subscriptions")[0]
    assert (shown["dest"], shown["schedule"], shown["epcFormat"]) == (HOOK, body["schedule"], "Always_EPC_URN")
    assert "13df38d8275b13f0" not in str(shown) and shown["reportIfEmpty"] is True
    assert exception(trader, "GET", one)[0] == exception(trader, "DELETE", one)[0] == 404
    other = f"{shipped}/subscriptions/00000000-0000-4000-8000-000000000000"
    assert exception(maker, "GET", other) == (404, "NoSuchResourceException")
    assert maker.send("DELETE", one).status_code == 204 and maker.get(f"{shipped}/subscriptions") == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"dest": HOOK}, (400, "SubscriptionControlsException")),
        ({"dest": HOOK, "stream": False}, (400, "SubscriptionControlsException")),
        ({"dest": HOOK, "stream": True, "schedule": {"hour": "1"}}, (400, "SubscriptionControlsException")),
        ({"dest": HOOK, "schedule": {"hour": "25"}}, (400, "SubscriptionControlsException")),
        ({"dest": HOOK, "schedule": {"hour": 1}}, (400, "SubscriptionControlsException")),
        ({"dest": "https://erp.example.com:8443/", "stream": True}, (400, "ValidationException")),
        ({"dest": "http://erp.example.com/x y", "stream": True}, (400, "ValidationException")),
        ({"stream": True}, (400, "ValidationException")),
    ],
)
def test_a_subscription_that_is_none_is_refused(
    shipped: str, maker: Caller, body: Any, expected: tuple[int, str]
) -> None:
    assert exception(maker, "POST", f"{shipped}/subscriptions", body) == expected
    assert maker.get(f"{shipped}/subscriptions") == []


def test_a_plain_request_is_no_stream_and_is_told_so(shipped: str, maker: Caller) -> None:
    """Streams: test_epcis_streams."""
    for path in (f"{shipped}/events?stream=true", "/epcis/events?hour=1"):
        assert exception(maker, "GET", path) == (400, "SubscriptionControlsException")


def test_a_query_that_goes_takes_its_subscriptions_along(maker: Caller) -> None:
    maker.send("POST", "/epcis/queries", {"name": "gone", "query": {"EQ_action": ["ADD"]}})
    made = maker.post("/epcis/queries/gone/subscriptions", {"dest": HOOK, "stream": True})
    assert maker.send("DELETE", "/epcis/queries/gone").status_code == 204
    assert exception(maker, "GET", f"/epcis/queries/gone/subscriptions/{made['subscriptionID']}")[0] == 404

"""Who asks too much is told to wait, and nobody else is: counted, with a clock that stands still."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from service.app import create_app
from service.auth import keys
from service.budgets.kinds import COSTLY, COSTS, FREE, PROOFS
from service.budgets.rate import SECOND
from service.settings import Settings
from tests.service.api import asking
from tests.service.api.conftest import Caller, receive
from tests.service.api.test_door import problem_of

KEY, PARTY, PROOF, COST, ADDRESS = 50, 80, 20, 10, 40  # at once


@pytest.fixture(scope="module")
def settings(settings: Settings) -> Settings:
    return replace(settings, rate_key=10, rate_party=16, rate_proofs=4, rate_costly=2, rate_address=8)


@pytest.fixture(scope="module")
def moment(app: Flask) -> list[int]:
    """What the buckets take for now."""
    now = [SECOND]
    app.extensions["lotproof"].access.budgets.now = lambda: now[0]
    return now


@pytest.fixture(autouse=True)
def refilled(moment: list[int], maker: Caller, trader: Caller) -> Iterator[None]:
    moment[0] += 1000 * SECOND
    yield


def asked(caller: Caller, times: int, path: str = "/sites") -> list[int]:
    return [caller.send("GET", path).status_code for _ in range(times)]


def pages(client: FlaskClient, times: int, path: str = "/api/v1/status", **more: Any) -> list[int]:
    return [client.get(path, **more).status_code for _ in range(times)]


def another_key(party: Caller) -> Caller:
    return Caller(party.client, party.post("/api-keys", {"label": "another"})["api_key"], party.party)


def test_a_key_has_its_budget_and_is_told_when_it_may_ask_again(maker: Caller, moment: list[int]) -> None:
    assert asked(maker, KEY) == [200] * KEY
    refused = maker.send("GET", "/sites")
    problem = problem_of(refused, 429, "too-many-requests")
    assert (problem["budget"], problem["expected"], refused.headers["Retry-After"]) == (
        "key", "at most 10 requests a second, 50 at once", "1"
    )  # fmt: skip
    moment[0] += SECOND
    assert asked(maker, 11) == [200] * 10 + [429]


def test_who_does_not_wait_gets_the_same_answer_before_anything_is_read(
    app: Flask, maker: Caller, moment: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked(maker, KEY)
    first = maker.send("GET", "/sites")
    with monkeypatch.context() as patched:
        patched.setattr(app, "full_dispatch_request", lambda: pytest.fail("expected not to be asked"))
        again = maker.send("GET", "/sites")
    assert (again.status, again.data, list(again.headers)) == (first.status, first.data, list(first.headers))
    assert maker.send("GET", "/lots").status_code == 429, "expected another path to be asked about anew"
    moment[0] += SECOND
    assert asked(maker, 1) == [200]


def test_a_party_that_floods_with_many_keys_takes_nothing_from_another(maker: Caller, trader: Caller) -> None:
    callers = [another_key(maker) for _ in range(4)]
    flood = [status for caller in callers for status in asked(caller, 40)]
    assert flood.count(200) == PARTY - len(callers) and set(flood) == {200, 429}
    assert problem_of(maker.send("GET", "/sites"), 429, "too-many-requests")["budget"] == "party"
    assert asked(trader, KEY) == [200] * KEY


def test_what_is_refused_or_not_there_is_paid_for_too(maker: Caller) -> None:
    refused = [maker.send("POST", "/parties", {"id": "x"}).status_code for _ in range(KEY)]
    assert refused == [403] * KEY
    assert maker.send("GET", "/movements/none").status_code == 404, "expected of another budget"
    assert asked(maker, 1) == [429]


def test_proofs_have_a_budget_of_their_own(maker: Caller) -> None:
    id = maker.post("/movements", receive("BUDGET-1"))["id"]
    asked(maker, PARTY)
    assert asked(maker, PROOF + 1, f"/movements/{id}") == [200] * PROOF + [429]


def test_costly_operations_have_a_smaller_one(maker: Caller) -> None:
    assert asked(maker, COST + 1, "/reports/stock") == [200] * COST + [429]
    assert asked(maker, 1) == [200]


def test_of_costly_operations_a_party_has_a_quarter_of_the_threads_at_a_time(
    app: Flask, settings: Settings, maker: Caller, trader: Caller
) -> None:
    budgets, known = app.extensions["lotproof"].access.budgets, keys.Caller("k", "party", "chenghe", 1)
    other, busy = replace(known, party_id=2), []
    for _ in range(settings.web_threads // 4):
        busy.append(budgets.serving(known, "trace_lot"))
        busy[-1].__enter__()
    with pytest.raises(Exception, match="at a time"), budgets.serving(known, "trace_lot"):
        pass
    with budgets.serving(other, "trace_lot"), budgets.serving(known, "list_sites"):
        pass
    for each in busy:
        each.__exit__(None, None, None)
    with budgets.serving(known, "trace_lot"):
        pass
    assert not budgets._serving


PUBLIC = ["/", "/api/v1/status", "/api/v1/policy", "/api/openapi.json", "/checkpoint", "/tile/0/000", "/anchors/0/000",
          "/s/" + "A" * 43, "/lotproof-verify.pyz", "/static/style.css", "/nothing"]  # fmt: skip


@pytest.mark.parametrize("path", PUBLIC)
def test_who_shows_no_key_pays_by_address(client: FlaskClient, maker: Caller, path: str) -> None:
    seen = pages(client, ADDRESS + 1, path)
    assert seen[-1] == 429 and 429 not in seen[:-1]
    assert asked(maker, KEY) == [200] * KEY, "expected that who has a key does not pay for his address"
    assert pages(client, 3, "/healthz") == [200] * 3


def from_(address: str) -> dict[str, Any]:
    return {"environ_overrides": {"REMOTE_ADDR": address}}


@pytest.mark.parametrize(("one", "another", "same"), [
    ("192.0.2.1", "192.0.2.2", False), ("2001:db8::1", "2001:db8::ffff:0:0:9", True),
    ("2001:db8::1", "2001:db8:0:1::1", False), ("::ffff:192.0.2.1", "192.0.2.1", True), ("", "", True),
])  # fmt: skip
def test_an_address_is_one_subscriber(client: FlaskClient, one: str, another: str, same: bool) -> None:
    pages(client, ADDRESS, **from_(one))
    assert pages(client, 1, **from_(another)) == [429 if same else 200]


def test_what_a_stranger_says_of_his_address_counts_only_behind_a_proxy(client: FlaskClient, app: Flask) -> None:
    def forwarded(asking: FlaskClient) -> list[int]:
        return [
            asking.get("/nothing", headers={"X-Forwarded-For": f"192.0.2.9, 198.51.100.{n}"}).status_code
            for n in range(ADDRESS + 1)
        ]

    assert forwarded(client)[-1] == 429
    behind = create_app(replace(app.extensions["lotproof"].settings, proxies=1)).test_client()
    assert set(forwarded(behind)) == {404}
    lying = [behind.get("/nothing", headers={"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.7"}).status_code
             for n in range(ADDRESS + 2)]  # fmt: skip
    assert lying[-1] == 429, "expected the word of the proxy to count, not what it was told"


def test_guessing_keys_ends_at_the_door_and_locks_nobody_out(
    client: FlaskClient, maker: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[bytes] = []
    true: Callable[..., Any] = keys.caller_of
    monkeypatch.setattr(keys, "caller_of", lambda c, hashed, now: looked.append(hashed) or true(c, hashed, now))
    asked(maker, 1)
    looked.clear()
    guesses = [Caller(client, f"lpk_{number:040}").send("GET", "/sites").status_code for number in range(ADDRESS + 20)]
    assert guesses == [401] * ADDRESS + [429] * 20 and len(looked) == ADDRESS
    assert asked(maker, 3) == [200] * 3
    assert pages(client, 1) == [200]


def test_the_kinds_name_operations_that_there_are(app: Flask, client: FlaskClient) -> None:
    known = {each.id for each in asking.operations(client)} | set(app.view_functions)
    assert COSTLY | PROOFS | COSTS.keys() | FREE <= known

"""Signing acts of a session need a recent proof, keys are not asked; one table, tried operation by operation."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from service.api.examples import story
from service.auth.proving import OWN, SIGNED_MOVEMENTS, SIGNING_ACTS
from service.auth.standing import DECIDING
from service.signin import sessions
from tests.service.api import asking
from tests.service.api.conftest import Caller, receive
from tests.service.api.epcis import at, document, event, lot, send
from tests.service.api.signing_in import OTHER, PASSWORD, Screen, at_work, clerk, slug
from tests.service.api.test_epcis_capture import captured
from tests.service.api.test_erasures import person, withdrawn
from tests.service.api.test_signing_in import later, nothing_remembered
from tests.tools.waiting import WAITING, eventually

NAMES = {"id": "00000000-0000-4000-8000-000000000000", "code": "NOWHERE"}


@pytest.fixture(scope="module")
def manager(app: Flask, maker: Caller) -> Screen:
    """May do whatever a person of a party may."""
    return at_work(app, maker, "quality", "administrator", "supervisor", "operator")


@pytest.fixture(scope="module")
def operations(client: FlaskClient) -> dict[str, asking.Operation]:
    return {each.id: each for each in asking.operations(client)}


def asked(screen: Screen, operation: asking.Operation) -> str:
    """What comes of it with an empty body."""
    answer = screen.send(operation.verb, operation.path(NAMES), {} if operation.verb != "GET" else None)
    return slug(answer) if answer.status_code >= 400 else "done"


def movement(type: str, person: str) -> dict[str, object]:
    """Of something that is not there; approved by one person twice, which no rule takes for two."""
    told = {each.body["type"]: each.body for each in story() if each.path == "/movements"}
    line, twice = [{"item": "AMX", "lot": "NONE", "quantity": "1"}], [person, person]
    more = {"id": str(uuid4()), "approved_by": twice, "lines": line, "at": "SX/A-01", "from": "SX/NG", "item": "AMX"}
    return told[type] | {name: value for name, value in more.items() if name in told[type]}


def test_the_table_names_operations_that_there_are(operations: dict[str, asking.Operation]) -> None:
    assert operations.keys() >= SIGNING_ACTS | OWN
    assert {each.id for each in operations.values() if "session" in each.roles} == OWN


@pytest.mark.parametrize("name", sorted(SIGNING_ACTS))
def test_a_signing_act_is_refused_without_a_proof_and_allowed_with_one(
    name: str, manager: Screen, owner: Engine, app: Flask, operations: dict[str, asking.Operation]
) -> None:
    proven_at(app, owner, "NULL")
    before = asked(manager, operations[name])
    proven_at(app, owner, "now()")
    after = asked(manager, operations[name])
    assert (before, after == "prove-yourself") == ("prove-yourself", False)


def proven_at(app: Flask, owner: Engine, when: str) -> None:
    with owner.begin() as connection:
        connection.exec_driver_sql(f"UPDATE warehouse.session SET proven_at = {when}")
    nothing_remembered(app)


def test_everything_else_is_open_without_a_proof(
    manager: Screen, owner: Engine, app: Flask, operations: dict[str, asking.Operation]
) -> None:
    proven_at(app, owner, "NULL")
    others = operations.keys() - SIGNING_ACTS - {"sign_out", "end_all_sessions", "sign_in"}
    assert {name for name in others if asked(manager, operations[name]) == "prove-yourself"} == set()


@pytest.mark.parametrize("type", sorted(SIGNED_MOVEMENTS))
def test_movements_that_decide_are_signing_acts_single_and_in_bulk(
    type: str, manager: Screen, owner: Engine, app: Flask
) -> None:
    proven_at(app, owner, "NULL")
    body = movement(type, manager.person)
    single = manager.send("POST", "/movements", body)
    bulk = manager.send("POST", "/movements/bulk", {"movements": [body, receive(f"BULK-{type}")]}, Prefer="wait=0")
    results = bulk.get_json()["results"]
    assert [single.status_code, *(each["status"] for each in results)] == [401, 401, 201]
    proven_at(app, owner, "now()")
    assert manager.send("POST", "/movements", body).status_code in (409, 422)


def test_a_proof_is_the_password_and_the_second_factor_and_counts_five_minutes(
    app: Flask, owner: Engine, maker: Caller
) -> None:
    screen = at_work(app, maker, "administrator")
    assert screen.get("/session")["proven_at"] is None  # to sign in is no proof
    cookie = screen.client.get_cookie("__Host-lotproof", "log.example.com")
    assert cookie is not None
    screen.post("/session/prove", {"password": PASSWORD}, 401)
    screen.post("/session/prove", {"password": OTHER, "code": screen.code()}, 401)
    screen.post("/api-keys", {"label": "x"}, 401)
    assert screen.prove()["proven_at"]
    screen.post("/api-keys", {"label": "x"}, 201)
    later(owner, "session", "proven_at", sessions.PROOF)
    nothing_remembered(app)
    screen.post("/api-keys", {"label": "x"}, 401)
    screen.client.set_cookie("__Host-lotproof", cookie.value, domain="log.example.com")
    assert screen.send("GET", "/session").status_code == 401  # the secret from before the proof


def test_a_proof_without_a_second_factor_is_the_password(app: Flask, maker: Caller) -> None:
    screen = clerk(app, maker, "operator")
    screen.sign_in()
    screen.post("/session/prove", {"password": OTHER}, 401)
    assert screen.prove()["proven_at"]


def test_keys_are_not_asked_and_have_no_session(maker: Caller) -> None:
    maker.post("/api-keys", {"label": "x"})
    refused = maker.send("POST", "/session/prove", {"password": PASSWORD})
    assert (refused.status_code, slug(refused)) == (403, "forbidden")


def test_that_one_must_prove_oneself_is_no_refusal_on_record(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "administrator")
    screen.post("/api-keys", {"label": "x"}, 401)
    assert "prove-yourself" not in str(maker.get("/refusals?limit=3"))


# A movement that is somebody's decision is recorded in a role that he has now, not in one of a second ago

def sent_back(number: str) -> dict[str, Any]:
    """Goods that go back to their supplier: quality decides."""
    line = {"item": "AMX", "lot": number, "quantity": "4"}
    return {"id": str(uuid4()), "type": "return", "from": "SX/A-01", "supplier": "Acme", "reason": "damp",
            "lines": [line]}  # fmt: skip


def dropped(who: Caller, owner: Engine) -> None:
    """His role is gone, and this process still believes it."""
    assert who.send("GET", "/items").status_code == 200
    with owner.begin() as connection:
        withdrawn(connection, who)


@pytest.fixture
def late(maker: Caller) -> Caller:
    return person(maker, "quality", "operator")


def test_what_is_a_decision() -> None:
    assert {"settle", "release", "inspect", "destroy", "recall", "lift", "return", "rework"} == DECIDING


def test_a_decision_is_recorded_in_a_role_of_now(late: Caller, maker: Caller, owner: Engine) -> None:
    maker.receive("DC-1")
    late.post("/movements", sent_back("DC-1"))
    dropped(late, owner)
    answer = late.send("POST", "/movements", told := sent_back("DC-1"))
    assert (answer.status_code, "others since" in answer.get_json()["detail"]) == (403, True)
    kept = maker.get("/refusals?limit=1")["refusals"][0]
    assert (kept["movement"], kept["movement_type"], kept["person"]) == (told["id"], "return", late.party)


def test_in_bulk_too_and_nothing_of_it_is_recorded(late: Caller, maker: Caller, owner: Engine) -> None:
    maker.receive("DC-2")
    dropped(late, owner)
    both = [receive("DC-2b"), sent_back("DC-2")]
    assert late.send("POST", "/movements/bulk", {"movements": both}, Prefer="wait=0").status_code == 403
    assert [maker.send("GET", f"/movements/{each['id']}").status_code for each in both] == [404, 404]


def test_by_an_event_too(late: Caller, maker: Caller, owner: Engine) -> None:
    maker.receive("DC-3")
    gone = event("shipping", {lot("DC-3"): 4}, disposition="returned", readPoint=at(maker.party), destinationList=[
        {"type": "owning_party", "destination": "https://id.gs1.org/417/4012345000009"}])
    dropped(late, owner)
    single = send(late, "/events", gone | {"@context": document()["@context"]})
    assert (single.status_code, single.get_json()["type"]) == (403, "epcisException:SecurityException")
    assert captured(maker, document(gone))["success"], "the company itself may"


def test_a_decision_and_the_end_of_its_role_come_one_after_the_other(
    late: Caller, maker: Caller, owner: Engine
) -> None:
    maker.receive("DC-4")
    with ThreadPoolExecutor(1) as pool, owner.connect() as other:
        with owner.begin() as connection:
            late.get("/items")
            withdrawn(connection, late)
            sent = pool.submit(late.send, "POST", "/movements", sent_back("DC-4"))
            eventually(lambda: other.scalar(WAITING))
        assert sent.result(30).status_code == 403

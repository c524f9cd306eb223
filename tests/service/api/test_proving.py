"""Signing acts of a session need a recent proof, keys are not asked; one table, tried operation by operation."""

from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from service.api.examples import story
from service.auth.proving import OWN, SIGNED_MOVEMENTS, SIGNING_ACTS
from service.signin import sessions
from tests.service.api import asking
from tests.service.api.conftest import Caller, receive
from tests.service.api.signing_in import OTHER, PASSWORD, Screen, at_work, clerk, slug
from tests.service.api.test_signing_in import later, nothing_remembered

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

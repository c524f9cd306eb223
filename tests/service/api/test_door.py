"""How the door behaves before any rule of the warehouse is asked: keys, forms, sizes, methods, faults."""

import logging
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from service.api.door import BODY_LIMIT, BULK_LIMIT
from service.app import create_app
from tests.service.api.conftest import OPERATOR_KEY, Caller, receive


def problem_of(answer: Any, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    document = answer.get_json()
    assert (document["type"], document["status"]) == (f"urn:lotproof:problem:{slug}", status)
    assert document["title"] and document["detail"]
    return document  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer x", "Basic bHBrXw==", "Bearer lpk_short",
     f"Bearer {OPERATOR_KEY}x", "Bearer lpk_" + "A" * 43,
     f"Token {OPERATOR_KEY}", f"Bearer {OPERATOR_KEY}, Bearer {OPERATOR_KEY}", "Bearer lpk_" + "é" * 43],
)  # fmt: skip
def test_without_a_good_key_nobody_enters(client: FlaskClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode().decode("latin-1")}
    answer = client.get("/api/v1/parties", headers=headers)
    problem_of(answer, 401, "unauthorized")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_of_another_role_is_told_what_was_expected(operator: Caller, maker: Caller) -> None:
    assert (
        problem_of(operator.send("GET", "/lots"), 403, "forbidden")["detail"]
        == "expected a key of role party, got operator"
    )
    problem_of(maker.send("POST", "/parties", {"id": "x", "name": "X"}), 403, "forbidden")


def test_the_key_is_asked_for_before_the_body_is_looked_at(client: FlaskClient) -> None:
    problem_of(client.post("/api/v1/movements", data=b"{" * 1000, content_type="text/plain"), 401, "unauthorized")


def test_an_unknown_path_is_a_problem(client: FlaskClient) -> None:
    problem_of(client.get("/api/v1/nothing"), 404, "not-found")
    problem_of(client.get("/nothing\x00\r\n"), 404, "not-found")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "GET"])
def test_a_method_that_is_not_there_is_answered_with_those_that_are(client: FlaskClient, method: str) -> None:
    answer = client.open("/api/v1/movements", method=method)
    problem_of(answer, 405, "method-not-allowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/xml", "application/json; charset=latin-1",
                                          "application/x-www-form-urlencoded", "multipart/form-data"])  # fmt: skip
def test_a_body_is_json_or_it_is_refused(maker: Caller, content_type: str | None) -> None:
    headers = {"Authorization": f"Bearer {maker.key}"}
    answer = maker.client.post("/api/v1/movements", data=b"{}", content_type=content_type, headers=headers)
    problem_of(answer, 415, "not-json")


def test_an_encoded_body_is_refused_before_it_can_grow(maker: Caller) -> None:
    headers = {"Authorization": f"Bearer {maker.key}", "Content-Encoding": "gzip"}
    answer = maker.client.post("/api/v1/movements", data=b"\x1f\x8b", content_type="application/json", headers=headers)
    problem_of(answer, 415, "encoded-body")


@pytest.mark.parametrize(("path", "limit"), [("/api/v1/movements", BODY_LIMIT), ("/api/v1/movements/bulk", BULK_LIMIT)])
@pytest.mark.parametrize("declared", [True, False])
def test_a_body_over_the_limit_is_refused(maker: Caller, path: str, limit: int, declared: bool) -> None:
    body = b'"' + b"a" * limit + b'"'
    headers = {"Authorization": f"Bearer {maker.key}"}
    if declared:
        answer = maker.client.post(path, data=body, content_type="application/json", headers=headers)
    else:  # chunked: no length, and the server says where the stream ends
        environ = {"wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
        answer = maker.client.post(path, input_stream=BytesIO(body), content_type="application/json", headers=headers,
                                   environ_overrides=environ)  # fmt: skip
    assert f"at most {limit} bytes" in problem_of(answer, 413, "too-large")["detail"]


def test_a_body_that_is_no_strict_json_names_what_was_expected(maker: Caller) -> None:
    headers = {"Authorization": f"Bearer {maker.key}"}
    for body in (b'{"id":1,"id":2}', b"[" * 900_000, b"NaN", b"\xff", b""):
        answer = maker.client.post("/api/v1/movements", data=body, content_type="application/json", headers=headers)
        assert problem_of(answer, 400, "not-strict-json")["expected"]


def test_a_wrong_shape_names_each_field(maker: Caller) -> None:
    problem = problem_of(maker.send("POST", "/movements", {"type": "move", "to": 3}), 422, "wrong-shape")
    assert {"at": "/to", "problem": "expected a location SITE/LOC, got 3"} in problem["errors"]
    assert {"at": "/lines", "problem": "missing"} in problem["errors"]


@pytest.mark.parametrize("query", ["?limit=0", "?limit=1001", "?limit=x", "?limit=1&limit=2", "?nope=1", "?limit=%00",
                                   "?after=http://x", "?search=%01", "?limit=1e1"])  # fmt: skip
def test_a_query_has_a_shape_too(maker: Caller, query: str) -> None:
    problem_of(maker.send("GET", f"/lots{query}"), 422, "wrong-shape")


@pytest.mark.parametrize(
    "id", ["x", "A18F2C5E-3B7A-7C11-9D42-AA55BB66CC77", "%00", "..", "018f2c5e-3b7a-7c11-9d42-aa55bb66cc77"]
)
def test_a_movement_that_could_not_exist_is_not_there(maker: Caller, id: str) -> None:
    problem_of(maker.send("GET", f"/movements/{id}"), 404, "not-found")


def test_a_fault_tells_the_caller_only_its_number(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down() -> None:
        raise RuntimeError("the secret is 1234")

    monkeypatch.setitem(app.view_functions, "status.read_status", break_down)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/v1/status", headers={"Authorization": f"Bearer {OPERATOR_KEY}"})
    problem = problem_of(answer, 500, "fault")
    assert "1234" not in answer.get_data(as_text=True)
    assert problem["incident"] in caplog.text and OPERATOR_KEY not in caplog.text


def test_without_its_database_the_door_says_later(app: Flask, client: FlaskClient, settings: Any) -> None:
    away = create_app(replace(settings, database_url="postgresql://nobody@/none?host=/nowhere"))
    answer = away.test_client().get("/api/v1/status")
    problem_of(answer, 503, "not-now")
    assert answer.headers["Retry-After"]
    assert away.test_client().get("/healthz").status_code == 200
    assert away.test_client().get("/").status_code == 503


def test_while_an_alarm_halts_the_ledger_is_read_only(
    app: Flask, owner: Engine, maker: Caller, operator: Caller
) -> None:
    house = app.extensions["lotproof"]
    with owner.begin() as connection:
        connection.execute(
            text("INSERT INTO ledger.alarm (kind, halts, detail, raised_at) VALUES ('FORK', true, 'test', 1)")
        )
    house.halting.look()
    answer = maker.send("POST", "/movements", receive("L1"))
    problem_of(answer, 503, "read-only")
    assert int(answer.headers["Retry-After"]) > 0
    problem_of(maker.send("POST", "/movements/bulk", {"movements": [receive("L1")]}), 503, "read-only")
    problem_of(operator.send("POST", "/parties", {"id": "late", "name": "Late"}), 503, "read-only")
    assert maker.get("/lots?lot=L1")["lots"] == []
    status = operator.get("/status")
    assert status["read_only"] and status["alarms"][0]["kind"] == "FORK" and status["alarms"][0]["advice"]
    assert "FORK" in maker.client.get("/").get_data(as_text=True)
    with owner.begin() as connection:
        connection.execute(text("UPDATE ledger.alarm SET cleared_at = 2, cleared_by = 'test'"))
    house.halting.look()
    maker.receive("AFTER")


def test_every_answer_binds_the_browser(client: FlaskClient, maker: Caller) -> None:
    for answer in (client.get("/"), client.get("/api/v1/status"), client.get("/nothing"), maker.send("GET", "/lots")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert maker.send("GET", "/lots").headers["Cache-Control"] == "no-store"
    assert "Strict-Transport-Security" not in client.get("/").headers
    assert (
        "max-age=31536000" in client.get("/", base_url="https://log.example.com").headers["Strict-Transport-Security"]
    )

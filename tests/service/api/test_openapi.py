"""The OpenAPI document is valid 3.1, says what the door does, and nothing generated from it brings the door down."""

import json
from typing import Any

import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from service.api.movement_schemas import WIRE
from tests.service.api.conftest import Caller

pytestmark = pytest.mark.usefixtures("sequencing")
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def document(client: FlaskClient) -> dict[str, Any]:
    return client.get("/api/openapi.json").get_json()  # type: ignore[no-any-return]


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    errors = [f"{list(error.instance_path)}: {error.message}" for error in OPENAPI_31_VALIDATOR.iter_errors(document)]
    assert not errors


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split('"$ref": "')[1:]}:
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]


def test_every_operation_says_who_may_call_it_and_how_it_refuses(app: Flask, document: dict[str, Any]) -> None:
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/v1")}
    assert {rule.replace("<", "{").replace(">", "}") for rule in rules} == set(document["paths"])
    for path, methods in document["paths"].items():
        for verb in methods.keys() - {"parameters"}:
            operation = methods[verb]
            assert operation["summary"] and operation["operationId"], (verb, path)
            roles = operation.get("x-roles", [])
            keys = [{"apiKey": []}] if roles and roles != ["session"] else []
            people = [{"session": []}] if {"party", "session"} & set(roles) else []
            assert operation["security"] == keys + people, (verb, path)
            for status, answer in operation["responses"].items():
                problem = "application/problem+json" in answer["content"]
                assert problem == (int(status) >= 400), (verb, path, status)


def test_every_movement_is_one_of_the_documented_ones(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    mapping = schemas["Movement"]["discriminator"]["mapping"]
    assert mapping.keys() == WIRE.keys()
    for name, reference in mapping.items():
        shape = schemas[reference.rsplit("/", 1)[-1]]
        assert shape["properties"]["type"]["enum"] == [name]
        assert {"id", "type"} <= set(shape["required"]) and shape["additionalProperties"] is False


def test_nothing_generated_from_the_document_is_a_fault(app: Flask, maker: Caller, operator: Caller) -> None:
    """A dozen requests to each operation, right and wrong ones; the answers are those that the document promises."""
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    keys = {"party": maker.key, "operator": operator.key}
    few = settings(
        max_examples=5, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    tried = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        if operation.path.endswith("/revoke"):
            continue  # would end the keys of the others
        roles = operation.definition.raw.get("x-roles", [])
        key = next((keys[role] for role in roles if role in keys), None)
        _fuzz(operation, key, few)
        tried += 1
    assert tried >= 20


def _fuzz(operation: Any, key: str | None, few: settings) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]

    @few
    @given(case=one_of([operation.as_strategy(generation_mode=mode) for mode in modes]))
    def attempt(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=CHECKS)

    attempt()

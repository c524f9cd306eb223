"""The OpenAPI document is valid 3.1, says what the door does, and nothing generated from it brings the door down."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from service.api.movement_schemas import WIRE
from tests.service.api import fuzzing
from tests.service.api.conftest import Caller

pytestmark = pytest.mark.usefixtures("sequencing")


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
    spelled = {re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule) for rule in rules}
    assert spelled == set(document["paths"])
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


def test_nothing_generated_from_the_document_is_a_fault_or_tells_another_party_s(app: Flask, operator: Caller) -> None:
    """A few requests to each operation, right and wrong ones, about things of the caller's and of another party, from
    everybody who might send them; the answers are those that the document promises.
    """
    town = fuzzing.town(operator)
    tried = fuzzing.fuzz(app, town, examples=1, seed=None, shares=6)
    assert tried.operations >= 100 and tried.requests >= tried.operations * 3
    assert tried.marked > 10, "expected the owner to be shown the marks, or their absence shows nothing"

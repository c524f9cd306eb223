"""The examples of the document are true: sent in order, each succeeds; and there is one for every kind of movement."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from service.api.examples import story
from service.domain.commands import COMMANDS
from tests.service.api.conftest import Caller

pytestmark = pytest.mark.usefixtures("sequencing")


def filled(value: Any, kept: dict[str, str]) -> Any:
    for name, known in kept.items():
        value = value.replace(f"{{{name}}}", known) if isinstance(value, str) else value
    return value


def test_the_examples_are_a_story_that_can_be_played(operator: Caller) -> None:
    callers, kept = {"operator": operator}, dict[str, str]()
    for example in story():
        body = {name: filled(value, kept) for name, value in example.body.items()}
        caller, path = callers[example.by], filled(example.path, kept)
        answer = caller.get(path) if example.read else caller.post(path, body, example.expect)
        if example.keeps:
            kept[example.keeps] = answer[example.kept]
        if example.path == "/parties":
            callers[example.body["id"]] = Caller(operator.client, answer["api_key"], example.body["id"])
        for result in answer.get("results", ()):
            assert result["status"] in (200, 201), result


def test_every_type_of_movement_has_its_example() -> None:
    shown = {example.body["type"] for example in story() if example.path == "/movements"}
    assert shown == COMMANDS.keys()


def test_the_document_shows_the_examples(client: FlaskClient) -> None:
    document: dict[str, Any] = client.get("/api/openapi.json").get_json()
    shown = document["paths"]["/api/v1/movements"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert shown.keys() == COMMANDS.keys()
    for path, verbs in document["paths"].items():
        content = verbs.get("post", {}).get("requestBody", {}).get("content", {})
        assert "examples" in content.get("application/json", {"examples": None}), path

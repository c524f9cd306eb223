"""The examples of the document are true: sent in order, each succeeds; and there is one for every kind of movement."""

from dataclasses import dataclass
from typing import Any

import pytest
from flask.testing import FlaskClient

from service.api.examples import Example, story
from service.domain.commands import COMMANDS
from tests.service.api.conftest import Caller
from tests.service.api.signing_in import Screen, secret_of

pytestmark = pytest.mark.usefixtures("sequencing")


def filled(value: Any, kept: dict[str, str]) -> Any:
    for name, known in kept.items():
        value = value.replace(f"{{{name}}}", known) if isinstance(value, str) else value
    return value


@dataclass(slots=True)
class Played:
    """What came of the story so far: who takes part (companies by key, people at a screen), and what they keep."""

    callers: dict[str, Any]
    kept: dict[str, str]

    def post(self, example: Example) -> Any:
        caller = self.callers.get(example.by) or self._screen(example.by)
        if "{code}" in example.body.values():
            caller.secret = secret_of(self.kept["factor"])
            self.kept["code"] = caller.code()
        body = {name: filled(value, self.kept) for name, value in example.body.items()}
        path = filled(example.path, self.kept)
        answer = caller.get(path) if example.read else caller.post(path, body, example.expect)
        if example.keeps:
            self.kept[example.keeps] = answer[example.kept]
        if example.path == "/parties":
            self.callers[example.body["id"]] = Caller(self.client, answer["api_key"], example.body["id"])
        return answer

    @property
    def client(self) -> FlaskClient:
        client: FlaskClient = self.callers["operator"].client
        return client

    def _screen(self, person: str) -> Screen:
        made = self.callers[person] = Screen(self.client.application.test_client())
        return made


def test_the_examples_are_a_story_that_can_be_played(operator: Caller) -> None:
    played = Played({"operator": operator}, {})
    for example in story():
        for result in (played.post(example) or {}).get("results", ()):  # a paper is no JSON
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

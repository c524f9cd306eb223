"""Requests generated from the OpenAPI document, right and wrong ones, each sent by everybody who might: a company, a
person of each of its roles, the operator, an auditor, a regulator, nobody.

Another company, of the examples' story, wrote a mark into each of its texts. Where a path names something, each
request is sent once more with the name of what that company has. Every answer is one that the document promises; none
is a fault; and no party, no person of it and nobody without a key ever reads the mark. (Whose kind of key sees all
parties is not asked that.)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import uuid4

import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import one_of
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service.api.examples import story
from service.domain.people import ROLES
from tests.service.api import asking
from tests.service.api.asking import OWNER, Told
from tests.service.api.conftest import Caller, furnished

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
HELD = next(each.body["id"] for each in story() if each.body.get("type") == "hold")
"""A movement that says a reason."""
MODES = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
SEES_ALL = ("operator", "auditor", "regulator")
COMPANY = "the company"
ENDS_KEYS = ("/revoke", "/rotate")  # of the others, in the middle of it


class Broken(AssertionError):
    """An answer that must not be: who asked what, and why it is wrong."""


@dataclass(frozen=True, slots=True)
class Town:
    """Who asks; and whose things are asked for, with the mark that is in them."""

    callers: Mapping[str, Caller]
    owner: Told
    mark: str


@dataclass(slots=True)
class Tried:
    operations: int = 0
    requests: int = 0
    marked: int = 0
    """Answers to the owner that held the mark: it is there to be seen."""
    statuses: dict[int, int] = field(default_factory=dict)


def town(operator: Caller) -> Town:
    """A company with a person for each role, beside another one that has lived."""
    mark = f"mark-{uuid4().hex[:12]}"
    owner, company = asking.told(operator, mark), furnished(operator, f"fuzzed-{uuid4().hex[:6]}")
    people = {}
    for role in ROLES:
        code = company.post("/people", {"roles": [{"role": role}]})["code"]
        key = company.post(f"/people/{code}/api-keys", {"label": "x"})["api_key"]
        people[f"a {role}"] = Caller(company.client, key)
    for role in ("auditor", "regulator"):
        people[role] = Caller(company.client, operator.post("/api-keys", {"label": "x", "role": role})["api_key"])
    others = {COMPANY: company, "operator": operator, "nobody": Caller(company.client, None)}
    return Town({**others, **people}, owner, mark)


def fuzz(app: Flask, town: Town, examples: int, seed: int | None, shares: int = 1) -> Tried:
    """`examples` requests to each operation, each from a company and every `shares`-th caller, in turn; the
    same seed, the same requests. Raises Broken."""
    tried = Tried()
    for result in schemathesis.openapi.from_wsgi("/api/openapi.json", app).get_all_operations():
        operation = result.ok()
        if not operation.path.endswith(ENDS_KEYS):
            _one(operation, town, examples, seed, shares, tried)
            tried.operations += 1
    return tried


def _one(operation: Any, town: Town, examples: int, number: int | None, shares: int, tried: Tried) -> None:
    few = settings(
        max_examples=examples, deadline=None, database=None, derandomize=number is None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip

    turn = count()

    def attempt(case: Any) -> None:
        asking = dict(list(town.callers.items())[next(turn) % shares :: shares]) | {COMPANY: town.callers[COMPANY]}
        for who, caller in asking.items():
            _send(case, who, caller, town, tried)
        if names := _names(operation, town.owner):
            case.path_parameters = {**case.path_parameters, **names}
            for who, caller in asking.items():
                _send(case, who, caller, town, tried)
        tried.marked += town.mark.encode() in case.call(headers=_headers(town.owner.callers[OWNER])).content

    made = given(case=one_of([operation.as_strategy(generation_mode=mode) for mode in MODES]))
    asked = few(made(attempt))
    (asked if number is None else seed(number)(asked))()


def _names(operation: Any, owner: Told) -> dict[str, str]:
    """What the owner's things are called in this path."""
    kind = operation.path.removeprefix(asking.PREFIX + "/").partition("/")[0]
    id = operation.definition.raw.get("operationId")
    name = HELD if id == "read_movement" else owner.names.get(id, owner.names.get(kind))
    return {} if name is None else {each: name for each in ("id", "code") if "{" + each + "}" in operation.path}


def _send(case: Any, who: str, caller: Caller, town: Town, tried: Tried) -> None:
    answer = case.call(headers=_headers(caller))
    tried.requests += 1
    tried.statuses[answer.status_code] = tried.statuses.get(answer.status_code, 0) + 1
    try:
        case.validate_response(answer, checks=CHECKS, headers=_headers(caller))
    except FailureGroup as group:
        raise Broken(f"{who}: {case.as_curl_command()}: {group}") from None
    if who not in SEES_ALL and town.mark.encode() in answer.content + str(answer.headers).encode():
        raise Broken(f"{who}: {case.as_curl_command()}: read {town.mark} of another party: {answer.content[:500]!r}")


def _headers(caller: Caller) -> dict[str, str]:
    return {"Authorization": f"Bearer {caller.key}"} if caller.key else {}

"""Every operation of the document for everybody who might call it; what is expected follows from the permissions.

    nobody, a revoked key       401 where a key is needed
    another kind of key         403
    a person of the party       403 unless one of its roles may; each role, for the whole party and for one site
    another party               not there, for whatever has a name; what lists hold is asked in test_who_sees_what
    the owner                   neither
"""

from collections.abc import Mapping
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.auth.permissions import OPERATIONS, READS, RECORDING
from service.domain.people import ROLES, Grant
from tests.service.api import asking
from tests.service.api.asking import OWNER, Told
from tests.service.api.conftest import Caller, furnished

pytestmark = pytest.mark.usefixtures("sequencing")
KINDS = ("operator", "auditor", "regulator")
LET_IN = "let in"
NOWHERE = {"id": "00000000-0000-4000-8000-000000000000", "line": "1", **dict.fromkeys(("code", "name", "token"), "NO")}
GRANTS = [Grant(role, site) for role in ROLES for site in (None, "MUC")]


@pytest.fixture(scope="module")
def told(operator: Caller) -> Told:
    return asking.told(operator)


@pytest.fixture(scope="module")
def all_operations(client: FlaskClient) -> list[asking.Operation]:
    return asking.operations(client)


def outcome(status: int) -> int | str:
    """401, 403 and 429 are what is refused at the door; a fault of ours is no answer."""
    return status if status in (401, 403, 429) or status >= 500 else LET_IN


def not_there(answer: TestResponse) -> bool:
    """As if there were no such thing: 404, or of a name within a rule of the warehouse 409 `unknown-thing`."""
    return answer.status_code == 404 or str(answer.get_json()["type"]).endswith(":unknown-thing")


def asked_in_vain(caller: Caller, operation: asking.Operation) -> int | str:
    """About something that is not there, and with an empty body: nothing happens, but the door has spoken."""
    body = None if operation.verb in ("GET", "DELETE") else {}
    return outcome(caller.send(operation.verb, operation.path(NOWHERE), body).status_code)


def matrix(caller: Caller, all_operations: list[asking.Operation]) -> Mapping[str, int | str]:
    return {operation.id: asked_in_vain(caller, operation) for operation in all_operations}


def test_whatever_a_party_may_call_stands_in_the_table(all_operations: list[asking.Operation]) -> None:
    assert {each.id for each in all_operations if "party" in each.roles} <= OPERATIONS.keys()


@pytest.mark.parametrize("who", ["nobody", "revoked"])
def test_nobody_and_a_revoked_key_get_nowhere(
    who: str, told: Told, stranger: Caller, all_operations: list[asking.Operation]
) -> None:
    caller = stranger
    if who == "revoked":
        made = told.callers[OWNER].post("/api-keys", {"label": "short-lived"})
        told.callers[OWNER].post(f"/api-keys/{made['id']}/revoke", None, expect=200)
        caller = Caller(stranger.client, made["api_key"])
    expected = {each.id: 401 if each.roles else LET_IN for each in all_operations}
    assert matrix(caller, all_operations) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_another_kind_of_key_opens_the_operations_of_its_kind_only(
    kind: str, operator: Caller, all_operations: list[asking.Operation]
) -> None:
    caller = operator
    if kind != "operator":
        made = operator.post("/api-keys", {"label": kind, "role": kind})
        caller = Caller(operator.client, made["api_key"])
    expected = {each.id: LET_IN if not each.roles or kind in each.roles else 403 for each in all_operations}
    assert matrix(caller, all_operations) == expected


@pytest.mark.parametrize("grant", GRANTS, ids=lambda grant: f"{grant.role}@{grant.site or 'everywhere'}")
def test_a_person_may_what_its_role_may(grant: Grant, told: Told, all_operations: list[asking.Operation]) -> None:
    """Of one site: reads and records there, and nothing else."""
    owner, code = told.callers[OWNER], f"p-{uuid4().hex[:10]}"
    owner.post("/people", {"code": code, "roles": [{"role": grant.role, "site": grant.site}]})
    person = Caller(owner.client, owner.post(f"/people/{code}/api-keys", {"label": "x"})["api_key"])
    may = {id for id, roles in OPERATIONS.items() if grant.role in roles}
    if grant.site is not None:
        may &= READS.keys() | RECORDING.keys()
    expected = {
        each.id: LET_IN if not each.roles or ("party" in each.roles and each.id in may) else 403
        for each in all_operations
    }
    assert matrix(person, all_operations) == expected


def test_a_company_may_whatever_one_of_its_people_may(told: Told, all_operations: list[asking.Operation]) -> None:
    expected = {
        each.id: LET_IN if not each.roles or ("party" in each.roles and OPERATIONS[each.id]) else 403
        for each in all_operations
    }
    assert matrix(told.callers[OWNER], all_operations) == expected


def test_what_has_a_name_is_there_for_its_owner_and_for_no_other_party(
    told: Told, operator: Caller, all_operations: list[asking.Operation]
) -> None:
    """The same request, from another party and then from the owner."""
    other, seen = furnished(operator, "neighbour"), dict[str, tuple[bool, bool]]()
    words = {f"{verb}_{kind}" for kind in asking.STANDARD_WORDS for verb in ("read_epcis", "list_epcis_events_of")}
    named = [each for each in all_operations if each.names_something and "party" in each.roles]
    named = [each for each in named if each.id not in words]
    for operation in named:
        foreign, own = told.ask(operation, other), told.ask(operation, told.owner(operation))
        known = own.status_code < 400 or (own.status_code == 409 and not not_there(own))
        seen[operation.id] = not_there(foreign), known
    assert seen == {each.id: (True, True) for each in named}

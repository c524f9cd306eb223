"""A party that signs for itself signs its erasures too: nothing goes before it has."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from service.audit.warehouse import audit_movements, audit_things
from signer.keys import Key
from tests.service.api.conftest import ORIGIN, Caller, receive
from tests.service.api.test_own_keys import own, signed

__all__ = ["own"]


@pytest.mark.usefixtures("sequencing")
def test_an_erasure_is_signed_by_the_partys_own_hand(own: tuple[Caller, Key], owner: Engine) -> None:
    caller, key = own
    asked: dict[str, Any] = {"id": str(uuid4()), "property": "lotproof:reason", "legal_basis": "GDPR", "by": "p-1"}
    movement = receive("OWN", reason="she rang")
    signed(caller, key, "/movements", movement)
    erasure = caller.post("/erasures", asked | {"movement": movement["id"]})
    path = f"/erasures/{erasure['id']}/approvals"
    approval = {"decision": "approve", "shown": erasure["shown"]}
    caller.post(path, approval | {"person": "p-2"}, 200)
    shown = caller.post(path, approval | {"person": "p-3"}, 409)
    assert shown["type"].endswith("sign-this")
    assert caller.get(f"/erasures/{erasure['id']}")["state"] == "asked"
    assert signed(caller, key, path, approval | {"person": "p-3"}, 200)["state"] == "erased"
    with owner.connect() as connection:
        assert [*audit_things(connection, ORIGIN), *audit_movements(connection, ORIGIN)] == []

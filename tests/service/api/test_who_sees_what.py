"""What belongs to one party, and what another finds of it: in lists, by names, and in movements. See `test_matrix`."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from service.records.names import NAMES
from tests.service.api.asking import a_machines_key, operations
from tests.service.api.conftest import Caller, receive

pytestmark = pytest.mark.usefixtures("sequencing")
MAY_BE_EMPTY = ("/gs1-prefixes", "/reports/expiry", "/reports/quarantine", "/reports/integrity", "/notices",
                "/imports/template", "/signing-keys", "/erasures", "/sign-in-rules",
                "/oidc-providers", "/overview", "/figures", "/limits", "/excursions", "/label-prints", "/lot-papers",
                "/records", "/missing", "/epcis/capture", "/epcis/",
                *(f"/epcis/{name}" for name in ("eventTypes", "bizSteps", "dispositions", "bizLocations",
                                                "readPoints", "queries", "partners")),
                *(f"/records/{name}" for name in NAMES if name != "audit-trail"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Owned:
    """What belongs to the maker, with marks that nobody else may ever read."""

    movement: str
    lot: str
    handoff: str
    api_key: str


@pytest.fixture(scope="module")
def owned(maker: Caller, trader: Caller) -> Owned:
    made = maker.receive("SECRET-LOT", supplier="SECRET-SUPPLIER")
    line = {"item": "AMX", "lot": "SECRET-LOT", "quantity": "7"}
    offer = {"id": str(uuid4()), "type": "offer", "from": "SX/A-01", "to_party": "tongqu", "lines": [line]}
    maker.post("/movements", offer)
    maker.post("/items", {"code": "SECRET-ITEM", "name": "SECRET", "unit": "EA"})
    maker.post("/sites", {"code": "SECRET-SITE", "zone": "UTC"})
    maker.post("/locations", {"site": "SX", "code": "SECRET-LOC"})
    maker.post("/people", {"code": "SECRET-PERSON", "roles": []})
    maker.send("PATCH", "/items/SECRET-ITEM", {"spec": "SECRET", "reason": "SECRET"})
    maker.post("/movements", receive("L", to="SX/SECRET-NONE"), expect=409)
    maker.post("/webhooks", {"url": "https://example.com/SECRET"})
    maker.post("/lot-number-rules", {"code": "SECRET", "name": "SECRET", "pattern": "S{serial:3}", "reset": "never"})
    maker.post("/customers", {"code": "SECRET", "name": "SECRET"})
    maker.post("/orders", {"kind": "sales", "number": "SECRET", "site": "SX", "customer": "SECRET",
                           "lines": [{"item": "AMX", "quantity": "1"}]})  # fmt: skip
    maker.post("/recall-drills", {"lot": made["lots"][0]})
    maker.receive("SECRET-BAD", supplier="SECRET")
    bad = {"item": "AMX", "lot": "SECRET-BAD", "by": "u-1"}
    maker.post("/quarantine-cases", {"id": str(uuid4()), "cause": "suspect", "words": "SECRET", **bad})
    maker.post("/recalls", {"id": str(uuid4()), "reason": "SECRET", "class": "I", **bad})
    maker.send("PUT", "/addresses", {"kind": "partner", "code": "SECRET", "name": "SECRET", "reason": "SECRET"})
    maker.send("PATCH", "/items/AMX/product", {"regimes": ["fsma", "gsp", "dscsa"], "brand": "SECRET", "reason": "x"})
    maker.post("/supplements", {"id": str(uuid4()), "movement": made["id"], "field": "document_number",
                                "value": "SECRET-DOCUMENT", "reason": "it was on paper"})  # fmt: skip
    maker.post("/trace-codes", {"id": str(uuid4()), "lot": made["lots"][0], "codes": [{"code": "SECRET-CODE"}]})
    maker.post("/counts", {"id": str(uuid4()), "by": "SECRET", "blind": False, "places": ["SX/A-01"]})
    maker.post("/sensors", {"code": "SECRET", "name": "SECRET", "kinds": ["temperature"], "at": {"location": "SX/A-01"},
                            "interval_seconds": 60, "since": "2026-11-01T00:00:00Z"})  # fmt: skip
    limit = {"at": {"location": "SX/A-01"}, "kind": "temperature", "high": "8", "reason": "SECRET"}
    maker.send("PUT", "/limits", limit)
    maker.post("/shares", {"id": str(uuid4()), "lot": made["lots"][0], "label": "SECRET"})
    maker.post("/oauth-clients", {"label": "SECRET", "jwk": a_machines_key()})
    maker.post("/signing-key-changes", {"id": str(uuid4()), "kept_here": "new", "reason": "SECRET", "by": "u-1"})
    return Owned(made["id"], made["lots"][0], offer["id"], maker.post("/api-keys", {"label": "SECRET"})["id"])


def test_what_is_read_by_its_id_is_there_for_its_owner_only(
    owned: Owned, maker: Caller, outsider: Caller, trader: Caller
) -> None:
    for path in (f"/movements/{owned.movement}", f"/movements/{owned.movement}/receipt", f"/movements/{owned.handoff}"):
        assert maker.send("GET", path).status_code == 200
        for other in (outsider, trader):
            absent, never = other.send("GET", path), other.send("GET", path.replace(path.split("/")[2], str(uuid4())))
            assert absent.status_code == never.status_code == 404
            assert absent.get_json().keys() == never.get_json().keys()
    assert outsider.send("POST", f"/api-keys/{owned.api_key}/revoke").status_code == 404


def test_no_list_of_another_party_holds_anything_of_the_owner(
    client: FlaskClient, owned: Owned, maker: Caller, outsider: Caller
) -> None:
    for operation in operations(client):
        rule = operation.rule
        if operation.verb != "GET" or "party" not in operation.roles or operation.names_something:
            continue
        if operation.id in ("list_parties", "prove_lot"):  # everybody's
            continue
        for query in ("", f"?uri={owned.lot}"):
            own, other = (caller.send("GET", operation.path({}) + query) for caller in (maker, outsider))
            if own.status_code in (400, 422):
                continue  # takes no such parameter
            mine = own.get_data(as_text=True)
            assert "SECRET" in mine or owned.handoff in mine or rule.endswith(MAY_BE_EMPTY), rule
            assert "SECRET" not in other.get_data(as_text=True) and owned.handoff not in other.get_data(as_text=True), (
                rule
            )


def test_a_handoff_is_seen_by_its_two_parties(owned: Owned, maker: Caller, trader: Caller, outsider: Caller) -> None:
    for caller, expected in ((maker, [owned.handoff]), (trader, [owned.handoff]), (outsider, [])):
        assert [handoff["id"] for handoff in caller.get("/handoffs")["handoffs"]] == expected


def test_nobody_moves_what_is_not_his(owned: Owned, outsider: Caller, trader: Caller, maker: Caller) -> None:
    before = maker.get(f"/stock?uri={owned.lot}")
    line = {"item": "AMX", "lot": "SECRET-LOT", "quantity": "1"}
    foreign: list[dict[str, Any]] = [
        {"type": "move", "from": "SX/A-01", "to": "SX/A-02", "lines": [line]},
        {"type": "move", "from": "SX/SECRET-LOC", "to": "SX/A-02", "lines": [line]},
        {"type": "ship", "from": "SX/A-01", "customer": "me", "lines": [line]},
        {"type": "hold", "at": "SX/A-01", "reason": "envy", "lines": [line]},
        {"type": "accept", "handoff": owned.handoff, "to": "SX/A-01"},
        {"type": "refuse", "handoff": owned.handoff, "reason": "envy"},
        {**receive("X"), "to": "SX/SECRET-LOC"},
    ]
    for movement in foreign:
        refused = outsider.post("/movements", {**movement, "id": str(uuid4())}, expect=409)
        assert refused["type"] == "urn:lotproof:problem:unknown-thing", movement
    assert maker.get(f"/stock?uri={owned.lot}") == before
    assert trader.get("/handoffs")["handoffs"][0]["state"] == "offered"


def test_an_id_that_another_party_used_is_free(owned: Owned, outsider: Caller) -> None:
    outsider.post("/movements", {**receive("MINE"), "id": owned.movement})


def test_master_data_of_one_party_does_not_take_the_names_of_another(owned: Owned, outsider: Caller) -> None:
    outsider.post("/items", {"code": "SECRET-ITEM", "name": "Mine", "unit": "EA"})
    outsider.post("/sites", {"code": "SECRET-SITE", "zone": "UTC"})

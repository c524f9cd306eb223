"""Every movement of ours is an event: read once, whoever asks; what was erased is in no event; a lie is found."""

from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from service import standpoint
from service.api.house import House
from service.audit.warehouse import audit_warehouse
from service.epcis.documents import write_event
from service.epcis.movements import read_all_due
from service.epcis.store import body_of
from tests.service.api.conftest import ORIGIN, Caller, furnished, receive
from tests.service.api.epcis import captured, document, event, lot, received, send

EVENTS = """
    SELECT e.*, e.body::text AS told, m.id AS movement_id FROM warehouse.epcis_event e
    JOIN warehouse.party p ON p.id = e.party_id LEFT JOIN warehouse.movement m ON m.number = e.movement
    WHERE p.code = :party ORDER BY e.number
"""


def party_of(owner: Engine, code: str) -> int:
    with owner.connect() as connection:
        return int(connection.scalar(text("SELECT id FROM warehouse.party WHERE code = :code"), {"code": code}) or 0)


def read_events(app: Flask, owner: Engine, caller: Caller) -> list[Any]:
    house: House = app.extensions["lotproof"]
    number = party_of(owner, caller.party)
    with standpoint.of_parties({number}):
        read_all_due(house.engine, number)
    with owner.connect() as connection:
        return list(connection.execute(text(EVENTS), {"party": caller.party}))


@pytest.fixture
def party(operator: Caller) -> Caller:
    return furnished(operator, f"ev-{uuid4().hex[:8]}")


def test_a_movement_is_read_as_an_event_once(app: Flask, owner: Engine, party: Caller) -> None:
    movement = receive("MV-1", "7")
    party.post("/movements", movement)
    for _ in range(2):
        (row,) = read_events(app, owner, party)
    event = body_of(row.told)
    assert row.event_id == event["eventID"] == f"urn:uuid:{movement['id']}" and str(row.movement_id) == movement["id"]
    assert (event["type"], event["bizStep"], event["action"]) == ("ObjectEvent", "receiving", "OBSERVE")
    assert event["quantityList"] == [{"epcClass": lot("MV-1"), "quantity": 7}]


def test_two_who_ask_at_once_read_each_movement_once(app: Flask, owner: Engine, party: Caller) -> None:
    for number in range(12):
        party.receive(f"MV-2-{number}")
    asking = [Thread(target=read_events, args=(app, owner, party)) for _ in range(4)]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    assert len(read_events(app, owner, party)) == 12


def test_a_captured_movement_is_one_event_and_our_own_is_known_when_it_comes_back(
    app: Flask, owner: Engine, party: Caller
) -> None:
    told = received(party.party, "MV-3", 4)
    assert captured(party, document(told))["success"]
    party.receive("MV-4")
    first, second = read_events(app, owner, party)
    assert (first.event_id, first.movement is not None) == (told["eventID"], True)
    back = write_event(body_of(second.told))
    assert send(party, "/events", back).status_code == 409
    assert len(read_events(app, owner, party)) == 2


def test_the_audit_finds_whatever_is_changed_in_an_event(app: Flask, owner: Engine, party: Caller) -> None:
    party.receive("MV-5")
    assert captured(party, document(received(party.party, "MV-6", 4)))["success"]
    rows = read_events(app, owner, party)
    with owner.connect() as connection:
        assert list(audit_warehouse(connection, ORIGIN)) == []
    changes = (
        "UPDATE warehouse.epcis_event SET body = jsonb_set(body, '{action}', '\"ADD\"') WHERE number = :number",
        "UPDATE warehouse.epcis_event SET sha256 = decode(repeat('00', 32), 'hex') WHERE number = :number",
        "UPDATE warehouse.epcis_event SET biz_step = 'shipping' WHERE number = :number",
        "UPDATE warehouse.epcis_event SET event_time = event_time + interval '1 s' WHERE number = :number",
        "UPDATE warehouse.epcis_event SET read_point = 'https://x.example/elsewhere' WHERE number = :number",
        "DELETE FROM warehouse.epcis_event_epcs WHERE event = :number",
    )
    for row in rows:
        for change in changes:
            with owner.connect() as connection:  # not committed
                connection.execute(text(change), {"number": row.number})
                found = {each.check for each in audit_warehouse(connection, ORIGIN)}
                assert "an event is what was signed" in found, (change, row.event_id)


def test_the_audit_finds_what_is_changed_in_evidence(app: Flask, owner: Engine, party: Caller) -> None:
    told = event("departing", None, quantityList=None, epcList=["urn:epc:id:sscc:4012345.0111111111"],
                 readPoint={"id": "urn:epc:id:sgln:4012345.00011.987"})  # fmt: skip
    assert captured(party, document(told))["success"]
    (row,) = read_events(app, owner, party)
    with owner.connect() as connection:
        assert list(audit_warehouse(connection, ORIGIN)) == []
    changes = (
        "UPDATE warehouse.statement SET jwt = jwt || 'x' WHERE statement_hash = :hash",
        "UPDATE warehouse.disclosure SET disclosures = '~' WHERE statement_hash = :hash",
        "DELETE FROM ledger.submission WHERE statement_hash = :hash",
        "UPDATE warehouse.epcis_event SET event_id = 'urn:x:other' WHERE statement_hash = :hash",
        "DELETE FROM warehouse.epcis_event WHERE statement_hash = :hash",
    )
    for change in changes:
        with owner.connect() as connection:  # not committed
            for table in ("statement", "disclosure"):
                connection.execute(text(f"ALTER TABLE warehouse.{table} DISABLE TRIGGER ALL"))
            connection.execute(text("ALTER TABLE ledger.submission DISABLE TRIGGER ALL"))
            assert connection.execute(text(change), {"hash": row.statement_hash}).rowcount
            assert list(audit_warehouse(connection, ORIGIN)) != [], change


@pytest.mark.parametrize("how", ["captured", "recorded"])
def test_what_was_erased_is_in_no_event(app: Flask, owner: Engine, party: Caller, how: str) -> None:
    if how == "captured":
        movement = received(party.party, "MV-7", 4, **{"lotproof:reason": "for Jane Doe"})
        assert captured(party, document(movement))["success"]
    else:
        movement = receive("MV-8", reason="for Jane Doe")
        party.post("/movements", movement)
    (before,) = read_events(app, owner, party)
    assert "Jane Doe" in before.told
    for code in ("QA-1", "QA-2"):
        party.post("/people", {"code": code, "name": code, "roles": [{"role": "quality"}]})
    asked = party.post("/erasures", {
        "id": str(uuid4()), "movement": str(before.movement_id), "property": "lotproof:reason",
        "legal_basis": "GDPR Art. 17", "by": "DP-1"})  # fmt: skip
    for code in ("QA-1", "QA-2"):
        approval = {"person": code, "decision": "approve", "shown": asked["shown"]}
        party.post(f"/erasures/{asked['id']}/approvals", approval, expect=200)
    (after,) = read_events(app, owner, party)
    assert "Jane Doe" not in after.told and after.event_id == before.event_id
    with owner.connect() as connection:
        assert list(audit_warehouse(connection, ORIGIN)) == []

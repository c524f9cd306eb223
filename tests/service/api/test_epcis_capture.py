"""Capture: a movement where it moves our stock, else evidence; exactly once; and every refusal with its reason."""

import json
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from service import standpoint
from service.api.house import House
from service.audit.warehouse import audit_warehouse
from service.auth.keys import Caller as Known
from service.domain.people import Grant
from service.epcis.capture import jobs
from service.epcis.capture.backlog import Captures, captures
from service.epcis.capture.crew import Crew
from service.epcis.documents import read
from service.epcis.store import body_of
from service.epcis.wanted import wanted_of
from service.ledger import ledger_audit
from service.statements.reading import decoded, parts_of
from tests.service.api import epcis
from tests.service.api.conftest import ORIGIN, Caller, furnished
from tests.service.api.epcis import at, captured, document, event, lot, received, send
from tests.service.epcis import official
from tests.tools.waiting import eventually
from verifier.encoding import b64url

GS1_PLACE = {"id": "urn:epc:id:sgln:4012345.00011.987"}


def rows(owner: Engine, party: str, event_id: str) -> list[Any]:
    with owner.connect() as connection:
        asked = text("""SELECT e.*, m.type AS movement_type, s.id AS statement FROM warehouse.epcis_event e
            JOIN warehouse.party p ON p.id = e.party_id LEFT JOIN warehouse.movement m ON m.number = e.movement
            JOIN warehouse.statement s ON s.statement_hash = e.statement_hash
            WHERE p.code = :party AND e.event_id = :id ORDER BY e.number""")
        return list(connection.execute(asked, {"party": party, "id": event_id}))


def stock(caller: Caller, number: str) -> dict[str, str]:
    found = caller.get(f"/stock?item=AMX&lot={number}")["stock"]
    return {each["location"]: each["quantity"] for each in found}


def others() -> dict[str, Any]:
    """Somebody observed somebody's pallet somewhere."""
    return event("departing", None, quantityList=None, epcList=["urn:epc:id:sscc:4012345.0111111111"],
                 readPoint=GS1_PLACE)  # fmt: skip


def test_an_event_that_moves_our_stock_is_a_movement(owner: Engine, maker: Caller) -> None:
    told = received(maker.party, "EP-1", 70)
    job = captured(maker, document(told))
    assert (job["success"], job["errors"], job["lotproof:captured"]) == (True, [], 1)
    (row,) = rows(owner, maker.party, told["eventID"])
    assert row.movement_type == "receive" and str(row.statement) == told["eventID"].removeprefix("urn:uuid:")
    assert stock(maker, "EP-1") == {"SX/A-01": "70"}


def test_others_goods_are_kept_and_logged(owner: Engine, maker: Caller, sequencing: Engine) -> None:
    told = others()
    assert captured(maker, document(told))["success"]
    (row,) = rows(owner, maker.party, told["eventID"])
    assert row.movement is None and row.body["epcList"] == ["https://id.gs1.org/00/040123451111111110"]
    entry = text("SELECT sequence FROM ledger.entry WHERE statement_hash = :hash")

    def logged() -> bool:
        with owner.connect() as connection:
            return connection.scalar(entry, {"hash": row.statement_hash}) == 1

    eventually(logged)


def test_the_same_document_is_one_job_and_the_same_event_one_event(owner: Engine, maker: Caller) -> None:
    told = received(maker.party, "EP-2", 5)
    first = epcis.begun(maker, document(told))
    assert epcis.begun(maker, document(told)) == first
    job = captured(maker, document(told, others()))
    assert (job["lotproof:captured"], job["lotproof:known"]) == (1, 1)
    assert stock(maker, "EP-2") == {"SX/A-01": "5"} and len(rows(owner, maker.party, told["eventID"])) == 1


def test_one_id_with_other_content_is_refused(maker: Caller) -> None:
    told = others()
    captured(maker, document(told))
    job = captured(maker, document(told | {"eventTime": "2026-01-06T10:00:00Z"}))
    assert not job["success"]
    assert job["errors"][0]["type"] == "epcisException:ResourceAlreadyExistsException"


def test_an_event_without_an_id_is_named_by_its_hash(owner: Engine, maker: Caller) -> None:
    told = others() | {"eventTime": "2026-01-07T10:00:00Z"}
    del told["eventID"]
    assert captured(maker, document(told))["lotproof:captured"] == 1
    assert captured(maker, document(told), GS1_Capture_Error_Behaviour="proceed")["lotproof:known"] == 1
    with owner.connect() as connection:
        asked = text("SELECT event_id FROM warehouse.epcis_event WHERE event_time = '2026-01-07T10:00Z'")
        (found,) = connection.execute(asked).scalars()
    assert found.startswith("ni:///sha-256;") and found.endswith("?ver=CBV2.0")


@pytest.mark.parametrize("ours", [True, False])
def test_nothing_in_a_statement_follows_from_what_may_be_hidden(
    owner: Engine, maker: Caller, trader: Caller, ours: bool
) -> None:
    """Whoever is shown a part of a statement must not be able to try the rest until a hash fits."""
    told = [received(each.party, f"HID-{ours}", 3) if ours else others() for each in (maker, trader)]
    statements = []
    for caller, each in zip((maker, trader), told, strict=True):
        del each["eventID"]
        each["eventTime"] = "2026-01-08T10:00:00Z"
        assert captured(caller, document(each))["lotproof:captured"] == 1
        asked = text("""SELECT e.hash, e.sha256, s.jwt, s.id, d.disclosures FROM warehouse.epcis_event e
            JOIN warehouse.party p ON p.id = e.party_id JOIN warehouse.statement s USING (statement_hash)
            JOIN warehouse.disclosure d USING (statement_hash) WHERE p.code = :party ORDER BY e.number DESC LIMIT 1""")
        with owner.connect() as connection:
            statements.append(connection.execute(asked, {"party": caller.party}).one())
    for row in statements:
        said = str([decoded(part) for part in (row.jwt.split(".")[1], *parts_of(row.disclosures))])
        for digest in (row.hash, row.sha256):
            assert digest.hex() not in said and b64url(digest).rstrip("=") not in said
    ids = {row.id for row in statements}
    if not ours:
        assert len({bytes(row.sha256) for row in statements}) == 1  # the very same event
    assert len(ids) == 2


def test_rollback_captures_all_or_nothing_and_proceed_what_it_can(owner: Engine, maker: Caller) -> None:
    good, bad = received(maker.party, "EP-3", 5), received(maker.party, "EP-4", 1.5)
    job = captured(maker, document(good, bad))
    assert (job["success"], job["lotproof:captured"]) == (False, 0) and rows(owner, maker.party, good["eventID"]) == []
    assert job["errors"][0]["reason"] == "urn:lotproof:problem:bad-quantity" and job["errors"][0]["event"] == 1
    job = captured(maker, document(good, bad), GS1_Capture_Error_Behaviour="proceed")
    assert (job["success"], job["lotproof:captured"]) == (False, 1) and stock(maker, "EP-3") == {"SX/A-01": "5"}


def test_what_comes_before_its_cause_waits_and_is_tried_again(maker: Caller) -> None:
    moved = event("storing", {lot("EP-5"): 4}, readPoint=at(maker.party), bizLocation=at(maker.party, "SX/A-02"))
    early = epcis.begun(maker, document(moved))
    path = epcis.path_of(early)
    eventually(lambda: maker.get(path)["lotproof:waiting"])
    assert maker.get(path)["running"] and maker.get(path)["lotproof:waiting"][0]["event"] == 0
    assert captured(maker, document(received(maker.party, "EP-5", 10)))["success"]
    assert epcis.ended(maker, early)["success"]
    assert stock(maker, "EP-5") == {"SX/A-01": "6", "SX/A-02": "4"}


def test_what_waits_is_counted(owner: Engine, app: Flask, maker: Caller) -> None:
    house: House = app.extensions["lotproof"]

    def counted() -> Captures:
        with standpoint.on("figures"), house.engine.connect() as connection:
            return captures(connection)

    before = counted()
    moved = event("storing", {lot("EP-40"): 4}, readPoint=at(maker.party), bizLocation=at(maker.party, "SX/A-02"))
    location = epcis.begun(maker, document(moved))
    eventually(lambda: counted().waiting == before.waiting + 1)
    assert counted().running >= 1 and counted().oldest > 0
    captured(maker, document(received(maker.party, "EP-40", 10)))
    epcis.ended(maker, location)
    assert counted().waiting == before.waiting


def test_events_of_one_document_follow_each_other(maker: Caller) -> None:
    moved = event("storing", {lot("EP-6"): 4}, readPoint=at(maker.party), bizLocation=at(maker.party, "SX/A-02"))
    assert captured(maker, document(received(maker.party, "EP-6", 10), moved))["lotproof:captured"] == 2
    assert stock(maker, "EP-6") == {"SX/A-01": "6", "SX/A-02": "4"}


def test_the_ways_of_goods(owner: Engine, maker: Caller) -> None:
    party, here = maker.party, at(maker.party)
    born = event("commissioning", {lot("EP-7"): 100}, action="ADD", bizLocation=here,
                 ilmd={"cbvmda:itemExpirationDate": "2099-12-31"})  # fmt: skip
    held = event("holding", {lot("EP-7"): 10}, readPoint=here, **{"lotproof:reason": "smells"})
    freed = event("inspecting", {lot("EP-7"): 10}, readPoint=here, **{"lotproof:approvedBy": ["p1", "p2"]})
    split = {
        "type": "TransformationEvent", "eventID": f"urn:uuid:{uuid4()}", "bizStep": "repackaging",
        "eventTime": "2026-01-05T11:00:00Z", "eventTimeZoneOffset": "+00:00", "readPoint": here,
        "inputQuantityList": [{"epcClass": lot("EP-7"), "quantity": 20}],
        "outputQuantityList": [{"epcClass": lot("EP-7A"), "quantity": 12}, {"epcClass": lot("EP-7B"), "quantity": 8}],
    }  # fmt: skip
    packed = event("packing", None, type="AggregationEvent", action="ADD", quantityList=None, readPoint=here,
                   parentID="urn:epc:id:sscc:9506000.0000000011",
                   childQuantityList=[{"epcClass": lot("EP-7A"), "quantity": 12}])  # fmt: skip
    gone = event("shipping", {lot("EP-7"): 30}, readPoint=here,
                 destinationList=[{"type": "owning_party", "destination": "https://id.gs1.org/417/4012345000009"}])
    burnt = event("destroying", {lot("EP-7B"): 8}, action="DELETE", readPoint=here, **{
        "lotproof:witnesses": ["p1", "p2"], "lotproof:certificate": "D-1", "lotproof:approvedBy": ["p3", "p4"]})
    story = [born, held, freed, split, packed, gone, burnt]
    job = captured(maker, document(*story))
    assert job["errors"] == [] and job["lotproof:captured"] == 7
    types = [rows(owner, party, each["eventID"])[0].movement_type for each in story]
    assert types == ["register", "hold", "release", "split", "pack", "ship", "destroy"]
    assert stock(maker, "EP-7") == {"SX/A-01": "50"}
    with owner.connect() as connection:
        assert ledger_audit(connection) == []
        assert list(audit_warehouse(connection, ORIGIN)) == []


def test_from_one_party_to_another(owner: Engine, maker: Caller, trader: Caller) -> None:
    captured(maker, document(received(maker.party, "EP-8", 40)))
    party = [{"type": "owning_party", "destination": f"{epcis.HOST}/party/{trader.party}"}]
    sent = event("shipping", {lot("EP-8"): 40}, readPoint=at(maker.party), destinationList=party)
    assert captured(maker, document(sent))["success"]
    source = [{"type": "owning_party", "source": f"{epcis.HOST}/party/{maker.party}"}]
    came = event("receiving", {lot("EP-8"): 40}, readPoint=at(trader.party), sourceList=source)
    assert captured(trader, document(came))["errors"] == []
    assert rows(owner, trader.party, came["eventID"])[0].movement_type == "accept"
    assert stock(trader, "EP-8") == {"SX/A-01": "40"}


def test_goods_that_come_to_a_site_come_to_its_dock(operator: Caller) -> None:
    party = furnished(operator, f"dock-{uuid4().hex[:8]}")
    site = {"id": f"{epcis.HOST}/party/{party.party}/SX"}
    told = received(party.party, "EP-30", 5) | {"readPoint": site, "bizLocation": site}
    job = captured(party, document(told))
    assert job["errors"][0]["expected"] == "a location of yours, not only its site"
    party.post("/locations", {"site": "SX", "code": "DOCK", "kind": "dock"})
    assert captured(party, document(told))["success"] and stock(party, "EP-30") == {"SX/DOCK": "5"}


def test_a_refusal_of_the_rules_says_why(maker: Caller) -> None:
    captured(maker, document(received(maker.party, "EP-9", 10)))
    destroyed = event("destroying", {lot("EP-9"): 1}, action="DELETE", readPoint=at(maker.party))
    answer = send(maker, "/events", {"@context": [epcis.CONTEXT, epcis.OWN], **destroyed})
    assert answer.status_code == 400 and answer.json["type"] == "epcisException:ValidationException"
    assert answer.json["reason"] == "urn:lotproof:problem:not-a-movement"
    assert "lotproof:witnesses" in answer.json["expected"]


def test_a_declaration_of_an_error_stands_beside_its_event(owner: Engine, maker: Caller) -> None:
    told = received(maker.party, "EP-10", 3)
    declared = told | {"errorDeclaration": {"declarationTime": "2026-01-09T00:00:00Z", "reason": "incorrect_data"}}
    assert captured(maker, document(told))["success"] and captured(maker, document(declared))["success"]
    first, second = rows(owner, maker.party, told["eventID"])
    assert (first.movement_type, second.movement, second.declares_error) == ("receive", None, True)
    assert stock(maker, "EP-10") == {"SX/A-01": "3"}


def test_one_event_at_once(maker: Caller) -> None:
    told = {"@context": [epcis.CONTEXT, epcis.OWN], **received(maker.party, "EP-11", 8)}
    answer = send(maker, "/events", told)
    assert answer.status_code == 201 and answer.json["eventID"] == told["eventID"]
    assert answer.headers["Location"].startswith(f"{epcis.HOST}/api/v1/epcis/events/urn%3Auuid%3A")
    assert send(maker, "/events", told).status_code == 409
    assert stock(maker, "EP-11") == {"SX/A-01": "8"}


def test_bad_documents_are_refused_as_exceptions_of_epcis(maker: Caller, stranger: Caller) -> None:
    def refused(body: Any, media: str = "application/json", **headers: str) -> tuple[int, str]:
        answer = send(maker, "/capture", body, media, **headers)
        return answer.status_code, answer.json["type"]

    invalid = (400, "epcisException:ValidationException")
    assert refused(b"{") == invalid
    assert refused(document(others() | {"action": "LOOK"})) == invalid
    assert refused(document(others() | {"epcList": ["https://x.example/a=b"]})) == invalid
    assert refused(document(others()) | {"@context": "https://evil.example/context"}) == invalid
    assert refused(document(others()), GS1_Capture_Error_Behaviour="perhaps") == invalid
    bomb = b'<!DOCTYPE x [<!ENTITY a "b">]><e:EPCISDocument xmlns:e="urn:epcglobal:epcis:xsd:2">&a;</e:EPCISDocument>'
    assert refused(bomb, "application/xml") == invalid
    assert refused(document(others()), "text/csv") == (415, "epcisException:UnsupportedMediaTypeException")
    assert refused(document(*[others()] * 2001)) == (413, "epcisException:CaptureLimitExceededException")
    assert refused(document(others()), GS1_EPCIS_Version="1.2") == (406, "epcisException:NotAcceptableException")
    answer = send(stranger, "/capture", document(others()))
    assert (answer.status_code, answer.json["type"]) == (401, "epcisException:SecurityException")


def test_a_job_is_seen_by_its_party_only(maker: Caller, trader: Caller) -> None:
    location = epcis.begun(maker, document(others()))
    answer = trader.send("GET", epcis.path_of(location))
    assert answer.status_code == 404 and answer.get_json()["type"] == "epcisException:NoSuchResourceException"
    jobs = maker.get("/epcis/capture?perPage=2")
    assert len(jobs) == 2 and jobs[0]["captureID"] == location.rpartition("/")[2]
    first = maker.send("GET", "/epcis/capture?perPage=1")
    following = first.headers["Link"].partition(">")[0]
    assert maker.get(epcis.path_of(following))[0]["captureID"] == jobs[1]["captureID"]


def test_what_can_be_captured_is_told(client: Any) -> None:
    answer = client.options("/api/v1/epcis/capture")
    assert answer.status_code == 204
    assert answer.headers["GS1-EPCIS-Capture-Limit"] == "2000" and answer.headers["GS1-EPCIS-Version"] == "2.0.0"


def test_every_official_example_is_captured_and_says_the_same(
    owner: Engine, operator: Caller, shared_data: Path
) -> None:
    party = furnished(operator, "examples")
    files = [file for file in official.documents(shared_data) if "gs1" in file.parts]
    begun = [epcis.begun(party, file.read_bytes(), official.media_of(file), GS1_Capture_Error_Behaviour="proceed")
             for file in files]  # fmt: skip
    refused = [error for location in begun for error in epcis.ended(party, location)["errors"]]
    assert [error["eventID"][:20] for error in refused] == ["ni:///sha-256;e1f630"]  # two examples share this id
    with owner.connect() as connection:
        asked = text("SELECT body::text FROM warehouse.epcis_event e JOIN warehouse.party p ON p.id = e.party_id"
                     " WHERE p.code = 'examples'")  # fmt: skip
        kept = [body_of(body) for body in connection.execute(asked).scalars()]
        assert list(audit_warehouse(connection, ORIGIN)) == []
    said = {key(each): each for each in kept}
    sent = [event for file in files for event in official.read_file(file).events if key(event) in said]
    assert len(files) == 31 and len(sent) >= len(kept) == len(said)
    for each in sent:
        assert official.meaning(without(said[key(each)])) == official.meaning(without(each))


def key(event: dict[str, Any]) -> str:
    """An event of its own, whether it had an id or not."""
    return wanted_of(event, {}).sha256.hex()


def without(event: dict[str, Any]) -> dict[str, Any]:
    """But what the repository gives it."""
    return {name: value for name, value in event.items() if name not in ("recordTime", "eventID")}


def test_a_job_that_a_process_left_is_taken_up_once(app: Flask, owner: Engine, maker: Caller) -> None:
    """Committed and acknowledged, and the process died before it began: two others come by."""
    house: House = app.extensions["lotproof"]
    crews = [Crew(house.engine, house.writer, house.scribe, house.halting.check) for _ in range(2)]
    told = received(maker.party, "EP-20", 9)
    body = json.dumps(document(told)).encode()
    with owner.begin() as connection:
        party = connection.scalar(text("SELECT id FROM warehouse.party WHERE code = :code"), {"code": maker.party})
        caller = Known("k", "party", maker.party, party, None, frozenset({Grant("operator")}))
        sent = jobs.Sent(body, "application/json", "rollback", read(body, "application/json"))
        job = jobs.begin(connection, caller, sent, uuid4(), house.now())
    running = [Thread(target=crew.once) for crew in crews]
    for each in running:
        each.start()
    for each in running:
        each.join()
    assert maker.get(f"/epcis/capture/{job['captureID']}")["lotproof:captured"] == 1
    assert stock(maker, "EP-20") == {"SX/A-01": "9"}


def test_a_document_may_do_no_more_than_who_sent_it(maker: Caller) -> None:
    """Quality releases, an operator of the floor does not, also not by an event."""
    code = f"p-{uuid4().hex[:8]}"
    maker.post("/people", {"code": code, "roles": [{"role": "operator"}]})
    person = Caller(maker.client, maker.post(f"/people/{code}/api-keys", {"label": "x"})["api_key"], maker.party)
    assert captured(person, document(received(maker.party, "EP-21", 9)))["success"]
    burnt = event("destroying", {lot("EP-21"): 9}, action="DELETE", readPoint=at(maker.party), **{
        "lotproof:witnesses": ["p1", "p2"], "lotproof:certificate": "D-1", "lotproof:approvedBy": ["p3", "p4"]})
    job = captured(person, document(burnt))
    assert not job["success"] and job["errors"][0]["type"] == "epcisException:SecurityException"


def test_what_never_comes_true_is_refused_in_the_end(owner: Engine, app: Flask, maker: Caller) -> None:
    moved = event("storing", {lot("EP-22"): 4}, readPoint=at(maker.party), bizLocation=at(maker.party, "SX/A-02"))
    location = epcis.begun(maker, document(moved))
    eventually(lambda: maker.get(epcis.path_of(location))["lotproof:waiting"])
    with owner.begin() as connection:
        connection.execute(text("UPDATE warehouse.epcis_capture SET created_at = created_at - interval '2 h',"
                                " next_at = now() WHERE id = :id"), {"id": location.rpartition("/")[2]})  # fmt: skip
    app.extensions["lotproof"].captures.wake()
    job = epcis.ended(maker, location)
    assert not job["success"] and job["errors"][0]["reason"] == "urn:lotproof:problem:unknown-thing"

"""A lot as one file: what was said of it and the proof, judged by the verifier; and no lie in it passes."""

import copy
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, text

from service.epcis.documents import read
from service.epcis.evidence import history_uri
from tests.service.api.conftest import ORIGIN, Caller, Chain
from tests.service.api.epcis import at, captured, document, event, lot, received
from tests.service.api.test_proof import accepted, checked, policy_of, proof_of
from verifier.epcis import verify_epcis
from verifier.http import Deadline
from verifier.report import Report
from verifier.rpc import RpcNode
from verifier.verify import verify


def judged(caller: Caller, chain: Chain, said: dict[str, Any]) -> Report:
    policy, node = policy_of(caller), RpcNode(chain.node.url, Deadline(20))
    judge: Callable[[bytes], Report] = lambda file: verify([file], policy, [node], now=int(time.time()))  # noqa: E731
    return verify_epcis(json.dumps(said).encode(), judge, ORIGIN)


@pytest.fixture(scope="module")
def exported(maker: Caller, chain: Chain) -> dict[str, Any]:
    """Of a lot that was received and moved as captured events, and moved again as a movement of our own."""
    moved = event("storing", {lot("EX-1"): 40}, readPoint=at(maker.party), bizLocation=at(maker.party, "SX/A-02"))
    assert captured(maker, document(received(maker.party, "EX-1", 100), moved))["errors"] == []
    line = {"item": "AMX", "lot": "EX-1", "quantity": "10"}
    maker.post("/movements", {"id": "0d6a1c52-3c1b-4b55-9f0e-0000000ee001", "type": "move", "from": "SX/A-02",
                              "to": "SX/A-01", "lines": [line]})  # fmt: skip
    chain.anchor()
    found: dict[str, Any] = maker.get(f"/epcis/lots?lot={lot('EX-1')}")
    return found


def test_the_file_says_it_and_proves_it(maker: Caller, chain: Chain, exported: dict[str, Any]) -> None:
    events = exported["epcisBody"]["eventList"]
    assert [each["bizStep"] for each in events] == ["receiving", "storing", "storing"]
    assert {each["lotproof:proof"]["status"] for each in events} == {"final"}
    assert accepted(judged(maker, chain, exported))
    assert "3 events say what was signed" in judged(maker, chain, exported).answer(4).remarks


LIES: dict[str, Callable[[list[dict[str, Any]]], None]] = {
    "another quantity": lambda events: events[1]["quantityList"][0].update(quantity=41),
    "another time": lambda events: events[0].update(eventTime="2026-01-05T10:00:00.001+08:00"),
    "a property more": lambda events: events[0].update(certificationInfo="https://x.example/1"),
    "another's event id": lambda events: events[0].update(eventID=events[1]["eventID"]),
    "a thing more": lambda events: events[2]["quantityList"].append({"epcClass": lot("EX-2"), "quantity": 1}),
}


@pytest.mark.parametrize("lie", LIES)
def test_no_lie_beside_the_proof_passes(maker: Caller, chain: Chain, exported: dict[str, Any], lie: str) -> None:
    said = copy.deepcopy(exported)
    LIES[lie](said["epcisBody"]["eventList"])
    report = judged(maker, chain, said)
    assert report.exit_code == 1 and report.first_failed is not None and report.first_failed.check == 4


def test_an_event_of_which_the_proof_knows_nothing_is_left_open(
    maker: Caller, chain: Chain, exported: dict[str, Any]
) -> None:
    said = copy.deepcopy(exported)
    said["epcisBody"]["eventList"].append({"type": "ObjectEvent", "eventID": "urn:uuid:none"})
    assert judged(maker, chain, said).exit_code == 2


@pytest.mark.parametrize("break_", [
    lambda said: said.pop("epcisHeader"), lambda said: said["epcisHeader"].update({"lotproof:lotProof": "AAAA"}),
    lambda said: said.update(type="EPCISQueryDocument"), lambda said: said["epcisBody"].update(eventList=[1]),
    lambda said: said.update(epcisBody=None),
])  # fmt: skip
def test_a_broken_document_is_refused_in_its_form(
    maker: Caller, chain: Chain, exported: dict[str, Any], break_: Callable[[Any], Any]
) -> None:
    said = copy.deepcopy(exported)
    break_(said)
    assert judged(maker, chain, said).exit_code == 1


def test_less_than_was_signed_may_be_said(maker: Caller, chain: Chain, exported: dict[str, Any]) -> None:
    said = copy.deepcopy(exported)
    del said["epcisBody"]["eventList"][0]["disposition"], said["epcisBody"]["eventList"][2]
    assert accepted(judged(maker, chain, said))


def test_it_comes_as_xml_too(maker: Caller, exported: dict[str, Any]) -> None:
    answer = maker.send("GET", f"/epcis/lots?lot={lot('EX-1')}", Accept="application/xml")
    assert answer.content_type == "application/xml"
    document = read(answer.get_data(), "application/xml")
    assert [each["eventID"] for each in document.events] == [
        each["eventID"] for each in exported["epcisBody"]["eventList"]]  # fmt: skip
    assert document.header == exported["epcisHeader"]


def test_what_is_evidence_has_a_proof_of_its_own(owner: Engine, maker: Caller, chain: Chain) -> None:
    told = event("departing", None, quantityList=None, epcList=["urn:epc:id:sscc:4012345.0111111111"],
                 readPoint={"id": "urn:epc:id:sgln:4012345.00011.987"})  # fmt: skip
    assert captured(maker, document(told))["success"]
    chain.anchor()
    with owner.connect() as connection:
        asked = text("SELECT history FROM warehouse.epcis_event WHERE event_id = :id")
        history = connection.scalar(asked, {"id": told["eventID"]})
    file = proof_of(maker, history_uri("log.example.com", maker.party, history))
    assert len(file["history"]) == 1 and accepted(checked(maker, chain, file))


def test_another_party_gets_no_file(trader: Caller, exported: dict[str, Any]) -> None:
    answer = trader.send("GET", f"/epcis/lots?lot={lot('EX-1')}")
    assert answer.status_code == 404 and answer.get_json()["type"] == "epcisException:NoSuchResourceException"

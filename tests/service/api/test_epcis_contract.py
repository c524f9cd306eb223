"""Every operation of capture answers as the official OpenAPI document says, whatever it is asked."""

from pathlib import Path
from typing import Any

import pytest

from tests.service.api import epcis
from tests.service.api.conftest import Caller
from tests.service.api.epcis import document, event, path_of, received, send
from tests.service.api.epcis_contract import Contract

CAPTURE = {
    (verb, path) for path in ("/capture", "/capture/{captureID}") for verb in ("get", "options", "post")
    if (verb, path) != ("post", "/capture/{captureID}")
} | {("post", "/events"), ("options", "/events")}  # fmt: skip


@pytest.fixture(scope="module")
def contract(shared_data: Path) -> Contract:
    return Contract(shared_data)


def others() -> dict[str, Any]:
    return event("departing", None, quantityList=None, epcList=["urn:epc:id:sscc:4012345.0111111111"],
                 readPoint={"id": "urn:epc:id:sgln:4012345.00011.987"})  # fmt: skip


def test_the_operations_of_capture_are_those_of_the_standard(contract: Contract) -> None:
    assert contract.operations() >= CAPTURE
    named = {each for each in contract.operations() if each[1].startswith("/capture")}
    assert named == {each for each in CAPTURE if each[1].startswith("/capture")}


def test_documents(contract: Contract, maker: Caller, stranger: Caller) -> None:
    for body, headers in (
        (document(others()), {}), (document(others()), {"GS1_EPCIS_Version": "2.0.0", "GS1_CBV_Version": "2.0"}),
        (document(others(), type="EPCISDocument"), {"GS1_Capture_Error_Behaviour": "proceed"}),
        (b"{", {}), (document(others() | {"type": "Nonsense"}), {}), (document(others()), {"GS1_EPCIS_Min": "3.0.0"}),
        (document(*[others()] * 2001), {}),
    ):  # fmt: skip
        contract.check(send(maker, "/capture", body, **headers), "post", "/capture")
    contract.check(send(maker, "/capture", b"x", "text/plain"), "post", "/capture")
    contract.check(send(maker, "/capture", b" " * 8_000_001), "post", "/capture")
    contract.check(send(stranger, "/capture", document(others())), "post", "/capture")


def test_jobs(contract: Contract, maker: Caller, stranger: Caller) -> None:
    good, bad = epcis.begun(maker, document(others())), epcis.begun(maker, document(received(maker.party, "CT-1", 1.5)))
    for location in (good, bad):
        contract.check(maker.send("GET", path_of(location)), "get", "/capture/{captureID}")  # perhaps it is at work
        epcis.ended(maker, location)
        contract.check(maker.send("GET", path_of(location)), "get", "/capture/{captureID}")
    assert maker.get(path_of(bad))["errors"][0]["status"] == 400
    for name in ("0d6a1c52-3c1b-4b55-9f0e-000000000000", "no-uuid"):
        contract.check(maker.send("GET", f"/epcis/capture/{name}"), "get", "/capture/{captureID}")
    contract.check(stranger.send("GET", path_of(good)), "get", "/capture/{captureID}")
    contract.check(maker.send("GET", path_of(good), Accept="image/png"), "get", "/capture/{captureID}")
    for query in ("", "?perPage=1", "?perPage=1&nextPageToken=1"):
        contract.check(maker.send("GET", f"/epcis/capture{query}"), "get", "/capture")
    contract.check(stranger.send("GET", "/epcis/capture"), "get", "/capture")


def test_single_events(contract: Contract, maker: Caller, stranger: Caller) -> None:
    told = {"@context": [epcis.CONTEXT, epcis.OWN], **received(maker.party, "CT-2", 3)}
    for body in (told, told, told | {"action": "LOOK"}, {"type": "ObjectEvent"}, b"[]"):
        contract.check(send(maker, "/events", body), "post", "/events")
    contract.check(send(stranger, "/events", told), "post", "/events")
    contract.check(send(maker, "/events", told, "image/png"), "post", "/events")


@pytest.mark.parametrize("path", ["/capture", "/capture/{captureID}", "/events"])
def test_discovery(contract: Contract, client: Any, path: str) -> None:
    there = path.replace("{captureID}", "0d6a1c52-3c1b-4b55-9f0e-000000000000")
    contract.check(client.options(f"/api/v1/epcis{there}"), "options", path)

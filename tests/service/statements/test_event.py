"""Each movement is a valid EPCIS 2.0 event, of the kind that docs and samples promise."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from service.statements.event import EPCIS_CONTEXT
from tests.service.statements.conftest import Issued

SAMPLES = {
    "register": "01_register_lot", "move": "06_putaway", "hold": "04_qc_hold_quarantine",
    "release": "05_release_from_quarantine", "offer": "09_ship_handoff_out", "ship": "09_ship_handoff_out",
    "receive": "10_receive_handoff_in", "split": "12_split_lot", "destroy": "18_destroy", "pick": "07_pick",
    "pack": "08_pack_pallet", "merge": "13_merge_lots", "recall": "14_recall", "return": "17_return_to_supplier",
}
"""Operations of ../shared/data/epcis/wms-operations; for an answer to a handoff there is none."""

URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")  # RFC 3986, roughly


@pytest.fixture(scope="module")
def schema(shared_data: Path) -> jsonschema.Draft7Validator:
    read = json.loads((shared_data / "epcis/gs1/EPCIS-JSON-Schema.json").read_text())
    formats = jsonschema.FormatChecker()
    formats.checks("uri")(lambda value: bool(URI.fullmatch(str(value))))
    formats.checks("date-time", ValueError)(lambda value: datetime.fromisoformat(value).utcoffset() is not None)
    return jsonschema.Draft7Validator(read, format_checker=formats)


def _document(event: dict[str, Any]) -> dict[str, Any]:
    context = event.pop("@context")
    return {
        "@context": context if isinstance(context, list) else [context], "type": "EPCISDocument",
        "schemaVersion": "2.0", "creationDate": "2026-11-22T00:00:00.000Z", "epcisBody": {"eventList": [event]},
    }


def test_every_movement_is_a_valid_event(life: list[Issued], schema: jsonschema.Draft7Validator) -> None:
    for issued in life:
        errors = [error.message for error in schema.iter_errors(_document(issued.event()))]
        assert not errors, (issued.type, errors[:3])


def test_the_schema_of_this_test_does_refuse(life: list[Issued], schema: jsonschema.Draft7Validator) -> None:
    for name, value in (("bizStep", "teleporting"), ("eventTime", "today"), ("quantityList", [{"quantity": 1}]),
                        ("readPoint", {"id": "the dock"}), ("note", "x")):
        assert list(schema.iter_errors(_document(life[0].event() | {name: value}))), name


def test_a_movement_says_what_the_sample_of_its_operation_says(life: list[Issued], shared_data: Path) -> None:
    for issued in life:
        if issued.type not in SAMPLES:
            continue
        path = shared_data / "epcis/wms-operations" / f"{SAMPLES[issued.type]}.jsonld"
        sample = json.loads(path.read_text())["epcisBody"]["eventList"][0]
        event = issued.event()
        for name in ("type", "action", "bizStep", "disposition", "persistentDisposition"):
            assert event.get(name) == sample.get(name), (issued.type, name)
        for name in ("quantityList", "inputQuantityList", "outputQuantityList"):
            assert (name in event) == (name in sample), (issued.type, name)


def test_the_event_id_is_the_movement_id(life: list[Issued]) -> None:
    for issued in life:
        assert issued.event()["eventID"] == f"urn:uuid:{issued.id}"


def test_event_time_is_local_to_the_place_and_carries_its_offset(life: list[Issued]) -> None:
    event = life[0].event()
    assert (event["eventTime"], event["eventTimeZoneOffset"]) == ("2026-11-22T20:00:00.000+08:00", "+08:00")


def test_quantities_are_numbers_in_the_items_unit(life: list[Issued]) -> None:
    moved = next(issued for issued in life if issued.type == "move").event()
    assert moved["quantityList"] == [
        {"epcClass": "https://id.gs1.org/01/09506000117515/10/M1", "quantity": 2.25, "uom": "LTR"}]
    assert life[0].event()["quantityList"] == [
        {"epcClass": "https://id.gs1.org/01/09506000134352/10/A%2F90%2B%28x%29", "quantity": 1000}]


def test_master_data_of_one_lot_is_not_shown_with_anothers(life: list[Issued]) -> None:
    received = next(issued for issued in life if issued.type == "receive").event()
    first, second = received["lotproof:lot1"], received["lotproof:lot2"]
    assert first == {
        "epcClass": "https://id.gs1.org/01/09506000134352/10/A%27%22B", "cbvmda:lotNumber": "I1",
        "cbvmda:itemExpirationDate": "2027-06-30", "lotproof:manufacturerLot": "A'\"B",
        "lotproof:traceabilityLotCode": "T-1"}
    assert second["epcClass"].endswith("/10/M9")


def test_both_sides_of_a_handoff_name_both_owners(life: list[Issued]) -> None:
    for type in ("offer", "accept", "refuse", "withdraw"):
        event = next(issued for issued in life if issued.type == type).event()
        assert event["sourceList"] == [
            {"type": "owning_party", "source": "https://log.example.com/party/maker"}]
        assert event["destinationList"] == [
            {"type": "owning_party", "destination": "https://log.example.com/party/shop"}]


def test_documents_are_uris_their_own_or_under_the_party(life: list[Issued]) -> None:
    offer = next(issued for issued in life if issued.type == "offer").event()
    assert offer["bizTransactionList"] == [
        {"type": "po", "bizTransaction": "https://log.example.com/party/maker/po/PO-88%2F7"},
        {"type": "desadv", "bizTransaction": "urn:example:desadv:D-1"}]


def test_own_properties_come_with_the_context_that_explains_them(life: list[Issued]) -> None:
    for issued in life:
        event = issued.event()
        own = [name for name in event if ":" in name or name == "ilmd"]
        assert not own or isinstance(event["@context"], list)
        assert EPCIS_CONTEXT in event["@context"]

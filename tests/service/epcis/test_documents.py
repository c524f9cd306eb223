"""Official documents are read and written back unchanged in meaning, in JSON, in XML, with either identifiers."""

import json
import sys
from pathlib import Path
from xml.etree import ElementTree

import jsonschema_rs
import pytest

from service.epcis.documents import Unreadable, read, write
from service.epcis.documents.json_bytes import loads
from tests.service.epcis.content import faults
from tests.service.epcis.official import TWICE, documents, meaning, official_schema, read_file


def test_official_documents_come_back_in_both_syntaxes(shared_data: Path) -> None:
    official = jsonschema_rs.validator_for(official_schema(shared_data), validate_formats=True)
    tried = 0
    for file in documents(shared_data):
        document = read_file(file)
        said = [meaning(each) for each in document.events]
        written = write(document, "application/json")
        assert official.is_valid(json.loads(written)), file.name
        for media in ("application/json", "application/xml"):
            again = read(write(document, media), media)
            assert [_once(meaning(each)) for each in again.events] == [_once(each) for each in said], (file.name, media)
            assert (again.type, again.id if media.endswith("json") else None) == (
                document.type, document.id if media.endswith("json") else None)  # fmt: skip
        tried += 1
    assert tried == 31 + 28 + 20


def test_all_xml_stands_in_the_order_of_the_schema(shared_data: Path) -> None:
    """Also what the examples do not have together: extensions of a document, a header, a place and a disposition."""
    for file in documents(shared_data):
        document = read_file(file)
        document.extensions = {"example:of": "the document"}
        document.header = {"example:first": 1, "epcisMasterData": {"vocabularyList": []}}
        document.prefixes = {**document.prefixes, "example": "https://ns.example.com/epcis/"}
        for event in document.events:
            for place in ("readPoint", "bizLocation"):
                if place in event:
                    event[place] = {"example:aisle": "7", **event[place]}
        for query in (False, True):
            document.type = "EPCISQueryDocument" if query else "EPCISDocument"
            document.subscription = "s-1" if query else None
            assert list(faults(ElementTree.fromstring(write(document, "application/xml")))) == [], file.name


def _once(event: object) -> object:
    """A thing that was named in two spellings is named once."""
    if isinstance(event, dict) and isinstance(event.get("epcList"), list):
        return event | {"epcList": list(dict.fromkeys(event["epcList"]))}
    return event


@pytest.mark.parametrize("format", ["Always_EPC_URN", "Never_Translates", "No_Preference"])
def test_identifiers_in_the_form_that_is_asked_for(shared_data: Path, format: str) -> None:
    for file in documents(shared_data):
        document = read_file(file)
        again = read(write(document, "application/json", format), "application/json")
        assert [_once(each) for each in again.events] == [_once(each) for each in document.events], file.name


def test_a_document_that_was_sent_with_urns_can_be_told_in_urns(shared_data: Path) -> None:
    folder = shared_data / "epcis" / "gs1" / "examples" / "WithFullCombinationOfFields"
    file = folder / "transformation_event_all_possible_fields.jsonld"
    sent = json.loads(file.read_text())["epcisBody"]["eventList"][0]
    for format in ("Always_EPC_URN", "Never_Translates"):
        told = json.loads(write(read_file(file), "application/json", format))["epcisBody"]["eventList"][0]
        for name in ("inputEPCList", "inputQuantityList", "readPoint", "bizTransactionList", "transformationID"):
            assert told[name] == sent[name], name


def test_an_example_that_names_a_member_twice_is_refused(shared_data: Path) -> None:
    with pytest.raises(Unreadable, match="eventID' twice"):
        read_file(next((shared_data / "epcis").rglob(TWICE)))


HOSTILE = {
    "entities": b'<!DOCTYPE e [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><EPCISDocument>&b;</EPCISDocument>',
    "a file": b'<!DOCTYPE e [<!ENTITY a SYSTEM "file:///etc/passwd">]><EPCISDocument>&a;</EPCISDocument>',
    "depth": b"<a>" * 5000 + b"</a>" * 5000, "nothing": b"", "no end": b"<EPCISDocument>", "bytes": b"\xff\xfe\x00",
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_xml_is_refused(what: str) -> None:
    with pytest.raises(Unreadable):
        read(HOSTILE[what], "application/xml")


@pytest.mark.parametrize("body", [
    b"", b"{", b"[]", b"null", b"[" * 100_000, b'{"a":NaN}', b'{"a":1e999999999}', b'{"type":"EPCISDocument"}', b"\xff",
    b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"type":5}', b'{"type":["EPCISDocument"]}', b'{"a":' + b"9" * 5000 + b"}",
])  # fmt: skip
def test_hostile_json_is_refused(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(body, "application/json")


def test_no_context_is_fetched_or_believed() -> None:
    said = {"@context": ["https://evil.example/context.jsonld"], "type": "EPCISDocument", "schemaVersion": "2.0",
            "creationDate": "2026-01-01T00:00:00Z", "epcisBody": {"eventList": []}}  # fmt: skip
    with pytest.raises(Unreadable, match=r"evil\.example"):
        read(json.dumps(said).encode(), "application/json")


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-02-30T00:00:00Z"])
def test_a_time_that_no_clock_can_tell_is_refused(time: str) -> None:
    event = {"type": "ObjectEvent", "action": "OBSERVE", "epcList": [], "eventTime": time,
             "eventTimeZoneOffset": "+14:00"}  # fmt: skip
    said = {"@context": [], "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-01-01T00:00:00Z",
            "epcisBody": {"eventList": [event]}}  # fmt: skip
    with pytest.raises(Unreadable, match="/eventList/0/eventTime"):
        read(json.dumps(said).encode(), "application/json")


@pytest.mark.parametrize("body", [
    b"[" * 4_000_000, b'{"a":' * 1_000_000, b'["' + b"[" * 1_000_000, b'{"\\"[":' * 100_000,
    b"[" * 900 + b"]" * 900, b"[" * 100_000 + b"]" * 100_000,
])  # fmt: skip
def test_no_nesting_reaches_the_decoder(body: bytes) -> None:
    """A decoder that recurses in C ends the process where somebody has raised the limit of recursion."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000_000)
    try:
        with pytest.raises(Unreadable):
            read(body, "application/json")
    finally:
        sys.setrecursionlimit(limit)


def test_brackets_within_texts_do_not_nest() -> None:
    assert loads(json.dumps({"a": "[{" * 100, '"[\\': ["]" * 100, "\\", '"']})) == {
        "a": "[{" * 100, '"[\\': ["]" * 100, "\\", '"']}  # fmt: skip
    deep = "[" * 40 + "]" * 40
    assert loads(deep) is not None
    with pytest.raises(Unreadable, match="40 levels"):
        loads(f"[{deep}]")

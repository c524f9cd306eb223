"""Any event: JSON to canonical and back, through XML and back, under any spelling; one hash id, one content digest."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.epcis import words
from service.epcis.documents import read, write
from service.epcis.documents.document import Document
from service.epcis.documents.json_bytes import dumps, trusted
from service.epcis.hashes import digest
from service.epcis.proof import with_proof
from service.epcis.wanted import all_of, wanted_of
from tests.service.epcis.official import meaning

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://ns.example.com/epcis/"}]
GTINS = ("0614141.107346", "4012345.011111")

digits = st.text("0123456789", min_size=1, max_size=12)
serials = st.text("ABCabc0123456789-_.", min_size=1, max_size=12).filter(lambda text: text.strip(".") != "")
things = st.one_of(
    st.builds("urn:epc:id:sgtin:{}.{}".format, st.sampled_from(GTINS), serials),
    st.integers(0, 10**9).map("urn:epc:id:sscc:4012345.{:010d}".format),
    serials.map("urn:example:{}".format),
)
classes = st.one_of(
    st.builds("urn:epc:class:lgtin:{}.{}".format, st.sampled_from(GTINS), serials),
    st.builds("urn:epc:idpat:sgtin:{}.*".format, st.sampled_from(GTINS)),
)
numbers = st.decimals(0, 10**9, places=3).map(lambda value: value.normalize() if value else Decimal(0))
places = st.integers(0, 99_999).map(lambda n: {"id": f"urn:epc:id:sgln:4012345.{n:05d}.0"})
readable = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn"))
texts = st.text(readable, min_size=1, max_size=12).map(str.strip).filter(bool)
values = texts | st.booleans() | numbers
extensions = st.recursive(values, lambda inner: st.dictionaries(
    st.sampled_from(["ex:a", "ex:b", "ex:c"]), inner, min_size=1, max_size=3), max_leaves=5)  # fmt: skip
moments = st.datetimes().map(lambda at: at.isoformat(timespec="milliseconds") + "+02:00").filter(
    lambda text: "0002" < text[:4] < "9998")  # fmt: skip


@st.composite
def events(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent"]))
    made: dict[str, Any] = {"type": kind, "eventTime": draw(moments), "eventTimeZoneOffset": "+02:00"}
    epcs = draw(st.lists(things, min_size=1, max_size=4, unique=True))
    amounts = [{"epcClass": each, "quantity": draw(numbers), "uom": "KGM"} for each in draw(
        st.lists(classes, max_size=3, unique=True))]  # fmt: skip
    names = {"ObjectEvent": ("epcList", "quantityList"), "AggregationEvent": ("childEPCs", "childQuantityList"),
             "TransactionEvent": ("epcList", "quantityList"),
             "TransformationEvent": ("inputEPCList", "outputQuantityList")}[kind]  # fmt: skip
    made |= {names[0]: epcs} | ({names[1]: amounts} if amounts else {})
    if kind == "TransformationEvent":
        made["transformationID"] = "urn:epc:id:gdti:0614141.12345.400"
    else:
        made["action"] = draw(st.sampled_from(["ADD", "OBSERVE", "DELETE"]))
    if kind == "AggregationEvent":
        made["parentID"] = "urn:epc:id:sscc:4012345.0000000333"
    optional = {
        "bizStep": st.sampled_from(sorted(words.BIZ_STEP.words)), "readPoint": places, "bizLocation": places,
        "disposition": st.sampled_from(sorted(words.DISPOSITION.words)), "ex:extra": extensions,
        "bizTransactionList": st.lists(st.builds(
            lambda kind, id: {"type": kind, "bizTransaction": f"urn:epcglobal:cbv:bt:4012345000009:{id}"},
            st.sampled_from(sorted(words.TRANSACTION.words)), digits), min_size=1, max_size=2),
        "sensorElementList": numbers.map(lambda value: [{"sensorReport": [
            {"type": "Temperature", "value": value, "uom": "CEL", "booleanValue": True}]}]),
    }  # fmt: skip
    for name, values in optional.items():
        if draw(st.booleans()) or (name == "bizTransactionList" and kind == "TransactionEvent"):
            made[name] = draw(values)
    return made


def document(*said: dict[str, Any]) -> bytes:
    return dumps({"@context": CONTEXT, "type": "EPCISDocument", "schemaVersion": "2.0",
                  "creationDate": "2026-01-01T00:00:00Z", "epcisBody": {"eventList": said}})  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(events())
def test_there_and_back(said: dict[str, Any]) -> None:
    first = read(document(said), "application/json")
    for media in ("application/json", "application/xml"):
        for form in ("Always_GS1_Digital_Link", "Always_EPC_URN", "Never_Translates"):
            again = read(write(first, media, form), media)
            assert [meaning(each) for each in again.events] == [meaning(each) for each in first.events], (media, form)
    assert read(write(first, "application/json"), "application/json").events == first.events


@settings(max_examples=60, deadline=None)
@given(events())
def test_what_is_kept_is_what_was_hashed(said: dict[str, Any]) -> None:
    """The digests survive the database's JSON: numbers keep their spelling, members any order."""
    wanted = wanted_of(*_only(said))
    kept = dict(reversed(trusted(dumps(wanted.event)).items()))
    assert (digest(kept), all_of(kept)) == (wanted.hash, wanted.sha256)
    assert all_of({**kept, "recordTime": "2026-01-01T00:00:00Z"}) == wanted.sha256
    assert all_of({**kept, "bizStep": "urn:x:other"}) != wanted.sha256


@settings(max_examples=60, deadline=None)
@given(events(), st.sampled_from(["uri", "urn"]))
def test_every_spelling_of_the_words_is_one(said: dict[str, Any], how: str) -> None:
    spelled = json.loads(dumps(said), parse_float=Decimal)
    speak = words.uri if how == "uri" else words.urn
    for name, vocabulary in (("bizStep", words.BIZ_STEP), ("disposition", words.DISPOSITION)):
        if name in spelled:
            spelled[name] = speak(vocabulary, spelled[name])
    if how == "urn":  # JSON may not have them: XML of EPCIS 1 does
        first = read(document(said), "application/json")
        again = read(write(first, "application/xml", cbv_urns=True), "application/xml")
        assert [meaning(each) for each in again.events] == [meaning(each) for each in first.events]
    else:
        assert digest(_only(spelled)[0]) == digest(_only(said)[0])


def _only(said: dict[str, Any]) -> tuple[dict[str, Any], Any]:
    read_ = read(document(said), "application/json")
    return read_.events[0], read_.spellings[0]


@pytest.mark.parametrize("number", ["12.50", "0.0000001", "12345678901234567890.5", "-0.0", "1e3", "10"])
def test_numbers_are_exact(number: str) -> None:
    goods = [{"epcClass": "urn:epc:idpat:sgtin:4012345.011111.*", "quantity": 77777}]
    body = document({"type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-01-01T00:00:00Z",
                     "eventTimeZoneOffset": "+00:00", "quantityList": goods})  # fmt: skip
    read_ = read(body.replace(b"77777", number.encode()), "application/json")
    told = Decimal(number)
    assert Decimal(str(read_.events[0]["quantityList"][0]["quantity"])) == told
    for media in ("application/json", "application/xml"):
        again = read(write(read_, media), media)
        assert Decimal(str(again.events[0]["quantityList"][0]["quantity"])) == told


@pytest.mark.parametrize("media", ["application/json", "application/xml"])
def test_what_we_told_comes_again_as_the_same_event(media: str) -> None:
    """With its proof, which is no part of it, nor the prefix that the proof brought along."""
    said = {"type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-01-01T00:00:00Z", "ex:a": True, "ex:b": 2.5,
            "eventTimeZoneOffset": "+00:00", "epcList": ["urn:example:1"],
            "certificationInfo": "urn:example:c"}  # fmt: skip
    first = read(document(said), "application/json")
    wanted = wanted_of(first.events[0], first.spellings[0])
    told = with_proof(wanted.event, {"status": "recorded", "statement": "x", "histories": []})
    for event in (wanted.event, told):
        shown = Document([event], "EPCISQueryDocument", creation_date="2026-01-01T00:00:00Z")
        again = read(write(shown, media), media)
        assert wanted_of(again.events[0], {}).sha256 == wanted.sha256


def extension_of(inner: str, declared: str = "http://www.w3.org/2001/XMLSchema") -> Any:
    """What an extension is that stands so in XML."""
    body = document({"type": "ObjectEvent", "action": "OBSERVE", "eventTime": "2026-01-01T00:00:00Z",
                     "eventTimeZoneOffset": "+00:00", "epcList": ["urn:example:1"], "ex:a": 5})  # fmt: skip
    xml = write(read(body, "application/json"), "application/xml").decode()
    before = '<ex:a xsi:type="xsd:decimal">5</ex:a>'
    assert before in xml
    changed = xml.replace(before, inner).replace("http://www.w3.org/2001/XMLSchema\"", f"{declared}\"")
    return read(changed.encode(), "application/xml").events[0]["ex:a"]


@pytest.mark.parametrize(
    ("inner", "told"),
    [
        ('<ex:a xsi:type="xsd:decimal">12.50</ex:a>', Decimal("12.50")),
        ('<ex:a xsi:type="xsd:double">1e3</ex:a>', Decimal("1e3")),
        ('<ex:a xsi:type="xsd:boolean">1</ex:a>', True),
        ('<ex:a xsi:type="xsd:decimal">twelve</ex:a>', "twelve"),
        ('<ex:a xsi:type="xsd:decimal">NaN</ex:a>', "NaN"),
        ('<ex:a xsi:type="xsd:boolean">yes</ex:a>', "yes"),
        ('<ex:a xsi:type="xsd:string">5</ex:a>', "5"),
        ('<ex:a xsi:type="decimal">5</ex:a>', "5"),
        ('<ex:a xsi:type="ex:decimal">5</ex:a>', "5"),
        ("<ex:a>5</ex:a>", "5"),
    ],
)
def test_an_extension_in_xml_is_of_the_type_that_it_says(inner: str, told: Any) -> None:
    seen = extension_of(inner)
    assert (seen, type(seen)) == (told, type(told))
    assert extension_of(inner, "https://example.com/another") in ("5", "12.50", "1e3", "1", "twelve", "NaN", "yes")

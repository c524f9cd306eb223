"""Bytes to a Document: which syntax, is it valid, what does it say."""

from typing import Any

from service.epcis.contexts import UnknownContext, declared_in
from service.epcis.documents.canonical import canonical_event
from service.epcis.documents.document import Document, Event, Spelling, Unreadable
from service.epcis.documents.json_bytes import loads
from service.epcis.documents.xml_reading import document_of_xml
from service.epcis.validation import check_document, check_event

JSON_TYPES = ("application/json", "application/ld+json")
XML_TYPES = ("application/xml", "text/xml")

_HEADS = {"id": "id", "sender": "sender", "receiver": "receiver", "instanceIdentifier": "instance_identifier",
          "schemaVersion": "schema_version", "creationDate": "creation_date"}  # fmt: skip
IGNORE = "repository-x:ignoreFields"
"""By which a repository names what it added itself (CBV 2.0, section 8.9.3)."""

_KNOWN = (*_HEADS, "type", "@context", "epcisHeader", "epcisBody")


def read(body: bytes, media_type: str, *, judged: bool = False) -> Document:
    """An EPCISDocument or EPCISQueryDocument, valid, its events canonical. Raises Unreadable.

    `judged`: the same bytes were read before and found valid.
    """
    xml = media_type in XML_TYPES
    said, prefixes = document_of_xml(body) if xml else (loads(body), None)
    try:
        if not judged:
            check_document(said)
        return _document(said, declared_in(said["@context"]) if prefixes is None else prefixes, xml)
    except UnknownContext as error:
        raise Unreadable(str(error), where="/@context") from None


def read_event(body: bytes, media_type: str) -> tuple[Event, Spelling, bool]:
    """A bare event in JSON, or the only one of a document; and whether it came as XML. Raises Unreadable."""
    if media_type in JSON_TYPES:
        said = loads(body)
        if not (isinstance(said, dict) and str(said.get("type", "")).endswith("Document")):
            check_event(said, alone=True)
            try:
                return *canonical_event(said, {}), False
            except UnknownContext as error:
                raise Unreadable(str(error), where="/@context") from None
    document = read(body, media_type)
    if len(document.events) != 1:
        seen = len(document.events)
        raise Unreadable(f"expected one event, got {seen}", expected="1", seen=str(seen))
    return document.events[0], document.spellings[0], document.xml


def _document(said: dict[str, Any], prefixes: dict[str, Any], xml: bool) -> Document:
    body = said["epcisBody"]
    results = body["queryResults"] if said["type"] == "EPCISQueryDocument" else None
    listed = results["resultsBody"]["eventList"] if results else body["eventList"]
    made = [canonical_event(each, prefixes) for each in listed]
    ignored = (results or said).get(IGNORE)
    return Document(
        [event for event, _ in made],
        said["type"],
        **{attribute: said[name] for name, attribute in _HEADS.items() if name in said},
        header=said.get("epcisHeader"),
        extensions={name: value for name, value in said.items() if name not in _KNOWN},
        prefixes=prefixes,
        query_name=results and results["queryName"],
        subscription=results and results.get("subscriptionID"),
        spellings=[spelled for _, spelled in made],
        ignored=frozenset(_full(each, prefixes) for each in _texts(ignored)),
        xml=xml,
    )


def _texts(value: Any) -> list[str]:
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _full(name: str, prefixes: dict[str, Any]) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{prefixes[prefix]}}}{local}" if prefix in prefixes else name

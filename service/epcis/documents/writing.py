"""A Document to bytes, in the syntax and with the identifiers that the reader asked for."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from service.epcis.contexts import STANDARD
from service.epcis.documents.canonical import respelled
from service.epcis.documents.document import Document, Event, Spelling
from service.epcis.documents.json_bytes import dumps
from service.epcis.documents.xml_writing import xml_of_document
from service.epcis.identifiers import EPC_LISTS
from service.epcis.translation import FORMATS, PrefixLength, known_prefix, to_urn

_HEADS = {"id": "id", "instanceIdentifier": "instance_identifier", "sender": "sender", "receiver": "receiver"}


def write(
    document: Document, media_type: str, epc_format: str = FORMATS[0], prefix_length: PrefixLength | None = None,
    *, cbv_urns: bool = False,
) -> bytes:  # fmt: skip
    """JSON, or XML where the media type says so.

    `prefix_length` knows company prefixes, beside those that the document's own URNs show; a key whose prefix nobody
    knows stays a Digital Link. `cbv_urns`: words of the CBV in XML as URNs of EPCIS 1 and not as web URIs.
    """
    spellings = document.spellings or [{}] * len(document.events)
    events = [spelled(event, spelling, epc_format, prefix_length)
              for event, spelling in zip(document.events, spellings, strict=True)]  # fmt: skip
    if media_type.endswith("xml"):
        return xml_of_document(document, _date(document), events, cbv_urns=cbv_urns)
    return dumps(_json_document(document, events))


def write_event(
    event: Event, spelling: Spelling | None = None, epc_format: str = FORMATS[0],
    prefix_length: PrefixLength | None = None,
) -> bytes:  # fmt: skip
    """A bare event in JSON, with its whole context."""
    made = spelled(event, spelling or {}, epc_format, prefix_length)
    return dumps({"@context": [STANDARD, *event.get("@context", ())], **_without_context(made)})


def spelled(event: Event, spelling: Spelling, epc_format: str, prefix_length: PrefixLength | None = None) -> Event:
    """The event with its identifiers in one of `translation.FORMATS`; canonical ones are Digital Links."""
    if epc_format == "Always_GS1_Digital_Link":
        return _once(event)
    if epc_format in ("No_Preference", "Never_Translates"):
        return _once(respelled(event, lambda uri, _: spelling.get(uri, uri)))
    length = _length(spelling, prefix_length)

    def as_urn(uri: str, of_class: bool) -> str:
        known = spelling.get(uri, "")
        return known if known.startswith("urn:epc:") else to_urn(uri, length, of_class=of_class)

    return _once(respelled(event, as_urn))


def _once(event: Event) -> Event:
    """Of a thing that was named in two spellings one is left: the standard's lists name each thing once."""
    named = [name for name in EPC_LISTS if name in event and len(set(event[name])) < len(event[name])]
    return event | {name: list(dict.fromkeys(event[name])) for name in named}


def _length(spelling: Spelling, others: PrefixLength | None) -> PrefixLength:
    shown = {prefix for urn in spelling.values() if (prefix := known_prefix(urn))}

    def length(digits: str) -> int | None:
        own = [len(prefix) for prefix in shown if digits.startswith(prefix)]
        return max(own) if own else others(digits) if others else None

    return length


def _json_document(document: Document, events: list[Event]) -> dict[str, Any]:
    hoisted, bare = _hoisted(document, events)
    made: dict[str, Any] = {"@context": [STANDARD, *([hoisted] if hoisted else [])], "type": document.type}
    made |= {name: value for name, attribute in _HEADS.items() if (value := getattr(document, attribute)) is not None}
    made |= {"schemaVersion": document.schema_version, "creationDate": _date(document)}
    if document.header is not None:
        made["epcisHeader"] = document.header
    made |= document.extensions
    if document.type == "EPCISDocument":
        return {**made, "epcisBody": {"eventList": bare}}
    named = {"queryName": document.query_name or "SimpleEventQuery"}
    if document.subscription is not None:
        named["subscriptionID"] = document.subscription
    return {**made, "epcisBody": {"queryResults": {**named, "resultsBody": {"eventList": bare}}}}


def _hoisted(document: Document, events: list[Event]) -> tuple[dict[str, Any], list[Event]]:
    """The context of the document; an event whose own says anything else of a name keeps it."""
    hoisted, bare = dict(document.prefixes), list[Event]()
    for event in events:
        own = {name: value for each in event.get("@context", ()) for name, value in each.items()}
        if all(hoisted.get(name, value) == value for name, value in own.items()):
            hoisted |= own
            bare.append(_without_context(event))
        else:
            bare.append(event)
    return hoisted, bare


def _without_context(event: Mapping[str, Any]) -> Event:
    return {name: value for name, value in event.items() if name != "@context"}


def _date(document: Document) -> str:
    return document.creation_date or datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

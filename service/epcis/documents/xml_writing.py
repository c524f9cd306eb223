"""The JSON form to EPCIS 2.0 XML, its elements in the order of the standard's XML schema."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from service.epcis import words
from service.epcis.contexts import prefixes_of
from service.epcis.documents.document import Document, Event
from service.epcis.documents.xml_names import Names, legal
from service.epcis.documents.xml_reading import EPCIS, QUERY
from service.epcis.identifiers import EPC_LISTS, QUANTITY_LISTS

Speak = Callable[[words.Vocabulary, str], str]

_FIRST = "eventTime recordTime eventTimeZoneOffset eventID errorDeclaration certificationInfo"
_STEP = "action bizStep disposition readPoint bizLocation bizTransactionList"
_LAST = "sourceList destinationList sensorElementList persistentDisposition ilmd"
ORDER: Mapping[str, tuple[str, ...]] = {
    name: tuple(f"{_FIRST} {own}".split()) for name, own in {
        "ObjectEvent": f"epcList {_STEP} quantityList {_LAST}",
        "AggregationEvent": f"parentID childEPCs {_STEP} childQuantityList {_LAST}",
        "AssociationEvent": f"parentID childEPCs childQuantityList {_STEP} {_LAST}",
        "TransactionEvent": "bizTransactionList parentID epcList action bizStep disposition readPoint bizLocation"
                            f" quantityList {_LAST}",
        "TransformationEvent": "inputEPCList inputQuantityList outputEPCList outputQuantityList transformationID"
                               f" bizStep disposition readPoint bizLocation bizTransactionList {_LAST}",
    }.items()
}  # fmt: skip
_NEEDED = {"ObjectEvent": "epcList", "AggregationEvent": "childEPCs", "TransactionEvent": "epcList"}


def xml_of_document(document: Document, created: str, events: list[Event], *, cbv_urns: bool) -> bytes:
    query = document.type == "EPCISQueryDocument"
    prefix, namespace = ("epcisq", QUERY) if query else ("epcis", EPCIS)
    root = Element(f"{prefix}:{document.type}", {f"xmlns:{prefix}": namespace})
    root.attrib |= {"schemaVersion": document.schema_version, "creationDate": created}
    writer = _Writer(root, words.urn if cbv_urns else words.uri, document.prefixes)
    if document.header is not None:
        writer.header(root, document.header)
    writer.body(SubElement(root, "EPCISBody"), document, events)
    writer.extensions(root, document.extensions)  # the schema has them behind the body
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8")


class _Writer:
    def __init__(self, root: Element, speak: Speak, declared: Mapping[str, Any]) -> None:
        self._speak, self._declared = speak, declared
        self._names = Names(root)
        self._names.enter(declared)

    def body(self, into: Element, document: Document, events: Iterable[Event]) -> None:
        if document.type == "EPCISQueryDocument":
            results = SubElement(into, "epcisq:QueryResults")
            SubElement(results, "queryName").text = document.query_name or "SimpleEventQuery"
            if document.subscription is not None:
                SubElement(results, "subscriptionID").text = document.subscription
            into = SubElement(results, "resultsBody")
        listed = SubElement(into, "EventList")
        for event in events:
            self.event(listed, event)

    def event(self, into: Element, event: Event) -> None:
        self._names.enter({**self._declared, **prefixes_of(event.get("@context"))})
        element = SubElement(into, self._names.of(event["type"]))
        order = ORDER.get(event["type"], tuple(each for each in event if ":" not in each and each[0] != "@"))
        for name in order:
            if name in event and name != "type":
                self._property(element, name, event[name])
            elif name == _NEEDED.get(event["type"]):
                SubElement(element, name)
        self.extensions(element, event)

    def header(self, root: Element, header: Mapping[str, Any]) -> None:
        element = SubElement(root, "EPCISHeader")
        if "epcisMasterData" in header:
            within = SubElement(SubElement(element, "extension"), "EPCISMasterData")
            _master_data(within, header["epcisMasterData"])
        self.extensions(element, header)

    def extensions(self, element: Element, event: Mapping[str, Any]) -> None:
        for name, value in event.items():
            if ":" in name:
                self._extension(element, name, value)

    def _property(self, element: Element, name: str, value: Any) -> None:
        if name in EPC_LISTS:
            _texts(SubElement(element, name), "epc", value)
        elif name in QUANTITY_LISTS:
            into = SubElement(element, name)
            for each in value:
                member = SubElement(into, "quantityElement")
                for inner in ("epcClass", "quantity", "uom"):
                    if inner in each:
                        SubElement(member, inner).text = _text(each[inner])
        elif name in words.LISTED:
            self._typed(SubElement(element, name), *words.LISTED[name], value)
        elif name in ("bizStep", "disposition"):
            vocabulary = words.BIZ_STEP if name == "bizStep" else words.DISPOSITION
            SubElement(element, name).text = legal(self._speak(vocabulary, value))
        else:
            self._other(element, name, value)

    def _other(self, element: Element, name: str, value: Any) -> None:
        if name == "persistentDisposition":
            into = SubElement(element, name)
            for inner in ("unset", "set"):
                _texts(into, inner, (self._speak(words.DISPOSITION, each) for each in value.get(inner, ())))
        elif name == "sensorElementList":
            into = SubElement(element, name)
            for each in value:
                self._sensed(SubElement(into, "sensorElement"), each)
        elif name == "errorDeclaration":
            self._declaration(SubElement(element, name), value)
        elif name in ("readPoint", "bizLocation"):
            into = SubElement(element, name)
            for inner in sorted(value, key=lambda inner: inner != "id"):
                self._extension(into, inner, value[inner])
        else:
            self._extension(element, name, value)

    def _typed(self, into: Element, inner: str, vocabulary: words.Vocabulary, members: Iterable[Any]) -> None:
        for each in members:
            member = SubElement(into, inner)
            if "type" in each:
                member.set("type", self._speak(vocabulary, each["type"]))
            member.text = legal(each[inner])

    def _declaration(self, into: Element, declared: Mapping[str, Any]) -> None:
        SubElement(into, "declarationTime").text = declared["declarationTime"]
        if "reason" in declared:
            SubElement(into, "reason").text = self._speak(words.ERROR, declared["reason"])
        if "correctiveEventIDs" in declared:
            _texts(SubElement(into, "correctiveEventIDs"), "correctiveEventID", declared["correctiveEventIDs"])
        self.extensions(into, declared)

    def _sensed(self, into: Element, element: Mapping[str, Any]) -> None:
        for name in ("sensorMetadata", "sensorReport"):
            said = element.get(name, [])
            for each in said if isinstance(said, list) else [said]:
                made = {self._names.of(inner): self._reported(inner, value) for inner, value in each.items()}
                SubElement(into, name, made)
        self.extensions(into, element)

    def _reported(self, name: str, value: Any) -> str:
        return words.uri(words.REPORTED[name], value) if name in words.REPORTED else _text(value)

    def _extension(self, into: Element, name: str, value: Any) -> None:
        for each in value if isinstance(value, list) else [value]:
            element = SubElement(into, self._names.of(name))
            if isinstance(each, Mapping):
                element.text = _text(each.get("#text"))
                for inner, below in each.items():
                    if inner != "#text":
                        self._extension(element, inner, below)
            elif isinstance(each, list):
                self._extension(element, name, each)
            else:
                element.text = _text(each)
                if isinstance(each, bool | int | float | Decimal):
                    self._names.typed(element, "boolean" if isinstance(each, bool) else "decimal")


def _texts(into: Element, name: str, values: Iterable[str]) -> None:
    for each in values:
        SubElement(into, name).text = legal(each)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return legal(format(value, "f") if isinstance(value, Decimal) else str(value))


def _master_data(into: Element, data: Mapping[str, Any]) -> None:
    vocabularies = SubElement(into, "VocabularyList")
    for vocabulary in data.get("vocabularyList", ()):
        elements = SubElement(SubElement(vocabularies, "Vocabulary", {"type": vocabulary["type"]}),
                              "VocabularyElementList")  # fmt: skip
        for each in vocabulary.get("vocabularyElementList", ()):
            element = SubElement(elements, "VocabularyElement", {"id": each["id"]})
            for attribute in each.get("attributes", ()):
                SubElement(element, "attribute", {"id": attribute["id"]}).text = _text(attribute.get("attribute", ""))
            if each.get("children"):
                _texts(SubElement(element, "children"), "id", each["children"])

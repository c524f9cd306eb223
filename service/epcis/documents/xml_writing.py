"""The JSON form to EPCIS 2.0 XML, its elements in the order of the standard's XML schema."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from service.epcis import words
from service.epcis.contexts import FIXED
from service.epcis.documents.document import Document, Event
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
        "AssociationEvent": f"parentID childEPCs {_STEP} childQuantityList {_LAST}",
        "TransactionEvent": "bizTransactionList parentID epcList action bizStep disposition readPoint bizLocation"
                            f" quantityList {_LAST}",
        "TransformationEvent": "inputEPCList inputQuantityList outputEPCList outputQuantityList transformationID"
                               f" bizStep disposition readPoint bizLocation bizTransactionList {_LAST}",
    }.items()
}  # fmt: skip
_NEEDED = {"ObjectEvent": "epcList", "AggregationEvent": "childEPCs", "AssociationEvent": "childEPCs",
           "TransactionEvent": "epcList"}  # fmt: skip
_XMLNS = "xmlns:"


def xml_of_document(document: Document, created: str, events: list[Event], *, cbv_urns: bool) -> bytes:
    query = document.type == "EPCISQueryDocument"
    prefix, namespace = ("epcisq", QUERY) if query else ("epcis", EPCIS)
    root = Element(f"{prefix}:{document.type}", {_XMLNS + prefix: namespace})
    root.attrib |= {"schemaVersion": document.schema_version, "creationDate": created}
    writer = _Writer(root, words.urn if cbv_urns else words.uri)
    writer.declare(document.prefixes)
    if document.header is not None:
        writer.header(document.header)
    writer.extensions(root, document.extensions)
    body = SubElement(root, "EPCISBody")
    if query:
        results = SubElement(body, "epcisq:QueryResults")
        SubElement(results, "queryName").text = document.query_name or "SimpleEventQuery"
        if document.subscription is not None:
            SubElement(results, "subscriptionID").text = document.subscription
        body = SubElement(results, "resultsBody")
    listed = SubElement(body, "EventList")
    for event in events:
        writer.event(listed, event)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="utf-8")


class _Writer:
    def __init__(self, root: Element, speak: Speak) -> None:
        self._root, self._speak = root, speak
        self._declared: dict[str, str] = {}

    def declare(self, context: Mapping[str, Any]) -> None:
        for prefix, namespace in context.items():
            if isinstance(namespace, str) and prefix not in self._declared:
                self._declared[prefix] = namespace
                self._root.set(_XMLNS + prefix, namespace)

    def event(self, into: Element, event: Event) -> None:
        element = SubElement(into, event["type"])
        self._scope(element, event)
        order = ORDER.get(event["type"], tuple(each for each in event if ":" not in each and each[0] != "@"))
        for name in order:
            if name in event and name != "type":
                self._property(element, name, event[name])
            elif name == _NEEDED.get(event["type"]):
                SubElement(element, name)
        self.extensions(element, event)

    def header(self, header: Mapping[str, Any]) -> None:
        element = SubElement(self._root, "EPCISHeader")
        for name, value in header.items():
            if name == "epcisMasterData":
                _master_data(SubElement(SubElement(element, "extension"), "EPCISMasterData"), value)
            else:
                self._extension(element, name, value)

    def extensions(self, element: Element, event: Mapping[str, Any]) -> None:
        for name, value in event.items():
            if ":" in name:
                self._extension(element, name, value)

    def _scope(self, element: Element, event: Event) -> None:
        """A prefix that the document has for another namespace is declared where it is meant."""
        for context in event.get("@context", ()):
            for prefix, namespace in context.items():
                if isinstance(namespace, str) and self._declared.setdefault(prefix, namespace) != namespace:
                    element.set(_XMLNS + prefix, namespace)
                elif isinstance(namespace, str):
                    self._root.set(_XMLNS + prefix, namespace)
        for prefix in {name.partition(":")[0] for name in _names(event)} & FIXED.keys():
            self.declare({prefix: FIXED[prefix]})

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
            SubElement(element, name).text = self._speak(vocabulary, value)
        else:
            self._other(element, name, value)

    def _other(self, element: Element, name: str, value: Any) -> None:
        if name == "persistentDisposition":
            into = SubElement(element, name)
            for inner in ("set", "unset"):
                _texts(into, inner, (self._speak(words.DISPOSITION, each) for each in value.get(inner, ())))
        elif name == "sensorElementList":
            into = SubElement(element, name)
            for each in value:
                self._sensed(SubElement(into, "sensorElement"), each)
        elif name == "errorDeclaration":
            self._declaration(SubElement(element, name), value)
        else:
            self._extension(element, name, value)

    def _typed(self, into: Element, inner: str, vocabulary: words.Vocabulary, members: Iterable[Any]) -> None:
        for each in members:
            member = SubElement(into, inner)
            if "type" in each:
                member.set("type", self._speak(vocabulary, each["type"]))
            member.text = each[inner]

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
                made = {inner: self._reported(inner, value) for inner, value in each.items()}
                SubElement(into, name, made)
        self.extensions(into, element)

    def _reported(self, name: str, value: Any) -> str:
        return words.uri(words.REPORTED[name], value) if name in words.REPORTED else _text(value)

    def _extension(self, into: Element, name: str, value: Any) -> None:
        for each in value if isinstance(value, list) else [value]:
            element = SubElement(into, name)
            if isinstance(each, Mapping):
                element.text = each.get("#text")
                for inner, below in each.items():
                    if inner != "#text":
                        self._extension(element, inner, below)
            elif isinstance(each, list):
                self._extension(element, name, each)
            else:
                element.text = _text(each)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield name
            yield from _names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)


def _texts(into: Element, name: str, values: Iterable[str]) -> None:
    for each in values:
        SubElement(into, name).text = each


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


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

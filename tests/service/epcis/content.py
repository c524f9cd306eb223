"""What may stand in which element of EPCIS 2.0 XML, in which order: the content models of its XML schema in our words.

`*`, `+` and `?` as in XML Schema; `other` is an element of another's namespace, which has to stand last.
"""

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

_BEGIN = "eventTime recordTime? eventTimeZoneOffset eventID? errorDeclaration? certificationInfo*"
_STEP = "bizStep? disposition? readPoint? bizLocation?"
_WITH = "sourceList? destinationList? sensorElementList? persistentDisposition?"
_INPUTS, _OUTPUTS = "inputEPCList? inputQuantityList?", "outputEPCList? outputQuantityList?"
_MODELS = {
    "EPCISDocument": "EPCISHeader? EPCISBody other*",
    "EPCISQueryDocument": "EPCISHeader? EPCISBody other*",
    "EPCISHeader": "extension? other*",
    "EPCISMasterData": "VocabularyList",
    "VocabularyList": "Vocabulary*",
    "Vocabulary": "VocabularyElementList?",
    "VocabularyElementList": "VocabularyElement+",
    "VocabularyElement": "attribute* children?",
    "children": "id*",
    "EPCISBody": "EventList|QueryResults",
    "QueryResults": "queryName subscriptionID? resultsBody other*",
    "resultsBody": "EventList",
    "EventList": "(ObjectEvent|AggregationEvent|TransactionEvent|TransformationEvent|AssociationEvent|other)*",
    "ObjectEvent": f"{_BEGIN} epcList action {_STEP} bizTransactionList? quantityList? {_WITH} ilmd? other*",
    "AggregationEvent": f"{_BEGIN} parentID? childEPCs action {_STEP} bizTransactionList? childQuantityList? {_WITH}"
    " other*",
    "AssociationEvent": f"{_BEGIN} parentID childEPCs? childQuantityList? action {_STEP} bizTransactionList? {_WITH}"
    " other*",
    "TransactionEvent": f"{_BEGIN} bizTransactionList parentID? epcList action {_STEP} quantityList? {_WITH} other*",
    "TransformationEvent": f"{_BEGIN} {_INPUTS} {_OUTPUTS} transformationID? {_STEP} bizTransactionList? {_WITH}"
    " ilmd? other*",
    **dict.fromkeys(("epcList", "childEPCs", "inputEPCList", "outputEPCList"), "epc*"),
    **dict.fromkeys(
        ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"), "quantityElement*"
    ),
    "quantityElement": "epcClass quantity? uom?",
    "readPoint": "id other*",
    "bizLocation": "id other*",
    "bizTransactionList": "bizTransaction+",
    "sourceList": "source+",
    "destinationList": "destination+",
    "sensorElementList": "sensorElement+",
    "sensorElement": "sensorMetadata? sensorReport+ other*",
    "persistentDisposition": "unset* set*",
    "ilmd": "other*",
    "errorDeclaration": "declarationTime reason? correctiveEventIDs? other*",
    "correctiveEventIDs": "correctiveEventID*",
}
_OURS = ("{urn:epcglobal:epcis:xsd:2}", "{urn:epcglobal:epcis-query:xsd:2}")
_PATTERNS = {name: re.compile(re.sub(r"\w+", r"(?:\g<0>,)", model).replace(" ", "")) for name, model in _MODELS.items()}


def faults(element: Element) -> Iterator[str]:
    """Every element of the standard that holds what it may not, or in another order."""
    name = _name(element)
    held = [_name(each) for each in element]
    if name in _PATTERNS and not _PATTERNS[name].fullmatch("".join(f"{each}," for each in held)):
        yield f"{name}: expected {_MODELS[name]}, got {' '.join(held)}"
    for each in element:
        if _name(each) != "other":
            yield from faults(each)


def _name(element: Element) -> str:
    for namespace in _OURS:
        if element.tag.startswith(namespace):
            return element.tag.removeprefix(namespace)
    return "other" if element.tag.startswith("{") else element.tag

"""What an event and a document of EPCIS 2.0 may look like, as JSON Schema: our own spelling of the standard's rules.

The official schema is not shipped: its licence is not an open one. A test holds the two against each other, on the
official examples and on thousands of small changes to them (tests/service/epcis/test_validation.py).
"""

from collections.abc import Iterable
from typing import Any

from service.epcis import words

Schema = dict[str, Any]

LONGEST_URI = 1000

URI: Schema = {"type": "string", "format": "uri", "maxLength": LONGEST_URI}
TIME: Schema = {"type": "string", "format": "date-time"}
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
ACTION: Schema = {"enum": ["OBSERVE", "ADD", "DELETE"]}
CONTEXT: Schema = {"anyOf": [URI, {"type": "object"}, {
    "type": "array", "uniqueItems": True, "items": {"anyOf": [URI, {"type": "object"}]}}]}  # fmt: skip


def listed(items: Schema, least: int = 0, **more: Any) -> Schema:
    return {"type": "array", "items": items, "minItems": least, **more}


def closed(required: Iterable[str] = (), **properties: Schema) -> Schema:
    """An object of these properties alone."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": False}


def open_(required: Iterable[str] = (), **properties: Schema) -> Schema:
    """An object of these properties and extensions, whose names are URIs."""
    names = {"anyOf": [{"enum": list(properties)}, {"type": "string", "format": "uri"}]}
    return {"type": "object", "properties": properties, "required": list(required), "propertyNames": names}


def word(vocabulary: words.Vocabulary) -> Schema:
    """A bare word, or a URI that is not an old spelling of one."""
    old = "https?://gs1\\.org/voc/|https?://www\\.gs1\\.org/voc/" if vocabulary.stem == words.GS1 else (
        "urn:epcglobal:cbv|https?://ns\\.gs1\\.org/cbv/")  # fmt: skip
    return {"anyOf": [{"enum": sorted(vocabulary.words)}, {**URI, "pattern": f"^(?!({old}))"}]}


def _all(names: str, schema: Schema) -> dict[str, Schema]:
    return dict.fromkeys(names.split(), schema)


EPCS = listed(URI, uniqueItems=True)
QUANTITIES = listed(closed(["epcClass"], epcClass=URI, quantity=NUMBER, uom={**TEXT, "pattern": "^[A-Z0-9]{2,3}$"}))
PLACE: Schema = {"type": "object", "properties": {"id": URI}, "required": ["id"]}
DISPOSITIONS = listed(word(words.DISPOSITION), 1, uniqueItems=True)
METADATA = open_(**_all("time startTime endTime", TIME),
                 **_all("deviceID deviceMetadata rawData dataProcessingMethod bizRules", URI))
REPORT = open_(
    ["type"],
    type=word(words.MEASUREMENT), exception=word(words.ALERT), component=word(words.COMPONENT), time=TIME,
    **_all("deviceID deviceMetadata rawData dataProcessingMethod bizRules microorganism chemicalSubstance"
           " coordinateReferenceSystem uriValue", URI),
    **_all("value minValue maxValue meanValue sDev percRank percValue", NUMBER),
    **_all("stringValue uom", TEXT),
    booleanValue={"type": "boolean"}, hexBinaryValue={**TEXT, "pattern": "^[A-Fa-f0-9]+$"},
)  # fmt: skip
SENSED = listed(open_(["sensorReport"], sensorMetadata=METADATA, sensorReport=listed(REPORT, 1)))

COMMON: dict[str, Schema] = {
    "@context": CONTEXT, "type": TEXT, **_all("eventTime recordTime", TIME), "eventID": URI,
    "eventTimeZoneOffset": {**TEXT, "pattern": "^[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00)$"},
    "certificationInfo": {"anyOf": [URI, listed(URI)]},
    "errorDeclaration": open_(
        ["declarationTime"], declarationTime=TIME, reason=word(words.ERROR), correctiveEventIDs=listed(URI)),
}  # fmt: skip
_STEP: dict[str, Schema] = {
    "bizStep": word(words.BIZ_STEP), "disposition": word(words.DISPOSITION), "readPoint": PLACE, "bizLocation": PLACE,
    "bizTransactionList": listed(closed(["bizTransaction"], type=word(words.TRANSACTION), bizTransaction=URI)),
    "sourceList": listed(closed(["type", "source"], type=word(words.OWNER), source=URI)),
    "destinationList": listed(closed(["type", "destination"], type=word(words.OWNER), destination=URI)),
    "sensorElementList": SENSED,
}  # fmt: skip
_LASTING = {
    "persistentDisposition": {**closed(set=DISPOSITIONS, unset=DISPOSITIONS), "minProperties": 1},
}  # fmt: skip
_ILMD = {"ilmd": open_()}


def _event(required: str, *conditions: Schema, **properties: Schema) -> Schema:
    made = open_(["type", "eventTime", "eventTimeZoneOffset", *required.split()], **COMMON, **properties)
    return {**made, "allOf": list(conditions)} if conditions else made


def _any_of(*names: str, least: int = 1) -> Schema:
    return {"anyOf": [{"required": [name], "properties": {name: {"minItems": least}}} for name in names]}


_SEEN: Schema = {"anyOf": [
    {"required": ["epcList"]},
    {"required": ["quantityList"], "properties": {"quantityList": {"minItems": 1}}},
    {"required": ["sensorElementList", "readPoint"], "properties": {"sensorElementList": {"minItems": 1}}},
]}  # fmt: skip
_BORN = {"anyOf": [{"properties": {"action": {"const": "ADD"}}}, {"not": {"required": ["ilmd"]}}]}
_ENDS: Schema = {"properties": {"action": {"const": "DELETE"}}}
_CHILDREN = _any_of("childEPCs", "childQuantityList")
_MADE = {"anyOf": [
    {"allOf": [_any_of("inputEPCList", "inputQuantityList"), _any_of("outputEPCList", "outputQuantityList")]},
    {"required": ["transformationID"],
     **_any_of("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList")},
]}  # fmt: skip

EVENTS: dict[str, Schema] = {
    "ObjectEvent": _event(
        "action", _SEEN, _BORN, action=ACTION, epcList=EPCS, quantityList=QUANTITIES, **_STEP, **_LASTING, **_ILMD),
    "AggregationEvent": _event(
        "action", {"anyOf": [_ENDS, _CHILDREN]}, action=ACTION, parentID=URI, childEPCs=listed(URI),
        childQuantityList=QUANTITIES, **_STEP),
    "AssociationEvent": _event(
        "action parentID", {"anyOf": [_ENDS, _CHILDREN]}, action=ACTION, parentID=URI, childEPCs=listed(URI),
        childQuantityList=QUANTITIES, **_STEP),
    "TransactionEvent": _event(
        "action bizTransactionList", _any_of("bizTransactionList"), {"anyOf": [_ENDS, *_SEEN["anyOf"][:2]]},
        action=ACTION, parentID=URI, epcList=listed(URI), quantityList=QUANTITIES, **_STEP),
    "TransformationEvent": _event(
        "", _MADE, inputEPCList=EPCS, outputEPCList=EPCS, inputQuantityList=QUANTITIES, outputQuantityList=QUANTITIES,
        transformationID=URI, **_STEP, **_LASTING, **_ILMD),
}  # fmt: skip

_KNOWN = {
    "action": ACTION, "parentID": URI, "transformationID": URI,
    **_all("epcList childEPCs inputEPCList outputEPCList", listed(URI)),
    **_all("quantityList childQuantityList inputQuantityList outputQuantityList", QUANTITIES),
}  # fmt: skip
OTHER: Schema = {
    "type": "object", "required": ["type", "eventTime", "eventTimeZoneOffset"],
    "properties": {**_STEP, **_LASTING, **_ILMD, **_KNOWN, **COMMON, "type": URI},
}  # fmt: skip
"""An event of a type that is not the standard's own; what it has of the standard's properties is formed as there. The
official schema does not look at these.
"""

_ATTRIBUTE = {"type": "object", "properties": {"id": URI}, "required": ["id"]}
_ELEMENT = {"type": "object", "properties": {"id": URI, "attributes": listed(_ATTRIBUTE), "children": listed(URI)},
            "required": ["id"]}  # fmt: skip
_VOCABULARIES = listed({"type": "object", "required": ["type"],
                        "properties": {"type": URI, "vocabularyElementList": listed(_ELEMENT)}})  # fmt: skip
_HEAD: dict[str, Schema] = {
    "@context": CONTEXT, "id": URI, "type": {"enum": ["EPCISDocument", "EPCISQueryDocument"]},
    "schemaVersion": {**TEXT, "pattern": "^[0-9]+(\\.[0-9]+)*$"}, "creationDate": TIME,
    **_all("instanceIdentifier sender receiver", TEXT),
    "epcisHeader": open_(epcisMasterData={"type": "object", "properties": {"vocabularyList": _VOCABULARIES}}),
}  # fmt: skip
_LIST = listed({"type": "object", "required": ["type"]})
_QUERY_HEAD = {name: _HEAD[name] for name in ("@context", "id", "type", "schemaVersion", "creationDate", "epcisHeader")}
_RESULTS = open_(
    ["queryName", "resultsBody"], queryName=TEXT, subscriptionID=TEXT,
    resultsBody=open_(["eventList"], eventList=_LIST, vocabularyList=_VOCABULARIES))  # fmt: skip
DOCUMENTS: dict[str, Schema] = {
    "EPCISDocument": open_(
        ["@context", "type", "schemaVersion", "creationDate", "epcisBody"], **_HEAD,
        epcisBody={"type": "object", "required": ["eventList"], "properties": {"eventList": _LIST}}),
    "EPCISQueryDocument": open_(
        ["@context", "type", "epcisBody"], **_QUERY_HEAD, epcisBody=open_(["queryResults"], queryResults=_RESULTS)),
}  # fmt: skip

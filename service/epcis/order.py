"""In which order the CBV 2.0 event hash takes the properties of an event (CBV 2.0, table in section 8.9.2)."""

from typing import Any

Order = tuple[tuple[str, Any], ...]
"""Names with the order of what is below them, None for what has only text."""


def _flat(text: str) -> Order:
    return tuple((name, None) for name in text.split())


_EPCS: Order = (("epc", None),)
_QUANTITIES: Order = (("quantityElement", _flat("epcClass quantity uom")),)
_SENSOR: Order = (
    ("sensorMetadata", _flat(
        "time startTime endTime deviceID deviceMetadata rawData dataProcessingMethod bizRules")),
    ("sensorReport", _flat(
        "type exception deviceID deviceMetadata rawData dataProcessingMethod time microorganism chemicalSubstance"
        " value component stringValue booleanValue hexBinaryValue uriValue minValue maxValue meanValue sDev percRank"
        " percValue uom coordinateReferenceSystem")),
)  # fmt: skip

ORDER: Order = (
    *_flat("eventTime eventTimeZoneOffset certificationInfo parentID"),
    ("epcList", _EPCS),
    ("inputEPCList", _EPCS),
    ("childEPCs", _EPCS),
    ("quantityList", _QUANTITIES),
    ("childQuantityList", _QUANTITIES),
    ("inputQuantityList", _QUANTITIES),
    ("outputEPCList", _EPCS),
    ("outputQuantityList", _QUANTITIES),
    *_flat("action transformationID bizStep disposition"),
    ("persistentDisposition", _flat("set unset")),
    ("readPoint", _flat("id")),
    ("bizLocation", _flat("id")),
    ("sensorElementList", (("sensorElement", _SENSOR),)),
)

IGNORED = ("recordTime", "eventID", "type", "errorDeclaration")

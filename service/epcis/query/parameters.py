"""The parameters of an event query, by name: GS1 EPCIS 2.0, section 8.2.7.1, the official OpenAPI and query schema.

The tables are the definition. What is in none of them, and has not the form of a family of parameters, is refused: a
condition that is silently ignored would answer another question.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from service.epcis import words
from service.epcis.contexts import FIXED
from service.epcis.query import fields, values
from service.epcis.query.conditions import (
    EVENT_TIME,
    RECORD_TIME,
    Attribute,
    Column,
    Comparison,
    Condition,
    Extension,
    Identifiers,
    Kind,
    Order,
    Paths,
    Question,
    Target,
)
from service.epcis.query.faults import WrongParameter
from service.epcis.query.patterns import like
from service.epcis.query.values import Read
from service.epcis.translation import canonical
from service.statements.event import OWN_CONTEXT

MOST_CONDITIONS = 50


@dataclass(frozen=True, slots=True)
class Spelling:
    """How the asker writes: `namespaces` are those of the prefixes that he declared."""

    namespaces: Mapping[str, str] = field(default_factory=dict)


class Given(NamedTuple):
    """A parameter as it was sent; a list as several values."""

    name: str
    values: tuple[str, ...]


class _Rule(NamedTuple):
    target: Target
    comparison: Comparison
    read: Read | None  # None: a URI
    group: str


_EPCS = ("epcList", "childEPCs", "parentID", "inputEPCList", "outputEPCList")
_ROLES: Mapping[str, tuple[str, ...]] = {
    "MATCH_epc": ("epcList", "childEPCs"),
    "MATCH_parentID": ("parentID",),
    "MATCH_inputEPC": ("inputEPCList",),
    "MATCH_outputEPC": ("outputEPCList",),
    "MATCH_anyEPC": _EPCS,
    "MATCH_epcClass": ("quantityList", "childQuantityList"),
    "MATCH_inputEPCClass": ("inputQuantityList",),
    "MATCH_outputEPCClass": ("outputQuantityList",),
    "MATCH_anyEPCClass": fields.QUANTITY_LISTS,
}
BY_CLASS = "MATCH_anyEPCClass"
_STEP, _DISPOSITION = values.word_of(words.BIZ_STEP), values.word_of(words.DISPOSITION)
_ACTION = values.among("ADD", "OBSERVE", "DELETE")
_COLUMNS: Mapping[str, tuple[str, Comparison, Read | None, str]] = {
    "eventType": ("type", "EQ", values.text, "base"),
    "EQ_action": ("action", "EQ", _ACTION, "base"),
    "EQ_bizStep": ("biz_step", "EQ", _STEP, "base"),
    "EQ_disposition": ("disposition", "EQ", _DISPOSITION, "state"),
    "EQ_readPoint": ("read_point", "EQ", None, "places"),
    "WD_readPoint": ("read_point", "WD", None, "places"),
    "EQ_bizLocation": ("biz_location", "EQ", None, "places"),
    "WD_bizLocation": ("biz_location", "WD", None, "places"),
    "EQ_transformationID": ("transformation_id", "EQ", values.text, "rest"),
    "EQ_eventID": ("event_id", "EQ", values.text, "rest"),
    "GE_eventTime": (EVENT_TIME, "GE", values.time, "base"),
    "LT_eventTime": (EVENT_TIME, "LT", values.time, "base"),
    "GE_recordTime": (RECORD_TIME, "GE", values.time, "base"),
    "LT_recordTime": (RECORD_TIME, "LT", values.time, "base"),
}
_ERROR, _PERSISTENT = "$.errorDeclaration", "$.persistentDisposition"
_PATHS: Mapping[str, tuple[tuple[str, ...], Comparison, Kind, Read | None, str]] = {
    "EQ_persistentDisposition_set": ((f"{_PERSISTENT}.set[*]",), "EQ", "text", _DISPOSITION, "state"),
    "EQ_persistentDisposition_unset": ((f"{_PERSISTENT}.unset[*]",), "EQ", "text", _DISPOSITION, "state"),
    "EXISTS_errorDeclaration": ((_ERROR,), "EXISTS", "any", values.flag, "rest"),
    "GE_errorDeclarationTime": ((f"{_ERROR}.declarationTime",), "GE", "time", values.time, "rest"),
    "LT_errorDeclarationTime": ((f"{_ERROR}.declarationTime",), "LT", "time", values.time, "rest"),
    "GE_errorDeclaration_Time": ((f"{_ERROR}.declarationTime",), "GE", "time", values.time, "rest"),
    "LT_errorDeclaration_Time": ((f"{_ERROR}.declarationTime",), "LT", "time", values.time, "rest"),
    "EQ_errorReason": ((f"{_ERROR}.reason",), "EQ", "text", values.word_of(words.ERROR), "rest"),
    "EQ_correctiveEventID": ((f"{_ERROR}.correctiveEventIDs[*]",), "EQ", "text", values.text, "rest"),
    "EXISTS_sensorElementList": (("$.sensorElementList[*]",), "EXISTS", "any", values.flag, "rest"),
    "EXISTS_ilmd": (("$.ilmd",), "EXISTS", "any", values.flag, "rest"),
    "EQ_type": ((f"{fields.REPORT}.type",), "EQ", "text", values.word_of(words.MEASUREMENT), "rest"),
    "EQ_stringValue": ((f"{fields.REPORT}.stringValue",), "EQ", "text", values.text, "rest"),
    "EQ_booleanValue": ((f"{fields.REPORT}.booleanValue",), "EQ", "boolean", values.boolean, "rest"),
    "EQ_hexBinaryValue": ((f"{fields.REPORT}.hexBinaryValue",), "EQ", "text", values.hexadecimal, "rest"),
    "EQ_uriValue": ((f"{fields.REPORT}.uriValue",), "EQ", "text", values.text, "rest"),
    "EQ_microorganism": ((f"{fields.REPORT}.microorganism",), "EQ", "text", values.text, "rest"),
    "EQ_chemicalSubstance": ((f"{fields.REPORT}.chemicalSubstance",), "EQ", "text", values.text, "rest"),
    "EQ_deviceID": (fields.both("deviceID"), "EQ", "text", None, "rest"),
    "EQ_dataProcessingMethod": (fields.both("dataProcessingMethod"), "EQ", "text", values.text, "rest"),
    "EQ_bizRules": ((f"{fields.METADATA}.bizRules",), "EQ", "text", values.text, "rest"),
}
_SENSOR_TIMES = ("time", "startTime", "endTime")
_COMPARE = "(?P<comparison>EQ|GT|GE|LT|LE)"
_MEASURED = "value|minValue|maxValue|meanValue|sDev|percValue"
_FAMILIES = {
    name: re.compile(form, re.ASCII)
    for name, form in {
        "transaction": r"EQ_bizTransaction_(?P<type>[A-Za-z][\w:/.#-]*)",
        "end": r"EQ_(?P<end>source|destination)_(?P<type>[A-Za-z][\w:/.#-]*)",
        "quantity": rf"{_COMPARE}_quantity(?:_(?P<uom>[A-Z0-9]{{2,4}}))?",
        "measured": rf"{_COMPARE}_(?P<name>{_MEASURED})_(?P<uom>[A-Z0-9]{{2,4}})",
        "rank": rf"{_COMPARE}_(?P<name>percRank|percValue)",
        "sensor_time": r"(?P<comparison>GE|LT)_(?P<name>time|startTime|endTime)",
        "has_attribute": r"HASATTR_(?P<property>readPoint|bizLocation)",
        "attribute": r"EQ_?ATTR_(?P<property>readPoint|bizLocation)_(?P<name>\S+)",
        "extension": r"(?P<comparison>EQ|GT|GE|LT|LE|EXISTS)_(?P<inner>INNER_)?"
        r"(?P<place>ILMD_|ERROR_DECLARATION_|SENSORELEMENT_|SENSORMETADATA_|SENSORREPORT_|readPoint_|bizLocation_)?"
        r"(?P<name>[A-Za-z][\w.-]*:[^\s\"\\]{1,200})",
    }.items()
}
CONTROLS = ("orderBy", "orderDirection", "eventCountLimit", "maxEventCount")
MOST_COUNTED = 100_000


def question(given: Iterable[Given], spelling: Spelling) -> Question:
    """The question that these parameters ask; raises WrongParameter."""
    sent = dict[str, tuple[str, ...]]()
    for name, value in given:
        if name in sent:
            raise WrongParameter(f"expected parameter {_shown(name)} once, got it twice", seen=_shown(name))
        sent[name] = value
    asked = [name for name in sent if name not in CONTROLS]
    if len(asked) > MOST_CONDITIONS:
        raise WrongParameter(f"expected at most {MOST_CONDITIONS} parameters, got {len(asked)}", seen=len(asked))
    conditions = (_condition(name, sent[name], spelling) for name in asked)
    return Question(tuple(each for each in conditions if each is not None), _order(sent, spelling), *_counts(sent))


def _condition(name: str, given: tuple[str, ...], spelling: Spelling) -> Condition | None:
    """None for EXISTS that is switched off."""
    target, comparison, read, group = _rule(name, spelling)
    if not 0 < len(given) <= values.MOST_VALUES:
        expected = f"1 to {values.MOST_VALUES} values"
        raise WrongParameter(f"{name}: expected {expected}, got {len(given)}", expected=expected, seen=len(given))
    if comparison not in ("EQ", "WD") and len(given) > 1:
        raise WrongParameter(f"{name}: expected one value, got {len(given)}", expected=1, seen=len(given))
    if comparison == "EXISTS":
        return Condition(name, target, comparison, (), group) if values.flag(name, given[0]) == "true" else None
    if isinstance(target, Identifiers):
        return _identifiers(name, target, given, group)
    readers = read or _uri
    return Condition(name, target, comparison, tuple(dict.fromkeys(readers(name, each) for each in given)), group)


def _identifiers(name: str, target: Identifiers, given: tuple[str, ...], group: str) -> Condition:
    """Plain ones in their one spelling, and patterns; who is shown a part only is not shown what a pattern finds."""
    classes = target.roles[0].endswith("uantityList")
    found = {each: like(values.text(name, each), classes=classes) for each in given}
    patterns = tuple(each for each in found.values() if each is not None)
    plain = dict.fromkeys(_uri(name, each) for each, pattern in found.items() if pattern is None)
    return Condition(name, target, "EQ", tuple(plain), "rest" if patterns else group, patterns)


def _rule(name: str, spelling: Spelling) -> _Rule:
    if name in _ROLES:
        return _Rule(Identifiers(_ROLES[name]), "EQ", None, "base" if name == BY_CLASS else "rest")
    if name in _COLUMNS:
        column, comparison, read, group = _COLUMNS[name]
        return _Rule(Column(column), comparison, read, group)
    if name in _PATHS:
        paths, comparison, kind, read, group = _PATHS[name]
        return _Rule(Paths(paths, kind), comparison, read, group)
    for family, form in _FAMILIES.items():
        if match := form.fullmatch(name):
            return _OF_FAMILY[family](match, spelling)
    raise WrongParameter(f"there is no parameter {_shown(name)}", expected="a parameter of EPCIS 2.0, section 8.2.7.1",
                         seen=_shown(name))  # fmt: skip


def _transaction(match: re.Match[str], _: Spelling) -> _Rule:
    return _Rule(Paths(fields.transactions(words.bare(words.TRANSACTION, match["type"]))), "EQ", None, "documents")


def _end(match: re.Match[str], _: Spelling) -> _Rule:
    return _Rule(Paths(fields.ends(match["end"], words.bare(words.OWNER, match["type"]))), "EQ", None, "parties")


def _quantity(match: re.Match[str], _: Spelling) -> _Rule:
    return _Rule(Paths(fields.quantities(match["uom"]), "number"), _compared(match), values.number, "rest")


def _measured(match: re.Match[str], _: Spelling) -> _Rule:
    uom = match.groupdict().get("uom")
    return _Rule(Paths(fields.measured(match["name"], uom), "number"), _compared(match), values.number, "rest")


def _sensor_time(match: re.Match[str], _: Spelling) -> _Rule:
    return _Rule(Paths(fields.both(match["name"]), "time"), _compared(match), values.time, "rest")


def _has_attribute(match: re.Match[str], _: Spelling) -> _Rule:
    return _Rule(Attribute(match["property"], ""), "EQ", values.text, "rest")


def _attribute(match: re.Match[str], _: Spelling) -> _Rule:
    return _Rule(Attribute(match["property"], match["name"]), "EQ", values.text, "rest")


def _extension(match: re.Match[str], spelling: Spelling) -> _Rule:
    return _Rule(_field(match, spelling), _compared(match), values.text, "rest")


def _field(match: re.Match[str], spelling: Spelling) -> Extension:
    prefix, _, local = match["name"].partition(":")
    known = {**OWN_CONTEXT, **FIXED, **spelling.namespaces}
    stem = fields.PLACES[match["place"] or ""][bool(match["inner"])]
    return Extension((stem,), prefix, local, known.get(prefix))


def _uri(parameter: str, value: str) -> str:
    return canonical(values.text(parameter, value))


_OF_FAMILY: Mapping[str, Callable[[re.Match[str], Spelling], _Rule]] = {
    "transaction": _transaction, "end": _end, "quantity": _quantity, "measured": _measured, "rank": _measured,
    "sensor_time": _sensor_time, "has_attribute": _has_attribute, "attribute": _attribute, "extension": _extension,
}  # fmt: skip


def _compared(match: re.Match[str]) -> Comparison:
    return match["comparison"]  # type: ignore[return-value]


def _order(sent: Mapping[str, tuple[str, ...]], spelling: Spelling) -> Order:
    """Where nothing is said, by the time of the event, which has indexes; what is greatest first, unless said."""
    by, direction = _one(sent, "orderBy"), _one(sent, "orderDirection")
    if direction is not None:
        values.among("ASC", "DESC")("orderDirection", direction)
    descending = direction != "ASC"
    column = {None: EVENT_TIME, "eventTime": EVENT_TIME, "recordTime": RECORD_TIME}.get(by)
    if column is not None:
        return Order(column, None, descending)
    match = _FAMILIES["extension"].fullmatch(f"EQ_{by}")
    if match is None:
        expected = "eventTime, recordTime or an extension field like prefix:name"
        seen = _shown(str(by))
        raise WrongParameter(f"orderBy: expected {expected}, got {seen}", expected=expected, seen=seen)
    return Order(EVENT_TIME, _field(match, spelling), descending, "rest")


def _counts(sent: Mapping[str, tuple[str, ...]]) -> tuple[int | None, int | None]:
    limit, most = _one(sent, "eventCountLimit"), _one(sent, "maxEventCount")
    if limit is not None and most is not None:
        detail = "expected eventCountLimit or maxEventCount, got both"
        raise WrongParameter(detail, expected="one of the two", seen="both")
    return (
        None if limit is None else values.whole("eventCountLimit", limit, 1, 10**9),
        None if most is None else values.whole("maxEventCount", most, 0, MOST_COUNTED),
    )


def _one(sent: Mapping[str, tuple[str, ...]], name: str) -> str | None:
    given = sent.get(name)
    if given is not None and len(given) != 1:
        raise WrongParameter(f"{name}: expected one value, got {len(given)}", expected=1, seen=len(given))
    return given[0] if given else None


def _shown(name: str) -> str:
    return ascii(name)[1:-1][:120]


NAMED: Mapping[str, tuple[Comparison, Kind]] = {
    **dict.fromkeys(_ROLES, ("EQ", "text")),
    **{name: (comparison, "time" if column in (EVENT_TIME, RECORD_TIME) else "text")
       for name, (column, comparison, _, _) in _COLUMNS.items()},
    **{name: (comparison, kind) for name, (_, comparison, kind, _, _) in _PATHS.items()},
    **{f"{comparison}_quantity": (comparison, "number") for comparison in ("EQ", "GT", "GE", "LT", "LE")},
    **{f"{comparison}_{name}": (comparison, "time") for comparison in ("GE", "LT") for name in _SENSOR_TIMES},
}  # fmt: skip
"""The parameters that have a name of their own, for whoever describes them."""

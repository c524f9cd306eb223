"""Each parameter of the standard finds the events that it means, and no others."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.epcis.query.faults import TooLarge, WrongParameter
from tests.service.epcis_query.world import World, gtin_lot, uri_of

EX = {"ex": "https://ns.example.com/epcis/"}
SGTIN = "https://id.gs1.org/01/10614141073464/21/2017"
PALLET = "https://id.gs1.org/00/106141412345678908"
DOCK, STORE = "https://id.gs1.org/414/9506000134376", "https://id.gs1.org/414/9506000134376/254/A-01"
PO = "http://transaction.acme.com/po/12345678"
REPORT = {
    "type": "Temperature",
    "value": 26.0,
    "uom": "CEL",
    "minValue": 20.5,
    "maxValue": 26.5,
    "meanValue": 23.1,
    "sDev": 0.1,
    "percRank": 50,
    "percValue": 12.7,
    "stringValue": "ok",
    "booleanValue": True,
    "hexBinaryValue": "F0F0F0",
    "uriValue": "https://id.gs1.org/8004/4000001111",
    "microorganism": "https://www.ncbi.nlm.nih.gov/taxonomy/1126011",
    "chemicalSubstance": "https://identifiers.org/inchikey:CZMRCDWAGMRECN-UHFFFAOYSA-N",
    "deviceID": "https://id.gs1.org/8004/401234599999",
    "dataProcessingMethod": "https://id.gs1.org/253/4012345000054987",
    "time": "2026-11-22T09:30:00.000+01:00",
    "ex:feature": "upper",
}
SENSED = {
    "sensorMetadata": {
        "startTime": "2026-11-22T09:00:00.000+01:00",
        "endTime": "2026-11-22T10:00:00.000+01:00",
        "bizRules": "https://id.gs1.org/253/4012345000054999",
        "ex:rack": {"ex:row": 7},
    },
    "sensorReport": [REPORT],
    "ex:probe": "p-1",
}
FULL: dict[str, Any] = {
    "@context": [EX],
    "type": "ObjectEvent",
    "action": "ADD",
    "bizStep": "commissioning",
    "disposition": "active",
    "eventID": "urn:uuid:full",
    "epcList": [SGTIN],
    "quantityList": [{"epcClass": gtin_lot("L-1"), "quantity": 12.5, "uom": "KGM"}],
    "readPoint": {"id": DOCK, "ex:gate": "north"},
    "bizLocation": {"id": STORE, "ex:shelf": {"ex:level": 3}},
    "persistentDisposition": {"set": ["conformant"], "unset": ["non_conformant"]},
    "bizTransactionList": [{"type": "po", "bizTransaction": PO}],
    "sourceList": [{"type": "owning_party", "source": uri_of("maker")}],
    "destinationList": [{"type": "possessing_party", "destination": uri_of("nobody")}],
    "ilmd": {"ex:grade": "A", "ex:origin": {"ex:country": "IT"}, "ex:weight": 12},
    "ex:temperature": 21.5,
    "ex:note": {"ex:text": "dry", "ex:at": "2026-11-22T08:00:00+01:00"},
    "sensorElementList": [SENSED],
}
MADE = {
    "type": "TransformationEvent",
    "eventID": "urn:uuid:made",
    "bizStep": "assembling",
    "transformationID": "urn:t:1",
    "inputQuantityList": [{"epcClass": gtin_lot("L-1"), "quantity": 5, "uom": "KGM"}],
    "inputEPCList": [SGTIN],
    "outputQuantityList": [{"epcClass": gtin_lot("L-2"), "quantity": 3}],
    "outputEPCList": ["urn:x:out"],
}
PACKED = {
    "type": "AggregationEvent",
    "action": "OBSERVE",
    "eventID": "urn:uuid:packed",
    "parentID": PALLET,
    "childEPCs": ["urn:x:child"],
    "childQuantityList": [{"epcClass": gtin_lot("L-2"), "quantity": 3}],
    "eventTime": "2027-01-01T00:00:00.000+00:00",
}
WRONG = {
    **PACKED,
    "eventID": "urn:uuid:wrong",
    "parentID": "urn:x:other",
    "childEPCs": ["urn:x:third"],
    "childQuantityList": [],
    "eventTime": "2025-01-01T00:00:00.000+00:00",
    "errorDeclaration": {
        "declarationTime": "2026-11-23T00:00:00.000+00:00",
        "reason": "incorrect_data",
        "correctiveEventIDs": ["urn:uuid:packed"],
        "ex:who": "li",
    },
    "@context": [EX],
}
EVENTS = {"full": FULL, "made": MADE, "packed": PACKED, "wrong": WRONG}


@pytest.fixture
def told(world: World) -> World:
    world.capture("maker", *EVENTS.values())
    return world


CASES: list[tuple[dict[str, Any], str]] = [
    ({}, "full made packed wrong"),
    ({"eventType": "ObjectEvent"}, "full"),
    ({"eventType": ["ObjectEvent", "TransformationEvent"]}, "full made"),
    ({"GE_eventTime": "2027-01-01T00:00:00Z"}, "packed"),
    ({"LT_eventTime": "2026-01-01T00:00:00Z"}, "wrong"),
    ({"GE_eventTime": "2027-01-01T08:00:00+08:00"}, "packed"),
    ({"GE_recordTime": "2026-11-22T08:02:00Z", "LT_recordTime": "2026-11-22T08:04:00Z"}, "made packed"),
    ({"EQ_action": "ADD"}, "full"),
    ({"EQ_action": ["ADD", "OBSERVE"]}, "full packed wrong"),
    ({"EQ_bizStep": "commissioning"}, "full"),
    ({"EQ_bizStep": "urn:epcglobal:cbv:bizstep:commissioning"}, "full"),
    ({"EQ_bizStep": "https://ref.gs1.org/cbv/BizStep-commissioning"}, "full"),
    ({"EQ_bizStep": "shipping"}, ""),
    ({"EQ_disposition": "active"}, "full"),
    ({"EQ_disposition": "urn:epcglobal:cbv:disp:active"}, "full"),
    ({"EQ_persistentDisposition_set": "conformant"}, "full"),
    ({"EQ_persistentDisposition_set": "recalled"}, ""),
    ({"EQ_persistentDisposition_unset": "non_conformant"}, "full"),
    ({"EQ_readPoint": DOCK}, "full"),
    ({"EQ_readPoint": STORE}, ""),
    ({"EQ_bizLocation": STORE}, "full"),
    ({"WD_readPoint": DOCK}, "full"),
    ({"WD_bizLocation": STORE}, "full"),
    ({"EQ_transformationID": "urn:t:1"}, "made"),
    ({"MATCH_epc": SGTIN}, "full"),
    ({"MATCH_epc": "urn:x:child"}, "packed"),
    ({"MATCH_epc": PALLET}, ""),
    ({"MATCH_epc": "urn:epc:id:sgtin:0614141.107346.2017"}, "full"),
    ({"MATCH_epc": "urn:epc:idpat:sgtin:0614141.107346.*"}, "full"),
    ({"MATCH_epc": "urn:epc:idpat:sgtin:0614141.107347.*"}, ""),
    ({"MATCH_anyEPC": "urn:epc:idpat:sgtin:0614141.*.*"}, "full made"),
    ({"MATCH_anyEPC": ["urn:epc:idpat:sgtin:*.*.*", "urn:x:third"]}, "full made wrong"),
    ({"MATCH_parentID": "urn:epc:idpat:sscc:0614141.*"}, "packed"),
    ({"MATCH_parentID": "urn:epc:idpat:sscc:0614142.*"}, ""),
    ({"MATCH_epcClass": "urn:epc:idpat:sgtin:9506000.*.*"}, "full packed"),
    ({"MATCH_epcClass": "urn:epc:idpat:sgtin:9506001.*.*"}, ""),
    ({"MATCH_parentID": PALLET}, "packed"),
    ({"MATCH_inputEPC": SGTIN}, "made"),
    ({"MATCH_outputEPC": SGTIN}, ""),
    ({"MATCH_outputEPC": "urn:x:out"}, "made"),
    ({"MATCH_anyEPC": SGTIN}, "full made"),
    ({"MATCH_anyEPC": [PALLET, "urn:x:third"]}, "packed wrong"),
    ({"MATCH_anyEPC": gtin_lot("L-1")}, ""),
    ({"MATCH_epcClass": gtin_lot("L-1")}, "full"),
    ({"MATCH_inputEPCClass": gtin_lot("L-1")}, "made"),
    ({"MATCH_outputEPCClass": gtin_lot("L-2")}, "made"),
    ({"MATCH_anyEPCClass": gtin_lot("L-2")}, "made packed"),
    ({"MATCH_anyEPCClass": gtin_lot("L-2"), "eventType": "AggregationEvent"}, "packed"),
    ({"MATCH_anyEPCClass": gtin_lot("L-1"), "MATCH_anyEPC": SGTIN, "MATCH_outputEPC": "urn:x:out"}, "made"),
    ({"EQ_quantity": 3}, "made packed"),
    ({"EQ_quantity": "12.50"}, "full"),
    ({"GT_quantity": 5}, "full"),
    ({"GE_quantity": 5}, "full made"),
    ({"LT_quantity": 5}, "made packed"),
    ({"LE_quantity": 3}, "made packed"),
    ({"EQ_quantity_KGM": 5}, "made"),
    ({"LT_quantity_KGM": 5}, ""),
    ({"EQ_eventID": ["urn:uuid:full", "urn:uuid:wrong"]}, "full wrong"),
    ({"EXISTS_errorDeclaration": "true"}, "wrong"),
    ({"EXISTS_errorDeclaration": "false"}, "full made packed wrong"),
    ({"GE_errorDeclarationTime": "2026-11-23T00:00:00Z"}, "wrong"),
    ({"LT_errorDeclarationTime": "2026-11-23T00:00:00Z"}, ""),
    ({"EQ_errorReason": "incorrect_data"}, "wrong"),
    ({"EQ_errorReason": "urn:epcglobal:cbv:er:incorrect_data"}, "wrong"),
    ({"EQ_correctiveEventID": "urn:uuid:packed"}, "wrong"),
    ({"EQ_ERROR_DECLARATION_ex:who": "li"}, "wrong"),
    ({"EQ_bizTransaction_po": PO}, "full"),
    ({"EQ_bizTransaction_inv": PO}, ""),
    ({"EQ_source_owning_party": uri_of("maker")}, "full"),
    ({"EQ_source_possessing_party": uri_of("maker")}, ""),
    ({"EQ_destination_possessing_party": uri_of("nobody")}, "full"),
    ({"EXISTS_sensorElementList": "true"}, "full"),
    ({"EXISTS_ilmd": "true"}, "full"),
    ({"EQ_type": "Temperature"}, "full"),
    ({"EQ_type": "gs1:Temperature"}, "full"),
    ({"EQ_type": "Speed"}, ""),
    ({"EQ_value_CEL": 26}, "full"),
    ({"EQ_value_FAH": 26}, ""),
    ({"GE_value_CEL": 26, "LT_value_CEL": 27}, "full"),
    ({"GE_minValue_CEL": 20.5}, "full"),
    ({"LT_minValue_CEL": 20.5}, ""),
    ({"LE_maxValue_CEL": 26.5}, "full"),
    ({"GT_meanValue_CEL": 23}, "full"),
    ({"GT_sDev_CEL": 0.1}, ""),
    ({"GE_percRank": 50}, "full"),
    ({"LT_percRank": 50}, ""),
    ({"EQ_percValue_CEL": 12.7}, "full"),
    ({"EQ_stringValue": "ok"}, "full"),
    ({"EQ_booleanValue": "true"}, "full"),
    ({"EQ_booleanValue": "false"}, ""),
    ({"EQ_hexBinaryValue": "f0f0f0"}, "full"),
    ({"EQ_uriValue": REPORT["uriValue"]}, "full"),
    ({"EQ_microorganism": REPORT["microorganism"]}, "full"),
    ({"EQ_chemicalSubstance": REPORT["chemicalSubstance"]}, "full"),
    ({"EQ_deviceID": REPORT["deviceID"]}, "full"),
    ({"EQ_dataProcessingMethod": REPORT["dataProcessingMethod"]}, "full"),
    ({"EQ_bizRules": SENSED["sensorMetadata"]["bizRules"]}, "full"),
    ({"GE_time": "2026-11-22T08:30:00Z"}, "full"),
    ({"LT_time": "2026-11-22T08:30:00Z"}, ""),
    ({"GE_startTime": "2026-11-22T08:00:00Z", "LT_endTime": "2026-11-22T09:00:01Z"}, "full"),
    ({"LT_startTime": "2026-11-22T08:00:00Z"}, ""),
    ({"EQ_ex:temperature": 21.5}, "full"),
    ({"GT_ex:temperature": "21.4"}, "full"),
    ({"LT_ex:temperature": 21.5}, ""),
    ({"EXISTS_ex:temperature": "true"}, "full"),
    ({"EXISTS_ex:text": "true"}, ""),
    ({"EXISTS_INNER_ex:text": "true"}, "full"),
    ({"EQ_INNER_ex:text": "dry"}, "full"),
    ({"GE_INNER_ex:at": "2026-11-22T07:00:00Z"}, "full"),
    ({"LT_INNER_ex:at": "2026-11-22T07:00:00Z"}, ""),
    ({"EQ_INNER_ex:country": "IT"}, ""),
    ({"EQ_ILMD_ex:grade": "A"}, "full"),
    ({"EQ_ILMD_ex:grade": ["B", "C"]}, ""),
    ({"GT_ILMD_ex:weight": 11}, "full"),
    ({"EQ_INNER_ILMD_ex:country": "IT"}, "full"),
    ({"EXISTS_ILMD_ex:country": "true"}, ""),
    ({"EQ_readPoint_ex:gate": "north"}, "full"),
    ({"EQ_INNER_bizLocation_ex:level": 3}, "full"),
    ({"EQ_SENSORELEMENT_ex:probe": "p-1"}, "full"),
    ({"EXISTS_SENSORREPORT_ex:feature": "true"}, "full"),
    ({"EQ_SENSORREPORT_ex:feature": "upper"}, "full"),
    ({"EQ_INNER_SENSORMETADATA_ex:row": 7}, "full"),
    ({"EXISTS_SENSORMETADATA_ex:rack": "true"}, "full"),
]


def test_each_parameter_finds_what_it_means(told: World) -> None:
    """One world for all: each row names its parameter, and what it finds by the last word of the event id."""
    seen = {str(asked): " ".join(sorted(id[9:] for id in told.found("maker", asked, EX))) for asked, _ in CASES}
    assert seen == {str(asked): expected for asked, expected in CASES}


def test_a_prefix_means_what_its_asker_declared(told: World) -> None:
    """Another name for the same namespace finds it; the same name for another does not."""
    assert told.found("maker", {"EQ_other:temperature": 21.5}, {"other": EX["ex"]}) == ["urn:uuid:full"]
    assert told.found("maker", {"EQ_ILMD_other:grade": "A"}, {"other": EX["ex"]}) == ["urn:uuid:full"]
    assert told.found("maker", {"EQ_ex:temperature": 21.5}, {"ex": "https://elsewhere.example.com/"}) == []
    assert told.found("maker", {"EQ_ex:temperature": 21.5}) == ["urn:uuid:full"]  # nothing declared: as it is written


@pytest.mark.parametrize(
    ("asked", "told_of"),
    [
        ({"EQ_nonsense": "x"}, "no parameter"),
        ({"MATCH_everything": "x"}, "no parameter"),
        ({"": "x"}, "no parameter"),
        ({"GE_eventTime": "yesterday"}, "a time"),
        ({"GE_eventTime": "2026-13-01T00:00:00Z"}, "a time"),
        ({"EQ_action": "REMOVE"}, "ADD or OBSERVE"),
        ({"EQ_quantity": "many"}, "a number"),
        ({"EQ_booleanValue": "perhaps"}, "true or false"),
        ({"EQ_hexBinaryValue": "xyz"}, "hexadecimal"),
        ({"eventCountLimit": 5, "maxEventCount": 5}, "got both"),
        ({"eventCountLimit": 0}, "whole number"),
        ({"orderBy": "colour"}, "orderBy"),
        ({"orderDirection": "UP"}, "ASC or DESC"),
        ({"EQ_bizStep": []}, "1 to"),
        ({"GE_eventTime": ["2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"]}, "one value"),
        ({"GT_ex:a": "blue"}, "a number or a time"),
        ({"EQ_bizStep": "x" * 3000}, "printable"),
        ({"EQ_bizStep": "a\x00b"}, "printable"),
        ({f"EQ_ex:f{n}": "x" for n in range(60)}, "at most 50"),
    ],
)
def test_what_is_no_parameter_or_no_value_is_refused(world: World, asked: dict[str, Any], told_of: str) -> None:
    with pytest.raises(WrongParameter, match=told_of):
        world.found("maker", asked)


def test_order_and_counts(told: World) -> None:
    by_time = ["wrong", "full", "made", "packed"]

    def order(**asked: Any) -> list[str]:
        return [id[9:] for id in told.found("maker", asked, EX)]

    assert order(orderBy="eventTime", orderDirection="ASC") == by_time
    assert order(orderBy="eventTime") == by_time[::-1]
    assert order(orderBy="recordTime", orderDirection="ASC") == ["full", "made", "packed", "wrong"]
    assert order(orderBy="eventTime", orderDirection="ASC", maxEventCount=4) == by_time
    assert order(orderBy="ex:temperature", maxEventCount=4, EQ_bizStep="commissioning") == ["full"]
    with pytest.raises(TooLarge, match="at most 3"):
        order(maxEventCount=3)
    with pytest.raises(TooLarge):
        order(maxEventCount=0)


def test_an_extension_orders_by_its_value(world: World) -> None:
    values = [3, 20, 1.5, 100]
    events = [
        {"@context": [EX], "type": "ObjectEvent", "action": "ADD", "eventID": f"urn:{v}", "ex:n": v} for v in values
    ]
    world.capture("maker", *events)
    found = world.found("maker", {"orderBy": "ex:n", "orderDirection": "ASC"}, EX)
    assert found == ["urn:1.5", "urn:3", "urn:20", "urn:100"]


SEVEN = {"ex:n": 7, "ex:deep": {"ex:m": 7}}
NUMBERED: dict[str, Any] = {
    "@context": [EX], "type": "ObjectEvent", "action": "ADD", "eventID": "urn:uuid:numbered", "ilmd": SEVEN, **SEVEN,
    "quantityList": [{"epcClass": gtin_lot("L-7"), "quantity": 7, "uom": "KGM"}],
    "readPoint": {"id": DOCK, **SEVEN},
    "bizLocation": {"id": STORE, **SEVEN},
    "errorDeclaration": {"declarationTime": "2026-11-23T00:00:00.000+00:00", **SEVEN},
    "sensorElementList": [
        {
            "sensorMetadata": SEVEN,
            "sensorReport": [
                {"type": "Temperature", "uom": "CEL", **SEVEN}
                | dict.fromkeys(("value", "minValue", "maxValue", "meanValue", "sDev", "percValue", "percRank"), 7)
            ],
            **SEVEN,
        }
    ],
}
HOLDS: dict[str, Any] = {"EQ": 7, "GT": 6, "GE": 7, "LT": 8, "LE": 7, "EXISTS": "true"}
FAILS: dict[str, Any] = {"EQ": 8, "GT": 7, "GE": 8, "LT": 7, "LE": 6}


def numeric(shared_data: Path) -> Iterator[str]:
    """A parameter of every family of the official query schema that asks of a number or of a field of one's own."""
    said = (shared_data / "epcis" / "gs1" / "REST Bindings" / "query-schema.json").read_text()
    for pattern in sorted(set(re.findall(r'"\^((?:EQ|GT|GE|LT|LE|EXISTS)_[^"]*)\$"', said))):
        own = re.sub(r"\[a-z\].*", "ex:m" if "_INNER_" in pattern else "ex:n", pattern)
        name = own.replace("[A-Z0-9]{2,4}", "KGM" if "quantity" in pattern else "CEL")
        if not re.search(r"bizTransaction|source|destination|ATTR", name):  # texts: they have rows above
            yield name
    yield from (f"{holds}_percRank" for holds in ("GT", "GE", "LT", "LE"))


def test_every_family_of_the_query_schema_compares_as_it_says(world: World, shared_data: Path) -> None:
    """Field, place and comparison: what holds is asked for together, what just does not one by one."""
    world.capture("maker", NUMBERED)
    names = sorted(numeric(shared_data))
    assert len(set(names)) == len(names) > 80
    for some in (names[at : at + 40] for at in range(0, len(names), 40)):
        held = {name: HOLDS[name.partition("_")[0]] for name in some}
        assert world.found("maker", held, EX) == ["urn:uuid:numbered"], held
    for name in names:
        if (asked := FAILS.get(name.partition("_")[0])) is not None:
            assert world.found("maker", {name: asked}, EX) == [], (name, asked)
    for name in (name for name in names if name.startswith("EXISTS")):
        assert world.found("maker", {re.sub("ex:.", "ex:none", name): "true"}, EX) == [], name

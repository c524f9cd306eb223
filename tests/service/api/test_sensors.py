"""Sensors at the door: a gateway's key, a logger's file, goods that are held, alarms that are told, EPCIS both ways."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine

from service.api.house import House
from service.audit.readings import readings_are_as_sealed
from service.epcis.validation import check_document
from service.webhooks.deliverer import Deliverer
from tests.service.api.conftest import Caller
from tests.service.api.epcis import captured, document
from tests.service.api.test_people import person
from tests.service.webhooks.receiver import Receiver, answers

SINCE = "2026-11-01T00:00:00+08:00"
DEVICE = "https://id.gs1.org/8004/95060001DEV7"
URI = "https://id.gs1.org/01/09506000210018/10/"


def house(app: Flask) -> House:
    return app.extensions["lotproof"]  # type: ignore[no-any-return]


def hung(caller: Caller, at: dict[str, str] | None = None, **more: Any) -> str:
    code = f"S-{uuid4().hex[:6]}"
    caller.post("/sensors", {"code": code, "name": "cold store", "kinds": ["temperature", "humidity"], "since": SINCE,
                             "at": at or {"location": "SX/A-01"}, "interval_seconds": 300} | more)  # fmt: skip
    return code


def said(sensor: str, seconds_ago: int = 0, **values: Any) -> dict[str, Any]:
    at = datetime.now(UTC) - timedelta(seconds=seconds_ago)
    return {"sensor": sensor, "time": at.isoformat(timespec="milliseconds"), **values}


def bring(caller: Caller, *readings: dict[str, Any], expect: int = 200, **more: Any) -> Any:
    return caller.post("/readings", {"readings": list(readings), **more}, expect)


def test_a_gateway_brings_readings_of_its_site_and_sees_nothing(maker: Caller) -> None:
    maker.post("/sites", {"code": "OTHER", "zone": "Europe/Berlin"})
    here, there = hung(maker), hung(maker, {"site": "OTHER"})
    gateway = person(maker, ("sensor", "SX"))
    assert bring(gateway, said(here, temperature="4.5", humidity=55))["new"] == 2
    refused = bring(gateway, said(here, temperature="4.5"), said(there, temperature="4"), expect=403)
    assert "expected one at SX, it is at OTHER" in refused["detail"]
    for path in ("/sensors", f"/sensors/{here}/readings", "/stock", "/lots"):
        assert gateway.send("GET", path).status_code == 403, path
    assert bring(maker, said(there, temperature=4.125))["new"] == 1
    last, = (each for each in maker.get(f"/sensors/{here}")["last"] if each["kind"] == "temperature")
    assert last["value"] == "4.5" and maker.get(f"/sensors/{there}")["state"] == "good"


@pytest.mark.parametrize(("reading", "expect", "words"), [
    ({"temperature": "4.1234"}, 422, "at most three decimals"), ({"temperature": True}, 422, "expected a decimal"),
    ({"temperature": "NaN"}, 422, "expected a decimal"), ({}, 422, "temperature or humidity"),
    ({"temperature": "4", "time": "2026-11-30 10:00"}, 422, "a time with offset"),
    ({"temperature": "850"}, 409, "-200 to 200"), ({"temperature": "4", "time": "2199-01-01T00:00:00Z"}, 409, "by our"),
    ({"temperature": "4", "time": "2000-01-01T00:00:00Z"}, 409, "first measuring point"),
    ({"temperature": "4", "sensor": "NOBODY"}, 409, "a sensor of yours"),
])  # fmt: skip
def test_what_cannot_be_is_a_problem_that_says_what_was_expected(
    maker: Caller, reading: dict[str, Any], expect: int, words: str
) -> None:
    told = bring(maker, said(hung(maker)) | reading, expect=expect)
    assert words in json.dumps(told)


def test_a_clock_that_is_wrong_is_told_and_what_is_skipped_too(maker: Caller) -> None:
    code, late = hung(maker), (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    told = bring(maker, said(code, temperature="4"), expect=409, sent_at=late)
    assert told["type"].endswith("clock-skewed") and told["seen"] == pytest.approx(-3600, abs=60)
    kept = bring(maker, said(code, temperature="4"), said(code, 60, temperature="-300"), on_error="skip")
    assert kept["new"] == 1 and [each["index"] for each in kept["refused"]] == [1]


def test_the_file_of_a_logger_is_read_with_the_clock_of_the_site(maker: Caller) -> None:
    code = hung(maker)

    def upload(content: str, expect: int = 200) -> Any:
        answer = maker.client.post(f"/api/v1/sensors/{code}/readings", data=content.encode(), content_type="text/csv",
                                   headers={"Authorization": f"Bearer {maker.key}"})  # fmt: skip
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.get_json()

    file = "时间;温度;湿度;备注\n2026-11-02 08:00;4.5;55;x\n2026-11-02T01:05:00Z;4.25;;y\n;;;\n"
    assert upload(file)["new"] == 3 and upload(file)["known"] == 3
    rows = maker.get(f"/sensors/{code}/readings?from=2026-11-01T00:00:00Z&to=2026-11-03T00:00:00Z")["readings"]
    assert [(each["time"][:16], each["kind"], each["value"]) for each in rows] == [
        ("2026-11-02T00:00", "temperature", "4.5"), ("2026-11-02T00:00", "humidity", "55"),
        ("2026-11-02T01:05", "temperature", "4.25")]  # fmt: skip
    assert upload("time,temperature\n2026-11-02 08:00,warm\n", 409)["readings"][0]["index"] == 2
    assert upload("time,temperature\n2026-11-02 08:10,4\n2026-11-02 08:15,900\n", 409)["seen"] == 1
    assert "columns time" in upload("a,b\n1,2\n", 422)["detail"]
    assert upload("", 422) and upload("time,temperature\n2026-13-40,4\n", 409)


def test_what_is_too_warm_is_held_told_and_sealed(app: Flask, owner: Engine, maker: Caller) -> None:
    code = hung(maker, {"location": "SX/A-02"})
    maker.receive("WARM", "10", to="SX/A-02")
    maker.receive("COOL", "10")
    limit = {"at": {"location": "SX/A-02"}, "kind": "temperature", "low": "2", "high": "8", "reason": "as agreed"}
    assert maker.send("PUT", "/limits", limit).status_code == 200
    with Receiver(answers(503)) as receiver:
        hook = maker.post("/webhooks", {"url": receiver.url, "types": ["sensors"]})
        assert maker.get("/sensors")["alarm_receivers"] == 1
        id, = bring(maker, said(code, 120, temperature="5"), said(code, temperature="9.5"))["excursions"]
        later = timedelta()
        worker = Deliverer(owner, bytes(32), local=True, now=lambda: datetime.now(UTC) + later, dice=lambda: 0.5)
        for receiver.behave in (answers(503), answers(204)):  # an alarm that was not taken is told again
            while worker.once():
                pass
            later += timedelta(minutes=1)
        (_, first), (headers, body) = receiver.seen
        assert first == body
        told = json.loads(body)
        assert told["event"] == "excursion.opened" and told["about"]["id"] == id and told["about"]["worst"] == "9.5"
        assert [each["lot"] for each in told["about"]["lots"]] == ["WARM"] and "webhook-signature" in headers
    maker.send("DELETE", f"/webhooks/{hook['id']}")
    found = maker.get(f"/excursions/{id}")
    case = maker.get(f"/quarantine-cases/{found['lots'][0]['case']}")
    assert case["scope"] == "goods" and case["cause"] == "temperature" and case["opened_by"] == "sensors"
    stock = {each["lot"]: each["status"] for each in maker.get("/stock?item=AMX")["stock"]}
    assert stock["WARM"] == "hold" and stock["COOL"] == "available"
    assert maker.get(f"/sensors/{code}")["state"] == "excursion"
    health = maker.get(f"/lots/health?lot={URI}WARM")
    assert health["temperature"]["max"]["value"] == "9.5" and health["excursions"][0]["id"] == id
    assert house(app).watcher.seal() > 0 and house(app).watcher.seal() == 0
    with owner.connect() as connection:
        assert list(readings_are_as_sealed(connection)) == []
    assert all(each["sealed"] for each in maker.get(f"/sensors/{code}/readings")["readings"])


def test_a_lot_that_aged_in_the_warmth_is_sold_first(app: Flask, maker: Caller) -> None:
    maker.post("/items", {"code": "AGE", "name": "x", "unit": "EA", "gtin": "09506000134352"})
    maker.post("/locations", {"site": "SX", "code": "HOT"})
    maker.post("/locations", {"site": "SX", "code": "FINE"})
    for lot, place, expiry in (("OLDER", "FINE", "2030-01-01"), ("HOTTER", "HOT", "2030-01-02")):
        line = {"item": "AGE", "lot": lot, "quantity": "5", "expiry_date": expiry}
        maker.receive(lot, to=f"SX/{place}", lines=[line])
    number = f"SO-{uuid4().hex[:6]}"
    order = maker.post("/orders", {"kind": "sales", "number": number, "site": "SX", "partner": "X",
                                   "lines": [{"item": "AGE", "quantity": "4"}]})["id"]  # fmt: skip

    def chosen() -> tuple[str, str]:
        told = maker.post(f"/orders/{order}/allocate", {"preview": True}, 200)["lines"][0]["why"]
        first = next(each for each in told if each["words"].startswith("chosen"))
        return first["lot"], first["words"]

    assert chosen()[0] == "OLDER"
    change = {"model": "q10", "reference": "5", "q10": "20", "ages_first": True, "reason": "a study"}
    answer = maker.send("PATCH", "/items/AGE/stability", change)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    sensor = hung(maker, {"location": "SX/HOT"}, interval_seconds=86_400)
    bring(maker, said(sensor, temperature="200"))
    house(app).watcher.age()
    lot, words = chosen()
    assert lot == "HOTTER" and "aged as if it expired" in words
    told = maker.get("/lots/health?lot=https://id.gs1.org/01/09506000134352/10/HOTTER")["ageing"]
    assert told["model"] == "q10" and told["usable_to"] < told["expiry_date"] and told["ahead_seconds"] > 0


def test_readings_are_told_as_events_and_events_become_readings(app: Flask, maker: Caller) -> None:
    code = hung(maker, uri=DEVICE)
    event = {
        "type": "ObjectEvent", "eventTime": "2026-11-04T03:00:00.000+08:00", "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE", "bizStep": "sensor_reporting", "epcList": ["https://id.gs1.org/00/095060000000000015"],
        "eventID": f"urn:uuid:{uuid4()}", "readPoint": {"id": "https://id.gs1.org/8004/95060001TRUCK1"},
        "sensorElementList": [{
            "sensorMetadata": {"startTime": "2026-11-04T02:00:00.000+08:00", "endTime": "2026-11-04T03:00:00.000+08:00",
                               "deviceID": DEVICE},
            "sensorReport": [
                {"type": "Temperature", "minValue": 2.1, "maxValue": 9.4, "meanValue": 6.2, "uom": "CEL"},
                {"type": "Temperature", "exception": "ALARM_CONDITION", "value": 9.4, "uom": "CEL",
                 "time": "2026-11-04T02:41:00.000+08:00"},
                {"type": "RelativeHumidity", "value": 55, "uom": "A93"}],
        }],
    }  # fmt: skip
    assert captured(maker, document(event))["success"]
    rows = maker.get(f"/sensors/{code}/readings?from=2026-11-03T00:00:00Z&to=2026-11-05T00:00:00Z")["readings"]
    assert [(each["time"], each["kind"], each["value"]) for each in rows] == [
        ("2026-11-03T18:41:00Z", "temperature", "9.4"), ("2026-11-03T19:00:00Z", "humidity", "55")]
    query = "from=2026-11-03T00:00:00Z&to=2026-11-05T00:00:00Z"
    answer = maker.send("GET", f"/sensors/{code}/events?{query}")
    told = json.loads(answer.data)
    check_document(told)
    first, second = told["epcisBody"]["eventList"]
    element = first["sensorElementList"][0]
    assert element["sensorMetadata"]["deviceID"] == DEVICE and first["readPoint"]["id"].endswith("/SX/A-01")
    assert element["sensorReport"][1] == {"type": "Temperature", "value": 9.4, "uom": "CEL",
                                          "time": "2026-11-03T18:41:00.000Z"}  # fmt: skip
    assert second["sensorElementList"][0]["sensorReport"][0]["type"] == "RelativeHumidity"
    assert maker.send("GET", f"/sensors/{code}/events?from={SINCE[:10]}T00:00:00Z&to=2027-11-05T00:00:00Z"
                      ).status_code == 422  # fmt: skip


def test_silence_is_told_once_and_so_is_the_end_of_it(app: Flask, owner: Engine, maker: Caller) -> None:
    code = hung(maker, interval_seconds=60)
    bring(maker, said(code, 600, temperature="4"))
    watcher = house(app).watcher
    assert maker.get(f"/sensors/{code}")["state"] == "silent"
    for _ in range(2):
        watcher.listen()
    bring(maker, said(code, temperature="4"))
    for _ in range(2):
        watcher.listen()
    with owner.connect() as connection:
        told = [row[0] for row in connection.exec_driver_sql(
            "SELECT event FROM warehouse.sensor_notice n JOIN warehouse.sensor s ON s.id = n.sensor_id"
            " WHERE s.code = %(code)s ORDER BY n.number", {"code": code})]  # fmt: skip
    assert told == ["sensor.silent", "sensor.heard"]


def test_a_vehicle_s_readings_are_those_of_the_goods_on_it(maker: Caller, trader: Caller) -> None:
    maker.receive("RIDE", "10")
    offer = {"id": str(uuid4()), "type": "offer", "from": "SX/A-01", "to_party": "tongqu",
             "lines": [{"item": "AMX", "lot": "RIDE", "quantity": "10"}]}  # fmt: skip
    maker.post("/movements", offer)
    maker.post("/vehicle-loads", {"vehicle": "SH-1", "movement": offer["id"]})
    truck = hung(maker, {"vehicle": "SH-1"})
    limit = {"at": {"vehicle": "SH-1"}, "kind": "temperature", "high": "8", "reason": "x"}
    assert maker.send("PUT", "/limits", limit).status_code == 200
    id, = bring(maker, said(truck, temperature="12"))["excursions"]
    there, = maker.get(f"/excursions/{id}")["lots"]
    assert there["lot"] == "RIDE" and there["case"] is None, "goods on their way cannot be put on hold"
    stays = maker.get(f"/lots/health?lot={URI}RIDE")["stays"]
    assert [stay["vehicle"] for stay in stays] == [None, "SH-1"]
    assert maker.get(f"/lots/health?lot={URI}RIDE")["temperature"]["max"]["value"] == "12"
    wrong = maker.post("/vehicle-loads", {"vehicle": "SH-2", "movement": offer["id"]}, 422)
    assert "SH-1" in wrong["detail"]

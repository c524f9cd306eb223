"""Sensors, their measuring points, and the limits that hold where."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from service.api import sensor_schemas as shapes
from service.api.door import Door, body_of
from service.api.fields import Text
from service.api.house import House
from service.api.problem import not_found
from service.api.trail import author
from service.auth.keys import Caller
from service.domain.errors import UnknownThing
from service.ledger.durably import durably
from service.ledger.moments import moment, moment_or_none
from service.reports.report import milliseconds
from service.sensors import keeping, limits, loads, notices, reading
from service.sensors.keeping import At, NewSensor

_MINE = ("party",)


def door(house: House) -> Door:
    sensors = house.door("sensors", "Sensors, where they measure, and the limits that hold there")
    _keep(sensors, house)
    _limits(sensors, house)
    _of_items(sensors, house)
    return sensors


def one(connection: Connection, house: House, party_id: int, code: str) -> dict[str, Any]:
    found = reading.listed(connection, party_id, milliseconds(house.now()), code)
    if not found:
        raise not_found("sensor", code)
    return found[0]


def _keep(sensors: Door, house: House) -> None:
    @sensors.operation("POST", "/sensors", roles=_MINE, body=body_of(shapes.NewSensorShape), problems=(409,),
                       answers={201: shapes.Sensor})  # fmt: skip
    def add_sensor(caller: Caller, body: NewSensor) -> Any:
        """Add a sensor with its measuring point: a location, a whole site, or a vehicle

        `since` may lie in the past, so that what a logger has recorded already can be brought.
        """
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            keeping.add(connection, author(house, caller), body)
            return one(connection, house, caller.party_id, body.code), 201

    @sensors.operation("GET", "/sensors", roles=_MINE, answers={200: shapes.Sensors})
    def list_sensors(caller: Caller) -> Any:
        """List your sensors with their last readings, and how each stands"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = reading.listed(connection, caller.party_id, milliseconds(house.now()))
            return {"sensors": found, "alarm_receivers": notices.receivers(connection, caller.party_id)}

    @sensors.operation("GET", "/sensors/<code>", roles=_MINE, path=shapes.CODE, answers={200: shapes.Sensor})
    def read_sensor(caller: Caller, code: str) -> Any:
        """A sensor with all points where it measured"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            return one(connection, house, caller.party_id, code)

    @sensors.operation("PATCH", "/sensors/<code>", roles=_MINE, path=shapes.CODE, body=body_of(shapes.SensorChange),
                       answers={200: shapes.Sensor})  # fmt: skip
    def change_sensor(caller: Caller, code: str, body: dict[str, Any]) -> Any:
        """Change a sensor's name, interval or calibration, or retire it"""
        who = author(house, caller, body.pop("reason"))
        return _changed(house, caller, code, lambda connection: keeping.change(connection, who, code, body))

    @sensors.operation("POST", "/sensors/<code>/points", roles=_MINE, path=shapes.CODE, body=body_of(shapes.NewPoint),
                       problems=(409,), answers={200: shapes.Sensor})  # fmt: skip
    def move_sensor(caller: Caller, code: str, body: dict[str, Any]) -> Any:
        """The sensor measures elsewhere from now on, or since a time after its newest reading"""
        who, at = author(house, caller, body["reason"]), body["at"]
        return _changed(house, caller, code,
                        lambda connection: keeping.move(connection, who, code, at, body.get("since")))


def _limits(sensors: Door, house: House) -> None:
    @sensors.operation("GET", "/limits", roles=_MINE, answers={200: shapes.Limits})
    def list_limits(caller: Caller) -> Any:
        """List the limits of locations, sites and vehicles"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            return {"limits": limits.zones(connection, caller.party_id)}

    @sensors.operation("PUT", "/limits", roles=_MINE, body=body_of(shapes.NewLimit), problems=(409,),
                       answers={200: shapes.Limits})  # fmt: skip
    def set_limits(caller: Caller, body: dict[str, Any]) -> Any:
        """Say what is allowed at a location, a site or on a vehicle, from now on

        A location without limits has those of its site. What was beyond them before stays on record.
        """
        assert caller.party_id is not None
        who = author(house, caller, body["reason"])
        at: At = body["at"]
        with house.engine.begin() as connection:
            if body["ended"]:
                limits.end_zone(connection, who, at, body["kind"])
            else:
                limits.set_zone(connection, who, at, body["kind"], low=body["low"], high=body["high"],
                                allowed_s=body["allowed_seconds"], hysteresis=body["hysteresis"])
            return {"limits": limits.zones(connection, caller.party_id)}

    @sensors.operation("POST", "/vehicle-loads", roles=_MINE, body=body_of(shapes.NewLoad), problems=(409,),
                       answers={201: shapes.Load})  # fmt: skip
    def load_vehicle(caller: Caller, body: dict[str, Any]) -> Any:
        """Say on which vehicle the goods of an offer, a shipment or a transfer are

        What the vehicle's sensors measure is then part of the lots' health, until the other side answers.
        """
        with house.engine.begin() as connection:
            row = loads.load(connection, author(house, caller), body["vehicle"], body["movement"], body.get("until"))
        return {"vehicle": row.vehicle, "movement": body["movement"], "since": moment(row.since),
                "until": moment_or_none(row.until)}, 201  # fmt: skip


def _of_items(sensors: Door, house: House) -> None:
    item = {"code": Text(40)}

    @sensors.operation("GET", "/items/<code>/stability", roles=_MINE, path=item, answers={200: shapes.Stability})
    def read_stability(caller: Caller, code: str) -> Any:
        """How an item keeps: humidity, what an excursion may last, how it ages"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            return _there(code, lambda: limits.stability(connection, caller.party_id or 0, code))

    @sensors.operation("PATCH", "/items/<code>/stability", roles=_MINE, path=item,
                       body=body_of(shapes.StabilityChange), answers={200: shapes.Stability})  # fmt: skip
    def change_stability(caller: Caller, code: str, body: dict[str, Any]) -> Any:
        """Say how an item keeps

        Its temperature range is the item's own (`storage_min`, `storage_max`). A model says how much faster it ages in
        the warmth; with `ages_first` the lots that have aged most come first under FEFO.
        """
        who = author(house, caller, body.pop("reason"))
        with house.engine.begin() as connection:
            _there(code, lambda: limits.set_stability(connection, who, code, body))
            return limits.stability(connection, who.party_id, code)


def _there(code: str, read: Callable[[], Any]) -> Any:
    try:
        return read()
    except UnknownThing:
        raise not_found("item", code) from None


def _changed(house: House, caller: Caller, code: str, change: Callable[[Connection], None]) -> Any:
    assert caller.party_id is not None
    party = caller.party_id

    def work(connection: Connection) -> dict[str, Any]:
        one(connection, house, party, code)
        change(connection)
        return one(connection, house, party, code)

    return durably(house.engine, work)

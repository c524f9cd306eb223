"""Readings as EPCIS events, both ways.

    told       an ObjectEvent `sensor_reporting` for each hour of a sensor: each reading a report with its own time, and
               for each kind the lowest, highest and mean of the hour; while limits were exceeded ALARM_CONDITION
    captured   reports of an event whose device is one of ours become readings; they stay evidence as well

A device is named by its own URI (`sensor.uri`, such as a GS1 GIAI), else by one of ours: `https://{host}/party/{code}/
sensor/{sensor}`. Humidity is told in `A93`, as in GS1's own example; it is taken in `A93` and in `P1`, the code of
percent. Of reports that say only a mean or an extreme no reading is made: nobody measured that at one moment.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import Connection, Row, text

from service.domain.sensors import SCALE, Reading
from service.epcis.validation import moment as moment_of
from service.ledger.moments import moment
from service.reports.report import milliseconds
from service.sensors import readings
from service.sensors.readings import Sender, Sent, Taken
from service.statements.places import location_uri, site_uri

HOUR = 3_600_000
TYPES = {"temperature": ("Temperature", "CEL"), "humidity": ("RelativeHumidity", "A93")}
_KINDS = {type: kind for kind, (type, _) in TYPES.items()}
_ZERO, _FREEZING, _FIFTH = Decimal("273.15"), Decimal(32), Decimal(5) / Decimal(9)


def events(connection: Connection, party_id: int, code: str, first: int, last: int) -> list[dict[str, Any]]:
    """Of the readings with first <= at < last, in the order of their times."""
    rows = connection.execute(_READINGS, {"party": party_id, "code": code, "first": first, "last": last}).all()
    hours = groupby(rows, lambda row: (row.point, row.at // HOUR))
    return [_event(list(mine)) for _, mine in hours]


def _event(rows: Sequence[Row[Any]]) -> dict[str, Any]:
    one, device = rows[0], _device(rows[0])
    metadata = {"startTime": _time(one.at), "endTime": _time(rows[-1].at), "deviceID": device}
    return {
        "type": "ObjectEvent", "eventID": f"urn:uuid:{uuid5(NAMESPACE_URL, f'{device} {one.point} {one.at}')}",
        "eventTime": _time(rows[-1].at), "eventTimeZoneOffset": "+00:00", "action": "OBSERVE",
        "bizStep": "sensor_reporting", "readPoint": {"id": _place(one)},
        "sensorElementList": [{"sensorMetadata": metadata, "sensorReport": list(_reports(rows))}],
    }  # fmt: skip


def _reports(rows: Sequence[Row[Any]]) -> Iterator[dict[str, Any]]:
    for kind, (type, unit) in TYPES.items():
        values = [Decimal(row.value) / SCALE for row in rows if row.kind == kind]
        if values:
            mean = (sum(values) / len(values)).quantize(Decimal("0.001"), ROUND_HALF_EVEN).normalize()
            yield {"type": type, "minValue": min(values), "maxValue": max(values), "meanValue": mean, "uom": unit}
    for row in rows:
        type, unit = TYPES[row.kind]
        alarm = {"exception": "ALARM_CONDITION"} if row.beyond else {}
        yield {"type": type, **alarm, "value": Decimal(row.value) / SCALE, "uom": unit, "time": _time(row.at)}


def take(connection: Connection, party_id: int, who: str, now: int, said: Iterable[Mapping[str, Any]]) -> Taken:
    """Keep what events say of sensors of the party; what cannot be is left out, the event itself is evidence anyway."""
    found = [each for event in said for each in readings_of(event)]
    if not found:
        return Taken()
    rows = connection.execute(_DEVICES, {"party": party_id, "uris": list({uri for uri, _ in found})}).all()
    codes = {uri: row.code for row in rows for uri in (row.uri, row.own)}
    sent = [Sent(codes[uri], reading) for uri, reading in found if uri in codes]
    return readings.take(connection, Sender(party_id, who, "epcis", now), sent, skip=True) if sent else Taken()


def readings_of(event: Mapping[str, Any]) -> Iterator[tuple[str, Reading]]:
    """The URI of the device and what it measured, for each report with a value of its own."""
    for element in event.get("sensorElementList", ()):
        metadata = element.get("sensorMetadata", {})
        for report in element.get("sensorReport", ()):
            device = report.get("deviceID", metadata.get("deviceID"))
            kind = _KINDS.get(str(report.get("type", "")))
            value = _units(report, kind)
            if device is not None and kind is not None and value is not None:
                at = report.get("time", metadata.get("time", event.get("eventTime")))
                yield str(device), Reading(milliseconds(moment_of(at)), kind, value)


def _units(report: Mapping[str, Any], kind: str | None) -> int | None:
    """Thousandths; None where the report has no value, or one in a unit that is not of this kind."""
    value, unit = report.get("value"), report.get("uom")
    if value is None or isinstance(value, bool | str):
        return None
    said = Decimal(str(value))
    if kind == "humidity":
        return _whole(said) if unit in ("A93", "P1") else None
    if unit == "CEL":
        return _whole(said)
    return {"KEL": _whole(said - _ZERO), "FAH": _whole((said - _FREEZING) * _FIFTH)}.get(str(unit))


def _whole(value: Decimal) -> int:
    return int((value * SCALE).to_integral_value(ROUND_HALF_EVEN))


def _device(row: Row[Any]) -> str:
    return str(row.uri or row.own)


def _place(row: Row[Any]) -> str:
    if row.vehicle is not None:
        return f"{row.party_uri}/vehicle/{row.vehicle}"
    site = site_uri(row.party_uri, row.site, row.gln)
    return site if row.location is None else location_uri(site, row.location, row.gln)


def _time(at: int) -> str:
    return datetime.isoformat(moment(at).astimezone(UTC), timespec="milliseconds").replace("+00:00", "Z")


_READINGS = text("""
    SELECT r.at, r.kind::text AS kind, r.value, s.uri, p.uri || '/sensor/' || s.code AS own, p.uri AS party_uri,
        h.id AS point, h.vehicle, coalesce(z.code, t.code) AS site, coalesce(z.gln, t.gln) AS gln, c.code AS location,
        EXISTS (SELECT FROM warehouse.excursion e WHERE e.sensor_id = s.id AND e.kind = r.kind
            AND r.at >= e.began_at AND r.at < coalesce(e.ended_at, e.last_at + 1)) AS beyond
    FROM warehouse.sensor s JOIN warehouse.party p ON p.id = s.party_id
    JOIN warehouse.reading r ON r.sensor_id = s.id
    CROSS JOIN LATERAL (SELECT * FROM warehouse.sensor_point q WHERE q.sensor_id = s.id AND q.since <= r.at
        ORDER BY q.since DESC LIMIT 1) h
    LEFT JOIN warehouse.location c ON c.id = h.location_id LEFT JOIN warehouse.site z ON z.id = c.site_id
    LEFT JOIN warehouse.site t ON t.id = h.site_id
    WHERE s.party_id = :party AND s.code = :code AND r.at >= :first AND r.at < :last ORDER BY r.at, r.kind
""")
_DEVICES = text("""
    SELECT s.code, s.uri, p.uri || '/sensor/' || s.code AS own FROM warehouse.sensor s
    JOIN warehouse.party p ON p.id = s.party_id
    WHERE s.party_id = :party AND (s.uri = ANY(:uris) OR p.uri || '/sensor/' || s.code = ANY(:uris))
""")

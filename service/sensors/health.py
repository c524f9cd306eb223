"""What a lot went through: the readings at the places where it was, while it was there, and what follows from them.

Of each kind: how many readings, the lowest, the highest, the mean by time, how long it was measured and how long not,
how long beyond the item's own limits; of temperature the mean kinetic one too (USP <1079.2>), except of goods that are
kept frozen. What the goods went through under numbers that they had before counts (`lineage`).
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, text

from service.domain.excursions import Limits
from service.domain.exposure import FOREVER, Span
from service.domain.kinetics import mean_kinetic_temperature
from service.domain.sensors import KINDS, format_measure
from service.ledger.moments import moment, moment_or_none
from service.sensors import ageing, excursions, lineage
from service.sensors.limits import celsius
from service.sensors.reading import SILENT_AFTER
from service.sensors.whereabouts import Stay


@dataclass(slots=True)
class Measured:
    """`weights`: how long each value lasted, in milliseconds; `low`, `high`: value, time, sensor."""

    weights: Counter[int] = field(default_factory=Counter)
    readings: int = 0
    unsealed: int = 0
    low: tuple[int, int, str] | None = None
    high: tuple[int, int, str] | None = None

    def take(self, rows: Sequence[Row[Any]], sensor: str) -> None:
        """Rows of one exposure by value: value, readings, lasted, first (the time of its first reading), unsealed."""
        for row in rows:
            self.weights[row.value] += row.lasted
            self.readings += row.readings
            self.unsealed += row.unsealed
            seen = (row.value, row.first, sensor)
            self.low = seen if self.low is None or seen[:2] < self.low[:2] else self.low
            if self.high is None or (row.value, -row.first) > (self.high[0], -self.high[1]):
                self.high = seen

    @property
    def mean(self) -> int | None:
        """By time; of a single moment the value itself."""
        total = sum(self.weights.values())
        if not total:
            return None if self.low is None else self.low[0]
        return round(sum(value * weight for value, weight in self.weights.items()) / total)


def record(connection: Connection, party_id: int, lot: Row[Any], now: int) -> dict[str, Any]:
    """`lot`: a row of `found`."""
    stays = lineage.lives(connection, party_id, lot.id)
    numbers = {row.id: row.number for row in connection.execute(_NUMBERS, {"lots": [s.lot_id for s in stays]})}
    told: dict[Stay, dict[str, dict[str, Measured]]] = {stay: defaultdict(dict) for stay in stays}
    for kind in KINDS:
        _measure(connection, party_id, kind, stays, now, told)
    whole = {kind: _together([told[stay][kind] for stay in stays]) for kind in KINDS}
    places = _names(connection, stays)
    return {
        "lot": lot.uri, "item": lot.item, "as_of": moment(now),
        **{kind: _kind(kind, whole[kind], _limits(lot, kind), stays, now, lot) for kind in KINDS},
        "stays": [_stay(stay, numbers, places, told[stay], now) for stay in stays],
        "excursions": excursions.listed(connection, party_id, lot=lot.uri, limit=100),
        "ageing": _ageing(connection, party_id, lot.id, now),
    }  # fmt: skip


def found(connection: Connection, party_id: int, uri: str) -> Row[Any] | None:
    return connection.execute(_LOT, {"party": party_id, "uri": uri}).one_or_none()


def _measure(
    connection: Connection, party_id: int, kind: str, stays: Sequence[Stay], now: int,
    told: dict[Stay, dict[str, dict[str, Measured]]],
) -> None:  # fmt: skip
    exposed = list(lineage.exposures(connection, party_id, kind, stays, now))
    sensors = {row.id: row for row in connection.execute(_SENSORS, {"ids": [watch.sensor for _, watch, _ in exposed]})}
    for stay, watch, span in exposed:
        sensor = sensors[watch.sensor]
        rows = connection.execute(_BY_VALUE, {
            "sensor": watch.sensor, "kind": kind, "since": span.since, "until": span.until,
            "longest": SILENT_AFTER * sensor.interval_s * 1000,
        }).all()  # fmt: skip
        told[stay][kind].setdefault(sensor.code, Measured()).take(rows, sensor.code)


def _together(parts: Sequence[Mapping[str, Measured]]) -> Measured:
    whole = Measured()
    for part in parts:
        for each in part.values():
            whole.weights += each.weights
            whole.readings += each.readings
            whole.unsealed += each.unsealed
            for seen in (each.low, each.high):
                if seen is not None:
                    whole.low = seen if whole.low is None or seen[:2] < whole.low[:2] else whole.low
                    whole.high = seen if whole.high is None or seen[0] > whole.high[0] else whole.high
    return whole


def _kind(
    kind: str, of: Measured, limits: Limits, stays: Sequence[Stay], now: int, lot: Row[Any]
) -> dict[str, Any]:
    measured = sum(of.weights.values())
    here = sum(stay.span.cut(Span(0, now)).until - stay.span.since for stay in stays if stay.span.since < now)
    beyond = sum(weight for value, weight in of.weights.items() if limits.beyond(value))
    told = {
        "readings": of.readings, "unsealed": of.unsealed, "min": _extreme(of.low), "max": _extreme(of.high),
        "mean": _said(of.mean), "measured_seconds": measured // 1000,
        "unmeasured_seconds": max(0, here - measured) // 1000, "low": _said(limits.low), "high": _said(limits.high),
        "beyond_seconds": beyond // 1000,
    }  # fmt: skip
    if kind == "temperature":
        told["mean_kinetic"] = _said(None if _is_frozen(lot) else mean_kinetic_temperature(of.weights))
    return told


def _is_frozen(lot: Row[Any]) -> bool:
    return lot.storage_max is not None and lot.storage_max < 0


def _limits(lot: Row[Any], kind: str) -> Limits:
    if kind == "temperature":
        return Limits(celsius(lot.storage_min), celsius(lot.storage_max))
    return Limits(lot.humidity_min, lot.humidity_max)


def _stay(
    stay: Stay, numbers: Mapping[int, str], places: Mapping[int, str], told: Mapping[str, Mapping[str, Measured]],
    now: int,
) -> dict[str, Any]:  # fmt: skip
    return {
        "lot": numbers[stay.lot_id], "location": places.get(stay.place or 0), "ground": places.get(stay.ground or 0),
        "vehicle": stay.vehicle, "since": moment(stay.span.since),
        "until": moment_or_none(None if stay.span.until >= FOREVER else stay.span.until),
        "measured": [
            {"sensor": sensor, "kind": kind, "readings": each.readings, "min": _extreme(each.low),
             "max": _extreme(each.high), "mean": _said(each.mean)}
            for kind in KINDS for sensor, each in told[kind].items()
        ],
    }  # fmt: skip


def _ageing(connection: Connection, party_id: int, lot: int, now: int) -> dict[str, Any] | None:
    aged = ageing.of_lot(connection, party_id, lot, now)
    if aged is None:
        return None
    row, of = aged
    return {
        "model": row.model, "reference": format_measure(row.reference), "ahead_seconds": of.ahead_ms // 1000,
        "consumed_ppm": of.consumed, "expiry_date": row.expiry_date, "usable_to": of.usable_to,
    }  # fmt: skip


def _names(connection: Connection, stays: Sequence[Stay]) -> dict[int, str]:
    ids = {id for stay in stays for id in (stay.place, stay.ground) if id is not None}
    return {row.id: row.name for row in connection.execute(_PLACES, {"ids": list(ids)})}


def _extreme(seen: tuple[int, int, str] | None) -> dict[str, Any] | None:
    return None if seen is None else {"value": format_measure(seen[0]), "time": moment(seen[1]), "sensor": seen[2]}


def _said(value: int | None) -> str | None:
    return None if value is None else format_measure(value)


_LOT = text("""
    SELECT l.id, l.uri, l.number, i.code AS item, i.storage_min, i.storage_max, t.humidity_min, t.humidity_max
    FROM warehouse.lot l JOIN warehouse.item i ON i.id = l.item_id LEFT JOIN warehouse.stability t ON t.item_id = i.id
    WHERE l.party_id = :party AND l.uri = :uri
""")
_NUMBERS = text("SELECT id, number FROM warehouse.lot WHERE id = ANY(:lots)")
_SENSORS = text("SELECT id, code, interval_s FROM warehouse.sensor WHERE id = ANY(:ids)")
_PLACES = text("""
    SELECT l.id, s.code || '/' || l.code AS name FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id
    WHERE l.id = ANY(:ids)
""")
# Each reading stands for the time to the next one, the last to the end of the exposure, and none for longer than that.
_BY_VALUE = text("""
    SELECT value, count(*) AS readings, min(at) AS first, sum(lasted)::bigint AS lasted,
        count(*) FILTER (WHERE number > (SELECT warehouse.readings_sealed_to())) AS unsealed
    FROM (SELECT number, at, value,
            least(coalesce(lead(at) OVER (ORDER BY at), CAST(:until AS bigint)) - at,
                CAST(:longest AS bigint)) AS lasted
        FROM warehouse.reading WHERE sensor_id = :sensor AND kind = CAST(:kind AS warehouse.reading_kind)
            AND at >= :since AND at < :until) r
    GROUP BY value ORDER BY value
""")

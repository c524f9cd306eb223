"""Readings come in: any number in one request, exactly once, late or out of order.

A reading is known by its sensor, kind and time. The same again changes nothing; with another value it is refused, for
one of the two is not what the device said. Either all of a request is kept or none; who asks for it (`on_error` "skip")
has the rest kept and is told what was left out.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, text

from service.domain.sensor_errors import BadReadings, ClockSkewed
from service.domain.sensors import SKEW_MS, Reading, format_measure, told, wrong
from service.ledger.adding import Target, add, driver
from service.sensors import keeping

MOST = 20_000
_READINGS = Target("warehouse.reading", "party_id bigint, sensor_id bigint, at bigint, value integer,"
                   " kind warehouse.reading_kind, batch bigint")  # fmt: skip


class Sent(NamedTuple):
    """A reading as it was sent, of the sensor of this code."""

    sensor: str
    reading: Reading


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose readings, by whose key, in which way (`api`, `csv`, `epcis`), when by our clock."""

    party_id: int
    who: str
    source: str
    now: int


@dataclass(slots=True)
class Taken:
    """`sensors`: the ids of those with new readings, each with the time of the earliest."""

    new: int = 0
    known: int = 0
    refused: list[dict[str, Any]] = field(default_factory=list)
    sensors: dict[int, int] = field(default_factory=dict)


def check_clock(sent_at: int | None, now: int) -> None:
    """Raises ClockSkewed. Only who tells its clock can be told."""
    if sent_at is not None and abs(sent_at - now) > SKEW_MS:
        raise ClockSkewed(round((sent_at - now) / 1000), SKEW_MS // 1000)


def take(connection: Connection, sender: Sender, sent: Sequence[Sent], *, skip: bool = False) -> Taken:
    """Keep what is new. Raises BadReadings unless `skip`; and what `durably` tries again, where another request brings
    the same readings at this moment."""
    sensors = keeping.known(connection, sender.party_id, {each.sensor for each in sent})
    bad, good = _judged(connection, sender, sensors, sent)
    taken = _kept(connection, sender, sensors, good, bad)
    if bad and not skip:
        raise BadReadings(sorted(bad, key=lambda each: each["index"]), len(sent))
    taken.refused = sorted(bad, key=lambda each: each["index"])
    for id, since in taken.sensors.items():
        connection.execute(keeping.DUE, {"sensor": id, "party": sender.party_id, "since": since})
    return taken


Good = dict[tuple[int, str, int], tuple[int, int]]
"""By sensor, kind and time: the value, and where in the request it stood."""


def _judged(
    connection: Connection, sender: Sender, sensors: Mapping[str, Row[Any]], sent: Sequence[Sent]
) -> tuple[list[dict[str, Any]], Good]:
    hung = keeping.points(connection, [row.id for row in sensors.values()])
    bad: list[dict[str, Any]] = []
    good: Good = {}
    for index, (code, reading) in enumerate(sent):
        sensor = sensors.get(code)
        fault = _unknown(code) if sensor is None else _retired(sensor, reading) or wrong(
            reading, sensor.said, hung[sensor.id], sender.now)
        if fault is None and sensor is not None:
            value, _ = good.setdefault((sensor.id, reading.kind, reading.at), (reading.value, index))
            fault = None if value == reading.value else _other(value, reading.value)
        if fault is not None:
            bad.append({"index": index, "sensor": code, "time": told(reading.at), "kind": reading.kind, **fault})
    return bad, good


def _kept(
    connection: Connection, sender: Sender, sensors: Mapping[str, Row[Any]], good: Good, bad: list[dict[str, Any]]
) -> Taken:
    """Adds to `bad` what is kept already with another value."""
    if not good:
        return Taken()
    codes = {row.id: code for code, row in sensors.items()}
    there = {(row.sensor_id, row.kind, row.at): row.value for row in connection.execute(_THERE, {
        "sensors": [key[0] for key in good], "kinds": [key[1] for key in good], "times": [key[2] for key in good],
    })}  # fmt: skip
    for key, value in there.items():
        if value != good[key][0]:
            bad.append({"index": good[key][1], "sensor": codes[key[0]], "time": told(key[2]), "kind": key[1],
                        **_other(value, good[key][0])})  # fmt: skip
    rows = [(key, value) for key, (value, _) in good.items() if key not in there]
    taken = Taken(len(rows), sum(good[key][0] == value for key, value in there.items()))
    if rows:
        batch = connection.scalar(_BATCH, {"party": sender.party_id, "who": sender.who, "source": sender.source,
                                           "at": sender.now})  # fmt: skip
        add(driver(connection), _READINGS, [
            (sender.party_id, key[0], key[2], value, key[1], batch) for key, value in sorted(rows)
        ])
    earliest: dict[int, int] = defaultdict(lambda: 1 << 62)
    for (sensor, _, at), _ in rows:
        earliest[sensor] = min(earliest[sensor], at)
    taken.sensors = dict(earliest)
    return taken


def _unknown(code: str) -> dict[str, Any]:
    return {"field": "sensor", "expected": "a sensor of yours", "seen": code}


def _retired(sensor: Row[Any], reading: Reading) -> dict[str, Any] | None:
    if sensor.retired_at is None or reading.at <= sensor.retired_at.timestamp() * 1000:
        return None
    until = f"at most {sensor.retired_at.isoformat(timespec='seconds')}, when the sensor was retired"
    return {"field": "time", "expected": until, "seen": told(reading.at)}


def _other(kept: int, seen: int) -> dict[str, Any]:
    return {"field": "value", "expected": f"{format_measure(kept)}, which is kept of this sensor, kind and time",
            "seen": format_measure(seen)}  # fmt: skip


_THERE = text("""
    SELECT r.sensor_id, r.kind::text AS kind, r.at, r.value
    FROM unnest(CAST(:sensors AS bigint[]), CAST(:kinds AS text[]), CAST(:times AS bigint[])) AS a (sensor, kind, at)
    JOIN warehouse.reading r ON r.sensor_id = a.sensor AND r.kind = CAST(a.kind AS warehouse.reading_kind)
        AND r.at = a.at
""")
_BATCH = text("""
    INSERT INTO warehouse.reading_batch (party_id, who, source, received_at) VALUES (:party, :who, :source, :at)
    RETURNING number
""")

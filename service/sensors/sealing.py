"""Seal what was measured since the last time: a sheet for each sensor, a cover, and a notice of the log with its hash.

The order of steps is the argument. First the gate is shut for a moment (exclusive) and the highest number is read: all
readings up to it are committed or gone, for whoever adds some holds the gate (a trigger, shared) until he commits. Then
the gate is open again, and another transaction seals up to there; of two that do, the second waits and begins where the
first ended. A crash between the two steps loses nothing: nothing was promised.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, Row, text

from service.ledger.requests import Scribe
from service.logbook import notices
from service.sensors.sheet import Line, Sheet, format_cover, format_sheet, text_hash
from verifier.encoding import b64url

MOST = 50_000  # readings under one cover
NOTICE, HASH = "readings", "lotproof:readings"


def waits(connection: Connection) -> bool:
    """Whether any reading is under no cover yet."""
    return bool(connection.execute(_WAITS).scalar_one())


def settled(engine: Engine) -> int:
    """The number up to which all readings are committed, or will never be; 0 if there are none."""
    with engine.begin() as connection:
        connection.execute(_SHUT)
        return int(connection.execute(_HIGHEST).scalar_one())


def seal(connection: Connection, scribe: Scribe, upto: int) -> int:
    """How many readings are under the new cover, at most MOST and none above `upto`; 0: nothing was written."""
    connection.execute(_ALONE)
    last = int(connection.execute(_LAST).scalar_one())
    rows = connection.execute(_READINGS, {"after": last, "upto": upto, "most": MOST}).all()
    if not rows:
        return 0
    contents = [format_sheet(b64url(scribe.random(32)), sheet) for sheet in _sheets(connection, rows)]
    cover = format_cover(text_hash(each) for each in contents)
    named = notices.record(connection, scribe, {"type": "lotproof:Notice", "lotproof:notice": NOTICE,
                                                HASH: text_hash(cover)})  # fmt: skip
    to = max(row.number for row in rows)
    number = connection.execute(_COVER, {"hash": named, "content": cover, "to": to}).scalar_one()
    values = [{"cover": number, "position": at, "content": each} for at, each in enumerate(contents)]
    connection.execute(_SHEET, values)
    return len(rows)


def _sheets(connection: Connection, rows: list[Row[Any]]) -> Iterator[Sheet]:
    """One for each sensor, readings in the order of their numbers."""
    ordered = sorted(rows, key=lambda row: (row.sensor_id, row.number))
    told = heads(connection, ordered)
    for sensor, mine in groupby(ordered, lambda row: row.sensor_id):
        lines = [Line(row.number, row.at, row.kind, row.value, row.batch) for row in mine]
        yield Sheet(told[sensor], lines)


def heads(connection: Connection, rows: list[Row[Any]]) -> Mapping[int, list[tuple[str, dict[str, Any]]]]:
    """By sensor, what is told of it beside its readings: itself, the points where it made them, who sent them."""
    sensors, batches = {row.sensor_id for row in rows}, defaultdict[int, set[int]](set)
    newest: dict[int, int] = defaultdict(int)
    for row in rows:
        batches[row.sensor_id].add(row.batch)
        newest[row.sensor_id] = max(newest[row.sensor_id], row.at)
    found: dict[int, list[tuple[str, dict[str, Any]]]] = {}
    for row in connection.execute(_SENSORS, {"ids": list(sensors)}):
        found[row.id] = [("sensor", dict(row._mapping))]
    for row in connection.execute(_POINTS, {"ids": list(sensors)}):
        if row.since <= newest[row.sensor_id]:
            found[row.sensor_id].append(("point", dict(row._mapping)))
    sent = {row.number: dict(row._mapping) for row in connection.execute(
        _BATCHES, {"numbers": list(set().union(*batches.values()))})}
    for sensor, numbers in batches.items():
        found[sensor] += [("batch", sent[number]) for number in sorted(numbers)]
    return found


_SHUT = text("SELECT pg_advisory_xact_lock(warehouse.reading_gate())")
_ALONE = text("SELECT pg_advisory_xact_lock(warehouse.reading_gate() + 1)")
_HIGHEST = text("SELECT coalesce(max(number), 0) FROM warehouse.reading")
_LAST = text("SELECT coalesce(max(readings_to), 0) FROM warehouse.reading_cover")
_WAITS = text(f"SELECT EXISTS (SELECT FROM warehouse.reading WHERE number > ({_LAST.text}))")  # noqa: S608
_READINGS = text("""
    SELECT number, sensor_id, at, kind::text AS kind, value, batch FROM warehouse.reading
    WHERE number > :after AND number <= :upto ORDER BY number LIMIT :most
""")
_SENSORS = text("SELECT id, party_id, code FROM warehouse.sensor WHERE id = ANY(:ids)")
_POINTS = text("""
    SELECT id, party_id, sensor_id, since, location_id, site_id, vehicle FROM warehouse.sensor_point
    WHERE sensor_id = ANY(:ids) ORDER BY sensor_id, since
""")
_BATCHES = text("""
    SELECT number, party_id, who, source, received_at FROM warehouse.reading_batch WHERE number = ANY(:numbers)
""")
_COVER = text("""
    INSERT INTO warehouse.reading_cover (statement_hash, content, readings_to) VALUES (:hash, :content, :to)
    RETURNING number
""")
_SHEET = text("INSERT INTO warehouse.reading_sheet (cover, position, content) VALUES (:cover, :position, :content)")

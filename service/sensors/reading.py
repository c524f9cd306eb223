"""Sensors as they are shown: the last reading of each kind, and how each stands.

    good       it speaks, and what it says is within the limits
    excursion  an excursion of it is not over
    silent     it has said nothing for longer than twice its interval
    overdue    it speaks, and its calibration is past
    new        it has never spoken
    retired    it is not used any more
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from service.domain.sensors import format_measure
from service.ledger.moments import moment, moment_or_none
from service.sensors import keeping

STATES = ("good", "excursion", "silent", "overdue", "new", "retired")
SILENT_AFTER = 2
"""Intervals without a word."""


def listed(connection: Connection, party_id: int, now: int, code: str | None = None) -> list[dict[str, Any]]:
    """All sensors of the party by their codes, or the one of this code."""
    rows = connection.execute(_SENSORS, {"party": party_id, "code": code}).all()
    hung = keeping.points(connection, [row.id for row in rows])
    last: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(_NEWEST, {"sensors": [row.id for row in rows]}):
        last[row.sensor_id].append({"kind": row.kind, "value": format_measure(row.value), "time": moment(row.at)})
    return [_shown(row, [_point(each) for each in hung[row.id]], last[row.id], now) for row in rows]


def series(
    connection: Connection, sensor: int, kind: str | None, first: int, last: int, limit: int | None = None
) -> Sequence[Any]:
    """The readings with first <= at < last, in the order of their times."""
    values = {"sensor": sensor, "kind": kind, "first": first, "last": last, "limit": limit}
    return connection.execute(_SERIES, values).all()


def _point(point: Any) -> dict[str, Any]:
    return {"location": point.location, "site": point.site, "vehicle": point.vehicle, "since": moment(point.since)}


def _shown(row: Any, hung: list[dict[str, Any]], last: list[dict[str, Any]], now: int) -> dict[str, Any]:
    newest = max((each["time"] for each in last), default=None)
    return {
        "code": row.code, "name": row.name, "kinds": row.said, "at": hung[-1], "points": hung, "uri": row.uri,
        "interval_seconds": row.interval_s, "calibration_due": row.calibration_due, "created_at": row.created_at,
        "retired_at": row.retired_at, "last": last, "state": _state(row, newest, now), "excursions": row.open,
        "silent_since": newest if newest is not None and is_silent(row.interval_s, newest, now) else None,
    }  # fmt: skip


def is_silent(interval_s: int, newest: Any, now: int) -> bool:
    """`newest`: the moment of its last word."""
    return bool(now - newest.timestamp() * 1000 > SILENT_AFTER * interval_s * 1000)


def _state(row: Any, newest: Any, now: int) -> str:
    if row.retired_at is not None:
        return "retired"
    if newest is None:
        return "new"
    if row.open:
        return "excursion"
    if is_silent(row.interval_s, newest, now):
        return "silent"
    return "overdue" if _past(row.calibration_due, now) else "good"


def _past(due: date | None, now: int) -> bool:
    at = moment_or_none(now)
    return due is not None and at is not None and due < at.date()


def told(row: Any) -> Mapping[str, Any]:
    """A reading of `series`."""
    return {"number": row.number, "time": moment(row.at), "kind": row.kind, "value": format_measure(row.value),
            "sealed": row.sealed}  # fmt: skip


_SENSORS = text("""
    SELECT s.*, s.kinds::text[] AS said, (SELECT count(*) FROM warehouse.excursion e
        WHERE e.sensor_id = s.id AND e.ended_at IS NULL) AS open
    FROM warehouse.sensor s WHERE s.party_id = :party AND (CAST(:code AS text) IS NULL OR s.code = :code)
    ORDER BY s.retired_at IS NOT NULL, s.code
""")
_NEWEST = text("""
    SELECT s.id AS sensor_id, r.kind::text AS kind, r.value, r.at
    FROM warehouse.sensor s CROSS JOIN LATERAL unnest(s.kinds) AS k (kind)
    CROSS JOIN LATERAL (SELECT kind, value, at FROM warehouse.reading
        WHERE sensor_id = s.id AND kind = k.kind ORDER BY at DESC LIMIT 1) r
    WHERE s.id = ANY(:sensors) ORDER BY s.id, r.kind
""")
_SERIES = text("""
    SELECT number, at, kind::text AS kind, value, number <= (SELECT warehouse.readings_sealed_to()) AS sealed
    FROM warehouse.reading WHERE sensor_id = :sensor
        AND (CAST(:kind AS text) IS NULL OR kind = CAST(:kind AS warehouse.reading_kind))
        AND at >= :first AND at < :last ORDER BY at, reading.kind LIMIT :limit
""")

"""Excursions as they are shown: what was measured, what was allowed, which lots were there, which case holds them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from service.domain.sensors import format_measure
from service.ledger.moments import moment, moment_or_none


def numbered(connection: Connection, number: int) -> dict[str, Any]:
    return _with_lots(connection, connection.execute(_NUMBERED, {"number": number}).all())[0]


def listed(
    connection: Connection, party_id: int, *, sensor: str | None = None, lot: str | None = None,
    open: bool | None = None, after: UUID | None = None, limit: int = 100,
) -> list[dict[str, Any]]:  # fmt: skip
    """The newest first."""
    values = {"party": party_id, "sensor": sensor, "lot": lot, "open": open, "after": after, "limit": limit}
    rows = connection.execute(_LISTED, values).all()
    return _with_lots(connection, rows)


def one(connection: Connection, party_id: int, id: UUID) -> dict[str, Any] | None:
    rows = connection.execute(_ONE, {"party": party_id, "id": id}).all()
    return _with_lots(connection, rows)[0] if rows else None


def _head(row: Row[Any]) -> dict[str, Any]:
    """`gaps`: where the device recorded more seldom than every two minutes while limits were exceeded."""
    return {
        "id": row.id, "sensor": row.code, "at": {"location": row.location, "site": row.site, "vehicle": row.vehicle},
        "kind": row.kind, "of": row.of, "low": _said(row.low), "high": _said(row.high),
        "allowed_seconds": row.allowed_s, "hysteresis": format_measure(row.hysteresis),
        "began_at": moment(row.began_at), "last_at": moment(row.last_at),
        "ended_at": moment_or_none(row.ended_at), "worst": format_measure(row.worst),
        "worst_at": moment(row.worst_at), "readings": row.readings, "opened_at": moment(row.opened_at),
        "gaps": [{"from": moment(a), "to": moment(b)} for a, b in row.late],
    }  # fmt: skip


def _with_lots(connection: Connection, rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    lots: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in connection.execute(_LOTS, {"numbers": [each.number for each in rows]}):
        lots[row.excursion].append({
            "item": row.item, "lot": row.lot, "uri": row.uri, "since": moment(row.since),
            "until": moment_or_none(row.until), "case": row.case_id, "looked_at": moment_or_none(row.seen_at),
        })  # fmt: skip
    return [_head(row) | {"lots": lots[row.number]} for row in rows]


def _said(value: int | None) -> str | None:
    return None if value is None else format_measure(value)


_ROWS = """
    SELECT e.*, s.code, z.code || '/' || c.code AS location, t.code AS site, p.vehicle
    FROM warehouse.excursion e JOIN warehouse.sensor s ON s.id = e.sensor_id
    JOIN warehouse.sensor_point p ON p.id = e.point_id
    LEFT JOIN warehouse.location c ON c.id = p.location_id LEFT JOIN warehouse.site z ON z.id = c.site_id
    LEFT JOIN warehouse.site t ON t.id = p.site_id
"""
_NUMBERED = text(f"{_ROWS} WHERE e.number = :number")
_ONE = text(f"{_ROWS} WHERE e.party_id = :party AND e.id = :id")
_LISTED = text(f"""{_ROWS}
    WHERE e.party_id = :party AND (CAST(:sensor AS text) IS NULL OR s.code = :sensor)
        AND (CAST(:open AS boolean) IS NULL OR (e.ended_at IS NULL) = CAST(:open AS boolean))
        AND (CAST(:lot AS text) IS NULL OR EXISTS (SELECT FROM warehouse.excursion_lot x
            JOIN warehouse.lot l ON l.id = x.lot_id WHERE x.excursion = e.number AND l.uri = :lot))
        AND (CAST(:after AS uuid) IS NULL OR e.number < (
            SELECT a.number FROM warehouse.excursion a WHERE a.party_id = :party AND a.id = :after))
    ORDER BY e.number DESC LIMIT :limit
""")  # noqa: S608
_LOTS = text("""
    SELECT x.excursion, x.since, x.until, x.seen_at, i.code AS item, l.number AS lot, l.uri, q.id AS case_id
    FROM warehouse.excursion_lot x JOIN warehouse.lot l ON l.id = x.lot_id JOIN warehouse.item i ON i.id = l.item_id
    LEFT JOIN warehouse.quarantine_case q ON q.number = x.case_number
    WHERE x.excursion = ANY(:numbers) ORDER BY item, lot
""")

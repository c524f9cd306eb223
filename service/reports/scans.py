"""How often a scan goes wrong, and how often it is left out, by site, item and shift.

    error rate     scans whose outcome is not `ok`, of all scans
    missed rate    lines of movements at a site whose lot nobody scanned there in the eight hours before, of all lines

Shifts are 06-14, 14-22 and 22-06 by the clock of the site.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from service.reports.report import Row, milliseconds

OUTCOMES = ("mismatch", "unreadable", "unknown", "ambiguous", "conflict")
SCANNED_WITHIN = 8 * 3600 * 1000  # milliseconds, a shift
_SCANNED = "('receive', 'move', 'pick', 'ship', 'offer', 'accept', 'send', 'arrive', 'return', 'take_back', 'destroy')"

_SHIFT = """CASE WHEN hour >= 6 AND hour < 14 THEN '06-14' WHEN hour >= 14 AND hour < 22 THEN '14-22'
    ELSE '22-06' END"""
_HOUR = "extract(hour FROM to_timestamp({at} / 1000.0) AT TIME ZONE s.zone)"

_RATES = text(f"""
    WITH scanned AS (
        SELECT scan.*, (extract(epoch FROM scan.at) * 1000)::bigint AS millis FROM warehouse.scan
        WHERE CAST(:party AS bigint) IS NULL OR scan.party_id = :party
    ), scan_hour AS (
        SELECT s.id AS site_id, scanned.item_id, scanned.outcome, {_HOUR.format(at="scanned.millis")} AS hour
        FROM scanned JOIN warehouse.site s ON s.id = scanned.site_id
        WHERE scanned.millis >= :from AND scanned.millis < :to
    ), rate AS (
        SELECT site_id, item_id, {_SHIFT} AS shift, count(*) AS scans,
            count(*) FILTER (WHERE outcome <> 'ok') AS errors,
            {", ".join(f"count(*) FILTER (WHERE outcome = '{each}') AS {each}" for each in OUTCOMES)}
        FROM scan_hour GROUP BY 1, 2, 3
    ), line AS (
        SELECT DISTINCT m.number, m.recorded_at, m.party_id, leg.lot_id, lot.item_id, s.id AS site_id,
            {_HOUR.format(at="m.recorded_at")} AS hour
        FROM warehouse.movement m JOIN warehouse.leg ON leg.movement = m.number
        JOIN warehouse.location l ON l.id = leg.place JOIN warehouse.site s ON s.id = l.site_id
        JOIN warehouse.lot ON lot.id = leg.lot_id
        WHERE m.recorded_at >= :from AND m.recorded_at < :to AND m.type IN {_SCANNED} AND l.party_id = m.party_id
            AND (CAST(:party AS bigint) IS NULL OR m.party_id = :party)
    ), missed AS (
        SELECT site_id, item_id, {_SHIFT} AS shift, count(*) AS lines, count(*) FILTER (WHERE NOT EXISTS (
            SELECT FROM scanned WHERE scanned.lot_id = line.lot_id AND scanned.site_id = line.site_id
                AND scanned.outcome = 'ok' AND scanned.millis <= line.recorded_at
                AND scanned.millis > line.recorded_at - {SCANNED_WITHIN})) AS missed
        FROM line GROUP BY 1, 2, 3
    )
    SELECT p.code AS party, s.code AS site, item.code AS item, shift, coalesce(scans, 0) AS scans,
        coalesce(errors, 0) AS errors, {", ".join(f"coalesce({each}, 0) AS {each}" for each in OUTCOMES)},
        coalesce(lines, 0) AS lines, coalesce(missed, 0) AS missed
    FROM rate FULL JOIN missed USING (site_id, item_id, shift) JOIN warehouse.site s ON s.id = site_id
    JOIN warehouse.party p ON p.id = s.party_id LEFT JOIN warehouse.item ON item.id = item_id
    ORDER BY p.code, s.code, item.code, shift LIMIT 1000
""")  # noqa: S608


def rates(connection: Connection, party_id: int | None, since: datetime, until: datetime) -> list[Row]:
    """One row for each site, item and shift; with None, of all parties."""
    values = {"party": party_id, "from": milliseconds(since), "to": milliseconds(until)}
    return [_row(row) for row in connection.execute(_RATES, values)]


def _row(row: Any) -> Row:
    return {
        "party": row.party, "site": row.site, "item": row.item, "shift": row.shift, "scans": row.scans,
        "errors": row.errors, "error_rate": _rate(row.errors, row.scans),
        "outcomes": {each: getattr(row, each) for each in OUTCOMES}, "lines": row.lines, "missed": row.missed,
        "missed_rate": _rate(row.missed, row.lines),
    }  # fmt: skip


def _rate(part: int, whole: int) -> float | None:
    """With four decimals; None of nothing."""
    return round(part / whole, 4) if whole else None

"""Sheets as they are shown. A blind one does not tell the book before it has been counted."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from service.counts.counting import LINES
from service.counts.record import record_of
from service.domain.quantities import format_quantity
from service.domain.signing import shown_hash
from service.domain.tolerance import needs_approval
from service.ledger.moments import moment, moment_or_none

HIDES = ("open", "cancelled")


def shown(connection: Connection, party_id: int, id: UUID) -> dict[str, Any] | None:
    """The sheet with its lines, or None if the party has none of that id."""
    sheet = connection.execute(_SHEET, {"party": party_id, "id": id}).one_or_none()
    if sheet is None:
        return None
    blind = sheet.blind and sheet.state in HIDES
    rows = list(connection.execute(text(LINES), {"sheet": sheet.number}))
    places = connection.execute(_PLACES, {"sheet": sheet.number}).scalars()
    record = record_of(id, rows)
    return _head(sheet) | {
        "places": list(places), "lines": [_line(row, blind) for row in rows],
        "record": None if blind else record.decode(), "shown": None if blind else shown_hash(record),
    }  # fmt: skip


def listed(
    connection: Connection, party_id: int, *, state: str | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """The newest first, without lines."""
    values = {"party": party_id, "state": state, "after": after, "limit": limit}
    return [_head(sheet) for sheet in connection.execute(_LISTED, values)]


def _head(sheet: Any) -> dict[str, Any]:
    return {
        "id": sheet.id, "about": sheet.about, "blind": sheet.blind, "state": sheet.state,
        "created_by": sheet.created_by, "created_at": moment(sheet.created_at), "approved_by": sheet.approved_by,
        "posted_at": moment_or_none(sheet.posted_at),
        "acts": [each | {"at": moment(each["at"])} for each in sheet.acts],
    }  # fmt: skip


def _line(row: Any, blind: bool) -> dict[str, Any]:
    def told(units: int | None) -> str | None:
        return None if units is None else format_quantity(units, row.decimals)

    counted = row.counted is not None and not blind
    return {
        "location": row.at, "item": row.item, "lot": row.lot, "uri": row.uri, "status": row.status, "unit": row.unit,
        "book_at_start": None if blind else told(row.booked),
        "book_when_counted": None if blind else told(row.book_then),
        "counted": told(row.counted), "counted_by": row.counted_by, "recounts": row.recounts,
        "difference": told(row.counted - row.book_then) if counted else None,
        "out_of_tolerance": _is_large(row) if counted else None,
        "posted": told(row.posted), "movement": row.movement_id,
    }  # fmt: skip


def _is_large(row: Any) -> bool:
    return needs_approval(row.count_tolerance, row.status, row.book_then, row.counted)


_SHEET = text("SELECT * FROM warehouse.count_sheet WHERE party_id = :party AND id = :id")
_PLACES = text("""
    SELECT s.code || '/' || p.code FROM warehouse.count_place c JOIN warehouse.location p ON p.id = c.place
    JOIN warehouse.site s ON s.id = p.site_id WHERE c.sheet = :sheet ORDER BY 1
""")
_LISTED = text("""
    SELECT * FROM warehouse.count_sheet c
    WHERE c.party_id = :party AND (CAST(:state AS text) IS NULL OR c.state = :state)
        AND (CAST(:after AS uuid) IS NULL OR c.number < (
            SELECT a.number FROM warehouse.count_sheet a WHERE a.party_id = :party AND a.id = :after))
    ORDER BY c.number DESC LIMIT :limit
""")

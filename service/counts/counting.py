"""People at work on a sheet, which is locked: lines entered, counted again, approved, cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from service.counts.record import record_of
from service.domain.count_sheets import MOST_LINES, NotCounted, SheetTooLong, after, check_approver
from service.domain.errors import UnknownThing
from service.domain.identifiers import check_text
from service.domain.quantities import parse_amount
from service.domain.signing import check_shown
from service.domain.tolerance import needs_approval
from service.ledger.desk import Desk
from service.ledger.signatures import Of, sign


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What somebody found of a lot at a place of the sheet; a lot that is not on the sheet is added to it."""

    at: str
    item: str
    lot: str
    counted: str
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """`shown` is the hash of what was on the screen; without it the person signs the sheet as it is."""

    person: str
    shown: str | None
    words: str | None


def enter(desk: Desk, sheet: Any, by: str, lines: Sequence[Counted]) -> None:
    """Each line is compared with the book as it is at this moment. Entered again, it replaces what was entered."""
    after(sheet.state, "enter")
    places = {row.name: row.place for row in desk.ask(_PLACES, sheet=sheet.number)}
    for line in lines:
        if line.at not in places:
            raise UnknownThing("place of this sheet", line.at)
        lot = desk.lot(line.item, line.lot)
        desk.change(_ENTER, sheet=sheet.number, lot=lot, place=places[line.at], status=line.status, by=by, at=desk.now,
                    counted=parse_amount(line.counted, _decimals(desk, lot)))
    total = desk.ask("SELECT count(*) AS n FROM warehouse.count_line WHERE sheet = :sheet", sheet=sheet.number)[0].n
    if total > MOST_LINES:
        raise SheetTooLong("lines", f"1 to {MOST_LINES}", total)


def finish(desk: Desk, sheet: Any, by: str) -> None:
    """All lines have been counted."""
    state = after(sheet.state, "finish")
    missing = [row for row in lines_of(desk, sheet.number) if row.counted is None]
    if missing:
        raise NotCounted([f"{row.lot} at {row.at}" for row in missing[:5]], len(missing))
    set_state(desk, sheet, state, "finish", by)


def recount(desk: Desk, sheet: Any, by: str) -> None:
    """Lines out of tolerance are to be counted again; what was approved is so no longer."""
    state = after(sheet.state, "recount")
    large = large_differences(lines_of(desk, sheet.number))
    desk.change(_FORGET, sheet=sheet.number, lots=[row.lot_id for row in large], places=[row.place for row in large],
                statuses=[row.status for row in large])
    set_state(desk, sheet, state, "recount", by)


def approve(desk: Desk, sheet: Any, said: Approved) -> None:
    """Signed by this person. Raises NeedsApproval, ShownOther."""
    state, lines = after(sheet.state, "approve"), lines_of(desk, sheet.number)
    check_approver(said.person, (row.counted_by for row in large_differences(lines)))
    shown = check_shown("count", record_of(sheet.id, lines), said.shown)
    sign(desk, Of("count", str(sheet.id)), said.person, "approval", shown, said.words)
    set_state(desk, sheet, state, "approve", said.person)


def cancel(desk: Desk, sheet: Any, by: str) -> None:
    set_state(desk, sheet, after(sheet.state, "cancel"), "cancel", by)


def lines_of(desk: Desk, number: int) -> list[Any]:
    return desk.ask(LINES, sheet=number)


def large_differences(lines: Sequence[Any]) -> list[Any]:
    return [row for row in lines
            if row.counted is not None
            and needs_approval(row.count_tolerance, row.status, row.book_then, row.counted)]


def set_state(desk: Desk, sheet: Any, state: str, act: str, by: str) -> None:
    """And who did what led there."""
    check_text("person", by)
    told = orjson.dumps([{"act": act, "by": by, "at": desk.now}]).decode()
    desk.change(_STATE, state=state, number=sheet.number, act=act, by=by, at=desk.now, told=told)


def _decimals(desk: Desk, lot: int) -> int:
    return int(desk.ask("SELECT i.decimals FROM warehouse.item i JOIN warehouse.lot l ON l.item_id = i.id"
                        " WHERE l.id = :lot", lot=lot)[0].decimals)


_PLACES = """
    SELECT c.place, s.code || '/' || p.code AS name FROM warehouse.count_place c
    JOIN warehouse.location p ON p.id = c.place JOIN warehouse.site s ON s.id = p.site_id WHERE c.sheet = :sheet
"""
_ENTER = """
    INSERT INTO warehouse.count_line AS c
        (sheet, lot_id, place, status, booked, counted, book_then, counted_by, counted_at)
    SELECT :sheet, :lot, :place, CAST(:status AS warehouse.stock_status), 0, :counted, coalesce((
        SELECT units FROM warehouse.balance b
        WHERE b.lot_id = :lot AND b.place = :place AND b.status = CAST(:status AS warehouse.stock_status)), 0), :by, :at
    ON CONFLICT (sheet, place, lot_id, status) DO UPDATE SET counted = excluded.counted,
        book_then = excluded.book_then, counted_by = excluded.counted_by, counted_at = excluded.counted_at
"""
_FORGET = """
    UPDATE warehouse.count_line c
    SET counted = NULL, book_then = NULL, counted_by = NULL, counted_at = NULL, recounts = recounts + 1
    FROM unnest(CAST(:lots AS bigint[]), CAST(:places AS bigint[]), CAST(:statuses AS warehouse.stock_status[]))
        AS k (lot_id, place, status)
    WHERE c.sheet = :sheet AND (c.lot_id, c.place, c.status) = (k.lot_id, k.place, k.status)
"""
_STATE = """
    UPDATE warehouse.count_sheet SET state = :state, acts = acts || CAST(:told AS jsonb),
        approved_by = CASE :act WHEN 'approve' THEN :by WHEN 'recount' THEN NULL ELSE approved_by END,
        posted_at = CASE :act WHEN 'post' THEN CAST(:at AS bigint) END
    WHERE number = :number
"""
LINES = """
    SELECT c.*, i.code AS item, l.number AS lot, l.uri, i.decimals, i.unit, i.count_tolerance,
        s.code || '/' || p.code AS at, m.id AS movement_id
    FROM warehouse.count_line c JOIN warehouse.lot l ON l.id = c.lot_id JOIN warehouse.item i ON i.id = l.item_id
    JOIN warehouse.location p ON p.id = c.place JOIN warehouse.site s ON s.id = p.site_id
    LEFT JOIN warehouse.movement m ON m.number = c.movement
    WHERE c.sheet = :sheet ORDER BY at, item, lot, c.status
"""

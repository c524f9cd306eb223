"""What became of goods that waited for quality when they arrived: released, destroyed, sent back, or waiting still.

Of an arrival counts what was decided of its lot until more of the lot arrived.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, text

from service.ledger.moments import moment
from service.records import drug
from service.records.lines import BLOCK, Line, limited, lines
from service.reports.report import Asked, Row

ARRIVALS = ("receive", "accept")
PASSED, PARTLY, FAILED, WAITING = "合格 · passed", "部分合格 · passed in part", "不合格 · failed", "待验 · pending"


@dataclass(frozen=True, slots=True)
class Decision:
    """`released` in smallest units; `by` are the people who approved."""

    type: str
    released: int
    by: str
    day: date


def rows(connection: Connection, asked: Asked) -> Iterator[Row]:
    """One row for each lot that arrived."""
    return limited(_rows(connection, asked), asked.limit)


def _rows(connection: Connection, asked: Asked) -> Iterator[Row]:
    arrived = lines(connection, asked, ARRIVALS, "gsp")
    while block := list(islice(arrived, BLOCK)):
        decided = Decisions(connection, {line.row.lot_id for line in block})
        for line in block:
            yield line.proven(_row(line, decided.of(line) if line.row.held else []))


def _row(line: Line, decisions: list[Decision]) -> Row:
    released = min(sum(each.released for each in decisions), line.row.held)
    passed = line.row.available + released
    by, on = _inspected(line, decisions)
    return drug.goods(line) | {
        "supplier": line.there["name"], "arrived": line.quantity, "arrived_on": line.day,
        "passed": line.amount(passed), "result": _result(line, passed, decisions), "inspected_by": by,
        "inspected_on": on, "arrival_temperature": line.added("arrival_temperature"),
    }  # fmt: skip


def _result(line: Line, passed: int, decisions: list[Decision]) -> str:
    if passed == line.units:
        return PASSED
    if passed:
        return PARTLY
    failed = any(each.type in ("destroy", "return") for each in decisions) or _quality(line) == "failed"
    return FAILED if failed else WAITING


def _quality(line: Line) -> Any:
    told = line.said.get("lines") or ()
    return next((each.get("quality") for each in told if each.get("lot") == line.row.lot), None)


def _inspected(line: Line, decisions: list[Decision]) -> tuple[str | None, date | None]:
    """Who decided; of what was available at once, who took it in with a key of his own, or whom a supplement names."""
    if decisions:
        return "; ".join(dict.fromkeys(each.by for each in decisions)), decisions[-1].day
    if line.row.held:
        return None, None
    return line.added("inspected_by") or person_of(line.row.actor), line.day


def person_of(actor: str) -> str | None:
    """The person whose key it was; None for a key of the company."""
    return actor.partition("/")[2] or None


class Decisions:
    """Of the lots of one block: what happened to them, and where more of them arrived, by the numbers of movements."""

    def __init__(self, connection: Connection, lots: Collection[int]) -> None:
        self._found: dict[int, list[tuple[int, Decision | None]]] = defaultdict(list)
        for row in connection.execute(_DECIDED, {"lots": list(lots), "arrivals": list(ARRIVALS)}):
            self._found[row.lot_id].append((row.number, None if row.type in ARRIVALS else _decision(row)))

    def of(self, line: Line) -> list[Decision]:
        known = self._found[line.row.lot_id]
        made = list[Decision]()
        for _, decision in known[bisect_right(known, line.row.number, key=lambda each: each[0]):]:
            if decision is None:
                break
            made.append(decision)
        return made


def _decision(row: Any) -> Decision:
    said = orjson.loads(row.content)
    told = said.get("event_time")
    at = datetime.fromisoformat(told) if told else moment(row.recorded_at).astimezone(ZoneInfo(row.zone))
    by = "; ".join(said.get("approved_by") or ()) or person_of(row.actor) or row.actor
    return Decision(row.type, max(row.freed, 0) if row.type == "release" else 0, by, at.date())


_DECIDED = text("""
    SELECT leg.lot_id, m.number, m.type, m.content, m.actor, m.recorded_at, min(s.zone) AS zone,
        coalesce(sum(leg.units) FILTER (WHERE leg.status = 'available'), 0)::bigint AS freed
    FROM unnest(CAST(:lots AS bigint[])) AS wanted (lot_id) JOIN warehouse.leg USING (lot_id)
    JOIN warehouse.movement m ON m.number = leg.movement
    JOIN warehouse.location l ON l.id = leg.place JOIN warehouse.site s ON s.id = l.site_id
    WHERE leg.place > 0 AND (m.type = ANY(:arrivals) OR m.type IN ('release', 'destroy', 'return'))
    GROUP BY leg.lot_id, m.number ORDER BY leg.lot_id, m.number
""")

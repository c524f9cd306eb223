"""The file of a logger as readings: CSV or XLSX with a column `time` and one for each kind.

    time,temperature,humidity
    2026-11-30T08:15:00+08:00,4.1,55
    2026-11-30 08:20,4.2,

A time without an offset is one of the site's clock, as loggers write it; the hour that a clock goes through twice in
autumn is refused, and needs its offset. An empty cell is no reading.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from service.domain.errors import BadName
from service.domain.sensor_errors import BadReadings
from service.domain.sensors import KINDS, Reading, parse_measure
from service.exchange.sheets import Unreadable, rows_of
from service.reports.report import milliseconds
from service.sensors.readings import MOST

TIME = "time"
_CALLED: Mapping[str, str] = {
    "time": TIME, "timestamp": TIME, "时间": TIME, "temperature": "temperature", "temperature (°c)": "temperature",
    "温度": "temperature", "humidity": "humidity", "humidity (%)": "humidity", "湿度": "humidity",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A reading with the number of its row, as a spreadsheet counts."""

    number: int
    reading: Reading


def readings(content: bytes, zone: str) -> list[Row]:
    """Raises Unreadable where it is no such file, BadReadings where cells are not what they should be."""
    rows = rows_of(content)
    columns = _columns(rows)
    found: list[Row] = []
    bad: list[dict[str, Any]] = []
    sent = 0
    for number, cells in rows:
        told = {name: cells[at] for at, name in columns.items() if at < len(cells) and cells[at]}
        sent += max(0, len(told) - 1)
        try:
            found += _row(number, told, ZoneInfo(zone))
        except BadName as wrong:
            bad.append({"index": number, "field": wrong.where["kind"], "expected": wrong.expected, "seen": wrong.seen})
        if sent > MOST:
            raise Unreadable(f"expected at most {MOST} readings in a file, got more")
    if bad:
        raise BadReadings(bad, sent)
    return found


def _columns(rows: Iterator[tuple[int, list[str]]]) -> dict[int, str]:
    head = next(rows, (1, []))[1]
    found = {at: _CALLED[cell.strip().lower()] for at, cell in enumerate(head) if cell.strip().lower() in _CALLED}
    names = list(found.values())
    if TIME not in names or len(names) < 2 or len(set(names)) != len(names):
        seen = ", ".join(head)[:100] or "nothing"
        raise Unreadable(f"expected a first row with the columns {TIME} and {' or '.join(KINDS)}, got {seen}")
    return found


def _row(number: int, told: Mapping[str, str], zone: ZoneInfo) -> Iterator[Row]:
    if TIME not in told:
        raise BadName(TIME, "a time", "nothing")
    at = _moment(told[TIME], zone)
    for kind in KINDS:
        if kind in told:
            yield Row(number, Reading(at, kind, parse_measure(told[kind])))


def _moment(text: str, zone: ZoneInfo) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadName(TIME, "a time like 2026-11-30T08:15:00+08:00 or 2026-11-30 08:15", text[:40]) from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=zone)
        if at.utcoffset() != at.replace(fold=1).utcoffset():
            raise BadName(TIME, f"an offset: the clock of {zone.key} shows this hour twice, or never", text[:40])
    return milliseconds(at)

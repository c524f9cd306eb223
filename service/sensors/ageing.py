"""How the lots of items that ask for it have aged: computed every few minutes, for the allocator to sort by.

A lot ages by the readings of the nearest sensors; where several watched it, by the one that aged it most. What was
split or merged from other lots of the item has aged as the oldest of them.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from service.domain.ageing import Series, consumed, milliseconds, usable_to
from service.domain.expiry import day_at
from service.domain.exposure import FOREVER, Span, Watch
from service.domain.kinetics import Ageing
from service.ledger.moments import moment
from service.sensors import lineage, whereabouts
from service.sensors.reading import SILENT_AFTER
from service.sensors.whereabouts import Stay

KIND = "temperature"
FRESH_MS = 300_000
"""What was computed is good for so long."""
MOST = 2_000  # lots at once


@dataclass(frozen=True, slots=True)
class Aged:
    """`ahead_ms`: how much older than its printed date says; below zero it was kept colder."""

    ahead_ms: int
    usable_to: date | None
    consumed: int | None


def refresh(connection: Connection, party_id: int, now: int, *, all: bool = False) -> int:
    """Compute anew what is older than it may be (`all`: everything); how many lots that was, at most MOST."""
    before = now + 1 if all else now - FRESH_MS
    rows = connection.execute(_STALE, {"party": party_id, "before": before, "most": MOST}).all()
    aged = ages(connection, party_id, rows, now)
    for row in rows:
        found = aged[row.id]
        connection.execute(_KEEP, {"lot": row.id, "party": party_id, "to": found.usable_to, "now": now,
                                   "consumed": found.consumed, "ahead": found.ahead_ms})  # fmt: skip
    return len(rows)


def waiting(connection: Connection) -> list[int]:
    """The parties with items whose lots age first."""
    return [party for party, in connection.execute(_PARTIES)]


def of_lot(connection: Connection, party_id: int, lot: int, now: int) -> tuple[Row[Any], Aged] | None:
    """The lot with its model, and how it has aged; None where its item has no model."""
    row = connection.execute(_LOT, {"party": party_id, "lot": lot}).one_or_none()
    return None if row is None else (row, ages(connection, party_id, [row], now)[lot])


def ages(connection: Connection, party_id: int, lots: Sequence[Row[Any]], now: int) -> dict[int, Aged]:
    """By lot, of rows with id, expiry_date, production_date, shelf_life_days, zone and the model of the item."""
    known = lineage.parents(connection, [row.id for row in lots])
    everybody = {row.id for row in lots} | set(known) | {parent for each in known.values() for parent, _ in each}
    stays = whereabouts.stays(connection, party_id, sorted(everybody))
    watched = _by_lot(lineage.exposures(connection, party_id, KIND, stays, now))
    room = _Room(connection, now, _windows(watched))
    found = {}
    for row in lots:
        ageing = Ageing(row.model, row.reference, row.energy, row.q10)
        ahead = milliseconds(_Walk(room, watched, known, ageing).ahead(row.id, FOREVER))
        found[row.id] = _aged(row, ahead, now)
    return found


def _aged(row: Row[Any], ahead: int, now: int) -> Aged:
    begun = row.production_date
    if begun is None and row.expiry_date is not None and row.shelf_life_days is not None:
        begun = row.expiry_date - timedelta(days=row.shelf_life_days)
    today = day_at(moment(now), row.zone or "UTC")
    return Aged(ahead, usable_to(row.expiry_date, ahead), consumed(begun, row.expiry_date, today, ahead))


Exposed = tuple[Stay, Watch, Span]


def _windows(watched: Mapping[int, Iterable[Exposed]]) -> dict[int, Span]:
    """By sensor: from the first to the last moment for which its readings are asked."""
    found: dict[int, Span] = {}
    for _, watch, span in (exposed for each in watched.values() for exposed in each):
        known = found.get(watch.sensor, span)
        found[watch.sensor] = Span(min(known.since, span.since), max(known.until, span.until))
    return found


def _by_lot(found: Iterable[Exposed]) -> dict[int, list[Exposed]]:
    by: dict[int, list[Exposed]] = defaultdict(list)
    for exposed in found:
        by[exposed[0].lot_id].append(exposed)
    return by


@dataclass
class _Walk:
    """A lot and up to its ancestors."""

    room: "_Room"
    watched: dict[int, list[Exposed]]
    parents: lineage.Parents
    ageing: Ageing
    _known: dict[tuple[int, int], int] = field(default_factory=dict)

    def ahead(self, lot: int, until: int) -> int:
        """Of the goods as they were at that moment, in billionths of a millisecond."""
        key = (lot, until)
        if key not in self._known:
            inherited = max((self.ahead(parent, min(at, until)) for parent, at in self.parents.get(lot, ())), default=0)
            self._known[key] = inherited + self._own(lot, until)
        return self._known[key]

    def _own(self, lot: int, until: int) -> int:
        by_stay: dict[Stay, dict[tuple[int, int], int]] = defaultdict(lambda: defaultdict(int))
        for stay, watch, span in self.watched.get(lot, ()):
            measured = self.room.series(watch.sensor, self.ageing).ahead(span.cut(Span(0, until)))
            by_stay[stay][watch.level, watch.sensor] += measured
        return sum(sum(max(ahead for (level, _), ahead in each.items() if level == nearness)
                       for nearness in {level for level, _ in each}) for each in by_stay.values())  # fmt: skip


class _Room:
    """The series of sensors, each read once, no further back than these lots were there: what a sensor measured in all
    its years costs nothing."""

    def __init__(self, connection: Connection, now: int, windows: Mapping[int, Span]) -> None:
        self._connection, self._now, self._windows = connection, now, windows
        self._read: dict[int, tuple[list[int], list[int], int]] = {}
        self._series: dict[tuple[int, Ageing], Series] = {}

    def series(self, sensor: int, ageing: Ageing) -> Series:
        if sensor not in self._read:
            window = self._windows[sensor]
            asked = {"sensor": sensor, "kind": KIND, "since": window.since, "until": window.until}
            rows = self._connection.execute(_SERIES, asked).all()
            interval = self._connection.execute(_INTERVAL, {"sensor": sensor}).scalar_one()
            self._read[sensor] = [row.at for row in rows], [row.value for row in rows], interval
        if (sensor, ageing) not in self._series:
            times, values, interval = self._read[sensor]
            longest = SILENT_AFTER * interval * 1000
            self._series[sensor, ageing] = Series(times, values, self._now, longest, ageing)
        return self._series[sensor, ageing]


_OF_LOTS = """
    SELECT l.id, l.expiry_date, l.production_date, i.shelf_life_days, t.model, t.reference, t.energy, t.q10,
        (SELECT s.zone FROM warehouse.balance b JOIN warehouse.location c ON c.id = b.place
            JOIN warehouse.site s ON s.id = c.site_id WHERE b.lot_id = l.id AND b.place > 0 AND b.units > 0
            ORDER BY b.place LIMIT 1) AS zone
    FROM warehouse.lot l JOIN warehouse.item i ON i.id = l.item_id JOIN warehouse.stability t ON t.item_id = i.id
"""
_STALE = text(f"""
    {_OF_LOTS} LEFT JOIN warehouse.lot_ageing a ON a.lot_id = l.id
    WHERE l.party_id = :party AND t.ages_first AND (a.computed_at IS NULL OR a.computed_at < :before)
        AND EXISTS (SELECT FROM warehouse.balance b WHERE b.lot_id = l.id AND b.place > 0 AND b.units > 0)
    ORDER BY a.computed_at NULLS FIRST, l.id LIMIT :most
""")
_LOT = text(f"{_OF_LOTS} WHERE l.party_id = :party AND l.id = :lot AND t.model IS NOT NULL")
_PARTIES = text("""
    SELECT DISTINCT i.party_id FROM warehouse.stability t JOIN warehouse.item i ON i.id = t.item_id WHERE t.ages_first
""")
# From the reading that stood for the first moment on.
_SERIES = text("""
    SELECT at, value FROM warehouse.reading
    WHERE sensor_id = :sensor AND kind = CAST(:kind AS warehouse.reading_kind) AND at <= :until
        AND at >= coalesce((SELECT at FROM warehouse.reading WHERE sensor_id = :sensor
            AND kind = CAST(:kind AS warehouse.reading_kind) AND at <= :since ORDER BY at DESC LIMIT 1), :since)
    ORDER BY at
""")
_INTERVAL = text("SELECT interval_s FROM warehouse.sensor WHERE id = :sensor")
_KEEP = text("""
    INSERT INTO warehouse.lot_ageing (lot_id, party_id, usable_to, consumed, ahead_ms, computed_at)
    VALUES (:lot, :party, :to, :consumed, :ahead, :now)
    ON CONFLICT (lot_id) DO UPDATE SET usable_to = excluded.usable_to, consumed = excluded.consumed,
        ahead_ms = excluded.ahead_ms, computed_at = excluded.computed_at
""")

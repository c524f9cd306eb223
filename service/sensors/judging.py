"""Readings against limits: which excursions there are, which lots were there, whom it is told.

What is due is judged over a window: from the last reading before the new ones that was well within the limits, to the
newest. All runs beyond the limits in it are known then, in whatever order their readings came. An excursion that is
known grows with its run, is over when the run is, and is never taken back: what was held because of it is for people to
decide. Limits are those of the moment of judging.
"""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from service.domain.excursions import Run, runs
from service.domain.exposure import FOREVER, Span, nearest
from service.domain.sensors import Reading
from service.ledger.requests import Scribe
from service.sensors import notices, whereabouts
from service.sensors.holding import Ask, asks_of
from service.sensors.whereabouts import Stay


def judge(connection: Connection, scribe: Scribe, party_id: int, sensor: int) -> list[int]:
    """The numbers of excursions that began or grew by what nobody had looked at; nothing is due of this sensor then.

    Goods are held afterwards (`holding.hold`), in a transaction of its own: an alarm does not wait for a signature.
    """
    due = connection.execute(_TAKE, {"party": party_id, "sensor": sensor}).one_or_none()
    if due is None:
        return []
    found: list[int] = []
    for point in connection.execute(_POINTS, {"sensor": sensor, "since": due.since}).all():
        for kind in point.said:
            for ask in asks_of(connection, party_id, point, kind, due.since):
                found += _Judging(connection, scribe, party_id, point, kind, ask).of(due.since)
    return found


class _Judging:
    """One kind at one measuring point against one pair of limits."""

    def __init__(
        self, connection: Connection, scribe: Scribe, party_id: int, point: Row[Any], kind: str, ask: Ask
    ) -> None:
        self._connection, self._scribe, self._party_id = connection, scribe, party_id
        self._point, self._kind, self._ask = point, kind, ask
        self._now = int(scribe.now().timestamp() * 1000)

    def of(self, since: int) -> Iterator[int]:
        found = list(runs(self._window(since), self._ask.limits))
        if found and found[-1].ended is None and self._point.until < FOREVER:
            found[-1] = _over(found[-1], self._point.until)
        known = self._known(found[0].began) if found else []
        for run in found:
            mine = [row for row in known if run.began <= row.began_at <= run.last]
            if mine:
                yield from self._grown(mine[0], run)
            elif run.lasted >= self._ask.limits.allowed:
                yield self._opened(run)

    def _window(self, since: int) -> Sequence[Reading]:
        limits, point = self._ask.limits, self._point
        values = {"sensor": point.sensor_id, "kind": self._kind, "first": point.since, "until": point.until,
                  "since": since, "low": _or(limits.low, limits.hysteresis, -1),
                  "high": _or(limits.high, -limits.hysteresis, 1)}  # fmt: skip
        start = self._connection.scalar(_BACK, values)
        rows = self._connection.execute(_READINGS, values | {"start": point.since if start is None else start})
        return [Reading(row.at, self._kind, row.value) for row in rows]

    def _known(self, first: int) -> Sequence[Row[Any]]:
        return self._connection.execute(_KNOWN, {
            "sensor": self._point.sensor_id, "point": self._point.id, "kind": self._kind, "of": self._ask.of,
            "low": self._ask.limits.low, "high": self._ask.limits.high, "first": first,
        }).all()  # fmt: skip

    def _opened(self, run: Run) -> int:
        limits, id = self._ask.limits, UUID(bytes=self._scribe.random(16), version=4)
        number = int(self._connection.execute(_OPEN, {
            "party": self._party_id, "id": id, "sensor": self._point.sensor_id, "point": self._point.id,
            "kind": self._kind, "of": self._ask.of, "low": limits.low, "high": limits.high,
            "allowed": limits.allowed // 1000, "hysteresis": limits.hysteresis, "now": self._now, **_measured(run),
        }).scalar_one())  # fmt: skip
        self._note_lots(number, run)
        self._tell("excursion.opened", number)
        if run.ended is not None:
            self._tell("excursion.ended", number)
        return number

    def _grown(self, row: Row[Any], run: Run) -> Iterator[int]:
        if run.ended is not None and (row.began_at, row.last_at, row.ended_at) == (run.began, run.last, run.ended):
            return
        self._connection.execute(_GROW, {"number": row.number, **_measured(run)})
        self._note_lots(row.number, run)
        if row.ended_at is None and run.ended is not None:
            self._tell("excursion.ended", row.number)
        yield int(row.number)

    def _tell(self, event: str, number: int) -> None:
        sensor = self._point.sensor_id
        notices.tell_of_excursion(self._connection, self._scribe, self._party_id, sensor, event, number)

    def _note_lots(self, number: int, run: Run) -> None:
        """Which lots were there for as long as is not allowed, from when to when."""
        until = max(self._now, run.last) + 1 if run.ended is None else max(run.ended, run.began + 1)
        for stay, span in self._there(Span(run.began, until)):
            if self._ask.concerns(stay.lot_id) and span.until - span.since >= self._ask.limits.allowed:
                gone = None if stay.span.until >= FOREVER else stay.span.until
                self._connection.execute(_LOT, {"excursion": number, "lot": stay.lot_id, "since": span.since,
                                                "until": gone})  # fmt: skip

    def _there(self, when: Span) -> Iterator[tuple[Stay, Span]]:
        """Stays for which this point was the nearest at that time."""
        lots = whereabouts.candidates(self._connection, self._party_id, when.since, self._point)
        there = [stay for stay in whereabouts.stays(self._connection, self._party_id, lots)
                 if not stay.span.cut(when).empty]  # fmt: skip
        for stay, near in whereabouts.watches(self._connection, self._party_id, self._kind, there).items():
            for watch, span in nearest(stay.span.cut(when), near):
                if watch.point == self._point.id:
                    yield stay, span


def _measured(run: Run) -> dict[str, Any]:
    return {"began": run.began, "last": run.last, "ended": run.ended, "worst": run.worst, "worst_at": run.worst_at,
            "readings": run.readings, "late": f"[{','.join(f'[{a},{b}]' for a, b in run.late)}]"}  # fmt: skip


def _over(run: Run, at: int) -> Run:
    """The sensor hangs elsewhere now: what it saw here ended then, as far as anybody knows."""
    return Run(run.began, run.last, at, run.worst, run.worst_at, run.readings, run.late)


def _or(limit: int | None, inside: int, side: int) -> int:
    return side * 2_000_000_000 if limit is None else limit + inside


_TAKE = text("""
    DELETE FROM warehouse.sensor_due WHERE sensor_id IN (SELECT sensor_id FROM warehouse.sensor_due
        WHERE party_id = :party AND sensor_id = :sensor FOR UPDATE) RETURNING since
""")
_POINTS = text("""
    SELECT * FROM (
        SELECT p.id, p.sensor_id, p.since, p.location_id, p.site_id, p.vehicle, s.kinds::text[] AS said,
            coalesce(lead(p.since) OVER (ORDER BY p.since), CAST(extract(epoch FROM s.retired_at) * 1000 AS bigint),
                4611686018427387904) AS until
        FROM warehouse.sensor_point p JOIN warehouse.sensor s ON s.id = p.sensor_id WHERE p.sensor_id = :sensor) hung
    WHERE until > :since ORDER BY since
""")
_BACK = text("""
    SELECT at FROM warehouse.reading WHERE sensor_id = :sensor AND kind = CAST(:kind AS warehouse.reading_kind)
        AND at < :since AND at >= :first AND value BETWEEN :low AND :high ORDER BY at DESC LIMIT 1
""")
_READINGS = text("""
    SELECT at, value FROM warehouse.reading
    WHERE sensor_id = :sensor AND kind = CAST(:kind AS warehouse.reading_kind) AND at >= :start AND at < :until
    ORDER BY at
""")
_KNOWN = text("""
    SELECT number, began_at, last_at, ended_at FROM warehouse.excursion
    WHERE sensor_id = :sensor AND point_id = :point AND kind = CAST(:kind AS warehouse.reading_kind) AND of = :of
        AND low IS NOT DISTINCT FROM CAST(:low AS integer) AND high IS NOT DISTINCT FROM CAST(:high AS integer)
        AND last_at >= :first ORDER BY began_at FOR UPDATE
""")
_OPEN = text("""
    INSERT INTO warehouse.excursion (party_id, id, sensor_id, point_id, kind, of, low, high, allowed_s, hysteresis,
        began_at, last_at, ended_at, worst, worst_at, readings, late, opened_at)
    VALUES (:party, :id, :sensor, :point, CAST(:kind AS warehouse.reading_kind), :of, :low, :high, :allowed,
        :hysteresis, :began, :last, :ended, :worst, :worst_at, :readings, CAST(:late AS jsonb), :now) RETURNING number
""")
_GROW = text("""
    UPDATE warehouse.excursion SET began_at = :began, last_at = :last, ended_at = :ended, worst = :worst,
        worst_at = :worst_at, readings = :readings, late = CAST(:late AS jsonb) WHERE number = :number
""")
_LOT = text("""
    INSERT INTO warehouse.excursion_lot (excursion, lot_id, since, until) VALUES (:excursion, :lot, :since, :until)
    ON CONFLICT (excursion, lot_id) DO UPDATE SET since = least(excursion_lot.since, excluded.since),
        until = excluded.until
""")

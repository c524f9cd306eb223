"""Where lots were, from when to when, by the movements that brought and took them; and which sensors watched them.

Times are those of recording: the ledger's own clock orders what happened, a date that somebody typed does not. A pallet
is carried without a leg, so the ground of what lies on it is told by the journals of the movements with that pallet.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, text

from service.domain.exposure import FOREVER, Span, Watch


@dataclass(frozen=True, slots=True)
class Stay:
    """Of a lot at a place; `ground` is where the pallet stood that the place is, else the place itself; `vehicle`: it
    was on its way, and place and ground are None."""

    lot_id: int
    place: int | None
    ground: int | None
    site: int | None
    span: Span
    vehicle: str | None = None


def stays(connection: Connection, party_id: int, lots: Collection[int]) -> list[Stay]:
    """All of them, of lots of this party, by lot and time."""
    legs = connection.execute(_LEGS, {"party": party_id, "lots": list(lots)}).all()
    grounds = _Grounds(connection, party_id, legs)
    there: dict[tuple[int, int], int] = defaultdict(int)
    since: dict[tuple[int, int], tuple[int, int]] = {}
    found: list[Stay] = []
    for leg in legs:
        key = (leg.lot_id, leg.place)
        before, there[key] = there[key], there[key] + leg.units
        if not before and there[key]:
            since[key] = (leg.recorded_at, leg.movement)
        elif before and not there[key]:
            found += grounds.of(leg, *since.pop(key), leg.recorded_at)
    last = {(leg.lot_id, leg.place): leg for leg in legs}
    for key, (begun, movement) in since.items():
        found += grounds.of(last[key], begun, movement, FOREVER)
    found += _on_the_way(connection, party_id, lots)
    return sorted((stay for stay in found if not stay.span.empty), key=lambda each: (each.lot_id, each.span))


class _Grounds:
    """Where pallets stood: by pallet, (number of the movement, its time, ground), in order."""

    def __init__(self, connection: Connection, party_id: int, legs: Iterable[Any]) -> None:
        self._stood: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
        pallets = {leg.place for leg in legs if leg.kind == "pallet"}
        first = min((leg.movement for leg in legs if leg.kind == "pallet"), default=None)
        if first is None:
            return
        for row in connection.execute(_CARRIED, {"party": party_id, "first": first}):
            told = orjson.loads(row.journal).get("pallet")
            if told and told[0] in pallets:
                self._stood[told[0]].append((row.number, row.recorded_at, told[4]))

    def of(self, leg: Any, begun: int, movement: int, until: int) -> list[Stay]:
        """A stay, cut where the pallet was carried elsewhere."""
        if leg.kind != "pallet":
            return [Stay(leg.lot_id, leg.place, leg.place, leg.site_id, Span(begun, until))]
        stood = self._stood[leg.place]
        before = [ground for number, _, ground in stood if number <= movement]
        cuts = [(at, ground) for number, at, ground in stood if number > movement and at < until]
        steps = [(begun, before[-1] if before else leg.within), *cuts]
        ends = [at for at, _ in steps[1:]] + [until]
        return [Stay(leg.lot_id, leg.place, ground, leg.site_id, Span(at, end))
                for (at, ground), end in zip(steps, ends, strict=True)]  # fmt: skip


def _on_the_way(connection: Connection, party_id: int, lots: Collection[int]) -> list[Stay]:
    return [
        Stay(row.lot_id, None, None, None, Span(row.since, FOREVER if row.until is None else row.until), row.vehicle)
        for row in connection.execute(_LOADED, {"party": party_id, "lots": list(lots)})
    ]


def watches(connection: Connection, party_id: int, kind: str, of: Iterable[Stay]) -> Mapping[Stay, list[Watch]]:
    """For each stay the sensors of this kind that could watch it, in the order of nearness."""
    hung = connection.execute(_HUNG, {"party": party_id, "kind": kind}).all()
    found: dict[Stay, list[Watch]] = {}
    for stay in of:
        found[stay] = sorted(
            (Watch(row.sensor_id, row.id, Span(row.since, row.until), level) for row in hung
             if (level := _level(stay, row)) is not None and not Span(row.since, row.until).cut(stay.span).empty),
            key=lambda each: (each.level, each.sensor, each.span))  # fmt: skip
    return found


def _level(stay: Stay, point: Any) -> int | None:
    if stay.vehicle is not None:
        return 0 if point.vehicle == stay.vehicle else None
    if point.location_id is not None:
        return 0 if point.location_id == stay.place else 1 if point.location_id == stay.ground else None
    return 2 if point.site_id is not None and point.site_id == stay.site else None


def candidates(connection: Connection, party_id: int, since: int, point: Any) -> list[int]:
    """Lots that may have been at a measuring point (`location_id`, `site_id`, `vehicle`) since then: what lies there
    now, and whatever a movement has touched since. Which of them were, `stays` says.

    Movements are found by their numbers, which rise with time but for those that were recorded at the same moment:
    the search begins a thousand before.
    """
    values = {"party": party_id, "since": since, "location": point.location_id, "site": point.site_id,
              "vehicle": point.vehicle}  # fmt: skip
    return [id for id, in connection.execute(_CANDIDATES, values)]


_LEGS = text("""
    SELECT g.lot_id, g.movement, g.place, sum(g.units)::bigint AS units, m.recorded_at, c.kind, c.within, c.site_id
    FROM warehouse.leg g JOIN warehouse.movement m ON m.number = g.movement
    JOIN warehouse.location c ON c.id = g.place
    WHERE g.lot_id = ANY(:lots) AND g.place > 0 AND c.party_id = :party
    GROUP BY g.lot_id, g.movement, g.place, m.recorded_at, c.id HAVING sum(g.units) <> 0
    ORDER BY g.movement, units
""")
_CARRIED = text("""
    SELECT number, recorded_at, journal FROM warehouse.movement
    WHERE party_id = :party AND number >= :first AND type IN ('pack', 'unpack', 'relocate') AND journal IS NOT NULL
    ORDER BY number
""")
_LOADED = text("""
    SELECT DISTINCT g.lot_id, v.vehicle, v.since, coalesce(v.until, a.recorded_at) AS until
    FROM warehouse.vehicle_load v JOIN warehouse.leg g ON g.movement = v.movement
    LEFT JOIN warehouse.handoff h ON h.movement = v.movement LEFT JOIN warehouse.movement a ON a.number = h.answer
    WHERE v.party_id = :party AND g.lot_id = ANY(:lots) ORDER BY 1, 3
""")
_HUNG = text("""
    SELECT p.id, p.sensor_id, p.since, p.location_id, p.site_id, p.vehicle,
        coalesce(lead(p.since) OVER (PARTITION BY p.sensor_id ORDER BY p.since),
            CAST(extract(epoch FROM s.retired_at) * 1000 AS bigint), 4611686018427387904) AS until
    FROM warehouse.sensor_point p JOIN warehouse.sensor s ON s.id = p.sensor_id
    WHERE p.party_id = :party AND (CAST(:kind AS text) IS NULL OR CAST(:kind AS text) = ANY (s.kinds::text[]))
""")
_CANDIDATES = text("""
    SELECT b.lot_id FROM warehouse.location c JOIN warehouse.balance b ON b.place = c.id AND b.place > 0 AND b.units > 0
    WHERE c.party_id = :party AND (c.id = :location OR c.within = :location OR c.site_id = :site)
    UNION
    SELECT l.id FROM warehouse.movement m JOIN warehouse.lot l ON l.party_id = :party AND l.uri = ANY (m.lots)
    WHERE m.party_id = :party AND m.recorded_at >= :since AND CAST(:vehicle AS text) IS NULL
        AND m.number > coalesce((SELECT number FROM warehouse.movement o
            WHERE o.party_id = :party AND o.recorded_at < :since ORDER BY o.number DESC LIMIT 1), 0) - 1000
    UNION
    SELECT g.lot_id FROM warehouse.vehicle_load v JOIN warehouse.leg g ON g.movement = v.movement
    WHERE v.party_id = :party AND v.vehicle = CAST(:vehicle AS text)
""")

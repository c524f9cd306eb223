"""What limits hold at a measuring point, and the goods that an excursion puts on hold.

    zone    the limit of the location; where it has none, of its site; of a vehicle its own. All that was there is held.
    item    the storage range of each item that was there (humidity: its `stability`). Lots of these items are held.

Goods are held in a quarantine case (`service.cases`) that a rule opens, with the readings as its first finding. A lot
that lies where it lay is held there. A lot of which something has left the place since is held wherever it lies: nobody
can tell its pieces apart. What rode on a vehicle is held where it arrives.

Goods on their way cannot be put on hold. While some are, the lot is still to be held, and is looked at again as soon as
that number is another: what arrives, or comes back, is held then; what somebody else took is his.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from service.cases.acts import find_case
from service.cases.opening import NewCaseOfGoods, open_case_of_goods
from service.cases.reviewing import find
from service.domain.cases import NothingToHold
from service.domain.excursions import Limits
from service.domain.exposure import FOREVER
from service.domain.sensors import UNITS, format_measure, told
from service.ledger.desk import Desk
from service.sensors import whereabouts
from service.sensors.limits import celsius

RULE = "sensors"
"""Who opens a case by rule: no person."""
MEASURED = 30
"""So many readings beyond the limits are named in the case, the first ones; the device has all."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Limits, and of which lots (None: of all that are there)."""

    of: str
    limits: Limits
    lots: frozenset[int] | None = None

    def concerns(self, lot: int) -> bool:
        return self.lots is None or lot in self.lots


def asks_of(connection: Connection, party_id: int, point: Row[Any], kind: str, since: int) -> Iterator[Ask]:
    """All limits that hold at this point for this kind of reading."""
    values = {"party": party_id, "kind": kind, "location": point.location_id, "site": point.site_id,
              "vehicle": point.vehicle}  # fmt: skip
    zone = connection.execute(_ZONE, values).first()
    if zone is not None:
        yield Ask("zone", Limits(zone.low, zone.high, zone.allowed_s * 1000, zone.hysteresis))
    lots = whereabouts.candidates(connection, party_id, since, point)
    found: dict[Limits, set[int]] = defaultdict(set)
    for row in connection.execute(_RANGES, {"lots": lots}):
        low, high = (celsius(row.storage_min), celsius(row.storage_max)) if kind == "temperature" else (
            row.humidity_min, row.humidity_max)
        if low is not None or high is not None:
            found[Limits(low, high, row.allowed_s * 1000, _narrow(low, high, row.hysteresis))].add(row.id)
    yield from (Ask("item", limits, frozenset(mine)) for limits, mine in found.items())


def _narrow(low: int | None, high: int | None, hysteresis: int) -> int:
    """A hysteresis that leaves no room to come back is cut: the range of an item may be narrower than it thought."""
    return hysteresis if low is None or high is None else min(hysteresis, (high - low) // 2)


def to_hold(connection: Connection, party_id: int) -> list[int]:
    """The numbers of excursions with lots that nobody has put on hold yet, but for those on their way since."""
    return [number for number, in connection.execute(_TO_HOLD, {"party": party_id})]


def hold(desk: Desk, number: int) -> UUID | None:
    """Put on hold what an excursion concerns and no case covers yet; the id of the case, None if there is nothing.

    Raises what recording raises: then it is still to be done.
    """
    excursion = desk.ask(_EXCURSION, party=desk.party_id, number=number)[0]
    lots = [row.lot_id for row in desk.ask(_LOTS, number=number)]
    desk.lock_lots(lots)
    goods, moving = _goods(desk, excursion, lots)
    id = UUID(bytes=desk.scribe.random(16), version=4)
    case: int | None = None
    try:
        if goods:
            case = open_case_of_goods(desk, NewCaseOfGoods(
                id=id, cause=excursion.kind, words=words_of(excursion), by=RULE, goods=goods))
            find(desk, find_case(desk, id), RULE, "Readings beyond the limits", _measured(desk, excursion))
    except NothingToHold:
        case = None
    desk.change(_HELD, number=number, lots=lots, moving=sorted(moving), case=case, now=desk.now)
    return None if case is None else id


def words_of(excursion: Row[Any]) -> str:
    """The reason, as it stands in the hold and on the board."""
    unit = UNITS[excursion.kind]
    limits = " to ".join("…" if each is None else format_measure(each) for each in (excursion.low, excursion.high))
    said = f"{excursion.code} at {excursion.point}: {format_measure(excursion.worst)} {unit}"
    return f"{said} at {told(excursion.worst_at)}, limits {limits} {unit}, since {told(excursion.began_at)}"[:180]


def _goods(desk: Desk, excursion: Row[Any], lots: list[int]) -> tuple[tuple[tuple[int, int | None], ...], set[int]]:
    """By lot and place (no place: wherever the lot lies); and of which lots what is on its way is concerned too."""
    found, moving = defaultdict[int, set[int | None]](set), set[int]()
    until = FOREVER if excursion.ended_at is None else excursion.ended_at
    for stay in whereabouts.stays(desk.connection, desk.party_id, lots):
        if _at(stay, excursion) and stay.span.since <= until and stay.span.until > excursion.began_at:
            places = _places(desk, stay, excursion)
            found[stay.lot_id] |= places
            if stay.vehicle is not None or None in places:
                moving.add(stay.lot_id)
    return tuple(sorted(((lot, None) if None in places else (lot, place) for lot, places in found.items()
                         for place in places), key=str)), moving  # fmt: skip


def _places(desk: Desk, stay: whereabouts.Stay, excursion: Row[Any]) -> set[int | None]:
    if stay.vehicle is not None:
        return {row.place for row in desk.ask(_CAME, lot=stay.lot_id, since=stay.span.until)}
    return {None if _left(desk, stay, excursion) else stay.place}


def _at(stay: whereabouts.Stay, excursion: Row[Any]) -> bool:
    if stay.vehicle is not None or excursion.vehicle is not None:
        return bool(stay.vehicle == excursion.vehicle)
    if excursion.location_id is not None:
        return excursion.location_id in (stay.place, stay.ground)
    return bool(excursion.site_id == stay.site)


def _left(desk: Desk, stay: whereabouts.Stay, excursion: Row[Any]) -> bool:
    """Whether anything of the lot has left that place since."""
    return bool(desk.ask(_GONE, lot=stay.lot_id, place=stay.place, since=excursion.began_at))


def _measured(desk: Desk, excursion: Row[Any]) -> list[Mapping[str, str]]:
    rows = desk.ask(_BEYOND, sensor=excursion.sensor_id, kind=excursion.kind, first=excursion.began_at,
                    last=excursion.last_at, low=excursion.low, high=excursion.high, most=MEASURED)
    return [{"name": f"{excursion.kind} {told(row.at)}", "value": format_measure(row.value),
             "unit": UNITS[excursion.kind]} for row in rows]  # fmt: skip


_ZONE = text("""
    SELECT z.low, z.high, z.allowed_s, z.hysteresis FROM warehouse.zone_limit z
    WHERE z.party_id = :party AND z.kind = CAST(:kind AS warehouse.reading_kind)
        AND (z.location_id = :location OR z.vehicle = CAST(:vehicle AS text) OR z.site_id = coalesce(
            CAST(:site AS bigint), (SELECT site_id FROM warehouse.location WHERE id = CAST(:location AS bigint))))
    ORDER BY z.site_id IS NOT NULL LIMIT 1
""")
_RANGES = text("""
    SELECT l.id, i.storage_min, i.storage_max, t.humidity_min, t.humidity_max, coalesce(t.allowed_s, 0) AS allowed_s,
        coalesce(t.hysteresis, 0) AS hysteresis
    FROM warehouse.lot l JOIN warehouse.item i ON i.id = l.item_id
    LEFT JOIN warehouse.stability t ON t.item_id = i.id WHERE l.id = ANY(:lots)
""")
# In transit between parties, between sites, or disputed: it may still come to a place of ours.
_MOVING = """
    SELECT coalesce(sum(b.units), 0) FROM warehouse.balance b WHERE b.lot_id = l.lot_id AND b.place IN (-3, -7, -10)
"""
_TO_HOLD = text(f"""
    SELECT DISTINCT e.number FROM warehouse.excursion e JOIN warehouse.excursion_lot l ON l.excursion = e.number
    WHERE e.party_id = :party AND l.seen_at IS NULL AND l.moving IS DISTINCT FROM ({_MOVING}) ORDER BY 1
""")  # noqa: S608
_EXCURSION = """
    SELECT e.*, s.code, p.location_id, p.site_id, p.vehicle,
        coalesce(z.code || '/' || c.code, t.code, p.vehicle) AS point
    FROM warehouse.excursion e JOIN warehouse.sensor s ON s.id = e.sensor_id
    JOIN warehouse.sensor_point p ON p.id = e.point_id
    LEFT JOIN warehouse.location c ON c.id = p.location_id LEFT JOIN warehouse.site z ON z.id = c.site_id
    LEFT JOIN warehouse.site t ON t.id = p.site_id
    WHERE e.party_id = :party AND e.number = :number FOR UPDATE OF e
"""
_LOTS = "SELECT lot_id FROM warehouse.excursion_lot WHERE excursion = :number AND seen_at IS NULL ORDER BY lot_id"
_GONE = """
    SELECT 1 FROM warehouse.leg g JOIN warehouse.movement m ON m.number = g.movement
    WHERE g.lot_id = :lot AND g.place = :place AND m.recorded_at >= :since
    GROUP BY g.movement HAVING sum(g.units) < 0 LIMIT 1
"""
_CAME = """
    SELECT DISTINCT g.place FROM warehouse.leg g JOIN warehouse.movement m ON m.number = g.movement
    WHERE g.lot_id = :lot AND g.place > 0 AND g.units > 0 AND m.recorded_at >= :since
"""
_BEYOND = """
    SELECT at, value FROM warehouse.reading
    WHERE sensor_id = :sensor AND kind = CAST(:kind AS warehouse.reading_kind) AND at BETWEEN :first AND :last
        AND (value < CAST(:low AS integer) OR value > CAST(:high AS integer)) ORDER BY at LIMIT :most
"""
_HELD = f"""
    UPDATE warehouse.excursion_lot l SET case_number = coalesce(:case, l.case_number), moving = m.units,
        seen_at = CASE WHEN m.units = 0 THEN :now END
    FROM (SELECT l.lot_id, CASE WHEN l.lot_id = ANY(CAST(:moving AS bigint[])) THEN ({_MOVING}) ELSE 0 END AS units
        FROM warehouse.excursion_lot l WHERE l.excursion = :number AND l.lot_id = ANY(:lots)) m
    WHERE l.excursion = :number AND l.lot_id = m.lot_id
"""  # noqa: S608

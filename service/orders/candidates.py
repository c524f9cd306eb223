"""The stock of an item as the allocator takes it: one query, in the allocator's own order, as far as it is needed.

The inner query walks the index of the order (`lot_by_expiry`, `lot_by_arrival`) and stops at its limit; only for what
it found the reservations are looked up. Under FEFO it begins where goods are young enough, and shows some of the older
ones to say why they were skipped. `service.domain.allocation` says why a prefix is enough; with whole pallets it is
not, and everything is read. Where an item asks that lots which have aged come first, no index has that order: all of
its stock is sorted.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from service.domain.allocation import Allocation, Candidate, Demand, allocate
from service.domain.expiry import day_at
from service.domain.reservations import Reservation
from service.ledger.adding import driver
from service.orders.reserved import Stock

FIRST, STEP, MOST = 64, 256, 32_768
"""How many rows are read at first, in which steps more, and at most: what lies in more places wants a count."""

OLD = 100
"""Of what is too old for the demand, so much is shown."""

_WEST = timedelta(hours=12)  # where the day ends last

# A limit that stands in the text lets the planner know how little is wanted.
_STOCK = """
    SELECT l.id AS lot_id, l.number, l.expiry_date, l.production_date, l.recall, b.place, b.status, b.units,
        c.code, c.kind, s.code AS site, s.zone, {aged} AS aged_to
    FROM warehouse.lot l JOIN warehouse.balance b ON b.lot_id = l.id AND b.place > 0 AND b.units > 0
    JOIN warehouse.location c ON c.id = b.place JOIN warehouse.site s ON s.id = c.site_id {ageing}
    WHERE l.item_id = %(item)s AND (%(lot)s::text IS NULL OR l.number = %(lot)s)
        AND (%(site)s::text IS NULL OR s.code = %(site)s)
"""
_PLAIN = {"aged": "NULL::date", "ageing": "", "soonest": "l.expiry_date", "key": "expiry_date"}
_AGED = {"aged": "a.usable_to", "ageing": "LEFT JOIN warehouse.lot_ageing a ON a.lot_id = l.id",
         "soonest": "least(l.expiry_date, a.usable_to)", "key": "least(expiry_date, aged_to)"}  # fmt: skip
_BY_LOT = _STOCK + " ORDER BY l.id {direction}, b.place, b.status LIMIT {limit}"
_BY_EXPIRY = f"""
    (SELECT * FROM ({_STOCK} AND l.expiry_date < %(floor)s
        ORDER BY l.expiry_date DESC, l.id DESC, b.place, b.status LIMIT {OLD}) AS old)
    UNION ALL
    (SELECT * FROM (
        (SELECT * FROM ({_STOCK} AND l.expiry_date >= %(floor)s
            ORDER BY {{soonest}}, l.id, b.place, b.status LIMIT {{limit}}) AS dated)
        UNION ALL
        (SELECT * FROM ({_STOCK} AND l.expiry_date IS NULL
            ORDER BY l.id, b.place, b.status LIMIT {{limit}}) AS undated)
    ) AS young ORDER BY {{key}}, lot_id, place, status LIMIT {{limit}})
"""  # noqa: S608
_CANDIDATES = """
    SELECT p.lot_id, p.place, p.status, p.units, p.number, p.expiry_date, p.production_date, p.recall, p.code, p.kind,
        p.site, p.zone, {arrived}, r.orders, r.units, r.expire, r.numbers,
        p.kind = 'pallet' AND NOT EXISTS (SELECT FROM warehouse.balance x WHERE x.place = p.place AND x.place > 0
            AND x.units > 0 AND (x.lot_id, x.status) <> (p.lot_id, p.status)),
        p.aged_to, p.expiry_date < %(floor)s IS TRUE
    FROM ({stock}) AS p
    CROSS JOIN LATERAL (SELECT array_agg(v.order_id) AS orders, array_agg(v.units) AS units,
            array_agg(v.expires_at) AS expire, array_agg(o.number) AS numbers
        FROM warehouse.reservation v JOIN warehouse.orders o ON o.id = v.order_id
        WHERE v.lot_id = p.lot_id AND v.place = p.place AND (v.expires_at IS NULL OR v.expires_at > %(now)s)) r
"""
_ARRIVED = """(SELECT m.recorded_at FROM warehouse.leg g JOIN warehouse.movement m ON m.number = g.movement
    WHERE g.lot_id = p.lot_id ORDER BY g.movement LIMIT 1)"""


def plan(
    connection: Connection, item_id: int, demand: Demand, planned: dict[Stock, list[Reservation]]
) -> tuple[Allocation, bool]:
    """What this demand gets of an item now, and whether there is more stock than was looked at.

    `planned` are reservations that the caller has decided on and not yet written.
    """
    limit = MOST if demand.whole_pallets else FIRST
    while True:
        candidates, more = read_candidates(connection, item_id, demand, limit, planned)
        found = allocate(candidates, demand)
        if not found.short or not more or limit == MOST:
            return found, more
        limit = _enough(limit, demand.units, demand.units - found.short)


def _enough(limit: int, wanted: int, covered: int) -> int:
    """How much to read next, in few different sizes: as much as should do, if the rest is like what was seen."""
    guess = limit * 5 * wanted // (4 * covered) if covered else 0
    return min(MOST, -(-max(4 * limit, guess) // STEP) * STEP)


def read_candidates(
    connection: Connection, item_id: int, demand: Demand, limit: int, planned: dict[Stock, list[Reservation]]
) -> tuple[list[Candidate], bool]:
    """The first `limit` places where the item lies, in the order of the demand's policy, and whether there may be more.

    Those that are too old wherever they lie come on top of it.
    """
    floor = (demand.now - _WEST).date() + timedelta(days=demand.min_days or 0)
    values = {"item": item_id, "lot": demand.lot, "site": demand.site, "now": demand.now, "floor": floor}
    days: dict[str, date] = {}
    rows = driver(connection).execute(_query(demand, limit), values).fetchall()
    counted = sum(not row[-1] for row in rows) if demand.policy == "FEFO" else len(rows)
    return [_candidate(row, demand.now, days, planned) for row in rows], counted >= limit


def _query(demand: Demand, limit: int) -> bytes:
    if demand.policy == "FEFO":
        order = _AGED if demand.by_age else _PLAIN
        stock, arrived = _BY_EXPIRY.format(limit=int(limit), **order), "NULL::bigint"
    else:
        stock = _BY_LOT.format(limit=int(limit), direction="DESC" if demand.policy == "LIFO" else "", **_PLAIN)
        arrived = _ARRIVED
    return _CANDIDATES.format(stock=stock, arrived=arrived).encode()


def _candidate(
    row: tuple[Any, ...], now: datetime, days: dict[str, date], planned: dict[Stock, list[Reservation]]
) -> Candidate:
    (lot_id, place, status, units, number, expiry, production, recall, code, kind, site, zone, arrived,
     orders, reserved, expire, numbers, pallet, aged, _) = row  # fmt: skip
    if zone not in days:
        days[zone] = day_at(now, zone)
    kept = tuple(_reservations(orders, reserved, expire, numbers)) + tuple(planned.get((lot_id, place), ()))
    return Candidate(
        lot_id, place, units, number, f"{site}/{code}", site, days[zone], status, expiry, production,
        day_at(datetime.fromtimestamp(arrived / 1000, now.tzinfo), zone) if arrived else None, pallet,
        recall is not None, kind == "quarantine", kept, aged,
    )  # fmt: skip


def _reservations(orders: Any, units: Any, expire: Any, numbers: Any) -> Iterator[Reservation]:
    if orders:
        for order, reserved, until, number in zip(orders, units, expire, numbers, strict=True):
            yield Reservation(order, reserved, until, number)

"""The stock of an item as the allocator takes it: one query, in the allocator's own order, as far as it is needed.

The inner query walks the index of the order (`lot_by_expiry`, `lot_by_arrival`) and stops at its limit; only for what
it found the places, the arrival and the reservations are looked up. `service.domain.allocation` says why a prefix is
enough; with whole pallets it is not, and everything is read.
"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from service.domain.allocation import Allocation, Candidate, Demand, Policy, allocate
from service.domain.reservations import Reservation
from service.ledger.copying import driver
from service.orders.reserved import Stock

PAGES = (256, 4_096, 32_768)
"""How many rows are read, and how many if that was not enough. More places than the last has no item."""

_INNER = {"FEFO": "l.expiry_date, l.id, b.place, b.status", "FIFO": "l.id, b.place, b.status",
          "LIFO": "l.id DESC, b.place, b.status"}  # fmt: skip
_OUTER = {policy: order.replace("l.id", "p.lot_id").replace("l.", "p.").replace("b.", "p.")
          for policy, order in _INNER.items()}

# A limit that stands in the text lets the planner know how little is wanted.
_CANDIDATES = """
    SELECT p.lot_id, p.place, p.status, p.units, p.number, p.expiry_date, p.production_date, p.recall, p.code, p.kind,
        p.site, p.zone, begun.movement, begun.recorded_at, r.orders, r.units, r.expire, r.numbers,
        p.kind = 'pallet' AND NOT EXISTS (SELECT FROM warehouse.balance x WHERE x.place = p.place AND x.place > 0
            AND x.units > 0 AND (x.lot_id, x.status) <> (p.lot_id, p.status))
    FROM (
        SELECT l.id AS lot_id, l.number, l.expiry_date, l.production_date, l.recall, b.place, b.status, b.units,
            c.code, c.kind, s.code AS site, s.zone
        FROM warehouse.lot l JOIN warehouse.balance b ON b.lot_id = l.id AND b.place > 0 AND b.units > 0
        JOIN warehouse.location c ON c.id = b.place JOIN warehouse.site s ON s.id = c.site_id
        WHERE l.item_id = %(item)s AND (%(lot)s::text IS NULL OR l.number = %(lot)s)
            AND (%(site)s::text IS NULL OR s.code = %(site)s)
        ORDER BY {inner} LIMIT {limit}
    ) AS p
    CROSS JOIN LATERAL (SELECT g.movement, m.recorded_at FROM warehouse.leg g
        JOIN warehouse.movement m ON m.number = g.movement WHERE g.lot_id = p.lot_id ORDER BY g.movement LIMIT 1) begun
    CROSS JOIN LATERAL (SELECT array_agg(v.order_id) AS orders, array_agg(v.units) AS units,
            array_agg(v.expires_at) AS expire, array_agg(o.number) AS numbers
        FROM warehouse.reservation v JOIN warehouse.orders o ON o.id = v.order_id
        WHERE v.lot_id = p.lot_id AND v.place = p.place AND (v.expires_at IS NULL OR v.expires_at > %(now)s)) r
    ORDER BY {outer}
"""


def plan(
    connection: Connection, item_id: int, demand: Demand, planned: dict[Stock, list[Reservation]]
) -> tuple[Allocation, bool]:
    """What this demand gets of an item now, and whether there is more stock than was looked at.

    `planned` are reservations that the caller has decided on and not yet written.
    """
    for limit in PAGES[-1:] if demand.whole_pallets else PAGES:
        candidates = read_candidates(connection, item_id, demand, limit, planned)
        found = allocate(candidates, demand)
        more = len(candidates) == limit
        if not found.short or not more:
            break
    return found, more


def read_candidates(
    connection: Connection, item_id: int, demand: Demand, limit: int, planned: dict[Stock, list[Reservation]]
) -> list[Candidate]:
    """The first `limit` places where the item lies, in the order of the demand's policy."""
    values = {"item": item_id, "lot": demand.lot, "site": demand.site, "now": demand.now}
    days: dict[str, date] = {}
    rows = driver(connection).execute(_query(demand.policy, limit), values)
    return [_candidate(row, demand.now, days, planned) for row in rows]


def _query(policy: Policy, limit: int) -> bytes:
    return _CANDIDATES.format(inner=_INNER[policy], outer=_OUTER[policy], limit=int(limit)).encode()


def _candidate(
    row: tuple[Any, ...], now: datetime, days: dict[str, date], planned: dict[Stock, list[Reservation]]
) -> Candidate:
    (lot_id, place, status, units, number, expiry, production, recall, code, kind, site, zone, arrival, arrived_at,
     orders, reserved, expire, numbers, pallet) = row  # fmt: skip
    if zone not in days:
        days[zone] = day_at(now, zone)
    kept = tuple(_reservations(orders, reserved, expire, numbers)) + tuple(planned.get((lot_id, place), ()))
    return Candidate(
        lot_id, place, units, number, f"{site}/{code}", site, days[zone], status, expiry, production, arrival,
        day_at(datetime.fromtimestamp(arrived_at / 1000, now.tzinfo), zone), pallet, recall is not None,
        kind == "quarantine", kept,
    )  # fmt: skip


def _reservations(orders: Any, units: Any, expire: Any, numbers: Any) -> Iterator[Reservation]:
    if orders:
        for order, reserved, until, number in zip(orders, units, expire, numbers, strict=True):
            yield Reservation(order, reserved, until, number)


def day_at(now: datetime, zone: str) -> date:
    """The date at a site, as `Book.today` has it: an expiry date ends at midnight of the place where the lot lies."""
    return now.astimezone(ZoneInfo(zone)).date()

"""Reservations as rows: which are live, for whom, and what they leave free. The one place that reads them for a rule.

    free_of(connection, [(lot_id, place), ...], for_order=None, now=now) -> {(lot_id, place): units}

Ask while you hold the lots: allocation reserves under the same locks, so the answer holds until you commit.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, text

from service.domain.reservations import Reservation, free_units

Stock = tuple[int, int]
"""A lot and a place."""

BLOCKED = """
    SELECT r.id, r.order_id, r.line, r.units, r.expires_at,
        CASE WHEN t.recall IS NOT NULL OR warehouse.expired(t.expiry_date, :at, s.zone) THEN r.units
            ELSE least(r.units, greatest(0, before.units + r.units - coalesce(b.units, 0))) END::bigint AS blocked
    FROM warehouse.reservation r JOIN warehouse.lot t ON t.id = r.lot_id
    JOIN warehouse.location p ON p.id = r.place JOIN warehouse.site s ON s.id = p.site_id
    LEFT JOIN warehouse.balance b ON (b.lot_id, b.place, b.status) = (r.lot_id, r.place, 'available')
    CROSS JOIN LATERAL (SELECT coalesce(sum(e.units), 0)::bigint AS units FROM warehouse.reservation e
        WHERE (e.lot_id, e.place) = (r.lot_id, r.place) AND (e.expires_at IS NULL OR e.expires_at > :now)
            AND (e.expires_at IS NOT NULL, e.id) < (r.expires_at IS NOT NULL, r.id)) before
    WHERE (r.expires_at IS NULL OR r.expires_at > :now)
"""
"""Live reservations, and how much of each cannot be used any more: the lot has expired or was recalled, or not so much
of it is available there (held, moved, gone, counted away). What there is goes to picked goods, then to who came first.
Wants `now`, and `at`: the same in milliseconds."""

_LIVE = """
    SELECT r.lot_id, r.place, r.order_id, r.units, r.expires_at, o.number
    FROM warehouse.reservation r JOIN warehouse.orders o ON o.id = r.order_id
    WHERE (r.lot_id, r.place) IN (SELECT * FROM unnest(CAST(:lots AS bigint[]), CAST(:places AS bigint[])))
        AND (r.expires_at IS NULL OR r.expires_at > :now)
"""
_BALANCES = """
    SELECT lot_id, place, units FROM warehouse.balance
    WHERE (lot_id, place) IN (SELECT * FROM unnest(CAST(:lots AS bigint[]), CAST(:places AS bigint[])))
        AND status = 'available'
"""


def live_reservations(
    connection: Connection, stock: Collection[Stock], now: datetime
) -> dict[Stock, list[Reservation]]:
    """The reservations of these lots at these places that count at `now`."""
    found: dict[Stock, list[Reservation]] = defaultdict(list)
    for row in connection.execute(text(_LIVE), _keys(stock) | {"now": now}):
        found[row.lot_id, row.place].append(Reservation(row.order_id, row.units, row.expires_at, row.number))
    return found


def free_of(
    connection: Connection, stock: Collection[Stock], *, for_order: int | None, now: datetime
) -> dict[Stock, int]:
    """What may be taken of the available stock, for this order or (None) for nobody's."""
    live = live_reservations(connection, stock, now)
    balances = {(row.lot_id, row.place): row.units for row in connection.execute(text(_BALANCES), _keys(stock))}
    return {key: free_units(balances.get(key, 0), live.get(key, ()), for_order, now=now) for key in stock}


def clock(now: datetime) -> dict[str, object]:
    """The values of `BLOCKED`."""
    return {"now": now, "at": int(now.timestamp() * 1000)}


def release_blocked(connection: Connection, order_id: int, now: datetime) -> None:
    """What cannot be used is set aside no longer, and nobody walks for it; under the lock of the order."""
    query = text(f"SELECT * FROM ({BLOCKED}) x WHERE order_id = :order AND blocked > 0")  # noqa: S608
    for row in connection.execute(query, clock(now) | {"order": order_id}).all():
        give_back(connection, row.id, row.units, row.blocked, "it cannot be used any more")


def give_back(connection: Connection, reservation_id: int, of: int, units: int, why: str) -> None:
    """So many `of` the units of a reservation are free again; if all are, `why` ends the stop of the walk for it."""
    values = {"id": reservation_id, "units": units, "why": why}
    for statement in (_END_STOP, _DELETE) if units >= of else (_REDUCE,):
        connection.execute(text(statement), values)


_END_STOP = """UPDATE warehouse.pick_line p SET ended = :why WHERE reservation_id = :id AND ended IS NULL
    AND p.units > (SELECT coalesce(sum(k.units), 0) FROM warehouse.pick k
                   WHERE k.list_id = p.list_id AND k.number = p.number)"""
_DELETE = "DELETE FROM warehouse.reservation WHERE id = :id"
_REDUCE = "UPDATE warehouse.reservation SET units = units - :units WHERE id = :id"


def _keys(stock: Collection[Stock]) -> dict[str, list[int]]:
    return {"lots": [lot for lot, _ in stock], "places": [place for _, place in stock]}

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


def _keys(stock: Collection[Stock]) -> dict[str, list[int]]:
    return {"lots": [lot for lot, _ in stock], "places": [place for _, place in stock]}

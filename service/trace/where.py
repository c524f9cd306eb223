"""Where the goods of some lots lie now: balances of the party's own places."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

# Expiry is judged at the site where the goods lie: the expiry date is the last usable day there.
_LYING = """
    FROM warehouse.balance b JOIN warehouse.lot ON lot.id = b.lot_id JOIN warehouse.item ON item.id = lot.item_id
    JOIN warehouse.location l ON l.id = b.place JOIN warehouse.site s ON s.id = l.site_id
    CROSS JOIN LATERAL (SELECT coalesce(
        lot.expiry_date < (to_timestamp(:now / 1000.0) AT TIME ZONE s.zone)::date, false) AS expired) day
    WHERE b.lot_id = ANY(:lots) AND b.place > 0 AND b.units > 0
"""
_BY_LOT = f"""
    SELECT b.lot_id, s.code || '/' || l.code AS location, b.status, day.expired, b.units, item.decimals {_LYING}
    ORDER BY b.lot_id, location, b.status
"""
_BY_PLACE = f"""
    SELECT s.code || '/' || l.code AS location, item.code AS item, item.unit, item.decimals, b.status, day.expired,
           sum(b.units)::bigint AS units, count(DISTINCT b.lot_id) AS lots {_LYING}
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 5, 6
"""


def by_lot(connection: Connection, lot_ids: Sequence[int], now: int) -> Iterator[Mapping[str, Any]]:
    """`now` in milliseconds."""
    return _asked(connection, _BY_LOT, lot_ids, now)


def by_place(connection: Connection, lot_ids: Sequence[int], now: int) -> Iterator[Mapping[str, Any]]:
    """Summed over the lots, for each place, item and status."""
    return _asked(connection, _BY_PLACE, lot_ids, now)


def _asked(connection: Connection, query: str, lot_ids: Sequence[int], now: int) -> Iterator[Mapping[str, Any]]:
    bound = text(query).bindparams(bindparam("lots", type_=ARRAY(BigInteger)))
    return iter(connection.execute(bound, {"lots": list(lot_ids), "now": now}).mappings())

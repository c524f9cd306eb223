"""Where the goods of some lots lie now: balances of the party's own places, and of the virtual ones.

Expiry is judged at the site where the goods lie: the expiry date is the last usable day there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from service.trace.closure import ids

_DAY = "warehouse.expired({0}.expiry_date, :now, s.zone)"

_BY_LOT = f"""
    SELECT b.lot_id, s.code || '/' || l.code AS location, b.status, {_DAY.format("lot")} AS expired,
           lot.recall IS NOT NULL AS recalled, b.units,
           item.decimals
    FROM warehouse.balance b JOIN warehouse.lot ON lot.id = b.lot_id JOIN warehouse.item ON item.id = lot.item_id
    JOIN warehouse.location l ON l.id = b.place JOIN warehouse.site s ON s.id = l.site_id
    WHERE b.lot_id = ANY(CAST(:lots AS bigint[])) AND b.place > 0 AND b.units > 0 ORDER BY b.lot_id, location, b.status
"""  # noqa: S608

# Names and days are looked up for the sums, not for each balance. A lot has one balance at a place in a status, so
# counting rows counts lots.
_BY_PLACE = f"""
    WITH wanted AS MATERIALIZED (
        SELECT id AS lot_id, item_id, expiry_date, recall IS NOT NULL AS recalled FROM warehouse.lot
        WHERE id = ANY(CAST(:lots AS bigint[]))
    ), stock AS (
        SELECT b.place, item_id, b.status, CASE WHEN b.place > 0 THEN expiry_date END AS expiry_date, recalled,
               sum(b.units)::bigint AS units, count(*) AS lots
        FROM wanted JOIN warehouse.balance b USING (lot_id) WHERE b.units <> 0 GROUP BY 1, 2, 3, 4, 5
        UNION ALL SELECT NULL, item_id, NULL, NULL, NULL, 0, count(*) FROM wanted GROUP BY item_id
    )
    SELECT CASE WHEN stock.place > 0 THEN 0 ELSE stock.place END AS place, s.code || '/' || l.code AS location,
           item.code AS item, item.unit, item.decimals, stock.status, {_DAY.format("stock")} AS expired,
           coalesce(stock.recalled, false) AS recalled,
           sum(stock.units)::bigint AS units, sum(stock.lots)::bigint AS lots
    FROM stock JOIN warehouse.item ON item.id = stock.item_id LEFT JOIN warehouse.location l ON l.id = stock.place
    LEFT JOIN warehouse.site s ON s.id = l.site_id
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY location, item, status, expired, recalled
"""  # noqa: S608


def by_lot(connection: Connection, lot_ids: Sequence[int], now: int) -> list[Mapping[str, Any]]:
    """Real places, for each lot; `now` in milliseconds."""
    return _asked(connection, _BY_LOT, lot_ids, now)


def by_place(connection: Connection, lot_ids: Sequence[int], now: int) -> list[Mapping[str, Any]]:
    """Summed over the lots, for each place, item and status; virtual places have no location, their number is below 0.

    One row more for each item has no place at all and counts its lots.
    """
    return _asked(connection, _BY_PLACE, lot_ids, now)


def _asked(connection: Connection, query: str, lot_ids: Sequence[int], now: int) -> list[Mapping[str, Any]]:
    return list(connection.execute(text(query), {"lots": ids(lot_ids), "now": now}).mappings())

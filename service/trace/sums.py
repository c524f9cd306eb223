"""Where the goods of a lot are, in total: its balance sheet.

    brought in + produced = here + in transit + in transfer + shipped + handed over + consumed + destroyed
                            + returned + adjusted + disputed

The left side and most of the right are balances of the lot's virtual places. What stands at CUSTOMER is told apart by
the movements that brought it there, from the legs: so the equation holds only if legs and balances say the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.quantities import format_quantity

SOURCES = ("brought_in", "produced")
SINKS = ("here", "in_transit", "in_transfer", "shipped", "handed_over", "consumed", "destroyed", "returned", "adjusted",
         "disputed")
SUMS = (*SOURCES, *SINKS)

# The numbers are those of service.domain.places.Virtual. ADJUSTMENT may have either sign: more than zero is what counts
# took away.
_BALANCES = """
    coalesce(-sum(units) FILTER (WHERE place = -1), 0)::bigint AS brought_in,
    coalesce(-sum(units) FILTER (WHERE place = -5), 0)::bigint AS produced,
    coalesce(sum(units) FILTER (WHERE place > 0), 0)::bigint AS here,
    coalesce(sum(units) FILTER (WHERE place > 0 AND status = 'available'), 0)::bigint AS available,
    coalesce(sum(units) FILTER (WHERE place = -3), 0)::bigint AS in_transit,
    coalesce(sum(units) FILTER (WHERE place = -7), 0)::bigint AS in_transfer,
    coalesce(sum(units) FILTER (WHERE place = -4), 0)::bigint AS consumed,
    coalesce(sum(units) FILTER (WHERE place = -6), 0)::bigint AS destroyed,
    coalesce(sum(units) FILTER (WHERE place = -8), 0)::bigint AS returned,
    coalesce(sum(units) FILTER (WHERE place = -9), 0)::bigint AS adjusted,
    coalesce(sum(units) FILTER (WHERE place = -10), 0)::bigint AS disputed
"""

TO_CUSTOMERS = "('ship', 'take_back')"
"""Movements between the party and customers who are not on this ledger; everything else at CUSTOMER was handed over."""

_GONE = f"""
    coalesce(sum(leg.units) FILTER (WHERE m.type IN {TO_CUSTOMERS}), 0)::bigint AS shipped,
    coalesce(sum(leg.units) FILTER (WHERE m.type NOT IN {TO_CUSTOMERS}), 0)::bigint AS handed_over
"""

_BY_LOT = text(f"""
    WITH wanted AS (SELECT unnest(:lots) AS lot_id),
    stock AS (SELECT lot_id, {_BALANCES} FROM warehouse.balance JOIN wanted USING (lot_id) GROUP BY lot_id),
    gone AS (SELECT leg.lot_id, {_GONE} FROM wanted JOIN warehouse.leg USING (lot_id)
             JOIN warehouse.movement m ON m.number = leg.movement WHERE leg.place = -2 GROUP BY leg.lot_id)
    SELECT lot.id, lot.uri, lot.number AS lot, item.code AS item, item.unit, item.decimals, lot.production_date,
           lot.expiry_date, stock.*, coalesce(gone.shipped, 0) AS shipped, coalesce(gone.handed_over, 0) AS handed_over
    FROM wanted JOIN warehouse.lot ON lot.id = wanted.lot_id JOIN warehouse.item ON item.id = lot.item_id
    JOIN stock ON stock.lot_id = lot.id LEFT JOIN gone ON gone.lot_id = lot.id ORDER BY lot.id
""").bindparams(bindparam("lots", type_=ARRAY(BigInteger)))  # noqa: S608

_BY_ITEM = text(f"""
    WITH wanted AS (SELECT lot.id AS lot_id, lot.item_id FROM warehouse.lot WHERE id = ANY(:lots)),
    stock AS (SELECT item_id, count(DISTINCT lot_id) AS lots, {_BALANCES} FROM warehouse.balance
              JOIN wanted USING (lot_id) GROUP BY item_id),
    gone AS (SELECT wanted.item_id, {_GONE} FROM wanted JOIN warehouse.leg USING (lot_id)
             JOIN warehouse.movement m ON m.number = leg.movement WHERE leg.place = -2 GROUP BY wanted.item_id)
    SELECT item.code AS item, item.unit, item.decimals, stock.*, coalesce(gone.shipped, 0) AS shipped,
           coalesce(gone.handed_over, 0) AS handed_over
    FROM stock JOIN warehouse.item ON item.id = stock.item_id LEFT JOIN gone USING (item_id) ORDER BY item.code
""").bindparams(bindparam("lots", type_=ARRAY(BigInteger)))  # noqa: S608


def of_lots(connection: Connection, lot_ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """Each lot with its master data and its sums in smallest units, by id."""
    return list(connection.execute(_BY_LOT, {"lots": list(lot_ids)}).mappings())


def of_items(connection: Connection, lot_ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """The sums over these lots for each item; what one of them gave to another counts as consumed and as produced."""
    return list(connection.execute(_BY_ITEM, {"lots": list(lot_ids)}).mappings())


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """The sums as decimals, and whether both sides of the equation agree."""
    sums: dict[str, Any] = {name: format_quantity(row[name], row["decimals"]) for name in SUMS}
    return sums | {"agree": sum(row[name] for name in SOURCES) == sum(row[name] for name in SINKS)}

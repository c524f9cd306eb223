"""Where the goods of a lot are, in total: its balance sheet.

    brought in + produced = here + in transit + in transfer + shipped + handed over + consumed + destroyed
                            + returned + adjusted + disputed

Every term is the sum of balances of the lot's places, real and virtual, so the equation holds only while they do.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, text

from service.domain.quantities import format_quantity
from service.trace.closure import ids

SOURCES = ("brought_in", "produced")
SINKS = ("here", "in_transit", "in_transfer", "shipped", "handed_over", "consumed", "destroyed", "returned", "adjusted",
         "disputed")
SUMS = (*SOURCES, *SINKS)
_SOURCE_PLACES = (-1, -5)
_OF_PLACE = {-1: "brought_in", -5: "produced", 0: "here", -3: "in_transit", -7: "in_transfer", -4: "consumed",
             -2: "shipped", -6: "destroyed", -8: "returned", -9: "adjusted", -10: "disputed", -11: "handed_over"}
"""`_OF_PLACE` goes by the numbers of service.domain.places.Virtual; 0 stands for all real places together."""

# The numbers are those of service.domain.places.Virtual. ADJUSTMENT may have either sign: more than zero is what counts
# took away.
_BALANCES = """
    coalesce(-sum(units) FILTER (WHERE place = -1), 0)::bigint AS brought_in,
    coalesce(-sum(units) FILTER (WHERE place = -5), 0)::bigint AS produced,
    coalesce(sum(units) FILTER (WHERE place > 0), 0)::bigint AS here,
    coalesce(sum(units) FILTER (WHERE place > 0 AND status = 'available'), 0)::bigint AS available,
    coalesce(sum(units) FILTER (WHERE place = -2), 0)::bigint AS shipped,
    coalesce(sum(units) FILTER (WHERE place = -11), 0)::bigint AS handed_over,
    coalesce(sum(units) FILTER (WHERE place = -3), 0)::bigint AS in_transit,
    coalesce(sum(units) FILTER (WHERE place = -7), 0)::bigint AS in_transfer,
    coalesce(sum(units) FILTER (WHERE place = -4), 0)::bigint AS consumed,
    coalesce(sum(units) FILTER (WHERE place = -6), 0)::bigint AS destroyed,
    coalesce(sum(units) FILTER (WHERE place = -8), 0)::bigint AS returned,
    coalesce(sum(units) FILTER (WHERE place = -9), 0)::bigint AS adjusted,
    coalesce(sum(units) FILTER (WHERE place = -10), 0)::bigint AS disputed
"""

_BY_LOT = text(f"""
    SELECT lot.id, lot.uri, lot.number AS lot, item.code AS item, item.unit, item.decimals, lot.production_date,
           lot.expiry_date, stock.*
    FROM warehouse.lot JOIN warehouse.item ON item.id = lot.item_id
    CROSS JOIN LATERAL (SELECT {_BALANCES} FROM warehouse.balance WHERE lot_id = lot.id) stock
    WHERE lot.id = ANY(CAST(:lots AS bigint[])) ORDER BY lot.id
""")  # noqa: S608


def of_lots(connection: Connection, lot_ids: Sequence[int]) -> list[Mapping[str, Any]]:
    """Each lot with its master data and its sums in smallest units, by id."""
    return list(connection.execute(_BY_LOT, {"lots": ids(lot_ids)}).mappings())


def of_items(lying: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The sums over all lots for each item; what one of them gave to another counts as consumed and as produced.

    `lying` are their balances by place (`where.by_place`).
    """
    lying = list(lying)
    found = {row["item"]: {**row, **dict.fromkeys((*SUMS, "available"), 0)} for row in lying if row["place"] is None}
    for row in lying:
        if row["place"] is not None:
            sign = -1 if row["place"] in _SOURCE_PLACES else 1
            found[row["item"]][_OF_PLACE[row["place"]]] += sign * row["units"]
        if row["place"] == 0 and row["status"] == "available":
            found[row["item"]]["available"] += row["units"]
    return [found[item] for item in sorted(found)]


def shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """The sums as decimals, and whether both sides of the equation agree."""
    sums: dict[str, Any] = {name: format_quantity(row[name], row["decimals"]) for name in SUMS}
    return sums | {"agree": sum(row[name] for name in SOURCES) == sum(row[name] for name in SINKS)}

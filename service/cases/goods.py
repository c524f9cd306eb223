"""The goods of a case as they are now: what of which lot is held under it, and where."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, text

from service.domain.places import Virtual
from service.domain.quantities import format_quantity

_WHERE = {Virtual.TRANSFER: "transfer", Virtual.DISPUTED: "disputed", Virtual.ADJUSTMENT: "lost"}


def goods_rows(connection: Connection, numbers: Sequence[int]) -> list[Any]:
    """Rows of the goods of these cases, by place, item and lot."""
    return list(connection.execute(_GOODS, {"numbers": list(numbers)}))


def present(rows: Sequence[Any]) -> list[Any]:
    """Without what counts did not find."""
    return [row for row in rows if row.place != Virtual.ADJUSTMENT]


def goods_shown(rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {"item": row.item, "lot": row.lot, "uri": row.uri, "location": row.at,
         "where": _WHERE.get(row.place, "place"), "quantity": format_quantity(row.units, row.decimals),
         "unit": row.unit, "expiry_date": row.expiry_date}
        for row in rows
    ]  # fmt: skip


_GOODS = text("""
    SELECT c.case_number, c.lot_id, c.place, c.units, i.code AS item, l.number AS lot, l.uri, l.expiry_date, i.decimals,
        i.unit, s.code || '/' || p.code AS at
    FROM warehouse.case_cover c JOIN warehouse.lot l ON l.id = c.lot_id JOIN warehouse.item i ON i.id = l.item_id
    LEFT JOIN warehouse.location p ON p.id = c.place LEFT JOIN warehouse.site s ON s.id = p.site_id
    WHERE c.case_number = ANY(:numbers) AND c.units > 0 ORDER BY at, item, lot
""")

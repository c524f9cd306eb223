"""Stock as of any past moment: the fold of the legs of every movement recorded up to then.

Nothing but legs is read, so the answer is what was true then, and a balance that had been tampered with would not show
here but as a finding of the integrity report. A recall is told if it is in force today and had begun by then. A page
folds the legs of its lots; a file folds all legs at once.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from service.domain.goods import goods_status
from service.domain.quantities import format_quantity
from service.papers.words import Words
from service.reports.report import (
    EXPIRY,
    GOODS_STATUS,
    ITEM,
    LOCATION,
    LOT,
    QUANTITY,
    STREAM,
    UNIT,
    URI,
    Asked,
    Report,
    Row,
    column,
    milliseconds,
)

# Lots in the order of their URIs that had something somewhere at that time.
_PAGE = text("""
    SELECT lot.id FROM warehouse.lot JOIN warehouse.item ON item.id = lot.item_id
    WHERE lot.party_id = :party AND (CAST(:item AS text) IS NULL OR item.code = :item)
        AND (CAST(:uri AS text) IS NULL OR lot.uri = :uri) AND (CAST(:after AS text) IS NULL OR lot.uri > :after)
        AND EXISTS (SELECT FROM warehouse.leg JOIN warehouse.movement m ON m.number = leg.movement
                    WHERE leg.lot_id = lot.id AND leg.place > 0 AND m.recorded_at <= :at
                    GROUP BY leg.place, leg.status HAVING sum(leg.units) > 0)
    ORDER BY lot.uri LIMIT :limit
""")

_FOLD = """
    WITH fold AS (
        SELECT leg.lot_id, leg.place, leg.status, sum(leg.units)::bigint AS units
        FROM warehouse.leg JOIN warehouse.movement m ON m.number = leg.movement
        WHERE {chosen} AND leg.place > 0 AND m.recorded_at <= :at
        GROUP BY leg.lot_id, leg.place, leg.status HAVING sum(leg.units) > 0
    )
    SELECT item.code AS item, item.name, lot.number AS lot, lot.uri, s.code || '/' || l.code AS location, fold.status,
           fold.units, item.unit, item.decimals, lot.expiry_date,
           warehouse.expired(lot.expiry_date, :at, s.zone) AS expired, coalesce(r.recorded_at <= :at, false) AS recalled
    FROM fold JOIN warehouse.lot ON lot.id = fold.lot_id JOIN warehouse.item ON item.id = lot.item_id
    JOIN warehouse.location l ON l.id = fold.place JOIN warehouse.site s ON s.id = l.site_id
    LEFT JOIN warehouse.movement r ON r.number = lot.recall
    WHERE lot.party_id = :party {filters} ORDER BY lot.uri, location, fold.status
"""
_OF_PAGE = text(_FOLD.format(chosen="leg.lot_id = ANY(:lots)", filters="")).bindparams(
    bindparam("lots", type_=ARRAY(BigInteger))
)
_MINE = "leg.lot_id IN (SELECT id FROM warehouse.lot WHERE party_id = :party)"
_OF_ALL = text(
    _FOLD.format(chosen=_MINE, filters="AND (CAST(:item AS text) IS NULL OR item.code = :item)"
                                       " AND (CAST(:uri AS text) IS NULL OR lot.uri = :uri)")
)


def rows(connection: Connection, asked: Asked) -> Iterator[Row]:
    at: datetime = asked.values.get("at") or asked.now
    values: dict[str, Any] = {"party": asked.party_id, "at": milliseconds(at), "item": asked.values.get("item"),
                              "uri": asked.values.get("lot")}
    if asked.limit is None:
        found = connection.execute(_OF_ALL, values, execution_options=STREAM)
    else:
        page = connection.execute(_PAGE, values | {"after": asked.after, "limit": asked.limit}).scalars()
        values = {"party": asked.party_id, "at": values["at"], "lots": list(page)}
        found = connection.execute(_OF_PAGE, values)
    return (_row(row) for row in found)


def _row(row: Any) -> Row:
    return {
        "item": row.item, "name": row.name, "lot": row.lot, "uri": row.uri, "location": row.location,
        "status": row.status,
        "goods_status": goods_status(row.status, expired=row.expired, recalled=row.recalled),
        "quantity": format_quantity(row.units, row.decimals), "unit": row.unit, "expiry_date": row.expiry_date,
    }  # fmt: skip


STOCK = Report(
    "stock", Words("Stock", "库存"),
    (ITEM, column("name", "Name", "品名", width=20), LOT, URI, LOCATION, GOODS_STATUS, QUANTITY, UNIT, EXPIRY),
    "uri", rows,
)  # fmt: skip

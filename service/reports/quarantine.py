"""What is on hold, where, since when and why.

A lot is held since the movement that first put some of it on hold after a time when none was; moving held goods about
changes nothing of that. The reasons are those of the movements since then that put more on hold.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from service.domain.goods import goods_status
from service.domain.quantities import format_quantity
from service.papers.words import Words
from service.reports.report import EXPIRY, ITEM, LOCATION, LOT, QUANTITY, STREAM, UNIT, URI, Asked, Report, Row, column
from service.trace.trace import moment

_HELD = text("""
    WITH lying AS (
        SELECT b.lot_id, b.place, b.units FROM warehouse.location l
        JOIN warehouse.balance b ON b.place = l.id AND b.place > 0 AND b.units > 0 AND b.status = 'hold'
        WHERE l.party_id = :party
    ), chosen AS (
        SELECT lot.id, lot.uri FROM warehouse.lot JOIN warehouse.item ON item.id = lot.item_id
        WHERE lot.id IN (SELECT lot_id FROM lying) AND (CAST(:item AS text) IS NULL OR item.code = :item)
            AND (CAST(:after AS text) IS NULL OR lot.uri > :after)
        ORDER BY lot.uri LIMIT :limit
    )
    SELECT item.code AS item, lot.number AS lot, lot.uri, s.code || '/' || l.code AS location, lying.units, item.unit,
           item.decimals, lot.expiry_date, held.*,
           warehouse.expired(lot.expiry_date, :now, s.zone) AS expired, lot.recall IS NOT NULL AS recalled
    FROM chosen JOIN lying ON lying.lot_id = chosen.id JOIN warehouse.lot ON lot.id = chosen.id
    JOIN warehouse.item ON item.id = lot.item_id
    JOIN warehouse.location l ON l.id = lying.place JOIN warehouse.site s ON s.id = l.site_id
    CROSS JOIN LATERAL (
        WITH step AS (
            SELECT movement, sum(units) AS net, sum(sum(units)) OVER (ORDER BY movement) AS held
            FROM warehouse.leg WHERE leg.lot_id = chosen.id AND leg.place > 0 AND leg.status = 'hold' GROUP BY movement
        ), began AS (SELECT coalesce(max(movement), 0) AS after FROM step WHERE held = 0)
        SELECT min(m.recorded_at) AS since, string_agg(DISTINCT coalesce(m.content::json ->> 'reason', m.type), '; ')
            AS reasons, (array_agg(m.id ORDER BY m.number))[1] AS movement,
            (array_agg(m.type ORDER BY m.number))[1] AS type
        FROM step CROSS JOIN began JOIN warehouse.movement m ON m.number = step.movement
        WHERE step.movement > began.after AND step.net > 0
    ) held
    ORDER BY lot.uri, location
""")


def rows(connection: Connection, asked: Asked) -> Iterator[Row]:
    values = {"party": asked.party_id, "now": asked.milliseconds, "item": asked.values.get("item"),
              "after": asked.after, "limit": asked.limit}
    for row in connection.execute(_HELD, values, execution_options=STREAM):
        yield _row(row, asked)


def _row(row: Any, asked: Asked) -> Row:
    since = moment(row.since)
    return {
        "item": row.item, "lot": row.lot, "uri": row.uri, "location": row.location,
        "goods_status": goods_status("hold", expired=row.expired, recalled=row.recalled),
        "quantity": format_quantity(row.units, row.decimals), "unit": row.unit, "expiry_date": row.expiry_date,
        "since": since, "days": (asked.now - since).days, "type": row.type, "reasons": row.reasons,
        "movement": row.movement,
    }  # fmt: skip


QUARANTINE = Report(
    "quarantine", Words("On hold", "冻结库存"),
    (ITEM, LOT, URI, LOCATION, column("goods_status", "Goods status", "货物状态", width=10), QUANTITY, UNIT, EXPIRY,
     column("since", "On hold since", "冻结起始", "moment", 16), column("days", "Days", "天数", "whole", 6),
     column("type", "By", "来源", width=10), column("reasons", "Reasons", "原因", width=30),
     column("movement", "Movement", "移动编号", width=20)),
    "uri", rows,
)  # fmt: skip

"""Turnover of a period: what was there, what came, what went, what is there, by lot or by item.

    opening + received + produced - shipped - handed over - consumed - destroyed + other = closing
    opening + came - went = closing

The period is `from` <= recorded_at < `to`. What moves between places of the party does not turn over; it is judged by
the sum of a movement's legs in real places. Offers that came back (refused, withdrawn) lower what was handed over.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text

from service.domain.quantities import format_quantity
from service.papers.words import Words
from service.reports.report import ITEM, LOT, STREAM, UNIT, URI, Asked, Report, Row, column, milliseconds

_FIGURES = ("opening", "came", "went", "closing", "received", "produced", "shipped", "handed_over", "consumed",
            "destroyed", "other")

# Within the period; `net` > 0 came into the party's own places.
_CLASSES = {
    "received": ("net", "type IN ('register', 'receive', 'accept')"),
    "produced": ("net", "type IN ('split', 'merge', 'repack', 'produce', 'rework') AND net > 0"),
    "consumed": ("-net", "type IN ('split', 'merge', 'repack', 'produce', 'rework') AND net < 0"),
    "shipped": ("-net", "type IN ('ship', 'take_back')"),
    "handed_over": ("-net", "type IN ('offer', 'refuse', 'withdraw')"),
    "destroyed": ("-net", "type = 'destroy'"),
    "came": ("net", "net > 0"),
    "went": ("-net", "net < 0"),
}
_NAMED = """'register', 'receive', 'accept', 'split', 'merge', 'repack', 'produce', 'rework', 'ship', 'take_back',
            'offer', 'refuse', 'withdraw', 'destroy'"""
_SUMS = ",\n".join(
    f"coalesce(sum({what}) FILTER (WHERE recorded_at >= :from AND {when}), 0)::bigint AS {name}"
    for name, (what, when) in _CLASSES.items()
)

_TURNOVER = """
    WITH moved AS (
        SELECT leg.lot_id, lot.item_id, m.type, m.recorded_at, sum(leg.units)::bigint AS net
        FROM warehouse.lot JOIN warehouse.leg ON leg.lot_id = lot.id
        JOIN warehouse.movement m ON m.number = leg.movement
        WHERE lot.party_id = :party AND leg.place > 0 AND m.recorded_at < :to {chosen}
        GROUP BY leg.lot_id, lot.item_id, m.number HAVING sum(leg.units) <> 0
    ), turned AS (
        SELECT {by} AS id, coalesce(sum(net) FILTER (WHERE recorded_at < :from), 0)::bigint AS opening,
            coalesce(sum(net), 0)::bigint AS closing,
            coalesce(sum(net) FILTER (WHERE recorded_at >= :from AND type NOT IN ({named})), 0)::bigint AS other,
            {sums}
        FROM moved GROUP BY 1
        HAVING coalesce(sum(net) FILTER (WHERE recorded_at < :from), 0) <> 0 OR bool_or(recorded_at >= :from)
    )
"""
_CHOSEN = """AND (CAST(:item AS text) IS NULL
            OR lot.item_id IN (SELECT id FROM warehouse.item WHERE party_id = :party AND code = :item))
        AND (CAST(:lot AS text) IS NULL OR lot.uri = :lot) AND (CAST(:after AS text) IS NULL OR {after} > :after)"""
_BY_LOT = _TURNOVER.format(by="lot_id", sums=_SUMS, named=_NAMED, chosen=_CHOSEN.format(after="lot.uri")) + """
    SELECT turned.*, item.code AS item, item.unit, item.decimals, lot.number AS lot, lot.uri
    FROM turned JOIN warehouse.lot ON lot.id = turned.id JOIN warehouse.item ON item.id = lot.item_id
    ORDER BY lot.uri LIMIT :limit
"""  # noqa: S608
_ITEM_AFTER = "(SELECT code FROM warehouse.item WHERE item.id = lot.item_id)"
_BY_ITEM = _TURNOVER.format(by="item_id", sums=_SUMS, named=_NAMED, chosen=_CHOSEN.format(after=_ITEM_AFTER)) + """
    SELECT turned.*, item.code AS item, item.unit, item.decimals, NULL AS lot, NULL AS uri
    FROM turned JOIN warehouse.item ON item.id = turned.id ORDER BY item.code LIMIT :limit
"""  # noqa: S608


def by_lot(connection: Connection, asked: Asked) -> Iterator[Row]:
    return _rows(connection, asked, _BY_LOT)


def by_item(connection: Connection, asked: Asked) -> Iterator[Row]:
    return _rows(connection, asked, _BY_ITEM)


def _rows(connection: Connection, asked: Asked, query: str) -> Iterator[Row]:
    values = {
        "party": asked.party_id, "from": milliseconds(asked.values["from_"]),
        "to": milliseconds(asked.values.get("to") or asked.now) + (0 if asked.values.get("to") else 1),
        "item": asked.values.get("item"), "lot": asked.values.get("lot"), "after": asked.after, "limit": asked.limit,
    }  # fmt: skip
    return (_row(row) for row in connection.execute(text(query), values, execution_options=STREAM))


def _row(row: Any) -> Row:
    figures = {name: format_quantity(getattr(row, name), row.decimals) for name in _FIGURES}
    return {"item": row.item, "lot": row.lot, "uri": row.uri, "unit": row.unit, **figures}


_NUMBERS = tuple(
    column(name, en, zh, "quantity", 10)
    for name, en, zh in (
        ("opening", "Opening", "期初"), ("came", "In", "入库"), ("went", "Out", "出库"), ("closing", "Closing", "期末"),
        ("received", "Received", "收货"), ("produced", "Produced", "产出"), ("shipped", "Shipped", "发货"),
        ("handed_over", "Handed over", "移交"), ("consumed", "Consumed", "消耗"), ("destroyed", "Destroyed", "销毁"),
        ("other", "Other", "其他"),
    )
)  # fmt: skip
_TITLE = Words("Turnover", "收发存")
TURNOVER_BY_LOT = Report("turnover", _TITLE, (ITEM, LOT, URI, UNIT, *_NUMBERS), "uri", by_lot)
TURNOVER_BY_ITEM = Report("turnover", _TITLE, (ITEM, UNIT, *_NUMBERS), "item", by_item)

"""What a production order has used up and made, read from the movements that were recorded for it.

    runs_of(connection, order_id) -> [Run(movement, type, ..., loss, goods)]     in the order of recording
    made_stock(connection, order_id) -> rows                                     where the lots it made are now
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from service.domain.orders_balance import Portion

_RUNS = """
    SELECT m.number, m.id, m.type, m.recorded_at, CAST(m.content AS jsonb) ->> 'loss' AS loss
    FROM warehouse.movement m
    WHERE m.number IN (SELECT movement FROM warehouse.fulfilment WHERE order_id = :order) ORDER BY m.number
"""
_GOODS = """
    SELECT g.movement, sum(g.units)::bigint AS units, i.code AS item, i.unit, i.decimals, i.content, i.content_unit,
        t.number AS lot, t.uri, s.code || '/' || p.code AS location
    FROM warehouse.leg g JOIN warehouse.lot t ON t.id = g.lot_id JOIN warehouse.item i ON i.id = t.item_id
    JOIN warehouse.location p ON p.id = g.place JOIN warehouse.site s ON s.id = p.site_id
    WHERE g.movement = ANY(:movements) AND g.place > 0
    GROUP BY g.movement, i.id, t.id, s.code, p.code ORDER BY g.movement, min(g.line), t.id
"""
_STOCK = """
    SELECT i.code AS item, i.unit, i.decimals, t.number AS lot, t.uri, b.place, s.code || '/' || p.code AS location,
        b.status, t.recall IS NOT NULL AS recalled, b.units
    FROM warehouse.balance b JOIN warehouse.lot t ON t.id = b.lot_id JOIN warehouse.item i ON i.id = t.item_id
    LEFT JOIN warehouse.location p ON p.id = b.place LEFT JOIN warehouse.site s ON s.id = p.site_id
    WHERE b.units > 0 AND t.id IN (
        SELECT f.lot_id FROM warehouse.fulfilment f JOIN warehouse.order_line l USING (order_id, line)
        WHERE f.order_id = :order AND l.role <> 'component')
    ORDER BY t.id, b.place DESC, b.status
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One movement. Of `goods` (rows of the database) what was used up has units below zero."""

    movement: UUID
    type: str
    recorded_at: int
    loss: str | None
    goods: Sequence[Row[Any]]

    @property
    def inputs(self) -> list[Row[Any]]:
        return [row for row in self.goods if row.units < 0]

    @property
    def outputs(self) -> list[Row[Any]]:
        return [row for row in self.goods if row.units > 0]

    @property
    def portions(self) -> list[Portion]:
        """The same in the measures of the items."""
        return [Portion(row.content_unit or row.unit, _content(row)) for row in self.goods]


def _content(row: Row[Any]) -> Fraction:
    return Fraction(row.units, 10**row.decimals) * Fraction(row.content or 1)


def runs_of(connection: Connection, order_id: int) -> list[Run]:
    rows = connection.execute(text(_RUNS), {"order": order_id}).all()
    goods: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(text(_GOODS), {"movements": [row.number for row in rows]}):
        goods[row.movement].append(row)
    return [Run(row.id, row.type, row.recorded_at, row.loss, goods[row.number]) for row in rows]


def made_stock(connection: Connection, order_id: int) -> Sequence[Row[Any]]:
    """All there is of the lots that the order made, also what others made of the same lots, and what has left."""
    return connection.execute(text(_STOCK), {"order": order_id}).all()

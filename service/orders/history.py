"""What was recorded against an order, in the order of recording; and which lots are set aside for it now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

MOST = 1_000
"""Rows shown of one order."""

_HISTORY = """
    SELECT f.line, l.role, f.units, f.damaged, m.id, m.type, m.recorded_at, f.movement,
        coalesce(h.state, 'done') AS state, i.code AS item, i.name, i.spec, i.storage_min, i.storage_max, i.gtin,
        i.unit, i.decimals, t.id AS lot_id, t.number AS lot, t.uri, t.manufacturer_lot, t.production_date,
        t.expiry_date, s.code || '/' || p.code AS place, f.place AS place_id
    FROM warehouse.fulfilment f JOIN warehouse.order_line l USING (order_id, line)
    JOIN warehouse.movement m ON m.number = f.movement
    LEFT JOIN warehouse.handoff h ON h.movement = f.movement
    JOIN warehouse.lot t ON t.id = f.lot_id JOIN warehouse.item i ON i.id = t.item_id
    JOIN warehouse.location p ON p.id = f.place JOIN warehouse.site s ON s.id = p.site_id
    WHERE f.order_id = :order AND (CAST(:movement AS uuid) IS NULL OR m.id = :movement)
    ORDER BY f.movement, f.line, f.part LIMIT :most
"""

_ASIDE = """
    SELECT r.line, r.units, r.expires_at, i.code AS item, i.unit, i.decimals, t.number AS lot, t.uri,
        s.code || '/' || p.code AS place
    FROM warehouse.reservation r JOIN warehouse.lot t ON t.id = r.lot_id JOIN warehouse.item i ON i.id = t.item_id
    JOIN warehouse.location p ON p.id = r.place JOIN warehouse.site s ON s.id = p.site_id
    WHERE r.order_id = :order AND (r.expires_at IS NULL OR r.expires_at > :now)
    ORDER BY r.line, r.expires_at NULLS FIRST, t.expiry_date, r.id LIMIT :most
"""


def set_aside(connection: Connection, order_id: int, now: datetime) -> Sequence[Row[Any]]:
    """Reserved until `expires_at`, or picked and waiting to leave (null)."""
    return connection.execute(text(_ASIDE), {"order": order_id, "now": now, "most": MOST}).all()


def history(connection: Connection, order_id: int, movement: object = None) -> Sequence[Row[Any]]:
    """All that was done for this order, or what one movement did."""
    values = {"order": order_id, "movement": movement, "most": MOST}
    return connection.execute(text(_HISTORY), values).all()


def was_recorded(connection: Connection, order_id: int, movement: int) -> bool:
    """Whether this movement has its rows for this order already: then the request is a retry."""
    query = "SELECT EXISTS (SELECT FROM warehouse.fulfilment WHERE movement = :movement AND order_id = :order)"
    return bool(connection.execute(text(query), {"movement": movement, "order": order_id}).scalar_one())

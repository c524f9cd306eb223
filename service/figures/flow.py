"""How stock flows: turnover and days of stock of each item, and how long goods stand where they only pass.

    turnover       what left in the period / the mean of stock at its begin and at its end
    days of stock  stock now / what left a day

What left was shipped, handed over (offers that came back are taken off) or used up in production. Quantities of
different items do not add up, so of the whole house there are medians of its items.
"""

from statistics import median
from typing import Any

from sqlalchemy import Connection, text

from service.domain.quantities import format_quantity
from service.figures import Period, hours

MOST_ITEMS = 100

_PACE = text("""
    SELECT item.code, item.name, item.unit, item.decimals, p.stock, p.gone, p.net
    FROM warehouse.item_pace(:party, :since, :now) p JOIN warehouse.item ON item.id = p.item_id
    WHERE p.stock > 0 OR p.gone > 0 ORDER BY item.code
""")
_STAYS = text("SELECT kind, stays, p50, p95 FROM warehouse.stays(:party, :since, :now) ORDER BY kind")


def pace(connection: Connection, asked: Period) -> dict[str, Any]:
    """Medians, and the items that last longest first; items that nothing left of have no days and come before all."""
    found = [_item(row, asked.days) for row in connection.execute(_PACE, _values(asked))]
    found.sort(key=lambda item: (item["days_of_stock"] is not None, -(item["days_of_stock"] or 0)))
    return {
        "turnover": _median(item["turnover"] for item in found),
        "days_of_stock": _median(item["days_of_stock"] for item in found),
        "items": len(found), "resting": sum(item["days_of_stock"] is None for item in found),
        "slowest": found[:MOST_ITEMS],
    }  # fmt: skip


def _item(row: Any, days: float) -> dict[str, Any]:
    mean = row.stock - row.net / 2
    return {
        "item": row.code, "name": row.name, "unit": row.unit, "stock": format_quantity(row.stock, row.decimals),
        "left": format_quantity(max(0, row.gone), row.decimals),
        "turnover": round(row.gone / mean, 2) if mean > 0 and row.gone >= 0 else None,
        "days_of_stock": round(row.stock / row.gone * days, 1) if row.gone > 0 else None,
    }  # fmt: skip


def stays(connection: Connection, asked: Period) -> list[dict[str, Any]]:
    """By kind of place: hours, of stays that began and ended in the period."""
    return [{"kind": row.kind, "stays": row.stays, "p50_hours": hours(row.p50), "p95_hours": hours(row.p95)}
            for row in connection.execute(_STAYS, _values(asked))]  # fmt: skip


def _values(asked: Period) -> dict[str, int]:
    return {"party": asked.party_id, "since": asked.since, "now": asked.now}


def _median(values: Any) -> float | None:
    told = [value for value in values if value is not None]
    return round(median(told), 2) if told else None

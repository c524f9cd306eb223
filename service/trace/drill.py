"""A recall drill: what a recall of this lot would hold and whom it would notify, and how long it took to know.

Nothing is held and nobody is told. What was found is kept as it was found (`warehouse.recall_drill`), because an
inspector asks when the last drill was and whether it was quick enough.
"""

from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, insert, select, tuple_

from service.domain.goods import goods_status
from service.domain.quantities import format_quantity
from service.models.tables import lot
from service.models.trace import recall_drill
from service.trace import edges, sums, where
from service.trace.closure import descendants, prepare
from service.trace.edges import Ends
from service.trace.trace import moment

# What a recall goes after: goods that can be stopped, and goods that somebody must be told of.
_REACHED = ("here", "available", "in_transit", "in_transfer", "shipped", "handed_over", "disputed")


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose drill, of which lot; `started` by the house's clock."""

    id: UUID
    party_id: int
    actor: str
    uri: str
    started: datetime


def drill(connection: Connection, asked: Asked) -> dict[str, Any] | None:
    """The finding, with what would be held and who would be told; None if the party has no such lot."""
    begun = perf_counter()
    prepare(connection)
    wanted = select(lot.c.id).where(lot.c.party_id == asked.party_id, lot.c.uri == asked.uri)
    lot_id = connection.scalar(wanted)
    if lot_id is None:
        return None
    now, reached = int(asked.started.timestamp() * 1000), [lot_id, *descendants(connection, [lot_id])]
    lying = where.by_place(connection, reached, now)
    hold = [_place(row) for row in lying if row["place"] == 0]
    ends = Ends([], reached)
    ways = edges.totals(connection, ends)
    told = [row for row in ways if row["kind"] in ("shipped", "handed_over")]
    quantities = [_quantities(row) for row in sums.of_items(lying)]
    kept: dict[str, Any] = {
        "id": asked.id, "party_id": asked.party_id, "lot_id": lot_id, "actor": asked.actor, "started_at": now,
        "took_ms": round((perf_counter() - begun) * 1000), "lots": len(reached),
        "places": len({each["location"] for each in hold}), "parties": len(_names(told, "handed_over")),
        "customers": len(_names(told, "shipped")), "quantities": orjson.dumps(quantities).decode(),
    }  # fmt: skip
    connection.execute(insert(recall_drill).values(kept))
    return shown(kept, asked.uri) | {"would_hold": hold, "would_notify": [_told(row) for row in told]}


def listed(connection: Connection, party_id: int, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """The drills of a party, the newest first; `after` is the id of the last one seen."""
    kept = recall_drill.c
    query = select(recall_drill, lot.c.uri).join(lot, lot.c.id == kept.lot_id).where(kept.party_id == party_id)
    if after is not None:
        last = select(kept.started_at, kept.id).where(kept.id == after, kept.party_id == party_id)
        found = connection.execute(last).one_or_none()
        if found is None:
            return []
        query = query.where(tuple_(kept.started_at, kept.id) < tuple(found))
    rows = connection.execute(query.order_by(kept.started_at.desc(), kept.id.desc()).limit(limit))
    return [shown(dict(row._mapping), row.uri) for row in rows]


def shown(kept: dict[str, Any], uri: str) -> dict[str, Any]:
    return {
        "id": kept["id"], "lot": uri, "by": kept["actor"], "started_at": moment(kept["started_at"]),
        "took_ms": kept["took_ms"], "lots": kept["lots"], "places": kept["places"], "parties": kept["parties"],
        "customers": kept["customers"], "quantities": orjson.loads(kept["quantities"]),
    }  # fmt: skip


def _names(rows: list[Any], kind: str) -> set[str]:
    return {row["who"] for row in rows if row["kind"] == kind}


def _quantities(row: Any) -> dict[str, Any]:
    amounts = {name: format_quantity(row[name], row["decimals"]) for name in _REACHED}
    return {"item": row["item"], "unit": row["unit"], **amounts}


def _place(row: Any) -> dict[str, Any]:
    return {
        "location": row["location"], "item": row["item"],
        "goods_status": goods_status(row["status"], expired=row["expired"], recalled=row["recalled"]),
        "quantity": format_quantity(row["units"], row["decimals"]), "unit": row["unit"], "lots": row["lots"],
    }  # fmt: skip


def _told(row: Any) -> dict[str, Any]:
    return {
        "name": row["who"], "is": "customer" if row["kind"] == "shipped" else "party", "state": row["state"],
        "item": row["item"], "quantity": format_quantity(row["units"], row["decimals"]), "unit": row["unit"],
    }  # fmt: skip

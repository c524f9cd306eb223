"""A trace: the lots around one lot as nodes, the ways between them as edges, and the totals over all of them.

The totals are always over everything; of nodes and edges the oldest are listed, up to a limit, and it says so where
there are more. A trace is a fixed number of queries, however large it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, select

from service.domain.goods import goods_status
from service.domain.quantities import format_quantity
from service.models.tables import lot
from service.proof.standing import records
from service.trace import edges, sums, where
from service.trace.closure import prepare, reached
from service.trace.edges import Ends

Direction = Literal["both", "backward", "forward"]
_ROLES = {"arrival": "suppliers", "taken_over": "senders", "shipped": "customers", "handed_over": "receivers",
          "returned": "returned_to"}
_BEGINS_AT_LOT = ("shipped", "returned", "destroyed", "handed_over")


@dataclass(frozen=True, slots=True)
class Traced:
    """The lots that a trace found: both of the ends hold the lot itself where that way was asked for."""

    lot_id: int
    ends: Ends

    def relation(self, lot_id: int) -> str:
        """Children are younger than their parents: an id tells on which side of the lot it is (INV-S3)."""
        if lot_id == self.lot_id:
            return "itself"
        return "ancestor" if lot_id < self.lot_id else "descendant"


def find(
    connection: Connection, party_id: int, uri: str, direction: Direction = "both", depth: int | None = None
) -> Traced | None:
    """None if this party has no such lot."""
    prepare(connection)
    wanted = select(lot.c.id).where(lot.c.party_id == party_id, lot.c.uri == uri)
    lot_id = connection.scalar(wanted)
    if lot_id is None:
        return None
    back = [lot_id, *reached(connection, [lot_id], "backward", depth)] if direction != "forward" else []
    forth = [lot_id, *reached(connection, [lot_id], "forward", depth)] if direction != "backward" else []
    return Traced(lot_id, Ends(back, forth))


def describe(connection: Connection, origin: str, traced: Traced, now: datetime, limit: int) -> dict[str, Any]:
    """The trace as plain values."""
    moment, ends, lots = int(now.timestamp() * 1000), traced.ends, traced.ends.all
    nodes = _nodes(connection, traced, lots, moment, limit)
    listed, links = _edges(connection, origin, ends, limit)
    ways = edges.totals(connection, ends)
    count = sum(row["edges"] for row in ways) + links
    return {
        "nodes": nodes,
        "nodes_total": len(lots),
        "edges": listed,
        "edges_total": count,
        "complete": len(nodes) == len(lots) and len(listed) == count,
        "note": _note(len(nodes), len(lots), len(listed), count),
        "totals": _totals(connection, ways, ends, moment),
    }


def _totals(connection: Connection, ways: Sequence[Mapping[str, Any]], ends: Ends, now: int) -> dict[str, Any]:
    """What it comes to: sums by item, who supplied, sent, bought and received, and where the goods lie now."""
    found: dict[str, Any] = {role: [] for role in _ROLES.values()}
    for row in ways:
        if row["kind"] in _ROLES:
            found[_ROLES[row["kind"]]].append(_party_total(row))
    lying = where.by_place(connection, ends.all, now)
    items = sums.of_items(lying)
    found["items"] = [_head(row) | {"lots": row["lots"]} | sums.shown(row) for row in items]
    found["places"] = [_head(row) | {"lots": row["lots"]} | _lying(row) for row in lying if row["place"] == 0]
    found["agree"] = all(each["agree"] for each in found["items"])
    return found


def _edges(connection: Connection, origin: str, ends: Ends, limit: int) -> tuple[list[dict[str, Any]], int]:
    rows, links = edges.oldest(connection, ends, limit)
    known = records(connection, origin, {row["statement_hash"] for row in rows})
    told = [edge(row) | {"record_status": known.status(row["statement_hash"], _lot_uri(row))} for row in rows]
    return told, links


def edge(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "kind": row["kind"], "from": row["from"], "to": row["to"], "item": row["item"], "lot": row["lot"],
        "quantity": format_quantity(row["units"], row["decimals"]), "unit": row["unit"], "movement": row["movement_id"],
        "type": row["type"], "recorded_at": moment(row["recorded_at"]), "state": row["state"],
    }  # fmt: skip


def moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _lot_uri(row: Mapping[str, Any]) -> str:
    """The end of the edge that is the lot it speaks of."""
    return str(row["from"] if row["kind"] in _BEGINS_AT_LOT else row["to"])


def _nodes(connection: Connection, traced: Traced, lots: list[int], now: int, limit: int) -> list[dict[str, Any]]:
    """The lot itself and the oldest of the others."""
    chosen = [traced.lot_id, *(each for each in lots[:limit] if each != traced.lot_id)][:limit]
    lying: dict[int, list[dict[str, Any]]] = {}
    for row in where.by_lot(connection, chosen, now):
        lying.setdefault(row["lot_id"], []).append(_lying(row))
    return [_node(row, traced, lying.get(row["id"], [])) for row in sums.of_lots(connection, chosen)]


def _node(row: Mapping[str, Any], traced: Traced, places: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "uri": row["uri"], "relation": traced.relation(row["id"]), **_head(row), "lot": row["lot"],
        "production_date": row["production_date"], "expiry_date": row["expiry_date"], "sums": sums.shown(row),
        "places": places,
    }  # fmt: skip


def _head(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"item": row["item"], "unit": row["unit"]}


def _lying(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "location": row["location"],
        "goods_status": goods_status(row["status"], expired=row["expired"], recalled=row["recalled"]),
        "quantity": format_quantity(row["units"], row["decimals"]),
    }


def _party_total(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": row["who"], "state": row["state"], **_head(row),
        "quantity": format_quantity(row["units"], row["decimals"]), "movements": row["movements"],
        "first_at": moment(row["first_at"]), "last_at": moment(row["last_at"]),
    }  # fmt: skip


def _note(nodes: int, all_nodes: int, edges: int, all_edges: int) -> str | None:
    if nodes == all_nodes and edges == all_edges:
        return None
    return (
        f"{nodes} of {all_nodes} lots and {edges} of {all_edges} edges are listed, the oldest; the totals are over all "
        "of them, and format=csv, xlsx or pdf gives every edge"
    )


def edge_stream(connection: Connection, ends: Ends) -> Iterator[dict[str, Any]]:
    """All edges, for a file."""
    return (edge(row) for row in edges.every(connection, ends))

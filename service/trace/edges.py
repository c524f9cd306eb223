"""The ways that goods went: each edge is a quantity that one movement took from one end to the other.

    arrival       supplier -> lot     shipped, returned, destroyed   lot -> customer, supplier, certificate
    taken_over    party -> lot        handed_over                    lot -> party; offered, accepted or refused
    descent       lot -> lot

Ends are lots of the caller's party by URI, and names. Of another party only the handoff is told: that it offered,
accepted or refused, how much, and when.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from service.trace.sums import TO_CUSTOMERS

# :back are the lots whose origins are asked for, :forth those whose destinations are; descents link any two of :all.
_DESCENT = """
    SELECT 'descent' AS kind, parent.uri AS "from", child.uri AS "to", child.id AS lot_id, d.units, d.movement,
           NULL::text AS state
    FROM unnest(:all) AS wanted(id) JOIN warehouse.lot_descent d ON d.child_id = wanted.id
    JOIN warehouse.lot child ON child.id = d.child_id JOIN warehouse.lot parent ON parent.id = d.parent_id
    WHERE d.parent_id = ANY(:all)
"""

# What a transformation produced has parents and no supplier.
_ARRIVAL = """
    SELECT 'arrival', coalesce(m.content::json ->> 'supplier', lot.supplier, 'own'), lot.uri, lot.id, -leg.units,
           leg.movement, NULL
    FROM unnest(:back) AS wanted(id) JOIN warehouse.leg ON leg.lot_id = wanted.id
    JOIN warehouse.movement m ON m.number = leg.movement JOIN warehouse.lot ON lot.id = leg.lot_id
    WHERE leg.place IN (-1, -5) AND m.party_id = lot.party_id AND m.type NOT IN ('accept', 'settle')
        AND NOT EXISTS (SELECT FROM warehouse.lot_descent d
                        WHERE d.child_id = leg.lot_id AND d.movement = leg.movement)
"""

_TAKEN_OVER = """
    SELECT 'taken_over', sender.code, lot.uri, lot.id, -leg.units, leg.movement, h.state
    FROM unnest(:back) AS wanted(id) JOIN warehouse.leg ON leg.lot_id = wanted.id
    JOIN warehouse.lot ON lot.id = leg.lot_id JOIN warehouse.handoff h ON h.answer = leg.movement
    JOIN warehouse.party sender ON sender.id = h.sender_id
    WHERE leg.place = -1 AND h.receiver_id = lot.party_id AND h.sender_id <> h.receiver_id
"""

_DEPARTURE = f"""
    SELECT CASE leg.place WHEN -6 THEN 'destroyed' WHEN -8 THEN 'returned' ELSE 'shipped' END, lot.uri,
        coalesce(m.content::json ->> 'customer', m.content::json ->> 'supplier', m.content::json ->> 'certificate',
                 'unnamed'), lot.id, leg.units, leg.movement, NULL
    FROM unnest(:forth) AS wanted(id) JOIN warehouse.leg ON leg.lot_id = wanted.id
    JOIN warehouse.movement m ON m.number = leg.movement JOIN warehouse.lot ON lot.id = leg.lot_id
    WHERE leg.place IN (-6, -8) OR (leg.place = -2 AND m.type IN {TO_CUSTOMERS})
"""  # noqa: S608

_HANDED_OVER = """
    SELECT 'handed_over', lot.uri, receiver.code, lot.id, l.units, h.movement, h.state
    FROM unnest(:forth) AS wanted(id) JOIN warehouse.handoff_line l ON l.lot_id = wanted.id
    JOIN warehouse.handoff h USING (movement) JOIN warehouse.lot ON lot.id = l.lot_id
    JOIN warehouse.party receiver ON receiver.id = h.receiver_id
    WHERE h.sender_id = lot.party_id AND h.sender_id <> h.receiver_id
"""

_EDGES = f"""
    WITH edge AS ({" UNION ALL ".join((_DESCENT, _ARRIVAL, _TAKEN_OVER, _DEPARTURE, _HANDED_OVER))})
"""
_LISTED = f"""{_EDGES}
    SELECT edge.*, lot.number AS lot, item.code AS item, item.unit, item.decimals, m.id AS movement_id, m.type,
           m.recorded_at, m.statement_hash
    FROM (SELECT * FROM edge ORDER BY movement, lot_id, kind, "from", "to" LIMIT :limit) edge
    JOIN warehouse.movement m ON m.number = edge.movement
    JOIN warehouse.lot ON lot.id = edge.lot_id JOIN warehouse.item ON item.id = lot.item_id
    ORDER BY edge.movement, edge.lot_id, kind, "from", "to"
"""  # noqa: S608
_TOTALS = f"""{_EDGES}
    SELECT kind, CASE WHEN kind IN ('arrival', 'taken_over') THEN "from" ELSE "to" END AS who, state, item.code AS item,
           item.unit, item.decimals, sum(edge.units)::bigint AS units, count(DISTINCT edge.movement) AS movements,
           count(DISTINCT edge.lot_id) AS lots, min(m.recorded_at) AS first_at, max(m.recorded_at) AS last_at
    FROM edge JOIN warehouse.lot ON lot.id = edge.lot_id JOIN warehouse.item ON item.id = lot.item_id
    JOIN warehouse.movement m ON m.number = edge.movement
    WHERE kind NOT IN ('descent', 'destroyed') GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 4, 3
"""  # noqa: S608
_COUNT = f"{_EDGES} SELECT count(*) FROM edge"  # noqa: S608

_IDS = [bindparam(name, type_=ARRAY(BigInteger)) for name in ("all", "back", "forth")]


class Ends:
    """The lots of a trace: those asked about backward, those asked about forward, and all of them."""

    def __init__(self, back: Sequence[int], forth: Sequence[int]) -> None:
        self.back, self.forth = list(back), list(forth)
        self.all = sorted({*back, *forth})

    @property
    def values(self) -> dict[str, Any]:
        return {"all": self.all, "back": self.back, "forth": self.forth}


def listed(connection: Connection, ends: Ends, limit: int | None = None) -> Iterator[Mapping[str, Any]]:
    """The edges in the order in which they were recorded; with `limit`, the oldest ones."""
    query = text(_LISTED).bindparams(*_IDS)
    return iter(connection.execute(query, ends.values | {"limit": limit}).mappings())


def counted(connection: Connection, ends: Ends) -> int:
    return int(connection.execute(text(_COUNT).bindparams(*_IDS), ends.values).scalar_one())


def totals(connection: Connection, ends: Ends) -> list[Mapping[str, Any]]:
    """By kind, name at the other end, item and state of the handoff."""
    return list(connection.execute(text(_TOTALS).bindparams(*_IDS), ends.values).mappings())

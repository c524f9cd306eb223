"""The ways that goods went: each edge is a quantity that one movement took from one end to the other.

    arrival       supplier -> lot     shipped, returned, destroyed   lot -> customer, supplier, certificate
    taken_over    party -> lot        handed_over                    lot -> party; offered, accepted or refused
    descent       lot -> lot

Ends are lots of the caller's party by URI, and names. Of another party only the handoff is told: that it offered,
accepted or refused, how much, and when.

Each kind is a query of its own that first finds its rows and only then their names, in the order of movements; the
streams are merged. So a page of a large trace costs a page, and a file is never in memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import Connection, text

from service.reports.report import STREAM
from service.trace.closure import ids


def _said(*members: str) -> str:
    """The first of these members that the content of movement `m` has, as text.

    Text without a backslash has no quote inside its strings, so there a member can be cut out, which takes a tenth of
    the time of parsing 50,000 contents.
    """
    cut = (f"nullif(split_part(split_part(m.content, '\"{member}\":\"', 2), '\"', 1), '')" for member in members)
    parsed = (f"m.content::json ->> '{member}'" for member in members)
    return (f"CASE WHEN position(E'\\\\' IN m.content) = 0 THEN coalesce({', '.join(cut)})"
            f" ELSE coalesce({', '.join(parsed)}) END")  # fmt: skip


_NAMES = """
    JOIN warehouse.lot ON lot.id = found.lot_id JOIN warehouse.item ON item.id = lot.item_id
    JOIN warehouse.movement m ON m.number = found.movement
"""
_MEMBERS = """found.movement, found.lot_id, found.units, lot.number AS lot, item.code AS item, item.unit, item.decimals,
    m.id AS movement_id, m.type, m.recorded_at, m.statement_hash"""
_ORDER = "ORDER BY movement, lot_id"

# What a transformation produced has parents and no supplier.
_ARRIVED = """
    SELECT leg.lot_id, leg.movement, -leg.units AS units FROM warehouse.leg
    JOIN warehouse.movement m ON m.number = leg.movement
    WHERE leg.lot_id = ANY(CAST(:lots AS bigint[])) AND leg.place IN (-1, -5) AND m.type NOT IN ('accept', 'settle')
        AND NOT EXISTS (SELECT FROM warehouse.lot_descent d
                        WHERE d.child_id = leg.lot_id AND d.movement = leg.movement)
"""
_SUPPLIER = f"coalesce({_said('supplier')}, lot.supplier, 'own')"

_TAKEN = """
    SELECT leg.lot_id, leg.movement, -leg.units AS units, h.sender_id AS other, h.state FROM warehouse.leg
    JOIN warehouse.lot ON lot.id = leg.lot_id
    JOIN warehouse.handoff h ON h.answer = leg.movement AND h.receiver_id = lot.party_id
    WHERE leg.lot_id = ANY(CAST(:lots AS bigint[])) AND leg.place = -1 AND h.sender_id <> h.receiver_id
"""

_LEFT = """
    SELECT leg.lot_id, leg.movement, leg.units, leg.place FROM warehouse.leg
    WHERE leg.lot_id = ANY(CAST(:lots AS bigint[])) AND leg.place IN (-2, -6, -8)
"""
_KIND = "CASE {0}.place WHEN -6 THEN 'destroyed' WHEN -8 THEN 'returned' ELSE 'shipped' END"
_CUSTOMER = f"coalesce({_said('customer', 'supplier', 'certificate')}, 'unnamed')"

_HANDED = """
    SELECT l.lot_id, l.movement, l.units - coalesce(d.units + d.refused, 0) AS units, h.receiver_id AS other, h.state
    FROM warehouse.handoff_line l JOIN warehouse.handoff h USING (movement)
    LEFT JOIN warehouse.discrepancy d ON (d.handoff, d.line) = (l.movement, l.line)
    WHERE l.lot_id = ANY(CAST(:lots AS bigint[])) AND h.sender_id <> h.receiver_id
        AND l.units > coalesce(d.units + d.refused, 0)
"""

_DESCENT = """
    SELECT child_id AS lot_id, parent_id AS other, movement, units FROM warehouse.lot_descent
    WHERE child_id = ANY(CAST(:lots AS bigint[])) AND parent_id = ANY(CAST(:lots AS bigint[]))
"""


def _page(found: str, kind: str, origin: str, target: str, state: str = "NULL::text", more: str = "") -> str:
    return f"""SELECT {kind} AS kind, {origin} AS "from", {target} AS "to", {state} AS state, {_MEMBERS}
        FROM (SELECT * FROM ({found}) raw {_ORDER} LIMIT :limit) found {_NAMES} {more} {_ORDER}"""  # noqa: S608


_OTHER = "JOIN warehouse.party other ON other.id = found.other"
_PAGES = {
    "arrival": _page(_ARRIVED, "'arrival'", _SUPPLIER, "lot.uri"),
    "taken_over": _page(_TAKEN, "'taken_over'", "other.code", "lot.uri", "found.state", _OTHER),
    "departure": _page(_LEFT, _KIND.format("found"), "lot.uri", _CUSTOMER),
    "handed_over": _page(_HANDED, "'handed_over'", "lot.uri", "other.code", "found.state", _OTHER),
    "descent": _page(_DESCENT, "'descent'", "parent.uri", "lot.uri",
                     more="JOIN warehouse.lot parent ON parent.id = found.other"),
}  # fmt: skip


def _total(found: str, kind: str, who: str, state: str = "NULL::text", more: str = "") -> str:
    return f"""SELECT {kind} AS kind, {who} AS who, {state} AS state, item.code AS item, item.unit, item.decimals,
        sum(found.units)::bigint AS units, count(*) AS edges, count(DISTINCT found.movement) AS movements,
        min(m.recorded_at) AS first_at, max(m.recorded_at) AS last_at
        FROM ({found}) found {_NAMES} {more} GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 4, 3"""  # noqa: S608


# The departures of a trace are many: one pass.
_LEFT_TOTAL = f"""
    WITH gone AS (
        SELECT {_KIND.format("leg")} AS kind, {_CUSTOMER} AS who,
            lot.item_id, leg.movement, leg.units, m.recorded_at
        FROM warehouse.leg JOIN warehouse.movement m ON m.number = leg.movement
        JOIN warehouse.lot ON lot.id = leg.lot_id
        WHERE leg.lot_id = ANY(CAST(:lots AS bigint[])) AND leg.place IN (-2, -6, -8)
    )
    SELECT kind, who, NULL::text AS state, item.code AS item, item.unit, item.decimals, sum(units)::bigint AS units,
        sum(edges)::bigint AS edges, count(*) AS movements, min(recorded_at) AS first_at, max(recorded_at) AS last_at
    FROM (SELECT kind, who, item_id, movement, recorded_at, sum(units) AS units, count(*) AS edges
          FROM gone GROUP BY 1, 2, 3, 4, 5) each
    JOIN warehouse.item ON item.id = each.item_id GROUP BY kind, who, item.id ORDER BY 1, 2, 4
"""  # noqa: S608
_TOTALS = {
    "arrival": _total(_ARRIVED, "'arrival'", _SUPPLIER),
    "taken_over": _total(_TAKEN, "'taken_over'", "other.code", "found.state", _OTHER),
    "departure": _LEFT_TOTAL,
    "handed_over": _total(_HANDED, "'handed_over'", "other.code", "found.state", _OTHER),
}
_SIDE = {"descent": "all", "arrival": "back", "taken_over": "back"}
_DESCENTS = f"SELECT count(*) FROM ({_DESCENT}) found"  # noqa: S608


class Ends:
    """The lots of a trace: those whose origins are asked for and those whose destinations are; `all` is sorted."""

    def __init__(self, back: Sequence[int], forth: Sequence[int]) -> None:
        self.all = sorted({*back, *forth})
        self.back, self.forth = back, forth
        self._spelled = {"all": ids(self.all), "back": ids(back), "forth": ids(forth)}

    def of(self, kind: str) -> str:
        """The ids of those that an edge of this kind is asked of, as an array."""
        return self._spelled[_SIDE.get(kind, "forth")]

    def has(self, kind: str) -> bool:
        return self.of(kind) != "{}"


def listed(connection: Connection, ends: Ends, limit: int | None = None) -> Iterator[Mapping[str, Any]]:
    """The edges in the order in which they were recorded; with `limit`, the oldest ones."""
    options = STREAM if limit is None else {}
    streams = [
        connection.execute(text(query), {"lots": ends.of(kind), "limit": limit}, execution_options=options).mappings()
        for kind, query in _PAGES.items() if ends.has(kind)
    ]  # fmt: skip
    return islice(merge(*streams, key=lambda row: (row["movement"], row["lot_id"])), limit)


def totals(connection: Connection, ends: Ends) -> list[Mapping[str, Any]]:
    """By kind, name at the other end, item and state of the handoff; `edges` is how many there are."""
    return [
        row for kind, query in _TOTALS.items() if ends.has(kind)
        for row in connection.execute(text(query), {"lots": ends.of(kind)}).mappings()
    ]  # fmt: skip


def descents(connection: Connection, ends: Ends) -> int:
    """How many links have both ends among the lots of the trace."""
    return int(connection.execute(text(_DESCENTS), {"lots": ends.of("descent")}).scalar_one())

"""The ways that goods went: each edge is a quantity that one movement took from one end to the other.

    arrival       supplier -> lot     shipped, returned, destroyed   lot -> customer, supplier, certificate
    taken_over    party -> lot        handed_over                    lot -> party; offered, accepted or refused
    descent       lot -> lot

Ends are lots of the caller's party by URI, and names. Of another party only the handoff is told: that it offered,
accepted or refused, how much, and when.

Each kind is a query of its own that first finds its rows and only then their names, in the order of movements; the
streams are merged. So a page of a large trace costs a page, and a file is never in memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice

from sqlalchemy import Connection, MappingResult, RowMapping, text

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

# Legs are many: joined, because for each member of = ANY(array) the planner estimates how often it occurs.
_WANTED = "unnest(CAST(:lots AS bigint[])) AS wanted (lot_id)"

# What a transformation produced has parents and no supplier.
_ARRIVED = f"""
    SELECT leg.lot_id, leg.movement, -leg.units AS units FROM {_WANTED} JOIN warehouse.leg USING (lot_id)
    JOIN warehouse.movement m ON m.number = leg.movement
    WHERE leg.place IN (-1, -5) AND m.type NOT IN ('accept', 'settle')
        AND NOT EXISTS (SELECT FROM warehouse.lot_descent d
                        WHERE d.child_id = leg.lot_id AND d.movement = leg.movement)
"""  # noqa: S608
_SUPPLIER = f"coalesce({_said('supplier')}, lot.supplier, 'own')"

_TAKEN = f"""
    SELECT leg.lot_id, leg.movement, -leg.units AS units, h.sender_id AS other, h.state
    FROM {_WANTED} JOIN warehouse.leg USING (lot_id) JOIN warehouse.lot ON lot.id = leg.lot_id
    JOIN warehouse.handoff h ON h.answer = leg.movement AND h.receiver_id = lot.party_id
    WHERE leg.place = -1 AND h.sender_id <> h.receiver_id
"""  # noqa: S608

_LEFT = f"""
    SELECT leg.lot_id, leg.movement, leg.units, leg.place FROM {_WANTED} JOIN warehouse.leg USING (lot_id)
    WHERE leg.place IN (-2, -6, -8)
"""  # noqa: S608
_KIND = "CASE {0}.place WHEN -6 THEN 'destroyed' WHEN -8 THEN 'returned' ELSE 'shipped' END"
_CUSTOMER = f"coalesce({_said('customer', 'supplier', 'certificate')}, 'unnamed')"

_HANDED = """
    SELECT l.lot_id, l.movement, l.units - coalesce(d.units + d.refused, 0) AS units, h.receiver_id AS other, h.state
    FROM warehouse.handoff_line l JOIN warehouse.handoff h USING (movement)
    LEFT JOIN warehouse.discrepancy d ON (d.handoff, d.line) = (l.movement, l.line)
    WHERE l.lot_id = ANY(CAST(:lots AS bigint[])) AND h.sender_id <> h.receiver_id
        AND l.units > coalesce(d.units + d.refused, 0)
"""

# How many there are is counted on the way to the oldest of them.
_DESCENT = """
    SELECT child_id AS lot_id, parent_id AS other, movement, units, count(*) OVER () AS links FROM warehouse.lot_descent
    WHERE child_id = ANY(CAST(:lots AS bigint[])) AND parent_id = ANY(CAST(:lots AS bigint[]))
"""


def _page(
    found: str, kind: str, origin: str, target: str, state: str = "NULL::text", more: str = "", counted: str = ""
) -> str:
    return f"""SELECT {kind} AS kind, {origin} AS "from", {target} AS "to", {state} AS state, {_MEMBERS}{counted}
        FROM (SELECT * FROM ({found}) raw {_ORDER} LIMIT :limit) found {_NAMES} {more} {_ORDER}"""  # noqa: S608


_OTHER = "JOIN warehouse.party other ON other.id = found.other"
_PAGES = {
    "arrival": _page(_ARRIVED, "'arrival'", _SUPPLIER, "lot.uri"),
    "taken_over": _page(_TAKEN, "'taken_over'", "other.code", "lot.uri", "found.state", _OTHER),
    "departure": _page(_LEFT, _KIND.format("found"), "lot.uri", _CUSTOMER),
    "handed_over": _page(_HANDED, "'handed_over'", "lot.uri", "other.code", "found.state", _OTHER),
    "descent": _page(_DESCENT, "'descent'", "parent.uri", "lot.uri",
                     more="JOIN warehouse.lot parent ON parent.id = found.other", counted=", found.links"),
}  # fmt: skip


def _total(found: str, kind: str, who: str, state: str = "NULL::text", more: str = "") -> str:
    return f"""SELECT {kind} AS kind, {who} AS who, {state} AS state, item.code AS item, item.unit, item.decimals,
        sum(found.units)::bigint AS units, count(*) AS edges, count(DISTINCT found.movement) AS movements,
        min(m.recorded_at) AS first_at, max(m.recorded_at) AS last_at
        FROM ({found}) found {_NAMES} {more} GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1, 2, 4, 3"""  # noqa: S608


# The departures of a trace are many: summed by ids first, and only the sums get their names.
_LEFT_TOTAL = f"""
    WITH gone AS MATERIALIZED (
        SELECT movement, place, item_id, sum(units) AS units, count(*) AS edges
        FROM ({_LEFT}) found JOIN warehouse.lot ON lot.id = found.lot_id GROUP BY 1, 2, 3
    ), summed AS MATERIALIZED (
        SELECT place, {_CUSTOMER} AS who, item_id, sum(units)::bigint AS units, sum(edges)::bigint AS edges,
            count(*) AS movements, min(recorded_at) AS first_at, max(recorded_at) AS last_at
        FROM gone JOIN warehouse.movement m ON m.number = gone.movement GROUP BY 1, 2, 3
    )
    SELECT {_KIND.format("summed")} AS kind, who, NULL::text AS state, item.code AS item, item.unit, item.decimals,
        units, edges, movements, first_at, last_at
    FROM summed JOIN warehouse.item ON item.id = summed.item_id ORDER BY 1, 2, 4
"""  # noqa: S608
_TOTALS = {
    "arrival": _total(_ARRIVED, "'arrival'", _SUPPLIER),
    "taken_over": _total(_TAKEN, "'taken_over'", "other.code", "found.state", _OTHER),
    "departure": _LEFT_TOTAL,
    "handed_over": _total(_HANDED, "'handed_over'", "other.code", "found.state", _OTHER),
}
_SIDE = {"descent": "all", "arrival": "back", "taken_over": "back"}


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


def every(connection: Connection, ends: Ends) -> Iterator[RowMapping]:
    """All edges in the order in which they were recorded, as a stream."""
    return _merged(_pages(connection, ends, None))


def oldest(connection: Connection, ends: Ends, limit: int) -> tuple[list[RowMapping], int]:
    """The first `limit` of them, and how many descents there are in all (`totals` counts the other kinds)."""
    pages = [page.all() for page in _pages(connection, ends, limit)]
    links = next((page[0]["links"] for page in pages if page and "links" in page[0]), 0)
    return list(islice(_merged(pages), limit)), links


def _pages(connection: Connection, ends: Ends, limit: int | None) -> list[MappingResult]:
    options = STREAM if limit is None else {}
    return [
        connection.execute(text(query), {"lots": ends.of(kind), "limit": limit}, execution_options=options).mappings()
        for kind, query in _PAGES.items() if ends.has(kind)
    ]  # fmt: skip


def _merged(pages: Iterable[Iterable[RowMapping]]) -> Iterator[RowMapping]:
    return merge(*pages, key=lambda row: (row["movement"], row["lot_id"]))


def totals(connection: Connection, ends: Ends) -> list[RowMapping]:
    """By kind, name at the other end, item and state of the handoff; `edges` is how many there are."""
    return [
        row for kind, query in _TOTALS.items() if ends.has(kind)
        for row in connection.execute(text(query), {"lots": ends.of(kind)}).mappings()
    ]  # fmt: skip

"""A lot and what of its item it was split or merged from: goods keep what they went through under another number."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Connection, text

from service.domain.exposure import FOREVER, Span, Watch, nearest
from service.sensors import whereabouts
from service.sensors.whereabouts import Stay

Parents = Mapping[int, list[tuple[int, int]]]
"""By lot: each parent, and when the goods came from it."""


def parents(connection: Connection, lots: Collection[int]) -> Parents:
    """Of these lots and all their ancestors of the same item."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in connection.execute(_PARENTS, {"lots": list(lots)}):
        found[row.child_id].append((row.parent_id, row.at))
    return found


def ancestors(lot: int, known: Parents) -> dict[int, int]:
    """The lot itself, for ever, and each ancestor with the last moment at which goods came from it."""
    found, waiting = {lot: FOREVER}, [(lot, FOREVER)]
    while waiting:
        child, until = waiting.pop()
        for parent, at in known.get(child, ()):
            reached = min(at, until)
            if found.get(parent, -1) < reached:
                found[parent] = reached
                waiting.append((parent, reached))
    return found


def lives(connection: Connection, party_id: int, lot: int) -> list[Stay]:
    """All stays of the goods of this lot, also under the numbers that they had before."""
    until = ancestors(lot, parents(connection, [lot]))
    cut = (replace(stay, span=stay.span.cut(Span(0, until[stay.lot_id])))
           for stay in whereabouts.stays(connection, party_id, list(until)))  # fmt: skip
    return sorted((stay for stay in cut if not stay.span.empty), key=lambda stay: (stay.span, stay.lot_id))


def exposures(
    connection: Connection, party_id: int, kind: str, stays: Iterable[Stay], now: int
) -> Iterator[tuple[Stay, Watch, Span]]:
    """Which sensor watched which stay, when; nothing after `now`."""
    for stay, near in whereabouts.watches(connection, party_id, kind, stays).items():
        for watch, span in nearest(stay.span.cut(Span(0, now)), near):
            yield stay, watch, span


_PARENTS = text("""
    WITH RECURSIVE up (lot) AS (
        SELECT unnest(CAST(:lots AS bigint[])) UNION SELECT d.parent_id FROM up JOIN warehouse.lot_descent d
            ON d.child_id = up.lot JOIN warehouse.lot c ON c.id = d.child_id JOIN warehouse.lot p ON p.id = d.parent_id
        WHERE p.item_id = c.item_id)
    SELECT d.child_id, d.parent_id, m.recorded_at AS at FROM up JOIN warehouse.lot_descent d ON d.child_id = up.lot
    JOIN warehouse.movement m ON m.number = d.movement
    JOIN warehouse.lot c ON c.id = d.child_id JOIN warehouse.lot p ON p.id = d.parent_id WHERE p.item_id = c.item_id
    ORDER BY 1, 3, 2
""")

"""Which lots of one party descend from which: the closure of `warehouse.lot_descent`, any depth, in one query.

    descendants(connection, [lot]) -> ids of everything made of it, its own not among them

Lots of two parties never share a row of `lot_descent`, so the closure stays with the party that it begins with. Each
lot is reached once however many ways lead to it (UNION drops what was seen), so a genealogy of splits and merges costs
as much as it has rows, and no cycle could hold it. LATERAL with OFFSET keeps the planner, which cannot know how many
lots a step reaches, from reading the whole table at each step.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from sqlalchemy import Connection, text

Way = Literal["forward", "backward"]

_ENDS = {"forward": ("parent_id", "child_id"), "backward": ("child_id", "parent_id")}

_ALL = """
    WITH RECURSIVE reached (lot_id) AS (
        SELECT {far} FROM warehouse.lot_descent WHERE {near} = ANY(CAST(:lots AS bigint[]))
        UNION
        SELECT d.{far} FROM reached CROSS JOIN LATERAL (
            SELECT {far} FROM warehouse.lot_descent WHERE {near} = reached.lot_id OFFSET 0) d
    ) SELECT array_agg(lot_id ORDER BY lot_id) FROM reached
"""

# With a limit the distance counts, so a lot is reached once at each distance; the limit bounds that.
_NEAR = """
    WITH RECURSIVE reached (lot_id, steps) AS (
        SELECT {far}, 1 FROM warehouse.lot_descent WHERE {near} = ANY(CAST(:lots AS bigint[]))
        UNION
        SELECT d.{far}, steps + 1 FROM reached CROSS JOIN LATERAL (
            SELECT {far} FROM warehouse.lot_descent WHERE {near} = reached.lot_id OFFSET 0) d
        WHERE steps < :depth
    ) SELECT array_agg(DISTINCT lot_id ORDER BY lot_id) FROM reached
"""


_PREPARED = text("""
    SELECT set_config('work_mem', '64MB', true), set_config('plan_cache_mode', 'force_custom_plan', true),
           set_config('jit', 'off', true)
""")


def prepare(connection: Connection) -> None:
    """For this transaction: large traces are sorted and hashed in memory, and planned by how many lots they have."""
    connection.execute(_PREPARED)


def descendants(connection: Connection, lot_ids: Sequence[int]) -> list[int]:
    """The ids of all lots that are made of these, sorted."""
    return reached(connection, lot_ids, "forward")


def ancestors(connection: Connection, lot_ids: Sequence[int]) -> list[int]:
    """The ids of all lots that these are made of, sorted."""
    return reached(connection, lot_ids, "backward")


def ids(lot_ids: Iterable[int]) -> str:
    """An array as PostgreSQL spells it: taken one by one by the driver, a hundred thousand numbers cost most of all."""
    return "{" + ",".join(map(str, lot_ids)) + "}"


def reached(connection: Connection, lot_ids: Sequence[int], way: Way, depth: int | None = None) -> list[int]:
    """Sorted ids, at most `depth` transformations away (None: any); depth >= 1."""
    near, far = _ENDS[way]
    query = text((_ALL if depth is None else _NEAR).format(near=near, far=far))
    values = {"lots": ids(lot_ids)} | ({} if depth is None else {"depth": depth})
    return connection.execute(query, values).scalar_one() or []  # one array: row by row they would cost most of all

"""How long entries waited for the chain: of each anchor, the wait of the oldest, the middle and the newest entry in it.

    recorded ──────── wait ────────▶ time of the block
    entries  [size of the anchor before, size of this one)

Entries are sequenced in the order in which they came, so the first of an anchor waited longest, but for a statement
that was overtaken in the same round. Clocks: ours for the entry, the chain's for the block, to the second; a wait that
would be below zero is zero. Not looked at: when the anchor became final.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection, text

MOST = 1_000

_WAITS = text("""
    WITH newest AS (
        SELECT index, size, block, time, state, lag(size) OVER (ORDER BY index) AS before FROM (
            SELECT index, size, block, time, state FROM ledger.live_anchor WHERE NOT void ORDER BY index DESC
            LIMIT CAST(:limit AS bigint) + 1) last_ones
    )
    SELECT newest.index, newest.size, newest.size - coalesce(before, 0) AS entries, block, time, state,
        time * 1000 - oldest.recorded_at AS longest, time * 1000 - middle.recorded_at AS median,
        time * 1000 - last.recorded_at AS shortest
    FROM newest
    JOIN ledger.entry oldest ON oldest.index = coalesce(before, 0)
    JOIN ledger.entry middle ON middle.index = (coalesce(before, 0) + newest.size) / 2
    JOIN ledger.entry last ON last.index = newest.size - 1
    WHERE newest.size > coalesce(before, 0) AND (before IS NOT NULL OR newest.index = 0)
    ORDER BY newest.index DESC LIMIT :limit
""")


@dataclass(frozen=True, slots=True)
class Wait:
    """`time` is the block's, in seconds; `longest`, `median`, `shortest` in milliseconds, none below zero."""

    index: int
    size: int
    entries: int
    block: int
    time: int
    state: str
    longest: int
    median: int
    shortest: int


def waits(conn: Connection, limit: int = 100) -> list[Wait]:
    """Of the newest anchors of the contract in use that brought entries, the newest first; 0 < limit <= MOST."""
    assert 0 < limit <= MOST, f"expected 1 to {MOST} anchors, got {limit}"
    found = (Wait(*row) for row in conn.execute(_WAITS, {"limit": limit}))
    return [
        replace(each, longest=max(0, each.longest), median=max(0, each.median), shortest=max(0, each.shortest))
        for each in found
    ]

"""Each of the last days: movements by what they were, what was recorded late, lots on hold at its end.

A day is twenty-four hours that end at the hour of asking: sites have different midnights, and the last day is whole.
"""

from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, text

from service.figures import DAY, Period

DAYS = 14
CAME = frozenset({"register", "receive", "accept"})
LEFT = frozenset({"ship", "offer", "destroy"})
_LATE = 24 * 3600  # seconds from what happened to its record

_MOVEMENTS = text("""
    SELECT (:now - recorded_at) / 86400000 AS back, type, count(*) AS movements, count(*) FILTER (
        WHERE content LIKE '%"event_time"%' AND extract(epoch FROM (content::json ->> 'event_time')::timestamptz)
            < recorded_at / 1000.0 - :late) AS late
    FROM warehouse.movement WHERE party_id = :party AND recorded_at > :begin AND recorded_at <= :now GROUP BY 1, 2
""")
_HELD = text("SELECT ends, lots FROM warehouse.lots_held_then(:party, :now, :days)")


def days(connection: Connection, asked: Period) -> list[dict[str, Any]]:
    """DAYS of them, the oldest first; `ends` in milliseconds."""
    values = {"party": asked.party_id, "now": asked.now, "late": _LATE, "days": DAYS}
    counted: dict[int, dict[str, int]] = defaultdict(lambda: {"movements": 0, "came": 0, "left": 0, "late": 0})
    for row in connection.execute(_MOVEMENTS, values | {"begin": asked.now - DAYS * DAY}):
        day = counted[row.back]
        day["movements"] += row.movements
        day["late"] += row.late
        day["came"] += row.movements * (row.type in CAME)
        day["left"] += row.movements * (row.type in LEFT)
    held = {row.ends: row.lots for row in connection.execute(_HELD, values)}
    ends = [(back, asked.now - back * DAY) for back in reversed(range(DAYS))]
    return [{"ends": end, **counted[back], "on_hold": held.get(end, 0)} for back, end in ends]

"""How much waits in capture jobs, in a few steps of an index."""

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Captures:
    """Jobs that are not over, those of them in which an event waits, and the seconds since the oldest document came."""

    running: int
    waiting: int
    oldest: float


def captures(connection: Connection) -> Captures:
    return Captures(*connection.execute(_CAPTURES).one())


# The word of state is spelled out: only so does the partial index serve.
_CAPTURES = text("""
    SELECT count(*), count(*) FILTER (WHERE jsonb_array_length(waiting) > 0),
        coalesce(GREATEST(0, extract(epoch FROM clock_timestamp() - min(created_at))), 0)
    FROM warehouse.epcis_capture WHERE state = 'running'
""")

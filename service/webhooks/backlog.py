"""How much waits in the outbox, in a few steps of an index."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

MOST = 100_000  # deliveries that are counted


@dataclass(frozen=True, slots=True)
class Backlog:
    """Deliveries that wait, that were given up, and the seconds since the oldest waiting movement was recorded; of
    webhooks that have not ended."""

    waiting: int
    dead: int
    oldest: float


def backlog(connection: Connection) -> Backlog:
    """The outbox now; 100,000 mean that many or more."""
    return Backlog(*connection.execute(_BACKLOG, {"most": MOST}).one())


# Words of state are spelled out: only so do the partial indexes serve.
_BACKLOG = text("""
    SELECT (SELECT count(*) FROM (
               SELECT FROM warehouse.webhook w JOIN warehouse.delivery d ON d.webhook_id = w.id
                WHERE w.ended_at IS NULL AND d.state = 'waiting' LIMIT :most) found) AS waiting,
           (SELECT count(*) FROM (
               SELECT FROM warehouse.webhook w JOIN warehouse.delivery d ON d.webhook_id = w.id
                WHERE w.ended_at IS NULL AND d.state = 'dead' LIMIT :most) found) AS dead,
           COALESCE((
               SELECT GREATEST(0, extract(epoch FROM clock_timestamp()) - m.recorded_at / 1000.0)
                 FROM warehouse.webhook w CROSS JOIN LATERAL (
                      SELECT movement FROM warehouse.delivery
                       WHERE webhook_id = w.id AND state = 'waiting' ORDER BY movement LIMIT 1) head
                 JOIN warehouse.movement m ON m.number = head.movement
                WHERE w.ended_at IS NULL ORDER BY m.recorded_at LIMIT 1), 0)::double precision AS oldest
""")

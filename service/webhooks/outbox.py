"""The rows of the outbox: what is next, what became of it, what a party sees of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

MOST_ATTEMPTS = 20
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0  # seconds; twenty attempts take about ten hours
KEPT = timedelta(days=30)
FAULT = 200


@dataclass(frozen=True, slots=True)
class Queue:
    """A table of deliveries, and its column with the number of what is told; `of` joins that (`e`, with an `id` and
    `at`, when it became true) and names what the body is made of."""

    table: str
    number: str
    of: str
    shown: str


MOVEMENTS = Queue(
    "warehouse.delivery", "movement",
    "warehouse.movement e ON e.number = d.movement JOIN warehouse.party p ON p.id = e.party_id",
    "e.recorded_at AS at, e.type, e.actor, e.recorded_at, e.statement_hash, e.content, e.lots, p.code AS party",
)  # fmt: skip
SENSORS = Queue(
    "warehouse.sensor_delivery", "notice",
    "warehouse.sensor_notice e ON e.number = d.notice JOIN warehouse.party p ON p.id = e.party_id",
    "e.at, e.event, e.body, p.code AS party",
)  # fmt: skip
QUEUES = (MOVEMENTS, SENSORS)


@dataclass(frozen=True, slots=True)
class Due:
    """The next event of one webhook, locked until the transaction ends; `number` is that of what it tells."""

    queue: Queue
    webhook: UUID
    number: int
    url: str
    sealed: bytes
    attempts: int
    event: Any


def next_due(connection: Connection, now: datetime, queue: Queue = MOVEMENTS) -> Due | None:
    """The oldest waiting event of a webhook that nobody else is serving.

    The head of each queue is found without a lock and then locked: while one worker sends a head, the others skip this
    webhook rather than overtake. An event that waits for its next attempt holds back those behind it.
    """
    row = connection.execute(_NEXT[queue], {"now": now}).one_or_none()
    if row is None:
        return None
    return Due(queue, row.webhook_id, row.number, row.url, row.sealed, row.attempts, row)


def delivered(connection: Connection, due: Due, answer: int, now: datetime) -> None:
    _mark(connection, due, "delivered", now, None, answer, None)


def failed(connection: Connection, due: Due, answer: int | None, fault: str, now: datetime, jitter: float) -> None:
    """Again later, or given up; `jitter` from 0 to 1."""
    state = "dead" if due.attempts + 1 >= MOST_ATTEMPTS else "waiting"
    _mark(connection, due, state, now, now + pause(due.attempts, jitter), answer, fault[:FAULT])


def pause(attempts: int, jitter: float) -> timedelta:
    """After so many earlier attempts: doubling, at most an hour, a half more or less so that nobody knocks in step."""
    seconds = min(FIRST_PAUSE * 2.0 ** min(attempts, 20), LONGEST_PAUSE)
    return timedelta(seconds=seconds * (0.5 + jitter))


def forget_old(connection: Connection, now: datetime) -> None:
    """What was delivered long ago, and what ended webhooks have left."""
    for forget in _FORGET:
        connection.execute(forget, {"before": now - KEPT})


def listed(
    connection: Connection, webhook: UUID, state: str | None, before: int | None, limit: int
) -> Sequence[dict[str, Any]]:
    """The deliveries of a webhook, the newest movement first."""
    rows = connection.execute(_LISTED, {"webhook": webhook, "state": state, "before": before, "limit": limit})
    return [dict(row) for row in rows.mappings()]


def again(connection: Connection, webhook: UUID, movement: UUID) -> bool:
    """Let it be sent anew, whatever its state; False if there is none. One that is being sent at this moment stays."""
    found = connection.execute(_KNOWN, {"webhook": webhook, "movement": movement}).one_or_none()
    if found is not None:
        connection.execute(_AGAIN, {"webhook": webhook, "number": found.movement})
    return found is not None


def _mark(
    connection: Connection, due: Due, state: str, now: datetime, next_at: datetime | None, answer: int | None,
    fault: str | None,
) -> None:  # fmt: skip
    connection.execute(_MARK[due.queue], {
        "webhook": due.webhook, "number": due.number, "state": state, "now": now, "next_at": next_at,
        "answer": answer, "fault": fault,
    })  # fmt: skip


# Words of state are spelled out: only so do the partial indexes serve.
_NEXT = {queue: text(f"""
    SELECT d.webhook_id, d.{queue.number} AS number, d.attempts, w.url, w.sealed, e.id, {queue.shown}
    FROM warehouse.webhook w
    CROSS JOIN LATERAL (
        SELECT webhook_id, {queue.number} AS number, next_at FROM {queue.table}
        WHERE webhook_id = w.id AND state = 'waiting' ORDER BY {queue.number} LIMIT 1
    ) head
    JOIN {queue.table} d ON d.webhook_id = head.webhook_id AND d.{queue.number} = head.number
    JOIN {queue.of}
    WHERE w.ended_at IS NULL AND d.state = 'waiting' AND (d.next_at IS NULL OR d.next_at <= :now)
    ORDER BY head.next_at NULLS FIRST, at LIMIT 1
    FOR UPDATE OF d SKIP LOCKED
""") for queue in QUEUES}  # noqa: S608
_MARK = {queue: text(f"""
    UPDATE {queue.table} SET state = :state, attempts = attempts + 1, tried_at = :now, next_at = :next_at,
        answer = :answer, fault = :fault
    WHERE webhook_id = :webhook AND {queue.number} = :number
""") for queue in QUEUES}  # noqa: S608
_FORGET = [text(f"""
    DELETE FROM {queue.table} d USING warehouse.webhook w
    WHERE w.id = d.webhook_id AND (w.ended_at < :before OR (d.state = 'delivered' AND d.tried_at < :before))
""") for queue in QUEUES]  # noqa: S608
_LISTED = text("""
    SELECT d.movement AS number, m.id AS movement, m.type, d.state, d.attempts, d.tried_at, d.next_at, d.answer, d.fault
    FROM warehouse.delivery d JOIN warehouse.movement m ON m.number = d.movement
    WHERE d.webhook_id = :webhook AND (CAST(:state AS text) IS NULL OR d.state = :state)
        AND (CAST(:before AS bigint) IS NULL OR d.movement < :before)
    ORDER BY d.movement DESC LIMIT :limit
""")
_KNOWN = text("""
    SELECT d.movement FROM warehouse.delivery d JOIN warehouse.movement m ON m.number = d.movement
    WHERE d.webhook_id = :webhook AND m.id = :movement
        AND m.party_id = (SELECT party_id FROM warehouse.webhook WHERE id = :webhook)
""")
_AGAIN = text("""
    UPDATE warehouse.delivery SET state = 'waiting', attempts = 0, next_at = NULL
    WHERE (webhook_id, movement) IN (SELECT webhook_id, movement FROM warehouse.delivery
        WHERE webhook_id = :webhook AND movement = :number FOR UPDATE SKIP LOCKED)
""")

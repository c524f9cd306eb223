"""What a subscriber is told next, and what became of it: one step, one transaction, the subscription's row locked.

    prepare   which events, fixed in `until`; a crash after this sends these and no others
    deliver   those to `until`; after a good answer `place` moves there

A round of a schedule goes to the place that was last when it began (`goal`), and then the next one is due.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Connection, Row, text

from service.epcis.query import reading
from service.epcis.query.compiling import Reader
from service.epcis.query.conditions import RECORD_TIME, Column, Condition, Question
from service.epcis.query.named import question_of
from service.epcis.query.reading import Row as Found
from service.epcis.subscriptions.placing import last_place
from service.epcis.subscriptions.schedule import schedule_of
from service.webhooks.outbox import FAULT, pause

MOST_EVENTS = 100
"""In one document to a subscriber."""


@dataclass(frozen=True, slots=True)
class Message:
    """The events that are due; `id` is the same at each attempt."""

    subscription: Row[Any]
    events: Sequence[Found]

    @property
    def id(self) -> UUID:
        return uuid5(self.subscription.id, f"{self.subscription.place}-{self.subscription.until}")


def due(connection: Connection, now: datetime) -> Row[Any] | None:
    """A subscription with something to do, locked; those that others serve are passed over."""
    return connection.execute(_DUE, {"now": now, "last": last_place(connection)}).one_or_none()


def prepare(connection: Connection, row: Row[Any], now: datetime) -> None:
    """Fix what is sent next; where there is nothing to send, go on to the end."""
    goal = row.goal if row.goal is not None else last_place(connection)
    events = _events(connection, row, goal)
    until = int(events[-1].at) if len(events) == MOST_EVENTS else goal
    began = row.schedule is not None and row.goal is None
    if events or (began and row.report_if_empty):
        _set(connection, row, until=until, goal=goal if row.schedule is not None else None)
    else:
        _over(connection, row, goal, now)


def message(connection: Connection, row: Row[Any]) -> Message:
    return Message(row, _events(connection, row, row.until))


def delivered(connection: Connection, row: Row[Any], answer: int, now: datetime) -> None:
    told = {"last_notified_at": now, "attempts": 0, "answer": answer, "fault": None}
    if row.schedule is None or row.until < row.goal:
        _set(connection, row, place=row.until, until=None, next_at=None, executed_at=now, **told)
    else:
        _set(connection, row, **told)
        _over(connection, row, row.until, now)


def failed(connection: Connection, row: Row[Any], answer: int | None, fault: str, now: datetime, dice: float) -> None:
    """Again later, for as long as the subscription lives: nothing is given up that was promised."""
    _set(connection, row, attempts=row.attempts + 1, next_at=now + pause(row.attempts, dice), answer=answer,
         fault=fault[:FAULT])  # fmt: skip


def _over(connection: Connection, row: Row[Any], place: int, now: datetime) -> None:
    """Everything to this place was told; of a schedule, the next round is set."""
    following = None if row.schedule is None else schedule_of(row.schedule).next(now)
    _set(connection, row, place=place, until=None, goal=None, next_at=following, executed_at=now)


def _events(connection: Connection, row: Row[Any], last: int) -> list[Found]:
    asked = question_of(row.definition, row.names)
    since = Condition("GE_recordTime", Column(RECORD_TIME), "GE", (row.initial_time.isoformat(),), "base")
    question = Question((*asked.conditions, since))
    return reading.arrived(connection, question, Reader(row.party_id), row.place, last, MOST_EVENTS)


def _set(connection: Connection, row: Row[Any], **values: Any) -> None:
    listed = ", ".join(f"{name} = :{name}" for name in values)
    connection.execute(text(f"UPDATE warehouse.epcis_subscription SET {listed} WHERE id = :id"),  # noqa: S608
                       {**values, "id": row.id})  # fmt: skip


_DUE = text("""
    SELECT s.*, q.name, q.query AS definition, q.names
    FROM warehouse.epcis_subscription s JOIN warehouse.epcis_query q ON q.number = s.query
    WHERE (s.next_at IS NULL OR s.next_at <= :now)
        AND (s.until IS NOT NULL OR s.schedule IS NOT NULL OR s.place < :last)
    ORDER BY s.next_at NULLS FIRST, s.executed_at NULLS FIRST LIMIT 1
    FOR UPDATE OF s SKIP LOCKED
""")

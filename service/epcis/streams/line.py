"""What one stream says next, and how far it is: no sockets here, one transaction a step.

    next    the message that is due, or None; it may be asked again until it is told
    told    the message went out: on behind it

A round of a schedule goes to the place that was last when it began (`_goal`), and then the next one is due. What is not
told yet is nowhere but in the database: a line holds one message at most.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from service.epcis.documents import write
from service.epcis.query import reading
from service.epcis.query.conditions import RECORD_TIME, Column, Condition, Question
from service.epcis.query.documents import prefix_lengths, query_document
from service.epcis.query.reading import Row
from service.epcis.streams.cursor import Cursor
from service.epcis.streams.opening import Opening
from service.epcis.subscriptions.placing import last_place
from service.statements.event import OWN_CONTEXT

CURSOR = "lotproof:cursor"
"""In a message: how far it goes."""
MOST_BYTES = 1_000_000
"""Of a message with more than one event; one event may be as large as it was captured."""


@dataclass(frozen=True, slots=True)
class Message:
    """`until` is the place to which it tells."""

    text: str
    until: int


class Line:
    def __init__(self, opening: Opening) -> None:
        self._opening, self.place = opening, opening.start.place
        since = opening.start.since.isoformat()
        recorded = Condition("GE_recordTime", Column(RECORD_TIME), "GE", (since,), "base")
        self._question = Question((*opening.question.conditions, recorded))
        schedule = opening.controls.schedule
        self._next_at = schedule.next(opening.opened) if schedule else None
        self._goal: int | None = None

    def wait(self, now: datetime) -> float | None:
        """Seconds until the schedule has something to do; None: as soon as anything arrives."""
        return None if self._next_at is None else max(0.0, (self._next_at - now).total_seconds())

    def next(self, connection: Connection, now: datetime) -> Message | None:
        """Raises TooComplex where the question takes too long."""
        if self._next_at is not None and now < self._next_at:
            return None
        began, goal = self._goal is None, self._goal
        if goal is None:
            goal = last_place(connection)
        rows = self._rows(connection, goal) if self.place < goal else []
        if rows or (began and self._next_at is not None and self._opening.controls.report_if_empty):
            self._goal = goal if self._next_at is not None else None
            return self._message(connection, rows, goal, now)
        self._on(goal, now, over=True)
        return None

    def passes(self, last: int) -> None:
        """There is nothing to say up to this place."""
        self.place = max(self.place, last)

    @property
    def scheduled(self) -> bool:
        return self._next_at is not None

    def told(self, message: Message, now: datetime) -> None:
        self._on(message.until, now, over=message.until == self._goal)

    def _on(self, place: int, now: datetime, *, over: bool) -> None:
        self.place = place
        schedule = self._opening.controls.schedule
        if over and schedule is not None:
            self._goal, self._next_at = None, schedule.next(now)

    def _rows(self, connection: Connection, goal: int) -> Sequence[Row]:
        opening = self._opening
        return reading.arrived(connection, self._question, opening.reader, self.place, goal, opening.controls.most)

    def _message(self, connection: Connection, rows: Sequence[Row], goal: int, now: datetime) -> Message:
        """Of the first of these rows: as many as a message takes."""
        until = int(rows[-1].at) if len(rows) == self._opening.controls.most else goal
        text = self._written(connection, rows, until, now)
        while len(text) > MOST_BYTES and len(rows) > 1:
            rows = rows[: len(rows) // 2]
            until = int(rows[-1].at)
            text = self._written(connection, rows, until, now)
        return Message(text.decode(), until)

    def _written(self, connection: Connection, rows: Sequence[Row], until: int, now: datetime) -> bytes:
        opening, form = self._opening, self._opening.form
        document = query_document(rows, now, opening.name, str(opening.id))
        document.extensions = {CURSOR: opening.cursors.issue(Cursor(until, opening.start.since))}
        document.prefixes = {"lotproof": OWN_CONTEXT["lotproof"]}
        lengths = prefix_lengths(connection, opening.reader.party)
        return write(document, form.media_type, form.epc_format, lengths, cbv_urns=form.cbv_urns)

"""Group commit: single requests that arrive together are recorded together.

A commit costs a flush to disk and some twenty questions to the database, whether it holds one movement or a hundred.
One thread of each web process takes whatever waits, records it in one call and answers everyone; meanwhile the next
requests gather. A lone request is recorded at once; only where company came along the last time does the thread wait
for it a few milliseconds, since those who were answered together tend to come back together, and a commit for ten
costs little more than for one. Order is kept, also for one caller. The transaction of a group sees the rows of the
parties in it and of no other.
"""

from collections.abc import Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import sleep

from sqlalchemy import Engine

from service import standpoint
from service.ledger.recording import record
from service.ledger.requests import MovementRequest, Outcome, Scribe

LINGER = 0.006  # seconds

MOST = 256
"""At most so many requests share a transaction, so that nobody waits long for the others' signatures."""

Waiting = tuple[MovementRequest, frozenset[int], "Future[Outcome]"]
"""A request, the parties from whose standpoint it came, and who waits for its outcome."""


class Closed(Exception):
    """The process is stopping; nothing was recorded."""


class Gather:
    """One for each process. The thread starts with the first request, so a server may fork after creating this."""

    def __init__(self, engine: Engine, scribe: Scribe, most: int = MOST) -> None:
        self._engine = engine
        self._scribe = scribe
        self._most = most
        self._queue: SimpleQueue[Waiting | None] = SimpleQueue()
        self._lock = Lock()
        self._thread: Thread | None = None
        self._closed = False
        self._company = False  # whether the last group was more than one

    def record(self, request: MovementRequest) -> Outcome:
        """Like `record` for one request; returns when it is durable or refused."""
        waiting: Future[Outcome] = Future()
        with self._lock:
            if self._closed:
                raise Closed
            if self._thread is None:
                self._thread = Thread(target=self._run, name="gather", daemon=True)
                self._thread.start()
            self._queue.put((request, standpoint.current().parties, waiting))
        return waiting.result()

    def close(self) -> None:
        """Record what waits, then stop; later requests are refused with Closed."""
        with self._lock:
            self._closed = True
            thread = self._thread
            self._queue.put(None)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            group, last = self._group(first)
            self._answer(group)
            if last:
                return

    def _group(self, first: Waiting) -> tuple[list[Waiting], bool]:
        """Whatever waits now, and whether the end was among it."""
        group = [first]
        if self._company:
            sleep(LINGER)
        while len(group) < self._most:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is None:
                return group, True
            group.append(waiting)
        return group, False

    def _answer(self, group: Sequence[Waiting]) -> None:
        self._company = len(group) > 1
        try:
            with standpoint.of_parties(frozenset().union(*(parties for _, parties, _ in group))):
                outcomes = record(self._engine, self._scribe, [request for request, _, _ in group])
        except Exception as error:
            self._answer_after(error, group)
            return
        for (_, _, waiting), outcome in zip(group, outcomes, strict=True):
            waiting.set_result(outcome)

    def _answer_after(self, error: Exception, group: Sequence[Waiting]) -> None:
        """Something broke: each is tried alone, so that one bad request does not fail its neighbours.

        Nothing of the group is recorded, or all of it if the answer to COMMIT was lost; then asking again answers from
        the rows.
        """
        if len(group) == 1:
            group[0][2].set_exception(error)
            return
        for one in group:
            self._answer([one])

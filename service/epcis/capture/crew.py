"""Carries out capture jobs: one thread of each web process, as many web processes as there are.

It starts when it is first woken, by a captured document or by whoever asks after the process, so a server may fork
after creating it, and looks for jobs of all parties: also for those that another process left when it died. Each job is
one transaction, seen from where its party stands; two processes never have the same job (its row is locked), and what
is cut off is carried out again.
"""

import logging
from collections.abc import Callable
from threading import Event, Lock, Thread
from uuid import uuid4

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from service import standpoint
from service.api.problem import Problem
from service.epcis.capture import jobs
from service.ledger.durably import durably
from service.ledger.requests import Scribe

IDLE_SECONDS = 30.0
"""How long a process sleeps that knows of no job; it is woken by whoever brings one."""

log = logging.getLogger(__name__)


class Crew:
    """`allowed` raises Problem while the ledger is read-only."""

    def __init__(self, engine: Engine, writer: Engine, scribe: Scribe, allowed: Callable[[], None]) -> None:
        self._engine, self._writer, self._scribe, self._allowed = engine, writer, scribe, allowed
        self._wake, self._lock = Event(), Lock()
        self._thread: Thread | None = None
        self._closed = False

    def wake(self) -> None:
        """There may be something to do."""
        with self._lock:
            if self._thread is None and not self._closed:
                self._thread = Thread(target=self._run, name="epcis-capture", daemon=True)
                self._thread.start()
        self._wake.set()

    def close(self) -> None:
        """Finish the job at hand, then stop."""
        with self._lock:
            self._closed, thread = True, self._thread
        self._wake.set()
        if thread is not None:
            thread.join()

    def once(self) -> bool:
        """Carry out one job, if one is due; whether there was one."""
        with standpoint.on("capture"), self._engine.connect() as connection:
            due = jobs.next_due(connection, self._scribe.now())
        if due is None:
            return False
        number, party_id = due
        with standpoint.of_parties({party_id}):
            self._carry_out(number)
        return True

    def _carry_out(self, number: int) -> None:
        try:
            self._allowed()
            durably(self._writer, lambda connection: jobs.carry_out(connection, self._scribe, number))
        except jobs.Undone as undone:
            with self._writer.begin() as connection:
                jobs.undone(connection, number, undone.outcome, self._scribe.now())
        except (Problem, DBAPIError) as why:
            log.warning("capture job %s is put off: %s", number, why if isinstance(why, Problem) else type(why.orig))
            with self._writer.begin() as connection:
                jobs.postpone(connection, number, self._scribe.now())
        except Exception:
            incident = str(uuid4())
            log.exception("incident %s: capture job %s was not carried out for a fault of ours", incident, number)
            with self._writer.begin() as connection:
                jobs.broken(connection, number, incident, self._scribe.now())

    def _run(self) -> None:
        while not self._closed:
            self._wake.clear()
            try:
                while not self._closed and self.once():
                    pass
                self._wake.wait(self._sleep())
            except (DBAPIError, NoConnection) as error:
                log.warning("the database does not answer: %s", type(error).__name__)
                self._wake.wait(5)

    def _sleep(self) -> float:
        with standpoint.on("capture"), self._engine.connect() as connection:
            at = jobs.next_time(connection)
        return IDLE_SECONDS if at is None else min(IDLE_SECONDS, max(0.05, (at - self._scribe.now()).total_seconds()))

"""Each web process binds the trail every few seconds, in a thread of its own; whoever comes first does it for all.

It is a web process that does it since the log's own party has its key where those of the parties lie, under the KEK.
While the ledger is read-only nothing is bound: what waits is bound afterwards.
"""

import logging
from threading import Event, Thread

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

import anchoring
from service import standpoint
from service.ledger.requests import Scribe
from service.logbook import notices
from service.trail import binding

SECONDS = 3.0

_log = logging.getLogger(__name__)


class Binder:
    """`tick` once, or `start` the thread, which ends with its process."""

    def __init__(self, engine: Engine, scribe: Scribe) -> None:
        self._engine, self._scribe = engine, scribe

    def start(self, seconds: float = SECONDS) -> Event:
        """Goes on until the event is set."""
        stop = Event()
        Thread(target=self._run, args=(stop, seconds), name="trail", daemon=True).start()
        return stop

    def _run(self, stop: Event, seconds: float) -> None:
        while not stop.wait(seconds):
            try:
                self.tick()
            except (SQLAlchemyError, OSError) as error:  # the database is away
                _log.debug("the trail waits: %s", error)
            except Exception:
                _log.exception("the trail could not be bound")

    def tick(self) -> int:
        """How many changes and signatures were bound; 0 too where somebody is at it, or the ledger is read-only."""
        with standpoint.on("trail"), self._engine.connect() as connection:
            if not binding.waits(connection) or not may_record(connection):
                return 0
        try:
            return self._bind()
        except binding.Busy:
            return 0

    def _bind(self) -> int:
        with standpoint.on("operator"), self._engine.begin() as connection:
            party = notices.party(connection, self._scribe)
        bound = 0
        with standpoint.of_parties({party.id}, "trail"):
            while more := self._sheet():
                bound += more
        return bound

    def _sheet(self) -> int:
        with self._engine.begin() as connection:
            return binding.bind(connection, self._scribe)


def may_record(connection: Connection) -> bool:
    """Whether the ledger takes statements now: the database was compared with the chain, and no alarm halts it."""
    permission = anchoring.permission(connection)
    return permission.admitted and not permission.halted

"""What is done with readings when nobody asks: seal them, judge what is due, hold goods, compute ageing, hear silence.

A thread in each web process, as the binder of the audit trail and for the same reason (`service.trail.binder`): the
keys with which the log and the parties sign lie there. Whoever brings readings judges them at once (`soon`); this
thread does what a crash, a read-only ledger or a key that was elsewhere left undone. All of it is safe to do twice.
"""

import logging
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import SQLAlchemyError

from service import standpoint
from service.domain.errors import DomainError
from service.ledger.desk import Desk
from service.ledger.durably import durably
from service.ledger.moments import moment
from service.ledger.requests import Scribe
from service.logbook import notices as logbook
from service.sensors import ageing, holding, judging, notices, sealing
from service.sensors.reading import SILENT_AFTER
from service.trail.binder import may_record

SECONDS = 5.0
SOON_SECONDS = 1.0
SEAL_SECONDS = 60.0
"""How often readings are sealed: a notice a minute at most, however many sensors there are."""

_log = logging.getLogger(__name__)


class Watcher:
    """`tick` once, or `start` the thread, which ends with its process."""

    def __init__(self, engine: Engine, writer: Engine, scribe: Scribe) -> None:
        self._engine, self._writer, self._scribe = engine, writer, scribe
        self._sealed = float("-inf")

    def start(self, seconds: float = SECONDS) -> Event:
        """Goes on until the event is set."""
        stop = Event()
        Thread(target=self._run, args=(stop, seconds), name="sensors", daemon=True).start()
        return stop

    def _run(self, stop: Event, seconds: float) -> None:
        while not stop.wait(seconds):
            self.tick()

    def tick(self) -> None:
        """Each of its tasks; what fails is logged and tried again."""
        for task in (self._seal_sometimes, self.judge, self.age, self.listen):
            _unfailing(task)

    def soon(self, party_id: int, party: str) -> None:
        """Judge what is due of a party and hold what is to be held, now and for a second at most: whoever brings the
        readings of five hundred sensors does not wait for all of them. What is left, or fails, is for the thread."""
        _unfailing(lambda: self._judge(party_id, party, monotonic() + SOON_SECONDS))

    def seal(self) -> int:
        """How many readings were sealed; 0 too while the ledger is read-only."""
        with standpoint.on("sealing"), self._engine.connect() as connection:
            if not sealing.waits(connection) or not may_record(connection):
                return 0
        with standpoint.on("operator"), self._engine.begin() as connection:
            party = logbook.party(connection, self._scribe)
        with standpoint.of_parties({party.id}, "sealing"):
            upto, sealed = sealing.settled(self._engine), 0
            while more := self._seal(upto):
                sealed += more
        return sealed

    def judge(self) -> None:
        """What is due of all parties."""
        with standpoint.on("watching"), self._engine.connect() as connection:
            parties = connection.execute(_PARTIES).all()
        for party in parties:
            self._judge(party.id, party.code)

    def age(self) -> None:
        """Of all parties with items that ask for it, what was computed too long ago."""
        with standpoint.on("watching"), self._engine.connect() as connection:
            parties = ageing.waiting(connection)
        for party in parties:
            with standpoint.of_parties({party}):
                durably(self._writer, lambda connection, of=party: ageing.refresh(  # type: ignore[misc]
                    connection, of, self._now()))  # fmt: skip

    def listen(self) -> None:
        """Sensors that fell silent, and those that are heard again, each told once."""
        with standpoint.on("watching"), self._engine.connect() as connection:
            turned = connection.execute(_TURNED, {"now": self._now(), "after": SILENT_AFTER}).all()
        for row in turned:
            with standpoint.of_parties({row.party_id}), self._engine.begin() as connection:
                self._turned(connection, row)

    def _turned(self, connection: Connection, row: Row[Any]) -> None:
        """Another process may have seen the same: of two, the second finds it told."""
        event = "sensor.silent" if row.silent else "sensor.heard"
        connection.execute(_ALONE, {"sensor": row.id})
        if connection.scalar(_TOLD, {"sensor": row.id}) != event:
            said = {"sensor": row.code, "name": row.name, "last": moment(row.newest)}
            notices.tell(connection, self._scribe, row.party_id, row.id, event, said)

    def _judge(self, party_id: int, party: str, until: float = float("inf")) -> None:
        with standpoint.of_parties({party_id}):
            with self._engine.connect() as connection:
                due = [sensor for sensor, in connection.execute(_DUE, {"party": party_id})]
            for sensor in due:
                if monotonic() > until:
                    break
                durably(self._writer, lambda connection, of=sensor: judging.judge(  # type: ignore[misc]
                    connection, self._scribe, party_id, of))  # fmt: skip
            self._hold(party_id, party)

    def _hold(self, party_id: int, party: str) -> None:
        with self._engine.connect() as connection:
            waiting = holding.to_hold(connection, party_id)
            if not waiting or not may_record(connection):
                return
        for number in waiting:
            try:
                durably(self._writer, lambda connection, of=number: holding.hold(  # type: ignore[misc]
                    Desk(connection, self._scribe, party_id, party, holding.RULE), of))  # fmt: skip
            except DomainError as refused:  # its signing key is elsewhere, say: tried again at the next tick
                _log.warning("excursion %s of %s holds nothing yet: %s", number, party, refused.slug)

    def _seal_sometimes(self) -> None:
        now = self._scribe.now().timestamp()
        if now - self._sealed >= SEAL_SECONDS:
            self._sealed = now
            self.seal()

    def _seal(self, upto: int) -> int:
        with self._engine.begin() as connection:
            return sealing.seal(connection, self._scribe, upto)

    def _now(self) -> int:
        return int(self._scribe.now().timestamp() * 1000)


def _unfailing(task: Callable[[], object]) -> None:
    try:
        task()
    except (SQLAlchemyError, OSError) as error:  # the database is away
        _log.debug("sensors wait: %s", error)
    except Exception:
        _log.exception("sensors could not be looked after")


_ALONE = text("SELECT pg_advisory_xact_lock(-:sensor)")
_TOLD = text("""
    SELECT event FROM warehouse.sensor_notice WHERE sensor_id = :sensor AND event IN ('sensor.silent', 'sensor.heard')
    ORDER BY number DESC LIMIT 1
""")
_PARTIES = text("""
    SELECT DISTINCT p.id, p.code FROM warehouse.party p WHERE p.id IN (SELECT party_id FROM warehouse.sensor_due)
        OR p.id IN (SELECT e.party_id FROM warehouse.excursion e JOIN warehouse.excursion_lot l
            ON l.excursion = e.number WHERE l.seen_at IS NULL) ORDER BY 1
""")
_DUE = text("SELECT sensor_id FROM warehouse.sensor_due WHERE party_id = :party ORDER BY sensor_id")
_QUIET = """
    SELECT s.id, s.party_id, s.code, s.name, r.newest,
        :now - r.newest > CAST(:after AS bigint) * s.interval_s * 1000 AS silent
    FROM warehouse.sensor s
    CROSS JOIN LATERAL (SELECT max(n.at) AS newest FROM unnest(s.kinds) k
        CROSS JOIN LATERAL (SELECT at FROM warehouse.reading WHERE sensor_id = s.id AND kind = k
            ORDER BY at DESC LIMIT 1) n) r
    WHERE s.retired_at IS NULL AND r.newest IS NOT NULL
"""
_TURNED = text(f"""
    SELECT q.* FROM ({_QUIET}) q
    LEFT JOIN LATERAL (SELECT event FROM warehouse.sensor_notice n WHERE n.sensor_id = q.id
        AND n.event IN ('sensor.silent', 'sensor.heard') ORDER BY n.number DESC LIMIT 1) told ON true
    WHERE q.silent <> (coalesce(told.event, 'sensor.heard') = 'sensor.silent')
""")  # noqa: S608

"""The process that works behind the web: one thread sequences, one anchors.

Each duty has its own leader (`election`), so any number of workers may run; each thread has its own connections.
Neither waits for the other: a chain that is away does not keep a movement from being sequenced and receipted.

Nothing is signed before this database, as it runs now, was compared with the chain (`admission`): one restored from an
older backup must not sign a second history. After a restart of the database server it is compared again, by itself.
The last signed checkpoint, kept in a file (`lastsigned`), is looked at first; while the chain is away it alone decides.
"""

from __future__ import annotations

import logging
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import Connection, Engine, create_engine

from anchoring import admission, alarms, anchors, deployments, election, logkey, ours
from anchoring.alarms import Halt, Kind
from anchoring.anchorer import Anchorer, Round
from anchoring.contract import address_of
from anchoring.dedicated import LOST
from anchoring.errors import LedgerBroken, NotInLedger
from anchoring.heartbeat import Pulse
from anchoring.lastsigned import LastSigned, compare
from anchoring.pace import ChainSettings, Clock, clock
from anchoring.rpc import Away, Refused, rpcs
from anchoring.sequencer import Sequencer
from anchoring.signer import LogSigner
from anchoring.status import lag
from anchoring.wallet import Wallet
from verifier.checkpoint import Checkpoint

log = logging.getLogger(__name__)

LOOK = 0.05  # seconds between two looks whether the comparison is over
RETRY = 0.5  # seconds after the database did not answer
BROKEN_PAUSE = 5.0  # seconds between two tries to read a ledger that contradicts itself
SIGN_OF_LIFE = 5.0  # seconds between two while there is nothing to do
LONGEST_PAUSE = 30.0  # seconds between two tries while the node is away
AWAY_AFTER = 3  # failed rounds before it is worth an alarm


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """What the process needs. `database_url` with the driver in it; `log_key`: an Ed25519 seed; keys are 32 bytes."""

    database_url: str = field(repr=False)
    origin: str
    log_key: bytes = field(repr=False)
    rpc_urls: tuple[str, ...]
    anchorer_key: bytes = field(repr=False)
    chain: ChainSettings = field(default_factory=ChainSettings)
    lastsigned_dir: Path | None = None  # where the last signed checkpoint is kept; None: nowhere
    log_key_before: bytes | None = None  # the public key that `log_key` replaces, if it does

    def signer(self) -> LogSigner:
        """The log's hand."""
        return LogSigner(self.origin, self.log_key, self.log_key_before)

    def last_signed(self) -> LastSigned | None:
        """The file outside the database."""
        given = self.lastsigned_dir
        return None if given is None else LastSigned(given, self.signer())


class Pauses:
    """How long to wait: the usual pace, or longer and longer, with jitter so that many workers do not knock in step."""

    def __init__(self, usual: float, jitter: Callable[[], float] = random.random) -> None:
        self._usual, self._jitter = usual, jitter
        self.failures = 0

    def next(self, failed: bool) -> float:
        """Seconds until the next try."""
        self.failures = self.failures + 1 if failed else 0
        pause = min(self._usual * 2 ** min(self.failures, 10), max(self._usual, LONGEST_PAUSE))
        return float(pause * (0.75 + 0.5 * self._jitter()))


class AnchorLoop:
    """Rounds of the anchorer, as long as this process is the leader; and the comparison with what was signed last."""

    def __init__(
        self, engine: Engine, settings: WorkerSettings, now: Clock = clock, file: LastSigned | None = None
    ) -> None:
        self._file, self._pulse = file, Pulse("anchorer")
        self._engine, self._settings, self._now = engine, settings.chain, now
        nodes = rpcs(settings.rpc_urls)
        self._anchorer = Anchorer(engine, nodes, settings.anchorer_key, settings.chain, now)
        self._wallet = Wallet(engine, nodes[0], address_of(settings.anchorer_key), settings.chain)

    def run(self, stop: Event) -> None:
        """Until `stop` is set."""
        pauses = Pauses(self._settings.poll / 1000)
        while not stop.is_set():
            try:
                with election.leadership(self._engine, election.ANCHORER) as leadership:
                    self._lead(leadership, pauses, stop)
            except LOST as error:
                log.warning("the database does not answer: %s", error)
                stop.wait(RETRY)
            except (LedgerBroken, NotInLedger) as error:
                broken(self._engine, self._pulse, error, self._now())
                stop.wait(BROKEN_PAUSE)
            except Exception:
                # A fault of ours in anchoring must not end the process: it would take sequencing along.
                log.exception("a round of the anchorer failed")
                stop.wait(pauses.next(failed=True))

    def _lead(self, leadership: election.Leadership, pauses: Pauses, stop: Event) -> None:
        while not stop.is_set():
            self.look_back()
            if not leadership.held():
                stop.wait(pauses.next(failed=False))
                continue
            failed = self.round(pauses.failures)
            self._rest(pauses.next(failed), "the node does not answer" if failed else "", stop)

    def _rest(self, seconds: float, why: str, stop: Event) -> None:
        """Until the next round, alive; no longer than it takes to see that the database came up again."""
        end, admitted = time.monotonic() + seconds, False
        while not stop.is_set():
            with self._engine.begin() as conn:
                self._pulse.beat(conn, why)
                before, admitted = admitted, admission.admitted(conn)
            left = end - time.monotonic()
            if left <= 0 or (before and not admitted):
                return
            stop.wait(min(left, SIGN_OF_LIFE))

    def round(self, failures: int = 0) -> bool:
        """One round; whether the node gave no answer. `failures`: how many rounds before this one failed in a row."""
        why = None
        try:
            ended = self._anchorer.tick()
            if ended is not Round.WAITED:
                log.info("round: %s", ended.value)
            if ended in (Round.WAITED, Round.PUSHED):
                self._wallet.look()
        except (Away, Refused) as error:
            why = str(error)
            log.warning("%s", why)
        self._admit()
        self._keep_alarms(why, failures)
        return why is not None

    def look_back(self) -> None:
        """An alarm if the database is not what was signed last; in every round, before the chain is asked: of what is
        not anchored yet the chain knows nothing."""
        with self._engine.begin() as conn:
            self._vouched(conn)

    def _vouched(self, conn: Connection) -> Checkpoint | None:
        """What was signed last, if this database ends with it."""
        if not admission.undisturbed(conn):
            return None
        # The file first: whoever signs meanwhile commits before he writes it, so the database is never behind for that.
        kept = None if self._file is None else self._file.read()
        try:
            return kept.checkpoint if kept is not None and compare(conn, kept) else None
        except Halt as halt:
            alarms.raise_alarm(conn, halt.kind, halt.detail, self._now())
            return None

    def _admit(self) -> None:
        """The chain had its say. If it had none, what was signed last decides; where nothing ever was, nobody need be
        asked."""
        with self._engine.begin() as conn:
            if admission.admitted(conn):
                return
            known = self._vouched(conn)
            if alarms.halted(conn):
                return
            if known is not None:
                admission.admit(conn, known.size, known.log_root, "the last signed checkpoint", self._now())
            elif deployments.current(conn) is None and ours.newest_size(conn) == 0:
                admission.admit(conn, 0, None, "nobody: nothing was ever signed", self._now())

    def _keep_alarms(self, away: str | None, failures: int) -> None:
        """Two alarms that no round can raise: nobody answers, and it takes too long, for whatever reason."""
        with self._engine.begin() as conn:
            if away is not None and failures + 1 >= AWAY_AFTER:
                alarms.raise_alarm(conn, Kind.NODE_AWAY, away, self._now())
            newest = anchors.anchored(conn)
            waited = lag(conn, 0 if newest is None else newest.size, self._now())
            if waited > self._settings.late_after:
                detail = f"a checkpoint waits for {waited // 1000} s, {self._settings.late_after // 1000} s are allowed"
                alarms.raise_alarm(conn, Kind.LATE, detail, self._now())
            else:
                alarms.clear(conn, Kind.LATE, "passed", self._now())


class Worker:
    """Both threads."""

    def __init__(self, settings: WorkerSettings, now: Clock = clock) -> None:
        self._engine = create_engine(settings.database_url, pool_size=4, max_overflow=4, pool_pre_ping=True)
        self._now, self._file, self._signer = now, settings.last_signed(), settings.signer()
        self._anchoring = AnchorLoop(self._engine, settings, now, self._file)
        self._sequencer = Sequencer(
            self._engine, settings.origin, settings.log_key, now, self._may_sign, kept=self._file,
            key_before=settings.log_key_before,
        )  # fmt: skip
        self._pulse = Pulse("sequencer")

    def run(self, stop: Event, ready: Callable[[], None] = lambda: None) -> None:
        """Work until `stop` is set; `ready` is called when it is decided whether anything may be recorded: the database
        was compared with the chain, or an alarm halts. Raises LogKeyChanged if another key signed this log so far."""
        try:
            with logkey.demanded(self._engine, self._signer, self._now):
                self._work(stop, ready)
        finally:
            if self._file is not None:
                self._file.close()
            self._engine.dispose()

    def _work(self, stop: Event, ready: Callable[[], None]) -> None:
        anchoring = Thread(target=self._anchoring.run, args=(stop,), name="anchorer")
        anchoring.start()
        try:
            while not (stop.is_set() or self._decided()):
                stop.wait(LOOK)
            if not stop.is_set():
                ready()
            self._sequence(stop)
        finally:
            stop.set()
            anchoring.join()

    def _sequence(self, stop: Event) -> None:
        """Sequence until `stop` is set. A ledger that contradicts itself is read-only, and the process stays to say so;
        it goes on by itself when the alarm is cleared and the cause is gone."""
        while not stop.is_set():
            try:
                self._sequencer.run(stop)
            except LedgerBroken as error:
                broken(self._engine, self._pulse, error, self._now())
                stop.wait(BROKEN_PAUSE)

    def _may_sign(self, conn: Connection) -> bool:
        self._pulse.beat(conn)
        return admission.may_sign(conn)

    def _decided(self) -> bool:
        try:
            with self._engine.begin() as conn:
                self._pulse.beat(conn, "waits for the comparison of database and chain")
                seen = admission.permission(conn)
        except LOST:
            return False
        return seen.admitted or seen.halted


def broken(engine: Engine, pulse: Pulse, error: Exception, now: int) -> None:
    """What is stored contradicts itself: all that signs or records stops, as far as the database still hears us."""
    log.error("%s", error)
    try:
        with engine.begin() as conn:
            pulse.beat(conn, "what is stored contradicts itself")
            alarms.raise_alarm(conn, Kind.LEDGER_BROKEN, str(error), now)
    except LOST as lost:
        log.warning("the database does not answer: %s", lost)


def contradicted(settings: WorkerSettings, now: Clock = clock) -> bool:
    """Whether a halting alarm is open after a look at what was signed last; asks no chain."""
    engine = create_engine(settings.database_url)
    try:
        try:
            AnchorLoop(engine, settings, now, settings.last_signed()).look_back()
        except (LedgerBroken, NotInLedger) as error:
            broken(engine, Pulse("anchorer"), error, now())
        with engine.connect() as conn:
            return alarms.halted(conn)
    finally:
        engine.dispose()


def run_worker(settings: WorkerSettings, ready: Callable[[], None] = lambda: None) -> None:
    """The process: works until SIGTERM or SIGINT, ends the round it is in, and returns."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Worker(settings).run(stop, ready)

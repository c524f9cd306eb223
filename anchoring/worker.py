"""The process that works behind the web: one thread sequences, one anchors.

Each duty has its own leader (`election`), so any number of workers may run; each thread has its own connections.
Neither waits for the other: a chain that is away does not keep a movement from being sequenced and receipted.

Before the first checkpoint is signed the log is compared with the chain once, because a database restored from an older
backup must not sign a second history. If the chain does not answer in time, recording goes on: the contract refuses
a fork later, and the alarm then halts.
"""

from __future__ import annotations

import logging
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event, Thread

from sqlalchemy import Engine, create_engine

from anchoring import alarms, anchors, election
from anchoring.alarms import Kind
from anchoring.anchorer import Anchorer, Round
from anchoring.dedicated import LOST
from anchoring.pace import ChainSettings, Clock, clock
from anchoring.rpc import Away, Refused, rpcs
from anchoring.sequencer import Sequencer
from anchoring.status import lag

log = logging.getLogger(__name__)

COMPARE_WITHIN = 10.0  # seconds that signing waits for the first look at the chain
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
    """Rounds of the anchorer, as long as this process is the leader."""

    def __init__(self, engine: Engine, settings: WorkerSettings, now: Clock = clock) -> None:
        self._engine, self._settings, self._now = engine, settings.chain, now
        self._anchorer = Anchorer(engine, rpcs(settings.rpc_urls), settings.anchorer_key, settings.chain, now)
        self.compared = Event()  # the first look at the chain is over, or another worker is the leader

    def run(self, stop: Event) -> None:
        """Until `stop` is set."""
        pauses = Pauses(self._settings.poll / 1000)
        while not stop.is_set():
            try:
                with election.leadership(self._engine, election.ANCHORER) as leadership:
                    self._lead(leadership, pauses, stop)
            except LOST as error:
                log.warning("the database does not answer: %s", error)
                stop.wait(pauses.next(failed=True))
            except Exception:
                # A fault of ours in anchoring must not end the process: it would take sequencing along.
                log.exception("a round of the anchorer failed")
                self.compared.set()
                stop.wait(pauses.next(failed=True))

    def _lead(self, leadership: election.Leadership, pauses: Pauses, stop: Event) -> None:
        while not stop.is_set():
            if not leadership.held():
                self.compared.set()
                stop.wait(pauses.next(failed=False))
                continue
            failed = self.round(pauses.failures)
            stop.wait(pauses.next(failed))

    def round(self, failures: int = 0) -> bool:
        """One round; whether the node gave no answer. `failures`: how many rounds before this one failed in a row."""
        why = None
        try:
            ended = self._anchorer.tick()
            if ended is not Round.WAITED:
                log.info("round: %s", ended.value)
            if ended is not Round.NOT_NOW:
                self.compared.set()
        except (Away, Refused) as error:
            why = str(error)
            log.warning("%s", why)
        self._keep_alarms(why, failures)
        return why is not None

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
        self._anchoring = AnchorLoop(self._engine, settings, now)
        self._sequencer = Sequencer(self._engine, settings.origin, settings.log_key, now, alarms.may_sign)

    def run(self, stop: Event, ready: Callable[[], None] = lambda: None) -> None:
        """Work until `stop` is set; `ready` is called when both duties are taken up."""
        anchoring = Thread(target=self._anchoring.run, args=(stop,), name="anchorer")
        anchoring.start()
        try:
            self._anchoring.compared.wait(COMPARE_WITHIN)
            ready()
            self._sequencer.run(stop)
        finally:
            stop.set()
            anchoring.join()
            self._engine.dispose()


def run_worker(settings: WorkerSettings, ready: Callable[[], None] = lambda: None) -> None:
    """The process: works until SIGTERM or SIGINT, ends the round it is in, and returns."""
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    Worker(settings).run(stop, ready)

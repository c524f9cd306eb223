"""The sequencer: the one writer of the log. It gives waiting statements their place and signs the result.

One transaction for each round. Its order is the safety argument:

    1  may it sign?       this database was compared with the chain since it came up, and no halting alarm is open
    2  take               the oldest statements leave the queue; a second sequencer finds them gone
    3  chain              indexes from the tree's size on, each entry linked to its subject's newest, which is asked for
                          if the signed map knows the subject
    4  grow               tree and map in memory, from what was true after the last commit; meanwhile entries and pages
                          are stored: an index that is taken is refused by the primary key
    5  store              the last of it, and tiles
    6  sign               when the signature before is kept outside the database too (`lastsigned`); the first moment
                          that this one exists; nobody sees it before 8
    7  store checkpoint   its size is a primary key: never two for one size
    8  commit             all of it is true, durable and visible, or nothing
    9  keep               outside the database, while the next round begins

A crash before 8 leaves nothing. A crash after 8 leaves everything. Where it cannot be told (the connection was lost
in 8), the next round reads again, as it does after every failure: starting and recovering are the same function, and
it compares what is stored with the last signature before it adds anything.

An advisory lock elects one sequencer; that only saves work. What keeps two from forking are the primary keys.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

from psycopg.errors import UniqueViolation
from sqlalchemy import Connection, Engine, text

from anchoring import queue
from anchoring.bell import SEQUENCED, SUBMITTED, Bell
from anchoring.chaining import Tip, Waiting, chain, map_changes, new_tips
from anchoring.checkpoints import SignedCheckpoint, newest_checkpoint, write_checkpoint
from anchoring.copying import driver
from anchoring.dedicated import LOST, abandon, dedicated
from anchoring.errors import LedgerBroken, Overtaken
from anchoring.lastsigned import Forgetful, Keeping
from anchoring.lotmap import Growth, find
from anchoring.mappages import PageMemory, StoredPages
from anchoring.page import PageId, Place
from anchoring.signer import LogSigner
from anchoring.state import State, stored_state
from anchoring.storing import store
from anchoring.tilestore import write_tiles
from anchoring.tips import TipMemory
from anchoring.tree import Edge
from anchoring.uncollected import uncollected
from verifier.hashing import Subject

log = logging.getLogger(__name__)

Clock = Callable[[], int]
"""Milliseconds since 1970."""

STEPS = ("permitted", "taken", "chained", "grown", "stored", "signed", "finished", "committed")
"""The moments of a round at which tests let it fail; `finished` is the last before the commit."""

LOCK = 0x6C6F7470_73657175  # any constant that nobody else uses
_PAGE_MEMORY = 128 << 20
_TIPS = 30_000  # subjects, of 0.4 kB each
_ROUND = 10_000  # entries: the memory of a round and the time that a new submission waits grow with it
_LINGER = 0.005  # seconds: those who submit at about the same time share a checkpoint
_LOOK = 0.2  # seconds between two looks at the queue when nobody rings, as whoever waits for a receipt does
_RETRY = 0.5  # seconds: after a failure, and between two tries to be elected
_GIVE_UP = 10_000  # milliseconds in which a sequencer that stopped in mid-transaction loses its lock
_DUPLICATE = "entry_statement_subject"


@dataclass(frozen=True, slots=True)
class _Extension:
    """What a round will have made true once it is committed: state, newest entries, and which pages replace which."""

    state: State
    tips: Mapping[Subject, Tip]
    replaced: Collection[PageId]
    written: Sequence[tuple[PageId, bytes]]


def always(connection: Connection) -> bool:
    """Nothing forbids signing."""
    return True


def pass_by(step: str) -> None:
    """Nothing happens between two steps."""


class Sequencer:
    """Sequences what is submitted to the log `origin`. `log_key` is an Ed25519 seed of 32 bytes; `now` in milliseconds.

    `may_sign` is asked in each round's transaction. `kept` remembers what was signed. `after` is told each step that is
    done; tests make it fail.
    """

    def __init__(
        self,
        engine: Engine,
        origin: str,
        log_key: bytes,
        now: Clock,
        may_sign: Callable[[Connection], bool] = always,
        after: Callable[[str], None] = pass_by,
        lock: int = LOCK,
        kept: Keeping | None = None,
        key_before: bytes | None = None,
    ) -> None:
        self._engine, self._now, self._may_sign, self._after = engine, now, may_sign, after
        self._kept = kept or Forgetful()
        self._signer = LogSigner(origin, log_key, key_before)
        self._memory, self._tips = PageMemory(_PAGE_MEMORY), TipMemory(_TIPS)
        self._lock = lock
        self._connection: Connection | None = None
        self._state: State | None = None
        self._wary = False  # a statement may have been submitted twice: look before adding

    def step(self, limit: int = _ROUND) -> int:
        """One round: sequence up to about `limit` entries; return how many. 0 also if another sequencer is elected.

        Raises Overtaken if another sequencer wrote first, LedgerBroken if what is stored contradicts itself, and the
        database's own errors. After any failure the next round starts from what is stored.
        """
        try:
            connection = self._elected()
            if connection is None:
                return 0
            with uncollected():
                return self._round(connection, self._known(connection), limit)
        except LedgerBroken as error:
            overtaken = self._is_overtaken()
            self.close()
            if overtaken:
                raise Overtaken("what is stored", "as this sequencer left it", str(error)) from error
            raise
        except UniqueViolation as error:
            self.close()
            if error.diag.constraint_name != _DUPLICATE or self._wary:
                raise Overtaken("entries of the log", "none above the last checkpoint", str(error)) from error
            self._wary = True
            return self.step(limit)
        except BaseException:
            self.close()
            raise

    def run(self, stop: Event) -> None:
        """Sequence until `stop` is set; raises LedgerBroken, on which nothing more may be signed, and LogKeyChanged."""
        with Bell(self._engine, SUBMITTED) as bell:
            while not stop.is_set():
                self._turn(bell, stop)
        self.close()

    def _turn(self, bell: Bell, stop: Event) -> None:
        try:
            sequenced = self.step()
        except (Overtaken, *LOST) as error:
            log.warning("the round failed, starting again from what is stored: %s", error)
            stop.wait(_RETRY)
            return
        if not sequenced:
            bell.wait(_LOOK if self._connection is not None else _RETRY)
        if sequenced < _ROUND:
            stop.wait(_LINGER)

    def close(self) -> None:
        """Let go of the connection, and with it of the lock and of all that is not committed."""
        connection, self._connection, self._state = self._connection, None, None
        self._tips.clear()
        if connection is not None:
            with suppress(*LOST):  # a server frees the lock of a closed connection, but only after a while
                connection.rollback()
                connection.execute(text("SELECT pg_advisory_unlock_all()"))
            abandon(connection)

    def _elected(self) -> Connection | None:
        """The connection that holds the lock, if it is ours."""
        if self._connection is None:
            connection = dedicated(self._engine)
            connection.execute(text(f"SET idle_in_transaction_session_timeout = {_GIVE_UP}"))
            # All look-ups are by key: planned once, and so that a plan made while the tables were empty does not scan.
            connection.execute(text("SET enable_seqscan = off"))
            connection.execute(text("SET plan_cache_mode = force_generic_plan"))
            held = connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": self._lock}).scalar_one()
            connection.commit()
            if not held:
                abandon(connection)
                return None
            self._connection = connection
        return self._connection

    def _known(self, connection: Connection) -> State:
        """What was true after the last commit."""
        if self._state is None:
            # In one snapshot: one who was elected before may still commit while we read.
            connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))
            state = stored_state(connection, self._signer.origin)
            if state.note is not None:
                self._signer.vouch(state.note)
            connection.commit()
            self._state = state
        return self._state

    def _is_overtaken(self) -> bool:
        """Whether somebody signed since: then it is not what is stored that is wrong, but what we know of it."""
        connection, state = self._connection, self._state
        if connection is None or state is None:
            return False
        connection.rollback()
        newest = newest_checkpoint(connection)
        return newest is not None and newest.size != state.edge.size

    def _round(self, connection: Connection, state: State, limit: int) -> int:
        taken = queue.waiting(connection, limit) if self._may_sign(connection) else []
        if not taken:
            connection.commit()  # nothing is written; on a rollback the driver would forget what it has prepared
            return 0
        self._after("permitted")
        queue.remove(connection, taken)
        if self._wary:
            taken = list(queue.without_known(connection, taken))
        self._after("taken")
        extension = self._extend(connection, state, taken)
        connection.commit()
        self._after("committed")
        if extension.state.note is not None and extension.state.note != state.note:
            self._kept.keep(extension.state.note)
        self._adopt(extension)
        return extension.state.edge.size - state.edge.size

    def _extend(self, connection: Connection, state: State, taken: Sequence[Waiting]) -> _Extension:
        """Chain, grow tree and map, store, sign."""
        subjects = {subject for statement in taken for subject in statement.subjects}
        if not subjects:
            return _Extension(state, {}, (), ())
        pages = StoredPages(connection, self._memory)
        with driver(connection).pipeline():
            asked = self._tips.ask(connection, subjects)
            ways = find(state.map_root, subjects, pages)
            tips = asked()
        chained = list(chain(state.edge.size, taken, tips))
        self._after("chained")
        edge, tiles = state.edge.grown([each.leaf_hash for each in chained])
        after = new_tips(chained)
        grown = Growth(ways, map_changes(tips, after), state.next_page)
        store(connection, chained, grown)
        self._after("grown")
        write_tiles(connection, tiles)
        self._after("stored")
        if state.note is not None:
            self._kept.settle(state.note)
        grew = self._sign(connection, edge, grown.root, max(self._now(), state.signed_at))
        return _Extension(grew, after, pages.loaded, grown.written)

    def _sign(self, connection: Connection, edge: Edge, map_root: Place, at: int) -> State:
        """Sign a state and store the checkpoint."""
        size, log_root = edge.size, edge.root()
        note = self._signer.sign(size, log_root, map_root.hash)
        self._after("signed")
        write_checkpoint(connection, SignedCheckpoint(size, log_root, map_root.hash, map_root.page, note, at))
        connection.execute(text("SELECT pg_notify(:channel, '')"), {"channel": SEQUENCED})
        self._after("finished")
        return State(edge, map_root, at, note)

    def _adopt(self, extension: _Extension) -> None:
        """Only what is committed may be remembered: an aborted round gives its indexes and page ids back."""
        self._state, self._wary = extension.state, False
        self._tips.remember(extension.tips)
        self._memory.forget(extension.replaced)
        self._memory.remember(extension.written)

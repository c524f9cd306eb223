"""Waiting for receipts: one thread for each process and database looks for all who wait, and wakes those served.

Looking once for everybody is what keeps a hundred waiting requests from asking the database a hundred times at each
checkpoint. The thread and its connection end when nobody has waited for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from time import monotonic
from weakref import WeakKeyDictionary

from sqlalchemy import Engine

from anchoring.bell import SEQUENCED, SUBMITTED, Bell
from anchoring.dedicated import LOST
from anchoring.receipts import Receipt, receipts_of
from verifier.hashing import StatementHash

log = logging.getLogger(__name__)

_LOOK = 0.1  # seconds between two looks while somebody waits and no bell rings
_SOON = 0.03  # seconds until a newcomer is looked for who may have been sequenced long ago
_IDLE = 30.0  # seconds without anybody waiting after which the thread ends


def await_receipts(
    engine: Engine, statement_hashes: Collection[StatementHash], timeout: float
) -> dict[StatementHash, list[Receipt]]:
    """Receipts of committed statements, waiting at most `timeout` seconds; what is not sequenced is missing."""
    with _desks_lock:
        desk = _desks.setdefault(engine, _Desk())
    return desk.wait(engine, statement_hashes, timeout)


@dataclass(slots=True, eq=False)
class _Waiter:
    missing: set[StatementHash]
    found: dict[StatementHash, list[Receipt]] = field(default_factory=dict)
    served: Event = field(default_factory=Event)


class _Desk:
    """Where the threads of a process wait for receipts from one database."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiters: list[_Waiter] = []
        self._bell: Bell | None = None

    def wait(
        self, engine: Engine, statement_hashes: Collection[StatementHash], timeout: float
    ) -> dict[StatementHash, list[Receipt]]:
        waiter = _Waiter(set(statement_hashes))
        if waiter.missing:
            self._join(waiter, engine)
            waiter.served.wait(timeout)
            self._leave(waiter)
        return waiter.found

    def _join(self, waiter: _Waiter, engine: Engine) -> None:
        with self._lock:
            self._waiters.append(waiter)
            if self._bell is None:
                self._bell = Bell(engine, SEQUENCED)
                Thread(target=self._serve, args=(self._bell,), name="receipts", daemon=True).start()
            self._bell.touch()

    def _leave(self, waiter: _Waiter) -> None:
        with self._lock:
            if waiter in self._waiters:
                self._waiters.remove(waiter)

    def _serve(self, bell: Bell) -> None:
        """Look when something was sequenced; without a ring soon after somebody came, and then now and again."""
        known: set[_Waiter] = set()
        rung, look_at = False, 0.0
        with bell:
            while waiting := self._waiting_or_end(bell):
                if not known.issuperset(waiting):
                    bell.ring(SUBMITTED)
                    look_at = min(look_at, monotonic() + _SOON) if known else monotonic() + _SOON
                known = set(waiting)
                if rung or monotonic() >= look_at:
                    self._look(bell, waiting)
                    look_at = monotonic() + _LOOK
                rung = bell.wait(max(0.0, look_at - monotonic()))

    def _waiting_or_end(self, bell: Bell) -> list[_Waiter]:
        """Who waits now; if nobody, wait for somebody, and after a while give up: the next one starts a new thread."""
        if not self._waiters:
            bell.wait(_IDLE)
        with self._lock:
            if not self._waiters:
                self._bell = None
            return list(self._waiters)

    def _look(self, bell: Bell, waiting: Collection[_Waiter]) -> None:
        missing = set().union(*(waiter.missing for waiter in waiting))
        try:
            found = receipts_of(bell.connection(), missing)
        except LOST as error:
            log.warning("cannot look for receipts, trying again: %s", error)
            bell.hang_up()
            return
        for waiter in waiting:
            served = waiter.missing & found.keys()
            waiter.found.update((each, found[each]) for each in served)
            waiter.missing -= served
            if not waiter.missing:
                waiter.served.set()
                self._leave(waiter)


_desks_lock = Lock()
_desks: WeakKeyDictionary[Engine, _Desk] = WeakKeyDictionary()

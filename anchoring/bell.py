"""LISTEN and NOTIFY as a bell: threads wait for it, and a lost connection only makes them look by themselves.

A notification says "look", never what to find: who hears it reads the tables. So it may be lost or doubled, and whoever
waits looks after every `wait`, rung or not.
"""

from __future__ import annotations

import logging
import os
import select
from contextlib import suppress
from types import TracebackType

from sqlalchemy import Connection, Engine, text

from anchoring.copying import driver
from anchoring.dedicated import LOST, abandon, dedicated

SUBMITTED = "lotproof_submitted"
SEQUENCED = "lotproof_sequenced"

log = logging.getLogger(__name__)


class Bell:
    """Hears one channel, on a connection of its own, in one thread; `touch` may be called from any thread."""

    def __init__(self, engine: Engine, channel: str) -> None:
        self._engine, self._channel = engine, channel
        self._connection: Connection | None = None
        self._touched, self._touch = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __enter__(self) -> Bell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.hang_up()
        os.close(self._touched)
        os.close(self._touch)

    def touch(self) -> None:
        """Make the current or next `wait` return."""
        with suppress(BlockingIOError):  # full of touches that nobody has seen yet: one of them is enough
            os.write(self._touch, b"!")

    def wait(self, timeout: float) -> bool:
        """Return when the bell is rung or touched, after `timeout` seconds, or for no reason; whether it was rung."""
        sockets, rung = [self._touched], False
        try:
            raw = driver(self.connection())
            sockets.append(raw.fileno())
            ready = select.select(sockets, [], [], timeout)[0]
            if raw.fileno() in ready:
                raw.pgconn.consume_input()
                while raw.pgconn.notifies():
                    rung = True
        except LOST as error:
            log.warning("not listening to %s, looking every %.2f s instead: %s", self._channel, timeout, error)
            self.hang_up()
            ready = select.select([self._touched], [], [], timeout)[0]
        if self._touched in ready:
            os.read(self._touched, 65536)
        return rung

    def ring(self, channel: str) -> None:
        """Ring another channel. Nothing is written but the notification, so this waits for no disk."""
        try:
            self.connection().execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel})
        except LOST:
            self.hang_up()

    def connection(self) -> Connection:
        """The connection, for the thread that waits; what it looks for at each ring is planned once."""
        if self._connection is None:
            self._connection = dedicated(self._engine, "AUTOCOMMIT")
            self._connection.execute(text("SET plan_cache_mode = force_generic_plan"))
            self._connection.execute(text(f"LISTEN {self._channel}"))
        return self._connection

    def hang_up(self) -> None:
        """Let go of a connection that failed; the next use makes a new one."""
        if self._connection is not None:
            abandon(self._connection)
            self._connection = None

"""One leader for each duty, by a session advisory lock of PostgreSQL.

The lock lives as long as its connection: a process that dies frees it at once. It only saves work. What must not
happen twice is fenced elsewhere, by primary keys and by the contract, so a leader that lost its connection without
noticing does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from anchoring.dedicated import abandon, dedicated

ANCHORER = 0x6C6F7470_616E6368  # any constant that nobody else uses


@contextmanager
def leadership(engine: Engine, duty: int) -> Iterator[Leadership]:
    """A connection of its own that tries to hold the duty's lock; the lock goes when it is closed."""
    conn = dedicated(engine, "AUTOCOMMIT")
    try:
        yield Leadership(conn, duty)
    finally:
        abandon(conn)


class Leadership:
    """Whether this process has the duty."""

    def __init__(self, conn: Connection, duty: int) -> None:
        self._conn, self._duty, self._held = conn, duty, False

    def held(self) -> bool:
        """Ask, or try to become leader. Raises DBAPIError if the connection is gone, and the lock with it."""
        try:
            if self._held:
                self._conn.execute(text("SELECT 1"))
            else:
                self._held = bool(
                    self._conn.execute(text("SELECT pg_try_advisory_lock(:duty)"), {"duty": self._duty}).scalar_one()
                )
        except DBAPIError:
            self._held = False
            raise
        return self._held

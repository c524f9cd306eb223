"""That somebody works: each duty of the worker shows itself once a second. Whoever reads misses it, nobody need tell.

Times are the database's, so that the clocks of several machines do not matter.
"""

from __future__ import annotations

import time

from sqlalchemy import Connection, text

EVERY = 1.0  # seconds


class Pulse:
    """The heart of one duty, `anchorer` or `sequencer`."""

    def __init__(self, duty: str) -> None:
        self._duty, self._last = duty, float("-inf")

    def beat(self, conn: Connection, detail: str = "") -> None:
        """Show that the duty is alive, in the transaction of the caller; at most once a second."""
        now = time.monotonic()
        if now - self._last >= EVERY:
            conn.execute(_BEAT, {"duty": self._duty, "detail": detail})
            self._last = now


_BEAT = text(
    "INSERT INTO ledger.heartbeat (duty, at, detail)"
    " VALUES (:duty, CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint), :detail)"
    " ON CONFLICT (duty) DO UPDATE SET at = EXCLUDED.at, detail = EXCLUDED.detail"
)


def beats(conn: Connection) -> dict[str, int]:
    """When each duty that ever worked was last alive, in milliseconds since 1970."""
    return {duty: int(at) for duty, at in conn.execute(text("SELECT duty, at FROM ledger.heartbeat ORDER BY duty"))}

"""Until something is true, and no longer than it may take."""

import time
from typing import Any

from sqlalchemy import text

WAITING = text("SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
               " WHERE NOT l.granted AND a.datname = current_database()")  # fmt: skip
"""How many of this database's sessions wait for a lock."""


def eventually(what: Any, seconds: float = 30) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")

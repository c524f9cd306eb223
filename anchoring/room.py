"""Whether the database has room to write.

A disk that is full is quiet: everything can be read, the worker's heartbeat is a row that is changed in place, and only
what needs a new page is refused. PostgreSQL tells nobody how much room is left, and an alarm may need a page too. So
whoever looks lets the server spill a quarter of a megabyte into a file beside the tables, and throw it away: no row, no
lock, no WAL; a read-only transaction may do it. It takes one or two milliseconds.

Not seen: that there is room for a row and none for the next file of the WAL. Then the server ends by itself.
"""

from __future__ import annotations

from psycopg.errors import ConfigurationLimitExceeded, DiskFull
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

_BESIDE_THE_TABLES = text("SELECT set_config('work_mem', '64kB', true), set_config('temp_tablespaces', '', true)")
_SPILL = text("SELECT count(*) FROM string_to_table(repeat(repeat('x', 8191) || ',', 32), ',')")


def lacking(conn: Connection) -> str | None:
    """What the server says if nothing more fits on its disk; None if there is room."""
    tried = conn.begin_nested()
    try:
        conn.execute(_BESIDE_THE_TABLES)
        conn.execute(_SPILL)
    except OperationalError as refused:
        if isinstance(refused.orig, DiskFull):
            return str(refused.orig).partition("\n")[0]
        if not isinstance(refused.orig, ConfigurationLimitExceeded):  # temp_file_limit: it cannot be told
            raise
    finally:
        if not conn.invalidated:
            tried.rollback()  # and with it the settings
    return None

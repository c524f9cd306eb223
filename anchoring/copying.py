"""Rows into and out of PostgreSQL as binary COPY, packed by `struct`: the fastest way that psycopg offers.

https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": a header; for each row the number of its
fields (h) and for each field its length (i) and its bytes; -1 as a trailer. Our rows have fields of fixed length,
except one that may stand last; so a row is one `struct.pack`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection as Driver
from psycopg.copy import Copy, LibpqWriter
from sqlalchemy import Connection

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"
_NEVER = 1 << 62  # bytes that wait to be sent before the driver would wait for the server


def driver(connection: Connection) -> Driver[Any]:
    """The psycopg connection inside SQLAlchemy's, in the same transaction."""
    # SQLAlchemy does not see what happens below it: without this its commit would find nothing to commit.
    if not connection.in_transaction():
        connection.begin()
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, Driver), f"expected a psycopg connection, got {type(raw)}"
    return raw


class Stream:
    """Rows on their way. What the socket does not take stays with us until it is written or pushed again, so the server
    stores some while others are still made.
    """

    def __init__(self, raw: Driver[Any], copy: Copy) -> None:
        self._raw, self._copy = raw, copy

    def write(self, rows: Iterable[bytes]) -> None:
        """Hand over packed rows."""
        self._copy.write(b"".join(rows))

    def push(self) -> bool:
        """Send what the socket takes now; whether more is left."""
        return self._raw.pgconn.flush() != 0


@contextmanager
def streaming_in(raw: Driver[Any], columns: str) -> Iterator[Stream]:
    """Add what is written to `columns`; at the end all of it is stored, or the error raised."""
    query = f"COPY {columns} FROM STDIN (FORMAT binary)".encode()
    with raw.cursor() as cursor:
        writer = LibpqWriter(cursor, flush_threshold=_NEVER)
        with cursor.copy(query, writer=writer) as copy:
            copy.write(_HEADER)
            yield Stream(raw, copy)
            copy.write(_TRAILER)


def copy_in(raw: Driver[Any], columns: str, rows: Iterable[bytes]) -> None:
    """Add packed rows to `columns`, written `table (a, b)`."""
    with streaming_in(raw, columns) as stream:
        stream.write(rows)

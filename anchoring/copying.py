"""Rows into and out of PostgreSQL as binary COPY, packed by `struct`: the fastest way that psycopg offers.

https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format": a header; for each row the number of its
fields (h) and for each field its length (i) and its bytes; -1 as a trailer. Our rows have fields of fixed length,
except one that may stand last; so a row is one `struct.pack`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from psycopg import Connection as Driver
from sqlalchemy import Connection

_HEADER = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_TRAILER = b"\xff\xff"


def driver(connection: Connection) -> Driver[Any]:
    """The psycopg connection inside SQLAlchemy's, in the same transaction."""
    # SQLAlchemy does not see what happens below it: without this its commit would find nothing to commit.
    if not connection.in_transaction():
        connection.begin()
    raw = connection.connection.dbapi_connection
    assert isinstance(raw, Driver), f"expected a psycopg connection, got {type(raw)}"
    return raw


def copy_in(raw: Driver[Any], columns: str, rows: Iterable[bytes]) -> None:
    """Add packed rows to `columns`, written `table (a, b)`."""
    with raw.cursor() as cursor, cursor.copy(f"COPY {columns} FROM STDIN (FORMAT binary)".encode()) as copy:
        copy.write(_HEADER + b"".join(rows) + _TRAILER)


def copy_out(raw: Driver[Any], query: str, *arguments: object) -> bytes:
    """The packed rows that `query` returns, without header and trailer."""
    with raw.cursor() as cursor, cursor.copy(f"COPY ({query}) TO STDOUT (FORMAT binary)".encode(), arguments) as copy:
        packed = b"".join(copy)
    return packed[len(_HEADER) : -len(_TRAILER)]

"""Rows into PostgreSQL by the thousand: COPY in text format, one string for each row.

https://www.postgresql.org/docs/current/sql-copy.html, "Text Format": fields parted by tabs, NULL as \\N, and
backslash, tab, newline and carriage return escaped. Only free text needs escaping; numbers, hex, UUIDs and base64url
cannot contain what must be escaped.
"""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection as Driver
from sqlalchemy import Connection

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def driver(connection: Connection) -> Driver[Any]:
    """The psycopg connection inside SQLAlchemy's, in the same transaction."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, Driver), f"expected a psycopg connection, got {type(raw)}"
    return raw


def copy_in(raw: Driver[Any], columns: str, rows: Sequence[str]) -> None:
    """Add rows to `columns`, written `table (a, b)`; no rows, no round trip."""
    if rows:
        with raw.cursor() as cursor, cursor.copy(f"COPY {columns} FROM STDIN".encode()) as copy:
            copy.write("\n".join(rows).encode() + b"\n")


def field(value: object) -> str:
    """Any text, number or date, or None."""
    return "\\N" if value is None else str(value).translate(_ESCAPES)


def binary(raw: bytes) -> str:
    """The value of a bytea column."""
    return "\\\\x" + raw.hex()

"""Rows into PostgreSQL by the thousand: one INSERT for a table, one array for each of its columns.

COPY would be a little quicker and is refused where row-level security watches. The arrays are spelled here, as text
<https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO>: taken value by value by the driver they would cost more
than the rest. Only free text needs quoting; numbers, UUIDs and base64url hold nothing that does.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from psycopg import Connection as Driver
from sqlalchemy import Connection

Row = Sequence[object]


def driver(connection: Connection) -> Driver[Any]:
    """The psycopg connection inside SQLAlchemy's, in the same transaction."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, Driver), f"expected a psycopg connection, got {type(raw)}"
    return raw


@dataclass(frozen=True)
class Target:
    """A table, and the columns that are written, as `name type, …`."""

    table: str
    columns: str

    @cached_property
    def statement(self) -> str:
        """An array within an array would be flattened by unnest: it goes as text. Ids of places are given out before
        their rows are written."""
        typed = [column.strip().split(" ") for column in self.columns.split(",")]
        names = ", ".join(name for name, _ in typed)
        read = ", ".join(f"{name}::{type}" if type.endswith("[]") else name for name, type in typed)
        given = ", ".join("%s::text[]" if type.endswith("[]") else f"%s::{type}[]" for _, type in typed)
        return (f"INSERT INTO {self.table} ({names}) OVERRIDING SYSTEM VALUE"  # noqa: S608
                f" SELECT {read} FROM unnest({given}) AS r ({names})")  # fmt: skip


def add(raw: Driver[Any], target: Target, rows: Sequence[Row]) -> None:
    """Add rows, each as long as there are columns; no rows, no round trip."""
    if rows:
        raw.execute(target.statement, [_array(column) for column in zip(*rows, strict=True)])


def add_returning(raw: Driver[Any], target: Target, rows: Sequence[Row], columns: str) -> list[Any]:
    """Add rows, and these columns of each, in no order."""
    if not rows:
        return []
    query = f"{target.statement} RETURNING {columns}"
    return raw.execute(query, [_array(column) for column in zip(*rows, strict=True)]).fetchall()


def quoted(value: object) -> str | None:
    """Any text, or a date or number that may be absent, as `add` takes it."""
    if value is None:
        return None
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def binary(raw: bytes) -> str:
    """The value of a bytea column, as `add` takes it."""
    return f'"\\\\x{raw.hex()}"'


def _array(column: Sequence[object]) -> str:
    return "{" + ",".join(["NULL" if value is None else str(value) for value in column]) + "}"

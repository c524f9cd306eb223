"""Rows of the ledger as they are stored, in whatever state somebody left them.

Who may write to the catalogue may drop a constraint first: a column that is declared NOT NULL can hold NULL, a primary
key can repeat, 32 bytes can be 31. Nothing is assumed here but that a value has the type of its column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from struct import Struct, error
from typing import Any

from sqlalchemy import Connection

from anchoring.copying import driver
from verifier.hashing import LeafHash, leaf_hash

LIMIT = 100  # findings of one kind: a table that was replaced must not make an endless report
_AT_ONCE = 2_000  # rows fetched in one question
_numbers = count(1)

_LAYOUT = Struct(">BB32sQ32s32sQ")
WHOLE = (
    "kind BETWEEN 1 AND 4 AND octet_length(subject) = 32 AND octet_length(previous) = 32"
    " AND octet_length(statement_hash) = 32"
)
"""Columns that can be an entry; without the lengths two rows could be spelled alike."""
HASHED = (
    r"sha256('\x0001'::bytea || substring(int2send(kind) FROM 2) || subject || int8send(sequence) || previous"
    " || statement_hash || int8send(recorded_at))"
)
"""The leaf hash that follows from an entry's columns."""


def stream(connection: Connection, query: str, *values: object, at_once: int = _AT_ONCE) -> Iterator[Any]:
    """The rows of a query, a few at a time: memory stays small however many there are."""
    with driver(connection).cursor(name=f"audit_{next(_numbers)}", binary=True) as cursor:
        cursor.execute(query, values or None)
        while several := cursor.fetchmany(at_once):
            yield from several


def rows(connection: Connection, query: str, *values: object) -> list[Any]:
    """The rows of a query that has few."""
    with driver(connection).cursor(binary=True) as cursor:
        cursor.execute(query, values or None)
        return cursor.fetchall()


@dataclass(frozen=True, slots=True)
class Stored:
    """A row of `ledger.entry`."""

    index: int
    kind: int
    subject: bytes
    sequence: int
    previous: bytes
    statement_hash: bytes
    recorded_at: int
    leaf_hash: bytes

    def hashed(self) -> LeafHash | None:
        """The leaf hash that follows from the other columns; None if no entry can be spelled so."""
        spelled_ = self.spelled()
        return leaf_hash(spelled_) if spelled_ else None

    def spelled(self) -> bytes:
        """The bytes of the entry; none if there is no entry of such columns."""
        lengths = [len(each) if each is not None else 0 for each in (self.subject, self.previous, self.statement_hash)]
        if lengths != [32, 32, 32]:
            return b""
        chain = self.subject, self.sequence, self.previous
        try:
            return _LAYOUT.pack(1, self.kind, *chain, self.statement_hash, self.recorded_at)
        except error:
            return b""


COLUMNS = "index, kind, subject, sequence, previous, statement_hash, recorded_at, leaf_hash"


def entries(connection: Connection, where: str, *values: object) -> list[Stored]:
    """The entries for which `where` holds, by index."""
    query = f"SELECT {COLUMNS} FROM ledger.entry WHERE {where} ORDER BY index"  # noqa: S608 - our own words
    found = rows(connection, query, *values)
    return [Stored(*row) for row in found]


def spelled(**key: object) -> str:
    """A primary key as a finding names it: `level=0, number=3`; bytes as hexadecimal digits."""
    return ", ".join(f"{name}={shown(value)}" for name, value in key.items())


def shown(value: object) -> object:
    """A value of a key in a sentence."""
    return value.hex() if isinstance(value, bytes) else "NULL" if value is None else value


def limited(findings: Iterable[Any]) -> Iterator[Any]:
    """The first of them."""
    for number, each in enumerate(findings):
        if number == LIMIT:
            return
        yield each

"""Which column of an entry is not what was logged, when it is known what its leaf hash was.

Every column has a second source, or few values that it can have had; whichever alone leads to the leaf hash is the one.
What no source tells is searched: single bits, and for the time every millisecond around the neighbours' and the
signature's. If nothing leads there, the statement's hash is left, which nobody can guess: said only if all others
were tried and the row is otherwise in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from anchoring.audit.rows import Stored, entries, rows, stream
from verifier.hashing import ZERO, map_value

_AROUND = 30_000  # milliseconds on each side that are tried
_MAX = (1 << 53) - 1
_LENGTHS = {"subject": 32, "previous": 32, "statement_hash": 32}


def wrong_column(connection: Connection, row: Stored, leaf: bytes, others: Sequence[Stored]) -> tuple[str, Any]:
    """Name and true value of the column that differs from what hashed to `leaf`; value None if it cannot be known.

    `others`: rows that are wrong too, which may have its values. ("", None) if no single column explains it.
    """
    for field, value in _candidates(connection, row, leaf, others):
        if replace(row, **{field: value}).hashed() == leaf:
            return field, value
    impossible = _impossible(row)
    if len(impossible) == 1:
        return impossible[0], None
    at = None if impossible else _time(connection, row, leaf)
    if at is not None:
        return "recorded_at", at
    return ("", None) if impossible or not _in_place(connection, row) else ("statement_hash", None)


def _impossible(row: Stored) -> list[str]:
    """The columns that no entry can have."""
    wrong = [name for name, length in _LENGTHS.items() if len(getattr(row, name) or b"") != length]
    wrong += ["kind"] if row.kind not in (1, 2, 3, 4) else []
    wrong += [name for name in ("sequence", "recorded_at") if not 0 <= (getattr(row, name) or -1) <= _MAX]
    return [name for name in wrong if name != "recorded_at" or row.recorded_at != 0]


def _in_place(connection: Connection, row: Stored) -> bool:
    """Whether number and predecessor are those of its subject: then these columns and the subject are right."""
    before = _before(connection, row)
    expected = (before.sequence + 1, before.leaf_hash) if before else (1, ZERO)
    return (row.sequence, row.previous) == expected


def _candidates(
    connection: Connection, row: Stored, leaf: bytes, others: Sequence[Stored]
) -> Iterator[tuple[str, Any]]:
    yield from (("kind", kind) for kind in range(1, 5))
    before = _before(connection, row)
    yield "sequence", before.sequence + 1 if before else 1
    yield "previous", before.leaf_hash if before else ZERO
    if before is not None:
        yield "previous", before.hashed()
    after = entries(connection, "previous = %b", leaf)
    for each in after:
        yield "subject", each.subject
        yield "sequence", (each.sequence or 0) - 1
    yield from ((name, getattr(each, name)) for each in others for name in (*_LENGTHS, "sequence", "recorded_at"))
    yield from _flipped(row)
    yield from _subjects(connection, row, leaf)


def _before(connection: Connection, row: Stored) -> Stored | None:
    found = rows(
        connection, "SELECT max(index) FROM ledger.entry WHERE subject = %b AND index < %b", row.subject, row.index
    )
    return entries(connection, "index = %b", found[0][0])[0] if found[0][0] is not None else None


def _flipped(row: Stored) -> Iterator[tuple[str, Any]]:
    """Every value that is one bit away."""
    for name in _LENGTHS:
        number = int.from_bytes(getattr(row, name) or b"", "big")
        if number < 1 << 256:
            yield from ((name, (number ^ 1 << bit).to_bytes(32, "big")) for bit in range(256))
    for name in ("sequence", "recorded_at"):
        number = getattr(row, name)
        if number is not None:
            yield from ((name, number ^ 1 << bit) for bit in range(53))


def _subjects(connection: Connection, row: Stored, leaf: bytes) -> Iterator[tuple[str, bytes]]:
    """The keys to which the map gave this entry when it was new."""
    if row.sequence is None:
        return
    value = map_value(row.sequence, row.index, leaf) if 0 <= row.sequence <= _MAX else b""
    first, last = rows(
        connection,
        "SELECT (SELECT max(map_page) FROM ledger.checkpoint WHERE size <= %b),"
        " (SELECT min(map_page) FROM ledger.checkpoint WHERE size > %b)",
        row.index, row.index,
    )[0]  # fmt: skip
    pages = "SELECT page FROM ledger.map_page WHERE id > %b AND id <= %b"
    for (page,) in stream(connection, pages, -1 if first is None else first, last or 0):
        at = (page or b"").find(value)
        if value and at >= 0:
            leaves = int.from_bytes(page[2:4], "big")
            yield "subject", page[at - 32 * leaves : at - 32 * leaves + 32]


def _time(connection: Connection, row: Stored, leaf: bytes) -> int | None:
    """The millisecond at which it must have been recorded, near its neighbours' times and its signature's."""
    near = [row.index - 1, row.index + 1]
    query = """SELECT recorded_at FROM ledger.entry WHERE index = ANY(%b::bigint[]) UNION
               (SELECT signed_at FROM ledger.checkpoint WHERE size > %b ORDER BY size LIMIT 1)"""
    begun = sha256(b"\x00" + row.spelled()[:-8])
    tried = range(0)
    for (middle,) in sorted(found for found in rows(connection, query, near, row.index) if found[0] is not None):
        tried = range(max(tried.stop, middle - _AROUND, 0), max(tried.stop, middle + _AROUND))
        for at in tried:
            hashed = begun.copy()
            hashed.update(at.to_bytes(8, "big"))
            if hashed.digest() == leaf:
                return at
    return None

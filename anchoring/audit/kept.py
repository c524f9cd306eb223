"""The queue, what was brought back after a restore, and comparisons with the chain: beside the log they speak of."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from anchoring.audit.finding import Audited, Finding
from anchoring.audit.noticed import INSIDE, NOBODY
from anchoring.audit.rows import limited, rows, spelled, stream
from anchoring.errors import NotInLedger
from anchoring.publication import tile_bytes
from verifier.errors import Unavailable
from verifier.logtiles import LogTiles

_QUEUED = """
    SELECT s.id, s.kind, s.statement_hash, s.recorded_at, s.subjects,
           ARRAY(SELECT e.subject FROM ledger.entry e WHERE e.statement_hash = s.statement_hash)
      FROM ledger.submission s ORDER BY s.id"""
_WAITS = "whoever recorded it: he gets no receipt"


def check_queue(connection: Connection, audited: Audited) -> Iterator[Finding]:
    """What waits can become entries: kinds, lengths, and no statement that has all its entries already."""
    yield from limited(_queue(connection))


def _queue(connection: Connection) -> Iterator[Finding]:
    seen: set[bytes] = set()
    for number, kind, hashed, at, subjects, entered in stream(connection, _QUEUED):
        told = [
            ("kind", "1 to 4", kind, kind in (1, 2, 3, 4)),
            ("statement_hash", "32 bytes", hashed, hashed is not None and len(hashed) == 32),
            ("recorded_at", "0 to 2^53-1", at, at is not None and 0 <= at < 1 << 53),
            ("subjects", "32 bytes each", subjects, bool(subjects) and len(subjects) % 32 == 0),
        ]
        for name, expected, value, right in told:
            if not right:
                check = "what waits can be sequenced"
                yield _waiting(number, check, name, expected, value)
        parts = [subjects[place : place + 32] for place in range(0, len(subjects or b""), 32)]
        if len(set(parts)) != len(parts):
            yield _waiting(number, "a statement names a subject once", "subjects", "each once", "one of them twice")
        if hashed in seen or (parts and set(parts) <= set(entered)):
            yield _waiting(
                number, "a statement waits once, and not when it is in the log", "statement_hash", "once", hashed
            )
        seen.add(hashed)


def _waiting(number: int, check: str, field: str, expected: object, seen: object) -> Finding:
    return Finding(check, "ledger.submission", spelled(id=number), field, expected, seen, None, _WAITS)


def check_recovered(connection: Connection, audited: Audited) -> Iterator[Finding]:
    """Recoveries, entries without rows of the warehouse, comparisons with the chain."""
    roots = _Roots(connection)
    yield from limited(_recoveries(connection, roots))
    yield from limited(_unaccounted(connection))
    yield from limited(_admissions(connection, roots))


class _Roots:
    """Log roots at any size, from the tiles as they are published."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.size: int = rows(connection, "SELECT coalesce(max(size), 0) FROM ledger.checkpoint")[0][0]

    def at(self, size: int) -> bytes | None:
        """The root at `size`; None if the log is not so large or does not tell it."""
        signed = rows(self._connection, "SELECT log_root FROM ledger.checkpoint WHERE size = %b", size)
        if signed or not 0 < size <= self.size:
            return bytes(signed[0][0]) if signed and signed[0][0] is not None else None
        try:
            return LogTiles(lambda *name: tile_bytes(self._connection, *name), self.size).root(size)
        except (NotInLedger, Unavailable):
            return None


def _recoveries(connection: Connection, roots: _Roots) -> Iterator[Finding]:
    last = 0
    for number, first, size, root, by, at in rows(
        connection, "SELECT id, first, size, log_root, by, at FROM ledger.recovery ORDER BY id"
    ):
        key, expected = spelled(id=number), roots.at(size or 0)
        told = [
            ("size", f"at most {roots.size}", size, size is not None and size <= roots.size),
            ("first", f"{last} to {(size or 1) - 1}", first, first is not None and last <= first < (size or 0)),
            ("log_root", expected, root, expected is None or root == expected),
            ("by", "who did it", by, bool(by)),
            ("at", "a time", at, at is not None and at >= 0),
        ]
        for name, wanted, seen, right in told:
            if not right:
                check = "what came back is of this log"
                yield Finding(check, "ledger.recovery", key, name, wanted, seen, first, NOBODY)
        last = size or last


def _unaccounted(connection: Connection) -> Iterator[Finding]:
    query = """
        SELECT u.index, u.recovery, u.kind, u.subject, u.statement_hash, u.settled_at, u.settled_by, e.kind, e.subject,
               e.statement_hash, (SELECT r.id FROM ledger.recovery r WHERE r.first <= u.index AND u.index < r.size
                                   ORDER BY r.id LIMIT 1)
          FROM ledger.unaccounted u LEFT JOIN ledger.entry e USING (index) ORDER BY u.index"""
    for index, recovery, kind, subject, hashed, at, by, *true in rows(connection, query):
        names = ("kind", "subject", "statement_hash", "recovery")
        for name, seen, expected in zip(names, (kind, subject, hashed, recovery), true, strict=True):
            if seen != expected:
                check = "an entry without rows of the warehouse is an entry that came back"
                yield Finding(check, "ledger.unaccounted", spelled(index=index), name, expected, seen, index, NOBODY)
        if (at is None) != (not by):
            name, expected, seen = ("settled_at", "a time", at) if at is None else ("settled_by", "who", by)
            check, key = "who settles it is named", spelled(index=index)
            yield Finding(check, "ledger.unaccounted", key, name, expected, seen, index, NOBODY)


def _admissions(connection: Connection, roots: _Roots) -> Iterator[Finding]:
    query = """SELECT started::text, database::bigint, relation::bigint, size, log_root, by, at
                 FROM ledger.admission ORDER BY at"""
    for started, database, relation, size, root, by, at in rows(connection, query):
        key = spelled(started=started, database=database, relation=relation)
        expected = roots.at(size or 0) if size else None
        told = [
            ("size", f"0 to {roots.size}", size, size is not None and 0 <= size <= roots.size),
            ("log_root", expected, root, root == expected or (size is not None and size > roots.size)),
            ("by", "what it was compared with", by, bool(by)),
            ("at", "a time", at, at is not None and at >= 0),
        ]
        for name, wanted, seen, right in told:
            if not right:
                check, told_by = "what agreed with the chain is a state of this log", INSIDE
                index = size - 1 if name == "size" and size else None
                yield Finding(check, "ledger.admission", key, name, wanted, seen, index, told_by)
                break

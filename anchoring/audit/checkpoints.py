"""Every checkpoint that was signed: its note, whose it is, and that the columns say the same.

Whether its roots follow from the entries is asked where those are read (`roots`, `lotmap`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from anchoring.audit.finding import Audited, Finding
from anchoring.audit.noticed import INSIDE, NOBODY, Witnesses, witnesses
from anchoring.audit.rows import limited, rows, spelled, stream
from verifier import ed25519
from verifier.checkpoint import Checkpoint, parse_checkpoint
from verifier.errors import Refuted
from verifier.note import ED25519, Note, key_id, parse_note

TOLERANCE = 300_000  # milliseconds by which the clock of a web process may be ahead of the sequencer's
_EVERY = 1_000

# The newest entry that this checkpoint added: what was recorded later cannot be under it.
_QUERY = """
    SELECT c.size, c.log_root, c.map_root, c.map_page, c.note, c.signed_at, e.recorded_at
      FROM ledger.checkpoint c LEFT JOIN ledger.entry e ON e.index = c.size - 1 ORDER BY c.size"""


def check_checkpoints(connection: Connection, audited: Audited) -> Iterator[Finding]:
    """Notes, signatures, columns, times."""
    yield from limited(_checked(connection, audited))


@dataclass(frozen=True, slots=True)
class _Row:
    size: int
    log_root: bytes
    map_root: bytes
    map_page: int
    note: str
    signed_at: int
    recorded_at: int | None


def _checked(connection: Connection, audited: Audited) -> Iterator[Finding]:
    seen = witnesses(connection)
    total = rows(connection, "SELECT count(*) FROM ledger.checkpoint")[0][0]
    before: _Row | None = None
    for done, row in enumerate(stream(connection, _QUERY), 1):
        one = _Row(*row)
        yield from _of_note(one, audited, seen)
        yield from _in_time(one, before, seen)
        before = one
        if done % _EVERY == 0 or done == total:
            audited.progress("checkpoints", done, total)


def _of_note(row: _Row, audited: Audited, seen: Witnesses) -> Iterator[Finding]:
    told = seen.of_root(row.size or 0)
    try:
        note = parse_note(row.note or "")
        said = parse_checkpoint(note.body)
    except Refuted as refuted:
        yield _finding("a note is spelled as C2SP says", row, "note", refuted.expected, refuted.seen, told)
        return
    differs = _differs(row, said, audited.origin)
    if len(differs) > 2:
        expected = f"the note of size {row.size}, log root {(row.log_root or b'').hex()}"
        yield _finding("a note is that of its checkpoint", row, "note", expected, note.body, told)
        return
    wrong = wrong_signature(note, audited)
    if wrong is not None and not differs:
        yield _finding("a checkpoint is signed by the log, once", row, "note", wrong[0], wrong[1], told)
    for field, expected, stored in differs:
        # What is signed stands; where the signature does not hold, the columns do.
        if wrong is None and field != "note":
            yield _finding("a checkpoint's columns are what was signed", row, field, expected, stored, told)
        else:
            yield _finding("a note says what its columns say", row, "note", stored, expected, told)
            return


def _differs(row: _Row, said: Checkpoint, origin: str) -> list[tuple[str, Any, Any]]:
    pairs = [
        ("note", said.origin, origin),
        ("size", said.size, row.size),
        ("log_root", said.log_root, row.log_root),
        ("map_root", said.map_root, row.map_root),
    ]
    return [(field, signed, stored) for field, signed, stored in pairs if signed != stored]


def wrong_signature(note: Note, audited: Audited) -> tuple[object, object] | None:
    """What is expected and what is seen, if the log did not sign this note exactly once."""
    keys = {key_id(audited.origin, ED25519, public): public for public in audited.log_keys}
    lines = [line for line in note.signatures if line.name == audited.origin and line.key_id in keys]
    if len(lines) != 1 or len(note.signatures) != 1:
        told = ", ".join(f"{line.name} {line.key_id.hex()}" for line in note.signatures)
        return f"one signature of {audited.origin} under {_ids(list(keys))}", told
    try:
        ed25519.verify(keys[lines[0].key_id], lines[0].signature, note.body.encode())
    except Refuted as refuted:
        return "a signature that holds", str(refuted)
    return None


def _ids(keys: Sequence[bytes]) -> str:
    return " or ".join(key.hex() for key in keys)


def _in_time(row: _Row, before: _Row | None, seen: Witnesses) -> Iterator[Finding]:
    check = "a checkpoint is signed after what it holds was recorded"
    if row.signed_at is None or not 0 <= row.signed_at < 1 << 53:
        yield _finding(check, row, "signed_at", "a time", row.signed_at, NOBODY)
    elif row.recorded_at is not None and row.signed_at + TOLERANCE < row.recorded_at:
        yield _finding(check, row, "signed_at", f"{row.recorded_at} or later", row.signed_at, NOBODY)
    elif before is not None and before.signed_at is not None and row.signed_at < before.signed_at:
        check = "times of signatures never fall"
        yield _finding(check, row, "signed_at", f"{before.signed_at} or later", row.signed_at, NOBODY)
    if before is not None and row.size == before.size:
        yield _finding("a size is signed once", row, "", 1, 2, seen.of_root(row.size))
    if row.size is None or row.size < 1:
        yield _finding("a checkpoint has a size", row, "size", "1 or more", row.size, INSIDE)


def _finding(check: str, row: _Row, field: str, expected: object, seen: object, noticed: str) -> Finding:
    index = row.size - 1 if row.size else None
    return Finding(check, "ledger.checkpoint", spelled(size=row.size), field, expected, seen, index, noticed)

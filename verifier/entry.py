"""One entry of the log: 114 bytes, integers big-endian.

    | 1 version 0x01 | 1 kind | 32 subject | 8 sequence | 32 previous | 32 statement | 8 recorded_at |

`sequence` counts the entries of one subject from 1; `previous` is the leaf hash of the one before,
zeros if and only if there is none; `recorded_at` is the operator's claim, in milliseconds.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from verifier.encoding import MAX_INTEGER
from verifier.errors import Refuted
from verifier.hashing import ZERO, LeafHash, StatementHash, Subject

MOVEMENT, PARTY_KEY, ERASURE, NOTICE = 1, 2, 3, 4
ENTRY_LENGTH = 114
VERSION = 1

_LAYOUT = struct.Struct(">BB32sQ32s32sQ")


@dataclass(frozen=True, slots=True)
class Entry:
    """What the log keeps of one statement about one subject."""

    kind: int
    subject: Subject
    sequence: int
    previous: LeafHash
    statement_hash: StatementHash
    recorded_at: int


def format_entry(entry: Entry) -> bytes:
    """The 114 bytes of an entry; raises Refuted if no parser would take them."""
    _check(entry)
    return _LAYOUT.pack(
        VERSION, entry.kind, entry.subject, entry.sequence, entry.previous, entry.statement_hash, entry.recorded_at
    )


def parse_entry(raw: bytes) -> Entry:
    """The entry of 114 bytes; raises Refuted for anything else."""
    if len(raw) != ENTRY_LENGTH:
        raise Refuted("entry", f"{ENTRY_LENGTH} bytes", f"{len(raw)} bytes")
    version, kind, subject, sequence, previous, statement, recorded_at = _LAYOUT.unpack(raw)
    if version != VERSION:
        raise Refuted("entry version", VERSION, version)
    entry = Entry(kind, Subject(subject), sequence, LeafHash(previous), StatementHash(statement), recorded_at)
    _check(entry)
    return entry


def _check(entry: Entry) -> None:
    if not MOVEMENT <= entry.kind <= NOTICE:
        raise Refuted("entry kind", "1 to 4", entry.kind)
    if not 1 <= entry.sequence <= MAX_INTEGER:
        raise Refuted("entry sequence", "1 to 2^53-1", entry.sequence)
    if (entry.sequence == 1) != (entry.previous == ZERO):
        raise Refuted("entry previous", "zeros if and only if the sequence is 1", entry.previous)
    if not 0 <= entry.recorded_at <= MAX_INTEGER:
        raise Refuted("entry recorded_at", "0 to 2^53-1", entry.recorded_at)

"""The queue of submissions, from its taking end."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from dataclasses import replace

from sqlalchemy import Connection

from anchoring.chaining import Waiting
from anchoring.copying import driver
from anchoring.errors import Overtaken
from verifier.hashing import StatementHash, Subject

log = logging.getLogger(__name__)

_SUBJECT = 32

# Whole statements, as many as have `limit` subjects together, and always one.
_NEXT = """
    SELECT id, kind, statement_hash, recorded_at, subjects
      FROM (SELECT *, sum(octet_length(subjects)) OVER (ORDER BY id) - octet_length(subjects) AS before
              FROM (SELECT * FROM ledger.submission ORDER BY id LIMIT %b) AS oldest) AS counted
     WHERE before < 32 * %b
     ORDER BY id"""


def waiting(connection: Connection, limit: int) -> list[Waiting]:
    """The oldest waiting statements with about `limit` subjects together."""
    with driver(connection).cursor(binary=True) as cursor:
        cursor.execute(_NEXT, (limit, limit))
        return [Waiting(number, kind, hashed, at, _parted(subjects)) for number, kind, hashed, at, subjects in cursor]


def remove(connection: Connection, taken: Collection[Waiting]) -> None:
    """Take statements from the queue; raises Overtaken if another sequencer has taken one of them."""
    with driver(connection).cursor() as cursor:
        numbers = [each.submission for each in taken]
        cursor.execute("DELETE FROM ledger.submission WHERE id = ANY(%b::bigint[])", (numbers,))
        if cursor.rowcount != len(numbers):
            raise Overtaken("submissions in the queue", len(numbers), cursor.rowcount)


def without_known(connection: Connection, taken: Collection[Waiting]) -> Iterator[Waiting]:
    """The statements without what is sequenced already, or stands in the queue twice."""
    seen = _sequenced(connection, taken)
    for each in taken:
        new = tuple(subject for subject in each.subjects if (each.statement_hash, subject) not in seen)
        seen.update((each.statement_hash, subject) for subject in new)
        if new != each.subjects:
            log.warning("statement %s was submitted again", each.statement_hash.hex())
        yield replace(each, subjects=new)


def _sequenced(connection: Connection, taken: Collection[Waiting]) -> set[tuple[StatementHash, Subject]]:
    query = "SELECT statement_hash, subject FROM ledger.entry WHERE statement_hash = ANY(%b::bytea[])"
    with driver(connection).cursor(binary=True) as cursor:
        cursor.execute(query, ([each.statement_hash for each in taken],))
        return {(StatementHash(hashed), Subject(subject)) for hashed, subject in cursor}


def _parted(subjects: bytes) -> tuple[Subject, ...]:
    return tuple(Subject(subjects[at : at + _SUBJECT]) for at in range(0, len(subjects), _SUBJECT))

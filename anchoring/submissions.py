"""Submissions: statements that wait for their place in the log.

`submit` writes them in the caller's transaction, so a statement and its submission exist together or not at all. A
submission is present until it is sequenced; there is no cursor over ids, because ids are handed out before
transactions commit and a cursor would pass over those that commit late.

Waking the sequencer is not done here. A NOTIFY inside the caller's transaction would hold a lock of the whole
database from before its commit until after its fsync, and so make all recording transactions commit one by one.
`await_receipts` wakes the sequencer instead, after the commit, once for all who wait; whoever does not wait is found
when the sequencer next looks.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import pack

from sqlalchemy import Connection

from anchoring.copying import copy_in, driver
from verifier.hashing import StatementHash, Subject


@dataclass(frozen=True, slots=True)
class Submission:
    """One entry asked for: this statement concerns this subject. `recorded_at` in milliseconds since 1970."""

    kind: int
    subject: Subject
    statement_hash: StatementHash
    recorded_at: int


def submit(connection: Connection, submissions: Iterable[Submission]) -> None:
    """Queue `submissions` in the caller's transaction, all of one statement in one call.

    They are sequenced in the order given, a statement's entries together under one checkpoint. Of two transactions, if
    the first was acknowledged before the second began, its entries come first.
    """
    copy_in(driver(connection), "ledger.submission (kind, statement_hash, recorded_at, subjects)", _rows(submissions))


def last_recorded(connection: Connection, subjects: Iterable[Subject]) -> int:
    """When the newest of these subjects' entries was recorded, or of what waits to become one, in milliseconds; 0 if
    there is none."""
    with driver(connection).cursor() as cursor:
        cursor.execute(_LAST, {"subjects": [*subjects]})
        ((newest,),) = cursor.fetchall()
    return int(newest or 0)


_LAST = """
    SELECT max(at) FROM (
        SELECT (SELECT e.recorded_at FROM ledger.entry e WHERE e.subject = s ORDER BY e.sequence DESC LIMIT 1) AS at
          FROM unnest(%(subjects)s::bytea[]) AS s
        UNION ALL
        SELECT q.recorded_at FROM ledger.submission q, unnest(%(subjects)s::bytea[]) AS s
         WHERE position(s IN q.subjects) > 0) AS found
"""


def _rows(submissions: Iterable[Submission]) -> Iterator[bytes]:
    subjects: dict[tuple[StatementHash, int, int], list[bytes]] = {}
    for each in submissions:
        assert len(each.subject) == 32, f"a subject is 32 bytes, got {len(each.subject)}"
        subjects.setdefault((each.statement_hash, each.kind, each.recorded_at), []).append(each.subject)
    for (statement_hash, kind, recorded_at), listed in subjects.items():
        fields = pack(">hihi32siqi", 4, 2, kind, 32, statement_hash, 8, recorded_at, 32 * len(listed))
        yield fields + b"".join(listed)

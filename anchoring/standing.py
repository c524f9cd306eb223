"""How far statements have come: which index each of their entries has, and which anchor covers it first."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA

from anchoring.alarms import DOUBTS_FINALITY, open_alarms
from verifier.hashing import StatementHash, Subject


@dataclass(frozen=True, slots=True)
class Standing:
    """One entry of a statement. `block`, `time` (of the block, in seconds), `size` (of the anchored checkpoint) and
    `transaction` are None until an anchor covers it."""

    subject: Subject
    index: int
    block: int | None
    time: int | None
    final: bool
    size: int | None = None
    transaction: bytes | None = None


# One step in the index on size for each entry. An anchor of a size at which nothing was signed is no evidence of ours.
_STANDINGS = text("""
    SELECT e.statement_hash, e.subject, e.index AS at, a.block, a.time, a.state, a.size, a.tx_hash
      FROM ledger.entry e
      LEFT JOIN LATERAL (
           SELECT block, time, state, size, tx_hash FROM ledger.live_anchor la
            WHERE NOT void AND size > e.index AND EXISTS (
                  SELECT FROM ledger.checkpoint c
                   WHERE (c.size, c.log_root, c.map_root) = (la.size, la.log_root, la.map_root))
            ORDER BY size LIMIT 1) a ON true
     WHERE e.statement_hash = ANY(:statement_hashes)
     ORDER BY e.index
""").bindparams(bindparam("statement_hashes", type_=ARRAY(BYTEA)))


def standings(
    connection: Connection, statement_hashes: Collection[StatementHash]
) -> dict[StatementHash, list[Standing]]:
    """The entries of each statement that is sequenced, by index; one query however many are asked for.

    While an alarm says that the chain took back what was final, nothing is final.
    """
    doubt = any(alarm.kind in DOUBTS_FINALITY for alarm in open_alarms(connection))
    found: dict[StatementHash, list[Standing]] = {}
    for row in connection.execute(_STANDINGS, {"statement_hashes": list(statement_hashes)}):
        final = row.state == "final" and not doubt
        anchor = (row.block, row.time, final, row.size, row.tx_hash)
        standing = Standing(Subject(row.subject), row.at, *anchor)
        found.setdefault(StatementHash(row.statement_hash), []).append(standing)
    return found


# A gap is a run of indexes without entry; the log is as long as its newest entry or its newest checkpoint says.
_GAPS = text("""
    WITH here AS (
        SELECT index, lead(index) OVER (ORDER BY index) AS following FROM ledger.entry
        UNION ALL SELECT -1, min(index) FROM ledger.entry
    ), told AS (SELECT coalesce(max(size), 0) AS size FROM ledger.checkpoint)
    SELECT here.index + 1 AS first, coalesce(following, told.size) - 1 AS last FROM here, told
     WHERE coalesce(following, told.size) > here.index + 1 AND NOT (following IS NULL AND here.index = -1
           AND EXISTS (SELECT FROM ledger.entry))
     ORDER BY 1
""")


def gaps(connection: Connection) -> list[tuple[int, int]]:
    """First and last index of each run that is missing in the log; reads the index of all entries."""
    return [(row.first, row.last) for row in connection.execute(_GAPS)]

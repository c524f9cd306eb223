"""The rules of a subject's entries: 1, 2, 3 …, each names the leaf before it, times never fall, no statement twice.

Asked of the server in one window over all entries. A row that is not what was logged breaks the chain at its successor
too; where such rows are known, only a break that they do not explain is said.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import Connection

from anchoring.audit.finding import Finding
from anchoring.audit.noticed import Witnesses
from anchoring.audit.rows import HASHED, rows, spelled, stream
from verifier.hashing import ZERO

_MEMORY = "SET LOCAL work_mem = '64MB'"
_BROKEN = f"""
    SELECT index, subject, sequence, previous, recorded_at, before, sequence_before, leaf_before, recorded_before
      FROM (SELECT index, subject, sequence, previous, recorded_at, lag(index) OVER w AS before,
                   lag(sequence) OVER w AS sequence_before, lag(leaf_hash) OVER w AS leaf_before,
                   lag({HASHED}) OVER w AS hashed_before, lag(recorded_at) OVER w AS recorded_before
              FROM ledger.entry WINDOW w AS (PARTITION BY subject ORDER BY index)) AS chained
     WHERE (sequence = coalesce(sequence_before, 0) + 1
            AND (previous = coalesce(leaf_before, %b) OR previous = hashed_before)
            AND recorded_at BETWEEN coalesce(recorded_before, 0) AND 9007199254740991) IS NOT TRUE
     ORDER BY index LIMIT 1000"""  # noqa: S608
_TWICE = """
    SELECT statement_hash, subject, array_agg(index ORDER BY index) FROM ledger.entry
     GROUP BY statement_hash, subject HAVING count(*) > 1 LIMIT 1000"""


def check_chains(connection: Connection, bad: Collection[int], witnesses: Witnesses) -> Iterator[Finding]:
    """Every subject's chain; `bad` are indexes whose rows were already found to be other than logged."""
    connection.exec_driver_sql(_MEMORY)
    # A row in order that follows one which is not breaks no rule by itself.
    for row in stream(connection, _BROKEN, ZERO) if not bad else ():
        yield from _broken(row, witnesses)
    for _, subject, indexes in rows(connection, _TWICE):
        if not set(indexes) & set(bad):
            first, *others = indexes
            for index in others:
                what = f"once about subject {subject.hex()}, at index {first}"
                check, told = "a statement enters a subject once", witnesses.of_entry(index)
                yield Finding(check, "ledger.entry", spelled(index=index), "statement_hash", what, "again", index, told)


def _broken(row: Any, witnesses: Witnesses) -> Iterator[Finding]:
    """The rules that this row breaks."""
    index, _, sequence, previous, recorded_at, before, number, leaf, at = row
    told = "whoever holds a proof of this lot that was made before; whoever checks one made now"
    key = spelled(index=index)
    of = f"after index {before}" if before is not None else "the first of its subject"
    if sequence != (number or 0) + 1:
        yield Finding(f"a subject's entries are numbered, {of}", "ledger.entry", key, "sequence", (number or 0) + 1,
                      sequence, index, told)  # fmt: skip
    elif recorded_at is None or not (at or 0) <= recorded_at < 1 << 53:
        yield Finding(f"a subject's times never fall, {of}", "ledger.entry", key, "recorded_at", f"{at or 0} or later",
                      recorded_at, index, told)  # fmt: skip
    else:
        yield Finding(f"an entry names the leaf before it, {of}", "ledger.entry", key, "previous", leaf or ZERO,
                      previous, index, told)  # fmt: skip

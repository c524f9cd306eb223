"""Entries in PostgreSQL: their rows, and what is asked of them by subject."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from struct import Struct
from typing import Any

from sqlalchemy import Connection, func, select

from anchoring import tables
from anchoring.chaining import Chained, Tip
from anchoring.copying import driver
from verifier.entry import Entry
from verifier.hashing import Subject

_ROW = Struct(">hiqihi32siqi32si32siqi32s")
ENTRIES = "ledger.entry (index, kind, subject, sequence, previous, statement_hash, recorded_at, leaf_hash)"
"""What is copied in; the primary key refuses an index that another sequencer gave away first."""

# The packed tips of all subjects asked for.
_TIP = Struct(">32sqq32sq")
_TIPS = """
    SELECT string_agg(asked.subject || int8send(index) || int8send(sequence) || leaf_hash || int8send(recorded_at), '')
      FROM unnest(%b::bytea[]) AS asked (subject)
     CROSS JOIN LATERAL (
           SELECT index, sequence, leaf_hash, recorded_at FROM ledger.entry e
            WHERE e.subject = asked.subject ORDER BY sequence DESC LIMIT 1) newest"""

column = tables.entry.c


def packed_entries(chained: Iterable[Chained]) -> Iterator[bytes]:
    """Rows for `ENTRIES`."""
    return map(_row, chained)


def _row(each: Chained) -> bytes:
    entry = each.entry
    chain = 32, entry.subject, 8, entry.sequence, 32, entry.previous
    said = 32, entry.statement_hash, 8, entry.recorded_at
    return _ROW.pack(8, 8, each.index, 2, entry.kind, *chain, *said, 32, each.leaf_hash)


def stored(row: Sequence[Any]) -> Chained:
    """The entry of a row that begins with the columns of the table."""
    index, kind, subject, sequence, previous, statement_hash, recorded_at, leaf_hash = row[:8]
    return Chained(index, Entry(kind, subject, sequence, previous, statement_hash, recorded_at), leaf_hash)


def entries_of(connection: Connection, subject: Subject, size: int) -> list[Chained]:
    """All entries of a subject below `size`, in order."""
    # The sum keeps the primary key out of it: before the first ANALYZE the planner would read half of the log there.
    below = column.index + 0 < size
    query = select(tables.entry).where(column.subject == subject, below).order_by(column.sequence)
    return [stored(row) for row in connection.execute(query)]


def newest_index(connection: Connection) -> int | None:
    """The index of the log's newest entry, or None."""
    found: int | None = connection.execute(select(func.max(column.index))).scalar_one()
    return found


def ask_tips(connection: Connection, subjects: Collection[Subject]) -> Callable[[], dict[Subject, Tip]]:
    """Ask for the newest entry of each subject that has one, as the next must know it; call for the answer.

    In a pipeline the server looks them up while we do something else. They come as one value, because of many rows it
    would send the first and wait until we take them.
    """
    cursor = driver(connection).cursor(binary=True)
    cursor.execute(_TIPS, (list(subjects),))

    def answer() -> dict[Subject, Tip]:
        with cursor:
            (packed,) = cursor.fetchone() or (None,)
        return {Subject(subject): Tip(*newest) for subject, *newest in _TIP.iter_unpack(packed or b"")}

    return answer


def tips_of(connection: Connection, subjects: Collection[Subject]) -> dict[Subject, Tip]:
    """The newest entry of each subject that has one."""
    return ask_tips(connection, subjects)()

"""The log root of every checkpoint beside the one that follows from the entries.

Where one does not follow but a later one does, that checkpoint is wrong. Where none does from some size on, entries
were changed after they were signed, and the lot map of that checkpoint tells which: it still holds their leaves.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from anchoring.audit.finding import Finding
from anchoring.audit.nodes import Peaks
from anchoring.audit.noticed import Witnesses
from anchoring.audit.rows import rows, spelled, stream
from anchoring.audit.sizes import Source
from verifier.checkpoint import parse_checkpoint
from verifier.errors import Refuted
from verifier.hashing import map_value
from verifier.note import parse_note

_CHECK = "the signed log root follows from the entries"
_SEARCHED = 50_000  # entries that are looked up in the map


@dataclass(frozen=True, slots=True)
class _Odd:
    size: int
    stored: bytes
    follows: bytes
    good: int


class Roots:
    """The checkpoints in the order of their sizes, and up to where their roots followed."""

    def __init__(self, connection: Connection, source: Source, witnesses: Witnesses) -> None:
        self._connection, self._witnesses = connection, witnesses
        query = f"SELECT size, log_root, note FROM {source.table} ORDER BY size"  # noqa: S608
        self._rows = stream(connection, query, *source.values)
        self._ahead = next(self._rows, None)
        self._good = 0
        self._odd: list[_Odd] = []
        self._broken = False

    def broken(self, first: int) -> None:
        """From this index on the leaves are not known: no later root can be told."""
        self._broken = True

    def signed(self, first: int, width: int, peaks: Peaks, tile: Sequence[Sequence[bytes]]) -> Iterator[Finding]:
        """Those signed at the sizes first + 1 to first + width; `tile` is built on the leaves from `first` on."""
        while not self._broken and self._ahead is not None and self._ahead[0] <= first + width:
            size, stored, note = self._ahead
            self._ahead = next(self._rows, None)
            if size <= first:
                continue
            follows = peaks.root(tile, size - first)
            if stored == follows:
                yield from self._right(size)
            elif _noted(note) == follows:
                yield self._of_checkpoint(_Odd(size, stored, follows, self._good))
                yield from self._right(size)
            else:
                self._odd.append(_Odd(size, stored, follows, self._good))
                del self._odd[100:]

    def rest(self, bad: set[int]) -> Iterator[Finding]:
        """Said when all is read: what no later checkpoint vouches for. Adds the changed entries to `bad`."""
        if not self._odd:
            return
        first = self._odd[0]
        changed = list(self._changed(first.good, first.size))
        bad.update(changed)
        for index in changed:
            yield Finding(_CHECK, "ledger.entry", spelled(index=index), "", "the entry that the lot map of then holds",
                          "another", index, self._witnesses.of_entry(index))  # fmt: skip
        if not changed:
            yield self._of_checkpoint(first)

    def _right(self, size: int) -> Iterator[Finding]:
        self._good = size
        yield from map(self._of_checkpoint, self._odd)
        self._odd.clear()

    def _of_checkpoint(self, odd: _Odd) -> Finding:
        told = self._witnesses.of_root(odd.size)
        key = spelled(size=odd.size)
        return Finding(_CHECK, "ledger.checkpoint", key, "log_root", odd.follows, odd.stored, odd.good, told)

    def _changed(self, first: int, size: int) -> Iterator[int]:
        """The entries first to size - 1 whose leaves the lot map of `size` does not hold, newest of their subjects."""
        if size - first > _SEARCHED:
            return
        newest = rows(self._connection, """
            SELECT DISTINCT ON (subject) index, sequence, leaf_hash FROM ledger.entry
             WHERE index >= %b AND index < %b ORDER BY subject, index DESC""", first, size)  # fmt: skip
        values = {_value(*row): row[0] for row in newest}
        pages = """
            SELECT page FROM ledger.map_page
             WHERE id > coalesce((SELECT max(map_page) FROM ledger.checkpoint WHERE size <= %b), -1)
               AND id <= (SELECT max(map_page) FROM ledger.checkpoint WHERE size = %b)"""
        for (page,) in stream(self._connection, pages, first, size):
            leaves = int.from_bytes((page or b"")[2:4], "big")
            for at in range(len(page or b"") - 32 * leaves, len(page or b""), 32):
                values.pop(page[at : at + 32], None)
        yield from sorted(values.values())


def _value(index: int, sequence: int, leaf: bytes) -> bytes:
    in_range = sequence is not None and leaf is not None and 0 <= sequence < 1 << 53
    return map_value(sequence, index, leaf) if in_range else b"%d" % index


def _noted(note: str | None) -> bytes | None:
    try:
        return parse_checkpoint(parse_note(note or "").body).log_root
    except Refuted:
        return None

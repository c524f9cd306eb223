"""Entries, tiles and the roots that were signed: one way through the log, with both sides of every hash at hand.

    entry -> leaf_hash          hashed by the server; only a row that differs travels
    leaves -> tile -> tile …    every stored node, and which tiles there are
    leaves -> log_root          at the size of every checkpoint

What differs is settled by what was signed (`judge`), and the column found that is not what was logged (`columns`).
The rules of subjects follow (`chains`): a broken chain is only said where the rows themselves are in order. The lot
maps (`lotmap`) are a check of their own, which most of an audit's time goes into; only where they differ from the rows
it asks here which of the rows are in order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from anchoring.audit.chains import check_chains
from anchoring.audit.columns import wrong_column
from anchoring.audit.finding import Audited, Check, Finding
from anchoring.audit.judge import Told, settle
from anchoring.audit.lotmap import WHOLE_LOG, Part, check_map
from anchoring.audit.nodes import WIDTH, Peaks, cut, levels
from anchoring.audit.noticed import INSIDE, Witnesses, witnesses
from anchoring.audit.roots import Roots
from anchoring.audit.rows import HASHED, WHOLE, Stored, entries, limited, rows, spelled, stream
from anchoring.audit.sizes import Source, signed_sizes
from anchoring.audit.tiles import StoredTile, StoredTiles, check_tile

_ENTRIES = (
    f"SELECT index, leaf_hash, CASE WHEN ({WHOLE} AND leaf_hash = {HASHED}) IS TRUE THEN NULL ELSE true END"  # noqa: S608
    " FROM ledger.entry ORDER BY index"
)
PART = 1 << 18  # entries whose maps are looked at in one step of a large audit
_EVERY = 1 << 14  # entries between two words of progress


def check_log(connection: Connection, audited: Audited) -> Iterator[Finding]:
    """Entries, tiles, log roots, chains of subjects."""
    log = _Log(connection, audited, witnesses(connection))
    yield from log.passed()
    yield from limited(check_chains(connection, log.bad, log.witnesses))


def check_maps(connection: Connection, audited: Audited, part: Part = WHOLE_LOG) -> Iterator[Finding]:
    """The lot maps beside the entries; what rows explain that are not what was logged is left to `check_log`.

    A part is looked at alone as long as nothing is wrong in it; else all maps are, from the first: what is wrong in one
    is then told where it began.
    """
    told, source = witnesses(connection), signed_sizes(connection, audited)
    if any(True for _ in check_map(connection, audited, source, (), told, part)):
        log = _Log(connection, audited, told)
        deque(log.passed(), maxlen=0)
        yield from limited(check_map(connection, audited, log.source, log.bad, told))


def map_parts(connection: Connection) -> list[tuple[str, Check]]:
    """`check_maps` in parts that may be looked at side by side; one, unless the log is large."""
    ((size,),) = rows(connection, "SELECT coalesce(max(size), 0) FROM ledger.checkpoint")
    starts = range(0, max(size, 1), PART)
    ends: list[int | None] = [*starts[1:], None]
    return [
        (f"lot maps from {start:,}" if size > PART else "lot maps", partial(check_maps, part=(start, end)))
        for start, end in zip(starts, ends, strict=True)
    ]


@dataclass(slots=True)
class _Log:
    """What grows on the way; `bad` are the indexes whose rows are not what was logged."""

    connection: Connection
    audited: Audited
    witnesses: Witnesses
    size: int = 0
    next: int = 0
    bad: set[int] = field(default_factory=set)
    peaks: Peaks = field(default_factory=Peaks)
    tiles: StoredTiles = field(init=False)
    source: Source = field(init=False)
    roots: Roots = field(init=False)

    def passed(self) -> Iterator[Finding]:
        """The whole way."""
        self.tiles = StoredTiles(self.connection)
        self.source = signed_sizes(self.connection, self.audited)
        self.roots = Roots(self.connection, self.source, self.witnesses)
        newest, last, orphans = self._extent()
        self.size = newest
        if last is not None and last >= newest and orphans:
            yield self._lost_checkpoint(newest, last)
            self.size = last + 1
        for number, found in groupby(stream(self.connection, _ENTRIES, at_once=4096), _tile_of):
            if number is None or number < 0:
                yield from (self._too_many(row[0]) for row in found)
                continue
            yield from self._up_to(number)
            yield from self._bundle(number, list(found))
        yield from self._up_to(-(-self.size // WIDTH))
        yield from self.roots.rest(self.bad)
        yield from self.tiles.rest(self.size, self.witnesses)

    def _extent(self) -> tuple[int, int | None, bool]:
        """Size of the newest checkpoint, the last index there is, and whether pages lie beyond its map."""
        query = f"""
            SELECT coalesce((SELECT max(size) FROM {self.source.table}), 0), (SELECT max(index) FROM ledger.entry),
                   coalesce((SELECT max(id) FROM ledger.map_page), -1)
                   > coalesce((SELECT max(map_page) FROM ledger.checkpoint), -1)"""  # noqa: S608
        found: tuple[int, int | None, bool] = rows(self.connection, query, *self.source.values)[0]
        return found

    def _up_to(self, number: int) -> Iterator[Finding]:
        """Bundles that are not there at all."""
        if self.next < number and self.next * WIDTH < self.size:
            first, last = self.next * WIDTH, min(number * WIDTH, self.size) - 1
            what = spelled(index=first if first == last else f"{first}..{last}")
            yield self._of_entry("every index has its entry", what, "", "an entry", None, first)
            self.bad.update(range(first, min(last, first + WIDTH) + 1))
            self.roots.broken(first)
            self.next = number

    def _bundle(self, number: int, found: list[Any]) -> Iterator[Finding]:
        """256 entries, the tile over them, the roots signed among them."""
        first, stored = number * WIDTH, self.tiles.take(number)
        width = max(0, min(WIDTH, self.size - first))
        yield from (self._too_many(row[0]) for row in found[:] if row[0] >= self.size)
        found = [row for row in found if row[0] < self.size]
        leaves: list[bytes | None] = [row[1] for row in found]
        nodes = cut(stored.nodes) if stored and width == WIDTH else []
        whole = [row[0] for row in found] == list(range(first, first + width)) and not any(row[2] for row in found)
        if not whole or (nodes and nodes[:WIDTH] != leaves):
            leaves = yield from self._doubtful(first, width, found, nodes)
        self.next = number + 1
        if all(leaf is not None for leaf in leaves):
            yield from self._grow(number, [leaf for leaf in leaves if leaf is not None], stored)
        else:
            self.roots.broken(first)
        if not self.next * WIDTH % _EVERY or self.next * WIDTH >= self.size:
            self.audited.progress("entries", min(self.next * WIDTH, self.size), self.size)

    def _grow(self, number: int, leaves: list[bytes], stored: StoredTile | None) -> Iterator[Finding]:
        rows_ = levels(leaves) if leaves else []
        yield from self.roots.signed(number * WIDTH, len(leaves), self.peaks, rows_)
        if len(leaves) == WIDTH:
            yield from check_tile(0, number, rows_, stored, self.witnesses)
            self.peaks.add(8, rows_[-1][0])
            yield from self.tiles.above(rows_[-1][0], self.witnesses)

    def _doubtful(
        self, first: int, width: int, found: Sequence[Any], nodes: Sequence[bytes]
    ) -> Generator[Finding, None, list[bytes | None]]:
        """The leaves of a bundle in which not all agree; says which row, and which of its columns, is wrong."""
        leaves, told = self._told(first, width, found, nodes)
        settle(self.connection, self.peaks.copied, first, leaves, told, nodes)
        wrong = [each for each in told if not _right(each, leaves[each.index - first])]
        self.bad.update(each.index for each in wrong)
        others = [each.row for each in wrong if each.row is not None]
        for each in wrong:
            yield from self._explained(each, leaves[each.index - first], others)
        return leaves

    def _told(
        self, first: int, width: int, found: Sequence[Any], nodes: Sequence[bytes]
    ) -> tuple[list[bytes | None], list[Told]]:
        placed: dict[int, list[Any]] = {}
        for row in found:
            placed.setdefault(row[0], []).append(row)
        leaves: list[bytes | None] = []
        asked: dict[int, bytes | None] = {}
        for at in range(width):
            here, tile = placed.get(first + at, []), nodes[at] if at < len(nodes) else None
            leaves.append(here[0][1] if here else tile)
            if len(here) != 1 or here[0][2] or (tile is not None and here[0][1] != tile):
                asked[first + at] = tile
        stored: dict[int, list[Stored]] = {}
        for row in entries(self.connection, "index = ANY(%b::bigint[])", list(asked)):
            stored.setdefault(row.index, []).append(row)
        return leaves, [_one(index, stored.get(index, []), tile) for index, tile in asked.items()]

    def _explained(self, told: Told, leaf: bytes | None, others: Sequence[Stored]) -> Iterator[Finding]:
        index, key = told.index, spelled(index=told.index)
        if told.row is None:
            yield self._of_entry("every index has its entry", key, "", leaf or "an entry", None, index)
            return
        if told.extra:
            yield self._of_entry("an index has one entry", key, "", 1, 1 + len(told.extra), index)
        row = told.row
        if leaf in (row.hashed(), row.leaf_hash):
            if leaf == row.hashed() != row.leaf_hash:
                check = "the leaf hash is that of the entry"
                yield self._of_entry(check, key, "leaf_hash", leaf, row.leaf_hash, index)
            elif row.hashed() != leaf:
                yield self._column(row, leaf, others)
        else:
            yield self._other(row, leaf, others)

    def _column(self, row: Stored, leaf: bytes | None, others: Sequence[Stored]) -> Finding:
        name, value = wrong_column(self.connection, row, leaf or b"", others)
        seen = getattr(row, name) if name else row.hashed()
        expected = value if value is not None else f"what hashes to leaf {(leaf or b'').hex()}"
        return self._of_entry("an entry hashes to its leaf", spelled(index=row.index), name, expected, seen, row.index)

    def _other(self, row: Stored, leaf: bytes | None, others: Sequence[Stored]) -> Finding:
        """A row that agrees with itself and is not what was logged here."""
        moved = rows(self.connection, "SELECT index FROM ledger.entry WHERE leaf_hash = %b ORDER BY 1 LIMIT 1", leaf)
        if moved:
            check, expected = "an entry stands at its index", f"the entry that stands at {moved[0][0]}"
            return self._of_entry(check, spelled(index=row.index), "", expected, row.leaf_hash, row.index)
        return self._column(row, leaf, others)

    def _of_entry(self, check: str, row: str, name: str, expected: object, seen: object, index: int) -> Finding:
        return Finding(check, "ledger.entry", row, name, expected, seen, index, self.witnesses.of_entry(index))

    def _too_many(self, index: int | None) -> Finding:
        check = "the log ends at its newest checkpoint"
        seen = "an entry beyond" if index is not None and index >= 0 else "an index that no log has"
        return Finding(
            check, "ledger.entry", spelled(index=index), "", f"no entry from {self.size} on", seen, index, INSIDE
        )

    def _lost_checkpoint(self, newest: int, last: int) -> Finding:
        check = "the newest entries and pages are under a checkpoint"
        noticed = self.witnesses.of_root(last + 1)
        key = spelled(size=last + 1)
        return Finding(
            check, "ledger.checkpoint", key, "", "a checkpoint", f"the newest is of {newest}", newest, noticed
        )


def _tile_of(row: Any) -> int | None:
    return None if row[0] is None else row[0] >> 8


def _one(index: int, stored: Sequence[Stored], tile: bytes | None) -> Told:
    """Of several rows with one index, the one that most agrees comes first."""
    ranked = sorted(stored, key=lambda row: (row.hashed() != row.leaf_hash, row.leaf_hash != tile))
    return Told(index, ranked[0] if ranked else None, tile, ranked[1:])


def _right(told: Told, leaf: bytes | None) -> bool:
    """Whether the row is what was logged: then it is the tile that is wrong."""
    return told.row is not None and not told.extra and told.row.hashed() == told.row.leaf_hash == leaf

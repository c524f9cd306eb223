"""The one way through a log's entries: each is hashed into the tree, beside the published tiles, and kept on disk.

What has to be known of all subjects at once is looked at afterwards, from the disk, part by part
(`verifier.partition`). So memory holds the peaks of the tree, one tile a level and a root for each size
that somebody claims; the disk 114 bytes an entry.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from verifier.entry import ENTRY_LENGTH, parse_entry
from verifier.errors import Refuted
from verifier.growing import GrowingTree, tile_hashes
from verifier.hashing import RootHash, leaf_hash
from verifier.report import Findings
from verifier.tiles import HASH, TILE_HEIGHT, TILE_WIDTH

Tile = Callable[[int, int, int], bytes]

_NO_ENTRY = bytes(ENTRY_LENGTH)
_CHUNK = ENTRY_LENGTH * 4096
_FIRST_OF_SUBJECT = 2


class Spool:
    """Entries on disk, 114 bytes each in the order of their indexes; what is no entry is kept as zeros.

    With a path it goes on behind the first `kept` entries that stand there, and stays when it is closed.
    Raises OSError, where the disk is full for one.
    """

    def __init__(self, path: Path | None = None, kept: int = 0) -> None:
        self._own = ExitStack()
        if path is None:
            path = Path(self._own.enter_context(tempfile.NamedTemporaryFile(prefix="lotproof-")).name)  # noqa: SIM115
        self.path = path
        self._file = path.open("r+b" if kept else "wb")
        self._file.truncate(kept * ENTRY_LENGTH)
        self._file.seek(0, 2)

    def append(self, raw: bytes) -> None:
        self._file.write(raw if len(raw) == ENTRY_LENGTH else _NO_ENTRY)

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()
        self._own.close()


def spooled(path: Path, part: int = 0, bits: int = 0) -> Iterator[tuple[int, bytes]]:
    """(index, entry) of all that stands in a spool; with `bits`, only where the subject begins with those of `part`.

    Of more than eight bits only the first eight are looked at: who asks looks again. 0 <= part < 2^bits.
    """
    shift, wanted = max(8 - bits, 0), part >> max(bits - 8, 0)
    first = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            column = chunk[_FIRST_OF_SUBJECT::ENTRY_LENGTH]
            for number in [number for number, byte in enumerate(column) if byte >> shift == wanted]:
                yield first + number, chunk[number * ENTRY_LENGTH : (number + 1) * ENTRY_LENGTH]
            first += len(column)


@dataclass(slots=True)
class Reading:
    """What grows while the entries pass by; roots are kept at the `wanted` sizes."""

    form: Findings
    spool: Spool
    wanted: Collection[int]
    tiles: Tiles | None = None
    tree: GrowingTree = field(default_factory=GrowingTree)
    roots: dict[int, RootHash] = field(default_factory=dict)

    def read(self, entries: Iterable[bytes], size: int, passed: Callable[[int], None] = lambda _: None) -> None:
        """Take in the entries that are still missing; raises Refuted unless they are `size` in the end.

        `passed` is told after each bundle, and at the end, how many are there.
        """
        for raw in entries:
            if self.tree.size == size:
                raise Refuted("number of entries", size, "more")
            self.form.attempt(parse_entry, raw)
            self.spool.append(raw)
            self.add(raw)
            if self.tree.size % TILE_WIDTH == 0 and self.tree.size != size:
                passed(self.tree.size)
        if self.tree.size != size:
            raise Refuted("number of entries", size, self.tree.size)
        if self.tiles is not None:
            self.tiles.close()
        passed(size)

    def add(self, raw: bytes) -> None:
        """Grow tree and tiles by an entry that is on disk already."""
        leaf = leaf_hash(raw)
        self.tree.add(leaf)
        if self.tiles is not None:
            self.tiles.add(0, leaf)
        if self.tree.size in self.wanted:
            self.roots[self.tree.size] = self.tree.root()


class Tiles:
    """The hashes of the tile that is filling at each level, compared with the published one when it is full."""

    def __init__(self, tile: Tile, found: Findings, compared: int) -> None:
        """`compared`: tiles over the first so many entries were compared before."""
        self._tile = tile
        self._found = found
        self._compared = compared
        self._filling: list[list[bytes]] = []
        self._number: list[int] = []

    def add(self, level: int, node: bytes) -> None:
        if level == len(self._filling):
            self._filling.append([])
            self._number.append(0)
        hashes = self._filling[level]
        hashes.append(node)
        if len(hashes) == TILE_WIDTH:
            self._compare(level)
            self._filling[level] = []
            self._number[level] += 1
            self.add(level + 1, tile_hashes(hashes))

    def close(self) -> None:
        """Compare the tiles that are not full."""
        for level, hashes in enumerate(self._filling):
            if hashes:
                self._compare(level)

    def _compare(self, level: int) -> None:
        number, hashes = self._number[level], self._filling[level]
        if len(hashes) == TILE_WIDTH and (number + 1) << TILE_HEIGHT * (level + 1) <= self._compared:
            return
        self._found.attempt(self._look, level, number, hashes)

    def _look(self, level: int, number: int, hashes: list[bytes]) -> None:
        published = self._tile(level, number, len(hashes))
        if published == b"".join(hashes):
            return
        place = next((n for n, node in enumerate(hashes) if published[n * HASH : (n + 1) * HASH] != node), len(hashes))
        what = f"hash {place + (number << TILE_HEIGHT)} of level {level * TILE_HEIGHT}"
        raise Refuted(what, hashes[min(place, len(hashes) - 1)], published[place * HASH : (place + 1) * HASH])

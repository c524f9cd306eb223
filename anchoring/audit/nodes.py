"""The nodes over leaves, as an auditor computes them: with the hashing of `verifier.hashing`, nothing of the maker's.

a tile's nodes, lowest first        256 hashes, 128, 64, … 1: 511 of 32 bytes, as `ledger.tile` keeps them
Peaks                               full subtrees of falling height, from which the root at any size is folded
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256

from verifier.hashing import EMPTY_LOG, RootHash, node_hash

WIDTH = 256
HEIGHT = 8
HASH = 32
NODES = 2 * WIDTH - 1


def levels(hashes: Sequence[bytes]) -> list[list[bytes]]:
    """`hashes` and every full node above them, level by level; at most 256 hashes, as many as there are."""
    found = [list(hashes)]
    while len(found[-1]) > 1:
        row = found[-1]
        # As `node_hash`, spelled out: this line runs once for each entry of the log.
        above = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row) - 1, 2)]
        found.append(above)
    return found


def flat(rows: Sequence[Sequence[bytes]]) -> list[bytes]:
    """The nodes of a full tile in the order in which they are kept."""
    return [node for row in rows for node in row]


def cut(nodes: bytes | None) -> list[bytes]:
    """The stored nodes of a tile, as many as there are."""
    whole = nodes or b""
    return [whole[at : at + HASH] for at in range(0, len(whole), HASH)]


class Peaks:
    """The full subtrees of a growing tree, highest first."""

    def __init__(self) -> None:
        self._peaks: list[tuple[int, bytes]] = []

    def add(self, height: int, node: bytes) -> None:
        """Append a full subtree; those before are at least as high."""
        while self._peaks and self._peaks[-1][0] == height:
            node = node_hash(self._peaks.pop()[1], node)
            height += 1
        self._peaks.append((height, node))

    def copied(self) -> Peaks:
        """Another one that grows by itself."""
        other = Peaks()
        other._peaks = self._peaks.copy()
        return other

    def root(self, more: Sequence[Sequence[bytes]] = (), width: int = 0) -> RootHash:
        """The root with the first `width` hashes of further `levels` behind."""
        nodes = [node for _, node in self._peaks] + list(_partial(more, width))
        if not nodes:
            return EMPTY_LOG
        *others, folded = nodes
        for left in reversed(others):
            folded = node_hash(left, folded)
        return RootHash(folded)


def _partial(rows: Sequence[Sequence[bytes]], width: int) -> Iterator[bytes]:
    first = 0
    for height in range(width.bit_length() - 1, -1, -1):
        if width >> height & 1:
            yield rows[height][first >> height]
            first += 1 << height

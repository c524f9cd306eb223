"""Proofs about a log built from its published tiles: for who watches it and asks the log for none.

    the tree of 11 leaves: complete subtrees of 8, 2 and 1, its *peaks*

              .                         a hash over any leaves low..high-1 that stand under one node
        .           .                   is folded from the complete subtrees in it, and each of those
      8 leaves    2   1                 is in a tile

The tiles are not trusted: what is built here is checked with `verifier.merkle` against a root that somebody
signed. Evidence: `tests/verifier/test_logtiles.py`, against the recursive definitions of RFC 6962.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from verifier.errors import Unavailable
from verifier.hashing import node_hash
from verifier.tiles import HASH, node_in_tiles, tile_path

MAX_TILES = 512  # a proof in a tree of 2^53 leaves takes seven levels of two or three tiles


class LogTiles:
    """The hashes of a log of `size` entries as its tiles tell them; every method raises Unavailable."""

    def __init__(self, tile: Callable[[int, int, int], bytes], size: int) -> None:
        self._read = tile
        self.size = size
        self._tiles: dict[str, bytes] = {}

    def node(self, level: int, number: int) -> bytes:
        """The hash of a complete subtree of 2^level leaves: (number + 1) << level <= size."""
        return node_in_tiles(self._tile, level, number, self.size)

    def root(self, size: int) -> bytes:
        """The root at an earlier size, 1 <= size <= self.size."""
        return self._over(0, size)

    def peaks(self, size: int) -> list[bytes]:
        """The complete subtrees of the tree at an earlier size, largest first; they fold to its root."""
        return [self.node(level, number) for level, number in peaks_of(size)]

    def path(self, level: int, number: int) -> list[bytes]:
        """The way of a complete subtree to the root of all, lowest hash first."""
        low, high, found = 0, self.size, []
        first = number << level
        while high - low > 1 << level:
            middle = low + _split(high - low)
            if first < middle:
                found.append(self._over(middle, high))
                high = middle
            else:
                found.append(self._over(low, middle))
                low = middle
        return found[::-1]

    def consistency(self, old: int) -> list[bytes]:
        """The proof that the tree of all extends the one of `old` leaves: RFC 9162, section 2.1.4.1."""
        low, high, whole, found = 0, self.size, True, []
        while old != high:
            middle = low + _split(high - low)
            if old <= middle:
                found.append(self._over(middle, high))
                high = middle
            else:
                found.append(self._over(low, middle))
                low, whole = middle, False
        return ([] if whole else [self._over(low, high)]) + found[::-1]

    def _over(self, low: int, high: int) -> bytes:
        """The hash over the leaves low..high-1; `low` is a multiple of a power of two not below their number."""
        nodes = [self.node(level, (low >> level) + number) for level, number in peaks_of(high - low)]
        return folded(nodes)

    def _tile(self, level: int, number: int, width: int) -> bytes:
        name = tile_path(level, number, width)
        if name not in self._tiles:
            if len(self._tiles) >= MAX_TILES:
                raise Unavailable("tiles", f"more than {MAX_TILES}")
            raw = self._read(level, number, width)
            if len(raw) != width * HASH:
                raise Unavailable(f"tile {name}", f"{len(raw)} bytes")
            self._tiles[name] = raw
        return self._tiles[name]


def peaks_of(size: int) -> list[tuple[int, int]]:
    """(level, number) of the complete subtrees that a tree of `size` leaves is made of, largest first."""
    return [(level, (size >> level + 1) * 2) for level in reversed(range(size.bit_length())) if size >> level & 1]


def folded(peaks: Sequence[bytes]) -> bytes:
    """The root over peaks, largest first; at least one."""
    root = peaks[-1]
    for left in reversed(peaks[:-1]):
        root = node_hash(left, root)
    return root


def _split(width: int) -> int:
    """The largest power of two below `width`."""
    return 1 << (width - 1).bit_length() - 1

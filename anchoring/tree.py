"""The log as an RFC 6962 tree: how it grows, and which hashes a proof consists of. Pure; nothing is read or written
here.

A node is (height, position): height 0 are the leaves, and node (h, p) covers the leaves p·2^h … (p+1)·2^h − 1. Only
nodes that are full can be stored, because they never change; the ragged right edge is folded from full ones when it
is needed.

    Edge             what must be remembered to add leaves: an unfinished tile for each level
    inclusion        which ranges of leaves an inclusion path hashes (RFC 9162, 2.1.3.1)
    consistency      the same for a consistency proof (RFC 9162, 2.1.4.1)

Evidence: `tests/anchoring/ledger/test_tree.py`, beside the RFC's recursive definition, pymerkle and the verifier.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from anchoring.tiles import TILE_HEIGHT, TILE_WIDTH, TileNodes
from verifier.hashing import EMPTY_LOG, LeafHash, NodeHash, RootHash, node_hash


class Node(NamedTuple):
    """A full subtree of 2^height leaves, the `position`-th of its height."""

    height: int
    position: int


class Range(NamedTuple):
    """The leaves `first` … `end` − 1 of a subtree as RFC 6962 splits a tree: ragged at most on its right."""

    first: int
    end: int


@dataclass(frozen=True, slots=True)
class FullTile:
    """A tile that has just been completed and will never change."""

    level: int
    number: int
    nodes: TileNodes


@dataclass(frozen=True, slots=True)
class Edge:
    """The right edge of a tree of `size` leaves: the unfinished tile of each level, lowest first.

    A node is hashed once, when its last leaf comes: a leaf more costs two hashes on average, and a root those that fold
    the peaks.
    """

    size: int = 0
    unfinished: tuple[TileNodes, ...] = ()

    def grown(self, leaves: Sequence[LeafHash]) -> tuple[Edge, list[FullTile]]:
        """The edge after `leaves` are added, and the tiles that they complete."""
        added: Sequence[bytes] = leaves
        unfinished = list(self.unfinished)
        tiles: list[FullTile] = []
        level = 0
        while added:
            if level == len(unfinished):
                unfinished.append(TileNodes(()))
            *full, unfinished[level] = _filled(unfinished[level], added)
            number = self.size >> TILE_HEIGHT * (level + 1)
            tiles += [FullTile(level, number + at, nodes) for at, nodes in enumerate(full)]
            added = [nodes.root for nodes in full]
            level += 1
        return Edge(self.size + len(leaves), tuple(unfinished)), tiles

    def root(self) -> RootHash:
        """The root hash of the tree."""
        peaks = [peak for tile in reversed(self.unfinished) for peak in tile.peaks()]
        return RootHash(fold(peaks)) if peaks else EMPTY_LOG


def _filled(tile: TileNodes, hashes: Sequence[bytes]) -> list[TileNodes]:
    """The tiles of a level, from its unfinished one on, after `hashes` are added; the last is unfinished, or empty."""
    room = TILE_WIDTH - tile.width
    tiles = [tile.extended(hashes[:room])]
    tiles += [TileNodes(hashes[at : at + TILE_WIDTH]) for at in range(room, len(hashes), TILE_WIDTH)]
    return [*tiles, TileNodes(())] if tiles[-1].width == TILE_WIDTH else tiles


def fold(peaks: Sequence[bytes]) -> bytes:
    """The root over full subtrees of falling size, left to right; 1 <= len(peaks)."""
    *others, folded = peaks
    for peak in reversed(others):
        folded = node_hash(peak, folded)
    return folded


def full_nodes(leaves: Range) -> Iterator[Node]:
    """The full subtrees that make up a range, largest and leftmost first."""
    first, count = leaves.first, leaves.end - leaves.first
    while count:
        height = count.bit_length() - 1
        yield Node(height, first >> height)
        first += 1 << height
        count -= 1 << height


def range_hash(leaves: Range, hash_of: Callable[[Node], NodeHash]) -> NodeHash:
    """The hash of the subtree over a range, from the full nodes that `hash_of` knows."""
    return NodeHash(fold([hash_of(node) for node in full_nodes(leaves)]))


def inclusion(index: int, size: int) -> list[Range]:
    """The ranges whose hashes are the inclusion path of `index` in a tree of `size`, leaf to root; index < size."""
    assert 0 <= index < size, f"expected an index below the size {size}, got {index}"
    path: list[Range] = []
    first, end = 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(first, middle))
            first = middle
    return path[::-1]


def consistency(old: int, new: int) -> list[Range]:
    """The ranges whose hashes prove that the tree of `new` leaves extends that of `old`; 1 <= old <= new."""
    assert 1 <= old <= new, f"expected sizes 1 <= old <= new, got {old} and {new}"
    path: list[Range] = []
    first, end = 0, new
    while end != old:  # until the subtree is one that the old tree has too
        middle = first + _split(end - first)
        if old <= middle:
            path.append(Range(middle, end))
            end = middle
        else:
            path.append(Range(first, middle))
            first = middle
    if first > 0:  # else it is the whole old tree, whose root the reader knows
        path.append(Range(first, end))
    return path[::-1]


def _split(count: int) -> int:
    """The largest power of two below `count`: where RFC 6962 parts a tree; count >= 2."""
    return 1 << (count - 1).bit_length() - 1

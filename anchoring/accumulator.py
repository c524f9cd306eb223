"""The accumulator of all anchors: which hash lies where, and what the contract keeps of it.

An RFC 6962 tree that only ever grows on the right. Node (level, number) covers the anchors
[number << level, (number + 1) << level). Pure: no chain and no database.

        2          (2,0)                a leaf completes the nodes that end at it:
        1     (1,0)     (1,1)           anchor 3 completes (0,3), (1,1), (2,0)
        0    0     1   2     3     4    5 anchors, live peaks (2,0) and (0,4)

So a node needs no row of its own: it is kept with the one anchor that completed it, and an anchor
that a reorg takes away takes exactly its own nodes along.
tests/anchoring/chain/test_accumulator.py holds this against the published vectors and a naive tree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from verifier.hashing import LeafHash, NodeHash, node_hash

SEALED_LEVEL = 6  # the contract keeps the root of every 64 anchors for ever
TILE_HEIGHT = 8  # C2SP tlog-tiles: 256 hashes a tile


class Place(NamedTuple):
    """Where a hash stands in the tree."""

    level: int
    number: int

    @property
    def completed_by(self) -> int:
        """Index of the anchor whose leaf completed this node."""
        return ((self.number + 1) << self.level) - 1


def peaks(count: int) -> list[Place]:
    """The live peaks of an accumulator of `count` anchors, largest first."""
    levels = (level for level in reversed(range(count.bit_length())) if count >> level & 1)
    return [Place(level, (count >> level) - 1) for level in levels]


def path(index: int, count: int) -> list[Place]:
    """The siblings from leaf `index` up to its live peak, lowest first; 0 <= index < count.

    Asked again for a larger count, the answer begins with this one.
    """
    assert 0 <= index < count, f"anchor {index} is not among {count}"
    siblings = []
    level, number = 0, index
    while ((number | 1) + 1) << level <= count:  # the parent is complete
        siblings.append(Place(level, number ^ 1))
        level, number = level + 1, number >> 1
    return siblings


def completed(index: int, leaf: LeafHash, hash_at: Callable[[Place], NodeHash]) -> list[NodeHash]:
    """The hashes of all nodes that leaf `index` completes, lowest first, the leaf itself being the first.

    `hash_at` is asked for nodes that earlier anchors completed.
    """
    hashes = [NodeHash(leaf)]
    number = index
    while number & 1:
        left = hash_at(Place(len(hashes) - 1, number - 1))
        hashes.append(node_hash(left, hashes[-1]))
        number >>= 1
    return hashes


def grow(first: int, leaves: Sequence[LeafHash], hash_at: Callable[[Place], NodeHash]) -> list[list[NodeHash]]:
    """What each of the leaves `first`, `first + 1`, ... completes; `hash_at` knows all before `first`."""
    grown: list[list[NodeHash]] = []

    def known(place: Place) -> NodeHash:
        position = place.completed_by - first
        return grown[position][place.level] if position >= 0 else hash_at(place)

    for offset, leaf in enumerate(leaves):
        grown.append(completed(first + offset, leaf, known))
    return grown


def tile_width(level: int, number: int, count: int) -> int:
    """How many hashes tile (level, number) holds in an accumulator of `count` anchors: 0 to 256."""
    hashes = count >> (TILE_HEIGHT * level)
    return max(0, min(1 << TILE_HEIGHT, hashes - (number << TILE_HEIGHT)))


def tile_places(level: int, number: int, width: int) -> list[Place]:
    """The places of the first `width` hashes of a tile."""
    start = number << TILE_HEIGHT
    return [Place(TILE_HEIGHT * level, start + offset) for offset in range(width)]

"""The log's tree and the lot map rebuilt from all entries, for an auditor.

Both grow entry by entry and tell their root at any size, so that every anchored root can be compared
on one way through the log. The maker of the proofs uses other code for both. Memory: the tree keeps
its peaks only; the map about 400 bytes for each subject, so `verifier.partition` grows it part by part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from verifier.hashing import EMPTY_LOG, EMPTY_MAP, MapHash, RootHash, map_leaf, map_node, node_hash


class GrowingTree:
    """The peaks of an RFC 6962 tree: complete subtrees, largest first, as the bits of its size tell."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        node, before = leaf, self.size
        while before & 1:  # a complete subtree as large stands to the left
            node, before = node_hash(self._peaks.pop(), node), before >> 1
        self._peaks.append(node)
        self.size += 1

    def root(self) -> RootHash:
        if not self._peaks:
            return EMPTY_LOG
        node = self._peaks[-1]
        for left in reversed(self._peaks[:-1]):
            node = node_hash(left, node)
        return RootHash(node)


class GrowingMap:
    """The lot map as a binary trie; hashes are worked out when a root is asked for.

    A place is None (empty), a leaf (key, hash), or a branch. Only where keys part stands a branch: whoever
    chooses subjects so that they part late makes hashing slow, but fills no memory.
    """

    def __init__(self) -> None:
        self._root: _Place = None

    def put(self, key: bytes, value: bytes) -> None:
        """Set the value of a key."""
        path = int.from_bytes(key, "big")
        above, place = None, self._root
        while isinstance(place, _Branch) and (towards := path >> place.below) >> 1 == place.shared:
            place.hash = None
            above, place = place, place.sides[towards & 1]
        grown = _grown(place, path, (key, map_leaf(key, value)))
        if above is None:
            self._root = grown
        else:
            above.sides[path >> above.below & 1] = grown

    def root(self, depth: int = 0) -> MapHash:
        """The map's root; with `depth`, of the subtree that is there where all keys share their first `depth` bits."""
        if isinstance(self._root, _Branch):
            self._root.hash = None  # it may be that of another depth
        return _hash(self._root, depth)


@dataclass(slots=True)
class _Branch:
    """Where keys part: `below` the bit in which they do are so many more, above it are those that they have in common.

    `hash` is that of its place, None if not known.
    """

    sides: list[_Place]
    shared: int
    below: int
    hash: MapHash | None = None


_Leaf = tuple[bytes, MapHash]
_Place = _Branch | _Leaf | None


def _grown(place: _Place, path: int, leaf: _Leaf) -> _Place:
    """What stands in a place after a leaf came into it."""
    if place is None or (isinstance(place, tuple) and place[0] == leaf[0]):
        return leaf
    if isinstance(place, _Branch):
        place.hash = None  # it moves down
        below = (path >> place.below + 1 ^ place.shared).bit_length() + place.below
    else:
        below = (path ^ int.from_bytes(place[0], "big")).bit_length() - 1
    return _Branch([place, leaf] if path >> below & 1 else [leaf, place], path >> below + 1, below)


def _hash(place: _Place, depth: int) -> MapHash:
    """Hash of a place at `depth`; the recursion is at most 256 deep, whatever the keys are."""
    if place is None:
        return EMPTY_MAP
    if isinstance(place, tuple):
        return place[1]
    if place.hash is None:
        node = map_node(*(_hash(side, 256 - place.below) for side in place.sides))
        for level in range(255 - place.below - depth):
            node = map_node(EMPTY_MAP, node) if place.shared >> level & 1 else map_node(node, EMPTY_MAP)
        place.hash = node
    return place.hash


def tile_hashes(leaves: Sequence[bytes]) -> bytes:
    """Root of the complete subtree over these hashes, whose number is a power of two."""
    nodes = list(leaves)
    while len(nodes) > 1:
        nodes = [node_hash(nodes[at], nodes[at + 1]) for at in range(0, len(nodes), 2)]
    return nodes[0]

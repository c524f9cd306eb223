"""Roots of the lot map that follow from a proof of membership or of absence.

The map is a binary Merkle tree over 256-bit keys in which a subtree that holds one leaf *is* that
leaf. Siblings stand root first; bit 0 of the path is the key's most significant bit.

Membership   siblings down to the key's own leaf.
Absence      siblings down to an empty place, or down to a leaf of another key in the asked key's way.

Evidence: `tests/verifier/test_lotmap.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from verifier.errors import Refuted
from verifier.hashing import EMPTY_MAP, MapHash, map_leaf, map_node

MAX_MAP_PATH = 256


def root_from_membership(key: bytes, value: bytes, siblings: Sequence[bytes]) -> MapHash:
    """Root of a map in which `key` has `value`."""
    return _climb(key, map_leaf(key, value), siblings)


def root_from_absence(key: bytes, siblings: Sequence[bytes], neighbour: tuple[bytes, bytes] | None) -> MapHash:
    """Root of a map without `key`; `neighbour` is the (key, value) that stands in its place, if any."""
    if neighbour is None:
        return _climb(key, EMPTY_MAP, siblings)
    other, value = neighbour
    if other == key:
        raise Refuted("neighbour", "another key", key)
    if _common_bits(key, other) < len(siblings):
        raise Refuted("neighbour", f"a key that shares {len(siblings)} bits", other)
    return _climb(key, map_leaf(other, value), siblings)


def _climb(key: bytes, node: MapHash, siblings: Sequence[bytes]) -> MapHash:
    if len(siblings) > MAX_MAP_PATH:
        raise Refuted("map path", f"at most {MAX_MAP_PATH} hashes", f"{len(siblings)} hashes")
    # An empty last sibling would be a second spelling: a lone leaf stands higher up.
    if siblings and siblings[-1] == EMPTY_MAP:
        raise Refuted("last sibling", "a subtree that is not empty", "an empty one")
    path = int.from_bytes(key, "big")
    for depth in range(len(siblings) - 1, -1, -1):
        sibling = siblings[depth]
        node = map_node(sibling, node) if path >> (255 - depth) & 1 else map_node(node, sibling)
    return node


def _common_bits(a: bytes, b: bytes) -> int:
    return 256 - (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_length()

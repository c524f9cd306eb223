"""A few leaves of the lot map, in order of their keys: the subtree over them (ledger-format §4), hashed as a whole. Pure.

A subtree that holds one leaf *is* that leaf, and nothing is the empty hash; every other node has two halves, of which
one may be empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from verifier.hashing import EMPTY_MAP, MapHash, Subject

Leaf = tuple[Subject, MapHash]
"""Key and value."""


def subtree(keys: Sequence[bytes], values: Sequence[bytes], bit: int) -> bytes:
    """The hash over leaves whose keys agree in all bits before `bit`."""
    hashes = [sha256(b"\x02" + key + value).digest() for key, value in zip(keys, values, strict=True)]
    return _folded(keys, hashes, bit) if len(hashes) != 1 else hashes[0]


def _folded(keys: Sequence[bytes], hashes: Sequence[bytes], bit: int) -> bytes:
    """The hash over leaves that are hashed already: none, or more than one."""
    if not hashes:
        return EMPTY_MAP
    middle = split(keys, bit)
    rest = len(hashes) - middle
    left = hashes[0] if middle == 1 else _folded(keys[:middle], hashes[:middle], bit + 1)
    right = hashes[middle] if rest == 1 else _folded(keys[middle:], hashes[middle:], bit + 1)
    return sha256(b"\x03" + left + right).digest()


def split(keys: Sequence[bytes], bit: int) -> int:
    """How many keys have a zero there."""
    at, mask = bit >> 3, 128 >> (bit & 7)
    first = 0
    for key in keys:
        if key[at] & mask:
            return first
        first += 1
    return first


def opening(
    keys: Sequence[bytes], values: Sequence[bytes], bit: int, key: Subject
) -> tuple[list[MapHash], Leaf | None]:
    """The siblings on the way down to where `key` stands or would stand, and the leaf there."""
    siblings: list[MapHash] = []
    while len(keys) > 1:
        middle = split(keys, bit)
        here, there = slice(middle), slice(middle, None)
        if key[bit >> 3] & 128 >> (bit & 7):
            here, there = there, here
        bit += 1
        siblings.append(MapHash(subtree(keys[there], values[there], bit)))
        keys, values = keys[here], values[here]
    return siblings, (Subject(keys[0]), MapHash(values[0])) if keys else None

"""A few leaves of the lot map, in order of their keys: the subtree over them (ledger-format §4), hashed whole. Pure.

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
    if not keys:
        return EMPTY_MAP
    hashes = [sha256(b"\x02" + key + value).digest() for key, value in zip(keys, values, strict=True)]
    return _folded(keys, hashes, bit) if len(hashes) > 1 else hashes[0]


def _folded(keys: Sequence[bytes], hashes: Sequence[bytes], bit: int) -> bytes:
    """The hash over more than one leaf, each hashed already."""
    first = int.from_bytes(keys[0], "big")
    parted = 256 - (first ^ int.from_bytes(keys[-1], "big")).bit_length()  # down to there one half is empty
    middle = 1 if len(keys) == 2 else split(keys, parted)
    left = hashes[0] if middle == 1 else _folded(keys[:middle], hashes[:middle], parted + 1)
    right = hashes[-1] if middle == len(keys) - 1 else _folded(keys[middle:], hashes[middle:], parted + 1)
    folded = sha256(b"\x03" + left + right).digest()
    for at in range(parted - 1, bit - 1, -1):
        halves = EMPTY_MAP + folded if first >> 255 - at & 1 else folded + EMPTY_MAP
        folded = sha256(b"\x03" + halves).digest()
    return folded


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

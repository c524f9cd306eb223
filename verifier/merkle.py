"""Roots that follow from a proof about the log: compute, then compare.

The log is the Merkle tree of RFC 6962; the proofs are those of RFC 9162, sections 2.1.3 and 2.1.4.
This module only reads proofs. They are made in `anchoring/` by other code; a third, recursive
implementation lives in the tests. Evidence: `tests/verifier/test_merkle.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from verifier.errors import Refuted
from verifier.hashing import RootHash

MAX_LOG_PATH = 53
MAX_ANCHOR_PATH = 32


def root_from_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> RootHash:
    """Root of a tree of `size` leaves whose leaf `index` is `leaf`, along `path`, lowest hash first.

    0 <= index < size. Raises Refuted unless the path has exactly the hashes that this place needs.
    """
    if not 0 <= index < size:
        raise Refuted("index", f"below the size {size}", index)
    # Below the height where index and last leaf meet both sides have neighbours; above it only
    # those on the left do, one for each bit set in the index.
    inner = (index ^ (size - 1)).bit_length()
    needed = inner + (index >> inner).bit_count()
    if len(path) != needed:
        raise Refuted("inclusion path", f"{needed} hashes", f"{len(path)} hashes")
    node = leaf
    for level in range(inner):
        if index >> level & 1:
            node = sha256(b"\x01" + path[level] + node).digest()
        else:
            node = sha256(b"\x01" + node + path[level]).digest()
    for left in path[inner:]:
        node = sha256(b"\x01" + left + node).digest()
    return RootHash(node)


def verify_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Raises Refuted unless `leaf` stands at `index` in the tree of `size` leaves with this root."""
    seen = root_from_inclusion(index, size, leaf, path)
    if seen != root:
        raise Refuted(f"inclusion at index {index}", root, seen)


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    """Raises Refuted unless the tree of `new` leaves extends the tree of `old` leaves.

    1 <= old <= new: nothing can be said about an empty tree. RFC 9162, section 2.1.4.2.
    """
    if not 1 <= old <= new:
        raise Refuted("consistency sizes", f"1 <= old <= {new}", old)
    if old == new:
        _equal_trees(old_root, new_root, path)
        return
    first, second = _roots_from_consistency(old, new, old_root, path)
    if first != old_root:
        raise Refuted(f"root at size {old}", old_root, first)
    if second != new_root:
        raise Refuted(f"root at size {new}", new_root, second)


def _equal_trees(old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> None:
    if path:
        raise Refuted("consistency path", "no hash for equal sizes", f"{len(path)} hashes")
    if old_root != new_root:
        raise Refuted("root of one size", old_root, new_root)


def _roots_from_consistency(old: int, new: int, old_root: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Both roots that the path leads to; `fn` and `sn` are the RFC's names."""
    # A complete old tree is a node of the new one: the proof leaves its hash out.
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    if not hashes:
        raise Refuted("consistency path", "at least one hash", "none")
    first = second = hashes[0]
    for step in hashes[1:]:
        if sn == 0:
            raise Refuted("consistency path", "no more hashes", f"{len(path)} hashes")
        if fn & 1 or fn == sn:
            first = sha256(b"\x01" + step + first).digest()
            second = sha256(b"\x01" + step + second).digest()
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = sha256(b"\x01" + second + step).digest()
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Refuted("consistency path", "more hashes", f"{len(path)} hashes")
    return first, second


def peak_place(index: int, count: int) -> tuple[int, int]:
    """(height, number from the left) of the peak over anchor `index` among `count` anchors.

    0 <= index < count. The peaks of an accumulator are the complete trees that its count in binary
    spells, largest first.
    """
    if not 0 <= index < count:
        raise Refuted("anchor index", f"below the count {count}", index)
    # Above this bit index and count agree: those are the peaks to the left, and here the count has one more.
    height = (index ^ count).bit_length() - 1
    return height, (count >> height + 1).bit_count()


def root_of_complete(index: int, leaf: bytes, path: Sequence[bytes]) -> bytes:
    """Root of the complete tree of height `len(path)` over `leaf`, its place the low bits of `index`."""
    node = leaf
    for level, sibling in enumerate(path):
        pair = sibling + node if index >> level & 1 else node + sibling
        node = sha256(b"\x01" + pair).digest()
    return node


def peak_from_path(index: int, count: int, leaf: bytes, path: Sequence[bytes]) -> tuple[int, bytes]:
    """(number of the peak, its hash) that the path of anchor `index` among `count` leads to."""
    height, number = peak_place(index, count)
    if len(path) != height:
        raise Refuted(f"path of anchor {index}", f"{height} hashes", f"{len(path)} hashes")
    return number, root_of_complete(index, leaf, path)

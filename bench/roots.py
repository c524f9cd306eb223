"""Roots of the log: how fast the tree grows, one checkpoint's root after each step, beside pymerkle."""

import os
from collections.abc import Iterator
from time import perf_counter

from pymerkle import InmemoryTree

from anchoring.tree import Edge
from bench.rows import Row, Scale
from verifier.hashing import leaf_hash

BEFORE, STEPS = 10_000, 500


def measure(scale: Scale) -> Iterator[Row]:
    """A tree of 10,000 leaves grows leaf by leaf; after each leaf its root is asked for, as for a checkpoint."""
    entries = [os.urandom(114) for _ in range(BEFORE + STEPS)]
    ours, root = _ours(entries)
    theirs, their_root = _pymerkle(entries)
    assert root == their_root, f"expected the root {their_root.hex()}, got {root.hex()}"
    yield Row("roots a second, a leaf more each, at 10,000", ours, "roots/s", "more", None, ("pymerkle", theirs))


def _ours(entries: list[bytes]) -> tuple[float, bytes]:
    edge, _ = Edge().grown([leaf_hash(each) for each in entries[:BEFORE]])
    begun = perf_counter()
    for each in entries[BEFORE:]:
        edge, _ = edge.grown([leaf_hash(each)])
        root = edge.root()
    return STEPS / (perf_counter() - begun), root


def _pymerkle(entries: list[bytes]) -> tuple[float, bytes]:
    tree = InmemoryTree(algorithm="sha256")
    for each in entries[:BEFORE]:
        tree.append_entry(each)
    begun = perf_counter()
    for each in entries[BEFORE:]:
        tree.append_entry(each)
        root = tree.get_state()
    return STEPS / (perf_counter() - begun), root

"""Roots of the log: how fast the tree grows, one checkpoint's root after each step, beside pymerkle."""

import os
from collections.abc import Iterator
from time import perf_counter

from pymerkle import InmemoryTree

from anchoring.tree import Edge
from bench.rows import Row, Scale
from verifier.hashing import leaf_hash

BEFORE, STEPS, TURNS = 5_000, 5_000, 3


def measure(scale: Scale) -> Iterator[Row]:
    """A tree grows leaf by leaf to 10,000; after each leaf its root is asked for, as for a checkpoint.

    Both do the same: hash the entry, append it, give the root. Each its best of some turns, one after the other: a turn
    is so short that whoever else uses the machine would decide.
    """
    entries = [os.urandom(114) for _ in range(BEFORE + STEPS)]
    turns = [(_ours(entries), _pymerkle(entries)) for _ in range(TURNS)]
    for (_, root), (_, their_root) in turns:
        assert root == their_root, f"expected the root {their_root.hex()}, got {root.hex()}"
    ours, theirs = max(rate for (rate, _), _ in turns), max(rate for _, (rate, _) in turns)
    yield Row("roots a second, a leaf more each, to 10,000", ours, "roots/s", "more", None, ("pymerkle", theirs))


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

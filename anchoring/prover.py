"""Proofs, built from what is stored: tiles for the log, pages for the lot map.

Many proofs are built at once: first the nodes of all of them are named, then their tiles are read together, then each
path is put together from those. So a lot of a thousand entries costs as many queries as one entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from anchoring.chaining import Chained, tip_of, value_of
from anchoring.checkpoints import SignedCheckpoint, checkpoint
from anchoring.entries import entries_of
from anchoring.errors import LedgerBroken, NotInLedger
from anchoring.lotmap import open_at
from anchoring.mappages import PageMemory, StoredPages
from anchoring.tiles import TileName
from anchoring.tilestore import read_tiles
from anchoring.tree import Node, Range, consistency, full_nodes, inclusion, range_hash
from verifier.entry import format_entry
from verifier.hashing import MapHash, NodeHash, RootHash, StatementHash, Subject


@dataclass(frozen=True, slots=True)
class EntryProof:
    """An entry with its inclusion path, leaf to root."""

    entry: bytes
    index: int
    path: list[NodeHash]
    statement_hash: StatementHash


@dataclass(frozen=True, slots=True)
class Neighbour:
    """The leaf that stands where an absent key would."""

    key: Subject
    value: MapHash


@dataclass(frozen=True, slots=True)
class Head:
    """What the lot map says of a subject: `count` entries, the last at `index`; siblings root first.

    With `count` 0 the subject is absent, `index` is None, and `neighbour` is the leaf in its place, if there is one.
    """

    count: int
    index: int | None
    siblings: list[MapHash]
    neighbour: Neighbour | None


@dataclass(frozen=True, slots=True)
class SubjectProof:
    """Everything that the ledger says of one subject under one checkpoint."""

    checkpoint: SignedCheckpoint
    entries: list[EntryProof]
    head: Head


def prove_subject(connection: Connection, size: int, subject: Subject, part: slice = slice(None)) -> SubjectProof:
    """All entries of `subject` below `size`, and that these are all; of a long history only a `part` is proved in.

    Raises NotInLedger if `size` has no checkpoint.
    """
    signed = checkpoint(connection, size)
    history = entries_of(connection, subject, size)
    head = _head(connection, signed, subject, history)
    shown = history[part]
    paths = inclusion_paths(connection, [(each.index, size) for each in shown])
    proofs = [
        EntryProof(format_entry(each.entry), each.index, path, each.entry.statement_hash)
        for each, path in zip(shown, paths, strict=True)
    ]
    return SubjectProof(signed, proofs, head)


def _head(connection: Connection, signed: SignedCheckpoint, subject: Subject, history: Sequence[Chained]) -> Head:
    opening = open_at(signed.map_place, subject, StoredPages(connection, PageMemory(0)))
    if history:
        last = history[-1]
        # What we hand out must at least agree with itself: a proof that nobody can verify would only hide the damage.
        expected = subject, value_of(tip_of(last))
        if opening.leaf != expected:
            raise LedgerBroken("lot map at the subject's newest entry", expected, opening.leaf)
        return Head(len(history), last.index, opening.siblings, None)
    if opening.leaf is not None and opening.leaf[0] == subject:
        raise LedgerBroken("entries of a subject that the lot map knows", "at least one", "none")
    return Head(0, None, opening.siblings, opening.leaf and Neighbour(*opening.leaf))


def inclusion_paths(connection: Connection, wanted: Sequence[tuple[int, int]]) -> list[list[NodeHash]]:
    """The inclusion path of each (index, size), leaf to root; 0 <= index < size <= the log's size."""
    return _paths(connection, [inclusion(index, size) for index, size in wanted])


def consistency_path(connection: Connection, old: int, new: int) -> list[NodeHash]:
    """The proof that the log at `new` extends the log at `old`; 1 <= old <= new <= the log's size."""
    return _paths(connection, [consistency(old, new)])[0]


def log_root(connection: Connection, size: int) -> RootHash:
    """The log's root at any size it ever had, from the tiles, not from a checkpoint; 1 <= size <= the log's size."""
    return RootHash(_paths(connection, [[Range(0, size)]])[0][0])


def _paths(connection: Connection, paths: Sequence[Sequence[Range]]) -> list[list[NodeHash]]:
    ranges = {each for path in paths for each in path}  # neighbours share most of theirs
    names = {TileName.holding(*node) for each in ranges for node in full_nodes(each)}
    tiles = read_tiles(connection, names)
    if missing := names - tiles.keys():
        raise NotInLedger(f"tile {min(missing)}")

    def hash_of(node: Node) -> NodeHash:
        return tiles[TileName.holding(*node)].node(*node)

    hashes = {each: range_hash(each, hash_of) for each in ranges}
    return [[hashes[each] for each in path] for path in paths]

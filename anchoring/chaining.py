"""Statements become entries: each gets its index, and its place in its subject's chain. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from anchoring.errors import LedgerBroken
from anchoring.lotmap import Change
from verifier.entry import Entry, format_entry
from verifier.hashing import ZERO, LeafHash, MapHash, StatementHash, Subject, leaf_hash, map_value


@dataclass(frozen=True, slots=True)
class Waiting:
    """A statement that waits to be sequenced, with the subjects that it concerns."""

    submission: int
    kind: int
    statement_hash: StatementHash
    recorded_at: int
    subjects: tuple[Subject, ...]


@dataclass(frozen=True, slots=True)
class Tip:
    """The newest entry of a subject, as far as the next one has to know it."""

    index: int
    sequence: int
    leaf_hash: LeafHash
    recorded_at: int


@dataclass(frozen=True, slots=True)
class Chained:
    """An entry in its place in the log."""

    index: int
    entry: Entry
    leaf_hash: LeafHash


NOTHING = Tip(0, 0, LeafHash(ZERO), 0)


def chain(first: int, waiting: Iterable[Waiting], tips: Mapping[Subject, Tip]) -> Iterator[Chained]:
    """The entries of `waiting` from index `first` on, each linked to the newest one of its subject.

    A subject's times never fall: two web processes with different clocks may record in one order and commit in another,
    so an entry that would stand before its predecessor takes the predecessor's time.
    """
    newest = dict(tips)
    for statement in waiting:
        for subject in statement.subjects:
            before = newest.get(subject, NOTHING)
            recorded_at = max(statement.recorded_at, before.recorded_at)
            entry = Entry(
                statement.kind, subject, before.sequence + 1, before.leaf_hash, statement.statement_hash, recorded_at
            )
            leaf = leaf_hash(format_entry(entry))
            newest[subject] = Tip(first, entry.sequence, leaf, recorded_at)
            yield Chained(first, entry, leaf)
            first += 1


def linked(first: int, known: Iterable[Entry], tips: Mapping[Subject, Tip]) -> Iterator[Chained]:
    """Entries that have their place already, from index `first` on; raises LedgerBroken where one does not follow from
    the newest of its subject: its number, the leaf before, and a time that does not fall."""
    newest = dict(tips)
    for entry in known:
        before = newest.get(entry.subject, NOTHING)
        expected = before.sequence + 1, before.leaf_hash
        if (entry.sequence, entry.previous) != expected or entry.recorded_at < before.recorded_at:
            seen = f"number {entry.sequence} after leaf {entry.previous.hex()} at {entry.recorded_at}"
            told = f"number {expected[0]} after leaf {expected[1].hex()}, not before {before.recorded_at}"
            raise LedgerBroken(f"entry {first} of subject {entry.subject.hex()}", told, seen)
        leaf = leaf_hash(format_entry(entry))
        newest[entry.subject] = Tip(first, entry.sequence, leaf, entry.recorded_at)
        yield Chained(first, entry, leaf)
        first += 1


def new_tips(chained: Iterable[Chained]) -> dict[Subject, Tip]:
    """The newest entries after `chained`, of the subjects in it."""
    last = {each.entry.subject: each for each in chained}
    return {subject: tip_of(each) for subject, each in last.items()}


def tip_of(each: Chained) -> Tip:
    """An entry as the next one has to know it."""
    return Tip(each.index, each.entry.sequence, each.leaf_hash, each.entry.recorded_at)


def map_changes(before: Mapping[Subject, Tip], after: Mapping[Subject, Tip]) -> dict[Subject, Change]:
    """How the lot map's values change from the tips before to the tips after."""
    return {subject: Change(_value(before.get(subject)), value_of(tip)) for subject, tip in after.items()}


def _value(tip: Tip | None) -> MapHash | None:
    return None if tip is None else value_of(tip)


def value_of(tip: Tip) -> MapHash:
    """What the lot map says of a subject whose newest entry this is."""
    return map_value(tip.sequence, tip.index, tip.leaf_hash)

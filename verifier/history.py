"""All entries of one subject, a lot or a party: in order, in the log, and none left out.

The same three looks serve a lot's history (checks 2 and 5) and a party's key chain (check 3).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from verifier.bundle import Head, Item
from verifier.checkpoint import Checkpoint
from verifier.errors import Refuted
from verifier.hashing import Subject, map_value
from verifier.lotmap import root_from_absence, root_from_membership
from verifier.merkle import verify_inclusion


def check_sequence(items: Sequence[Item], subject: Subject, kinds: Collection[int], first: int = 1) -> None:
    """Raises Refuted unless the entries are this subject's, `first`, `first + 1`, ... each naming the leaf before.

    The parser made sure that entry 1 names no leaf; what comes before a later `first` is not seen here.
    """
    before: Item | None = None
    for sequence, item in enumerate(items, first):
        entry = item.entry
        if entry.subject != subject:
            raise Refuted(f"subject of entry {sequence}", subject, entry.subject)
        if entry.sequence != sequence:
            raise Refuted("sequence", sequence, entry.sequence)
        if entry.kind not in kinds:
            raise Refuted(f"kind of entry {sequence}", sorted(kinds), entry.kind)
        if before is not None:
            _check_step(before, item)
        before = item


def _check_step(before: Item, item: Item) -> None:
    sequence = item.entry.sequence
    if item.entry.previous != before.leaf:
        raise Refuted(f"previous of entry {sequence}", before.leaf, item.entry.previous)
    if item.index <= before.index:
        raise Refuted(f"index of entry {sequence}", f"above {before.index}", item.index)
    if item.entry.recorded_at < before.entry.recorded_at:
        earliest = f"{before.entry.recorded_at} or later"
        raise Refuted(f"recorded_at of entry {sequence}", earliest, item.entry.recorded_at)


def check_inclusion(items: Sequence[Item], checkpoint: Checkpoint) -> None:
    """Raises Refuted unless the log under the checkpoint holds every entry at its index."""
    for item in items:
        verify_inclusion(item.index, checkpoint.size, item.leaf, item.path, checkpoint.log_root)


def check_head(items: Sequence[Item], head: Head, subject: Subject, checkpoint: Checkpoint, first: int = 1) -> None:
    """Raises Refuted unless the map under the checkpoint ends this subject with the last of these entries.

    `items` are the entries from `first` on, up to the newest.
    """
    if head.count == 0:
        if items:
            raise Refuted("number of entries", "0 (the map)", f"{len(items)} (the file)")
        root = root_from_absence(subject, head.siblings, head.neighbour)
        what = "map root, by the proof of absence"
    else:
        _check_end(items, head, first + len(items) - 1)
        value = map_value(head.count, items[-1].index, items[-1].leaf)
        root = root_from_membership(subject, value, head.siblings)
        what = "map root, by the proof of the newest entry"
    if root != checkpoint.map_root:
        raise Refuted(what, checkpoint.map_root, root)


def _check_end(items: Sequence[Item], head: Head, last: int) -> None:
    if head.count != last:
        raise Refuted("number of entries", f"{head.count} (the map)", f"{last} (the file)")
    if not items or items[-1].index != head.index:
        raise Refuted("index of the newest entry", head.index, items[-1].index if items else None)

"""The lot map: from a subject to its newest entry, with every past state kept. Pure; pages are asked for.

Pages (`anchoring.page`) are copied on write, as in an append-only B-tree: growing the map writes new pages with new ids
along the paths that change, and the old ones stay. So the root page of a checkpoint leads to the whole map as it was, a
page never changes once it is stored, and ids rise with time: the newest page is the newest root.

Nothing that was stored is believed: pages are checked up to the root that was signed, and a value is replaced only if
it is the one expected there (`Change`). So a bit that flips in the database stops the log before it is signed into the
next root.

Evidence: `tests/anchoring/ledger/test_lotmap.py`, beside a naive map, the vectors and the verifier.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from anchoring.errors import LedgerBroken
from anchoring.page import Page, PageId, Place, descend, format_page, parse_page, place_at, refreshed
from verifier.hashing import MapHash, Subject

Load = Callable[[Collection[Place]], Mapping[PageId, bytes]]
"""Gets pages, checked."""

_Leaf = tuple[Subject, MapHash]
"""Key and value."""


class Change(NamedTuple):
    """What a subject's value must have been (None: no leaf), and what it becomes."""

    before: MapHash | None
    after: MapHash


@dataclass(frozen=True, slots=True)
class Grown:
    """A map after a growth: its root page, and the pages to store, each with its id."""

    root: Place
    written: list[tuple[PageId, bytes]]


@dataclass(frozen=True, slots=True)
class Opening:
    """What lies under a key: the siblings on the way down, and the leaf found there, if any, as (key, value)."""

    siblings: list[MapHash]
    leaf: tuple[Subject, MapHash] | None


@dataclass(slots=True, eq=False)
class _Touched:
    """A stored page on the way to keys that change; by slot, which keys go there, and the page that is there."""

    raw: bytes
    keys: dict[int, list[Subject]]
    below: dict[int, _Touched]


def grow(root: Place | None, changes: Mapping[Subject, Change], load: Load, first: PageId) -> Grown:
    """The map after `changes` (not empty); new pages get ids from `first` on. Loads once for each level.

    Raises LedgerBroken if a value is not what a change says it was.
    """
    touched = _find(root, changes, load)
    written: list[tuple[PageId, bytes]] = []
    return Grown(_Growth(changes, first, written).grown(touched, 0), written)


def _find(root: Place | None, changes: Mapping[Subject, Change], load: Load) -> _Touched:
    """All stored pages on the ways to changes. Only their bytes are kept, so a large growth needs little memory."""
    top = _Touched(format_page(Page()), _by_nibble(list(changes), 0), {})
    level = [] if root is None else [(top, root)]
    depth = 0
    while level:
        stored = load([place for _, place in level])
        depth += 1
        below = []
        for node, place in level:
            node.raw = stored[place.page]
            for slot, keys in node.keys.items():
                child = place_at(node.raw, slot)
                if child is not None:
                    node.below[slot] = _Touched(b"", _by_nibble(keys, depth), {})
                    below.append((node.below[slot], child))
        level = below
    return top


class _Growth:
    """Writes changed pages bottom up, path after path, so that what is worked on stays in the processor's cache."""

    def __init__(self, changes: Mapping[Subject, Change], first: PageId, written: list[tuple[PageId, bytes]]) -> None:
        self._changes, self._next, self._written = changes, first, written

    def grown(self, node: _Touched, depth: int) -> Place:
        """What replaces a stored page."""
        page = parse_page(node.raw)
        for slot, keys in node.keys.items():
            if slot in node.below:
                page.put_page(slot, self.grown(node.below[slot], depth + 1))
            else:
                self._set(page, slot, self._expected(page, slot, keys), depth)
        return self._write(page)

    def _expected(self, page: Page, slot: int, keys: list[Subject]) -> list[_Leaf]:
        """The new leaves, if the slot holds what they shall replace."""
        there, leaves = page.key_at(slot), []
        for key in keys:
            before, after = self._changes[key]
            seen = page.cells[slot] if key == there else None
            if seen != before:
                raise LedgerBroken(f"value of {key.hex()} in the lot map", before, seen)
            leaves.append((key, after))
        return leaves

    def _set(self, page: Page, slot: int, leaves: list[_Leaf], depth: int) -> None:
        """Put leaves into a slot that leads to no page yet."""
        there = page.key_at(slot)
        if there is not None and all(key != there for key, _ in leaves):
            leaves.append((there, MapHash(page.cells[slot])))  # it moves down beside the new ones
        if len(leaves) == 1:
            page.put_leaf(slot, *leaves[0])
        else:
            page.put_page(slot, self._new(leaves, depth + 1))

    def _new(self, leaves: list[_Leaf], depth: int) -> Place:
        """A new page for at least two leaves."""
        page = Page()
        slots: dict[int, list[_Leaf]] = {}
        for leaf in leaves:
            slots.setdefault(_nibble(leaf[0], depth), []).append(leaf)
        for slot, listed in slots.items():
            self._set(page, slot, listed, depth)
        return self._write(page)

    def _write(self, page: Page) -> Place:
        written = Place(self._next, MapHash(refreshed(page)))
        self._written.append((written.page, format_page(page)))
        self._next = PageId(written.page + 1)
        return written


def _nibble(key: bytes, depth: int) -> int:
    return key[depth >> 1] >> (0 if depth & 1 else 4) & 15


def _by_nibble(keys: list[Subject], depth: int) -> dict[int, list[Subject]]:
    at, shift = depth >> 1, 0 if depth & 1 else 4
    groups: dict[int, list[Subject]] = {}
    for key in keys:
        groups.setdefault(key[at] >> shift & 15, []).append(key)
    return groups


def open_at(root: Place | None, key: Subject, load: Load) -> Opening:
    """Walk down from a root page to where `key` stands or would stand."""
    siblings: list[MapHash] = []
    depth, place = 0, root
    while place is not None:
        page = parse_page(load([place])[place.page])
        slot, beside = descend(page, _nibble(key, depth))
        siblings += beside
        if slot is None:
            return Opening(siblings, None)
        found = page.key_at(slot)
        if found is not None:
            return Opening(siblings, (found, MapHash(page.cells[slot])))
        depth, place = depth + 1, page.page_at(slot)
    return Opening(siblings, None)

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

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from anchoring.errors import LedgerBroken
from anchoring.leaves import Leaf
from anchoring.page import (
    Page,
    PageId,
    Place,
    descend,
    format_page,
    pages_of,
    parse_page,
    place_at,
    refreshed,
)
from verifier.hashing import MapHash, Subject

Load = Callable[[Collection[Place]], Mapping[PageId, bytes]]
"""Gets pages, checked."""


class Change(NamedTuple):
    """What a subject's value must have been (None: no leaf), and what it becomes."""

    before: MapHash | None
    after: MapHash


@dataclass(frozen=True, slots=True)
class Opening:
    """What lies under a key: the siblings on the way down, and the leaf found there, if any, as (key, value)."""

    siblings: list[MapHash]
    leaf: Leaf | None


class Way:
    """A page on the ways to keys; the keys whose ways end in it, and by slot the pages in which others go on."""

    __slots__ = ("below", "keys", "raw")

    def __init__(self, raw: bytes, keys: list[Subject]) -> None:
        self.raw, self.keys = raw, keys
        self.below: dict[int, Way] = {}


def find(root: Place | None, keys: Collection[Subject], load: Load) -> Way:
    """The ways to `keys`. Loads once for each level; only bytes are kept, so that many ways need little memory."""
    top = Way(_EMPTY, list(keys))
    level = [] if root is None else [(top, root)]
    while level:
        stored = load([place for _, place in level])
        below: list[tuple[Way, Place]] = []
        for way, place in level:
            way.raw = stored[place.page]
            if pages_of(way.raw):
                below += _parted(way, place.depth)
        level = below
    return top


def _parted(way: Way, depth: int) -> list[tuple[Way, Place]]:
    """Let keys go on into the pages below, and name those."""
    pages, keys, below = pages_of(way.raw), way.keys, way.below
    at, shift = depth >> 1, 0 if depth & 1 else 4
    way.keys = []
    for key in keys:
        slot = key[at] >> shift & 15
        if not pages >> slot & 1:
            way.keys.append(key)
        elif slot in below:
            below[slot].keys.append(key)
        else:
            below[slot] = Way(b"", [key])
    return [(page, place_at(way.raw, slot, depth)) for slot, page in below.items()]


class Growth:
    """The map after `changes`, one for each key to which ways were found (not none), once all steps are done.

    New pages get ids from `first` on. They are written bottom up, path after path, so that what is worked on stays in
    the processor's cache.
    """

    def __init__(self, top: Way, changes: Mapping[Subject, Change], first: PageId) -> None:
        self.written: list[tuple[PageId, bytes]] = []
        """The pages to store, each with its id and its nodes."""
        self._top, self._changes, self._next = top, changes, first
        self._root: Place | None = None

    @property
    def root(self) -> Place:
        """The root page."""
        assert self._root is not None, "expected a growth whose steps are done"
        return self._root

    def steps(self) -> Iterator[None]:
        """Grow; some hundred times there is an opportunity to do something else.

        Raises LedgerBroken if a value is not what a change says it was.
        """
        self._root = yield from self._gradually(self._top, 0)

    def done(self) -> Growth:
        """All steps at once."""
        for _ in self.steps():
            pass
        return self

    def _gradually(self, way: Way, depth: int) -> Generator[None, None, Place]:
        """What replaces a page of the two levels on top."""
        page = parse_page(way.raw, depth)
        for slot, below in way.below.items():
            if depth == 0:
                page.put_page(slot, (yield from self._gradually(below, depth + 1)))
            else:
                page.put_page(slot, self._grown(below, depth + 1))
                yield
        return self._changed(page, way.keys)

    def _grown(self, way: Way, depth: int) -> Place:
        """What replaces a page further down."""
        page = parse_page(way.raw, depth)
        for slot, below in way.below.items():
            page.put_page(slot, self._grown(below, depth + 1))
        return self._changed(page, way.keys)

    def _changed(self, page: Page, keys: list[Subject]) -> Place:
        for key in keys:
            before, after = self._changes[key]
            seen = page.put_leaf(key, after)
            if seen != before:
                raise LedgerBroken(f"value of {key.hex()} in the lot map", before, seen)
        return self._write(page)

    def _new(self, leaves: list[Leaf], depth: int) -> Place:
        """A new page for leaves that have become too many for the one above."""
        page = Page(depth)
        for key, value in leaves:
            page.put_leaf(key, value)
        return self._write(page)

    def _write(self, page: Page) -> Place:
        while page.is_too_long():
            slot, leaves = page.take_fullest()
            page.put_page(slot, self._new(leaves, page.depth + 1))
        written = Place(self._next, refreshed(page), page.depth)
        self.written.append((written.page, format_page(page)))
        self._next = PageId(written.page + 1)
        return written


_EMPTY = format_page(Page(0))


def open_at(root: Place | None, key: Subject, load: Load) -> Opening:
    """Walk down from a root page to where `key` stands or would stand."""
    siblings: list[MapHash] = []
    leaf, place = None, root
    while place is not None:
        beside, leaf, place = descend(parse_page(load([place])[place.page], place.depth), key)
        siblings += beside
    return Opening(siblings, leaf)

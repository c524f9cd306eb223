"""Pages of the lot map: four levels of the binary Merkle map of ledger-format §4, in 16 slots. Pure.

A page has a slot for each nibble of the key at its depth. A slot holds nothing, leaves, or the page below. Leaves stay
in their page until its row would grow too long for PostgreSQL to keep in one piece; then a slot's leaves move into a
page of their own. So there are few pages, and a key is seldom more than one level below those that all keys share.

    | 2 slots with pages | 2 number of leaves | 32 hash of each page | 8 id of each page | 32 keys | 32 values |

Nothing that was stored is believed: a page is named by its id and by the hash that the page above it gives (`Place`),
and whoever loads it checks it against that (`checked`). What is hashed then is kept before the page's bytes, and only
in memory: the nodes 1 to 15 of its four levels, where node 1 is the page and 2n and 2n+1 are the halves of node n. So a
change in one slot hashes that slot, its neighbour, and four nodes.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from hashlib import sha256
from itertools import pairwise
from struct import Struct
from typing import NamedTuple, NewType

from anchoring.errors import LedgerBroken
from anchoring.leaves import Leaf, opening, subtree
from verifier.hashing import EMPTY_MAP, MapHash, Subject

PageId = NewType("PageId", int)

STORED = 15 * 32
"""Where the stored bytes begin in those of a checked page."""

_SLOTS = 16
_HEAD = Struct(">HH")
_BODY = STORED + _HEAD.size
_PAGE, _LEAF = 40, 64
_ROOM = 1940  # bytes of pages and leaves: with what else is in its row just below 2 kB, where PostgreSQL would part it


class Place(NamedTuple):
    """A stored page, the hash of the subtree that it must be the top of, and how many nibbles stand above it."""

    page: PageId
    hash: MapHash
    depth: int = 0


class Page:
    """A page in memory: which slots hold pages, their hashes and ids in the order of the slots; keys and values in
    order, and the slot of each; nodes 1 to 15, of which those above the `changed` pairs of slots are out of date.
    """

    __slots__ = ("changed", "depth", "hashes", "ids", "keys", "nodes", "pages", "slots", "values")

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.nodes = bytearray(STORED)
        self.pages = self.changed = 0
        self.hashes, self.ids = bytearray(), bytearray()
        self.slots, self.keys, self.values = bytearray(), bytearray(), bytearray()

    def page_at(self, slot: int) -> Place | None:
        """The page that the slot leads to."""
        if not self.pages >> slot & 1:
            return None
        rank = _rank(self.pages, slot)
        page, hashed = self.ids[8 * rank : 8 * rank + 8], self.hashes[32 * rank : 32 * rank + 32]
        return Place(PageId(int.from_bytes(page, "big")), MapHash(bytes(hashed)), self.depth + 1)

    def put_leaf(self, key: Subject, value: MapHash) -> MapHash | None:
        """Let `key`, whose slot leads to no page, have this value; returns the one it had."""
        slot = nibble(key, self.depth)
        self.changed |= 1 << (slot >> 1)
        rank = bisect_left(self.slots, slot)
        at, end = 32 * rank, 32 * (rank + self.slots.count(slot))
        while at < end and self.keys[at : at + 32] < key:
            at += 32
        if at < end and self.keys.startswith(key, at):
            before = MapHash(bytes(self.values[at : at + 32]))
            self.values[at : at + 32] = value
            return before
        self.slots.insert(rank, slot)
        self.keys[at:at], self.values[at:at] = key, value
        return None

    def put_page(self, slot: int, place: Place) -> None:
        """Let the slot, in which no leaves are, lead to a page."""
        rank, there = _rank(self.pages, slot), self.pages >> slot & 1
        self.hashes[32 * rank : 32 * (rank + there)] = place.hash
        self.ids[8 * rank : 8 * (rank + there)] = place.page.to_bytes(8, "big")
        self.pages |= 1 << slot
        self.changed |= 1 << (slot >> 1)

    def is_too_long(self) -> bool:
        """Whether leaves have to move into a page of their own."""
        return _LEAF * len(self.slots) + _PAGE * self.pages.bit_count() > _ROOM

    def take_fullest(self) -> tuple[int, list[Leaf]]:
        """Take the leaves out of the slot that has most of them."""
        slot = max(range(_SLOTS), key=self.slots.count)
        leaves = [(Subject(key), MapHash(value)) for key, value in zip(*self._leaves(slot), strict=True)]
        first = self.slots.find(slot)
        taken = slice(32 * first, 32 * (first + len(leaves)))
        del self.keys[taken], self.values[taken], self.slots[first : first + len(leaves)]
        return slot, leaves

    def pair(self, slot: int) -> bytes | bytearray:
        """The hashes of what is in two neighbouring slots, the first of them even."""
        if self.pages >> slot & 3 == 3:
            at = 32 * _rank(self.pages, slot)
            return self.hashes[at : at + 64]
        return self.slot_hash(slot) + self.slot_hash(slot + 1)

    def slot_hash(self, slot: int) -> bytes:
        """The hash of what is in a slot."""
        if self.pages >> slot & 1:
            at = 32 * _rank(self.pages, slot)
            return bytes(self.hashes[at : at + 32])
        held = self.slots.count(slot)
        if not held:
            return EMPTY_MAP
        if held == 1:
            at = 32 * self.slots.find(slot)
            return sha256(b"\x02" + self.keys[at : at + 32] + self.values[at : at + 32]).digest()
        return subtree(*self._leaves(slot), 4 * self.depth + 4)

    def opened(self, slot: int, key: Subject) -> tuple[list[MapHash], Leaf | None]:
        """What lies under a key in a slot that leads to no page."""
        return opening(*self._leaves(slot), 4 * self.depth + 4, key)

    def content(self) -> tuple[int, int]:
        """Which slots hold anything, and which more than one leaf."""
        used = many = self.pages
        for slot in self.slots:
            bit = 1 << slot
            many |= used & bit
            used |= bit
        return used, many

    def _leaves(self, slot: int) -> tuple[list[bytes], list[bytes]]:
        """Keys and values in a slot that leads to no page."""
        places = range(32 * bisect_left(self.slots, slot), 32 * bisect_right(self.slots, slot), 32)
        keys, values = self.keys, self.values
        return [bytes(keys[at : at + 32]) for at in places], [bytes(values[at : at + 32]) for at in places]


def refreshed(page: Page) -> MapHash:
    """The hash of the subtree that a page is the top of; what did not change is not hashed again."""
    used, many = page.content()
    nodes = page.nodes
    for node in _WAYS[page.changed]:
        halves = nodes[64 * node - 32 : 64 * node + 32] if node < 8 else page.pair(2 * node - _SLOTS)
        span = used & _SPANS[node]
        if span & span - 1 or many & span:
            nodes[32 * node - 32 : 32 * node] = sha256(b"\x03" + halves).digest()
        else:  # at most one leaf: it is the subtree
            nodes[32 * node - 32 : 32 * node] = halves[32:] if halves.startswith(EMPTY_MAP) else halves[:32]
    page.changed = 0
    return MapHash(bytes(nodes[:32]))


def descend(page: Page, key: Subject) -> tuple[list[MapHash], Leaf | None, Place | None]:
    """The siblings beside the way towards `key`; and the leaf in which it ends, or the page in which it goes on."""
    used, many = page.content()
    towards = _SLOTS + nibble(key, page.depth)
    siblings: list[MapHash] = []
    for height in range(3, -1, -1):
        span = used & _SPANS[towards >> height + 1]
        if not (span & span - 1 or many & span):
            return siblings, page.opened(span.bit_length() - 1, key)[1] if span else None, None
        beside = towards >> height ^ 1
        hashed = page.nodes[32 * beside - 32 : 32 * beside] if height else page.slot_hash(beside - _SLOTS)
        siblings.append(MapHash(bytes(hashed)))
    below = page.page_at(towards - _SLOTS)
    if below is not None:
        return siblings, None, below
    more, leaf = page.opened(towards - _SLOTS, key)
    return siblings + more, leaf, None


def checked(place: Place, stored: bytes) -> bytes:
    """A page with its nodes; raises LedgerBroken unless it is the page of this place: all in it leads to its hash."""
    page = parse_page(bytes(STORED) + stored, place.depth)
    keys = [page.keys[at : at + 32] for at in range(0, len(page.keys), 32)]
    if not all(before < key for before, key in pairwise(keys)) or any(page.pages >> at & 1 for at in page.slots):
        raise LedgerBroken(f"page {place.page} of the lot map", "leaves in order, none beside a page", "others")
    page.changed = 255
    seen = refreshed(page)
    if seen != place.hash:
        raise LedgerBroken(f"page {place.page} of the lot map", place.hash, seen)
    return format_page(page)


def format_page(page: Page) -> bytes:
    """The bytes of a page that is up to date: nodes first, from `STORED` on what is stored."""
    head = _HEAD.pack(page.pages, len(page.slots))
    return b"".join((page.nodes, head, page.hashes, page.ids, page.keys, page.values))


def parse_page(raw: bytes, depth: int) -> Page:
    """The page of `raw`; raises LedgerBroken if `format_page` cannot have made it."""
    page = Page.__new__(Page)
    page.depth, page.changed = depth, 0
    if len(raw) < _BODY:
        raise _of_length(raw, _BODY)
    page.pages, leaves = _HEAD.unpack_from(raw, STORED)
    pages = page.pages.bit_count()
    ids, keys = _BODY + 32 * pages, _BODY + _PAGE * pages
    values = keys + 32 * leaves
    if len(raw) != values + 32 * leaves:
        raise _of_length(raw, values + 32 * leaves)
    page.nodes = bytearray(raw[:STORED])
    page.hashes, page.ids = bytearray(raw[_BODY:ids]), bytearray(raw[ids:keys])
    page.keys, page.values = bytearray(raw[keys:values]), bytearray(raw[values:])
    page.slots = page.keys[depth >> 1 :: 32].translate(_LOW if depth & 1 else _HIGH)
    return page


def _of_length(raw: bytes, expected: int) -> LedgerBroken:
    return LedgerBroken("page of the lot map", f"{expected - STORED} bytes", f"{len(raw) - STORED} bytes")


def pages_of(raw: bytes) -> int:
    """Which slots lead to pages, without parsing the rest."""
    return raw[STORED] << 8 | raw[STORED + 1]


def place_at(raw: bytes, slot: int, depth: int) -> Place:
    """The page that a slot of `pages_of` leads to, without parsing the rest."""
    pages = pages_of(raw)
    rank = _rank(pages, slot)
    hashed, number = _BODY + 32 * rank, _BODY + 32 * pages.bit_count() + 8 * rank
    return Place(PageId(int.from_bytes(raw[number : number + 8], "big")), MapHash(raw[hashed : hashed + 32]), depth + 1)


def nibble(key: bytes, depth: int) -> int:
    """The slot that `key` has in a page at `depth`."""
    return key[depth >> 1] >> (0 if depth & 1 else 4) & 15


def _rank(mask: int, slot: int) -> int:
    """How many slots of `mask` stand before `slot`."""
    return (mask & (1 << slot) - 1).bit_count()


def _span(node: int) -> int:
    """The slots under a node."""
    height = 5 - node.bit_length()
    return ((1 << (1 << height)) - 1) << ((node << height) - _SLOTS)


def _ways(pairs: int) -> tuple[int, ...]:
    """The nodes over these pairs of slots, lowest first."""
    slots = sum(3 << 2 * pair for pair in range(8) if pairs >> pair & 1)
    return tuple(node for node in range(15, 0, -1) if _SPANS[node] & slots)


_HIGH, _LOW = bytes(byte >> 4 for byte in range(256)), bytes(byte & 15 for byte in range(256))
_SPANS = [0, *(_span(node) for node in range(1, _SLOTS))]
_WAYS = [_ways(pairs) for pairs in range(256)]

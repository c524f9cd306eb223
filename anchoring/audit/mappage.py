"""One page of the lot map, beside the one that it replaced: its hash, and the leaves in which they differ. Pure.

    | 2 slots with pages | 2 number of leaves | 32 hash of each page | 8 id of each page | 32 keys | 32 values |

Parsed and hashed here by the definition (ledger format, section 4), not by the maker's code: a subtree with one leaf is
that leaf, nothing is 32 zeros, a page below always holds more than one leaf. Of a page that replaced another, only the
slots are hashed in which they differ, if the hashes of the others are still known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from struct import Struct

from verifier.hashing import EMPTY_MAP, map_leaf, map_node

SLOTS = 16
_HEAD, _HASH, _ID = 4, 32, 8


class NoPage(Exception):
    """These bytes cannot be a page at this place; the text says what a page there would be."""


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page; `below` is (id, hash) by slot, `leaves` are values by key in the order of the keys."""

    below: Mapping[int, tuple[int, bytes]]
    leaves: Mapping[bytes, bytes]


NOTHING = Page({}, {})


@dataclass(frozen=True, slots=True)
class Looked:
    """The page's hash, or why it is none; the pages below it; the leaves that are new or have another value; keys that
    went; its nodes, for the page that replaces this one."""

    page: int
    hash: bytes | None
    why: str
    below: Mapping[int, tuple[int, bytes]]
    changed: Mapping[bytes, bytes]
    lost: Collection[bytes]
    nodes: bytes


def look(number: int, raw: bytes | None, path: str, old: Page, known: bytes | None) -> Looked:
    """A page under the hex digits `path`, beside the one that it replaced, or the leaves that were moved down into it.

    `known` are the nodes of `old`, where somebody remembers them.
    """
    page = NOTHING
    try:
        page = parse(raw)
        _check_place(page, path)
    except NoPage as problem:
        return Looked(number, None, str(problem), page.below, {}, (), b"")
    depth = len(path)
    before = _stayed(old, page, depth)
    changed = {key: value for key, value in page.leaves.items() if before.get(key) != value}
    lost = before.keys() - page.leaves.keys() if len(before) > len(page.leaves) - len(changed) else ()
    nodes = Nodes() if known is None else Nodes.of(known)
    nodes.fill(page, depth, range(SLOTS) if known is None else _differ(page, old, depth, (*changed, *lost)))
    return Looked(number, nodes.top(), "", page.below, changed, lost, nodes.packed())


def page_hash(page: Page, depth: int) -> bytes:
    """The hash of the subtree that the page is the top of."""
    nodes = Nodes()
    nodes.fill(page, depth, range(SLOTS))
    return nodes.top()


def held_in(page: Page, slot: int, depth: int) -> dict[bytes, bytes]:
    """The leaves in one slot."""
    return {key: value for key, value in page.leaves.items() if slot_of(key, depth) == slot}


def slot_of(key: bytes, depth: int) -> int:
    """The slot of a key in a page at `depth`."""
    byte = key[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


# Parsing


def read(raw: bytes | None) -> Page:
    """The page, or nothing where none is."""
    try:
        return parse(raw)
    except NoPage:
        return NOTHING


def parse(raw: bytes | None) -> Page:
    """The page of stored bytes; raises NoPage."""
    if raw is None or len(raw) < _HEAD:
        raise NoPage("a page")
    mask, count = int.from_bytes(raw[:2], "big"), int.from_bytes(raw[2:4], "big")
    pages = mask.bit_count()
    body = _HEAD + (_HASH + _ID) * pages
    if len(raw) != body + 2 * _HASH * count:
        raise NoPage(f"{body + 2 * _HASH * count} bytes for {pages} pages and {count} leaves")
    fields = _hashes(2 * count).unpack_from(raw, body)
    leaves = dict(zip(fields[:count], fields[count:], strict=True))
    if sorted(leaves) != [*fields[:count]]:
        raise NoPage("leaves in the order of their keys, each once")
    return Page(_below(raw, mask, pages) if pages else {}, leaves)


def _below(raw: bytes, mask: int, pages: int) -> dict[int, tuple[int, bytes]]:
    hashes = _hashes(pages).unpack_from(raw, _HEAD)
    ids = _ids(pages).unpack_from(raw, _HEAD + _HASH * pages)
    return dict(zip(_slots_in(mask), zip(ids, hashes, strict=True), strict=True))


@cache
def _hashes(count: int) -> Struct:
    return Struct("32s" * count)


@cache
def _ids(count: int) -> Struct:
    return Struct(f">{count}Q")


@cache
def _slots_in(mask: int) -> tuple[int, ...]:
    return tuple(slot for slot in range(SLOTS) if mask >> slot & 1)


def _check_place(page: Page, path: str) -> None:
    keys = [*page.leaves]
    if not all(key.hex().startswith(path) for key in keys[:1] + keys[-1:]):
        raise NoPage(f"keys that begin with {path}")
    if page.below and not page.below.keys().isdisjoint([slot_of(key, len(path)) for key in keys]):
        raise NoPage("no leaves beside a page")


# Hashing


def _stayed(old: Page, page: Page, depth: int) -> Mapping[bytes, bytes]:
    """The leaves that were here before, but for those whose slot became a page."""
    if page.below.keys() <= old.below.keys():
        return old.leaves
    return {key: value for key, value in old.leaves.items() if slot_of(key, depth) not in page.below}


def _differ(page: Page, old: Page, depth: int, keys: Iterable[bytes]) -> set[int]:
    """The slots that differ: in which a page went, came or changed, or there are other leaves, those of `keys`."""
    pages = {slot for slot, _ in page.below.items() ^ old.below.items()}
    return pages | {slot_of(key, depth) for key in keys}


class Nodes:
    """The nodes of a page's four levels: node 1 is the page, 2n and 2n+1 are the halves of node n, 16 and up the slots.

    Of each its hash, and how many leaves are in it, where 2 stands for more.
    """

    _WIDTH = 2 * SLOTS

    def __init__(self) -> None:
        self.hashes: list[bytes] = [EMPTY_MAP] * self._WIDTH
        self.held = bytearray(self._WIDTH)

    @classmethod
    def of(cls, packed: bytes) -> Nodes:
        nodes = cls()
        nodes.hashes = [*_hashes(cls._WIDTH).unpack_from(packed)]
        nodes.held[:] = packed[-cls._WIDTH :]
        return nodes

    def packed(self) -> bytes:
        return b"".join(self.hashes) + self.held

    def top(self) -> bytes:
        return self.hashes[1]

    def fill(self, page: Page, depth: int, slots: Collection[int]) -> None:
        """Hash these slots of a page anew, and what is above them."""
        within: dict[int, list[tuple[int, bytes]]] = {slot: [] for slot in slots}
        for key, value in page.leaves.items():
            if (slot := slot_of(key, depth)) in within:
                within[slot].append((int.from_bytes(key, "big"), map_leaf(key, value)))
        for slot, leaves in within.items():
            below = page.below.get(slot)
            self.hashes[SLOTS + slot] = below[1] if below else _over(leaves, 4 * depth + 4)
            self.held[SLOTS + slot] = 2 if below else min(len(leaves), 2)
        self._fold({SLOTS + slot >> 1 for slot in slots})

    def _fold(self, nodes: set[int]) -> None:
        """The node over two halves. Where there is at most one leaf, it is that leaf, or nothing."""
        hashes, held = self.hashes, self.held
        while nodes:
            for node in nodes:
                left, right = hashes[2 * node : 2 * node + 2]
                number = held[2 * node] + held[2 * node + 1]
                hashes[node] = map_node(left, right) if number > 1 else left if held[2 * node] else right
                held[node] = min(number, 2)
            nodes = {node >> 1 for node in nodes} - {0}


def _over(leaves: Sequence[tuple[int, bytes]], bit: int) -> bytes:
    """The subtree over (key, hash of the leaf) in order; the keys agree in all bits before `bit`. At most 256 deep."""
    if len(leaves) < 2:
        return leaves[0][1] if leaves else EMPTY_MAP
    first = leaves[0][0]
    below = (first ^ leaves[-1][0]).bit_length() - 1  # bits below the one in which they part
    left = [leaf for leaf in leaves if not leaf[0] >> below & 1]
    node = map_node(_over(left, 256 - below), _over(leaves[len(left) :], 256 - below))
    for level in range(below + 1, 256 - bit):
        node = map_node(EMPTY_MAP, node) if first >> level & 1 else map_node(node, EMPTY_MAP)
    return node

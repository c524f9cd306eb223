"""One page of the lot map, beside the one that it replaced: its hash, and the leaves in which they differ. Pure.

    | 2 slots with pages | 2 number of leaves | 32 hash of each page | 8 id of each page | 32 keys | 32 values |

Parsed and hashed here by the definition (ledger format, section 4), not by the maker's code: a subtree with one leaf is
that leaf, nothing is 32 zeros, a page below always holds more than one leaf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verifier.hashing import EMPTY_MAP, map_leaf, map_node

SLOTS = 16
_NOTHING, _LEAF, _BRANCH = 0, 1, 2
_HEAD, _HASH, _ID = 4, 32, 8
_Part = tuple[int, bytes]  # what is in a place, and its hash


class NoPage(Exception):
    """These bytes cannot be a page at this place; the text says what a page there would be."""


@dataclass(frozen=True, slots=True)
class Page:
    """A parsed page; `below` is (id, hash) by slot, `leaves` are values by key in the order of the keys."""

    below: Mapping[int, tuple[int, bytes]]
    leaves: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Task:
    """A page to look at. `path`: the nibbles above it; `hash`: what refers to it says; `old`: the page it replaced, or
    None; `before`: the leaves that were moved down into it, where it replaced none."""

    page: int
    path: bytes
    hash: bytes
    raw: bytes | None
    old: bytes | None
    before: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Looked:
    """The page's hash, or why it is none; the leaves that are new or have another value; keys that went."""

    page: int
    hash: bytes | None
    why: str
    changed: Mapping[bytes, bytes]
    lost: Sequence[bytes]


def look(tasks: Sequence[Task]) -> list[Looked]:
    """Several at once, so that a helper is worth asking."""
    return [_look(task) for task in tasks]


def _look(task: Task) -> Looked:
    try:
        page = parse(task.raw)
        _check_place(page, task.path)
    except NoPage as problem:
        return Looked(task.page, None, str(problem), {}, ())
    before = _stayed(task, page, len(task.path))
    leaves = page.leaves
    changed = {key: value for key, value in leaves.items() if before.get(key) != value}
    lost = [key for key in before if key not in leaves] if len(before) > len(leaves) - len(changed) else ()
    return Looked(task.page, page_hash(page, len(task.path)), "", changed, lost)


def _stayed(task: Task, page: Page, depth: int) -> dict[bytes, bytes]:
    """The leaves that were here before, but for those whose slot became a page."""
    before = task.before if task.old is None else _leaves(task.old)
    if not page.below:
        return dict(before)
    return {key: value for key, value in before.items() if slot_of(key, depth) not in page.below}


def _leaves(raw: bytes) -> Mapping[bytes, bytes]:
    """The leaves of a page that was looked at before; of what is none, nothing."""
    try:
        return parse(raw).leaves
    except NoPage:
        return {}


def held(raw: bytes | None, before: Mapping[bytes, bytes], slot: int, depth: int) -> dict[bytes, bytes]:
    """The leaves in a slot of a page, or of what was to come into one."""
    leaves = before if raw is None else _leaves(raw)
    return {key: value for key, value in leaves.items() if slot_of(key, depth) == slot}


def slots(raw: bytes | None) -> Mapping[int, tuple[int, bytes]]:
    """The pages below, by slot; of what is no page, none."""
    try:
        return parse(raw).below if raw is not None and raw[:2] != b"\0\0" else {}
    except NoPage:
        return {}


def parse(raw: bytes | None) -> Page:
    """The page of stored bytes; raises NoPage."""
    if raw is None or len(raw) < _HEAD:
        raise NoPage("a page")
    mask, count = int.from_bytes(raw[:2], "big"), int.from_bytes(raw[2:4], "big")
    pages = mask.bit_count()
    ids = _HEAD + _HASH * pages
    keys = ids + _ID * pages
    values, end = keys + 32 * count, keys + 64 * count
    if len(raw) != end:
        raise NoPage(f"{end} bytes for {pages} pages and {count} leaves")
    below = {}
    for rank, slot in enumerate(slot for slot in range(SLOTS) if mask >> slot & 1):
        number = int.from_bytes(raw[ids + _ID * rank : ids + _ID * (rank + 1)], "big")
        below[slot] = number, raw[_HEAD + _HASH * rank : _HEAD + _HASH * (rank + 1)]
    listed = [raw[at : at + 32] for at in range(keys, values, 32)]
    leaves = dict(zip(listed, [raw[at : at + 32] for at in range(values, end, 32)], strict=True))
    if sorted(leaves) != listed:
        raise NoPage("leaves in the order of their keys, each once")
    return Page(below, leaves)


def _check_place(page: Page, path: bytes) -> None:
    depth = len(path)
    for key in (next(iter(page.leaves)), next(reversed(list(page.leaves)))) if page.leaves else ():
        if nibbles(key, depth) != path:
            raise NoPage(f"keys that begin with {path.hex()[1::2]}")
    if page.below and any(slot_of(key, depth) in page.below for key in page.leaves):
        raise NoPage("no leaves beside a page")


def nibbles(key: bytes, depth: int) -> bytes:
    """The first `depth` half bytes of a key, one a byte."""
    return bytes(slot_of(key, at) for at in range(depth))


def slot_of(key: bytes, depth: int) -> int:
    """The slot of a key in a page at `depth`."""
    byte = key[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


def page_hash(page: Page, depth: int) -> bytes:
    """The hash of the subtree that the page is the top of."""
    at, low = depth >> 1, depth & 1
    slots: list[list[tuple[bytes, bytes]]] = [[] for _ in range(SLOTS)]
    for key, value in page.leaves.items():
        slots[key[at] & 15 if low else key[at] >> 4].append((key, map_leaf(key, value)))
    row: list[_Part] = [
        (_BRANCH, page.below[slot][1]) if slot in page.below else _over(held, 4 * depth + 4)
        for slot, held in enumerate(slots)
    ]
    while len(row) > 1:
        row = [_joined(row[pair], row[pair + 1]) for pair in range(0, len(row), 2)]
    return row[0][1]


def _joined(left: _Part, right: _Part) -> _Part:
    if left[0] == _NOTHING and right[0] != _BRANCH:
        return right
    if right[0] == _NOTHING and left[0] != _BRANCH:
        return left
    return _BRANCH, map_node(left[1], right[1])


def _over(leaves: Sequence[tuple[bytes, bytes]], bit: int) -> _Part:
    """The subtree over (key, hash of the leaf) that agree in all bits before `bit`; at most 256 deep."""
    if not leaves:
        return _NOTHING, EMPTY_MAP
    if len(leaves) == 1:
        return _LEAF, leaves[0][1]
    at, mask = bit >> 3, 128 >> (bit & 7)
    left = [leaf for leaf in leaves if not leaf[0][at] & mask]
    right = leaves[len(left) :]
    return _joined(_over(left, bit + 1), _over(right, bit + 1))

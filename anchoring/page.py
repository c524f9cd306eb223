"""Pages of the lot map: four levels of the binary Merkle map of ledger-format §4, in 16 slots. Pure.

A page has a slot for each nibble of the key at its depth. A slot is empty, a leaf, or the page below:

    | 2 slots with pages | 2 slots with leaves |
    | 32 hash of each quad | 32 hash of each page, value of each leaf | 8 id of each page | 32 key of each leaf |

A quad is the subtree over four slots; its hash is kept if it holds more than one leaf, so that a change in one slot
rehashes one quad and the top of the page, six pairs at most instead of fifteen. A subtree that holds one leaf *is* that
leaf, also inside a page.

Nothing that was stored is believed: a page is named by its id and by the hash that the page above it gives (`Place`),
and whoever loads it checks it against that (`check_page`).
"""

from __future__ import annotations

from hashlib import sha256
from struct import Struct
from typing import NamedTuple, NewType

from anchoring.errors import LedgerBroken
from verifier.hashing import EMPTY_MAP, MapHash, Subject, map_node

PageId = NewType("PageId", int)

_SLOTS = 16
_LEVELS = 4
_QUADS = 4
_MASKS = Struct(">HH")
_IDS = [Struct(f">{count}Q") for count in range(_SLOTS + 1)]


class Place(NamedTuple):
    """A stored page, and the hash of the subtree that it must be the top of."""

    page: PageId
    hash: MapHash


class Page:
    """A page in memory: which slots hold pages and which hold leaves, ids and keys in the order of their slots, and in
    `cells` for each slot the hash of the page or the value of the leaf.

    `quads` are the hashes of the four quads and `many` those that hold more than one leaf, except the `changed` ones.
    """

    __slots__ = ("cells", "changed", "ids", "keys", "leaves", "many", "pages", "quads")

    def __init__(self) -> None:
        self.cells: list[bytes] = [EMPTY_MAP] * _SLOTS
        self.quads: list[bytes] = [EMPTY_MAP] * _QUADS
        self.ids: list[PageId] = []
        self.keys = b""
        self.pages = self.leaves = self.many = self.changed = 0

    def page_at(self, slot: int) -> Place | None:
        """The page that the slot leads to."""
        if not self.pages >> slot & 1:
            return None
        return Place(self.ids[_rank(self.pages, slot)], MapHash(self.cells[slot]))

    def key_at(self, slot: int) -> Subject | None:
        """The key of the leaf in the slot."""
        at = 32 * _rank(self.leaves, slot)
        return Subject(self.keys[at : at + 32]) if self.leaves >> slot & 1 else None

    def hashes(self, quad: int) -> list[bytes]:
        """The hashes of the four slots of a quad."""
        found = self.cells[4 * quad : 4 * quad + 4]
        at = 32 * _rank(self.leaves, 4 * quad)
        for place in _LOW[self.leaves >> 4 * quad & 15]:
            found[place] = sha256(b"\x02" + self.keys[at : at + 32] + found[place]).digest()
            at += 32
        return found

    def put_leaf(self, slot: int, key: Subject, value: MapHash) -> None:
        """Let the slot, empty or a leaf of this key, be this leaf."""
        if not self.leaves >> slot & 1:
            at = 32 * _rank(self.leaves, slot)
            self.keys = self.keys[:at] + key + self.keys[at:]
            self.leaves |= 1 << slot
        self._put(slot, value)

    def put_page(self, slot: int, place: Place) -> None:
        """Let the slot lead to a page."""
        at = _rank(self.pages, slot)
        if self.pages >> slot & 1:
            self.ids[at] = place.page
        else:
            self.ids.insert(at, place.page)
            self.pages |= 1 << slot
            self._drop_leaf(slot)
        self._put(slot, place.hash)

    def _drop_leaf(self, slot: int) -> None:
        if self.leaves >> slot & 1:
            at = 32 * _rank(self.leaves, slot)
            self.keys = self.keys[:at] + self.keys[at + 32 :]
            self.leaves ^= 1 << slot

    def _put(self, slot: int, cell: MapHash) -> None:
        self.cells[slot] = cell
        self.changed |= 1 << (slot >> 2)


def descend(page: Page, nibble: int) -> tuple[int | None, list[MapHash]]:
    """The slot in which the way towards `nibble` ends, and the siblings beside it; None if it ends in nothing."""
    rows = _pyramid(page)
    siblings: list[MapHash] = []
    height = _LEVELS
    while height and rows[height].many >> (nibble >> height) & 1:
        height -= 1
        siblings.append(MapHash(rows[height].hashes[nibble >> height ^ 1]))
    under = rows[0].used >> (nibble >> height << height) & (1 << (1 << height)) - 1
    if not under:
        return None, siblings
    return (nibble >> height << height) + under.bit_length() - 1, siblings


class _Row(NamedTuple):
    """The subtrees of one height in a page: their hashes, which hold something, which more than one leaf."""

    hashes: list[bytes]
    used: int
    many: int


def _pyramid(page: Page) -> list[_Row]:
    """The page's subtrees: its 16 slots, 8 pairs, … the page."""
    slots = [hashed for quad in range(_QUADS) for hashed in page.hashes(quad)]
    rows = [_Row(slots, page.pages | page.leaves, page.pages)]
    while len(rows[-1].hashes) > 1:
        rows.append(_row_above(*rows[-1]))
    return rows


def _row_above(hashes: list[bytes], used: int, many: int) -> _Row:
    """A subtree that holds one leaf is that leaf; else its two halves are hashed, of which one may be empty."""
    above: list[bytes] = []
    now_used = now_many = 0
    for at in range(0, len(hashes), 2):
        both, bit = used >> at & 3, 1 << (at >> 1)
        now_used |= bit if both else 0
        if both == 3 or many >> at & 3:
            above.append(map_node(hashes[at], hashes[at + 1]))
            now_many |= bit
        else:
            above.append(hashes[at + (both >> 1)])
    return _Row(above, now_used, now_many)


def check_page(place: Place, raw: bytes) -> None:
    """Raises LedgerBroken unless `raw` is the page of this place: every hash in it leads to the hash above it."""
    page = parse_page(raw)
    stored = list(page.quads)
    page.changed = (1 << _QUADS) - 1
    _compare(place, place.hash, refreshed(page))
    _compare(place, stored, page.quads)


def _compare(place: Place, expected: object, seen: object) -> None:
    if expected != seen:
        raise LedgerBroken(f"page {place.page} of the lot map", expected, seen)


class _Plan(NamedTuple):
    """How four hashes become one: pairs to hash (left, right, where to put it), where the result is, what it holds."""

    steps: tuple[tuple[int, int, int], ...]
    result: int
    used: int
    many: int


def _plan(pages: int, leaves: int) -> _Plan:
    """The plan for four places of which these bits hold pages, or leaves; place 4 is the empty hash."""
    row = [(at, 2) if pages >> at & 1 else (at, 1) if leaves >> at & 1 else (4, 0) for at in range(4)]
    steps = []
    while len(row) > 1:
        (left, in_left), (right, in_right) = row[:2]
        if in_left + in_right >= 2:
            into = left if in_left else right
            steps.append((left, right, into))
            row = [*row[2:], (into, 2)]
        else:
            row = [*row[2:], (left, in_left) if in_left else (right, in_right)]
    result, content = row[0]
    return _Plan(tuple(steps), result, int(content > 0), int(content > 1))


_PLANS = [_plan(number >> 4, number & 15) for number in range(256)]


def _carried_out(plan: _Plan, hashes: list[bytes]) -> bytes:
    work = [*hashes, EMPTY_MAP]
    for left, right, into in plan.steps:
        work[into] = sha256(b"\x03" + work[left] + work[right]).digest()
    return work[plan.result]


def _quads(page: Page) -> tuple[list[_Plan], int, int]:
    """The plans of the page's quads, which of them hold more than one leaf, which hold one."""
    pages, leaves = page.pages, page.leaves
    plans = [_PLANS[(pages >> at & 15) << 4 | leaves >> at & 15] for at in (0, 4, 8, 12)]
    many = plans[0].many | plans[1].many << 1 | plans[2].many << 2 | plans[3].many << 3
    used = plans[0].used | plans[1].used << 1 | plans[2].used << 2 | plans[3].used << 3
    return plans, many, used & ~many


def refreshed(page: Page) -> bytes:
    """The hash of the subtree that a page is the top of; what did not change is not hashed again."""
    plans, many, single = _quads(page)
    for quad in _slots(page.changed):
        page.quads[quad] = _carried_out(plans[quad], page.hashes(quad))
    page.changed, page.many = 0, many
    return _carried_out(_PLANS[many << 4 | single], page.quads)


def format_page(page: Page) -> bytes:
    """The bytes of a page whose quads are up to date."""
    quads = [page.quads[quad] for quad in _slots(page.many)]
    used = [page.cells[slot] for slot in _slots(page.pages | page.leaves)]
    ids = _IDS[len(page.ids)].pack(*page.ids)
    return b"".join((_MASKS.pack(page.pages, page.leaves), *quads, *used, ids, page.keys))


def parse_page(raw: bytes) -> Page:
    """The page of `raw`; raises LedgerBroken if `format_page` cannot have made it."""
    page = Page()
    page.pages, page.leaves = _MASKS.unpack_from(raw.ljust(4, b"\0"))
    plans, page.many, single = _quads(page)
    _check_length(page, raw)
    at = _MASKS.size
    for quad in _slots(page.many):
        page.quads[quad] = raw[at : at + 32]
        at += 32
    for slot in _slots(page.pages | page.leaves):
        page.cells[slot] = raw[at : at + 32]
        at += 32
    ids = _IDS[page.pages.bit_count()]
    page.ids = list(ids.unpack_from(raw, at))
    page.keys = raw[at + ids.size :]
    for quad in _slots(single):
        page.quads[quad] = page.hashes(quad)[plans[quad].result]
    return page


def _check_length(page: Page, raw: bytes) -> None:
    hashes = page.many.bit_count() + page.pages.bit_count() + 2 * page.leaves.bit_count()
    expected = _MASKS.size + 32 * hashes + 8 * page.pages.bit_count()
    if len(raw) != expected:
        raise LedgerBroken("page of the lot map", f"{expected} bytes", f"{len(raw)} bytes")


def place_at(raw: bytes, slot: int) -> Place | None:
    """The page that a slot leads to, without parsing the rest."""
    pages, leaves = _MASKS.unpack_from(raw)
    if not pages >> slot & 1:
        return None
    keys = len(raw) - 32 * leaves.bit_count()
    ids = keys - 8 * pages.bit_count()
    number = keys - 8 * (pages >> slot).bit_count()
    hashed = ids - 32 * ((pages | leaves) >> slot).bit_count()
    return Place(PageId(int.from_bytes(raw[number : number + 8], "big")), MapHash(raw[hashed : hashed + 32]))


def _rank(mask: int, slot: int) -> int:
    """How many slots of `mask` stand before `slot`."""
    return (mask & (1 << slot) - 1).bit_count()


_LOW = [tuple(slot for slot in range(8) if mask >> slot & 1) for mask in range(256)]
_HIGH = [tuple(slot + 8 for slot in slots) for slots in _LOW]


def _slots(mask: int) -> tuple[int, ...]:
    return _LOW[mask & 255] + _HIGH[mask >> 8]

"""The lot map and the rules of every subject, looked at by partitions of the key space.

Whoever holds all subjects at once needs memory for all of them. So one *pass* over the entries looks only
at the subjects whose first `bits` bits are `part`, and says for each size that somebody claims a root of
what stands in that corner of the map:

    place   | 1 kind: nothing, a leaf, a branch | 32 hash |

A subtree with one leaf *is* that leaf, wherever it stands; so two neighbouring places make the place above
them, and 2^bits places fold to the root. Passes share nothing: they may run one after the other, in several
processes, or be done again. What is wrong is named by index; the entries themselves are checked nowhere but
here for: sequence 1, 2, 3 ..., `previous`, `recorded_at`, and each statement once for each subject.

Memory: about 0.8 kB for each subject of the part, 33 bytes for each size. Who fills a log with subjects of
his choice can crowd them into one part; no more than that log's own entries then stand in memory.
Evidence: `tests/verifier/test_partition.py`, against the definition of the map and an audit in one part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verifier.encoding import b64
from verifier.entry import Entry, parse_entry
from verifier.errors import Refuted
from verifier.growing import GrowingMap
from verifier.hashing import EMPTY_MAP, MapHash, leaf_hash, map_node, map_value
from verifier.report import Findings

NOTHING, LEAF, BRANCH = range(3)
PLACE = 33
PART_ENTRIES = 1 << 15  # about 30 MB where each is of a subject of its own
MAX_BITS = 16

_EMPTY = bytes([NOTHING]) + EMPTY_MAP
_SUBJECT = slice(2, 4)  # of an entry: the first 16 bits of its subject


@dataclass(frozen=True, slots=True)
class Looked:
    """What one pass found: 33 bytes of `places` for each size; `breaks` are the first few (index, what is wrong)."""

    subjects: int
    places: bytes
    breaks: tuple[tuple[int, Refuted], ...] = ()


@dataclass(slots=True)
class _Last:
    """The newest entry of one subject so far."""

    sequence: int
    index: int
    leaf: bytes
    recorded_at: int
    raw: bytes


def bits_for(entries: int, at_most: int = PART_ENTRIES) -> int:
    """How many bits part `entries` so that no more than about `at_most` fall into one part; at most 16."""
    return min(MAX_BITS, max(0, -(-entries // at_most) - 1).bit_length())


def look(entries: Iterable[tuple[int, bytes]], part: int, bits: int, sizes: Sequence[int]) -> Looked:
    """One pass: (index, entry) of the whole log or of the part alone, in order; `sizes` rising, all reached.

    0 <= part < 2^bits, bits <= 16. Skips what is no entry: whoever reads them says so.
    """
    corner = _Corner(bits, sizes)
    shift = MAX_BITS - bits
    for index, raw in entries:
        if int.from_bytes(raw[_SUBJECT], "big") >> shift == part:
            corner.add(index, raw)
    return corner.looked()


def fold(parts: Iterable[bytes]) -> bytes:
    """The places of the whole map: those of 2^bits parts in order, folded pairwise."""
    waiting: list[bytes] = []
    for before, places in enumerate(parts):
        while before & 1:  # as many parts, folded already, stand to the left
            places, before = _joined(waiting.pop(), places), before >> 1
        waiting.append(places)
    (whole,) = waiting
    return whole


def root_at(whole: bytes, number: int) -> MapHash:
    """The map root at the size with this number, of the folded places."""
    return MapHash(whole[PLACE * number + 1 : PLACE * (number + 1)])


def _joined(left: bytes, right: bytes) -> bytes:
    pairs = range(0, len(left), PLACE)
    return b"".join([_above(left[at : at + PLACE], right[at : at + PLACE]) for at in pairs])


def _above(left: bytes, right: bytes) -> bytes:
    """The place over two neighbouring ones: a leaf beside nothing stays that leaf."""
    for one, other in ((left, right), (right, left)):
        if one[0] == NOTHING and other[0] != BRANCH:
            return other
    return bytes([BRANCH]) + map_node(left[1:], right[1:])


class _Corner:
    """One part of the map and the subjects in it, growing entry by entry."""

    def __init__(self, bits: int, sizes: Sequence[int]) -> None:
        self._bits = bits
        self._sizes = sizes
        self._next = 0
        self._places = bytearray()
        self._place: bytes | None = _EMPTY
        self._map = GrowingMap()
        self._subjects: dict[bytes, _Last] = {}
        self._seen: set[bytes] = set()
        self._breaks: list[tuple[int, Refuted]] = []

    def add(self, index: int, raw: bytes) -> None:
        while self._next < len(self._sizes) and self._sizes[self._next] <= index:
            self._tell()
        try:
            entry = parse_entry(raw)
        except Refuted:
            return
        leaf = leaf_hash(raw)
        before = self._subjects.get(entry.subject)
        self._check(before, entry, raw, index)
        count = before.sequence + 1 if before else 1
        self._subjects[entry.subject] = _Last(count, index, leaf, entry.recorded_at, raw)
        self._map.put(entry.subject, map_value(count, index, leaf))
        self._place = None

    def looked(self) -> Looked:
        while self._next < len(self._sizes):
            self._tell()
        return Looked(len(self._subjects), bytes(self._places), tuple(self._breaks))

    def _tell(self) -> None:
        if self._place is None:
            self._place = bytes([min(len(self._subjects), BRANCH)]) + self._map.root(self._bits)
        self._places += self._place
        self._next += 1

    def _check(self, before: _Last | None, entry: Entry, raw: bytes, index: int) -> None:
        once = entry.subject + entry.statement_hash
        twice = once in self._seen
        self._seen.add(once)
        if len(self._breaks) >= Findings.LIMIT:
            return
        try:
            _check_step(before, entry, raw, index)
        except Refuted as broken:
            self._breaks.append((index, broken))
        if twice:
            what = f"statement at index {index}"
            self._breaks.append((index, Refuted(what, "entered once for each subject", entry.statement_hash)))


def _check_step(before: _Last | None, entry: Entry, raw: bytes, index: int) -> None:
    """A break is published with both entries: nobody has to believe the auditor."""
    expected = before.sequence + 1 if before else 1
    if entry.sequence != expected:
        raise Refuted(f"sequence at index {index}", expected, f"{entry.sequence}: {_both(before, raw, index)}")
    if before is None:
        return
    if entry.previous != before.leaf:
        seen = f"{entry.previous.hex()}: {_both(before, raw, index)}"
        raise Refuted(f"previous at index {index}", before.leaf, seen)
    if entry.recorded_at < before.recorded_at:
        seen = f"{entry.recorded_at}: {_both(before, raw, index)}"
        raise Refuted(f"recorded_at at index {index}", f"{before.recorded_at} or later", seen)


def _both(before: _Last | None, raw: bytes, index: int) -> str:
    return f"{b64(before.raw)} at {before.index}, then {b64(raw)} at {index}" if before else f"{b64(raw)} at {index}"

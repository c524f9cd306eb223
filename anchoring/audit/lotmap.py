"""The lot map of every checkpoint: its pages up to the root that was signed, and every leaf beside the entries.

Pages are copied when they change, so those of a checkpoint have ids above the root page of the one before.
They are walked from the root down beside the pages that they replaced; what did not change must be the page that
stood there. So each map is shown to be the one before with the changes of its own entries, and the first is whole:

    every new page      hashes to what refers to it, the root page to what was signed
    every difference    is the newest entry of a subject between the two sizes, and each such entry is a difference
    every page          is reached

Memory: the pages of one checkpoint, about 13,000 where ten thousand entries are signed at once, and the nodes of
`_REMEMBERED` pages, 75 MB.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Connection

from anchoring.audit.finding import Audited, Finding
from anchoring.audit.mappage import NOTHING, Looked, Page, held_in, look, page_hash, read
from anchoring.audit.noticed import INSIDE, Witnesses
from anchoring.audit.rows import rows, spelled, stream
from anchoring.audit.sizes import Source
from verifier.checkpoint import parse_checkpoint
from verifier.errors import Refuted
from verifier.hashing import map_value
from verifier.note import parse_note

Part = tuple[int, int | None]
"""The checkpoints of more than so many entries, and of no more than so many; None: of all."""
WHOLE_LOG: Part = (0, None)
_MIRROR = "whoever was given a proof under this checkpoint before; proofs made now are refused"
_LIE = "whoever holds a receipt for it: beside this map it proves fraud to anybody"


def check_map(
    connection: Connection, audited: Audited, source: Source, bad: Collection[int], witnesses: Witnesses,
    part: Part = WHOLE_LOG,
) -> Iterator[Finding]:  # fmt: skip
    """The maps of the checkpoints in `source`; `bad` are indexes of entries that are not what was logged.

    With `part` the map at its start is taken for what was signed: whoever looks at the part before it says so.
    """
    first, end = part
    total = rows(connection, "SELECT count(*) FROM ledger.checkpoint")[0][0]
    query = f"SELECT size, map_root, map_page, note FROM {source.table} WHERE size > %b ORDER BY size"  # noqa: S608
    walk = _Walk(connection, bad, witnesses, *_start(connection, source, first))
    for done, (size, root, page, note) in enumerate(stream(connection, query, *source.values, walk.size), 1):
        if end is not None and size > end:
            return
        yield from walk.to(_Signed(size, {root, _noted(note)} - {None}, page))
        audited.progress("lot maps", done, total)
    yield from walk.beyond()


def _start(connection: Connection, source: Source, first: int) -> tuple[int, int]:
    """Size and root page of the newest checkpoint that has no more than `first` entries."""
    query = f"SELECT size, coalesce(map_page, -1) FROM {source.table} WHERE size <= %b ORDER BY size DESC LIMIT 1"  # noqa: S608
    found: list[tuple[int, int]] = rows(connection, query, *source.values, first) if first else []
    return found[0] if found else (0, -1)


@dataclass(frozen=True, slots=True)
class _Signed:
    """A checkpoint: `roots` are what its column and its note say, one where they agree."""

    size: int
    roots: set[bytes | None]
    page: int | None


@dataclass(slots=True)
class _Walk:
    """How far the maps were followed: up to `size`, whose root page is `root`."""

    connection: Connection
    bad: Collection[int]
    witnesses: Witnesses
    size: int = 0
    root: int = -1
    lies: set[int] = field(default_factory=set)
    """Pages that are not what was signed: nothing follows from them for those that replaced them."""
    nodes: dict[int, bytes] = field(default_factory=dict)
    """Those of newest pages, which were looked at last."""

    def to(self, signed: _Signed) -> Iterator[Finding]:
        """One checkpoint further."""
        new = yield from self._pages(signed.page)
        root = signed.page
        if root is None or not self._is_root(new.get(root), signed):
            new = yield from self._pages(max(root or 0, self._near(signed)))
            root = self._searched(new, signed)
            if root is None:
                root = signed.page if signed.page in new else max(new, default=self.root)
            elif root != signed.page:
                yield self._of_checkpoint(signed, "map_page", root, signed.page)
        if root > self.root:
            round_ = {number: raw for number, raw in new.items() if number <= root}
            yield from _Round(self, signed, root, round_).checked()
            self.root = root
        self.size = signed.size

    def _pages(self, top: int | None) -> Generator[Finding, None, dict[int, bytes | None]]:
        """The pages above the last root, up to this one."""
        new = dict[int, bytes | None]()
        for number, raw in stream(self.connection, _PAGES, self.root, self.root if top is None else top):
            if number in new:
                yield self._of_page(number, "", "one page of this id", "another", "a page is stored once")
            new[number] = raw
        return new

    def _near(self, signed: _Signed) -> int:
        """Up to where the pages of this checkpoint can lie, as its own word for it is wrong."""
        query = """SELECT coalesce(max(map_page), 0) FROM (
            SELECT map_page FROM ledger.checkpoint WHERE size >= %b ORDER BY size LIMIT 2) AS near"""
        return int(rows(self.connection, query, signed.size)[0][0])

    @staticmethod
    def _is_root(raw: bytes | None, signed: _Signed) -> bool:
        return raw is not None and page_hash(read(raw), 0) in signed.roots

    def _searched(self, new: Mapping[int, bytes | None], signed: _Signed) -> int | None:
        return next((number for number, raw in new.items() if self._is_root(raw, signed)), None)

    def remember(self, looked: Looked) -> None:
        """For the page that replaces it."""
        if looked.hash is not None:
            self.nodes[looked.page] = looked.nodes
        if len(self.nodes) > _REMEMBERED:
            del self.nodes[next(iter(self.nodes))]

    def beyond(self) -> Iterator[Finding]:
        """Pages behind the newest map."""
        query = "SELECT id FROM ledger.map_page WHERE id IS NULL OR id < 0 OR id > %b ORDER BY id LIMIT 100"
        for (number,) in rows(self.connection, query, self.root):
            check = "every page is part of a map"
            yield Finding(check, "ledger.map_page", spelled(id=number), "", "no such page", "a page", None, INSIDE)

    def _of_page(self, page: int, name: str, expected: object, seen: object, check: str) -> Finding:
        told = f"{_MIRROR}, under {self.size} entries and more"
        return Finding(check, "ledger.map_page", spelled(id=page), name, expected, seen, self.size, told)

    def _of_checkpoint(self, signed: _Signed, name: str, expected: object, seen: object) -> Finding:
        check, told = "a checkpoint leads to its lot map", self.witnesses.of_root(signed.size)
        return Finding(check, "ledger.checkpoint", spelled(size=signed.size), name, expected, seen, self.size, told)


_REMEMBERED = 60_000
_PAGES = "SELECT id, page FROM ledger.map_page WHERE id > %b AND id <= %b ORDER BY id"
_ENTRIES = (
    "SELECT index, subject, sequence, leaf_hash FROM ledger.entry WHERE index >= %b AND index < %b ORDER BY index"
)


class _Spot(NamedTuple):
    """A page to look at: the hex digits above it, and which page it `replaced`, or else the leaves that were `moved`
    down into it."""

    page: int
    path: str
    replaced: int | None
    moved: Page = NOTHING

    def below(self, slot: int, page: int, old: Page) -> _Spot:
        path = f"{self.path}{slot:x}"
        if slot in old.below:
            return _Spot(page, path, old.below[slot][0])
        return _Spot(page, path, None, Page({}, held_in(old, slot, len(self.path))))


@dataclass(slots=True)
class _Round:
    """The pages that one checkpoint added."""

    walk: _Walk
    signed: _Signed
    root: int
    new: dict[int, bytes | None]
    above: dict[int, int] = field(default_factory=dict)
    hashes: dict[int, bytes] = field(default_factory=dict)
    seen: dict[int, Looked] = field(default_factory=dict)
    found: list[Finding] = field(default_factory=list)

    def checked(self) -> Iterator[Finding]:
        """Walk, judge, compare."""
        self._walk()
        yield from self.found
        yield from self._hashes()
        yield from self._leaves()
        for page in sorted(self.new.keys() - self.hashes.keys()):
            check = "every page is part of a map"
            yield self.walk._of_page(page, "", "a page that refers to it, or a checkpoint", "none", check)

    # The walk

    def _walk(self) -> None:
        """Look at the pages level by level."""
        level = [_Spot(self.root, "", self.walk.root if self.walk.root >= 0 else None)]
        self.hashes[self.root] = b""
        while level:
            stored = self._stored([spot.replaced for spot in level if spot.replaced is not None])
            level = [below for spot in level for below in self._seen(spot, stored)]

    def _stored(self, pages: list[int]) -> dict[int, bytes]:
        query = "SELECT id, page FROM ledger.map_page WHERE id = ANY(%b::bigint[])"
        return dict(rows(self.walk.connection, query, pages)) if pages else {}

    def _seen(self, spot: _Spot, stored: Mapping[int, bytes]) -> Iterator[_Spot]:
        """Look at one page; what is to be looked at below it."""
        old, known = spot.moved, None
        if spot.replaced is not None:
            old, known = read(stored.get(spot.replaced)), self.walk.nodes.pop(spot.replaced, None)
        looked = self.seen[spot.page] = look(spot.page, self.new[spot.page], spot.path, old, known)
        self.walk.remember(looked)
        return self._below(spot, looked.below, old)

    def _below(self, spot: _Spot, here: Mapping[int, tuple[int, bytes]], old: Page) -> Iterator[_Spot]:
        """The new pages under a page; those that stayed must be those that were there."""
        was = old.below
        for slot in was.keys() - here.keys():
            self._odd(spot.page, f"page {was[slot][0]} or a newer one in slot {slot}", "none")
        for slot, (number, hashed) in here.items():
            if number <= self.walk.root:
                if was.get(slot) != (number, hashed):
                    self._odd(spot.page, f"in slot {slot} the page that was there", f"page {number} {hashed.hex()}")
            elif number not in self.new or number in self.hashes:
                self._missing(spot.page, number, number in self.hashes)
            else:
                self.hashes[number], self.above[number] = hashed, spot.page
                yield spot.below(slot, number, old)

    def _odd(self, page: int, expected: str, seen: str) -> None:
        if page not in self.walk.lies:
            self.found.append(self.walk._of_page(page, "page", expected, seen, "what did not change stays"))
            self.walk.lies.add(page)

    def _missing(self, page: int, number: int, twice: bool) -> None:
        check = "a page that is referred to is there"
        if twice or number > self.root:
            self._odd(page, "a page of this map below", f"page {number}")
        else:
            self.found.append(self.walk._of_page(number, "", f"a page, for page {page} refers to it", None, check))
            self.walk.lies.add(page)

    # What came of it

    def _hashes(self) -> Iterator[Finding]:
        """A page is wrong if it does not hash to what refers to it, and what refers to it is right."""
        lies, check = self.walk.lies, "a page hashes to what refers to it"
        for page, looked in self.seen.items():
            expected = self.signed.roots if page == self.root else {self.hashes[page]}
            if looked.hash in expected:
                continue
            if self.above.get(page) in lies and looked.hash is not None:
                continue
            if page == self.root and self._follows():
                (*_, told) = sorted(each for each in self.signed.roots if each is not None)
                yield self.walk._of_checkpoint(self.signed, "map_root", looked.hash, told)
                continue
            lies.add(page)
            (*_, wanted) = sorted(each for each in expected if each is not None)
            yield self.walk._of_page(page, "page", looked.why or wanted, looked.hash or _length(self.new[page]), check)

    def _follows(self) -> bool:
        """Whether all else in this map is right: then it is the signed root that is not."""
        others = all(looked.hash == self.hashes[page] for page, looked in self.seen.items() if page != self.root)
        return others and not self.walk.lies and not list(self._leaves())

    def _leaves(self) -> Iterator[Finding]:
        """The differences beside the newest entries of the subjects.

        Where a page or an entry is known not to be what it was, only a value that contradicts a good entry is said.
        """
        newest = {}
        for index, subject, sequence, leaf in stream(self.walk.connection, _ENTRIES, self.walk.size, self.signed.size):
            if subject is not None:
                newest[subject] = index, sequence, leaf
        doubtful = bool(self.walk.lies) or any(self.walk.size <= index < self.signed.size for index in self.walk.bad)
        everywhere = {key for looked in self.seen.values() for key in looked.changed}
        for looked in self.seen.values():
            if looked.page not in self.walk.lies and looked.hash is not None:
                yield from self._compared(looked, newest, everywhere, doubtful)
        for subject, (index, _, _) in newest.items() if not doubtful else ():
            yield self._lie(self.root, index, f"the entry {index} of subject {subject.hex()}", "as before it")

    def _compared(
        self, looked: Looked, newest: dict[bytes, tuple[int, int, bytes]], everywhere: Collection[bytes], doubtful: bool
    ) -> Iterator[Finding]:
        for key, value in looked.changed.items():
            told = newest.pop(key, None)
            if told is None and not doubtful:
                yield self._lie(looked.page, self.walk.size, f"no change for subject {key.hex()}", value)
            elif told is not None and told[0] not in self.walk.bad and value != _value(*told):
                yield self._lie(looked.page, told[0], f"the entry {told[0]} of subject {key.hex()}", value)
        for key in looked.lost if not doubtful else ():
            if key not in everywhere:
                yield self._lie(looked.page, self.walk.size, f"subject {key.hex()}", "it went")

    def _lie(self, page: int, index: int, expected: str, seen: object) -> Finding:
        check = "the lot map says of a subject what its newest entry says"
        return Finding(check, "ledger.map_page", spelled(id=page), "page", expected, seen, index, _LIE)


def _value(index: int, sequence: int, leaf: bytes) -> bytes | None:
    try:
        return map_value(sequence, index, leaf)
    except (AttributeError, OverflowError, TypeError):
        return None


def _length(raw: bytes | None) -> str:
    return "NULL" if raw is None else f"{len(raw)} bytes"


def _noted(note: str | None) -> bytes | None:
    try:
        return parse_checkpoint(parse_note(note or "").body).map_root
    except Refuted:
        return None

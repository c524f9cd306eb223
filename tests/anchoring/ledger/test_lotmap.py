"""Maker's lot map, beside the definition, the vectors and the checker; and every past state of it."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anchoring.errors import LedgerBroken
from anchoring.lotmap import Change, Growth, Opening, find, open_at
from anchoring.page import STORED, PageId, Place, checked, format_page, parse_page
from tests.anchoring.ledger import reference
from verifier import lotmap as checker
from verifier.hashing import EMPTY_MAP, MapHash, Subject, map_value

Head = tuple[int, int, bytes]
"""Count, index of the last entry, its leaf hash."""


@dataclass
class InMemory:
    """Pages as the database keeps them: by id, for ever."""

    pages: dict[PageId, bytes] = field(default_factory=dict)
    values: dict[Subject, MapHash] = field(default_factory=dict)
    root: Place | None = None
    loads: int = 0

    def __call__(self, places: Collection[Place]) -> Mapping[PageId, bytes]:
        self.loads += 1
        return {place.page: checked(place, self.pages[place.page]) for place in places}

    def grow(self, values: Mapping[Subject, MapHash]) -> Place:
        changes = {key: Change(self.values.get(key), value) for key, value in values.items()}
        ways = find(self.root, changes, self)
        grown = Growth(ways, changes, PageId(len(self.pages))).done()
        for page, raw in grown.written:
            assert page not in self.pages, "a page was written twice"
            self.pages[page] = raw[STORED:]
        self.values.update(values)
        self.root = grown.root
        return grown.root

    def open(self, root: Place | None, key: Subject) -> Opening:
        return open_at(root, key, self)


def heads_of(items: Iterable[dict[str, Any]]) -> dict[Subject, Head]:
    return {
        Subject(bytes.fromhex(item["key"])): (item["count"], item["last_index"], bytes.fromhex(item["last_leaf"]))
        for item in items
    }


def leaves_of(values: Mapping[Subject, MapHash]) -> list[reference.Leaf]:
    return [(key, reference.sha(b"\x02", key, value)) for key, value in values.items()]


def test_the_vectors_of_the_map(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "lotproof/map.json").read_text())
    heads = heads_of(vectors["items"])
    values = {key: map_value(*head) for key, head in heads.items()}
    one_by_one, roots = InMemory(), dict[str, Place | None]({EMPTY_MAP.hex(): None})
    for key, value in values.items():
        root = one_by_one.grow({key: value})
        roots[root.hash.hex()] = root
    for state in vectors["states"]:
        assert state["root"] in roots
        if state["n"]:
            at_once = InMemory().grow(dict(list(values.items())[: state["n"]]))
            assert at_once.hash.hex() == state["root"]
    update = heads_of(vectors["update"]["items"])
    root = one_by_one.grow({key: map_value(*head) for key, head in update.items()})
    assert root.hash.hex() == vectors["update"]["root"]
    for case in vectors["proofs"]:
        if case["expect"] == "accept":
            key = Subject(bytes.fromhex(case["key"]))
            opening = one_by_one.open(roots[case["root"]], key)
            assert [sibling.hex() for sibling in opening.siblings] == case["siblings"]
            assert (opening.leaf == (key, values.get(key))) == (case["type"] == "member")


# Keys that agree in long prefixes: what a random key never does and an attacker would try.
ALIKE = st.builds(
    lambda shared, tail: Subject((b"\xaa" * 32)[:shared] + tail[: 32 - shared]),
    st.integers(0, 31),
    st.binary(min_size=32, max_size=32),
)
HASHES = st.binary(min_size=32, max_size=32)
KEYS = st.one_of(HASHES.map(Subject), ALIKE)
GROWTHS = st.lists(st.dictionaries(KEYS, HASHES.map(MapHash), min_size=1, max_size=8), max_size=5)
# So many that leaves had to move into pages below, and pages and leaves stand side by side.
CROWD = {
    Subject((b"\xaa" * 32)[: n % 3] + reference.sha(b"%d" % n)[n % 3 :]): MapHash(reference.sha(b"value %d" % n))
    for n in range(120)
}
HEADS = st.dictionaries(KEYS, st.tuples(st.integers(1, 99), st.integers(0, 10**6), HASHES), min_size=1)


@settings(deadline=None, max_examples=60)
@given(GROWTHS, KEYS, st.booleans())
def test_every_state_of_the_map_stays_provable_and_is_that_of_the_definition(
    growths: list[dict[Subject, MapHash]], stranger: Subject, crowded: bool
) -> None:
    stored, now = InMemory(), dict[Subject, MapHash]()
    past: list[tuple[Place | None, dict[Subject, MapHash]]] = [(None, {})]
    for values in [CROWD] * crowded + growths:
        now = now | values
        root = stored.grow(values)
        assert root.hash == reference.map_root(leaves_of(now))
        past.append((root, now))
    for root, then in past:
        for key in (*list(then)[:5], *list(now)[-5:], stranger):
            opening = stored.open(root, key)
            siblings, leaf = reference.map_opening(key, leaves_of(then))
            assert opening.siblings == siblings
            assert opening.leaf == (leaf and (leaf[0], then[Subject(leaf[0])]))


@settings(deadline=None, max_examples=60)
@given(HEADS, KEYS)
def test_the_checker_takes_what_the_maker_makes(heads: dict[Subject, Head], stranger: Subject) -> None:
    stored = InMemory()
    root = stored.grow({key: map_value(*head) for key, head in heads.items()})
    for key in {*heads, stranger}:
        opening = stored.open(root, key)
        if key in heads:
            assert opening.leaf == (key, map_value(*heads[key]))
            assert checker.root_from_membership(key, map_value(*heads[key]), opening.siblings) == root.hash
        else:
            assert checker.root_from_absence(key, opening.siblings, opening.leaf) == root.hash


@settings(deadline=None, max_examples=60)
@given(GROWTHS)
def test_a_page_is_read_as_it_was_written(growths: list[dict[Subject, MapHash]]) -> None:
    stored = InMemory()
    for leaves in [CROWD, *growths]:
        level = [stored.grow(leaves)]
        while level:
            pages = [parse_page(checked(place, stored.pages[place.page]), place.depth) for place in level]
            for place, page in zip(level, pages, strict=True):
                assert format_page(page)[STORED:] == stored.pages[place.page]
            level = [below for page in pages for slot in range(16) if (below := page.page_at(slot)) is not None]


def test_a_growth_asks_once_for_each_level_and_writes_only_the_paths_that_change() -> None:
    stored = InMemory()
    stored.grow({Subject(reference.sha(b"%d" % n)): MapHash(reference.sha(b"leaf")) for n in range(20_000)})
    stored.loads, before = 0, len(stored.pages)
    stored.grow({Subject(reference.sha(b"%d" % n)): MapHash(reference.sha(b"other")) for n in range(50)})
    assert stored.loads <= 4
    assert len(stored.pages) - before <= 50 * 4


def test_leaves_stay_in_their_page_until_its_row_would_be_parted() -> None:
    """PostgreSQL parts a row of more than about 2 kB; a page of many leaves is few rows, also where keys are alike."""
    stored = InMemory()
    for n in range(0, 3_000, 100):
        stored.grow({Subject(reference.sha(b"%d" % key)): MapHash(reference.sha(b"leaf")) for key in range(n, n + 100)})
    stored.grow(CROWD)
    assert max(map(len, stored.pages.values())) < 1_960
    live = InMemory()
    live.grow(stored.values)
    assert len(live.pages) < len(live.values) / 6


def test_the_same_leaves_make_the_same_root_in_any_order() -> None:
    leaves = [(Subject(reference.sha(b"%d" % n)), MapHash(reference.sha(b"leaf %d" % n))) for n in range(300)]
    roots = set()
    for order in (leaves, leaves[::-1], sorted(leaves)):
        stored = InMemory()
        for key, leaf in order:
            root = stored.grow({key: leaf})
        roots.add(root.hash)
    assert len(roots) == 1


@pytest.mark.parametrize("raw", [b"", b"\x00", b"\x00\x01\x00\x00", b"\x00\x00\x00\x01" + bytes(63), bytes(5)])
def test_a_page_of_another_length_is_damage(raw: bytes) -> None:
    with pytest.raises(LedgerBroken, match="page of the lot map"):
        checked(Place(PageId(0), MapHash(bytes(32))), raw)


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(KEYS, HASHES.map(MapHash), min_size=1, max_size=12), st.booleans(), st.data())
def test_a_bit_that_flips_in_a_stored_page_is_noticed(
    values: dict[Subject, MapHash], crowded: bool, data: st.DataObject
) -> None:
    stored = InMemory()
    values = CROWD | values if crowded else values
    stored.grow(values)
    page = data.draw(st.sampled_from(sorted(stored.pages)))
    raw = bytearray(stored.pages[page])
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    stored.pages[page] = bytes(raw)
    with pytest.raises((LedgerBroken, KeyError)):  # KeyError: an id that no page has, told by who loads
        for key in values:
            stored.open(stored.root, key)


def test_a_leaf_is_replaced_only_if_it_is_the_one_expected() -> None:
    stored = InMemory()
    key, other = Subject(b"k" * 32), Subject(b"l" * 32)
    stored.grow({key: MapHash(b"1" * 32)})
    for changes in (
        {key: Change(None, MapHash(b"2" * 32))},
        {key: Change(MapHash(b"0" * 32), MapHash(b"2" * 32))},
        {other: Change(MapHash(b"0" * 32), MapHash(b"2" * 32))},
    ):
        with pytest.raises(LedgerBroken, match="in the lot map"):
            Growth(find(stored.root, changes, stored), changes, PageId(99)).done()


def test_leaves_out_of_order_are_damage_although_the_page_is_whole() -> None:
    stored = InMemory()
    stored.grow({Subject(bytes([16, n]) + bytes(30)): MapHash(bytes([n]) * 32) for n in range(2)})
    assert stored.root is not None
    (page,) = stored.pages
    whole = parse_page(bytes(STORED) + stored.pages[page], 0)
    whole.keys = whole.keys[32:] + whole.keys[:32]
    whole.values = whole.values[32:] + whole.values[:32]
    stored.pages[page] = format_page(whole)[STORED:]
    with pytest.raises(LedgerBroken, match="leaves in order"):
        stored.open(stored.root, Subject(bytes(32)))

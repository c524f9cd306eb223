"""Looking at the map part by part finds what looking at it whole finds, and the definition says."""

import random
import tracemalloc
from dataclasses import replace
from hashlib import sha256
from itertools import product
from typing import Any

import pytest

from verifier.encoding import b64
from verifier.entry import Entry, format_entry, parse_entry
from verifier.growing import GrowingMap
from verifier.hashing import EMPTY_MAP, ZERO, LeafHash, StatementHash, Subject, leaf_hash, map_node, map_value
from verifier.partition import BRANCH, LEAF, PLACE, _above, bits_for, fold, look, root_at
from verifier.report import Findings

from .maker import World, lot_name, party
from .vectors import naive_map

SUBJECTS = (0, 1, 2, 3, 17)


def a_log(lots: int, dice: random.Random) -> World:
    world = World()
    said = world.say("farm", [], {})
    for number in range(3 * lots):
        name = lot_name(dice.randrange(lots))
        world.enter("lot", name, replace(said, jwt=f"{party('farm')} {number}"), 1)
    return world


def roots(entries: list[bytes], bits: int, sizes: list[int]) -> list[bytes]:
    whole = fold(look(enumerate(entries), part, bits, sizes).places for part in range(1 << bits))
    assert len(whole) == PLACE * len(sizes)
    return [root_at(whole, number) for number in range(len(sizes))]


@pytest.mark.parametrize("bits", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("lots", SUBJECTS)
def test_the_parts_fold_to_the_root_of_the_definition_at_every_size(lots: int, bits: int) -> None:
    world = a_log(lots, random.Random(lots))
    sizes = list(range(1, len(world.entries) + 1))
    assert roots(world.entries, bits, sizes) == [naive_map(world.items(size)) for size in sizes]


def test_a_lone_leaf_in_any_part_is_the_root_and_no_leaf_is_the_empty_root() -> None:
    world = a_log(1, random.Random(0))
    assert roots(world.entries, 4, [1]) == roots(world.entries, 0, [1])
    assert roots([], 4, []) == []
    empty = GrowingMap()
    assert (empty.root(), empty.root(7)) == (EMPTY_MAP, EMPTY_MAP)


def test_a_part_of_a_map_is_the_subtree_that_is_there() -> None:
    keys = [bytes([n]) * 32 for n in (0x80, 0x90, 0xA5)]
    grown = GrowingMap()
    for key in keys:
        grown.put(key, map_value(1, 0, bytes(32)))
    assert len({grown.root(depth) for depth in (0, 1, 2, 3)}) == 3
    assert grown.root() == naive_map([(key, map_value(1, 0, bytes(32))) for key in keys])


def test_each_part_counts_its_own_subjects_and_names_its_first_breaks_by_index() -> None:
    world = a_log(40, random.Random(1))
    entries = list(world.entries)
    broken = [index for index in range(60, 120) if parse_entry(entries[index]).sequence > 1]
    for index in broken:
        entries[index] = format_entry(replace(parse_entry(entries[index]), previous=bytes([9]) * 32))  # type: ignore[arg-type]
    whole = look(enumerate(entries), 0, 0, [])
    parts = [look(enumerate(entries), part, 3, []) for part in range(8)]
    assert sum(part.subjects for part in parts) == whole.subjects
    merged = sorted((pair for part in parts for pair in part.breaks), key=lambda pair: pair[0])[: Findings.LIMIT]
    assert [(i, str(b)) for i, b in merged] == [(i, str(b)) for i, b in whole.breaks]
    assert [index for index, _ in merged][:3] == broken[:3]


def test_a_break_is_told_with_what_was_expected_and_both_entries() -> None:
    world = a_log(1, random.Random(3))
    first, second, _ = world.entries
    before = parse_entry(first).recorded_at
    both = f"{b64(first)} at 0, then {{}} at 1"
    lies: list[tuple[str, Any, object, str]] = [
        ("sequence", 3, 2, "3"),
        ("previous", LeafHash(bytes([7]) * 32), leaf_hash(first), "07" * 32),
        ("recorded_at", before - 1, f"{before} or later", str(before - 1)),
    ]
    for field, value, expected, seen in lies:
        bent = format_entry(replace(parse_entry(second), **{field: value}))
        ((index, broken),) = look(enumerate([first, bent]), 0, 0, []).breaks
        assert (index, broken.what, broken.expected) == (1, f"{field} at index 1", expected)
        assert broken.seen == f"{seen}: {both.format(b64(bent))}"
    alone = format_entry(replace(parse_entry(second), sequence=2))
    ((_, broken),) = look([(5, alone)], 0, 0, []).breaks
    assert (broken.expected, broken.seen) == (1, f"2: {b64(alone)} at 5")


def test_what_is_no_entry_is_passed_over() -> None:
    world = a_log(2, random.Random(2))
    spoiled = [*world.entries, bytes(114), b"", b"\0" * 3]
    assert roots(spoiled, 1, [len(world.entries)]) == roots(world.entries, 1, [len(world.entries)])


def test_parts_are_as_many_as_keep_each_small() -> None:
    assert [bits_for(n, 100) for n in (0, 1, 100, 101, 200, 201, 800, 801)] == [0, 0, 0, 1, 1, 2, 3, 4]
    assert bits_for(1 << 60) == 16


def test_a_part_needs_its_share_of_the_memory_and_no_more() -> None:
    entries = [format_entry(Entry(1, Subject(bytes_of(n)), 1, LeafHash(ZERO), StatementHash(bytes_of(-n)), n))
               for n in range(4000)]  # fmt: skip
    peaks = []
    for bits in (0, 3):
        tracemalloc.start()
        look(enumerate(entries), 0, bits, [len(entries)])
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] / 5
    assert peaks[0] < len(entries) * 1500


def bytes_of(number: int) -> bytes:
    return sha256(b"%d" % number).digest()


def test_a_place_follows_from_two_by_their_kinds_whatever_their_hashes_begin_with() -> None:
    nothing = bytes(33)
    assert _above(nothing, nothing) == nothing
    for first, second in product(range(3), repeat=2):
        leaf, branch = bytes([LEAF, first]) + bytes(31), bytes([BRANCH, second]) + bytes(31)
        assert _above(leaf, nothing) == _above(nothing, leaf) == leaf
        for left, right in ((leaf, leaf), (leaf, branch), (branch, leaf), (branch, nothing), (nothing, branch)):
            assert _above(left, right) == bytes([BRANCH]) + map_node(left[1:], right[1:])

"""The accumulator against the published vectors and against the recursive definition of RFC 6962."""

import json
from hashlib import sha256

import pytest

from anchoring.accumulator import SEALED_LEVEL, Place, grow, path, peaks, tile_places, tile_width
from verifier.hashing import anchor_leaf


@pytest.fixture(scope="module")
def vectors(shared_data):
    return json.loads((shared_data / "lotproof/accumulator.json").read_text())


def naive(leaves):
    """RFC 6962, section 2.1, word by word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\x01" + naive(leaves[:split]) + naive(leaves[split:])).digest()


def leaves_of(vectors):
    def leaf(a):
        log_root, map_root = bytes.fromhex(a["log_root"]), bytes.fromhex(a["map_root"])
        return anchor_leaf(a["epoch"], a["size"], log_root, map_root, a["block"], a["time"])

    return [leaf(anchor) for anchor in vectors["anchors"]]


class Grown:
    """All hashes of an accumulator, kept as they were completed."""

    def __init__(self, leaves, pace):
        self.rows = []
        while len(self.rows) < len(leaves):
            first = len(self.rows)
            self.rows += grow(first, leaves[first : first + pace], self.at)

    def at(self, place):
        return self.rows[place.completed_by][place.level]


def test_every_leaf_is_the_one_the_contract_hashes(vectors):
    assert [leaf.hex() for leaf in leaves_of(vectors)] == [a["leaf"] for a in vectors["anchors"]]


@pytest.mark.parametrize("pace", [1, 7, 1000])
def test_peaks_paths_and_sealed_groups_are_those_of_the_vectors(vectors, pace):
    grown = Grown(leaves_of(vectors), pace)
    for state in vectors["states"]:
        assert [grown.at(p).hex() for p in peaks(state["count"])] == state["peaks"]
    for case in vectors["paths"]:
        if case["expect"] == "accept":
            assert [grown.at(p).hex() for p in path(case["index"], case["count"])] == case["path"]
    for group, root in vectors["sealed"].items():
        assert grown.at(Place(SEALED_LEVEL, int(group))).hex() == root


def test_an_old_path_is_a_prefix_of_every_later_one(vectors):
    for case in vectors["extensions"]:
        then, now = path(case["index"], case["count_then"]), path(case["index"], case["count_now"])
        assert now[: len(then)] == then
        grown = Grown(leaves_of(vectors), 10)
        assert [grown.at(p).hex() for p in now] == case["path_now"]


def test_every_node_is_the_root_of_the_leaves_below_it():
    leaves = [sha256(bytes([n])).digest() for n in range(150)]
    grown = Grown(leaves, 13)
    for count in range(1, 151):
        covered = 0
        for place in peaks(count):
            width = 1 << place.level
            assert place.number * width == covered
            assert grown.at(place) == naive(leaves[covered : covered + width])
            covered += width
        assert covered == count


def test_every_path_leads_from_its_leaf_to_a_live_peak():
    leaves = [sha256(bytes([n])).digest() for n in range(100)]
    grown = Grown(leaves, 100)
    for count in range(1, 101):
        live = {grown.at(p) for p in peaks(count)}
        for index in range(count):
            seen = leaves[index]
            for height, place in enumerate(path(index, count)):
                pair = (grown.at(place), seen) if index >> height & 1 else (seen, grown.at(place))
                seen = sha256(b"\x01" + pair[0] + pair[1]).digest()
            assert seen in live


def test_tiles_hold_256_hashes_and_the_last_one_what_there_is():
    assert [tile_width(0, n, 600) for n in range(4)] == [256, 256, 88, 0]
    assert [tile_width(1, n, 600) for n in range(2)] == [2, 0]
    assert tile_places(1, 0, 2) == [Place(8, 0), Place(8, 1)]
    assert [p.completed_by for p in tile_places(1, 0, 2)] == [255, 511]

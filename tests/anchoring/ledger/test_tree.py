"""Maker's tree and tiles, beside the definition, the vectors, pymerkle and the checker."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from anchoring.errors import NotInLedger
from anchoring.tiles import TILE_WIDTH, TileName, TileNodes
from anchoring.tree import Edge, FullTile, Node, Range, consistency, full_nodes, inclusion, range_hash
from tests.anchoring.ledger import reference
from verifier import merkle
from verifier.hashing import LeafHash, NodeHash

LEAVES = [LeafHash(sha256(b"%d" % n).digest()) for n in range(70_000)]


def grown(leaves: list[LeafHash], *cuts: int) -> tuple[Edge, dict[TileName, TileNodes]]:
    """A tree grown in the steps that `cuts` make, and all of its tiles, also the unfinished ones."""
    edge, full = Edge(), list[FullTile]()
    for first, end in zip((0, *cuts), (*cuts, len(leaves)), strict=True):
        edge, done = edge.grown(leaves[first:end])
        full += done
    tiles = {TileName(tile.level, tile.number): tile.nodes for tile in full}
    for level, tile in enumerate(edge.unfinished):
        if tile.width:
            tiles[TileName(level, edge.size >> 8 * (level + 1))] = tile
    return edge, tiles


def path(tiles: dict[TileName, TileNodes], ranges: list[Range]) -> list[bytes]:
    return [range_hash(each, lambda node: tiles[TileName.holding(*node)].node(*node)) for each in ranges]


@cache
def whole_tree(size: int) -> tuple[Edge, dict[TileName, TileNodes]]:
    return grown(LEAVES[:size])


def test_the_vectors_of_the_log(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "lotproof/log.json").read_text())
    leaves = [LeafHash(bytes.fromhex(leaf)) for leaf in vectors["leaves"]]
    assert [grown(leaves[:size])[0].root().hex() for size in range(len(leaves) + 1)] == vectors["roots"]
    for case in vectors["inclusion"]:
        if case["expect"] == "accept":
            made = path(grown(leaves[: case["size"]])[1], inclusion(case["index"], case["size"]))
            assert [node.hex() for node in made] == case["path"]
    for case in vectors["consistency"]:
        if case["expect"] == "accept":
            made = path(grown(leaves[: case["new"]])[1], consistency(case["old"], case["new"]))
            assert [node.hex() for node in made] == case["path"]


def test_the_reference_tree_of_rfc_6962(shared_data: Path) -> None:
    vectors = json.loads((shared_data / "merkle/transcribed/rfc6962-reference-tree.json").read_text())
    leaves = [LeafHash(sha256(b"\x00" + bytes.fromhex(leaf)).digest()) for leaf in vectors["leaf_inputs_hex"]]
    roots = [grown(leaves[:size])[0].root().hex() for size in range(len(leaves) + 1)]
    assert roots == vectors["roots_by_size_hex"]


def test_every_root_up_to_four_tiles_and_one() -> None:
    theirs = InmemoryTree(algorithm="sha256")
    edge = Edge()
    for size in range(1, 1026):
        entry = b"entry %d" % size
        theirs.append_entry(entry)
        edge, _ = edge.grown([LeafHash(sha256(b"\x00" + entry).digest())])
        assert edge.root() == theirs.get_root(), size


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 65_535, 65_536, 65_537, 70_000])
def test_the_root_of_a_large_tree_is_that_of_the_definition(size: int) -> None:
    assert whole_tree(size)[0].root() == reference.log_root(LEAVES[:size])


@settings(deadline=None)
@given(st.lists(st.integers(0, 1500), max_size=8).map(sorted), st.integers(0, 1500))
def test_it_does_not_matter_in_which_steps_a_tree_grows(cuts: list[int], size: int) -> None:
    steps = [cut for cut in cuts if cut <= size]
    in_steps, at_once = grown(LEAVES[:size], *steps), grown(LEAVES[:size])
    assert in_steps[0] == at_once[0]
    assert {name: tile.hashes for name, tile in in_steps[1].items()} == {
        name: tile.hashes for name, tile in at_once[1].items()
    }


@settings(deadline=None)
@given(st.data())
def test_an_inclusion_path_is_that_of_the_definition(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 600))
    index = data.draw(st.integers(0, size - 1))
    made = path(whole_tree(size)[1], inclusion(index, size))
    assert made == reference.inclusion(index, LEAVES[:size])


@settings(deadline=None)
@given(st.data())
def test_a_consistency_path_is_that_of_the_definition(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 600))
    old = data.draw(st.integers(1, new))
    assert path(whole_tree(new)[1], consistency(old, new)) == reference.consistency(old, LEAVES[:new])


@settings(deadline=None)
@given(st.data())
def test_the_checker_takes_what_the_maker_makes_in_a_tree_of_three_tile_levels(data: st.DataObject) -> None:
    new = data.draw(st.sampled_from([65_535, 65_536, 65_537, 70_000]))
    old = data.draw(st.integers(1, new))
    index = data.draw(st.integers(0, new - 1))
    edge, tiles = whole_tree(new)
    merkle.verify_inclusion(index, new, LEAVES[index], path(tiles, inclusion(index, new)), edge.root())
    # The tiles of the larger tree also prove what was true at a smaller size.
    if index < old:
        old_root = grown(LEAVES[:old])[0].root()
        merkle.verify_inclusion(index, old, LEAVES[index], path(tiles, inclusion(index, old)), old_root)
        merkle.verify_consistency(old, new, old_root, edge.root(), path(tiles, consistency(old, new)))


@settings(deadline=None)
@given(st.integers(0, 2**53 - 1), st.integers(1, 2**53 - 1))
def test_a_path_is_never_longer_than_the_tree_is_high(index: int, size: int) -> None:
    assert len(inclusion(index % size, size)) <= (size - 1).bit_length()


@settings(deadline=None)
@given(st.integers(0, 2**45), st.integers(1, 2**8))
def test_a_range_is_cut_into_full_subtrees_from_the_left(block: int, count: int) -> None:
    first = block * 2**8
    at = first
    for node in full_nodes(Range(first, first + count)):
        assert node.position << node.height == at
        at += 1 << node.height
    assert at == first + count


def test_a_stored_tile_is_the_same_tile() -> None:
    tile = TileNodes(LEAVES[:TILE_WIDTH])
    again = TileNodes.unpacked(tile.packed())
    assert again.root == tile.root == reference.log_root(LEAVES[:TILE_WIDTH])
    for height in range(8):
        for position in range(TILE_WIDTH >> height):
            assert again.node(height, position) == tile.node(height, position)


def test_an_unfinished_tile_does_not_answer_for_nodes_it_does_not_have() -> None:
    tile = TileNodes(LEAVES[:5])
    assert tile.node(2, 0) == reference.log_root(LEAVES[:4])
    for missing in (Node(0, 5), Node(1, 2), Node(2, 1)):
        with pytest.raises(NotInLedger, match="in a tile of 5 hashes"):
            tile.node(*missing)


def test_nodes_are_typed_as_what_they_are() -> None:
    assert NodeHash(TileNodes(LEAVES[:2]).node(1, 0)) == reference.sha(b"\x01", LEAVES[0], LEAVES[1])

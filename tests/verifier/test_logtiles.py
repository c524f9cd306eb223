"""Proofs built from tiles are those of the RFC, and lead to the roots that the definition gives."""

from functools import partial

import pytest

from verifier.errors import Unavailable
from verifier.fork import root_over
from verifier.hashing import leaf_hash
from verifier.logtiles import MAX_TILES, LogTiles, folded, peaks_of
from verifier.merkle import verify_consistency, verify_inclusion

from .vectors import naive_inclusion, naive_root

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(1100)]
SIZES = (1, 2, 3, 7, 8, 11, 255, 256, 257, 300, 511, 512, 1023, 1100)


def tile(leaves: list[bytes], level: int, number: int, width: int) -> bytes:
    step = 256**level
    return b"".join(naive_root(leaves[n * step : (n + 1) * step]) for n in range(number * 256, number * 256 + width))


def tiles(size: int) -> LogTiles:
    return LogTiles(partial(tile, list(LEAVES[:size])), size)


@pytest.mark.parametrize("size", SIZES)
def test_every_earlier_root_and_its_consistency_follow_from_the_tiles(size: int) -> None:
    log, root = tiles(size), naive_root(LEAVES[:size])
    for old in {*range(1, min(size, 20) + 1), *(each for each in SIZES if each <= size)}:
        earlier = naive_root(LEAVES[:old])
        assert log.root(old) == earlier == folded(log.peaks(old))
        verify_consistency(old, size, earlier, root, log.consistency(old))


@pytest.mark.parametrize("size", [11, 300, 1100])
def test_every_complete_subtree_has_a_path_to_the_root(size: int) -> None:
    log, root = tiles(size), naive_root(LEAVES[:size])
    for index in (0, 1, size // 2, size - 1):
        assert log.path(0, index) == naive_inclusion(index, LEAVES[:size])
        verify_inclusion(index, size, LEAVES[index], log.path(0, index), root)
    for level in range(size.bit_length()):
        for number in {0, (size >> level) // 2, (size >> level) - 1}:
            node = naive_root(LEAVES[number << level : (number + 1) << level])
            assert log.node(level, number) == node
            assert root_over(level, number, size, node, log.path(level, number)) == root


def test_the_peaks_spell_the_size() -> None:
    assert peaks_of(11) == [(3, 0), (1, 4), (0, 10)]
    assert peaks_of(1 << 52) == [(52, 0)]


def test_a_tile_of_another_length_leaves_the_question_open() -> None:
    log = LogTiles(lambda level, number, width: b"short", 5)
    with pytest.raises(Unavailable, match="5 bytes"):
        log.root(5)


def test_the_largest_tree_needs_few_tiles() -> None:
    size = (1 << 53) - 1
    log = LogTiles(lambda level, number, width: bytes(32 * width), size)
    log.consistency((1 << 52) - 1)
    log.path(0, 12345)
    assert len(log._tiles) < MAX_TILES // 2


def test_tiles_without_end_are_not_asked_for() -> None:
    log = LogTiles(lambda level, number, width: bytes(32 * width), 1 << 30)
    for number in range(MAX_TILES):
        log.node(0, number * 256)
    log.node(0, 7)
    with pytest.raises(Unavailable, match="more than 512"):
        log.node(0, MAX_TILES * 256)

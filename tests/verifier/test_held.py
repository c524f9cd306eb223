"""Which paths show that the contract holds an anchor, by every length of a path and every number of anchors."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from verifier.bundle import Anchor, parse_anchor
from verifier.chain import Block, State, agreed, holds, said_by_all
from verifier.errors import Refuted, Unavailable
from verifier.policy import parse_policy

from .fake_chain import FakeNode, FakeSource, block_hash
from .maker import START, AnchorRecord, World

WRONG = bytes(32)


@cache
def world(count: int) -> World:
    """A chain with so many anchors; of which log, the contract does not ask."""
    anchors = [AnchorRecord(n, 0, n + 1, bytes([n % 256]) * 32, bytes(32), 1000 + n, START + n) for n in range(count)]
    return World(now=START + count, anchors=anchors)


def anchor(count: int, index: int) -> Anchor:
    """An anchor with its whole path."""
    return parse_anchor(world(count).anchor_json(world(count).anchors[index], count))


def found(count: int, one: Anchor, *sources: FakeSource) -> str:
    policy = parse_policy(world(count).policy())
    try:
        holds([one], policy, [world(count).chain()], sources, START)
    except Refuted as wrong:
        return f"refuted {wrong.what}"
    except Unavailable as unknown:
        return f"open {unknown.why}"
    return "held"


def cut(one: Anchor, length: int, *more: bytes) -> Anchor:
    return replace(one, path=(*one.path[:length], *more))


PLACES = [(1, 0), (2, 1), (3, 2), (7, 5), (63, 0), (64, 63), (65, 64), (127, 70), (128, 5), (256, 100), (300, 7)]


@pytest.mark.parametrize(("count", "index"), PLACES)
def test_a_path_to_todays_peak_is_enough_and_so_are_six_hashes_of_a_whole_group(count: int, index: int) -> None:
    whole = anchor(count, index)
    sealed = index // 64 < count // 64
    for length in range(len(whole.path) + 1):
        seen = found(count, cut(whole, length))
        held = length == len(whole.path) or (sealed and length >= 6)
        assert seen == ("held" if held else "open the path ends below today's peak and no source extends it"), length


@pytest.mark.parametrize(("count", "index"), PLACES)
def test_a_hash_that_is_looked_at_must_be_the_right_one(count: int, index: int) -> None:
    whole = anchor(count, index)
    for length in range(len(whole.path)):
        wrong = replace(whole, path=(*whole.path[:length], WRONG, *whole.path[length + 1 :]))
        assert found(count, wrong) == f"refuted the contract holds anchor {index}"
    assert found(count, replace(whole, size=whole.size + 1)).startswith("refuted")


def test_above_six_hashes_of_a_whole_group_nothing_is_looked_at() -> None:
    assert found(256, cut(anchor(256, 100), 6, WRONG)) == "held"
    assert found(256, cut(anchor(256, 100), 5, WRONG, WRONG)) == "refuted the contract holds anchor 100"


@pytest.mark.parametrize(("count", "index"), PLACES)
def test_a_path_beyond_the_peak_is_open_whoever_extends_paths(count: int, index: int) -> None:
    whole = anchor(count, index)
    longer = cut(whole, len(whole.path), WRONG)
    for sources in ((), (world(count).source(),)):
        assert found(count, longer, *sources) == f"open it goes on beyond the peak at block {5000 + count}"
    if whole.path:
        assert found(count, cut(whole, len(whole.path) - 1, WRONG, WRONG)).startswith("refuted")


@pytest.mark.parametrize(("count", "index"), PLACES)
def test_a_short_path_is_extended_by_the_first_source_that_can(count: int, index: int) -> None:
    whole, honest = anchor(count, index), world(count).source()
    silent, liar = FakeSource({}), FakeSource(dict.fromkeys(range(count), [WRONG] * 9))
    for length in range(min(len(whole.path), 6)):
        short = cut(whole, length)
        for sources in ((honest,), (silent, honest), (liar, honest), (honest, liar)):
            assert found(count, short, *sources) == "held"
        assert found(count, short, silent, liar).startswith("refuted")
        assert found(count, short, silent).startswith("open")


def test_an_anchor_that_is_not_there_yet_is_refuted() -> None:
    for index in (3, 4):
        assert found(3, anchor(5, index)) == "refuted anchor index"


@pytest.mark.parametrize("refusing", [("a",), ("b",), ("a", "b"), ("a", "b", "c")])
def test_what_all_say_together_is_refuted_only_if_each_says_it_alone(refusing: tuple[str, ...]) -> None:
    def look(nodes: Sequence[object]) -> str:
        names = [node.name for node in nodes]  # type: ignore[attr-defined]
        if len(names) > 1 or names[0] in refusing:
            raise Refuted(f"by {names}")
        return "yes"

    nodes = [world(1).chain(name=name) for name in "abc"]
    if len(refusing) == 3:
        with pytest.raises(Refuted, match="by \\['a', 'b', 'c'\\]"):
            said_by_all(nodes, look)
        return
    first = next(name for name in "abc" if name not in refusing)
    with pytest.raises(Unavailable, match=f"nodes: {first} by itself refutes nothing"):
        said_by_all(nodes, look)


def test_the_newest_block_that_any_node_knows_is_the_time_of_the_view() -> None:
    class Both(FakeNode):
        """One that is ahead, and still knows the block of the other."""

        def block(self, number: int) -> Block:
            return slow.final_block if number == slow.final_block.number else super().block(number)

        def state(self, block: Block, contract: str) -> State:
            return slow.final

    slow = world(3).chain(name="slow")
    ahead = Both(**{name: getattr(slow, name) for name in FakeNode.__dataclass_fields__})
    ahead.final_block = Block(6000, block_hash(6000), slow.final_block.time + 50)
    policy = parse_policy(world(3).policy())
    for nodes in ([slow, ahead], [ahead, slow]):
        view = agreed(policy, nodes, policy.finality, START)
        assert (view.block, view.newest) == (slow.final_block, slow.final_block.time + 50)

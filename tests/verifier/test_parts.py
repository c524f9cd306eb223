"""A large lot comes in parts: together they say yes, one alone leaves check 5 open, and none can pose as the whole."""

import json
from typing import Any

import pytest

from verifier.policy import parse_policy
from verifier.report import Report, Verdict
from verifier.verify import verify

from .maker import World, an_event, answering, lot_name, shipped_to

LOT = lot_name(1)


@pytest.fixture(scope="module")
def world() -> World:
    made = World()
    for name in ("farm", "mill"):
        made.keys(name, [name])
    made.anchor()
    for number in range(9):
        said = made.movement("farm", [LOT], an_event([LOT], **shipped_to("mill")))
        if number == 5:
            made.movement("mill", [LOT], an_event([LOT]), ref=answering(said))
        if number % 2:
            made.anchor()
    made.anchor()
    return made


def judged(world: World, *parts: Any) -> Report:
    files = [json.dumps(part).encode() for part in parts]
    return verify(files, parse_policy(world.policy("farm", "mill")), [world.chain()], now=0)


def part(world: World, first: int, last: int) -> Any:
    return world.bundle(LOT, first=first, last=last)


def test_all_parts_together_are_complete_in_any_order(world: World) -> None:
    parts = [part(world, 1, 4), part(world, 5, 7), part(world, 8, 10)]
    assert judged(world, *parts).exit_code == 0
    assert judged(world, *reversed(parts)).exit_code == 0


@pytest.mark.parametrize(
    ("first", "last", "missing"), [(1, 4, "5 to 10"), (5, 6, "1 to 4 and 7 to 10"), (8, 10, "1 to 7")]
)
def test_one_part_leaves_completeness_open_and_names_what_is_missing(
    world: World, first: int, last: int, missing: str
) -> None:
    report = judged(world, part(world, first, last))
    assert report.exit_code == 2
    assert report.answer(5).verdict is Verdict.UNKNOWN
    assert missing in report.answer(5).why
    assert {a.check for a in report.answers if a.verdict is not Verdict.YES} == {5}


def test_an_answer_to_a_shipment_in_an_earlier_part_is_left_open(world: World) -> None:
    assert judged(world, part(world, 7, 10)).answer(4).verdict is Verdict.UNKNOWN
    assert judged(world, part(world, 1, 6), part(world, 7, 10)).answer(4).verdict is Verdict.YES


@pytest.mark.parametrize("ranges", [((1, 4), (6, 10)), ((1, 4), (4, 10)), ((1, 4), (1, 4), (5, 10))])
def test_parts_with_a_gap_or_an_overlap_are_refused(world: World, ranges: Any) -> None:
    report = judged(world, *(part(world, *each) for each in ranges))
    assert report.answer(1).verdict is Verdict.REFUTED


def test_parts_under_two_checkpoints_are_refused(world: World) -> None:
    older = world.bundle(LOT, first=1, last=4, size=world.anchors[-2].size)
    assert judged(world, older, part(world, 5, 10)).exit_code == 1


def test_parts_of_two_lots_are_refused(world: World) -> None:
    other = part(world, 5, 10) | {"lot": lot_name(2)}
    assert judged(world, part(world, 1, 4), other).exit_code == 1


def test_a_part_cannot_pose_as_the_whole(world: World) -> None:
    for first, last, check in ((1, 4, 5), (5, 10, 2)):
        whole = {name: value for name, value in part(world, first, last).items() if name not in ("first", "last")}
        assert judged(world, whole).answer(check).verdict is Verdict.REFUTED


def test_a_part_that_lies_about_its_place_is_refused(world: World) -> None:
    moved = part(world, 5, 10) | {"first": 4, "last": 9}
    assert judged(world, moved).answer(2).verdict is Verdict.REFUTED
    assert judged(world, part(world, 5, 10) | {"last": 11}).answer(1).verdict is Verdict.REFUTED
    assert judged(world, part(world, 5, 10) | {"first": 0, "last": 5}).answer(1).verdict is Verdict.REFUTED


def test_the_last_part_with_a_forged_head_is_refused(world: World) -> None:
    forged = part(world, 8, 9)
    forged["head"] = forged["head"] | {"count": 9, "index": forged["history"][-1]["index"]}
    assert judged(world, forged).answer(5).verdict is Verdict.REFUTED


def test_parts_that_tell_an_anchor_or_a_key_chain_in_two_ways_are_refused(world: World) -> None:
    one, two = part(world, 1, 5), part(world, 6, 10)
    assert judged(world, one, two).exit_code == 0
    shared = next(a for a in two["anchors"] if a["index"] in [b["index"] for b in one["anchors"]])
    anchors = [a | {"time": a["time"] + 1} if a is shared else a for a in two["anchors"]]
    assert judged(world, one, two | {"anchors": anchors}).answer(1).verdict is Verdict.REFUTED
    party, chain = next(iter(two["keys"].items()))
    keys = two["keys"] | {party: chain | {"head": chain["head"] | {"siblings": []}}}
    assert judged(world, one, two | {"keys": keys}).answer(1).verdict is Verdict.REFUTED

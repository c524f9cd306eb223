"""Nodes that disagree, lag, are down or lie; sealed groups, voided anchors, sources of upper hashes (check 7)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from verifier.bundle import Anchor
from verifier.chain import Block, Identity, Node, Source, State, _held, before, said_by_all
from verifier.errors import Refuted, Unavailable
from verifier.http import Deadline
from verifier.policy import parse_policy
from verifier.report import Report, Verdict
from verifier.tiles import TileSource, tile_path
from verifier.verify import verify

from .fake_chain import FakeNode, block_hash
from .maker import World, lot_name, story


def judged(
    world: World, lot: str, nodes: Sequence[Node], sources: Sequence[Source] = (), file: Any = None, **policy: Any
) -> Report:
    data = json.dumps(file or world.bundle(lot)).encode()
    return verify([data], parse_policy(world.policy(**policy)), nodes, sources, now=world.now + 20)


class Down(FakeNode):
    """A node that answers nothing."""

    def newest(self, finality: str | int) -> Block:
        raise Unavailable(self.name, "connection refused")


def test_two_nodes_that_agree_say_yes() -> None:
    world, lot = story()
    assert judged(world, lot, [world.chain(name="one"), world.chain(name="two")]).exit_code == 0


def test_a_node_that_is_alone_is_asked_once() -> None:
    asked: list[object] = []

    def look(nodes: object) -> None:
        asked.append(nodes)
        raise Refuted("it")

    with pytest.raises(Refuted):
        said_by_all(["one"], look)  # type: ignore[list-item]
    assert asked == [["one"]]


def test_a_node_that_is_down_leaves_the_question_open() -> None:
    world, lot = story()
    down = Down(**{name: getattr(world.chain(), name) for name in FakeNode.__dataclass_fields__})
    for nodes in ([down], [world.chain(), down], [down, world.chain()]):
        report = judged(world, lot, nodes)
        assert (report.exit_code, report.answer(7).verdict) == (2, Verdict.UNKNOWN)


def test_nodes_that_disagree_leave_the_question_open_whoever_of_them_lies() -> None:
    world, lot = story()
    honest = world.chain(name="honest")
    other_block = replace(honest.final_block, hash=block_hash(1, "fork"))
    lies = [
        replace(honest, name="liar", chain_id=1),
        replace(honest, name="liar", genesis=bytes(32)),
        replace(honest, name="liar", code_hash=bytes(32)),
        replace(honest, name="liar", final_block=other_block),
        replace(honest, name="liar", final=replace(honest.final, peaks=(bytes(32),))),
        replace(honest, name="liar", final=replace(honest.final, rotations=1)),
    ]
    for liar in lies:
        for nodes in ([honest, liar], [liar, honest]):
            report = judged(world, lot, nodes)
            assert report.answer(7).verdict is Verdict.UNKNOWN, report.answer(7).why
            assert report.exit_code == 2
        assert judged(world, lot, [liar]).exit_code == (0 if liar.final_block is other_block else 1)


def test_what_all_nodes_say_against_the_policy_is_held_against_the_file() -> None:
    world, lot = story()
    for changes in ({"chain_id": 1}, {"code_hash": bytes(32)}, {"contract": "0x" + "00" * 20}):
        nodes = [replace(world.chain(), **changes), replace(world.chain(), **changes)]
        assert judged(world, lot, nodes).answer(7).verdict is Verdict.REFUTED


def test_the_slowest_node_decides_what_is_final() -> None:
    world, lot = story()
    slow, fast = world.chain(final=3, name="slow"), world.chain(name="fast")

    class Both(FakeNode):
        def block(self, number: int) -> Block:
            return slow.final_block if number == slow.final_block.number else super().block(number)

        def state(self, block: Block, contract: str) -> State:
            return slow.final if block == slow.final_block else super().state(block, contract)

    both = Both(**{name: getattr(fast, name) for name in FakeNode.__dataclass_fields__})
    report = judged(world, lot, [slow, both])
    assert report.exit_code == 3
    assert "not final" in report.answer(7).remarks


def test_a_node_whose_clock_stands_still_cannot_make_an_old_file_look_fresh() -> None:
    world, lot = story()
    assert judged(world, lot, [world.chain()], max_node_lag=60).exit_code == 0
    stuck = replace(world.chain(), latest_block=Block(9000, block_hash(9000), world.now - 3600))
    report = judged(world, lot, [stuck], max_node_lag=60)
    assert (report.exit_code, report.answer(7).verdict) == (2, Verdict.UNKNOWN)


def test_an_anchor_that_no_block_holds_is_refuted_and_one_in_the_newest_block_is_not_final() -> None:
    world, lot = story()
    file = world.bundle(lot)
    assert judged(world, lot, [world.chain(final=3)], file=file).exit_code == 3
    world.anchors.pop()
    assert judged(world, lot, [world.chain()], file=file).answer(7).verdict is Verdict.REFUTED


def test_finality_by_depth_asks_the_node_for_that_depth() -> None:
    world, lot = story()
    asked: list[str | int] = []

    class Asked(FakeNode):
        def newest(self, finality: str | int) -> Block:
            asked.append(finality)
            return super().newest(finality)

    node = Asked(**{name: getattr(world.chain(), name) for name in FakeNode.__dataclass_fields__})
    assert judged(world, lot, [node], finality=12).exit_code == 0
    assert asked == [12]


@pytest.fixture(scope="module")
def long_world() -> tuple[World, str]:
    """140 anchors: two sealed groups and a frontier."""
    world, lot = story()
    for number in range(136):
        world.movement("farm", [lot_name(100 + number)])
        world.anchor()
    world.movement("farm", [lot])
    world.anchor()
    return world, lot


def test_six_hashes_lead_to_a_sealed_group_for_ever(long_world: tuple[World, str]) -> None:
    world, lot = long_world
    file = world.bundle(lot)
    old = file["anchors"][0]
    old["path"] = old["path"][:6]
    assert judged(world, lot, [world.chain()], file=file).exit_code == 0
    old["path"][5] = old["path"][4]
    assert judged(world, lot, [world.chain()], file=file).answer(7).verdict is Verdict.REFUTED


def test_six_hashes_are_enough_when_the_last_group_is_full_and_nothing_follows() -> None:
    world, lot = story()
    while len(world.anchors) < 127:
        world.movement("farm", [lot_name(100 + len(world.anchors))])
        world.anchor()
    world.movement("farm", [lot])
    world.anchor()
    file = world.bundle(lot)
    newest = file["anchors"][-1]
    assert (newest["index"], len(newest["path"])) == (127, 7)
    newest["path"] = newest["path"][:6]
    assert judged(world, lot, [world.chain()], file=file).exit_code == 0


def test_the_root_of_a_group_is_asked_for_as_soon_as_the_group_is_full() -> None:
    anchor, asked = Anchor(65, 1, 9, bytes(32), bytes(32), 5, 7, (bytes(32),) * 6), []

    def sealed(group: int) -> bytes:
        asked.append(group)
        return bytes(32)

    view: Any = SimpleNamespace(state=SimpleNamespace(count=128, peaks=[bytes(32)]), sealed=sealed)
    with pytest.raises(Refuted, match="the contract holds anchor 65"):
        _held(anchor, view, [])
    assert asked == [1]


def test_a_short_path_is_extended_by_a_source_and_a_lying_source_leads_nowhere(long_world: tuple[World, str]) -> None:
    world, lot = long_world
    file = world.bundle(lot)
    newest = file["anchors"][-2]
    assert newest["index"] >= 128 and len(newest["path"]) == 2
    newest["path"] = newest["path"][:1]
    node, honest = world.chain(), world.source()
    assert judged(world, lot, [node], file=file).answer(7).verdict is Verdict.UNKNOWN
    assert judged(world, lot, [node], [honest], file=file).exit_code == 0
    liar = replace(honest, paths={i: [bytes(32)] * 8 for i in honest.paths})
    assert judged(world, lot, [node], [liar], file=file).answer(7).verdict is Verdict.REFUTED
    assert judged(world, lot, [node], [liar, honest], file=file).exit_code == 0
    silent = replace(honest, paths={})
    assert judged(world, lot, [node], [silent], file=file).answer(7).verdict is Verdict.UNKNOWN


def test_published_tiles_extend_every_short_path(long_world: tuple[World, str]) -> None:
    world, _ = long_world
    count = len(world.anchors)
    asked: list[str] = []

    def get(url: str, deadline: Deadline) -> bytes:
        asked.append(url.removeprefix("https://log.example.com/anchors/"))
        return b"".join(anchor.leaf for anchor in world.anchors)

    source = TileSource("https://log.example.com/anchors", Deadline(), get)
    for index in range(count):
        path = world.anchor_path(index, count)
        for have in range(len(path)):
            assert [*path[:have], *source.upper(index, count, have, len(path))] == path
    assert asked == [f"0/000.p/{count}"]


def test_a_tile_of_another_size_is_not_used() -> None:
    source = TileSource("https://log.example.com/anchors", Deadline(), lambda url, deadline: bytes(31))
    with pytest.raises(Unavailable):
        source.upper(0, 4, 0, 2)


def test_a_path_with_a_hash_too_many_is_no_yes(long_world: tuple[World, str]) -> None:
    """It may lead to the peak of a block that these nodes do not know yet."""
    world, lot = long_world
    file = world.bundle(lot)
    for anchor in file["anchors"]:
        anchor["path"].append(anchor["path"][0] if anchor["path"] else file["anchors"][0]["log_root"])
        for sources in ([], [world.source()]):
            report = judged(world, lot, [world.chain()], sources, file=file)
            assert report.answer(7).verdict is Verdict.UNKNOWN and "beyond the peak" in report.answer(7).why
        anchor["path"].pop()


def test_a_whole_path_leads_to_the_peak_though_six_of_its_hashes_would_do(long_world: tuple[World, str]) -> None:
    world, lot = long_world
    file = world.bundle(lot)
    assert len(file["anchors"][0]["path"]) == 7
    file["anchors"][0]["path"][6] = file["anchors"][0]["path"][0]
    assert judged(world, lot, [world.chain()], file=file).answer(7).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    ("number", "width", "path"),
    [
        (0, 256, "0/000"),
        (0, 7, "0/000.p/7"),
        (1000, 256, "0/x001/000"),
        (1234067, 256, "0/x001/x234/067"),
        (1234067, 112, "0/x001/x234/067.p/112"),
    ],
)
def test_tiles_are_named_as_c2sp_names_them(number: int, width: int, path: str) -> None:
    assert tile_path(0, number, width) == path


def test_an_epoch_voids_the_anchors_behind_it_and_the_one_before_it_is_the_last_it_kept() -> None:
    world, lot = story()
    forged = world.anchor()
    world.epoch(keep=4)
    world.rotations = 1
    world.movement("farm", [lot])
    world.anchor()
    file = world.bundle(lot)
    assert forged.index not in [anchor["index"] for anchor in file["anchors"]]
    assert judged(world, lot, [world.chain()], file=file).exit_code == 0
    assert before(5, world.epochs) == 3
    with_forged = file | {"anchors": sorted([*file["anchors"], world.anchor_json(forged, 6)], key=lambda a: a["index"])}
    assert judged(world, lot, [world.chain()], file=with_forged).answer(7).verdict is Verdict.REFUTED
    assert judged(world, lot, [world.chain()], file=file, epoch=0).answer(7).verdict is Verdict.REFUTED
    assert judged(world, lot, [world.chain()], file=file, rotations=0).answer(7).verdict is Verdict.REFUTED


def test_a_node_that_speaks_of_another_contract_is_found_out_by_its_code() -> None:
    world, lot = story()

    class Elsewhere(FakeNode):
        def identity(self, block: Block, contract: str) -> Identity:
            return super().identity(block, "0x" + "00" * 20)

    node = Elsewhere(**{name: getattr(world.chain(), name) for name in FakeNode.__dataclass_fields__})
    assert judged(world, lot, [node]).answer(7).verdict is Verdict.REFUTED


def test_the_address_of_a_source_may_end_with_a_slash() -> None:
    asked: list[str] = []

    def get(url: str, deadline: Deadline) -> bytes:
        asked.append(url)
        return bytes(64)

    for address in ("http://it", "http://it/"):
        TileSource(address, Deadline(), get).upper(0, 2, 0, 1)
    assert asked == ["http://it/0/000.p/2"] * 2

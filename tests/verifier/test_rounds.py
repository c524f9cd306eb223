"""Rounds of a monitor in memory: tiles, nodes and proofs that fail one by one, and what is remembered of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verifier import monitor_own
from verifier.alarms import Alarms
from verifier.bundle import parse_bundle
from verifier.chain import Block, agreed
from verifier.errors import Refuted, Unavailable
from verifier.fraud import parse_fraud
from verifier.given import statements_in
from verifier.http import Deadline, fetch
from verifier.monitor import Limits, Now, Round
from verifier.monitor_own import Own, watch_own
from verifier.monitor_state import Memory, Seen
from verifier.note import format_note, parse_note
from verifier.policy import parse_policy

from .fake_chain import block_hash
from .maker import World, b64, lot_name, party, story
from .test_fork import two
from .test_given import texts
from .test_reading import tile
from .vectors import accepts
from .watching import grown


class Shown:
    """A log in memory; `away` is raised where tiles or the checkpoint are asked for."""

    def __init__(self, world: World, size: int | None = None) -> None:
        self.world, self.size = world, size
        self.away: dict[str, Exception] = {}
        self.bent: Callable[[bytes], bytes] = lambda raw: raw
        self.tiles = 0

    def checkpoint(self) -> str:
        if "checkpoint" in self.away:
            raise self.away["checkpoint"]
        return self.world.checkpoint(self.size)

    def tile(self, level: int, number: int, width: int) -> bytes:
        self.tiles += 1
        if "tile" in self.away:
            raise self.away["tile"]
        return self.bent(tile(self.world, level, number, width))

    def entries(self, number: int, width: int) -> bytes:
        raise AssertionError("a monitor asks for no entries")


def a_round(shown: Shown, memory: Memory, now: int = 0, kept: list[Any] | None = None, node: Any = None) -> Round:
    policy = parse_policy(shown.world.policy("farm", "mill", "shop", "log"))
    made = [] if kept is None else kept
    nodes = [node or shown.world.chain()]
    return Round(shown, policy, nodes, Limits(100, 50), now, memory, lambda e: made.append(e) or "kept", Alarms())  # type: ignore[func-returns-value]


def looked(shown: Shown, memory: Memory, now: int = 0, **how: Any) -> tuple[Now | None, list[str]]:
    one = a_round(shown, memory, now, **how)
    return one.run(), sorted(one.alarms.raised)


def remembered(world: World | None = None, size: int | None = None) -> Memory:
    shown = Shown(world or story()[0], size)
    memory = Memory(parse_policy(shown.world.policy()).origin)
    assert looked(shown, memory)[0] is not None
    return memory


def test_what_is_remembered_of_a_good_round() -> None:
    memory = remembered()
    assert (memory.anchored, memory.due, memory.grown, len(memory.peaks)) == (9, None, 0, 2)
    assert looked(Shown(story()[0]), memory, 5)[1] == [] and memory.due is None
    world = grown()
    shown, alarms = looked(Shown(world), memory, 60)
    assert (alarms, memory.grown, memory.due, memory.anchored) == ([], 60, (12, 60), 9)
    assert shown is not None and shown.signed.checkpoint.size == 12
    _, alarms = looked(Shown(world), memory, 110)
    assert (alarms, memory.grown, memory.due) == ([], 60, (12, 60))
    assert looked(Shown(world), memory, 111)[1] == ["UNANCHORED"]
    assert looked(Shown(world), memory, 160)[1] == ["UNANCHORED"]
    assert looked(Shown(world), memory, 161)[1] == ["QUIET", "UNANCHORED"]
    world.anchor()
    assert looked(Shown(world), memory, 160)[1] == [] and memory.due is None and memory.anchored == 12


def test_what_is_anchored_is_not_late_where_the_log_itself_is_away() -> None:
    memory = remembered(grown())
    assert memory.due == (12, 0)
    shown = Shown(grown())
    shown.world.anchor()
    shown.away["checkpoint"] = Unavailable("checkpoint", "away")
    assert looked(shown, memory, 60)[1] == ["LOG AWAY"]
    assert looked(shown, memory, 60, node=story()[0].chain())[1] == ["LOG AWAY", "UNANCHORED"]


def test_tiles_that_are_away_leave_it_open_wherever_they_are_needed() -> None:
    for more in (0, 3):
        shown = Shown(grown(more))
        shown.away["tile"] = Unavailable("tile", "away")
        memory = remembered() if more else Memory(parse_policy(story()[0].policy()).origin)
        seen, alarms = looked(shown, memory)
        assert (seen, alarms) == (None, ["LOG AWAY"])


def test_tiles_that_go_away_between_two_questions() -> None:
    """The root is read before the chain is compared: a log may be gone in between."""
    world = grown()
    memory = remembered(world)
    shown = Shown(world)
    shown.away["tile"] = Unavailable("tile", "away")
    node = replace(world.chain(), final=replace(world.chain().final, size=7, log_root=world.node(0, 7)))
    memory.anchored = 0
    assert looked(shown, memory, node=node)[1] == ["LOG AWAY"]


def test_tiles_that_lie_are_no_fork() -> None:
    shown = Shown(grown())
    shown.bent = lambda raw: bytes(len(raw))
    for memory in (remembered(), Memory(parse_policy(shown.world.policy()).origin)):
        note = memory.note
        assert looked(shown, memory) == (None, ["TILES"])
        assert memory.note == note
    shown.bent = lambda raw: raw[:-1]
    assert looked(shown, remembered())[1] == ["LOG AWAY"]


def test_two_histories_are_proved_and_not_remembered() -> None:
    world, other = two()
    for first, second in (
        (Shown(world), Shown(other)),
        (Shown(world, 8), Shown(other, 8)),
        (Shown(other), Shown(world)),
    ):
        memory = remembered(first.world, first.size)
        note, kept = memory.note, []
        seen, alarms = looked(second, memory, kept=kept, node=story()[0].chain())
        assert seen is None and "FORK" in alarms and len(kept) == 1 and memory.note == note


def test_a_fork_by_a_note_that_convinces_nobody_is_told_without_evidence() -> None:
    world, other = two()
    one = a_round(Shown(other, 8), remembered(world, 8), kept=(kept := []))
    one.raise_fork("why", {"format": "x"})
    assert kept == [] and "does not convince" in one.alarms.raised["FORK"].text
    memory = remembered(world, 8)
    assert (
        a_round(Shown(other, 8), memory)._evidence(
            Now(world.checkpoint(8), memory.signed, None),
            None,  # type: ignore[arg-type]
        )
        is None
    )


def test_nodes_that_fell_behind_and_logs_that_show_less_than_is_anchored() -> None:
    world, _ = story()
    memory = remembered()
    behind = replace(world.chain(), final=replace(world.chain().final, size=7))
    assert looked(Shown(world), memory, node=behind)[1] == ["CHAIN AWAY"]
    ahead = replace(world.chain(), final=replace(world.chain().final, size=10))
    assert looked(Shown(world), memory, node=ahead)[1] == ["ROLLBACK"]
    other = replace(world.chain(), final=replace(world.chain().final, log_root=bytes(32)))
    assert looked(Shown(world), memory, node=other)[1] == ["ANCHOR"]
    nothing = replace(world.chain(), final=replace(world.chain().final, size=0))
    fresh = Memory(memory.origin)
    assert looked(Shown(world), fresh, node=nothing)[1] == [] and fresh.due == (9, 0)


def own_round(
    world: World, file: Any, memory: Memory, own: Own, size: int | None = None, at: int = 0
) -> list[str]:
    shown = Shown(world, size)
    one = a_round(shown, memory, at)
    now = one._read()
    assert now is not None

    def proof(lot: str) -> bytes:
        if isinstance(file, Exception):
            raise file
        return json.dumps(file).encode()

    watch_own(one, now, own, proof, [])
    return sorted(one.alarms.raised)


def test_a_lot_whose_proof_is_away_refuted_or_older_teaches_nothing() -> None:
    world, lot = story()
    memory = Memory(parse_policy(world.policy()).origin)
    own = Own([lot], [party("farm")])
    assert own_round(world, Unavailable("it", "away"), memory, own) == ["LOT AWAY"]
    assert own_round(world, {}, memory, own) == ["LOT"] and memory.lots == memory.parties == {}
    assert own_round(world, world.bundle(lot), memory, own) == []
    kept, keys = memory.lots[lot], memory.parties[party("farm")]
    assert (kept.count, kept.size, keys.size) == (3, 9, 9)
    older = world.bundle(lot, size=8)
    assert own_round(world, older, memory, own) == []
    assert (memory.lots[lot], memory.parties[party("farm")]) == (kept, keys)
    memory.lots[lot] = Seen(3, 9, bytes(32))
    assert own_round(world, world.bundle(lot), memory, own) == ["LOT"]
    memory.lots[lot] = Seen(4, 9, kept.leaf)
    assert own_round(world, world.bundle(lot), memory, own) == ["LOT"]


def test_a_lot_that_was_never_proven_may_wait_for_its_first_anchor_as_long_as_an_anchor_may_take() -> None:
    world, lot = story()
    memory, own = Memory(parse_policy(world.policy()).origin), Own([lot])
    waits = Unavailable("it", "status 503")
    assert own_round(world, waits, memory, own, at=7) == [] and memory.waits == {lot: 7}
    assert own_round(world, waits, memory, own, at=57) == []
    assert own_round(world, Unavailable("it", "status 500"), memory, own, at=57) == ["LOT AWAY"]
    assert own_round(world, waits, memory, own, at=58) == ["LOT AWAY"]
    assert own_round(world, world.bundle(lot), memory, own) == [] and memory.waits == {}
    assert own_round(world, waits, memory, own) == ["LOT AWAY"], "once proven, it is proven"


def test_statements_of_others_and_withheld_ones_need_not_be_sent() -> None:
    world, lot = story()
    memory = Memory(parse_policy(world.policy()).origin)
    file = world.bundle(lot)
    assert own_round(world, file, memory, Own([lot], [party("shop")], frozenset())) == []
    assert own_round(world, file, memory, Own([lot], [party("mill")], frozenset())) == ["ENTRY"]
    file["history"][2]["statement"] = None
    assert own_round(world, file, memory, Own([lot], [party("mill")], frozenset())) == ["LOT AWAY"]


def test_a_proof_under_a_smaller_checkpoint_is_looked_up_in_the_tiles() -> None:
    world, lot = story()
    memory = Memory(parse_policy(world.policy()).origin)
    one = a_round(Shown(world), memory)
    now = one._read()
    assert now is not None
    older = parse_bundle(json.dumps(world.bundle(lot, size=8)).encode())
    monitor_own._same_log(one, now, older)
    assert not one.alarms.raised
    other = replace(older, history=(replace(older.history[0], leaf=bytes(32)),))
    monitor_own._same_log(one, now, other)
    assert sorted(one.alarms.raised) == ["TILES"]
    for error in (Unavailable("tile", "away"),):
        shown = Shown(world)
        shown.away["tile"] = error
        again = a_round(shown, memory)
        now = again._read()
        assert now is not None
        monitor_own._same_log(again, now, older)
        assert sorted(again.alarms.raised) == ["LOG AWAY"]


def test_a_block_that_changes_while_it_is_read_leaves_it_open() -> None:
    world, _ = story()
    node = world.chain()
    node.block = lambda number: Block(number, block_hash(1, "fork"), 0)  # type: ignore[method-assign]
    with pytest.raises(Unavailable, match="changed while"):
        agreed(parse_policy(world.policy()), [node], "finalized", 0)


def test_nobody_behind_https_leaves_it_open() -> None:
    with pytest.raises(Unavailable, match="refused"):
        fetch("https://127.0.0.1:9/", Deadline(1))


def test_a_fraud_has_a_leaf_if_and_only_if_there_are_entries() -> None:
    world, _ = story()
    zero = b64(bytes(32))
    for head, good in (({"count": 1, "index": 0, "siblings": [], "leaf": zero}, True),
                       ({"count": 1, "index": 0, "siblings": []}, False),
                       ({"count": 0, "siblings": [], "neighbour": None}, True),
                       ({"count": 0, "siblings": [], "neighbour": None, "leaf": zero}, False)):  # fmt: skip
        file = {
            "format": "lotproof-fraud/1",
            "receipt": world.receipt(0),
            "checkpoint": world.checkpoint(),
            "head": head,
        }
        assert accepts(parse_fraud, json.dumps(file).encode()) is good, head


def test_a_note_that_is_read_is_formatted_as_it_was() -> None:
    for text in (
        story()[0].checkpoint(),
        "\n\nx\n\n\u2014 a AAAAAAA=\n",
        "a\n\nb\n\n\u2014 a AAAAAAA=\n\u2014 b AAAAAAA=\n",
    ):
        note = parse_note(text)
        assert format_note(note.body, [(s.name, s.key_id, s.signature) for s in note.signatures]) == text


def test_withheld_statements_of_a_lot_proof_are_passed_over(tmp_path: Path) -> None:
    world, lot = story()
    file = world.bundle(lot)
    file["history"][0]["statement"] = None
    (tmp_path / "a.json").write_text(json.dumps(file))
    assert len(statements_in(tmp_path)) == 4 and len(texts(world)) == 8
    assert lot_name(1) == lot
    with pytest.raises(Refuted):
        parse_bundle(b"{}")

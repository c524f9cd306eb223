"""The audit of a whole log: honest logs pass, and each way of cheating is named with its evidence."""

import gc
import json
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from verifier import audit, uri
from verifier.chain import Block, Event
from verifier.encoding import b64
from verifier.entry import MOVEMENT, Entry, format_entry, parse_entry
from verifier.errors import Unavailable
from verifier.fork import verify_fork
from verifier.growing import GrowingMap, GrowingTree
from verifier.hashing import leaf_hash, map_value
from verifier.http import Deadline
from verifier.policy import parse_policy
from verifier.reading import Spool
from verifier.report import Report, Verdict
from verifier.resume import NotResumable, Resume, State
from verifier.verify import verify

from .fake_chain import FakeNode, block_hash
from .maker import ORIGIN, World, lot_name, public_key, story
from .published import Served, publishing
from .test_fork import against_an_anchor
from .vectors import load, naive_map, naive_root, unhex


def judged(world: World, node: FakeNode | None = None, entries: list[bytes] | None = None) -> Report:
    nodes = [node or world.chain()]
    return audit.audit_log(entries or world.entries, world.checkpoint(), parse_policy(world.policy()), nodes)


def relogged(world: World, change: Callable[[list[bytes]], None]) -> World:
    """The same world with other entries in its log, signed and anchored as if nothing were wrong."""
    change(world.entries)
    world.leaves = [leaf_hash(raw) for raw in world.entries]
    world._nodes.clear()
    for anchor in world.anchors:
        if anchor.size <= len(world.entries):
            anchor.log_root = world.node(0, anchor.size)
    return world


def test_an_honest_log_passes_with_its_map_and_all_its_anchors() -> None:
    world, _ = story()
    report = judged(world)
    assert (report.subject, report.exit_code) == (f"log {ORIGIN}", 0)
    assert [answer.check for answer in report.answers] == [1, 2, 5, 6, 7]
    assert report.facts == {
        "entries": 9,
        "subjects": 6,
        "log_root": world.node(0, 9).hex(),
        "map_root": world.anchors[-1].map_root.hex(),
        "anchored_size": 9,
        "anchors_compared": 4,
    }


def test_entries_newer_than_the_newest_anchor_are_audited_too() -> None:
    world, lot = story()
    world.movement("farm", [lot])
    assert judged(world).exit_code == 0


@pytest.mark.parametrize("missing", [0, 4, -1])
def test_an_entry_left_out_is_noticed(missing: int) -> None:
    world, _ = story()
    entries = list(world.entries)
    del entries[missing]
    report = judged(world, entries=entries)
    assert report.answer(1).verdict is Verdict.REFUTED


def test_one_flipped_bit_in_one_entry_is_noticed_by_the_root() -> None:
    world, _ = story()
    entries = list(world.entries)
    entries[5] = entries[5][:-1] + bytes([entries[5][-1] ^ 1])
    assert judged(world, entries=entries).answer(5).verdict is Verdict.REFUTED


def test_a_gap_in_a_subjects_sequence_is_shown_with_both_entries() -> None:
    world, _ = story()

    def gap(entries: list[bytes]) -> None:
        last = parse_entry(entries[-1])
        entries[-1] = format_entry(replace(last, sequence=last.sequence + 1))

    report = judged(relogged(world, gap))
    assert report.answer(2).verdict is Verdict.REFUTED
    assert b64(world.entries[-1]) in str(report.answer(2).refuted[0].seen)
    assert b64(world.entries[-3]) in str(report.answer(2).refuted[0].seen)


@pytest.mark.parametrize("field", ["previous", "recorded_at"])
def test_a_broken_link_or_a_falling_clock_is_noticed(field: str) -> None:
    world, _ = story()

    def bend(entries: list[bytes]) -> None:
        last = parse_entry(entries[-1])
        value: Any = bytes([7]) * 32 if field == "previous" else last.recorded_at - 60_000
        entries[-1] = format_entry(replace(last, **{field: value}))

    assert judged(relogged(world, bend)).answer(2).verdict is Verdict.REFUTED


def test_a_statement_entered_twice_into_one_lot_is_noticed() -> None:
    world, lot = story()
    said = world.say("farm", [lot], {})
    world.enter(uri.LOT, lot, said, MOVEMENT)
    world.enter(uri.LOT, lot_name(2), said, MOVEMENT)
    assert judged(world).exit_code == 0
    world.enter(uri.LOT, lot, said, MOVEMENT)
    assert judged(world).answer(2).verdict is Verdict.REFUTED


def test_a_checkpoint_that_the_log_did_not_sign_is_refuted() -> None:
    world, _ = story()
    trusted = parse_policy(world.policy(log_keys=[[ORIGIN, b64(public_key("another"))]]))
    report = audit.audit_log(world.entries, world.checkpoint(), trusted, [world.chain()])
    assert [a.check for a in report.answers if a.verdict is not Verdict.YES] == [6]
    assert report.answer(6).verdict is Verdict.REFUTED


def test_a_map_that_does_not_follow_from_the_entries_is_noticed() -> None:
    world, _ = story()
    note = world.checkpoint(map_root=bytes(32))
    report = audit.audit_log(world.entries, note, parse_policy(world.policy()), [world.chain()])
    assert [a.check for a in report.answers if a.verdict is Verdict.REFUTED] == [5]
    assert report.answer(5).why.startswith("map root of the checkpoint at size 9:")


def test_a_log_shorter_than_what_is_anchored_was_rolled_back() -> None:
    world, _ = story()
    size = world.anchors[-2].size
    note = world.checkpoint(size)
    report = audit.audit_log(world.entries[:size], note, parse_policy(world.policy()), [world.chain()])
    assert report.answer(7).verdict is Verdict.REFUTED
    assert report.answer(7).why == f"size of the contract's head: expected at most the log's {size}, seen 9"


def test_a_log_that_is_not_the_anchored_one_is_a_fork() -> None:
    world, _ = story()
    node = world.chain()
    other, lot = story()
    other.movement("mill", [lot])
    forked, _ = story()
    forked.entries[-1] = other.entries[-1]

    def exchange(entries: list[bytes]) -> None:
        last = parse_entry(entries[-1])
        entries[-1] = format_entry(replace(last, statement_hash=bytes(32)))  # type: ignore[arg-type]

    relogged(world, exchange)
    node_of_the_first = replace(node, anchored=None)
    seen = judged(world, node_of_the_first).answer(7)
    assert seen.verdict is Verdict.REFUTED and seen.why.startswith("log root of the contract's head at size 9:")


def test_an_anchored_map_root_that_is_wrong_is_named_by_its_anchor() -> None:
    world, _ = story()
    events = [Event(a.index, a.size, a.log_root, a.map_root) for a in world.anchors]
    events[1] = replace(events[1], map_root=bytes(32))
    report = judged(world, replace(world.chain(), anchored=events))
    assert [a.check for a in report.answers if a.verdict is Verdict.REFUTED] == [7]
    assert "anchor 1" in report.answer(7).why


@pytest.mark.parametrize("count", [2**60, 1, 99])
def test_events_are_taken_only_where_they_are_all_of_them(count: int) -> None:
    world, _ = story()
    chain = world.chain()
    events = [Event(a.index, a.size, a.log_root, a.map_root) for a in world.anchors]
    bent = replace(chain, anchored=events, final=replace(chain.final, count=count))
    report = judged(world, bent)
    assert report.answer(7).unknown[0].why == f"{len(events)} of {count} anchors"


@pytest.mark.parametrize("order", [(0, 0, 2), (1, 0, 2), (0, 2, 2)])
def test_each_event_stands_once_in_its_place(order: tuple[int, ...]) -> None:
    world, _ = story()
    events = [Event(a.index, a.size, a.log_root, a.map_root) for a in world.anchors]
    report = judged(world, replace(world.chain(), anchored=[*(events[index] for index in order), *events[3:]]))
    assert report.answer(7).unknown[0].why.endswith(" anchors")


def test_without_events_the_anchored_maps_stay_open_and_the_head_is_still_compared() -> None:
    world, _ = story()
    assert judged(world, replace(world.chain(), anchored=None)).answer(7).verdict is Verdict.UNKNOWN
    fewer = [Event(a.index, a.size, a.log_root, a.map_root) for a in world.anchors[1:]]
    assert judged(world, replace(world.chain(), anchored=fewer)).answer(7).verdict is Verdict.UNKNOWN


def test_nodes_that_disagree_about_the_anchors_leave_them_open() -> None:
    world, _ = story()
    other = replace(world.chain(name="another node"), anchored=[])
    report = audit.audit_log(world.entries, world.checkpoint(), parse_policy(world.policy()), [world.chain(), other])
    assert report.answer(7).why == "events: fake node and another node disagree"


def test_without_a_node_the_chain_stays_open() -> None:
    world, _ = story()
    report = audit.audit_log(world.entries, world.checkpoint(), parse_policy(world.policy()))
    assert report.exit_code == 2


def test_anchors_that_an_epoch_voided_need_not_be_of_this_log() -> None:
    world, lot = story()
    world.anchor().log_root = bytes(32)
    world.epoch(keep=4)
    world.movement("farm", [lot])
    world.anchor()
    assert judged(world).exit_code == 0


def test_tree_and_map_of_the_auditor_grow_like_the_vectors(shared_data: Any) -> None:
    vectors = load("lotproof/log.json")
    tree = GrowingTree()
    for leaf, root in zip(unhex(vectors["leaves"]), unhex(vectors["roots"]), strict=False):
        assert tree.root() == root
        tree.add(leaf)
    maps = load("lotproof/map.json")
    roots = {state["n"]: state["root"] for state in maps["states"]}
    grown = GrowingMap()
    for number, item in enumerate(maps["items"]):
        assert number not in roots or grown.root().hex() == roots[number]
        grown.put(bytes.fromhex(item["key"]), bytes.fromhex(item["value"]))
    assert grown.root().hex() == roots[42]
    for item in maps["update"]["items"]:
        value = map_value(item["count"], item["last_index"], bytes.fromhex(item["last_leaf"]))
        grown.put(bytes.fromhex(item["key"]), value)
    assert grown.root().hex() == maps["update"]["root"]


def test_keys_that_part_late_grow_like_the_definition() -> None:
    keys = [bytes(32), bytes(31) + b"\1", bytes(31) + b"\2", b"\x80" + bytes(31), b"\xff" * 32, b"\xff" * 31 + b"\xfe"]
    items = [(key, bytes([n]) * 32) for n, key in enumerate(keys)]
    grown = GrowingMap()
    for count in range(len(items)):
        grown.put(*items[count])
        assert grown.root() == naive_map(items[: count + 1])


@pytest.fixture
def published() -> Iterator[Served]:
    world, lot = story()
    for _ in range(300):
        world.movement("farm", [lot])
    world.anchor()
    with publishing(world) as served:
        yield served


def _audited(published: Served, token: str = "auditor", work: audit.Work | None = None) -> Report:
    log = audit.HttpLog(published.url, Deadline(30), token)
    return audit.audit(log, parse_policy(published.world.policy()), [published.world.chain()], work=work)


def test_a_published_log_is_audited_over_http(published: Served) -> None:
    report = _audited(published)
    assert report.exit_code == 0, json.dumps([a.why for a in report.answers])
    assert report.facts["entries"] == 309


def test_a_published_tile_that_is_not_of_these_entries_is_named(published: Served) -> None:
    tile = bytearray(b"".join(published.world.leaves[:256]))
    tile[32 * 77] ^= 1
    published.bent["/tile/0/000"] = bytes(tile)
    report = _audited(published)
    assert report.answer(3).verdict is Verdict.REFUTED
    assert "hash 77 of level 0" in report.answer(3).why


def test_entries_that_may_not_be_read_leave_the_audit_open(published: Served) -> None:
    report = _audited(published, token="nobody")
    assert [a.check for a in report.answers if a.verdict is Verdict.YES] == [6]
    assert {a.why for a in report.answers if a.verdict is Verdict.UNKNOWN and a.check > 1} == {
        "entries: not all could be read"
    }
    assert (report.facts["entries"], report.facts["subjects"]) == (0, 0)
    assert "not all could be read" not in " ".join(map(str, report.answer(1).unknown)) and report.exit_code == 2


def test_a_bundle_of_entries_with_another_number_in_it_is_refused(published: Served) -> None:
    published.bent["/tile/entries/001.p/53"] = b"\0\1x"
    assert _audited(published).answer(1).verdict is Verdict.REFUTED


def test_a_log_that_answers_nothing_is_left_open() -> None:
    world, _ = story()
    log = audit.HttpLog("http://127.0.0.1:9", Deadline(2))
    report = audit.audit(log, parse_policy(world.policy()))
    assert (report.subject, report.exit_code) == ("log", 2)


def test_the_naive_root_and_the_growing_tree_are_one() -> None:
    leaves = [leaf_hash(bytes([n])) for n in range(20)]
    tree = GrowingTree()
    for leaf in leaves:
        tree.add(leaf)
    assert tree.root() == naive_root(leaves)
    assert Entry is not None


def test_a_checkpoint_that_is_none_is_refused_and_leaves_the_rest_open() -> None:
    world, _ = story()
    report = audit.audit_log(world.entries, "nonsense", parse_policy(world.policy()), [world.chain()])
    assert [answer.verdict for answer in report.answers] == [Verdict.REFUTED] + 6 * [Verdict.UNKNOWN]
    assert report.subject == "log"
    assert "the checkpoint was refused" in report.answers[-1].why
    assert [answer.title for answer in report.answers] == [
        "Form", "Chains", "Tiles", "Statements", "Roots", "Signed by the log", "Anchored",
    ]  # fmt: skip


def test_a_contract_without_anchors_contradicts_nothing() -> None:
    world, _ = story()
    world.anchors.clear()
    assert judged(world).answer(7).verdict is Verdict.YES


def test_an_audit_leaves_no_file_open(tmp_path: Path) -> None:
    """Python complains of a file that it has to close itself, when the memory is freed."""
    world, _ = story()
    resume = Resume(tmp_path / "state", "one")
    given = world.entries, world.checkpoint(), parse_policy(world.policy()), [world.chain()]
    gc.collect()  # what other tests left
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        assert audit.audit_log(*given).exit_code == 0
        resume.save(State(world.checkpoint(), None, (), 3, bytes(32)), True)
        resume.entries.write_bytes(b"".join(world.entries[:3]))
        with pytest.raises(NotResumable, match="not what was read before"):
            audit.audit_log(*given, work=audit.Work(resume=resume))
        gc.collect()
    assert not complaints


def test_whoever_does_not_say_what_time_it_is_is_judged_by_the_clock() -> None:
    """A node that stands still since 1970 is behind now, and was not then."""
    world, evidence = against_an_anchor()
    policy = parse_policy(world.policy(max_node_lag=60))
    nodes = [replace(world.chain(), latest_block=Block(9000, block_hash(9000), 1000))]
    lot = json.dumps(world.bundle(lot_name())).encode()
    judges = (
        lambda *now: verify([lot], policy, nodes, (), *now),
        lambda *now: verify_fork(json.dumps(evidence).encode(), policy, nodes, (), *now),
        lambda *now: audit.audit_log(world.entries, world.checkpoint(), policy, nodes, *now),
    )
    for judge in judges:
        assert judge(1060).answer(7).verdict is Verdict.YES
        assert judge(1061).answer(7).why == "fake node: its newest block is 61 s old, at most 60 s are allowed"
        assert judge().answer(7).verdict is Verdict.UNKNOWN


def test_an_audit_goes_on_behind_the_entries_it_has_and_lets_go_of_them(tmp_path: Path, monkeypatch: Any) -> None:
    """By a clock that stands still: what is saved is saved because it has to be."""
    world, _ = story()
    file, asked, seen, closed = tmp_path / "state", [], [], []
    real = Spool.close

    def close(spool: Spool) -> None:
        closed.append(spool.path)
        real(spool)

    def entries(first: int, size: int) -> Iterator[bytes]:
        asked.append(first)
        yield from world.entries[first : size if first else 3]
        if not first:
            raise Unavailable("a bundle", "away")

    def look(what: str, done: int, total: int) -> None:
        seen.append(json.loads(file.read_text())["read"] if what != "entries" else 0)

    monkeypatch.setattr(Spool, "close", close)
    work = audit.Work(resume=Resume(file, "one", lambda: 0.0), progress=look)
    for code, last in ((2, 3), (0, len(world.entries))):
        report = audit.audit_log(entries, world.checkpoint(), parse_policy(world.policy()), [world.chain()], work=work)
        assert report.exit_code == code and seen[-1] == last
    assert asked == [0, 3] and len(closed) == 2 and not file.exists()


def test_a_part_that_an_earlier_run_looked_at_is_believed(tmp_path: Path, monkeypatch: Any) -> None:
    world, _ = story()
    ticks = iter(range(0, 10_000, 60))
    work = audit.Work(resume=Resume(tmp_path / "state", "one", lambda: float(next(ticks))), bits=1)
    looked: list[int] = []
    real = audit.looked_at.__globals__["_look"]

    def look(path: Path, bits: int, sizes: Any, part: int) -> Any:
        looked.append(part)
        if looked == [0, 1]:
            raise KeyboardInterrupt
        return real(path, bits, sizes, part)

    monkeypatch.setitem(audit.looked_at.__globals__, "_look", look)
    given = world.entries, world.checkpoint(), parse_policy(world.policy()), [world.chain()]
    with pytest.raises(KeyboardInterrupt):
        audit.audit_log(*given, work=work)
    assert audit.audit_log(lambda first, size: world.entries[first:size], *given[1:], work=work).exit_code == 0
    assert looked == [0, 1, 1]

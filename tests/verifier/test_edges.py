"""Both sides of each edge: the last that is let through and the first that is not."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from verifier import ed25519, uri
from verifier.bundle import Anchor, Bundle, parse_bundle
from verifier.chain import Epoch, before, voided
from verifier.entry import Entry, format_entry, parse_entry
from verifier.errors import Refuted, Unavailable
from verifier.growing import GrowingMap, GrowingTree, tile_hashes
from verifier.hashing import ZERO
from verifier.history import check_head, check_sequence
from verifier.merkle import peak_place, root_from_inclusion, verify_consistency, verify_inclusion
from verifier.partition import bits_for, fold, look
from verifier.policy import LATEST, PolicyError, load_policy, parse_policy
from verifier.report import Verdict
from verifier.timing import Timeline, moment
from verifier.verify import verify

from .maker import ORIGIN, World, an_event, answering, encoded, lot_name, party, public_key, shipped_to, story
from .vectors import accepts, naive_root

LOT = lot_name(1)
SUBJECT = uri.subject(uri.LOT, ORIGIN, LOT)


def an_entry(**changes: Any) -> Entry:
    first = Entry(1, SUBJECT, 1, ZERO, b"\x01" * 32, 0)  # type: ignore[arg-type]
    return replace(first, **changes)


def test_entries() -> None:
    later = {"sequence": 2, "previous": b"\x02" * 32}
    for changes, good in (
        ({}, True), ({"kind": 0}, False), ({"kind": 4}, True), ({"kind": 5}, False), (later, True),
        ({"sequence": 0}, False), (later | {"sequence": 2**53 - 1}, True), (later | {"sequence": 2**53}, False),
        ({"previous": b"\x02" * 32}, False), ({"sequence": 2}, False),
        ({"recorded_at": 2**53 - 1}, True), ({"recorded_at": 2**53}, False), ({"recorded_at": -1}, False),
    ):  # fmt: skip
        assert accepts(format_entry, an_entry(**changes)) is good, changes
        if good:
            assert parse_entry(format_entry(an_entry(**changes))) == an_entry(**changes)
    raw = format_entry(an_entry())
    for bad in (raw[:-1], raw + b"\0", b"\x02" + raw[1:], b"\0" + raw[1:], raw[:1] + b"\0" + raw[2:], b""):
        assert not accepts(parse_entry, bad)


def test_inclusion_proofs() -> None:
    leaf = b"\x01" * 32
    assert root_from_inclusion(0, 1, leaf, []) == leaf
    for index, size, path in (
        (1, 1, []),
        (1, 1, [leaf]),
        (-1, 1, []),
        (0, 0, []),
        (0, 1, [leaf]),
        (2, 2, [leaf]),
        (0, 2, []),
    ):
        assert not accepts(root_from_inclusion, index, size, leaf, path)
    assert not accepts(verify_inclusion, 0, 1, leaf, [], ZERO)


def test_consistency_proofs() -> None:
    leaves = [bytes([number]) * 32 for number in range(1, 9)]
    roots = {size: naive_root(leaves[:size]) for size in range(1, 9)}

    def good(old: int, new: int, path: list[bytes], one: bytes = b"", two: bytes = b"") -> bool:
        return accepts(verify_consistency, old, new, one or roots[old], two or roots[new], path)

    assert good(1, 1, []) and good(1, 2, [leaves[1]]) and good(2, 3, [leaves[2]])
    assert not good(1, 1, [leaves[0]]) and not good(1, 1, [], roots[1], roots[2])
    assert not good(0, 1, [], roots[1]) and not good(2, 1, []) and not good(3, 4, []) and not good(1, 2, [])
    assert not good(1, 2, [leaves[1], leaves[1]]) and not good(2, 3, [leaves[2]] * 2) and not good(1, 3, [leaves[1]])
    assert not good(1, 2, [leaves[2]]) and not good(1, 2, [leaves[1]], leaves[1])
    assert good(4, 8, [naive_root(leaves[4:])]) and not good(4, 8, [naive_root(leaves[4:]), ZERO])


def test_peaks() -> None:
    assert [peak_place(index, 7) for index in range(7)] == [(2, 0)] * 4 + [(1, 1)] * 2 + [(0, 2)]
    for index, count in ((7, 7), (-1, 7), (0, 0)):
        assert not accepts(peak_place, index, count)


def test_trees_that_grow() -> None:
    tree, leaves = GrowingTree(), [bytes([number]) * 32 for number in range(20)]
    assert tree.root().hex().startswith("e3b0c442")
    for number, leaf in enumerate(leaves, 1):
        tree.add(leaf)
        assert (tree.size, tree.root()) == (number, naive_root(leaves[:number]))
    assert tile_hashes(leaves[:8]) == naive_root(leaves[:8]) and tile_hashes(leaves[:1]) == leaves[0]


def test_a_map_that_is_asked_at_another_depth_tells_the_hash_of_that_place() -> None:
    keys = [b"\x00" * 31 + bytes([number]) for number in range(3)]
    grown, again = GrowingMap(), GrowingMap()
    for key in keys:
        grown.put(key, key)
        again.put(key, key)
    assert grown.root() == grown.root(0) != grown.root(5) == again.root(5)
    assert grown.root() == again.root() and GrowingMap().root() == ZERO


def test_parts_of_the_key_space() -> None:
    assert [bits_for(count, 4) for count in (0, 1, 4, 5, 8, 9, 16, 17, 4 << 20)] == [0, 0, 0, 1, 1, 2, 2, 3, 16]
    assert bits_for(1 << 15) == 0 and bits_for((1 << 15) + 1) == 1
    whole = fold([look([], part, 2, [0, 0]).places for part in range(4)])
    assert whole == (b"\0" + ZERO) * 2


def items(world: World) -> Bundle:
    return parse_bundle(json.dumps(world.bundle(LOT)).encode())


def test_a_history_rises() -> None:
    world, _ = story()
    file = items(world)
    check_sequence(file.history, SUBJECT, {1})
    one, two, three = file.history
    same_time = replace(two, entry=replace(two.entry, recorded_at=one.entry.recorded_at))
    assert accepts(check_sequence, [one, same_time], SUBJECT, {1})
    earlier = replace(two, entry=replace(two.entry, recorded_at=one.entry.recorded_at - 1))
    for bad in ([one, replace(two, index=one.index)], [one, earlier], [two], [one, three], [one, two, two],
                [replace(one, leaf=ZERO), two]):  # fmt: skip
        assert not accepts(check_sequence, bad, SUBJECT, {1})
    assert accepts(check_sequence, [two, three], SUBJECT, {1}, 2) and accepts(check_sequence, [], SUBJECT, {1})
    assert not accepts(check_sequence, [one], SUBJECT, {2}) and not accepts(check_sequence, [one], ZERO, {1})


def test_a_head_ends_the_history() -> None:
    world, _ = story()
    file = items(world)
    look = (SUBJECT, file.checkpoint)
    assert accepts(check_head, file.history, file.head, *look) and accepts(
        check_head, file.history[1:], file.head, *look, 2
    )
    for bad in ({"count": 2}, {"count": 4}, {"index": 0}, {"siblings": ()}):
        assert not accepts(check_head, file.history, replace(file.head, **bad), *look), bad
    assert not accepts(check_head, file.history[:-1], file.head, *look) and not accepts(
        check_head, [], file.head, *look
    )
    assert not accepts(check_head, [], replace(file.head, count=3), *look, 4)
    absent = parse_bundle(json.dumps(world.bundle(lot_name(99))).encode())
    nobody = uri.subject(uri.LOT, ORIGIN, lot_name(99))
    assert accepts(check_head, [], absent.head, nobody, file.checkpoint)
    assert not accepts(check_head, file.history, absent.head, nobody, file.checkpoint)


def anchors(*times: int) -> list[Anchor]:
    return [Anchor(number, 0, 10 * number + 10, ZERO, ZERO, number, time, ()) for number, time in enumerate(times)]


def test_times_between_two_anchors() -> None:
    policy = parse_policy(story()[0].policy(max_clock_skew=5, max_anchor_delay=100))
    line = Timeline(anchors(1000, 2000), (), policy)
    for index, recorded_at, issued_at, good in (
        (0, 1005_000, 1005, True), (0, 1005_001, None, False), (0, 0, 1006, False), (0, 0, None, True),
        (9, 1005_000, None, True), (9, 1006_000, None, False), (10, 1006_000, None, True),
        (10, 900_000, None, True), (10, 899_999, None, False), (19, 2005_000, 2005, True), (20, 2000_000, None, False),
    ):  # fmt: skip
        assert accepts(line.check, 1, index, recorded_at, issued_at) is good, (index, recorded_at, issued_at)
    without = Timeline(anchors(1000, 2000)[1:], (), policy)
    assert not accepts(without.check, 1, 10, 2000_000, None)
    assert moment(0) == "1970-01-01T00:00:00.000Z" and moment(1_790_000_000_123) == "2026-09-21T14:13:20.123Z"
    assert moment(2**53 - 1) == f"{2**53 - 1} ms after 1970" and moment(10**30).endswith("ms after 1970")


def test_anchors_that_an_epoch_voided() -> None:
    epochs = (Epoch(5, 3), Epoch(8, 7))
    assert [voided(index, epochs) for index in range(9)] == [False] * 3 + [True] * 2 + [False] * 2 + [True, False]
    assert [before(index, epochs) for index in (0, 1, 3, 5, 6, 8, 9)] == [None, 0, 2, 2, 5, 6, 8]
    assert before(1, (Epoch(1, 0),)) is None


POLICIES: dict[str, list[Any]] = {
    "origin": ["", "https://log.example.com", 5, "LOG.example.com"],
    "log_keys": [[], "x", [["a"]], [["a", "AA=="]], [[5, "x"]], [["log", 5]], ["ab"]],
    "chain_id": [-1, 2**53, True, "1", 1.5],
    "genesis": ["0x12", "12" * 32, "0x" + "g" * 64, 5, "0x" + "1" * 65],
    "contract": ["0x12", "0x" + "1" * 39, "0x" + "1" * 41, 5],
    "code_hash": ["", 5],
    "finality": ["safe", -1, True, 1.5, None, []],
    "rpc": ["http://x", ["ftp://x"], [5], ["x"], {"http://x": 1}, ""],
    "sources": [["file:///etc/passwd"]],
    "quorum": [1, -1],
    "max_age": [-1, "1"],
    "allow_withheld": [1, "yes"],
    "require_full": [0],
    "parties": [
        [],
        "x",
        {5: []},
        {"https://log.example.com/lot/a/b/c": []},
        {party("a"): ["A"]},
        {party("a"): "A" * 43},
    ],
    "log_party": ["farm", 5],
}


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_says_only_what_can_be_meant(name: str) -> None:
    world, _ = story()
    for value in POLICIES[name]:
        if value is not None:
            with pytest.raises(PolicyError, match=name):
                parse_policy(world.policy() | {name: value})


def test_a_policy_as_it_is_read() -> None:
    world, _ = story()
    read = parse_policy(world.policy(finality=LATEST, rpc=["http://a", "https://b"], sources=["https://c"],
                                     max_age=2**53 - 1,
                                     contract="0x" + "AB" * 20, max_node_lag=None, allow_withheld=True))  # fmt: skip
    assert (read.finality, read.rpc, read.sources, read.contract) == (
        "latest", ("http://a", "https://b"), ("https://c",), "0x" + "ab" * 20,
    )  # fmt: skip
    assert (read.log_party, read.log_keys[0].name, read.log_keys[0].public) == (party("log"), ORIGIN, public_key("log"))
    assert parse_policy(world.policy(finality="finalized")).finality == "finalized"
    assert parse_policy(world.policy(finality=0)).finality == 0
    for values, what in (({}, "lacks: chain_id"), (world.policy() | {"trust": 1}, "unknown names: trust")):
        with pytest.raises(PolicyError, match=what):
            parse_policy(values)
    with pytest.raises(PolicyError, match="not TOML"):
        load_policy("=")


def test_keys_that_may_not_sign() -> None:
    p, order = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
    eighth = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
    d = -121665 * pow(121666, -1, p) % p
    assert (d * pow(eighth, 4, p) + 2 * eighth**2 - 1) % p == 0  # doubled it gives y = 0
    for y in (0, 1, p - 1, eighth, p - eighth, p, p + 1, p + 2, 2**255 - 1):
        for sign in (0, 1 << 255):
            assert not accepts(ed25519.check_key, (y + sign).to_bytes(32, "little")), y
    assert accepts(ed25519.check_key, public_key("farm"))
    for bad in (public_key("farm")[:-1], public_key("farm") + b"\0", b""):
        assert not accepts(ed25519.check_key, bad)
    for s in (order - 1, order, order + 1, 2**256 - 1):
        with pytest.raises(Refuted, match="another" if s < order else "S >= L"):
            ed25519.verify(public_key("farm"), bytes(32) + s.to_bytes(32, "little"), b"")
    for length in (0, 63, 65):
        with pytest.raises(Refuted, match="64 bytes"):
            ed25519.verify(public_key("farm"), bytes(length), b"")


def judged(world: World, file: Any = None, **policy: Any) -> Any:
    data = json.dumps(file or world.bundle(LOT)).encode()
    trusted = parse_policy(world.policy("farm", "mill", "shop", "log", **policy))
    return verify([data], trusted, [world.chain()], now=0)


def shipped(**event: Any) -> tuple[World, Any]:
    world = World()
    for name in ("farm", "mill", "shop"):
        world.keys(name, [name])
    return world, world.movement("farm", [LOT], an_event([LOT], **event))


@pytest.mark.parametrize(
    "kind",
    ["owning_party", "urn:epcglobal:cbv:sdt:owning_party", "https://ref.gs1.org/cbv/SDT-owning_party", "location"],
)
def test_the_owner_that_a_shipment_names_in_any_spelling(kind: str) -> None:
    for name in ("mill", "shop"):
        world, said = shipped(destinationList=[{"type": kind, "destination": party("mill")}, "text", {"type": kind}])
        world.movement(name, [LOT], an_event([LOT]), ref=answering(said))
        world.anchor()
        assert (judged(world).exit_code == 0) is (name == "mill" or kind == "location"), name


def test_quantities_that_are_no_numbers_of_a_lot() -> None:
    for line, verdict in (("text", Verdict.YES), ({"epcClass": lot_name(2), "quantity": "x"}, Verdict.YES),
                          ({"epcClass": LOT, "quantity": "1"}, Verdict.UNKNOWN), ({"epcClass": LOT}, Verdict.UNKNOWN),
                          ({"epcClass": LOT, "quantity": 1, "uom": 5}, Verdict.UNKNOWN),
                          ({"epcClass": LOT, "quantity": 1}, Verdict.REFUTED)):  # fmt: skip
        world, said = shipped(**shipped_to("mill"))
        world.movement("mill", [LOT], an_event([LOT], quantityList=[line]), ref=answering(said))
        world.anchor()
        assert judged(world).answer(4).verdict is verdict, line
    assert "in pieces" in judged(world).answer(4).why


def test_a_shipment_that_is_withheld_is_answered_once_all_the_same() -> None:
    for rels, good in ((("accepts",), True), (("accepts", "refuses"), False), (("accepts", "accepts"), False),
                       (("refuses", "corrects"), True)):  # fmt: skip
        world, said = shipped()
        for rel in rels:
            world.movement("mill", [LOT], an_event([LOT]), ref=answering(said, rel))
        world.anchor()
        file = world.bundle(LOT)
        file["history"][0]["statement"] = None
        assert (judged(world, file, allow_withheld=True).exit_code == 0) is good, rels
        assert judged(world, file).exit_code == (2 if good else 1)


def test_an_answer_to_a_statement_whose_disclosures_were_refused_is_no_crash() -> None:
    world, said = shipped()
    world.movement("mill", [LOT], an_event([LOT]), ref=answering(said))
    world.anchor()
    for place in (0, 1):
        file = world.bundle(LOT)
        file["history"][place]["statement"] += encoded(["A" * 22, "x", 1]) + "~"
        assert [len(judged(world, file).answer(4).refuted), judged(world, file).exit_code] == [1, 1]


def test_a_checkpoint_as_old_as_allowed() -> None:
    world, _ = story()
    age = world.chain().final_block.time - world.anchors[-1].time
    assert judged(world, max_age=age).exit_code == 0
    late = judged(world, max_age=age - 1)
    assert (late.exit_code, late.answer(8).late, len(late.answer(8).remarks)) == (3, True, 1)


def test_what_check_3_left_open_leaves_4_and_8_open() -> None:
    world, _ = story()
    file = world.bundle(LOT)
    del file["keys"][party("mill")]
    report = judged(world, file)
    assert [answer.verdict for answer in report.answers if answer.check in (3, 4, 8)] == [Verdict.UNKNOWN] * 3
    assert re.search(r"entry 3.*and 0 more", report.answer(4).why)
    with pytest.raises(Unavailable):
        raise report.answer(8).unknown[0]


def test_the_keys_of_a_party_that_says_nothing_here_need_not_be_trusted() -> None:
    world, _ = story()
    world.keys("stranger", ["stranger"])
    world.anchor()
    file = world.bundle(LOT)
    file["keys"] |= world.chains([len(world.entries) - 1], len(world.entries))
    assert judged(world, file).exit_code == 0


def test_newer_anchors_and_witnesses_are_remarked_upon() -> None:
    world, _ = story()
    assert (judged(world).answer(7).remarks, judged(world).answer(6).remarks) == ((), ())
    file = world.bundle(LOT, count=4)
    world.movement("farm", [lot_name(5)])
    world.anchor()
    assert judged(world, world.bundle(LOT, size=file["anchors"][-1]["size"])).answer(7).remarks == (
        "1 newer anchors exist",
    )

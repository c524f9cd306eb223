"""Every limit of the formats: what reaches it is read, one more is refused. The figures are those of the format."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from verifier import (
    alarms,
    audit,
    bundle,
    chain,
    command,
    encoding,
    errors,
    fork,
    fraud,
    http,
    logtiles,
    lotmap,
    merkle,
    monitor_command,
    monitor_state,
    note,
    partition,
    policy,
    published,
    receipt,
    refs,
    report,
    resume,
    rpc,
    signers,
    statement,
    tiles,
    uri,
)
from verifier.encoding import b64
from verifier.errors import Refuted

from .maker import lot_name, party, story
from .vectors import accepts

KIB = 1024
FIGURES = {
    (encoding, "MAX_INTEGER"): 2**53 - 1,
    (encoding, "MAX_DEPTH"): 16,
    (encoding, "MAX_BRACKETS"): 100_000,
    (encoding, "MAX_COMMAS"): 400_000,
    (bundle, "MAX_FILE"): 8 * KIB * KIB,
    (bundle, "MAX_ENTRIES"): 4096,
    (bundle, "MAX_ANCHORS"): 2048,
    (bundle, "MAX_PARTIES"): 64,
    (bundle, "MAX_KEY_ENTRIES"): 256,
    (bundle, "MAX_PARTS"): 256,
    (statement, "MAX_TOKEN"): 64 * KIB,
    (statement, "MAX_DISCLOSURES"): 1024,
    (statement, "MAX_KEYS"): 16,
    (merkle, "MAX_LOG_PATH"): 53,
    (merkle, "MAX_ANCHOR_PATH"): 32,
    (lotmap, "MAX_MAP_PATH"): 256,
    (note, "MAX_NOTE"): 16 * KIB,
    (note, "MAX_SIGNATURES"): 16,
    (uri, "MAX_URI"): KIB,
    (uri, "MAX_SEGMENT"): 64,
    (receipt, "MAX_RECEIPT"): 64 * KIB,
    (fraud, "MAX_FRAUD"): 128 * KIB,
    (fork, "MAX_FORK"): 128 * KIB,
    (fork, "MAX_LEVEL"): 52,
    (errors, "MAX_SHOWN"): 400,
    (report.Findings, "LIMIT"): 16,
    (http, "MAX_ANSWER"): 2 * KIB * KIB,
    (http, "PATIENCE"): 10.0,
    (http, "_ONE_WAIT"): 5.0,
    (rpc, "_MAX_LOGS"): 64 * KIB * KIB,
    (rpc, "_MAX_QUESTIONS"): 16 * KIB,
    (rpc, "_MAX_PEAKS"): 32,
    (rpc, "_MAX_EPOCHS"): 64,
    (tiles, "MAX_TILE"): 8 * KIB,
    (logtiles, "MAX_TILES"): 512,
    (published, "MAX_BUNDLE"): 256 * 116,
    (partition, "PART_ENTRIES"): 32 * KIB,
    (partition, "MAX_BITS"): 16,
    (resume, "MAX_STATE"): 256 * KIB * KIB,
    (resume, "EVERY"): 5.0,
    (audit, "PATIENCE"): 3600.0,
    (command, "MAX_POLICY"): KIB * KIB,
    (command, "MAX_TOKEN"): 4 * KIB,
    (chain, "GROUP_LEVEL"): 6,
    (alarms, "WEBHOOK_PATIENCE"): 10.0,
    (alarms, "MAX_WEBHOOK_ANSWER"): 64 * KIB,
    (monitor_command, "EVERY"): 60.0,
    (monitor_command, "PATIENCE"): 30.0,
    (monitor_command, "MAX_SENT"): 64 * KIB * KIB,
    (monitor_command, "MAX_EVIDENCE"): 16,
    (monitor_state, "MAX_STATE"): 16 * KIB * KIB,
    (monitor_state, "MAX_WATCHED"): 1000,
    (monitor_state, "MAX_KEY_STATEMENTS"): 256,
    (signers, "_TIME"): 8,
}
REST = {"max_clock_skew": 300, "max_anchor_delay": 3600, "quorum": 0, "finality": "finalized", "max_node_lag": None}


def test_limits_are_those_of_the_format() -> None:
    for (where, name), figure in FIGURES.items():
        assert getattr(where, name) == figure, f"{where.__name__}.{name}"
    assert refs._EXACT.prec == 64


def test_what_a_policy_does_not_say_is_as_documented() -> None:
    world, _ = story()
    read = policy.parse_policy(world.policy())
    assert {name: getattr(read, name) for name in REST} == REST
    assert (read.allow_withheld, read.require_full, read.rpc, read.sources, read.witnesses) == (
        False,
        False,
        (),
        (),
        (),
    )


def test_integers() -> None:
    assert encoding.integer(2**53 - 1) == 2**53 - 1 and encoding.integer(0) == 0
    for other in (2**53, -1, True, "1", 1.0, None):
        with pytest.raises(Refuted, match="integer"):
            encoding.integer(other)


def test_a_number_that_has_no_name_is_called_an_integer() -> None:
    with pytest.raises(Refuted, match="integer: expected an integer 0 to"):
        encoding.integer("x")


def test_texts_lists_and_objects() -> None:
    assert encoding.string("x" * 65536, "it") and encoding.string("xx", "it", 2)
    assert encoding.array([1, 2], "it", 2) == [1, 2]
    looks: list[Callable[[], Any]] = [
        lambda: encoding.string("x" * 65537, "it"),
        lambda: encoding.string("xxx", "it", 2),
        lambda: encoding.string(b"x", "it"),
        lambda: encoding.string(5, "it"),
        lambda: encoding.array([1, 2, 3], "it", 2),
        lambda: encoding.array("ab", "it", 2),
        lambda: encoding.array((1,), "it", 2),
        lambda: encoding.members([], "it", frozenset()),
        lambda: encoding.unb64url_hash(5),
        lambda: encoding.unb64url_hash("A" * 42),
        lambda: encoding.unb64url_hash("A" * 44),
        lambda: encoding.unb64_hash(5),
        lambda: encoding.unb64_hash("AAAA"),
    ]
    for look in looks:
        assert not accepts(look)
    assert encoding.b64url(b"a") == "YQ" and encoding.unb64url("YQ") == b"a" and encoding.unb64url("") == b""


def document(text: bytes, limit: int = bundle.MAX_FILE) -> bool:
    return accepts(encoding.load_document, text, limit)


def test_documents_of_as_many_bytes_brackets_and_commas_as_allowed() -> None:
    assert document(b"[1]", 3) and not document(b"[1] ", 3)
    for empty in (b"[]", b"{}"):
        assert document(b"[" + b",".join([empty] * 99_999) + b"]")
        assert not document(b"[" + b",".join([empty] * 100_000) + b"]")
    assert document(b"[1" + b",1" * 400_000 + b"]") and not document(b"[1" + b",1" * 400_001 + b"]")


@pytest.mark.parametrize(
    ("text", "good"),
    [
        (b"[1,2,3]", True), (b"[1,2,3,4]", False), (b'[",,"]', True), (b'[",,,"]', False),
        (b"[[{}]]", True), (b'{"a":[[]]}', True), (b"[[[[]]]]", False), (b'{"a":{"b":{"c":{}}}}', False),
        (b"[[],{}]", True), (b"[[{}],{}]", False),
    ],
)  # fmt: skip
def test_brackets_of_both_kinds_and_commas_are_counted(monkeypatch: Any, text: bytes, good: bool) -> None:
    monkeypatch.setattr(encoding, "MAX_BRACKETS", 3)
    monkeypatch.setattr(encoding, "MAX_COMMAS", 2)
    assert document(text) is good


def test_depth_is_counted_where_it_is_deep_and_nowhere_else() -> None:
    assert accepts(encoding.check_depth, "[" * 16 + "]" * 16)
    assert not accepts(encoding.check_depth, "[" * 17)
    assert not accepts(encoding.check_depth, '{"":' * 17)
    assert accepts(encoding.check_depth, "[" + "[]," * 40 + "[" * 15 + "]" * 16)
    assert not accepts(encoding.check_depth, "[" + "{}," * 40 + "[" * 16)
    assert accepts(encoding.check_depth, '["' + "[" * 40 + '\\"[[[", "]"]')


def test_a_library_that_parses_too_deep_is_no_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(_: str) -> None:
        raise RecursionError

    monkeypatch.setattr(encoding._DECODER, "decode", deep)
    assert not accepts(encoding.load_json, "[]")


def signed(body: str, lines: int = 1, raw: bytes = bytes(68)) -> str:
    return note.format_note(body, [(f"s{number}", raw[:4], raw[4:]) for number in range(lines)])


def test_notes() -> None:
    empty = len(signed("").encode())
    for letter in ("x", "é"):
        whole = letter * ((note.MAX_NOTE - empty - 1) // len(letter.encode()))
        fill = "y" * (note.MAX_NOTE - empty - 1 - len(whole.encode()))
        assert accepts(note.parse_note, signed(whole + fill + "\n"))
        assert not accepts(note.parse_note, signed(whole + fill + "y\n"))
    assert accepts(note.parse_note, signed("x\n", 16)) and not accepts(note.parse_note, signed("x\n", 17))
    assert accepts(note.parse_note, signed("x\n", 1, bytes(5))) and not accepts(
        note.parse_note, signed("x\n", 1, bytes(4))
    )
    for other in ("", "\n\n", "x\n\n", "x\n", "\n" + signed(""), signed("x\n")[:-1],
                  signed("x\n").replace("\n\n", "\n"),
                  signed("x\x7fy\n"), signed("x\ty\n"), "x" + signed("")):  # fmt: skip
        assert not accepts(note.parse_note, other), other
    assert accepts(note.parse_note, signed("\ud800\n"))  # never from UTF-8; it must not raise


def grown(file: Any, **members: Any) -> bool:
    return accepts(bundle.parse_bundle, json.dumps(file | members).encode())


def test_lot_proofs() -> None:
    world, lot = story()
    file = world.bundle(lot)
    item, anchor, keys = file["history"][0], file["anchors"][0], file["keys"][party("farm")]
    assert grown(file)
    withheld = item | {"statement": None, "path": []}
    assert grown(file, history=[withheld] * 4096) and not grown(file, history=[withheld] * 4097)
    bare = [anchor | {"index": number, "path": []} for number in range(2049)]
    assert grown(file, anchors=bare[:2048]) and not grown(file, anchors=bare)
    chains = {party(f"p{number}"): keys for number in range(65)}
    assert not grown(file, keys=chains) and chains.popitem() and grown(file, keys=chains)
    for many, good in ((256, True), (257, False)):
        assert grown(file, keys={party("farm"): keys | {"history": [withheld] * many}}) is good
    zero = b64(bytes(32))
    for what, many in (("path", 53), ("siblings", 256)):
        for count, good in ((many, True), (many + 1, False)):
            hashes = {what: [zero] * count}
            bent = {"head": file["head"] | hashes} if what == "siblings" else {"history": [item | hashes]}
            assert grown(file, **bent) is good, what
    for count, good in ((32, True), (33, False)):
        assert grown(file, anchors=[anchor | {"path": [zero] * count}]) is good
    assert not grown(file, keys=[]) and not grown(file, anchors=[]) and not grown(file, anchors=[anchor] * 2)
    assert not grown(file, history=[item | {"entry": item["entry"] + "AAAA"}])


def test_heads_are_of_one_kind_or_the_other() -> None:
    head = {"count": 1, "index": 0, "siblings": []}
    absent = {"count": 0, "siblings": [], "neighbour": None}
    beside = {"key": b64(bytes(32)), "value": b64(bytes(32))}
    for good in (head, absent, absent | {"neighbour": beside}):
        assert accepts(bundle.parse_head, good)
    for bad in (head | {"count": 0}, absent | {"count": 1}, absent | {"index": 0}, head | {"neighbour": None}, None, [],
                absent | {"neighbour": {"key": beside["key"]}}, absent | {"neighbour": []}):  # fmt: skip
        assert not accepts(bundle.parse_head, bad), bad


def test_a_lot_that_is_absent_has_neither_history_nor_keys() -> None:
    world, lot = story()
    file, nothing = world.bundle(lot), world.bundle(lot_name(99))
    assert grown(nothing)
    assert not grown(nothing, history=file["history"]) and not grown(nothing, keys=file["keys"])
    assert not grown(file, history=[])


def test_parts() -> None:
    world, lot = story()
    file = world.bundle(lot)
    for first, last, good in ((1, 3, True), (1, 2, False), (0, 2, False), (2, 4, False), (1, 4, False)):
        assert grown(file, first=first, last=last) is good, (first, last)
    assert not grown(file, first=1) and not grown(file, last=3) and not grown(file, history=[], first=1, last=0)
    one = bundle.parse_bundle(json.dumps(world.bundle(lot, first=1, last=1)).encode())
    parts = [replace(one, first=number + 1) for number in range(257)]
    assert len(bundle.join(parts[:256]).history) == 256 and bundle.join(parts[:1]).part
    assert not accepts(bundle.join, parts) and not accepts(bundle.join, [])


def test_names() -> None:
    start = f"https://h.example/{'/'.join(['%C3%A9' * 32] * 5)}/"  # each segment 64 bytes in UTF-8
    longest = start + "a" * (uri.MAX_URI - len(start) - 2) + "/a"
    assert len(longest) == 1024 and accepts(uri.check_uri, "log", longest)
    assert not accepts(uri.check_uri, "log", longest.replace("h.example", "hh.example"))
    for count, good in ((8, True), (9, False)):
        assert accepts(uri.check_uri, "log", "https://h.example/" + "/".join("abcdefghi"[:count])) is good
    for name, good in (("a" * 64, True), ("a" * 65, False), ("a", True), ("", False), (".", False), ("..", False),
                       ("...", True), ("a\x01", False), ("\x85a", False), ("\ud800", False),
                       ("e\u0301", False)):  # fmt: skip
        assert accepts(uri.party_uri, "h.example", name) is good, ascii(name)
    assert (
        uri.own_lot_uri("h.example", "farm", "wild berries", "1/2") == "https://h.example/lot/farm/wild%20berries/1%2F2"
    )
    assert uri.party_uri("h.example", "a-b.c_d~e f") == "https://h.example/party/a-b.c_d~e%20f"
    for name, good in (("id.gs1.org/417/1234567890123", True), ("h.example/417/1234567890123", False),
                       ("id.gs1.org/418/1234567890123", False), ("id.gs1.org/417/123456789012", False),
                       ("id.gs1.org/417/1234567890123/a", False), ("id.gs1.org/party/a", True)):  # fmt: skip
        assert accepts(uri.check_uri, "party", f"https://{name}") is good, name
    for origin, good in (("log.example.com/lotproof", True), ("LOG.example.com", False), ("log.example.com/", False)):
        assert accepts(uri.check_origin, origin) is good
    assert (uri.LOT, uri.PARTY, uri.LOG) == ("lot", "party", "log")


def test_sd_jwts() -> None:
    for text, good in (
        ("a.b.c~", True),
        ("a.b.c", False),
        ("a.b.c~x", False),
        ("~", True),
        ("", False),
        ("a~" + "x~" * 1024, True),
        ("a~" + "x~" * 1025, False),
        ("a~" + "x" * 65536 + "~", True),
        ("a~" + "x" * 65537 + "~", False),
        ("a" * 65537 + "~x~", False),
        ("a~é~", False),
    ):
        assert accepts(statement.split, text) is good, text[:20]


def test_the_lot_map_is_256_deep() -> None:
    for count, good in ((256, True), (257, False)):
        siblings = [bytes([1]) * 32] * count
        assert accepts(lotmap.root_from_membership, bytes(32), bytes(32), siblings) is good
        assert accepts(lotmap.root_from_absence, bytes(32), siblings, None) is good


def test_a_subtree_that_differs_is_at_most_as_high_as_any_log() -> None:
    node = {"level": 52, "number": 0, "hashes": [b64(bytes(32))] * 2, "paths": [[], []]}
    assert fork._differing(node).level == 52
    for lie in ({"level": 53}, {"level": -1}, {"number": -1}, {"hashes": node["hashes"][:1]}, {"paths": [[]] * 3}):
        assert not accepts(fork._differing, node | lie), lie


def test_a_monitor_remembers_as_many_as_it_watches() -> None:
    many = {str(number): number for number in range(1001)}
    assert not accepts(monitor_state._table, many, "lots") and not accepts(monitor_state._table, [], "lots")
    del many["0"]
    assert monitor_state._table(many, "lots") == many

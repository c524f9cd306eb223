"""Entries, names, notes and checkpoints against the vectors and the C2SP and Go examples."""

import base64
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verifier import entry, note, uri
from verifier.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from verifier.encoding import b64
from verifier.errors import Refuted
from verifier.hashing import leaf_hash
from verifier.policy import NamedKey, parse_policy
from verifier.signers import check_signers

from .maker import World, public_key
from .vectors import accepts, cases, title


@pytest.mark.parametrize("case", cases("lotproof/entry.json", "entries"), ids=title)
def test_entry_vectors(shared_data: Any, case: Any) -> None:
    raw = bytes.fromhex(case["hex"])
    assert accepts(entry.parse_entry, raw) == (case["expect"] == "accept")
    if case["expect"] == "accept":
        read = entry.parse_entry(raw)
        assert entry.format_entry(read) == raw
        assert leaf_hash(raw).hex() == case["leaf_hash"]
        assert (read.kind, read.sequence, read.recorded_at) == (case["kind"], case["sequence"], case["recorded_at"])
        assert read.subject.hex() == case["subject"] and read.previous.hex() == case["previous"]
        assert read.statement_hash.hex() == case["statement_hash"]


@pytest.mark.parametrize("case", cases("lotproof/entry.json", "uris"), ids=title)
def test_uri_vectors(shared_data: Any, case: Any) -> None:
    assert accepts(uri.check_uri, case["type"], case["uri"]) == (case["expect"] == "accept")
    if case["expect"] == "accept":
        assert uri.subject(case["type"], case["origin"], case["uri"]).hex() == case["subject"]


@pytest.mark.parametrize(
    ("type_", "name"),
    [
        ("lot", "https://id.gs1.org/01/09506000134352/10/"),
        ("lot", "https://id.gs1.org/01/9506000134352/10/A"),
        ("lot", "https://id.gs1.org/01/09506000134352/10/%C3%A9"),
        ("lot", "https://id.gs1.org/01/09506000134352/10/A?x=1"),
        ("lot", "https://id.gs1.org/01/09506000134352/10/A#x"),
        ("lot", "https://id.gs1.org:443/01/09506000134352/10/A"),
        ("lot", "https://example.com/01/09506000134352/10/A"),
        ("lot", "https://example.com/lot/a/b"),
        ("lot", "https://example.com/lot/a/b/c/d"),
        ("lot", "https://example.com/lot/a/b/%00"),
        ("lot", "https://example.com/lot/a/b/%7F"),
        ("lot", "https://example.com/lot/a/b/%2E%2E"),
        ("lot", "https://example.com/lot/a/b/" + "x" * 65),
        ("lot", "https://example.com/lot/a/b/%C3"),
        ("lot", "https://-example.com/lot/a/b/c"),
        ("lot", "https://exa_mple.com/lot/a/b/c"),
        ("lot", "https:///lot/a/b/c"),
        ("lot", "https://user@example.com/lot/a/b/c"),
        ("party", "https://id.gs1.org/417/123456789012"),
        ("party", "https://example.com/party"),
        ("party", "https://example.com/party/a/b"),
        ("log", "https://example.com/"),
        ("log", "example.com"),
    ],
)
def test_names_have_one_spelling(type_: str, name: str) -> None:
    assert not accepts(uri.check_uri, type_, name)


def test_a_name_that_is_no_text_is_refused() -> None:
    for segment in ("%C3", "%FF", "%ED%A0%80", "\ud800"):
        with pytest.raises(Refuted, match="URI segment: expected UTF-8"):
            uri.check_uri("lot", f"https://example.com/lot/a/b/{segment}")


@given(st.text(min_size=1, max_size=20))
def test_a_name_is_spelled_once_or_not_at_all(text: str) -> None:
    try:
        name = uri.own_lot_uri("example.com", "farm", "milk", text)
    except Refuted:
        return
    assert uri.check_uri(uri.LOT, name) == name


def test_names_are_made_as_they_are_checked() -> None:
    assert uri.lot_uri("09506000134352", "A/1") == "https://id.gs1.org/01/09506000134352/10/A%2F1"
    assert uri.party_uri("example.com", "farm") == "https://example.com/party/farm"
    assert uri.log_uri("example.com/log") == "https://example.com/log"
    assert uri.check_gtin("09506000134352") == "09506000134352"
    with pytest.raises(Refuted):
        uri.check_gtin("09506000134353")


def test_the_kind_of_a_subject_and_the_log_it_is_in_make_another_subject() -> None:
    name = "https://example.com/party/farm"
    subjects = {uri.subject(kind, origin, name) for kind in ("lot", "party", "log") for origin in ("a", "b")}
    assert len(subjects) == 6


@pytest.mark.parametrize("case", cases("lotproof/checkpoint.json", "cases"), ids=title)
def test_checkpoint_vectors(shared_data: Any, case: Any) -> None:
    changes = {
        "origin": case["origin"],
        "log_keys": [[case["origin"], case["log_key"]]],
        "witnesses": [[case["witness_name"], case["witness_key"]]],
        "quorum": case["quorum"],
    }
    policy = parse_policy(World().policy(**changes))
    refused_by = None
    try:
        number = 1
        read = note.parse_note(case["note"])
        checkpoint = parse_checkpoint(read.body)
        assert format_checkpoint(checkpoint) == read.body
        number = 6
        check_signers(read, checkpoint, policy)
    except Refuted:
        refused_by = number
    assert refused_by == case.get("refused_by_check")


def test_a_checkpoint_has_four_lines_and_none_is_empty() -> None:
    lines = _a_note().split("\n\n")[0].split("\n")
    assert accepts(parse_checkpoint, "\n".join([*lines, ""]))
    for place in range(4):
        emptied = [*lines[:place], "", *lines[place + 1 :], ""]
        for bad in (emptied, [*lines[:place], *lines[place + 1 :], ""], [*lines, lines[place], ""]):
            assert not accepts(parse_checkpoint, "\n".join(bad)), bad
    assert not accepts(parse_checkpoint, "\n".join(lines)) and not accepts(parse_checkpoint, "\n".join([*lines, "x"]))


def test_notes_of_go_sumdb_are_read_and_written_back(shared_data: Any) -> None:
    vectors = json.loads((shared_data / "merkle/transcribed/golang-sumdb-note.json").read_text())
    text = vectors["text"] + "\n" + "".join(f"{line}\n" for line in vectors["signature_lines"])
    read = note.parse_note(text)
    assert read.body == vectors["text"]
    for line, vkey in zip(read.signatures, vectors["vkeys_valid"], strict=True):
        name, key_id, spelled = vkey.split("+", 2)
        raw = base64.b64decode(spelled)
        assert (line.name, line.key_id.hex()) == (name, key_id)
        assert note.key_id(name, raw[0], raw[1:]) == line.key_id


def test_examples_of_c2sp_are_read_and_written_back(shared_data: Any) -> None:
    for example in json.loads((shared_data / "merkle/transcribed/c2sp-spec-examples.json").read_text()):
        text = example["example"]
        if example["spec"] in ("signed-note", "tlog-checkpoint", "tlog-cosignature") and "\n\n\u2014" in text:
            read = note.parse_note(text)
            again = note.format_note(read.body, [(s.name, s.key_id, s.signature) for s in read.signatures])
            assert again == text
            # Without our map line it is no checkpoint of a lot ledger.
            assert not accepts(parse_checkpoint, read.body)


def test_checkpoints_of_sunlight_are_read_as_notes(shared_data: Any) -> None:
    found = list((shared_data / "merkle/sunlight").rglob("checkpoint"))
    assert found
    for path in found:
        text = path.read_text(encoding="utf-8")
        if "\n\n" in text:
            assert note.parse_note(text).body.count("\n") >= 3


@pytest.mark.parametrize(
    "bend",
    [
        lambda text: text[:-1],
        lambda text: text + "\n",
        lambda text: text.replace("\n\n", "\n \n"),
        lambda text: text.replace("\u2014 ", "\u2014  "),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\n" + text.split("\n\n", 1)[1],
        lambda text: text.replace("\n\n", "\n\0\n\n"),
        lambda text: text + "\u2014 no signature\n",
        lambda text: text + "\u2014 short AAAA\n",
        lambda text: text + "\u2014 a+b AAAAAAAA\n",
        lambda text: text + "\u2014 a\u00a0b AAAAAAAA\n",
        lambda text: text + "x" * note.MAX_NOTE,
    ],
)
def test_a_note_has_one_spelling(bend: Any) -> None:
    text = _a_note()
    assert accepts(note.parse_note, text)
    assert not accepts(note.parse_note, bend(text))


def _a_note() -> str:
    world = World()
    world.keys("farm", ["farm"])
    return world.checkpoint()


def test_an_entry_that_no_parser_takes_is_not_written() -> None:
    good = entry.parse_entry(_an_entry())
    for bad in (
        replace(good, kind=5),
        replace(good, sequence=0),
        replace(good, sequence=2),
        replace(good, recorded_at=2**53),
    ):
        with pytest.raises(Refuted):
            entry.format_entry(bad)


def _an_entry() -> bytes:
    world = World()
    world.keys("farm", ["farm"])
    return world.entries[0]


def test_two_log_keys_may_follow_each_other_but_only_one_signs() -> None:
    world = World()
    world.keys("farm", ["farm"])
    read = note.parse_note(world.checkpoint())
    checkpoint: Checkpoint = parse_checkpoint(read.body)
    origin = checkpoint.origin
    both = parse_policy(world.policy(log_keys=[[origin, b64(public_key("log"))], [origin, b64(public_key("log2"))]]))
    assert len(both.log_keys) == 2 and isinstance(both.log_keys[0], NamedKey)
    assert check_signers(read, checkpoint, both) == 0

"""An EPCIS document with its proof inside: what it may say beside the proof, and every way to say more or otherwise."""

import base64
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from verifier import cli, epcis
from verifier.bundle import parse_bundle
from verifier.disclosure import disclose
from verifier.epcis import PROOF, read_document, verify_epcis
from verifier.errors import Refuted
from verifier.policy import parse_policy
from verifier.report import Report, Verdict, as_json
from verifier.statement import read
from verifier.verify import verify

from .maker import ORIGIN, World, story
from .test_hostile import toml
from .vectors import accepts

Said = dict[str, Any]


def events_of(file: Said) -> list[Said]:
    """What the statements of a lot proof tell, as events."""
    told = []
    for item in parse_bundle(json.dumps(file).encode()).history:
        assert item.statement is not None
        statement = read(item.statement.jwt, item.entry.kind, ORIGIN)
        seen = disclose(statement, item.statement.disclosures, file["lot"])
        lists = {name: list(members.shown) for name, members in seen.lists.items() if members.shown}
        told.append(
            {**seen.properties, **lists, "lotproof:proof": {"status": "final"}, "recordTime": "2026-09-21T15:00:00Z"}
        )
    return told


def document(file: Said, events: list[Said]) -> Said:
    proof = base64.b64encode(json.dumps(file).encode()).decode()
    return {"@context": [], "type": "EPCISDocument", "schemaVersion": "2.0", "epcisHeader": {PROOF: proof},
            "epcisBody": {"eventList": events}}  # fmt: skip


def judged(world: World, said: Any, lot: str | None = None) -> Report:
    def judge(file: bytes) -> Report:
        return verify([file], parse_policy(world.policy()), [world.chain()], now=world.now, lot=lot)

    return verify_epcis(json.dumps(said).encode(), judge, ORIGIN)


@pytest.fixture(scope="module")
def told() -> tuple[World, str, Said]:
    world, lot = story()
    file = world.bundle(lot)
    return world, lot, document(file, events_of(file))


def test_events_that_say_what_was_signed(told: Any) -> None:
    world, lot, said = told
    report = judged(world, said)
    assert report.exit_code == 0 and report.subject == lot
    assert "3 events say what was signed" in report.answer(4).remarks


def first(said: Said) -> Said:
    event: Said = said["epcisBody"]["eventList"][0]
    return event


REFUTED: dict[str, Callable[[Said], Any]] = {
    "another value": lambda said: first(said).update(bizStep="receiving"),
    "another quantity": lambda said: first(said)["quantityList"][0].update(quantity=101),
    "a member more": lambda said: first(said)["quantityList"].append({"epcClass": "urn:x:y", "quantity": 1}),
    "a list that is none": lambda said: first(said).update(quantityList="all of it"),
    "an object for a list": lambda said: first(said).update(quantityList={}),
    "a property more": lambda said: first(said).update(certificationInfo="https://x.example/1"),
    "what the second event says": lambda said: first(said).update(eventID=said["epcisBody"]["eventList"][2]["eventID"]),
}


@pytest.mark.parametrize("lie", REFUTED)
def test_saying_more_or_otherwise_is_refuted(told: Any, lie: str) -> None:
    world, _, said = told
    bent = copy.deepcopy(said)
    REFUTED[lie](bent)
    report = judged(world, bent)
    assert (report.exit_code, report.answer(4).verdict) == (1, Verdict.REFUTED)
    assert all(report.answer(check).verdict is Verdict.YES for check in (1, 2, 3, 5, 6, 7, 8))
    assert report.answer(4).remarks == judged(world, said).answer(4).remarks[:-1]


@pytest.mark.parametrize("id", ["urn:uuid:00000000-0000-4000-8000-000000000000", None, 5, ["x"]])
def test_an_event_that_the_proof_does_not_know_is_left_open(told: Any, id: Any) -> None:
    world, _, said = told
    bent = copy.deepcopy(said)
    first(bent)["eventID"] = id
    answer = judged(world, bent).answer(4)
    assert answer.verdict is Verdict.UNKNOWN and "events say" not in str(answer.remarks)


def test_what_a_repository_adds_when_it_shows_an_event_needs_no_signature(told: Any) -> None:
    world, _, said = told
    bent = copy.deepcopy(said)
    first(bent).update({"@context": ["https://x.example"], "recordTime": "now", "lotproof:proof": None})
    assert PROOF == "lotproof:lotProof" and judged(world, bent).exit_code == 0


def test_saying_less_is_allowed(told: Any) -> None:
    world, _, said = told
    bent = copy.deepcopy(said)
    del first(bent)["disposition"], first(bent)["quantityList"], bent["epcisBody"]["eventList"][1]
    assert judged(world, bent).exit_code == 0


@pytest.mark.parametrize("hidden", ["disposition", "quantityList[0]"])
def test_what_the_proof_hides_is_left_open(hidden: str) -> None:
    world, lot = story()
    full, part = world.bundle(lot), world.bundle(lot, show=lambda name: name != hidden)
    report = judged(world, document(part, events_of(full)))
    assert report.answer(4).verdict is Verdict.UNKNOWN and report.exit_code == 2
    assert judged(world, document(part, events_of(part))).answer(4).verdict is Verdict.YES


def test_an_event_whose_statement_is_withheld_is_left_open(told: Any) -> None:
    world, lot, said = told
    part = world.bundle(lot)
    part["history"][1]["statement"] = None
    answer = judged(world, document(part, said["epcisBody"]["eventList"])).answer(4)
    assert "no statement that the proof shows is its" in str(answer.unknown) and not answer.refuted


def test_the_proof_inside_is_judged_as_any_other(told: Any) -> None:
    world, lot, said = told
    other = judged(world, said, lot + "X")
    assert other.answer(2).verdict is Verdict.REFUTED and "3 events say what was signed" in other.answer(4).remarks
    bent = world.bundle(lot)
    bent["history"].pop()
    report = judged(world, document(bent, said["epcisBody"]["eventList"][:2]))
    assert report.answer(5).verdict is Verdict.REFUTED and report.answer(4).verdict is Verdict.YES
    bent = world.bundle(lot)
    bent["history"][0]["statement"] = bent["history"][1]["statement"]
    report = judged(world, document(bent, said["epcisBody"]["eventList"]))
    alone = verify([json.dumps(bent).encode()], parse_policy(world.policy()), [world.chain()], now=world.now)
    assert as_json(report) == as_json(alone) and report.answer(3).verdict is Verdict.REFUTED


def test_a_proof_without_form_is_refuted_and_nothing_is_compared(told: Any) -> None:
    world, _, said = told
    report = judged(world, document({"format": "lotproof/1"}, said["epcisBody"]["eventList"]))
    assert report.answer(1).verdict is Verdict.REFUTED and report.answer(4).verdict is Verdict.UNKNOWN


BROKEN: list[Callable[[Said], Any]] = [
    lambda said: said.pop("epcisHeader"), lambda said: said.update(epcisHeader=5), lambda said: said.pop("epcisBody"),
    lambda said: said.update(epcisBody=[]), lambda said: said["epcisHeader"].pop(PROOF),
    lambda said: said["epcisHeader"].update({PROOF: 5}), lambda said: said["epcisHeader"].update({PROOF: "A"}),
    lambda said: said.update(type="EPCISQueryDocument"), lambda said: said["epcisBody"].update(eventList={}),
    lambda said: said["epcisBody"].update(eventList=[{}, 1]),
    lambda said: said["epcisBody"].update(eventList=[{}] * (epcis.MAX_EVENTS + 1)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(BROKEN)))
def test_a_broken_document_is_refuted_in_its_form(told: Any, number: int) -> None:
    world, _, said = told
    bent = copy.deepcopy(said)
    BROKEN[number](bent)
    assert not accepts(read_document, json.dumps(bent).encode())
    report = judged(world, bent)
    assert report.answer(1).verdict is Verdict.REFUTED and report.exit_code == 1
    assert [answer.check for answer in report.answers] == list(range(1, 9))


def test_a_proof_has_its_limit_in_base64(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    data, length = json.dumps(told[2]).encode(), len(told[2]["epcisHeader"][PROOF])
    for half, fits in ((length // 2, True), (length // 2 - 1, False)):
        monkeypatch.setattr(epcis, "MAX_FILE", half)
        assert accepts(read_document, data) is fits


def test_the_limits(told: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (epcis.MAX_DOCUMENT, epcis.MAX_EVENTS) == (3 * 8 * 1024 * 1024, 4096)
    data = json.dumps(told[2]).encode()
    assert accepts(read_document, data) and not accepts(read_document, b"[]") and not accepts(read_document, b"{")
    for limit, fits in ((len(data), True), (len(data) - 1, False)):
        monkeypatch.setattr(epcis, "MAX_DOCUMENT", limit)
        assert accepts(read_document, data) is fits
    monkeypatch.setattr(epcis, "MAX_DOCUMENT", 10**9)
    many = told[2] | {"epcisBody": {"eventList": [{}] * epcis.MAX_EVENTS}}
    assert len(read_document(json.dumps(many).encode()).events) == epcis.MAX_EVENTS


def test_as_a_command(told: Any, tmp_path: Path, capsys: Any) -> None:
    world, lot, said = told
    (tmp_path / "policy.toml").write_text(toml(world.policy()))
    (tmp_path / "lot.json").write_text(json.dumps(said))
    asked = [str(tmp_path / "lot.json"), "--policy", str(tmp_path / "policy.toml"), "--offline"]
    assert cli.main([*asked, "--as", "epcis"]) == 2  # the chain was not asked
    assert "3 events say what was signed" in capsys.readouterr().out
    assert cli.main([*asked, "--as", "epcis", "--lot", lot + "X"]) == 1
    assert cli.main([*asked, asked[0], "--as", "epcis"]) == 64
    capsys.readouterr()
    (tmp_path / "lot.json").write_text(" " * (8 * 1024 * 1024) + json.dumps(said))  # more than a lot proof may have
    assert cli.main([*asked, "--as", "epcis"]) == 2
    capsys.readouterr()
    (tmp_path / "lot.json").write_text(json.dumps(said))
    assert cli.main(asked) == 1 and "--as epcis" in capsys.readouterr().err


def test_where_an_event_differs_is_told(told: Any) -> None:
    world, _, said = told
    bent = copy.deepcopy(said)
    first(bent).update(bizStep="receiving")
    (reason,) = judged(world, bent).answer(4).refuted
    assert isinstance(reason, Refuted) and reason.what.startswith("bizStep of event urn:uuid:")
    assert (reason.expected, reason.seen) == ("'shipping'", "'receiving'")

"""The hostile campaign is itself put to the test: a verifier that leaves one thing out must be found out by it."""

import os
import signal
from json.scanner import make_scanner
from random import Random

import pytest

from tests.campaigns import hostile
from tests.campaigns.bundles import judging
from tests.campaigns.bundles.bends import Draw
from tests.campaigns.bundles.corpus import CORPUS, given
from tests.campaigns.bundles.given import written
from tests.campaigns.bundles.judging import Job, Tally
from tests.campaigns.campaign import Plan
from verifier import chain, ed25519, encoding, timing, verify


def judged(family: str, about: str) -> Tally:
    """The cases of one family whose name begins so, against the file of a handoff."""
    valid, tally = given("a handoff"), Tally()
    for name, data in judging.FAMILIES[family](valid, Draw(Random(1), 1.0)):
        if name.startswith(about):
            judging.judge(valid, name, data, tally)
    assert tally.cases
    return tally


@pytest.mark.parametrize("name", CORPUS)
def test_every_file_that_is_bent_is_valid(name: str) -> None:
    valid = given(name)
    report = valid.report(written(valid.file))
    assert report.exit_code == valid.exit_code, report.first_failed


def test_an_honest_verifier_is_not_accused() -> None:
    total = judging.run(Job("a handoff", "splices", "1", 0.1))
    assert (total.found, total.outcomes["yes"] > 0) == ([], True)


LEFT_OUT = {
    "check 2": (verify, "check_sequence", "values", "history: first two swapped"),
    "check 4": (verify, "_disclosed", "splices", "history/0/statement: another's disclosures"),
    "check 5, that every entry is in the log": (verify, "check_inclusion", "values", "history/0/path"),
    "check 5, that no entry is left out": (verify, "check_head", "values", "history: last dropped"),
    "check 6": (verify, "check_signers", "named", "54140 bad signature: checkpoint"),
    "check 6, the signature itself": (ed25519, "verify", "named", "54140 bad signature: checkpoint"),
    "check 7": (chain, "_held_all", "named", "55655 unsigned time: anchor"),
    "check 8": (timing.Timeline, "check", "values", "anchors: first dropped"),
}


@pytest.mark.parametrize("left_out", LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_a_verifier_that_leaves_a_check_out_says_yes_to_a_lie(
    monkeypatch: pytest.MonkeyPatch, left_out: tuple[object, str, str, str]
) -> None:
    room, look, family, about = left_out
    monkeypatch.setattr(room, look, lambda *_: None)
    assert {found.expected for found in judged(family, about).found} == {"no yes to a lie"}


def test_a_verifier_that_forgives_what_check_3_finds_says_yes_to_a_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgiving(case: verify.Case, found: verify.Findings) -> None:
        verify._who_said_so(case, verify.Findings(3))
        case.who_said_so = verify.Verdict.YES

    monkeypatch.setattr(verify, "CHECKS", {**verify.CHECKS, 3: forgiving})
    assert judged("splices", "history/0/statement: another's").found


def test_a_verifier_that_reads_a_member_twice_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for decoder in (encoding._DECODER, encoding._DOCUMENT_DECODER):
        monkeypatch.setattr(decoder, "object_pairs_hook", dict)
        monkeypatch.setattr(decoder, "scan_once", make_scanner(decoder))
    assert any("twice" in found.seen for found in judged("tricks", "format: twice").found)


def test_a_verifier_that_raises_or_dawdles_or_devours_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[bytes] = []

    def raising(*_: object) -> None:
        raise ZeroDivisionError

    def dawdling(*_: object) -> None:
        sum(number * number for number in range(10_000_000))

    def devouring(*_: object) -> None:
        held.append(b"x" * (judging.GROWTH + 10_000_000))
        held.clear()

    for bad, word in ((raising, "ZeroDivisionError"), (dawdling, " s"), (devouring, ",")):
        monkeypatch.setattr(verify, "check_head", bad)
        assert any(word in found.seen for found in judged("values", "history: last dropped").found), word


def test_a_verifier_that_dies_leaves_the_case_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel ends what takes too long and cannot be interrupted."""
    monkeypatch.setattr(hostile, "run", _dying)
    assert "a receipt" in hostile.judged([Job("a receipt", "values", "1", 1.0)], Plan(1)).found[0].case


def _dying(job: Job) -> Tally:
    judging._begin(f"{job.name} / the last one")
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def test_no_byte_is_left_alone() -> None:
    valid = given("a receipt")
    data = written(valid.file)
    bent = [case for _, case in judging.FAMILIES["each byte"](valid, Draw(Random(1), 1.0))]
    others = [case for case in bent if len(case) == len(data)]
    assert [[at for at, byte in enumerate(case) if byte != data[at]] for case in others] == [
        [n] for n in range(len(data))
    ]
    assert [len(case) for case in bent if len(case) != len(data)] == list(range(len(data)))

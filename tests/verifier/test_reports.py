"""What a report holds: its JSON is read by programs, so every name in it is said here once."""

import json
from typing import Any

from verifier import fork, fraud, receipt, report, uri
from verifier.bundle import parse_bundle
from verifier.entry import PARTY_KEY, parse_entry
from verifier.errors import Refuted, Unavailable
from verifier.policy import parse_policy
from verifier.report import Findings, Report, Verdict, as_json
from verifier.verify import verify

from .maker import ORIGIN, World, lot_name, party, story
from .test_fork import FORKS, against_an_anchor, of_one_size, of_two_sizes
from .test_fork import judged as judged_fork
from .test_receipt import forgetful


def judged(world: World, file: Any, **how: Any) -> Report:
    return verify([json.dumps(file).encode()], parse_policy(world.policy()), [world.chain()], now=0, **how)


def test_a_lot_proofs_report_as_json() -> None:
    world, lot = story()
    seen = as_json(judged(world, world.bundle(lot)))
    last = world.anchors[-1]
    assert seen["facts"] == {
        "entries": 3,
        "checkpoint_size": 9,
        "parties": [party("farm"), party("mill")],
        "hidden_fields": 0,
        "erased_fields": 0,
        "withheld_statements": 0,
        "handoffs": {
            "signed by both": 1, "received less": 0, "refused": 0, "taken back or corrected": 0, "one-sided": 0,
        },
        "anchor": 3,
        "anchored_at": last.time,
        "block": 5004,
        "block_hash": "0x" + world.chain().final_block.hash.hex(),
        "nodes": ["fake node"],
    }
    assert (seen["subject"], seen["exit"], seen["caveats"]) == (lot, 0, list(report.CAVEATS))
    titles = ["Form", "Chain", "Who said so", "What was said", "Complete", "Signed by the log", "Anchored", "In time"]
    yes = {"answer": "yes", "refuted": [], "could_not_check": [], "remarks": [], "late": False}
    assert seen["checks"] == [{"check": number, "title": title} | yes for number, title in enumerate(titles, 1)]


def test_a_refused_form_leaves_all_else_open() -> None:
    world, _ = story()
    seen = as_json(judged(world, []))
    assert (seen["subject"], seen["exit"], seen["facts"]) == ("lot proof", 1, {})
    assert [check["answer"] for check in seen["checks"]] == ["refuted"] + ["could not check"] * 7
    assert seen["checks"][0]["refuted"] == [{"what": "file", "expected": "an object", "seen": "list"}]
    assert seen["checks"][7]["could_not_check"] == [{"what": "In time", "why": "the form was refused"}]


def test_withheld_fields_and_statements_are_counted() -> None:
    world, lot = story()
    file = world.bundle(lot, show=lambda name: name != "disposition")
    file["history"][0]["statement"] = None
    seen = as_json(judged(world, file))
    assert (seen["facts"]["hidden_fields"], seen["facts"]["withheld_statements"]) == (2, 1)
    assert seen["checks"][3]["remarks"] == ["2 fields withheld"]


def test_a_file_of_another_lot_than_the_one_asked_for_is_refuted() -> None:
    world, lot = story()
    assert judged(world, world.bundle(lot), lot=lot).exit_code == 0
    report = judged(world, world.bundle(lot), lot=lot_name(2))
    assert report.answer(2).verdict is Verdict.REFUTED


def test_a_receipts_report_as_json() -> None:
    world, lot = story()
    index = world.heads[uri.subject(uri.LOT, ORIGIN, lot)][-1]
    entry = parse_entry(world.entries[index])
    data = json.dumps(world.receipt(index)).encode()
    seen = as_json(receipt.verify_receipt(data, parse_policy(world.policy()), lot))
    assert seen["facts"] == {
        "index": 8,
        "sequence": 3,
        "subject": entry.subject.hex(),
        "statement_hash": entry.statement_hash.hex(),
        "recorded_at": entry.recorded_at,
        "checkpoint_size": 9,
    }
    titles = {1: "Form", 2: "Of this lot", 5: "In the log", 6: "Signed by the log"}
    assert (seen["subject"], {check["check"]: check["title"] for check in seen["checks"]}) == ("receipt", titles)
    refused = as_json(receipt.verify_receipt(b"{}", parse_policy(world.policy())))
    assert (refused["subject"], refused["exit"]) == ("receipt", 1)
    assert {check["check"]: check["title"] for check in refused["checks"]} == titles
    assert [check["answer"] for check in refused["checks"]] == ["refuted"] + ["could not check"] * 3


def test_a_frauds_report_as_json() -> None:
    world, lot = story()
    subject = uri.subject(uri.LOT, ORIGIN, lot)
    promise = world.receipt(world.heads[subject][-1])
    proof = fraud.fraud_of(promise, parse_bundle(json.dumps(forgetful(world, lot).bundle(lot)).encode()))
    assert proof["format"] == "lotproof-fraud/1"
    seen = as_json(fraud.verify_fraud(json.dumps(proof).encode(), parse_policy(world.policy())))
    assert seen["facts"] == {
        "promised_sequence": 3,
        "promised_at_size": 9,
        "later_size": 10,
        "later_count": 2,
        "subject": subject.hex(),
    }
    titles = {1: "Form", 2: "They contradict", 5: "Both follow from their roots", 6: "Both signed by the log"}
    assert {check["check"]: check["title"] for check in seen["checks"]} == titles
    refused = as_json(fraud.verify_fraud(b"{}", parse_policy(world.policy())))
    assert [(check["check"], check["title"]) for check in refused["checks"]] == list(titles.items())
    assert (seen["subject"], refused["subject"], refused["exit"]) == ("proof of fraud", "proof of fraud", 1)


def test_a_forks_report_as_json() -> None:
    titles = {1: "Form", 2: "They contradict", 5: "Both follow from their roots", 6: "Signed by the log"}
    for made in FORKS:
        world, evidence = made()
        seen = as_json(judged_fork(world, evidence))
        anchored = {7: "Anchored"} if "anchor" in evidence else {}
        assert [(check["check"], check["title"]) for check in seen["checks"]] == list((titles | anchored).items())
    world, evidence = of_one_size()
    seen = judged_fork(world, evidence).facts
    assert (list(seen), seen["sizes"]) == (["sizes", "roots", "maps"], [8, 8])
    world, evidence = of_two_sizes()
    seen = judged_fork(world, evidence).facts
    assert (list(seen), seen["sizes"]) == (["sizes", "roots", "differs_within_entries"], [7, 12])
    assert seen["differs_within_entries"] == [4, 5]
    assert judged_fork(*against_an_anchor()).facts["anchor"] == 2
    refused = as_json(judged_fork(world, {}))
    assert [(check["check"], check["title"]) for check in refused["checks"]] == list(titles.items())
    assert (refused["subject"], refused["exit"], fork.FORMAT) == ("evidence of a fork", 1, "lotproof-fork/1")


def test_findings_keep_the_first_sixteen_of_each_kind() -> None:
    found = Findings(2)
    for number in range(20):
        found.refute(Refuted(f"r{number}"))
        found.leave_open(Unavailable(f"u{number}", "away"))
    answer = found.answer()
    assert [each.what for each in answer.refuted] == [f"r{number}" for number in range(16)]
    assert [each.what for each in answer.unknown] == [f"u{number}" for number in range(16)]
    assert (answer.title, answer.why, answer.late) == ("Chain", "r0", False)
    other = Findings(2, "Part")
    other.take(found)
    assert (other.title, other.answer().refuted, other.answer().unknown) == ("Part", answer.refuted, answer.unknown)


def test_a_late_yes_is_late_and_nothing_else_is() -> None:
    found = Findings(7)
    found.late = True
    found.remarks += ["not final", "2 newer anchors exist"]
    answer = found.answer()
    assert (answer.why, answer.late) == ("not final; 2 newer anchors exist", True)
    late = Report("it", (Findings(1).answer(), answer))
    assert (late.exit_code, late.first_failed) == (3, answer)
    found.leave_open(Unavailable("chain", "away"))
    assert (found.answer().late, found.verdict) == (False, Verdict.UNKNOWN)
    assert Report("it", (Findings(1).answer(),)).first_failed is None
    assert [report.ALL_YES, report.ANY_REFUTED, report.ANY_UNKNOWN, report.NOT_FINAL_OR_OLD, report.USAGE] == [
        0, 1, 2, 3, 64,
    ]  # fmt: skip


def shown(expected: object, seen: object) -> tuple[object, object]:
    found = Findings(1)
    found.refute(Refuted("it", expected, seen))
    (plain,) = as_json(Report("it", (found.answer(),)))["checks"][0]["refuted"]
    json.dumps(plain).encode()
    return plain["expected"], plain["seen"]


def test_what_was_expected_and_seen_is_plain_and_short() -> None:
    assert shown(None, 7) == (None, 7)
    assert shown(b"\x01\xff", [1, "a"]) == ("01ff", "[1, 'a']")
    assert shown("x" * 1000, "y" * 1001) == ("x" * 1000, "y" * 1000)
    assert shown("\ud800", True) == ("?", True)


def test_an_error_says_what_was_expected_and_seen_and_is_not_flooded() -> None:
    assert str(Refuted("it")) == "it"
    assert str(Refuted("it", 1)) == "it: expected 1, seen nothing"
    assert str(Refuted("it", None, b"\x01")) == "it: expected nothing, seen 01"
    assert str(Refuted("it", 1, "x" * 400)) == "it: expected 1, seen " + "x" * 400
    assert str(Refuted("it", 1, "x" * 401)) == "it: expected 1, seen " + "x" * 397 + "..."
    assert (len(Refuted("w" * 500).what), str(Unavailable("it", "away"))) == (400, "it: away")
    assert (Unavailable("it", "away").what, Unavailable("it", "away").why) == ("it", "away")
    assert Refuted("it", 1).args == ("it",)


def test_the_kinds_of_entries_are_numbered_as_the_format_says() -> None:
    from verifier import entry

    assert (entry.MOVEMENT, PARTY_KEY, entry.ERASURE, entry.NOTICE, entry.VERSION) == (1, 2, 3, 4, 1)

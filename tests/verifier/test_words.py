"""The words that others read by: names of formats, of checks and of kinds. Who changes one changes a format."""

from verifier import alarms, audit, bundle, cli, fork, fraud, monitor_state, receipt, report, resume
from verifier.report import Verdict

FORMATS = {
    alarms: "lotproof-alarm/1",
    bundle: "lotproof/1",
    fork: "lotproof-fork/1",
    fraud: "lotproof-fraud/1",
    monitor_state: "lotproof-monitor/1",
    receipt: "lotproof-receipt/1",
    resume: "lotproof-audit/1",
}
FOLLOW = "Both follow from their roots"
TITLES = {
    audit: {1: "Form", 2: "Chains", 3: "Tiles", 4: "Statements", 5: "Roots", 6: "Signed by the log", 7: "Anchored"},
    fork: {1: "Form", 2: "They contradict", 5: FOLLOW, 6: "Signed by the log", 7: "Anchored"},
    fraud: {1: "Form", 2: "They contradict", 5: FOLLOW, 6: "Both signed by the log"},
    receipt: {1: "Form", 2: "Of this lot", 5: "In the log", 6: "Signed by the log"},
    report: {
        1: "Form", 2: "Chain", 3: "Who said so", 4: "What was said", 5: "Complete", 6: "Signed by the log",
        7: "Anchored", 8: "In time",
    },
}  # fmt: skip


def test_formats_have_these_names() -> None:
    assert {where: where.FORMAT for where in FORMATS} == FORMATS


def test_checks_have_these_numbers_and_titles() -> None:
    assert {where: where.TITLES for where in TITLES} == TITLES


def test_answers_are_these_three() -> None:
    assert [verdict.value for verdict in Verdict] == ["yes", "refuted", "could not check"]
    assert [cli._SIGNS[verdict] for verdict in Verdict] == ["yes", "REFUTED", "could not check"]


def test_what_a_file_may_be_said_to_be_is_the_name_of_its_format() -> None:
    assert {kind: f"lotproof-{kind}/1" for kind in ("receipt", "fraud", "fork")} == cli._KINDS
    assert list(cli._COMMANDS) == ["audit", "monitor", "fraud", "fork"]

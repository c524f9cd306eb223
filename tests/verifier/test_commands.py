"""The command line's own doings: what it prints, whom it asks, and how each kind of end is told."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from verifier import audit, cli, fork, fraud, monitor_command, pack, receipt, uri
from verifier.command import WrongUse, parser_of, printable, show, token_of
from verifier.errors import Refuted, Unavailable
from verifier.http import Deadline, fetch
from verifier.report import Answer, Findings, Report, Verdict

from .maker import ORIGIN, lot_name, story
from .test_cli import run
from .test_hostile import toml


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    world, lot = story()
    (tmp_path / "policy.toml").write_text(
        toml(world.policy(rpc=["http://node.example"], sources=["http://src.example"]))
    )
    (tmp_path / "lot.json").write_text(json.dumps(world.bundle(lot)))
    (tmp_path / "other.json").write_text(json.dumps(world.bundle(lot_name(2))))
    (tmp_path / "receipt.json").write_text(json.dumps(world.receipt(4)))
    return tmp_path


def test_a_mistake_of_ours_is_no_finding(monkeypatch: Any, capsys: Any, folder: Path) -> None:
    for raised, code, said in ((ZeroDivisionError("ours"), 2, "ZeroDivisionError: ours"),
                               (KeyboardInterrupt(), 2, "stopped before the end"),
                               (OSError("disk"), 64, "lotproof-verify: disk")):  # fmt: skip

        def fail(*_: Any, raised: BaseException = raised) -> None:
            raise raised

        monkeypatch.setattr(cli, "verify", fail)
        assert run(folder, "lot.json", "--policy", "policy.toml") == code
        assert said in capsys.readouterr().err


def test_arguments_come_from_the_command_line_if_none_are_given(monkeypatch: Any, capsys: Any, folder: Path) -> None:
    monkeypatch.setattr(sys, "argv", ["lotproof-verify", "--help"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    assert "usage: lotproof-verify" in capsys.readouterr().out
    (folder / "one.json").write_text(story()[0].checkpoint())
    monkeypatch.setattr(sys, "argv", ["lotproof-verify", "fork", *[str(folder / "one.json")] * 2])
    assert cli.main() == 1
    assert "no fork of one size" in capsys.readouterr().err


@pytest.mark.parametrize(
    "spelled", [["--polic", "x"], ["--policy", "x", "--js"], ["--policy", "x", "--a", "lot"], ["--policy=x", "--off"]]
)
def test_an_option_has_one_spelling(spelled: list[str], capsys: Any) -> None:
    for of in (cli._verify, cli._audit, monitor_command.run):
        with pytest.raises(WrongUse):
            of(["x", *spelled])


def test_whom_a_policy_and_the_options_ask(monkeypatch: Any, folder: Path) -> None:
    asked: list[Any] = []

    def asking(files: Any, policy: Any, nodes: Any, sources: Any, now: int, lot: Any) -> Report:
        asked.append(([node.url for node in nodes], len(sources), nodes[0].deadline.left("") if nodes else None))
        return Report("", ())

    monkeypatch.setattr(cli, "verify", asking)
    run(folder, "lot.json", "--policy", "policy.toml")
    run(folder, "lot.json", "--policy", "policy.toml", "--rpc", "http://a", "--rpc", "http://b", "--timeout", "100")
    run(folder, "lot.json", "--policy", "policy.toml", "--offline", "--rpc", "http://a")
    assert [each[:2] for each in asked] == [(["http://node.example"], 1), (["http://a", "http://b"], 1), ([], 0)]
    assert 5 < asked[0][2] <= 10 and 90 < asked[1][2] <= 100 and asked[2][2] is None


def test_each_file_by_itself_or_all_as_parts(folder: Path, capsys: Any) -> None:
    asked = ("lot.json", "other.json", "--policy", "policy.toml", "--offline", "--json")
    assert run(folder, *asked) == 1
    capsys.readouterr()
    assert run(folder, *asked, "--each") == 2
    reports = json.loads(capsys.readouterr().out)
    assert [report["subject"] for report in reports] == [lot_name(1), lot_name(2)]
    (folder / "bad.json").write_text("{}")
    assert run(folder, "lot.json", "bad.json", "--policy", "policy.toml", "--offline", "--each") == 1
    text = capsys.readouterr().out
    assert lot_name(1) in text and "REFUTED: do not rely on this." in text
    assert run(folder, "receipt.json", "--policy", "policy.toml", "--as", "receipt", "--each") == 0


def test_the_worst_of_several_reports_is_the_end(capsys: Any) -> None:
    def ending(code: int) -> Report:
        found = Findings(1)
        if code == 1:
            found.refute(Refuted("it"))
        if code == 2:
            found.leave_open(Unavailable("it", "away"))
        found.late = code == 3
        return Report("it", (found.answer(),))

    for code, said in enumerate(("Every check says yes.", "REFUTED: do not", "Not everything", "Valid, but not")):
        assert cli._show(ending(code), False) == code
        assert capsys.readouterr().out.splitlines()[-1].startswith(said)
    for codes, worst in (([0, 0], 0), ([0, 3], 3), ([3, 2], 2), ([2, 3, 1], 1)):
        assert cli._show_each([ending(code) for code in codes], True) == worst
        assert [ending(code).exit_code for code in codes] == codes
    assert capsys.readouterr().out


def test_a_report_as_text(capsys: Any) -> None:
    answers = (
        Answer(1, "Form", Verdict.YES),
        Answer(2, "Chain", Verdict.REFUTED, (Refuted("it", 1, 2),)),
        Answer(7, "Anchored", Verdict.UNKNOWN, (), (Unavailable("chain", "no \x1b node"),), ("a remark",)),
    )
    facts = {"nodes": ["a", "b"], "anchored_at": 5, "recorded_at": 5000, "entries": 7}
    cli._show(Report("lot\x07", answers, facts, ("A caveat.",)), False)
    assert capsys.readouterr().out == (
        "lot\\x07\n\n  1 Form               yes\n"
        "  2 Chain              REFUTED\n      it: expected 1, seen 2\n"
        "  7 Anchored           could not check\n      chain: no \\x1b node\n      a remark\n\n"
        "  nodes: a, b\n  anchored_at: 1970-01-01T00:00:05.000Z\n"
        "  recorded_at: 1970-01-01T00:00:05.000Z\n  entries: 7\n\n"
        "  A caveat.\n\nREFUTED: do not rely on this.\n"
    )


@pytest.mark.parametrize(
    ("kind", "known"), [("receipt", receipt.FORMAT), ("fraud", fraud.FORMAT), ("fork", fork.FORMAT)]
)
def test_a_file_of_another_kind_is_said_to_be_one(folder: Path, capsys: Any, kind: str, known: str) -> None:
    (folder / "it.json").write_text(json.dumps({"format": known, "detail": "x"}))
    assert run(folder, "it.json", "--policy", "policy.toml", "--offline") == 1
    said = capsys.readouterr().err
    assert f"a {known}: say --as {kind}" in said and "service's answer" not in said
    (folder / "it.json").write_text(json.dumps({"format": known}).ljust(fraud.MAX_FRAUD))
    run(folder, "it.json", "--policy", "policy.toml", "--offline")
    assert f"a {known}: say" in capsys.readouterr().err


def test_a_services_answer_is_told_and_cut(folder: Path, capsys: Any) -> None:
    (folder / "it.json").write_text(json.dumps({"detail": "x" * 500}))
    assert run(folder, "it.json", "--policy", "policy.toml", "--offline") == 1
    assert "x" * 400 in (said := capsys.readouterr().err) and "x" * 401 not in said


@pytest.mark.parametrize("text", ["[]", "5", "{", '{"detail": 5}', "{}", '{"detail": "x"}' + " " * 140_000])
def test_there_is_no_hint_where_there_is_nothing_to_hint_at(folder: Path, capsys: Any, text: str) -> None:
    (folder / "it.json").write_text(text)
    assert run(folder, "it.json", "--policy", "policy.toml", "--offline") == 1
    assert not capsys.readouterr().err


def test_evidence_is_made_or_it_is_said_why_not(folder: Path, capsys: Any) -> None:
    world, _ = story()
    (folder / "one.json").write_text(world.checkpoint())
    (folder / "two.json").write_text(world.checkpoint(map_root=bytes(32)))
    assert run(folder, "fork", "one.json", "two.json") == 0
    told = capsys.readouterr()
    assert json.loads(told.out)["format"] == fork.FORMAT and "--as fork" in told.err
    (folder / "made.json").write_text(told.out)
    assert run(folder, "made.json", "--policy", "policy.toml", "--as", "fork", "--offline") == 0
    capsys.readouterr()
    assert run(folder, "fork", "one.json", "one.json") == 1
    assert "no fork of one size" in capsys.readouterr().err
    world.movement("farm", [lot_name(7)])
    subject = uri.subject(uri.LOT, ORIGIN, lot_name(1))
    world.heads[subject] = world.heads[subject][:-1]
    world.anchor()
    (folder / "later.json").write_text(json.dumps(world.bundle(lot_name(1))))
    (folder / "promise.json").write_text(json.dumps(story()[0].receipt(8)))
    assert run(folder, "fraud", "promise.json", "later.json") == 0
    told = capsys.readouterr()
    (folder / "fraud.json").write_text(told.out)
    assert "--as fraud" in told.err
    assert run(folder, "fraud.json", "--policy", "policy.toml", "--as", "fraud") == 0
    for kind in ("fraud", "fork"):
        assert run(folder, "lot.json", "other.json", "--policy", "policy.toml", "--as", kind) == 64


def test_a_policy_that_is_no_text_is_wrong_use(folder: Path, capsys: Any) -> None:
    (folder / "policy.toml").write_bytes(b"\xff")
    assert run(folder, "lot.json", "--policy", "policy.toml") == 64
    assert "is not UTF-8" in capsys.readouterr().err


def test_a_key_in_a_file(tmp_path: Path) -> None:
    assert token_of(None) is None
    for content, token in ((b"abc\n", "abc"), (b" a!~ \n", "a!~"), (b"x" * 4096, "x" * 4096)):
        (tmp_path / "key").write_bytes(content)
        assert token_of(tmp_path / "key") == token
    for content in (b"", b"\n", b"a b", b"a\nb", b"\xff", b"x" * 4097, b"a\x7f"):
        (tmp_path / "key").write_bytes(content)
        with pytest.raises(WrongUse, match="holds no key"):
            token_of(tmp_path / "key")


def test_what_a_terminal_cannot_show_is_escaped() -> None:
    for encoding, text in (("ascii", "a\\u4e2d\n"), ("utf-8", "a中\n")):
        raw = io.BytesIO()
        where = io.TextIOWrapper(raw, encoding)
        show("a中", where)
        where.flush()
        assert raw.getvalue().decode(encoding) == text
    plain = io.StringIO()
    show("a中", plain)
    assert plain.getvalue() == "a中\n"
    assert printable("a\x1b\u202e中 b") == "a\\x1b\\u202e中 b"


def test_the_audit_is_told_what_the_options_say(monkeypatch: Any, folder: Path) -> None:
    given: list[Any] = []
    monkeypatch.setattr(audit, "audit", lambda *options: given.append(options) or Report("log", ()))
    monkeypatch.setattr(cli.os, "cpu_count", lambda: 64)
    policy = str(folder / "policy.toml")
    (folder / "key").write_text("secret\n")
    cli.main(
        ["audit", "http://log/", "--policy", policy, "--jobs", "7", "--token", "t", "--resume", str(folder / "state")]
    )
    cli.main(["audit", "http://log/", "--policy", policy, "--token-file", str(folder / "key"), "--timeout", "9"])
    cli.main(["audit", "http://log/", "--policy", policy])
    (log, _, nodes, now, work, statements), second, third = given
    assert (log._url, log._headers, work.jobs) == ("http://log", {"Authorization": "Bearer t"}, 7)
    assert (work.resume.entries.name, second[4].resume, statements) == ("state.entries", None, None)
    assert ([node.url for node in nodes], now > 1_700_000_000) == (["http://node.example"], True)
    assert (second[0]._headers, third[0]._headers) == ({"Authorization": "Bearer secret"}, {})
    assert 3500 < log._deadline.left("") <= 3600 and second[0]._deadline.left("") <= 9
    assert third[4].jobs == 2
    monkeypatch.setattr(cli.os, "cpu_count", lambda: None)
    cli.main(["audit", "http://log/", "--policy", policy])
    assert given[3][4].jobs == 1
    assert cli.main(["audit", "http://log/", "--policy", policy, "--resume", str(folder / "no" / "state")]) == 64


def test_the_line_of_progress_is_wiped_however_the_audit_ends(monkeypatch: Any, folder: Path) -> None:
    for end in (lambda: Report("log", ()), lambda: 1 // 0):
        terminal = io.StringIO()
        terminal.isatty = lambda: True  # type: ignore[method-assign]
        monkeypatch.setattr(sys, "stderr", terminal)

        def audited(*options: Any, end: Any = end, terminal: Any = terminal) -> Any:
            options[4].progress._clock = lambda: 1e9
            options[4].progress("entries", 1, 2)
            assert terminal.getvalue().startswith("\rentries 1 of 2")
            return end()

        monkeypatch.setattr(audit, "audit", audited)
        cli.main(["audit", "http://log/", "--policy", str(folder / "policy.toml")])
        assert " \r" in terminal.getvalue()


def test_a_state_is_of_one_log_by_one_policy(monkeypatch: Any, folder: Path) -> None:
    given: list[Any] = []
    monkeypatch.setattr(audit, "audit", lambda *options: given.append(options[4].resume._of) or Report("log", ()))
    for url, more in (("http://a", {}), ("http://b", {}), ("http://a", {"max_age": 1})):
        (folder / "policy.toml").write_text(toml(story()[0].policy(**more)))
        cli.main(["audit", url, "--policy", str(folder / "policy.toml"), "--resume", str(folder / "state")])
    assert len(set(given)) == 3 and len(given[0]) == 64


def test_the_one_file_is_the_same_wherever_it_was_made(monkeypatch: Any) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert pack._name("x").create_system == 3


def test_packing_asks_for_one_name(capsys: Any, monkeypatch: Any, tmp_path: Path) -> None:
    assert pack.main([]) == pack.main(["a", "b"]) == 64
    assert "usage" in capsys.readouterr().err
    monkeypatch.setattr(sys, "argv", ["pack", str(tmp_path / "out")])
    assert pack.main() == 0
    assert (tmp_path / "out").read_bytes().startswith(b"#!/usr/bin/env python3\nPK")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755


def test_nobody_is_waited_for_after_the_deadline() -> None:
    clock = iter([100.0, 104.0, 105.0])
    deadline = Deadline(5, lambda: next(clock))
    assert deadline.left("it") == 1
    with pytest.raises(Unavailable, match="no answer in time"):
        deadline.left("it")
    with pytest.raises(Unavailable, match="no answer in time"):
        fetch("http://127.0.0.1:9/", Deadline(0))


def test_no_command_does_without_a_policy() -> None:
    with pytest.raises(WrongUse, match="required: --policy"):
        parser_of("it", None).parse_args([])

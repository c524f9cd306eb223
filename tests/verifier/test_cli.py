"""The command line as a stranger meets it, and the one file that he carries away."""

import hashlib
import json
import subprocess
import sys
from dataclasses import fields
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from verifier import cli, pack, policy
from verifier.policy import PolicyError, load_policy, parse_policy
from verifier.receipt import FORMAT
from verifier.resume import NotResumable
from verifier.timing import moment

from .maker import World, lot_name, story
from .test_epcis import document, events_of
from .test_hostile import toml


@pytest.fixture
def place(tmp_path: Path) -> tuple[World, str, Path]:
    """A folder with a policy, a lot proof, a receipt, a proof of absence, and a bent file."""
    world, lot = story()
    (tmp_path / "policy.toml").write_text(toml(world.policy()))
    (tmp_path / "lot.json").write_text(json.dumps(world.bundle(lot)))
    (tmp_path / "absent.json").write_text(json.dumps(world.bundle(lot_name(9))))
    (tmp_path / "receipt.json").write_text(json.dumps(world.receipt(4)))
    bent = world.bundle(lot)
    bent["history"].pop()
    (tmp_path / "bent.json").write_text(json.dumps(bent))
    return world, lot, tmp_path


def run(folder: Path, *arguments: str) -> int:
    spelled = [str(folder / a) if a.endswith((".json", ".toml")) else a for a in arguments]
    return cli.main(spelled)


def test_offline_the_chain_stays_open(place: Any, capsys: Any) -> None:
    _, lot, folder = place
    assert run(folder, "lot.json", "--policy", "policy.toml", "--offline") == 2
    said = capsys.readouterr().out
    assert lot in said and "7 Anchored" in said and "could not check" in said


def test_a_bent_file_ends_with_one(place: Any, capsys: Any) -> None:
    assert run(place[2], "bent.json", "--policy", "policy.toml") == 1
    assert "  5 Complete           REFUTED\n" in capsys.readouterr().out


def test_an_epcis_document_is_judged_as_one_when_asked(place: Any, capsys: Any, monkeypatch: Any) -> None:
    world, lot, folder = place
    file = world.bundle(lot)
    (folder / "events.json").write_text(json.dumps(document(file, events_of(file))))
    asked = ("events.json", "--policy", "policy.toml", "--offline")
    assert run(folder, *asked, "--as", "epcis") == 2
    assert "events say what was signed" in capsys.readouterr().out
    assert run(folder, *asked, "--as", "epcis", "--lot", lot_name(9)) == 1
    assert run(folder, *asked) == 1 and "say --as epcis" in capsys.readouterr().err
    spelled = [str(folder / each) if each.endswith((".json", ".toml")) else each for each in asked]
    monkeypatch.setattr(sys, "argv", ["lotproof-verify", *spelled, "--as", "epcis"])
    assert cli.main() == 2  # what the shell gave
    monkeypatch.setattr(cli, "MAX_FILE", 10)  # a document has a limit of its own
    assert cli.main() == 2


def test_what_cannot_be_gone_on_with_is_a_wrong_use(monkeypatch: Any, capsys: Any) -> None:
    def audit(_: list[str]) -> int:
        raise NotResumable("another log")

    monkeypatch.setitem(cli._COMMANDS, "audit", audit)
    assert cli.main(["audit"]) == cli.USAGE and capsys.readouterr().err == "lotproof-verify: another log\n"


def test_a_receipt_is_judged_as_one_when_asked(place: Any, capsys: Any) -> None:
    _, _, folder = place
    asked = ("receipt.json", "--policy", "policy.toml", "--as", "receipt")
    assert run(folder, *asked) == 0
    assert "recorded_at: 20" in capsys.readouterr().out
    assert run(folder, *asked, "--lot", lot_name(9)) == 1
    assert run(folder, "receipt.json", *asked) == 64


def test_a_receipt_does_not_pass_for_a_lot_proof(place: Any, capsys: Any) -> None:
    assert run(place[2], "receipt.json", "--policy", "policy.toml") == 1
    assert f"{FORMAT}: say --as receipt" in capsys.readouterr().err


def test_a_service_that_gave_no_proof_is_quoted(place: Any, capsys: Any) -> None:
    problem = {"type": "urn:x", "title": "Service Unavailable", "status": 503, "detail": "not anchored\x1b[2J yet"}
    (place[2] / "none.json").write_text(json.dumps(problem))
    assert run(place[2], "none.json", "--policy", "policy.toml") == 1
    said = capsys.readouterr().err
    assert "gave none: not anchored" in said and "\x1b" not in said


def test_a_lot_proof_is_what_a_file_must_be_if_nothing_else_is_said(place: Any, capsys: Any) -> None:
    for more in ((), ("--as", "lot")):
        assert run(place[2], "lot.json", "--policy", "policy.toml", "--offline", *more) == 2
        assert capsys.readouterr().out.startswith(lot_name())


def test_a_lot_proof_does_not_pass_for_a_receipt(place: Any, capsys: Any) -> None:
    assert run(place[2], "lot.json", "--policy", "policy.toml", "--as", "receipt") == 1


def test_json_says_the_same_as_text(place: Any, capsys: Any) -> None:
    assert run(place[2], "bent.json", "--policy", "policy.toml", "--json") == 1
    report = json.loads(capsys.readouterr().out)
    assert report["exit"] == 1
    assert [check["check"] for check in report["checks"]] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert report["checks"][4]["refuted"][0]["expected"] == "3 (the map)"
    assert report["caveats"]


def test_absence_is_said_in_words(place: Any, capsys: Any) -> None:
    assert run(place[2], "absent.json", "--policy", "policy.toml") == 2
    assert "holds no such lot" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["lot.json"],
        ["--policy", "policy.toml"],
        ["nowhere.json", "--policy", "policy.toml"],
        ["lot.json", "--policy", "nowhere.toml"],
        ["lot.json", "--policy", "lot.json"],
        ["lot.json", "--policy", "policy.toml", "--unknown"],
        ["audit", "--policy", "policy.toml"],
        ["fraud", "receipt.json"],
    ],
)
def test_wrong_use_ends_with_64(place: Any, arguments: list[str], capsys: Any) -> None:
    assert run(place[2], *arguments) == 64
    assert "lotproof-verify" in capsys.readouterr().err


def test_a_receipt_and_an_honest_later_file_are_no_fraud(place: Any, capsys: Any) -> None:
    assert run(place[2], "fraud", "receipt.json", "lot.json") == 1
    assert "no fraud" in capsys.readouterr().err


def test_a_file_cannot_write_over_the_terminal(place: Any, capsys: Any) -> None:
    world, _, folder = place
    file = world.bundle(lot_name(9)) | {"format": "\x1b[2J\x1b]0;all yes\x07"}
    (folder / "evil.json").write_text(json.dumps(file))
    assert run(folder, "evil.json", "--policy", "policy.toml") == 1
    assert "\x1b" not in capsys.readouterr().out


def test_times_are_told_as_a_person_reads_them() -> None:
    assert moment(1_795_556_417_466) == "2026-11-24T21:40:17.466Z"
    assert moment((1 << 64) * 1000) == f"{(1 << 64) * 1000} ms after 1970"


@pytest.mark.parametrize("missing", ["origin", "log_keys", "chain_id", "genesis", "contract", "code_hash", "max_age"])
def test_a_policy_without_what_it_trusts_is_refused(missing: str) -> None:
    values = World().policy()
    del values[missing]
    with pytest.raises(PolicyError, match=missing):
        parse_policy(values)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("log_keys", []),
        ("log_keys", [["log.example.com/lotproof", "AAAA"]]),
        ("genesis", "0x12"),
        ("contract", "0x" + "1" * 39),
        ("quorum", 1),
        ("max_age", -1),
        ("max_age", True),
        ("finality", "safe"),
        ("rpc", ["file:///etc/passwd"]),
        ("rpc", "https://one.example"),
        ("parties", {"farm": []}),
        ("parties", {"https://log.example.com/party/farm": ["short"]}),
        ("allow_withheld", 1),
        ("surprise", 1),
    ],
)
def test_a_policy_with_a_mistake_names_it(name: str, value: Any) -> None:
    with pytest.raises(PolicyError, match=name):
        parse_policy(World().policy(**{name: value}))


def test_an_empty_policy_is_refused() -> None:
    with pytest.raises(PolicyError):
        load_policy("")
    with pytest.raises(PolicyError):
        load_policy("= 1")


def test_the_policy_of_the_docstring_has_every_name() -> None:
    for field in fields(policy.Policy):
        assert f"{field.name} =" in str(policy.__doc__) or f"[{field.name}]" in str(policy.__doc__), field.name


def packed() -> bytes:
    target = BytesIO()
    pack.pack(target)
    return target.getvalue()


def test_the_one_file_is_the_same_each_time_and_small() -> None:
    assert hashlib.sha256(packed()).digest() == hashlib.sha256(packed()).digest()
    assert len(packed()) < 400_000


def test_the_one_file_runs_alone_with_plain_python(place: Any) -> None:
    """In isolated mode, from an empty folder: nothing of ours is importable but what is in the file."""
    _, _, folder = place
    alone = folder / "alone"
    alone.mkdir()
    (alone / "lotproof-verify.pyz").write_bytes(packed())
    command = [sys.executable, "-I", "lotproof-verify.pyz", "../lot.json", "--policy", "../policy.toml", "--json"]
    done = subprocess.run(command, cwd=alone, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert json.loads(done.stdout)["checks"][4]["answer"] == "yes"


def test_the_one_file_can_write_itself_again(tmp_path: Path) -> None:
    first, second = tmp_path / "first.pyz", tmp_path / "second.pyz"
    assert pack.main([str(first)]) == 0
    code = "import sys; sys.path.insert(0, sys.argv[1]); from verifier import pack; sys.exit(pack.main([sys.argv[2]]))"
    done = subprocess.run([sys.executable, "-I", "-c", code, str(first), str(second)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o111


def test_the_verifier_needs_the_standard_library_and_cryptography_only() -> None:
    code = "import sys, verifier.cli; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert not roots & {"service", "anchoring", "contracts", "requests", "web3", "orjson", "flask", "sqlalchemy"}

"""`lotproof-sign` as its user runs it, against a real HTTP server; what it says, and with which exit code."""

import json
import os
import pty
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import Engine
from werkzeug.serving import make_server

from signer import cli
from signer.cli import DONE, NOT_APPROVED, NOT_REACHED, REFUSED, USAGE
from tests.service.api.conftest import ORIGIN, Caller, furnished, receive
from tests.service.api.test_own_keys import movements, settle, uri

PASSPHRASE = "a passphrase of many words"


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/api/v1"
    server.shutdown()
    thread.join()


class Desk:
    """A party's own machine: its key, its passphrase, its API key, and the command."""

    def __init__(self, folder: Path, caller: Caller, address: str) -> None:
        self.folder, self.caller = folder, caller
        self.who = ["--party", uri(caller), "--origin", ORIGIN]
        self.there = ["--api", address, "--api-key", str(self.file("api.key", caller.key or "")), *self.who]
        self.key = str(folder / "key.pem")

    def file(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def send(self, body: Any, *more: str) -> int:
        sent = ["send", self.key, "POST", "movements", str(self.file("in.json", body)), *self.there]
        return cli.main([*sent, *(more or ["--yes"])])


@pytest.fixture
def desk(
    app: Flask, operator: Caller, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Desk:  # fmt: skip
    caller = furnished(operator, f"desk-{uuid4().hex[:8]}")
    made = Desk(tmp_path, caller, address)
    monkeypatch.setenv(cli.PASSPHRASE, str(made.file("pass", PASSPHRASE + "\n")))
    assert cli.main(["new-key", made.key]) == DONE
    capsys.readouterr()
    assert cli.main(["prove", made.key, *made.who]) == DONE
    asked = {"id": str(uuid4()), "keys": [json.loads(capsys.readouterr().out)], "kept_here": "none"}
    caller.post("/signing-key-changes", asked | {"reason": "own", "by": "p-1"})
    caller.post(f"/signing-key-changes/{asked['id']}/approval", {"by": "p-2"}, 200)
    settle(app)
    return made


def test_it_shows_signs_and_sends(desk: Desk, owner: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    body = receive("CLI")
    assert desk.send(body) == DONE
    told = capsys.readouterr()
    assert json.loads(told.out)["id"] == body["id"]
    assert "10/CLI" in told.err and "quantityList" in told.err and body["id"] in told.err
    assert desk.send(body) == DONE and movements(owner, desk.caller) == 1


def test_without_a_network_between(desk: Desk, owner: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    body = receive("OFFLINE")
    problem = desk.file("problem.json", desk.caller.post("/movements", body, 409))
    assert cli.main(["answer", desk.key, str(problem), *desk.who, "--yes"]) == DONE
    headers = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    desk.caller.post("/movements", body, 201, **headers)
    assert movements(owner, desk.caller) == 1


def test_what_the_service_refuses(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    assert desk.send(receive("BAD", to="SX/NOWHERE")) == REFUSED
    assert "unknown-thing" in capsys.readouterr().out


def test_what_must_not_be_signed_is_not(desk: Desk, owner: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    desk.there[desk.there.index(ORIGIN)] = "another.example.com/log"
    assert desk.send(receive("OTHER")) == REFUSED
    assert "NOT SIGNED: aud" in capsys.readouterr().err and movements(owner, desk.caller) == 0


def test_nobody_said_yes(
    desk: Desk, owner: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_approved", lambda shown, unasked: False)
    assert desk.send(receive("NO")) == NOT_APPROVED and movements(owner, desk.caller) == 0


def test_the_service_is_away(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    desk.there[1] = "http://127.0.0.1:9/api/v1"
    assert desk.send(receive("AWAY")) == NOT_REACHED
    assert "send the same again" in capsys.readouterr().err


def test_wrong_use(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([]) == USAGE
    assert cli.main(["new-key", desk.key]) == USAGE  # it exists: no key is ever written over
    assert desk.send("{no json") == USAGE
    assert cli.main(["prove", str(tmp_path / "none.pem"), *desk.who]) == USAGE
    desk.there[1] = "ftp://127.0.0.1"
    assert desk.send(receive("X")) == USAGE
    monkeypatch.setenv(cli.PASSPHRASE, str(desk.file("wrong", "another passphrase altogether")))
    assert cli.main(["prove", desk.key, *desk.who]) == USAGE
    monkeypatch.setenv(cli.PASSPHRASE, str(desk.file("short", "short")))
    assert cli.main(["new-key", str(tmp_path / "second.pem")]) == USAGE
    assert PASSPHRASE not in capsys.readouterr().err


@pytest.mark.parametrize(("said", "signs"), [("y", True), ("n", False), ("", False)])
def test_a_person_at_a_terminal_is_asked(said: str, signs: bool) -> None:
    asking = "import sys; from signer import cli; sys.exit(cli._approved([], False))"
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-c", asking])
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(terminal, 1024)
    os.write(terminal, f"{said}\n".encode())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == signs
    os.close(terminal)

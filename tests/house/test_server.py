"""The real web server on a raw line: requests with two readings, heads and bodies without end, things that want to be
in a log.

It has no worker and needs none: what is asked here is answered, or refused, before the ledger.
"""

import os
import select
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from service.local import node, postgres
from service.local.postgres import Cluster
from tests.service.api.conftest import OPERATOR_KEY
from tests.tools import databases, logins

ROOT = Path(__file__).parents[2]
HOST = b"Host: x\r\n"
THREADS = 8
GRACE = 2  # seconds, for a body or an answer
LEFT = 3  # seconds in which whatever is refused is refused


class Server:
    def __init__(self, port: int, log: Path, process: subprocess.Popen[bytes]) -> None:
        self.port, self.log, self.process = port, log, process

    def line(self, said: bytes = b"") -> socket.socket:
        made = socket.create_connection(("127.0.0.1", self.port), LEFT)
        made.sendall(said)
        return made

    def answers(self, said: bytes) -> list[bytes]:
        """The first lines of all answers, until the line is closed or nothing more comes for a moment."""
        with self.line(said) as line:
            line.settimeout(0.5)
            told = b""
            try:
                while piece := line.recv(65536):
                    told += piece
            except (TimeoutError, ConnectionResetError):
                pass
        return [row for row in told.split(b"\r\n") if row.startswith(b"HTTP/")]

    def healthy(self) -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=LEFT) as answer:
            return bool(answer.status == 200)


@pytest.fixture(scope="module")
def server(pg: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    databases.copy(pg, "served", template)
    home, port = tmp_path_factory.mktemp("server"), node.free_port()
    environ = {name: value for name, value in os.environ.items() if not name.startswith("LOTPROOF_")} | {
        "LOTPROOF_DATABASE_URL": logins.web_url(pg, "served"), "LOTPROOF_ORIGIN": "served.example.com/log",
        "LOTPROOF_KEK": b64encode(bytes(32)).decode(), "LOTPROOF_OPERATOR_KEY": OPERATOR_KEY,
        "LOTPROOF_LISTEN": f"127.0.0.1:{port}", "LOTPROOF_WEB_PROCESSES": "1", "LOTPROOF_DATA": str(home / "none"),
        "LOTPROOF_WEB_THREADS": str(THREADS), "LOTPROOF_SLOW_AFTER": str(GRACE), "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    with (home / "web.log").open("wb") as log:
        command = [sys.executable, "-P", "-m", "service.cli", "web"]
        process = subprocess.Popen(command, env=environ, cwd=home, stdout=log, stderr=log)
    made = Server(port, home / "web.log", process)
    try:
        _await(made)
        yield made
    finally:
        process.terminate()
        process.wait(30)
        postgres.drop_databases(pg, ["served"])


def _await(server: Server) -> None:
    end = time.monotonic() + 60
    while server.process.poll() is None and time.monotonic() < end:
        try:
            if server.healthy():
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(server.log.read_text())


def post(*headers: bytes, body: bytes = b"", key: str | None = None) -> bytes:
    given = [b"Authorization: Bearer " + key.encode()] if key else []
    head = b"".join(header + b"\r\n" for header in (*given, *headers))
    return b"POST /api/v1/parties HTTP/1.1\r\n" + HOST + head + b"\r\n" + body


SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + b"\r\n"
TWO_READINGS = {
    "a length and chunks": post(b"Content-Length: 6", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "two lengths": post(b"Content-Length: 6", b"Content-Length: 5", body=b"12345" + SMUGGLED),
    "a negative length": post(b"Content-Length: -1", body=SMUGGLED),
    "a length with a sign": post(b"Content-Length: +5", body=b"12345" + SMUGGLED),
    "another encoding": post(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + SMUGGLED),
    "an encoding with a space": post(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + SMUGGLED),
    "two encodings": post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n" + SMUGGLED),
    "a folded header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n" + SMUGGLED,
    "a chunk of no size": post(b"Transfer-Encoding: chunked", body=b"fffffffffffffffff\r\n" + SMUGGLED),
    "a NUL in a header": b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n" + SMUGGLED,
    "an escape in a path": b"GET /a\x1b[31m HTTP/1.1\r\n" + HOST + b"\r\n" + SMUGGLED,
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no HTTP": b"\x16\x03\x01\x02\0\x01\r\n\r\n",
}


@pytest.mark.parametrize("name", TWO_READINGS)
def test_what_has_two_readings_is_one_request_at_most(server: Server, name: str) -> None:
    told = server.answers(TWO_READINGS[name])
    assert len(told) <= 1 and all(int(row.split()[1]) in (400, 401, 415) for row in told), told
    assert server.healthy()


@pytest.mark.parametrize("method", [b"TRACE", b"CONNECT", b"JUMP", b"PROPFIND"])
def test_a_method_that_nobody_knows_does_nothing(server: Server, method: bytes) -> None:
    [told] = server.answers(method + b" / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert int(told.split()[1]) in (400, 404, 405), told


@pytest.mark.parametrize("head", [b"X: " + b"a" * 2_000_000, b"\r\n".join(b"X%d: a" % n for n in range(500))])
def test_a_head_without_end_is_refused(server: Server, head: bytes) -> None:
    try:
        told = server.answers(b"GET /healthz HTTP/1.1\r\n" + HOST + head + b"\r\n\r\n")
    except (BrokenPipeError, ConnectionResetError):
        told = []
    assert all(b" 431 " in row for row in told), told
    assert server.healthy()


def test_a_body_without_end_is_cut_at_the_limit(server: Server) -> None:
    sent, began = 0, time.monotonic()
    json = b"Content-Type: application/json"
    endless = post(json, b"Transfer-Encoding: chunked", key=OPERATOR_KEY)
    with server.line(endless) as line, pytest.raises((BrokenPipeError, ConnectionResetError)):
        while sent < 100_000_000:
            line.sendall(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            sent += 0x10000
    assert sent < 20_000_000 and time.monotonic() - began < 10
    assert server.healthy()


def begun(path: bytes, key: str | None, length: int) -> bytes:
    """A request of which the head is here, and one byte of the body."""
    given = b"Authorization: Bearer " + key.encode() + b"\r\n" if key else b""
    kind = b"application/json" if key else b"application/x-www-form-urlencoded"
    head = b"POST " + path + b" HTTP/1.1\r\n" + HOST + given + b"Content-Type: " + kind + b"\r\n"
    return head + b"Content-Length: %d\r\n\r\n{" % length


DOORS = [(b"/api/v1/parties", OPERATOR_KEY), (b"/oauth/token", None), (b"/sign-in", None)]


def test_small_bodies_that_never_come_hold_no_thread_and_end(server: Server) -> None:
    """Nor do those that come a byte at a time, however many there are."""
    began = time.monotonic()
    lines = [server.line(begun(*DOORS[at % 3], 1000)) for at in range(20 * THREADS)]
    trickle = lines[: 2 * THREADS]
    try:
        while time.monotonic() - began < GRACE + LEFT and (waiting := _unanswered(trickle)):
            assert server.healthy()
            for line in waiting:
                line.sendall(b" ")
        assert GRACE - 0.5 < time.monotonic() - began < GRACE + LEFT
        for line in lines:
            line.settimeout(LEFT)
            assert b" 408 " in line.recv(20)
            while line.recv(65536):
                pass
    finally:
        _close(lines)


@pytest.mark.parametrize(("path", "key"), DOORS[:2])
def test_large_bodies_that_never_come_hold_a_part_of_the_threads_and_end(
    server: Server, path: bytes, key: str | None
) -> None:
    lines = [server.line(begun(path, key, 900_000)) for _ in range(3 * THREADS)]
    try:
        assert server.healthy()
        answered, _, _ = select.select(lines, [], [], LEFT)
        assert answered and all(b" 429 " in line.recv(20) for line in answered)
        assert server.answers(b"GET /api/v1/parties HTTP/1.1\r\n" + HOST + b"\r\n") == [b"HTTP/1.1 401 Unauthorized"]
        left = [line for line in lines if line not in answered]
        for line in left:
            line.settimeout(GRACE + LEFT)
        assert left and {line.recv(20)[9:12] for line in left} <= {b"408", b"429"}
    finally:
        _close(lines)


def test_lines_on_which_nobody_speaks_keep_nobody_out(server: Server) -> None:
    """A browser holds some open for half a minute after it got its page, and whoever likes holds hundreds."""
    lines = [server.line() for _ in range(40 * THREADS)]
    try:
        assert server.healthy()
    finally:
        _close(lines)


def test_a_request_with_two_hosts_or_none_is_refused(server: Server) -> None:
    for said in (b"Host: x\r\nHost: y\r\n", b"Host: x\r\nhost: x\r\n", b"", b"Host: x/../y\r\n"):
        told = server.answers(b"GET /api/v1/status HTTP/1.1\r\n" + said + b"\r\n")
        assert told == [b"HTTP/1.1 400 Bad Request"], said


def test_an_upload_that_breaks_off_is_not_taken_for_a_whole_one(server: Server) -> None:
    said = post(b"Content-Type: application/json", b"Transfer-Encoding: chunked", key=OPERATOR_KEY)
    for broken in (b'2\r\n{}\r\nzz\r\n', b'2\r\n{}\r\n7fffffffffffffffff\r\n'):
        told = server.answers(said + broken)
        assert all(b" 400 " in row for row in told), told


def _unanswered(lines: list[socket.socket]) -> list[socket.socket]:
    answered, _, _ = select.select(lines, [], [], 0.2)
    return [line for line in lines if line not in answered]


def _close(lines: list[socket.socket]) -> None:
    for line in lines:
        line.close()


def test_nothing_that_a_caller_writes_makes_a_line_of_the_log(server: Server) -> None:
    """Warnings are logged of rejected sign-ins; what they quote is ours, not his."""
    before = server.log.read_bytes()
    evil = "%0d%0aERROR%20forged%1b%5b31m"
    form = f"grant_type=client_credentials&client_id={evil}&client_assertion={evil}&client_assertion_type="
    form += "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    body = form.encode()
    server.answers(
        b"POST /oauth/token HTTP/1.1\r\n" + HOST + b"User-Agent: a\\x1b[31m\\nforged\r\nX-Forwarded-For: forged\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    )
    server.answers(b"GET /" + evil.encode() + b"?" + evil.encode() + b" HTTP/1.1\r\n" + HOST + b"\r\n")
    said = server.log.read_bytes()[len(before):]
    assert b"forged" not in said and b"\x1b" not in said
    assert b"was rejected" in said, "expected the sign-in to be on record"



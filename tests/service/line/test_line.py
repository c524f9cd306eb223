"""The line in one process: an application of a few lines, and somebody at the other end who is bent at will."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from flask import Flask, Response, request

from service.api import errors
from service.line import application
from service.line.application import Line
from service.line.head import environ_of

GRACE = 0.2
Said = dict[str, Any]
Talk = Callable[[Any, Any], Awaitable[None]]


@pytest.fixture(scope="module")
def line() -> Line:
    app = Flask(__name__)
    errors.install(app)
    application.install(app)

    @app.post("/read")
    def read() -> str:
        request.max_content_length = 1_000_000
        return str(len(request.get_data()))

    @app.get("/long")
    def long() -> Response:
        def pieces() -> Iterator[bytes]:
            try:
                for _ in range(200):
                    yield b"x" * 50_000
            finally:
                closed.append(True)

        return Response(pieces())

    return Line(app, 2, GRACE)


closed: list[bool] = []


def scope(method: str = "GET", path: str = "/read", version: str = "1.1", **headers: str) -> Said:
    told = [(b"host", b"here")] + [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http", "method": method, "raw_path": path.encode(), "query_string": b"", "http_version": version,
        "scheme": "http", "server": ("127.0.0.1", "80"), "client": ("192.0.2.1", "1234"), "headers": told,
    }  # fmt: skip


def piece(body: bytes, more: bool) -> Said:
    return {"type": "http.request", "body": body, "more_body": more}


def talk(line: Line, asked: Said, coming: list[Said], takes: int = 10_000) -> tuple[int, bytes]:
    """Status and body; what is not in `coming` never comes, and after `takes` messages nothing is taken any more."""
    heard: list[Said] = []

    async def receive() -> Said:
        if not coming:
            await asyncio.Event().wait()
        return coming.pop(0)

    async def send(said: Said) -> None:
        if len(heard) >= takes:
            await asyncio.Event().wait()
        heard.append(said)

    asyncio.run(asyncio.wait_for(line(asked, receive, send), 30))
    body = b"".join(each.get("body", b"") for each in heard)
    return (heard[0]["status"] if heard else 0), body


def large(size: int = 200_000) -> Said:
    return scope("POST", content_length=str(size))


def test_what_is_sent_is_what_is_read(line: Line) -> None:
    assert talk(line, scope("POST", content_length="5"), [piece(b"ab", True), piece(b"cde", False)]) == (200, b"5")
    assert talk(line, large(), [piece(b"a" * 150_000, True), piece(b"b" * 50_000, False)]) == (200, b"200000")
    chunked = scope("POST", transfer_encoding="chunked")
    assert talk(line, chunked, [piece(b"ab", True), piece(b"", True), piece(b"", False)]) == (200, b"2")


CHUNKED = scope("POST", transfer_encoding="chunked")


@pytest.mark.parametrize("asked", [scope("POST", content_length="5"), large(), CHUNKED])
@pytest.mark.parametrize("first", [[], [piece(b"a", True)]], ids=["nothing", "a byte"])
def test_a_body_that_does_not_come_is_a_408(line: Line, asked: Said, first: list[Said]) -> None:
    status, body = talk(line, asked, list(first))
    assert status == 408 and b"too-slow" in body


@pytest.mark.parametrize("asked", [large(), CHUNKED])
def test_a_body_that_breaks_off_is_none(line: Line, asked: Said) -> None:
    status, _ = talk(line, asked, [piece(b"a" * 1000, True), {"type": "http.disconnect"}])
    assert status == 400


def test_a_small_body_that_breaks_off_is_answered_by_nobody(line: Line) -> None:
    assert talk(line, scope("POST", content_length="5"), [piece(b"a", True), {"type": "http.disconnect"}]) == (0, b"")


def test_a_long_answer_goes_out_in_pieces_and_whole(line: Line) -> None:
    closed.clear()
    assert talk(line, scope(path="/long"), []) == (200, b"x" * 10_000_000)
    assert closed == [True]


def test_an_answer_that_is_not_taken_is_given_up_and_closed(line: Line) -> None:
    """And no thread waits with it: both threads answer meanwhile."""
    closed.clear()
    status, body = talk(line, scope(path="/long"), [], takes=3)
    assert status == 200 and len(body) == 100_000 and closed == [True]
    assert talk(line, scope("POST", content_length="1"), [piece(b"a", False)]) == (200, b"1")


TWICE = ["host", "authorization", "content-type", "content-length", "content-encoding", "origin"]


@pytest.mark.parametrize("name", TWICE)
def test_what_decides_comes_once(line: Line, name: str) -> None:
    asked = scope("POST")
    asked["headers"] += [(name.encode(), b"1"), (name.encode(), b"1")]
    status, body = talk(line, asked, [piece(b"", False)])
    assert status == 400 and b"bad-head" in body and b"at most once" in body


@pytest.mark.parametrize(("host", "version", "expected"), [
    ("here", "1.1", 405), ("here:8080", "1.1", 405), ("[::1]:80", "1.1", 405), ("", "1.0", 405),
    ("", "1.1", 400), ("a,b", "1.1", 400), ("a b", "1.1", 400), ("a/../b", "1.1", 400), ("u@a", "1.1", 400),
    ("a:port", "1.1", 400),
])  # fmt: skip
def test_a_host_is_a_name_or_an_address(line: Line, host: str, version: str, expected: int) -> None:
    asked = scope(version=version)
    asked["headers"] = [(b"host", host.encode())]
    assert talk(line, asked, [])[0] == expected


def test_a_name_with_an_underscore_is_not_taken_for_another() -> None:
    asked = scope()
    asked["headers"] += [(b"x-forwarded-for", b"192.0.2.7"), (b"x_forwarded_for", b"203.0.113.9")]
    environ = environ_of(asked)
    assert environ["HTTP_X_FORWARDED_FOR"] == "192.0.2.7" and "203.0.113.9" not in str(environ)
    assert environ["REMOTE_ADDR"] == "192.0.2.1"


def test_several_headers_of_a_name_are_one_list() -> None:
    asked = scope()
    asked["headers"] += [(b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"prefer", b"wait=0"), (b"prefer", b"x")]
    environ = environ_of(asked)
    assert (environ["HTTP_COOKIE"], environ["HTTP_PREFER"]) == ("a=1; b=2", "wait=0,x")


def test_nothing_of_our_own_environment_is_in_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTPROOF_KEK", "a-secret")
    assert "a-secret" not in str(environ_of(scope()))


def test_a_path_is_the_bytes_that_were_sent() -> None:
    environ = environ_of(scope(path="/a%2Fb%C3%A9%FF%00"))
    assert environ["PATH_INFO"].encode("latin-1") == b"/a/b\xc3\xa9\xff\0"

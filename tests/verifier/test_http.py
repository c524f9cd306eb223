"""One exchange with a server that a test holds in its hand: what is sent, what is taken, and for how long."""

import gc
import io
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from verifier import http
from verifier.errors import Unavailable
from verifier.http import Deadline, _Paced, _read, fetch, without_secrets

Answer = Callable[[socket.socket], None]
Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts one that reads a question, into `asked` if it is given, and answers it as the test says."""
    sockets: list[socket.socket] = []

    def start(answer: Answer, asked: list[bytes] | None = None, *then: Answer) -> str:
        def serving() -> None:
            with suppress(OSError):
                for each in (answer, *then):
                    caller, _ = door.accept()
                    sockets.append(caller)
                    (asked if asked is not None else []).append(caller.recv(65536))
                    each(caller)

        door = socket.create_server(("127.0.0.1", 0))
        sockets.append(door)
        threading.Thread(target=serving, daemon=True).start()
        return f"http://127.0.0.1:{door.getsockname()[1]}/it"

    yield start
    for each in sockets:
        each.close()


def saying(body: bytes, status: str = "200 OK") -> Answer:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return lambda caller: caller.sendall(head + body)


def silent(caller: socket.socket) -> None:
    pass


def why(url: str, deadline: Deadline, limit: int = 100) -> str:
    with pytest.raises(Unavailable) as away:
        fetch(url, deadline, limit=limit)
    assert away.value.what == url
    return away.value.why


def busy(seconds: str) -> Answer:
    head = f"HTTP/1.1 429 Too Many Requests\r\nRetry-After: {seconds}\r\nContent-Length: 0\r\n\r\n".encode()
    return lambda caller: caller.sendall(head)


def test_who_asks_for_patience_is_asked_again_when_it_says(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(http.time, "sleep", slept.append)
    assert fetch(serve(busy("2"), None, busy("1"), saying(b"x")), Deadline(5)) == b"x"
    assert slept == [2, 1]


@pytest.mark.parametrize("seconds", ["5", "60", "61", "0", "-1", "1.5", "soon", "", "１"])
def test_longer_than_the_deadline_or_without_a_number_nobody_waits(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, seconds: str
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(http.time, "sleep", slept.append)
    answer = busy(seconds) if seconds.isascii() else saying(b"", "429 Too Many Requests")
    assert (why(serve(answer), Deadline(5)), slept) == ("status 429", [])


@pytest.mark.parametrize(("seconds", "left", "waited"), [(60, 61, [60]), (61, 99, []), (7, 7, [])])
def test_a_minute_is_waited_and_no_longer_and_not_until_the_very_end(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, seconds: int, left: int, waited: list[float]
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(http.time, "sleep", slept.append)
    url, deadline = serve(busy(str(seconds)), None, saying(b"x")), Deadline(left, lambda: 0.0)
    with suppress(Unavailable):
        fetch(url, deadline)
    assert slept == waited


def test_an_answer_is_taken_up_to_its_limit(serve: Serve) -> None:
    assert fetch(serve(saying(b"x" * 100)), Deadline(5), limit=100) == b"x" * 100
    assert fetch(serve(saying(b"")), Deadline(5)) == b""
    assert why(serve(saying(b"x" * 101)), Deadline(5)) == "an answer of more than 100 bytes"


def test_a_question_says_what_it_was_given(serve: Serve) -> None:
    asked: list[bytes] = []
    fetch(serve(saying(b"x"), asked), Deadline(5))
    fetch(serve(saying(b"x"), asked), Deadline(5), b"body", {"Authorization": "Bearer t"})
    assert asked[0].startswith(b"GET /it HTTP/1.1\r\n") and b"Authorization" not in asked[0]
    assert asked[1].startswith(b"POST /it HTTP/1.1\r\n") and b"\r\nAuthorization: Bearer t\r\n" in asked[1]


@pytest.mark.parametrize("status", ["404 Not Found", "500 Oops", "301 Moved", "304 Not Modified"])
def test_a_bad_status_is_told_by_its_number(serve: Serve, status: str) -> None:
    assert why(serve(saying(b"x", status)), Deadline(5)) == f"status {status[:3]}"


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
def test_who_falls_silent_is_waited_for_until_the_deadline(serve: Serve, first: bytes) -> None:
    started = time.monotonic()
    assert "time" in why(serve(lambda caller: caller.sendall(first)), Deadline(0.2))
    assert time.monotonic() - started < 2


def test_no_connection_is_left_open(serve: Serve) -> None:
    """Python complains of a socket that it has to close itself, when the memory is freed."""
    gc.collect()  # what other tests left
    with warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        fetch(serve(saying(b"x")), Deadline(5))
        for answer in (saying(b"x" * 200), saying(b"x", "404 Not Found"), silent):
            why(serve(answer), Deadline(0.2))
        gc.collect()
    assert not [complaint for complaint in complaints if complaint.category is ResourceWarning]


def test_a_head_without_end_is_read_until_the_deadline_and_no_longer(serve: Serve) -> None:
    """Each "go on" is an answer of its own: none of Python's own limits ends them."""

    def going_on(caller: socket.socket) -> None:
        for _ in range(30):
            caller.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.02)
        saying(b"")(caller)

    assert why(serve(going_on), Deadline(0.2)) == "no answer in time"


def test_what_paces_an_answer_closes_what_it_reads_from() -> None:
    raw: Any = io.BytesIO(b"x")
    _Paced(raw, Deadline(5), "url").close()
    assert raw.closed


def test_between_two_drops_the_deadline_is_asked() -> None:
    clock, drops = iter([0.0, 1.0, 2.0, 3.0]), iter([b"a", b"b", b"c"])
    with pytest.raises(Unavailable, match="no answer in time"):
        _read(lambda _: next(drops), "url", Deadline(3, lambda: next(clock)), 100)
    assert next(drops, None) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545"),
        ("http://127.0.0.1:8545/", "http://127.0.0.1:8545"),
        ("https://user:swordfish@node.example", "https://node.example/…"),
        ("https://node.example/v3/swordfish", "https://node.example/…"),
        ("https://node.example/X", "https://node.example/…"),
        ("https://node.example?key=swordfish", "https://node.example/…"),
        ("https://node.example#swordfish", "https://node.example/…"),
        ("https://a@b:swordfish@[2001:db8::1]:8545/x@y", "https://[2001:db8::1]:8545/…"),
    ],
)
def test_of_the_url_of_a_node_no_more_is_shown_than_its_host(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@pytest.mark.parametrize("path", ["/swordfish", "?key=swordfish", "/%zz swordfish"])
def test_who_asks_with_a_secret_url_reads_nothing_of_it_in_what_goes_wrong(path: str) -> None:
    with pytest.raises(Unavailable) as failed:
        fetch(f"http://127.0.0.1:1{path}", Deadline(), secret=True)
    assert "swordfish" not in str(failed.value)
    assert (failed.value.what, failed.value.__cause__) == ("http://127.0.0.1:1/…", None)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("ftp://node.example", "neither http:// nor https://"),
        ("ftp://node.example/", "neither http:// nor https://"),
        ("ftp://NODE.EXAMPLEX", "neither http:// nor https://"),
        ("ftp://node.example/swordfish", "neither http"),
    ],
)
def test_what_may_quote_a_secret_url_is_cut_off_where_it_begins_to(url: str, reason: str) -> None:
    with pytest.raises(Unavailable) as failed:
        fetch(url, Deadline(), secret=True)
    assert failed.value.why == reason


def test_of_a_url_without_secrets_all_is_told_that_went_wrong() -> None:
    with pytest.raises(Unavailable, match="refused"):
        fetch("http://127.0.0.1:1", Deadline(), secret=True)


def test_who_has_the_secret_url_is_answered(serve: Serve) -> None:
    url = serve(lambda caller: (caller.sendall(b"HTTP/1.0 200 OK\r\n\r\nyes"), caller.close()))
    assert fetch(url, Deadline(), secret=True) == b"yes"

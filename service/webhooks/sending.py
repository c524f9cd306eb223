"""One request to an address that was judged before: no redirect followed, no proxy, bounded in time and size."""

import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from threading import Event, Timer
from typing import NamedTuple

import certifi

from service.api.problem import shown
from service.webhooks.addresses import Target

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 10.0
ANSWER_LIMIT = 65_536  # bytes that are read of an answer before the line is cut

_TLS = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())


class Unsent(Exception):
    """Nobody acknowledged it; the text says what happened."""


def post(target: Target, address: str, body: bytes, headers: Mapping[str, str], within: float = WHOLE_SECONDS) -> int:
    """The status of the answer; raises Unsent."""
    return ask("POST", target, address, body, headers, within)[0]


class Answer(NamedTuple):
    """`headers` by their names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    method: str, target: Target, address: str, body: bytes | None, headers: Mapping[str, str],
    within: float = WHOLE_SECONDS,
) -> tuple[int, bytes]:  # fmt: skip
    """Status and body of the answer; raises Unsent."""
    answer = exchange(method, target, address, body, headers, within)
    return answer.status, answer.body


def exchange(
    method: str, target: Target, address: str, body: bytes | None, headers: Mapping[str, str],
    within: float = WHOLE_SECONDS,
) -> Answer:  # fmt: skip
    """The whole answer; raises Unsent. The certificate must be of `target.host`, wherever we connect."""
    try:
        with _line(target, address, within) as line:
            connection = HTTPConnection(target.host, target.port)
            connection.sock = line
            usual = target.port == (443 if target.secure else 80)
            host = target.host if usual else f"{target.host}:{target.port}"
            connection.request(method, target.path, body, {**headers, "Host": host})
            answer = connection.getresponse()
            read = answer.read(ANSWER_LIMIT + 1)
            if len(read) > ANSWER_LIMIT:
                raise Unsent(f"expected an answer of at most {ANSWER_LIMIT} bytes, got more")
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, read)
    except (OSError, HTTPException, ValueError) as error:
        raise Unsent(shown(f"{type(error).__name__}: {error}")) from None  # it may quote what the receiver sent


@contextmanager
def _line(target: Target, address: str, within: float) -> Iterator[socket.socket]:
    """A connected socket that is cut after `within` seconds: a receiver that sends a byte now and then would otherwise
    hold us for as long as it likes, each byte being in time.
    """
    line = socket.create_connection((address, target.port), CONNECT_SECONDS)
    if target.secure:
        line = _TLS.wrap_socket(line, server_hostname=target.host, do_handshake_on_connect=False)
    late = Event()
    cut = Timer(within, _cut, (line, late))
    cut.daemon = True
    cut.start()
    try:
        line.settimeout(within)
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        yield line
        if late.is_set():  # to http.client a cut line is the end of the headers, and "200" would stand there
            raise Unsent(f"expected a whole answer within {within} s")
    finally:
        cut.cancel()
        line.close()


def _cut(line: socket.socket, late: Event) -> None:
    late.set()
    try:
        socket.socket.shutdown(line, socket.SHUT_RDWR)
    except OSError:  # it has ended by itself
        return

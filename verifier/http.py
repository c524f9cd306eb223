"""One bounded HTTP exchange: a size that answers may not pass and a moment after which all waiting ends.

The other side may be hostile: it may answer without end, one byte a second, or not at all.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from io import BufferedReader, RawIOBase
from typing import Any

from verifier.errors import Unavailable

MAX_ANSWER = 2 * 1024 * 1024  # a block of Ethereum with all its transaction hashes is a tenth of it
PATIENCE = 10.0  # seconds for everything that one verification asks of the network
_ONE_WAIT = 5.0  # seconds between two signs of life
_CHUNK = 64 * 1024
_TOO_MANY = 429
_WAITS = frozenset(str(seconds) for seconds in range(1, 61))  # spelled so, and no longer


class Deadline:
    """The moment after which nobody is waited for."""

    def __init__(self, seconds: float = PATIENCE, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = clock() + seconds

    def left(self, what: str) -> float:
        """Seconds left; raises Unavailable when there are none."""
        left = self._end - self._clock()
        if left <= 0:
            raise Unavailable(what, "no answer in time")
        return left


class _Straight(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: whom to ask stands in the policy, not in an answer."""

    def redirect_request(self, *_: Any) -> None:
        return None


class _Answer(HTTPResponse):
    """An answer whose head, too, is read byte by byte against the deadline: `begin` loops as long as it is fed."""

    def __init__(self, deadline: Deadline, url: str, *options: Any, **named: Any) -> None:
        super().__init__(*options, **named)
        self.fp = BufferedReader(_Paced(self.fp.detach(), deadline, url))


class _Paced(RawIOBase):
    """What a socket brings, receive by receive, until the deadline."""

    def __init__(self, raw: RawIOBase, deadline: Deadline, url: str) -> None:
        self._raw, self._deadline, self._url = raw, deadline, url

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        self._deadline.left(self._url)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Http(urllib.request.HTTPHandler):
    def http_open(self, request: Any) -> Any:
        return self.do_open(_paced(HTTPConnection, request), request)


class _Https(urllib.request.HTTPSHandler):
    def https_open(self, request: Any) -> Any:
        return self.do_open(_paced(HTTPSConnection, request), request)


def _paced(kind: type[HTTPConnection], request: Any) -> Any:
    """A connection whose answers keep to the deadline that `fetch` left on the request."""

    def connection(host: str, **options: Any) -> HTTPConnection:
        made = kind(host, **options)
        made.response_class = partial(_Answer, request.deadline, request.full_url)  # type: ignore[assignment]
        return made

    return connection


_OPENER = urllib.request.build_opener(_Straight, _Http, _Https)


def without_secrets(url: str) -> str:
    """Scheme, host and port: user, path and query of a node's URL are where providers put their customers' keys."""
    scheme, _, rest = url.partition("://")
    host = rest.replace("?", "/").replace("#", "/").partition("/")[0].rpartition("@")[2]
    shown = f"{scheme}://{host}"
    return shown if url.rstrip("/") == shown else f"{shown}/…"


def fetch(
    url: str,
    deadline: Deadline,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    limit: int = MAX_ANSWER,
    secret: bool = False,
) -> bytes:
    """The body of a good answer of at most `limit` bytes; raises Unavailable for everything else.

    Who is asked too much may say when to ask again (429, `Retry-After`): that is waited for, as long as the deadline
    lets it. With `secret` what it raises names no more of the URL than its host.
    """
    if secret:
        return _unnamed(url, deadline, body, headers, limit)
    while True:
        try:
            return _once(url, deadline, body, headers, limit)
        except _TooMany as told:
            if told.seconds >= deadline.left(url):
                raise Unavailable(url, f"status {_TOO_MANY}") from None
            time.sleep(told.seconds)


class _TooMany(Exception):
    """The other side asks for patience, of so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def _once(url: str, deadline: Deadline, body: bytes | None, headers: Mapping[str, str] | None, limit: int) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise Unavailable(url, "neither http:// nor https://")
    try:  # an address out of a policy or the command line may be no address at all
        request = urllib.request.Request(url, body, dict(headers or {}))  # noqa: S310 - http or https
        request.deadline = deadline  # type: ignore[attr-defined]
        with _OPENER.open(request, timeout=min(deadline.left(url), _ONE_WAIT)) as answer:
            return _read(answer.read1, url, deadline, limit)
    except urllib.error.HTTPError as problem:
        problem.close()
        again = problem.headers.get("Retry-After", "")
        if problem.code == _TOO_MANY and again in _WAITS:
            raise _TooMany(int(again)) from None
        raise Unavailable(url, f"status {problem.code}") from None
    except (OSError, HTTPException, ValueError) as problem:
        raise Unavailable(url, f"{type(problem).__name__}: {problem}"[:200]) from None


def _unnamed(url: str, deadline: Deadline, body: bytes | None, headers: Mapping[str, str] | None, limit: int) -> bytes:
    try:
        return fetch(url, deadline, body, headers, limit)
    except Unavailable as failed:
        named = without_secrets(url)
        why = failed.why if named == url.rstrip("/") else failed.why.partition(":")[0]  # it may quote the URL
        raise Unavailable(named, why) from None


def _read(read1: Callable[[int], bytes], url: str, deadline: Deadline, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    # read1 returns what one receive brings, so a dripping answer meets the deadline between drops.
    while chunk := read1(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise Unavailable(url, f"an answer of more than {limit} bytes")
        chunks.append(chunk)
        deadline.left(url)
    return b"".join(chunks)

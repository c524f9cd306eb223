"""A request's body: a small one is here before a thread is taken, a large one is fetched by the thread that reads it.

Whoever may not send one is told so before a large one is read. What ends before its announced end, or in the middle of
a chunk, is no body: 400, however complete it looks.
"""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Awaitable, Callable, Mapping
from io import RawIOBase
from typing import Any

from werkzeug.exceptions import ClientDisconnected

from service.api.problem import Problem
from service.line.patience import Patience, TooSlow

SMALL = 64_000  # bytes

Receive = Callable[[], Awaitable[dict[str, Any]]]


class Body(RawIOBase):
    """What WSGI calls `wsgi.input`, read by one thread while `loop` runs in another; `size` as `size_of` has it."""

    def __init__(self, receive: Receive, loop: AbstractEventLoop, grace: float, size: int | None) -> None:
        self._receive, self._loop, self._patience = receive, loop, Patience(grace)
        self._here, self._ended = b"", size == 0
        self.is_small = size is not None and size <= SMALL

    async def gather(self) -> None:
        """All of it, before anybody reads; raises TooSlow or ClientDisconnected."""
        pieces = []
        while piece := await self._piece():
            pieces.append(piece)
        self._here = b"".join(pieces)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Raises Problem 408 or ClientDisconnected (400)."""
        if not self._here and not self._ended:
            self._here = self._fetched()
        size = min(len(buffer), len(self._here))
        buffer[:size], self._here = self._here[:size], self._here[size:]
        return size

    def _fetched(self) -> bytes:
        try:
            return asyncio.run_coroutine_threadsafe(self._piece(), self._loop).result()
        except TooSlow:
            raise too_slow() from None

    async def _piece(self) -> bytes:
        """The next bytes; none at the end."""
        while not self._ended:
            said = await self._patience.wait(self._receive())
            if said["type"] != "http.request":
                self._ended = True
                raise ClientDisconnected
            self._ended = not said.get("more_body", False)
            if piece := bytes(said.get("body", b"")):
                self._patience.moved(len(piece))
                return piece
        return b""


def size_of(environ: Mapping[str, Any]) -> int | None:
    """How long the body says it is; None where it does not say."""
    length = environ.get("CONTENT_LENGTH", "0")
    return int(length) if length.isdigit() and "HTTP_TRANSFER_ENCODING" not in environ else None


def too_slow() -> Problem:
    detail = "expected a body within the time that its size allows, got it more slowly: send the same request again"
    return Problem(408, "too-slow", detail, headers={"Connection": "close"})

"""What a WSGI application answers, and how it goes out: in pieces, as fast as the other end takes them."""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from service.line.patience import Patience

PIECE = 128_000  # bytes

Send = Callable[[dict[str, Any]], Awaitable[None]]


class Answer:
    """Status and headers as `start_response` hears them, and the pieces of the body; `waiting` are here already."""

    def __init__(self) -> None:
        self.status, self.headers = 500, list[tuple[bytes, bytes]]()
        self.waiting = list[bytes]()
        self._pieces: Iterator[bytes] = iter(())
        self._close: Callable[[], None] = _nothing

    def start(self, status: str, headers: list[tuple[str, str]], _: Any = None) -> Callable[[bytes], None]:
        self.status = int(status[:3])
        self.headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        return _no_write

    def take(self, given: Iterable[bytes]) -> "Answer":
        """What the application returned; most answers are one piece, and done with that."""
        self._pieces, self._close = iter(given), getattr(given, "close", _nothing)
        self.waiting = [piece for piece in (self.next_piece(), self.next_piece()) if piece]
        if len(self.waiting) < 2:
            self.close()
        return self

    def next_piece(self) -> bytes:
        """None at the end."""
        return next((piece for piece in self._pieces if piece), b"")

    def close(self) -> None:
        self._close()


async def send_start(send: Send, answer: Answer) -> None:
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.headers})


async def send_piece(send: Send, patience: Patience, piece: bytes, more: bool) -> None:
    """Raises TooSlow. Cut into smaller ones, so that the line itself holds little of it."""
    if not more and len(piece) <= PIECE:  # nobody waits for the last one
        await send({"type": "http.response.body", "body": piece, "more_body": False})
        return
    for at in range(0, len(piece), PIECE):
        cut = piece[at : at + PIECE]
        last = not more and at + PIECE >= len(piece)
        await patience.wait(send({"type": "http.response.body", "body": cut, "more_body": not last}))
        patience.moved(len(cut))


def _nothing() -> None:
    return


def _no_write(_: bytes) -> None:
    raise NotImplementedError("expected an application that returns its body")

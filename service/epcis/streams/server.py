"""The sockets: one asyncio loop; the database is asked in a few threads.

A line holds one message at most and asks for the next when that is on its way, so who reads slowly costs nothing but
his socket; who takes none for `slow` seconds is closed and comes back with the cursor of what he read. A party has one
step at a time: its slow questions delay no other's. And of its streams one looks whether there is anything new for it.

    3000, 3003   who opened it, or his right to, is no more      1001   this service stops: come again
    3008         too slow                                        1013   the database is away: later
    1003         it said something; nothing is expected          1008   the query was removed, or takes too long
"""

import asyncio
import logging
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from socket import AF_INET, AF_INET6, SO_SNDBUF, SOL_SOCKET, create_server
from socket import socket as Socket
from threading import Lock
from time import monotonic
from typing import Any
from weakref import WeakValueDictionary

import orjson
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from websockets import http11
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed

from service import standpoint
from service.api.house import House
from service.api.problem import MEDIA_TYPE, Problem
from service.epcis.exceptions import epcis_document
from service.epcis.query import reading
from service.epcis.query.conditions import Question
from service.epcis.query.faults import QueryFault
from service.epcis.streams.handshake import asked
from service.epcis.streams.line import Line, Message
from service.epcis.streams.opening import Ended, Opening
from service.epcis.streams.quiet import Quiet
from service.epcis.streams.tide import Tide
from service.epcis.subscriptions.placing import last_place

log = logging.getLogger(__name__)

BUFFER = 128 * 1024  # bytes that the kernel holds for a reader
THREADS = 4  # that ask the database; as many again take handshakes


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, and numbers of connections."""

    of_owner: int = 20
    of_all: int = 1000
    slow: float = 30.0
    look: float = 5.0
    """So long a silent stream goes on before it is asked again whether it may."""
    ping: float = 20.0
    opening: float = 10.0
    closing: float = 5.0


class Streams:
    """Serves the WebSockets of one app, which `make` makes when somebody first asks for one: nobody waits for it before
    that, and many installations never need it."""

    def __init__(self, make: Callable[[], Flask], limits: Limits = Limits()) -> None:
        self._make, self._limits, self._making = make, limits, Lock()
        self._made: Flask | None = None
        self._asking = ThreadPoolExecutor(THREADS, "stream")
        self._looking = ThreadPoolExecutor(1, "tide")  # never behind a thousand who ask
        self._opening = ThreadPoolExecutor(THREADS, "handshake")
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._quiet, self._stands = Quiet(), dict[Hashable, float]()
        self._settled: dict[ServerConnection, tuple[Opening, Headers]] = {}
        self._server: Server | None = None

    async def run(
        self, host: str, port: int, stop: asyncio.Event, ready: Callable[[int], None] = lambda _: None
    ) -> None:  # fmt: skip
        """Until `stop` is set; then every socket is closed with 1001. `ready` hears the port."""
        self._tide, limits = Tide(partial(self._thread, self._looking, self._last)), self._limits
        looking = asyncio.create_task(self._tide.run())
        async with serve(
            self._serve, sock=_listening(host, port), process_request=self._request, process_response=self._response,
            compression=None, open_timeout=limits.opening, close_timeout=limits.closing, ping_interval=limits.ping,
            ping_timeout=limits.ping, max_size=1024, max_queue=1, server_header=None, logger=_quiet(),
        ) as self._server:  # fmt: skip
            ready(next(iter(self._server.sockets)).getsockname()[1])
            await stop.wait()
            self._server.close(reason="this service stops; come again with your cursor")
            await self._server.wait_closed()
        looking.cancel()
        for pool in (self._asking, self._opening, self._looking):
            pool.shutdown(cancel_futures=True)

    @property
    def _app(self) -> Flask:
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made

    @property
    def _house(self) -> House:
        return self._app.extensions["lotproof"]  # type: ignore[no-any-return]

    @property
    def connections(self) -> int:
        return len(self._server.connections) if self._server is not None else 0

    async def _request(self, socket: ServerConnection, request: http11.Request) -> http11.Response | None:
        """What the app answers; None: it agrees."""
        peer = str(socket.remote_address[0]) if socket.remote_address else ""
        answer, opening = await self._thread(self._opening, lambda: asked(self._app, request, peer))
        if opening is None:
            return answer
        self._settled[socket] = opening, answer.headers
        return None

    def _response(self, socket: ServerConnection, _: http11.Request, answer: http11.Response) -> http11.Response | None:
        """The last word, without a pause before the socket is open: so nobody slips in over the limit."""
        opening, said = self._settled.pop(socket, (None, Headers()))
        if opening is None or answer.status_code != 101:
            return None
        if (refused := self._too_many(opening)) is not None:
            return refused
        socket.opening = opening  # type: ignore[attr-defined]
        for name, value in said.raw_items():
            if name.startswith("GS1-"):
                answer.headers[name] = value
        return None

    def _too_many(self, opening: Opening) -> http11.Response | None:
        assert self._server is not None
        owners = [_opening_of(each).owner for each in self._server.connections]
        for seen, most, whose in (
            (owners.count(opening.owner), self._limits.of_owner, "this party"),
            (len(owners), self._limits.of_all, "all together"),
        ):
            if seen >= most:
                return _refused(most, seen, whose)
        return None

    async def _serve(self, socket: ServerConnection) -> None:
        telling = asyncio.create_task(self._told(socket))
        hearing = asyncio.create_task(_heard(socket))
        done, rest = await asyncio.wait((telling, hearing), return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        ended = next((error for task in done if (error := task.exception()) is not None), None)
        if isinstance(ended, Ended):
            await socket.close(ended.code, ended.reason)
        elif ended is not None and not isinstance(ended, ConnectionClosed):
            log.error("a stream ended for a fault of ours", exc_info=ended)
            await socket.close(1011, "a fault of this service; come again with your cursor")

    async def _told(self, socket: ServerConnection) -> None:
        opening = _opening_of(socket)
        line = Line(opening)
        turn = self._turns.setdefault(opening.owner, asyncio.Lock())
        due = float("-inf")
        while True:
            async with turn:
                if self._nothing(opening, line, self._tide.last) and (monotonic() < due or self._stood(opening)):
                    line.passes(self._tide.last)
                    message = None
                else:
                    message = await self._thread(self._asking, self._step, opening, line)
            due = self._round(opening) if monotonic() >= due else due
            if message is None:
                await self._rest(line, due - monotonic())
                continue
            await self._sent(socket, message)
            line.told(message, self._house.now())

    def _step(self, opening: Opening, line: Line) -> Message | None:
        """In a thread: whether the stream may go on, and what it says next. Raises Ended."""
        try:
            now = monotonic()
            opening.allowed()
            with standpoint.taken(opening.standpoint), self._house.engine.connect() as connection:
                if not opening.there(connection):
                    raise Ended(1008, "the query of this stream was removed")
                self._keep(opening, now)
                return self._next(connection, opening, line)
        except Problem as refused:
            raise Ended(3000 if refused.status == 401 else 3003, refused.detail) from None
        except QueryFault as fault:
            raise Ended(1008, fault.detail) from None
        except (OperationalError, NoConnection):
            raise Ended(1013, "the database does not answer; come again with your cursor") from None

    def _next(self, connection: Connection, opening: Opening, line: Line) -> Message | None:
        """What the line says next; where its reader sees nothing new, whatever he asks, that is kept for his others."""
        last = last_place(connection)
        if not line.scheduled and line.place < last:
            if not reading.arrived(connection, Question(()), opening.reader, line.place, last, 1):
                self._quiet.note(opening.sees, line.place, last)
            if self._nothing(opening, line, last):
                line.passes(last)
                return None
        return line.next(connection, self._house.now())

    def _nothing(self, opening: Opening, line: Line, last: int) -> bool:
        """Whether it is known, without asking, that the line has nothing to say up to this place."""
        return not line.scheduled and (line.place >= last or self._quiet.covers(opening.sees, line.place, last))

    def _keep(self, opening: Opening, now: float) -> None:
        if len(self._stands) > 2 * self._limits.of_all:
            self._stands.clear()
        self._stands[opening.standing] = now

    def _round(self, opening: Opening) -> float:
        """When it is asked next whether the stream may go on: for all of an owner at the same moments, and of those
        that stand or fall together only the first is asked."""
        look = self._limits.look
        ahead = hash(opening.owner) % 1000 / 1000 * look
        return ((monotonic() - ahead) // look + 1) * look + ahead

    def _stood(self, opening: Opening) -> bool:
        """Whether another with the same standing was just allowed to go on."""
        return monotonic() - self._stands.get(opening.standing, float("-inf")) < self._limits.look / 5

    async def _rest(self, line: Line, within: float) -> None:
        """Until something may have come, or it is to be asked again whether the stream may go on."""
        due = line.wait(self._house.now())
        if due is None:
            await self._tide.above(line.place, max(0.0, within))
        else:
            await asyncio.sleep(max(0.0, min(due, within)))

    async def _sent(self, socket: ServerConnection, message: Message) -> None:
        """Returns when the socket has taken it, but for what its buffers hold."""
        try:
            async with asyncio.timeout(self._limits.slow):
                await socket.send(message.text)
        except TimeoutError:
            slow = f"expected a message to be read within {self._limits.slow:.0f} s; come again with your cursor"
            raise Ended(3008, slow) from None

    def _last(self) -> int:
        with standpoint.on("arrivals"), self._house.engine.connect() as connection:
            return last_place(connection)

    async def _thread(self, pool: ThreadPoolExecutor, act: Callable[..., Any], *given: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(pool, act, *given)


def _listening(host: str, port: int) -> Socket:
    """With a small buffer for each connection: the kernel's own would grow to megabytes for whoever does not read."""
    made = create_server((host, port), family=AF_INET6 if ":" in host else AF_INET, backlog=512)
    made.setsockopt(SOL_SOCKET, SO_SNDBUF, BUFFER)
    return made


def _opening_of(socket: ServerConnection) -> Opening:
    return socket.opening  # type: ignore[attr-defined, no-any-return]


async def _heard(socket: ServerConnection) -> None:
    with suppress(ConnectionClosed):
        await socket.recv()
        raise Ended(1003, "expected no messages of the reader, got one")


def _refused(most: int, seen: int, whose: str) -> http11.Response:
    detail = f"expected at most {most} open WebSockets of {whose}, got one more"
    problem = Problem(429, "too-many-streams", detail, expected=most, seen=seen)
    body = orjson.dumps(epcis_document(problem.document()))
    headers = Headers([("Content-Type", MEDIA_TYPE), ("Content-Length", str(len(body))), ("Retry-After", "30"),
                       ("Cache-Control", "no-store"), ("Connection", "close")])  # fmt: skip
    return http11.Response(429, problem.title, headers, body)


def _quiet() -> logging.Logger:
    """The library's own: who speaks no HTTP is no news."""
    logger = logging.getLogger("service.epcis.streams.sockets")
    logger.setLevel(logging.CRITICAL)
    return logger

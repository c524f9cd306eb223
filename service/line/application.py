"""The WSGI application behind an ASGI server: threads work, and nobody at the other end of a line holds one for long.

    head      in one reading, or 400 (`head`)
    body      a small one is awaited before a thread is taken (`body`)
    thread    the application runs, until it has the first piece of its answer
    answer    goes out without a thread; further pieces are fetched by one each (`answer`)

What is refused before the application is answered by it too, in its own words and with its headers: see `refuse`.
"""

import logging
from asyncio import AbstractEventLoop, get_running_loop
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask, request
from werkzeug.exceptions import ClientDisconnected

from service.line.answer import Answer, Send, send_piece, send_start
from service.line.body import Body, Receive, size_of, too_slow
from service.line.head import REFUSED, Environ, environ_of
from service.line.patience import Patience, TooSlow

log = logging.getLogger("lotproof.line")


class Line:
    """`grace`: seconds, see `patience`."""

    def __init__(self, app: Flask, threads: int, grace: float) -> None:
        self._app, self._grace = app, grace
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="web")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        loop, environ = get_running_loop(), environ_of(scope)
        body = environ["wsgi.input"] = Body(receive, loop, self._grace, size_of(environ))
        try:
            if body.is_small:
                await body.gather()
        except TooSlow:
            environ[REFUSED] = too_slow()
        except ClientDisconnected:
            return
        answer = await loop.run_in_executor(self._pool, self._answered, environ)
        try:
            await self._send(answer, send, loop)
        except TooSlow:
            log.debug("an answer was not taken in time")
        finally:
            if len(answer.waiting) > 1:
                await loop.run_in_executor(self._pool, answer.close)

    def _answered(self, environ: Environ) -> Answer:
        answer = Answer()
        return answer.take(self._app(environ, answer.start))

    async def _send(self, answer: Answer, send: Send, loop: AbstractEventLoop) -> None:
        patience, ahead = Patience(self._grace), list(answer.waiting)
        await send_start(send, answer)
        while len(ahead) > 1:
            await send_piece(send, patience, ahead.pop(0), True)
            ahead += [piece for piece in [await loop.run_in_executor(self._pool, answer.next_piece)] if piece]
        await send_piece(send, patience, b"".join(ahead), False)


def install(app: Flask) -> None:
    """Let `app` answer what the line refuses."""

    def refuse() -> None:
        refused = request.environ.get(REFUSED)
        if refused is not None:
            raise refused

    app.before_request(refuse)

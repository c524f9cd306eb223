"""A line to a published log on which it can be shown otherwise: to one partner, by script.

    with LogLine(product.url) as line:
        line.on("/checkpoint", lambda path, true: older)     # `true()` fetches what the log itself says
        line.on("/tile/", away)

An answer is bytes, or None: the connection breaks.
"""

from __future__ import annotations

import contextlib
import urllib.error
import urllib.request
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Answer = Callable[[str, Callable[[], bytes]], bytes | None]


def away(path: str, true: Callable[[], bytes]) -> None:
    """There is no answer."""


class LogLine:
    """Listens on a port of its own and hands everything on to `target`, except what begins with a scripted path."""

    def __init__(self, target: str) -> None:
        self._target, self._lies = target, dict[str, Answer]()

    def on(self, path: str, answer: Answer) -> None:
        self._lies[path] = answer

    def heal(self) -> None:
        """From now on it is the log's own word."""
        self._lies.clear()

    def __enter__(self) -> LogLine:
        handler = type("Handler", (_Handler,), {"line": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def said(self, path: str, headers: dict[str, str]) -> bytes | None:
        """What is answered; raises HTTPError as the log does."""

        def true() -> bytes:
            asked = urllib.request.Request(self._target + path, headers=headers)
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return bytes(answer.read())

        lie = next((lie for begin, lie in self._lies.items() if path.startswith(begin)), None)
        return true() if lie is None else lie(path, true)


class _Handler(BaseHTTPRequestHandler):
    line: LogLine

    def do_GET(self) -> None:
        key = self.headers["Authorization"]
        with contextlib.suppress(OSError):
            try:
                told = self.line.said(self.path, {"Authorization": key} if key else {})
            except urllib.error.HTTPError as refused:
                self.send_error(refused.code)
                return
            if told is not None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        pass

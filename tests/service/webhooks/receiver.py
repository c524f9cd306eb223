"""A receiver of webhooks that behaves as a test tells it, and keeps what it was sent."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Receiver:
    """`behave(handler)` answers one request; `seen` are headers and body of each."""

    behave: Callable[[BaseHTTPRequestHandler], None]
    seen: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    server: Any = None

    def __enter__(self) -> "Receiver":
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.seen.append(({name.lower(): value for name, value in self.headers.items()}, body))
                receiver.behave(self)

            def do_GET(self) -> None:
                receiver.seen.append(({}, b"GET"))

            def log_message(self, *_: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/hook"


def answers(status: int, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def behave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return behave


def drips(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for ever."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    try:
        while True:
            handler.wfile.write(b"a")
            handler.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return


def floods(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    try:
        while True:
            handler.wfile.write(b"a" * 65536)
    except OSError:
        return


def sleeps(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(3)


def hangs_up(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.close()


def babbles(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"\x00\xff this is not HTTP\r\n\r\n")

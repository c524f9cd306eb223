"""A world's log over HTTP, bent by the test one answer at a time."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

from .maker import World

PROOF = "/api/v1/lots/proof?lot="
Answer = Callable[["PublishedLog"], None]


class PublishedLog(BaseHTTPRequestHandler):
    """C2SP tlog-tiles; `bent` answers instead, by path: bytes, or what does anything at all with the connection."""

    world: World
    bent: dict[str, bytes | Answer]
    asked: list[str]
    token = "auditor"

    def do_GET(self) -> None:
        self.asked.append(self.path)
        answer = self.bent.get(self.path, self.bent.get("*", b""))
        with suppress(OSError):
            if callable(answer):
                answer(self)
            else:
                self.good(answer or self._body())

    def good(self, body: bytes) -> None:
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body)

    def _body(self) -> bytes:
        if self.path == "/checkpoint":
            return self.world.checkpoint().encode()
        if self.path.startswith(PROOF) and self.headers["Authorization"] == "Bearer partner":
            return json.dumps(self.world.bundle(unquote(self.path.removeprefix(PROOF)))).encode()
        if not self.path.startswith("/tile/"):
            return b""
        level, number, width = self.path.removeprefix("/tile/").replace(".p", "/p").split("/")[:2] + [self.path]
        count = int(width.rpartition(".p/")[2]) if ".p/" in width else 256
        start = int(number.replace("x", "")) * 256
        if level == "entries":
            if self.headers["Authorization"] != f"Bearer {self.token}":
                return b""
            return b"".join(len(raw).to_bytes(2, "big") + raw for raw in self.world.entries[start : start + count])
        if level == "0":
            return b"".join(self.world.leaves[start : start + count])
        if int(level) > 1:
            return b""
        return b"".join(self.world.node(256 * n, 256 * n + 256) for n in range(start, start + count))

    def log_message(self, format: str, *args: Any) -> None:
        pass


@dataclass
class Served:
    """A published log that a test may bend: another world, other answers; `asked` are the paths so far."""

    url: str
    handler: Any
    asked: list[str] = field(default_factory=list)

    @property
    def world(self) -> World:
        world: World = self.handler.world
        return world

    @world.setter
    def world(self, other: World) -> None:
        self.handler.world = other

    @property
    def bent(self) -> dict[str, bytes | Answer]:
        bent: dict[str, bytes | Answer] = self.handler.bent
        return bent


@contextmanager
def publishing(world: World, kind: type[PublishedLog] = PublishedLog) -> Iterator[Served]:
    asked: list[str] = []
    handler = type("Handler", (kind,), {"world": world, "bent": {}, "asked": asked})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.block_on_close = False
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield Served(f"http://127.0.0.1:{server.server_port}", handler, asked)
    finally:
        server.shutdown()
        server.server_close()

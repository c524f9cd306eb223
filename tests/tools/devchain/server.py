"""A node at a port of its own, over HTTP, for whoever talks to nodes by URL."""

from __future__ import annotations

import contextlib
import json
import time
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from eth_account import Account

from service.local import rpc
from tests.tools.devchain.jsonrpc import Door
from tests.tools.devchain.node import Engine, Node

KEYS = tuple(sha256(f"unlocked {number}".encode()).digest() for number in range(10))


def development(engine: Engine, *, finalized: int = 2) -> Door:
    """A node with ten rich, unlocked accounts, whose first block is a minute old."""
    rich = [bytes.fromhex(Account.from_key(key).address[2:]) for key in KEYS]
    return Door(Node(engine, rich=rich, time=int(time.time()) - 60, finalized=finalized), KEYS)


class Served:
    """`url` answers as the door does, one request at a time, batches too."""

    def __init__(self, door: Door) -> None:
        self.door = door

    def __enter__(self) -> Served:
        handler = type("Handler", (_Handler,), {"door": self.door, "turn": Lock()})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def rpc(self, method: str, *params: object) -> Any:
        return rpc.call(self.url, method, *params)


class _Handler(BaseHTTPRequestHandler):
    door: Door
    turn: Lock
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.turn:
            told = [self.door.answer(each) for each in asked] if isinstance(asked, list) else self.door.answer(asked)
        body = json.dumps(told).encode()
        with contextlib.suppress(OSError):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass

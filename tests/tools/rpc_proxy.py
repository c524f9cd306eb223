"""A line to a chain node that can fail: drops, delays, errors and lies, by script.

    with Proxy(node.url) as line:
        line.on("eth_sendRawTransaction", drop_response, times=1)     # it arrives, the answer does not
        ...
        assert line.count("eth_sendRawTransaction") == 2

An action gets the request and a way to forward it, and returns the bytes to answer with, or None to break the
connection.
"""

from __future__ import annotations

import contextlib
import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

Request = dict[str, Any]
Forward = Callable[[], Request]


@dataclass(frozen=True)
class Raw:
    """An answer that is not what JSON-RPC says."""

    body: bytes
    status: int = 200


Action = Callable[[Request, Forward], Request | Raw | None]


# Actions


def drop_request(request: Request, forward: Forward) -> None:
    """It never arrives."""


def drop_response(request: Request, forward: Forward) -> None:
    """It arrives; the answer is lost."""
    forward()


def wrong_id(request: Request, forward: Forward) -> Request:
    return forward() | {"id": -1}


def truncated(request: Request, forward: Forward) -> Raw:
    return Raw(json.dumps(forward()).encode()[:-7])


def delayed(seconds: float) -> Action:
    def action(request: Request, forward: Forward) -> Request:
        time.sleep(seconds)
        return forward()

    return action


def refused(code: int, message: str) -> Action:
    return lambda request, forward: {"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}


def http(status: int, body: bytes = b"<html>Bad Gateway</html>") -> Action:
    return lambda request, forward: Raw(body, status)


def huge(size: int) -> Action:
    """A well-formed number with that many digits."""
    return lambda request, forward: Raw(b'{"jsonrpc":"2.0","id":%d,"result":"0x%s"}' % (request["id"], b"0" * size))


def answered(result: Any) -> Action:
    """A stale answer, or a lie."""
    return lambda request, forward: {"jsonrpc": "2.0", "id": request["id"], "result": result}


def altered(change: Callable[[Any], Any]) -> Action:
    """The true result, bent."""

    def action(request: Request, forward: Forward) -> Request:
        answer = forward()
        return answer | {"result": change(answer["result"])} if "result" in answer else answer

    return action


@dataclass
class Rule:
    """From its `after`-th matching call on, `times` calls (None: all) are treated with `action`."""

    method: str
    action: Action
    times: int | None
    after: int
    where: Callable[[list[Any]], bool]
    seen: int = 0

    def takes(self, request: Request) -> bool:
        if self.method not in ("*", request["method"]) or not self.where(request.get("params", [])):
            return False
        self.seen += 1
        return self.seen > self.after and (self.times is None or self.seen <= self.after + self.times)


@dataclass
class Proxy:
    """Listens on a port of its own and hands everything on to `target`, except as the rules say."""

    target: str
    calls: list[tuple[str, list[Any]]] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def on(
        self, method: str, action: Action, *, times: int | None = None, after: int = 0,
        where: Callable[[list[Any]], bool] = lambda params: True,
    ) -> Rule:  # fmt: skip
        """Add a rule; the newest that matches wins. Method "*": every one."""
        rule = Rule(method, action, times, after, where)
        with self._lock:
            self.rules.insert(0, rule)
        return rule

    def heal(self) -> None:
        """From now on the line is good."""
        with self._lock:
            self.rules.clear()

    def count(self, method: str) -> int:
        return sum(1 for name, _ in self.calls if name == method)

    def __enter__(self) -> Proxy:
        self._lock = Lock()
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Request | Raw | None:
        with self._lock:
            self.calls.append((request["method"], request.get("params", [])))
            rule = next((rule for rule in self.rules if rule.takes(request)), None)
        if rule is None:
            return self._forward(request)
        return rule.action(request, lambda: self._forward(request))

    def _forward(self, request: Request) -> Request:
        asked = urllib.request.Request(
            self.target, json.dumps(request).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked, timeout=30) as response:
            answer: Request = json.load(response)
        return answer


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        try:
            answer = self.proxy.answer(request)
        except OSError:
            answer = None  # the node is gone
        if answer is None:
            self.close_connection = True
            return
        raw = answer if isinstance(answer, Raw) else Raw(json.dumps(answer).encode())
        with contextlib.suppress(OSError):
            self.send_response(raw.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw.body)))
            self.end_headers()
            self.wfile.write(raw.body)

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def line_to(url: str) -> Iterator[Proxy]:
    """A proxy in front of a node."""
    with Proxy(url) as proxy:
        yield proxy

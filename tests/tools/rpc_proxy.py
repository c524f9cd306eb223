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

import rlp
from eth_account import Account
from eth_utils.crypto import keccak

Request = dict[str, Any]
Forward = Callable[[], Request]


@dataclass(frozen=True)
class Raw:
    """An answer that is not what JSON-RPC says."""

    body: bytes
    status: int = 200
    pace: float = 0  # seconds between two bytes; 0: all at once
    slow_from: int = 0  # the first byte that is late, counted from the status line on


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


def drip(seconds: float, slow_from: int = 0) -> Action:
    """The true answer, a byte every so many seconds: in its head too, or from one byte of the whole on."""

    def action(request: Request, forward: Forward) -> Raw:
        return Raw(json.dumps(forward()).encode(), pace=seconds, slow_from=slow_from)

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


def pretend_pending(request: Request, forward: Forward) -> Request:
    """Bytes are taken with thanks, and never shown to anybody."""
    return {"jsonrpc": "2.0", "id": request["id"], "result": "0x" + keccak(_raw(request)).hex()}


def geth_pool() -> Action:
    """The rule of geth's pool for eth_sendRawTransaction: only bytes that raise *both* fees by a tenth replace others
    of the same account and nonce, however they fared since. One pool for each call of this function."""
    held: dict[tuple[str, int], tuple[int, int, bytes]] = {}

    def action(request: Request, forward: Forward) -> Request:
        raw = _raw(request)
        sender, nonce, max_fee, tip = sent(raw)
        earlier = held.get((sender, nonce))
        if earlier is not None and earlier[2] == raw:
            return _error(request, "already known")
        if earlier is not None and (max_fee * 10 < earlier[0] * 11 or tip * 10 < earlier[1] * 11):
            return _error(request, "replacement transaction underpriced")
        held[sender, nonce] = (max_fee, tip, raw)
        return forward()

    return action


def legacy_only(line: Proxy) -> None:
    """A chain older than London: no base fee, no tips, and no typed transactions."""
    line.on("eth_getBlockByNumber", altered(lambda block: block and {k: v for k, v in block.items() if k != _BASE_FEE}))
    for method in ("eth_maxPriorityFeePerGas", "eth_feeHistory"):
        line.on(method, refused(-32601, "the method does not exist"))

    def untyped(request: Request, forward: Forward) -> Request:
        typed = _raw(request)[0] < 0xC0  # a legacy transaction is an RLP list
        return _error(request, "transaction type not supported") if typed else forward()

    line.on("eth_sendRawTransaction", untyped)


_BASE_FEE = "baseFeePerGas"


def sent(raw: bytes) -> tuple[str, int, int, int]:
    """Sender, nonce, fee cap and tip of signed bytes; both fees are the price in a legacy one."""
    sender = Account.recover_transaction(raw)
    if raw[0] >= 0xC0:
        nonce, price = (int.from_bytes(each, "big") for each in rlp.decode(raw)[:2])
        return sender, nonce, price, price
    _, nonce, tip, max_fee = (int.from_bytes(each, "big") for each in rlp.decode(raw[1:])[:4])
    return sender, nonce, max_fee, tip


def _raw(request: Request) -> bytes:
    return bytes.fromhex(request["params"][0][2:])


def _error(request: Request, message: str) -> Request:
    return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": -32000, "message": message}}


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
    disable_nagle_algorithm = True  # or each answer, sent as head and body, takes 40 ms

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
        if raw.pace:
            self._drip(raw)
            return
        with contextlib.suppress(OSError):
            self.send_response(raw.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw.body)))
            self.end_headers()
            self.wfile.write(raw.body)

    def _drip(self, raw: Raw) -> None:
        head = f"HTTP/1.1 {raw.status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(raw.body)}\r\n\r\n"
        whole = head.encode() + raw.body
        with contextlib.suppress(OSError):
            self.wfile.write(whole[: raw.slow_from])
            for byte in whole[raw.slow_from :]:
                time.sleep(raw.pace)
                self.wfile.write(bytes([byte]))

    def log_message(self, *_: object) -> None:
        pass


@contextlib.contextmanager
def line_to(url: str) -> Iterator[Proxy]:
    """A proxy in front of a node."""
    with Proxy(url) as proxy:
        yield proxy

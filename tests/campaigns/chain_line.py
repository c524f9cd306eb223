"""A line to the chain that fails by the dice, in process: what comes back goes through the worker's own parser.

lost         the request never arrives                     late      signed bytes arrive some steps later
unanswered   it arrives, the answer does not               twice     it arrives twice
garbage      HTML, half an answer, another's answer        refused   the node declines
stale        for a whole round the node is behind, or on a branch that a reorg removed
lies         events, receipts, hashes and state that are not so
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from random import Random
from typing import Any

from anchoring.rpc import Away
from tests.campaigns.chain_stage import Chain, Honest
from tests.tools.devchain.jsonrpc import Door

SEND = "eth_sendRawTransaction"


class Killed(Exception):
    """The worker's process ends here; nothing of ours catches it."""


class Line(Honest):
    """`odds`: how likely each fault is for one request; `heard` gets every raw transaction that is sent."""

    def __init__(self, chain: Chain, dice: Random, odds: dict[str, float], heard: Callable[[bytes], None]) -> None:
        super().__init__("line", chain.ask)
        self.chain, self.dice, self.odds, self.heard = chain, dice, odds, heard
        self.late: list[str] = []
        self.branches: list[Any] = []  # blocks of chains that a reorg removed
        self.calls = self.faults = 0
        self.kill_at: int | None = None
        self._view: Door | None = None
        self.misled = 0  # times
        self._stale_rounds = 0

    def begin(self) -> None:
        """A new round: what the node looks like in it."""
        self._view = None
        if self._stale_rounds < 2 and self.dice.random() < self.odds["stale"]:
            self._view = self._old_view()
            self._stale_rounds += 1
        else:
            self._stale_rounds = 0

    def _old_view(self) -> Door:
        node = copy.copy(self.chain.node)
        if self.branches and self.dice.random() < 0.5:
            node.blocks, final = self.dice.choice(self.branches)
            node.believes_final(final)
        else:
            node.blocks = node.blocks[: -self.dice.randint(1, 6)]
        node.pool = {}
        return Door(node, ())

    def _post(self, body: bytes) -> bytes:
        request = json.loads(body)
        self.calls += 1
        if self.kill_at is not None and self.calls >= self.kill_at:
            self.kill_at = None
            if self.dice.random() < 0.5:
                self._forward(request)
            raise Killed
        fault = self._fault(request["method"])
        if fault is None:
            return json.dumps(self._forward(request)).encode()
        self.faults += 1
        return self._failing(fault, request)

    def _fault(self, method: str) -> str | None:
        point = self.dice.random()
        for name, odds in self.odds.items():
            if name != "stale":
                point -= odds
                if point < 0:
                    return name
        return None

    def _forward(self, request: dict[str, Any]) -> dict[str, Any]:
        if request["method"] == SEND:
            self.heard(bytes.fromhex(request["params"][0][2:]))
            return self._ask(request)
        return self._ask(request) if self._view is None else self._view.answer(request)

    def _failing(self, fault: str, request: dict[str, Any]) -> bytes:
        if fault in ("late", "twice") and request["method"] != SEND:
            fault = "unanswered"
        if fault == "late":
            self.heard(bytes.fromhex(request["params"][0][2:]))
            self.late.append(request["params"][0])
        if fault in ("lost", "late"):
            raise Away(self.url, "timed out")
        if fault == "refused":
            return self._told(request, error={"code": -32005, "message": self.dice.choice(REFUSALS)})
        answer = self._forward(request)
        if fault == "unanswered":
            raise Away(self.url, "timed out")
        if fault == "twice":
            answer = self._forward(request)
        if fault == "garbage":
            return self._garbage(answer)
        if fault == "lies":
            answer = self._lie(request, answer)
        return json.dumps(answer).encode()

    def _told(self, request: dict[str, Any], **what: Any) -> bytes:
        return json.dumps({"jsonrpc": "2.0", "id": request["id"]} | what).encode()

    def _garbage(self, answer: dict[str, Any]) -> bytes:
        whole = json.dumps(answer).encode()
        which = self.dice.randrange(7)
        if which == 0:
            raise Away(self.url, f"HTTP status {self.dice.choice((429, 502, 503))}")
        half = whole[: self.dice.randrange(len(whole))]
        other = [answer | {"id": -1}, answer | {"result": "0xzz"}, answer | {"result": 7}]
        bent = (b"<html>Bad Gateway</html>", half, b"[]", *(json.dumps(each).encode() for each in other))
        return bent[which - 1]

    def _lie(self, request: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        told = answer.get("result")
        lie = LIES.get(request["method"])
        self.misled += request["method"] == "eth_getTransactionCount"  # bytes with that nonce may wait, and be late
        return answer if lie is None or told is None else answer | {"result": lie(self.dice, told)}


REFUSALS = ("limit exceeded", "header not found", "internal error", "request timed out", "transaction underpriced")


def _logs(dice: Random, logs: list[Any]) -> list[Any]:
    if not logs or dice.random() < 0.3:
        return []
    invented = dict(dice.choice(logs))
    invented["data"] = "0x" + dice.getrandbits(8).to_bytes(32, "big").hex() + invented["data"][66:]
    return dice.choice(([*logs, invented], logs[1:], [invented], logs + logs))


def _receipt(dice: Random, receipt: Any) -> Any:
    bent = {"status": "0x0" if receipt["status"] == "0x1" else "0x1"}
    return dice.choice((None, receipt | bent, receipt | {"blockNumber": "0x1"}))


def _block(dice: Random, block: Any) -> Any:
    other = {"hash": "0x" + dice.randbytes(32).hex()}
    later = {"timestamp": hex(int(block["timestamp"], 16) + 10_000)}
    return dice.choice((None, block | other, block | later, block | {"number": hex(int(block["number"], 16) + 3)}))


def _words(dice: Random, answer: str) -> str:
    """State with one byte changed, or none at all."""
    whole = bytearray.fromhex(answer[2:])
    if not whole or dice.random() < 0.2:
        return "0x"
    whole[dice.randrange(len(whole))] ^= 1 << dice.randrange(8)
    return "0x" + whole.hex()


LIES: dict[str, Callable[[Random, Any], Any]] = {
    "eth_getLogs": _logs,
    "eth_getTransactionReceipt": _receipt,
    "eth_getBlockByNumber": _block,
    "eth_call": _words,
    "eth_getCode": lambda dice, code: "0x",
    "eth_chainId": lambda dice, number: "0x1",
    "eth_getTransactionCount": lambda dice, number: hex(int(number, 16) + dice.choice((-1, 1, 3)) & 0xFF),
    "eth_getBalance": lambda dice, number: hex(dice.choice((0, 10**15))),
    "eth_estimateGas": lambda dice, number: hex(dice.choice((21_000, 30_000_000))),
    "eth_maxPriorityFeePerGas": lambda dice, number: hex(dice.choice((0, 10**12))),
    "eth_getTransactionByHash": lambda dice, told: None,
}

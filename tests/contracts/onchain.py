"""The real contract on a real node, by plain JSON-RPC: what it answers, which error it gives, which gas it takes."""

import http.client
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import eth_abi
from eth_utils import keccak

from contracts import artifact

GAS_LIMIT = hex(3_000_000)


@dataclass(frozen=True, slots=True)
class Reverted(Exception):
    """The contract refused: its custom error, with the numbers."""

    name: str
    numbers: tuple[Any, ...]


class Chain:
    """A node whose accounts are unlocked; one connection, kept open."""

    def __init__(self, url: str) -> None:
        where = urlsplit(url)
        self._connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=60)
        self._ids = count(1)
        self.accounts: list[str] = [account.lower() for account in self.rpc("eth_accounts")]
        self._waits = "anvil" in self.rpc("web3_clientVersion")  # knows EIP-7966

    def rpc(self, method: str, *params: object) -> Any:
        return self.batch([(method, params)])[0]

    def batch(self, calls: Iterable[tuple[str, Sequence[object]]]) -> list[Any]:
        """The results of many calls in one request; a call that reverted gives its `Reverted` as the result of a
        batch of more than one, and raises it alone."""
        asked = [{"jsonrpc": "2.0", "id": next(self._ids), "method": m, "params": list(p)} for m, p in calls]
        self._connection.request("POST", "/", json.dumps(asked), {"Content-Type": "application/json"})
        answers = {a["id"]: a for a in json.loads(self._connection.getresponse().read())}
        results = [self._result(answers[call["id"]]) for call in asked]
        if len(results) == 1 and isinstance(results[0], Reverted):
            raise results[0]
        return results

    def _result(self, answer: dict[str, Any]) -> Any:
        if "error" not in answer:
            return answer["result"]
        error = answer["error"]
        if "revert" not in error["message"]:
            raise AssertionError(f"the node did not understand: {error}")
        return decode_error(bytes.fromhex((error.get("data") or "0x")[2:]))

    def send(self, sender: str, to: str | None, data: bytes) -> dict[str, Any]:
        """Mine a transaction; the receipt, also of one that reverted."""
        transaction = {"from": sender, "data": "0x" + data.hex(), "gas": GAS_LIMIT} | ({"to": to} if to else {})
        if self._waits:
            receipt: dict[str, Any] | None = self.rpc("eth_sendTransactionSync", transaction)
        else:
            name, receipt = self.rpc("eth_sendTransaction", transaction), None
        while receipt is None:
            receipt = self.rpc("eth_getTransactionReceipt", name)
        return receipt

    def deploy(self, name: str, types: Sequence[str], arguments: Sequence[object]) -> str:
        """Address of a new contract."""
        receipt = self.send(self.accounts[0], None, _creation(name, types, arguments, str))
        assert receipt["status"] == "0x1", f"{name} was not deployed"
        return str(receipt["contractAddress"])

    def try_to_deploy(
        self, name: str, types: Sequence[str], arguments: Sequence[object], change: Callable[[str], str] = str
    ) -> None:
        """Run the constructor without mining it, with the code changed."""
        data = _creation(name, types, arguments, change)
        self.rpc("eth_call", {"from": self.accounts[0], "data": "0x" + data.hex(), "gas": GAS_LIMIT}, "latest")

    def later(self, seconds: int) -> None:
        """Let time pass; the next block is that much later."""
        self.rpc("evm_increaseTime", hex(seconds))

    def block(self, number: str = "latest") -> tuple[int, int]:
        """Number and time of a block."""
        block = self.rpc("eth_getBlockByNumber", number, False)
        return int(block["number"], 16), int(block["timestamp"], 16)


class LotAnchor:
    """One deployed LotAnchor: `send` mines, `call` tries without mining, `view` reads. All raise `Reverted`."""

    def __init__(self, chain: Chain, anchorer: str | None = None, guardian: str | None = None) -> None:
        self.chain = chain
        self.anchorer = anchorer or chain.accounts[1]
        self.guardian = guardian or chain.accounts[2]
        self.address = chain.deploy("LotAnchor", ["address", "address"], [self.anchorer, self.guardian])

    def send(self, sender: str, function: str, *arguments: object) -> dict[str, Any]:
        receipt = self.chain.send(sender, self.address, encode(function, arguments))
        if receipt["status"] != "0x1":
            self.chain.rpc("eth_call", self._call(sender, function, arguments), "latest")  # raises with the reason
            raise AssertionError(f"{function} reverted in its block and not in a call after it")
        return receipt

    def call(self, sender: str, function: str, *arguments: object) -> None:
        self.chain.rpc("eth_call", self._call(sender, function, arguments), "latest")

    def calls(self, calls: Iterable[tuple[str, str, Sequence[object]]]) -> list[Reverted | None]:
        """Many `call`s at once: None where the contract agrees, else why it refuses. Give two at least."""
        asked = [("eth_call", (self._call(*call), "latest")) for call in calls]
        return [answer if isinstance(answer, Reverted) else None for answer in self.chain.batch(asked)]

    def view(self, function: str, *arguments: object, block: str = "latest") -> Any:
        """What a view returns: one value, or a tuple."""
        return self.decode(function, self.chain.rpc("eth_call", self._call(self.anchorer, function, arguments), block))

    def views(self, views: Iterable[tuple[str, Sequence[object]]]) -> list[Any]:
        """Many `view`s at once."""
        asked = list(views)
        answers = self.chain.batch([("eth_call", (self._call(self.anchorer, *view), "latest")) for view in asked])
        return [self.decode(function, answer) for (function, _), answer in zip(asked, answers, strict=True)]

    def everything(self) -> list[Any]:
        """All that can be seen of a contract with at most two groups and two epochs."""
        plain = ("head", "accumulator", "anchorer", "guardian", "offeredGuardian", "proposedEpoch")
        numbered = [("sealedGroup", [0]), ("sealedGroup", [1]), ("epochs", [1]), ("epochs", [2]), ("epochs", [3])]
        return self.views([*((name, []) for name in plain), *numbered])

    @staticmethod
    def decode(function: str, answer: str) -> Any:
        values = eth_abi.decode(_types(_function(function)["outputs"]), bytes.fromhex(answer[2:]))
        return values[0] if len(values) == 1 else values

    def anchor(self, *arguments: object) -> dict[str, Any]:
        return self.send(self.anchorer, "anchor", *arguments)

    def _call(self, sender: str, function: str, arguments: Sequence[object]) -> dict[str, str]:
        return {"from": sender, "to": self.address, "data": "0x" + encode(function, arguments).hex(), "gas": GAS_LIMIT}


def _creation(name: str, types: Sequence[str], arguments: Sequence[object], change: Callable[[str], str]) -> bytes:
    return bytes.fromhex(change(artifact(name)["bytecode"][2:])) + eth_abi.encode(types, arguments)


def encode(function: str, arguments: Sequence[object], contract: str = "LotAnchor") -> bytes:
    """Call data."""
    entry = _function(function, contract)
    return selector(entry) + eth_abi.encode(_types(entry["inputs"]), arguments)


def decode_error(data: bytes) -> Reverted:
    """The custom error in revert data; "" without data (the ABI decoder refused the arguments)."""
    for entry in artifact()["abi"]:
        if entry["type"] == "error" and selector(entry) == data[:4]:
            return Reverted(entry["name"], eth_abi.decode(_types(entry["inputs"]), data[4:]))
    return Reverted(data.hex(), ())


def decode_events(receipt: dict[str, Any]) -> list[tuple[str, tuple[Any, ...]]]:
    """Name and values, in the order of the declaration, of each event of a receipt."""
    return [_event(log) for log in receipt["logs"]]


def _event(log: dict[str, Any]) -> tuple[str, tuple[Any, ...]]:
    topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
    entry = next(e for e in artifact()["abi"] if e["type"] == "event" and keccak(text=signature(e)) == topics[0])
    indexed = iter(topics[1:])
    plain = iter(eth_abi.decode(_types(e for e in entry["inputs"] if not e["indexed"]), bytes.fromhex(log["data"][2:])))
    return entry["name"], tuple(
        eth_abi.decode([e["type"]], next(indexed))[0] if e["indexed"] else next(plain) for e in entry["inputs"]
    )


def selector(entry: dict[str, Any]) -> bytes:
    return keccak(text=signature(entry))[:4]


def signature(entry: dict[str, Any]) -> str:
    return f"{entry['name']}({','.join(_types(entry['inputs']))})"


@cache
def _function(name: str, contract: str = "LotAnchor") -> dict[str, Any]:
    return next(e for e in artifact(contract)["abi"] if e["type"] == "function" and e["name"] == name)


def _types(parameters: Iterable[dict[str, Any]]) -> list[str]:
    return [p["type"] for p in parameters]

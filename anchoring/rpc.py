"""JSON-RPC to an Ethereum node, by someone who does not trust the line.

Two kinds of failure, because they are answered differently:

* `Away`: no usable answer (refused, timed out, dripping, 429, 5xx, HTML, too large, wrong id, not JSON). Nothing is
  known: after a send the transaction may or may not be on its way. Read again later, never guess.
* `Refused`: the node understood and said no, with code and message.

State is read at one block *by hash* (EIP-1898), so that a load balancer or a reorg between two questions cannot
mix two chains into one answer. Where the node does not know that (Ganache), it is asked by number and the
block's hash is compared before and after.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import requests

from anchoring.onchain import Address, BlockHash, TxHash
from anchoring.patience import Patience, session
from verifier.encoding import check_depth
from verifier.errors import Refuted

TIMEOUT = (3.05, 10.0)  # seconds to connect, and between bytes
WHOLE_ANSWER = 20.0  # seconds for an answer from its first byte to its last: no dripping node holds the thread
LARGEST_ANSWER = 8 << 20  # a block range full of our events is far below this
PROBED = "0x" + "00" * 20


class Away(Exception):
    """The node gave no usable answer."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"the chain node at {name} gave no usable answer: {why}")
        self.why = why


class Refused(Exception):
    """The node answered with an error."""

    def __init__(self, method: str, code: int, message: str, data: str | None) -> None:
        super().__init__(f"{method}: {message} ({code})")
        self.method, self.code, self.message, self.data = method, code, message, data


class Moved(Exception):
    """The block asked for is no longer (or not yet) part of the node's chain: begin the round again."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block's place in the chain. `base_fee` is None on a chain older than London."""

    number: int
    hash: BlockHash
    parent: BlockHash
    time: int
    base_fee: int | None


@dataclass(frozen=True, slots=True)
class Log:
    """An event as the node tells it."""

    block: int
    block_hash: BlockHash
    tx_hash: TxHash
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class TxReceipt:
    """What became of a transaction; `ok` alone proves nothing."""

    block: int
    block_hash: BlockHash
    ok: bool
    gas_used: int
    contract: Address | None
    price: int | None = None  # wei for each gas; None: an old node does not say


class Rpc:
    """One endpoint."""

    def __init__(self, url: str, timeout: tuple[float, float] = TIMEOUT, whole: float = WHOLE_ANSWER) -> None:
        """`timeout`: seconds to connect, and between bytes; `whole`: for all of one answer."""
        self.url, self.name = url, _without_secrets(url)
        """`name` for whatever is said of it, in alarms that everybody reads too."""
        self._timeout, self._patience = timeout, Patience(whole)
        self._session = session(self._patience)
        self._ids = count(1)
        self._by_hash: bool | None = None

    def call(self, method: str, *params: Any) -> Any:
        """The `result` of one request. Raises Away or Refused."""
        number = next(self._ids)
        body = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        answer = self._parse(self._post(json.dumps(body).encode()))
        if answer.get("id") != number:
            raise Away(self.name, f"answer to request {answer.get('id')!r}, expected {number}")
        error = answer.get("error")
        if error is not None:
            raise _refused(method, error)
        if "result" not in answer:
            raise Away(self.name, "neither result nor error")
        return answer["result"]

    def _post(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        self._patience.begin()
        try:
            with self._session.post(
                self.url, data=body, headers=headers, timeout=self._timeout, stream=True, allow_redirects=False
            ) as response:
                taken = _take(self.name, response)
                if response.status_code != 200 and not taken.lstrip().startswith(b"{"):
                    raise Away(self.name, f"HTTP status {response.status_code}")
                if response.status_code in (429, 502, 503, 504):
                    raise Away(self.name, f"HTTP status {response.status_code}")
                return taken
        except requests.RequestException as error:
            raise Away(self.name, self._why(error)) from None

    def _why(self, error: requests.RequestException) -> str:
        """What the library says, which quotes path and query of the URL, only where they hold nothing."""
        said = type(error).__name__
        return f"{said}: {error}" if self.name == self.url.rstrip("/") else said

    def _parse(self, body: bytes) -> dict[str, Any]:
        try:
            text = body.decode()
            check_depth(text)  # libraries of the chain raise the recursion limit: a deep answer would end the process
            answer = json.loads(text)
        except (ValueError, Refuted) as error:
            raise Away(self.name, f"not JSON: {body[:40]!r}") from error
        if not isinstance(answer, dict):
            raise Away(self.name, f"expected a JSON object, got {type(answer).__name__}")
        return answer

    # What the chain is

    def chain_id(self) -> int:
        return self._number(self.call("eth_chainId"))

    def client(self) -> str:
        return str(self.call("web3_clientVersion"))

    def block(self, which: int | str) -> Block | None:
        """A block by number or tag; None where there is none yet."""
        found = self.call("eth_getBlockByNumber", hex(which) if isinstance(which, int) else which, False)
        return None if found is None else self._block(found)

    def head(self, tag: str = "latest") -> Block:
        found = self.block(tag)
        if found is None:
            raise Away(self.name, f"no {tag} block")
        return found

    # State, at one block

    def code(self, address: Address, at: Block) -> bytes:
        return self._bytes(self._at("eth_getCode", [_hex(address)], at))

    def balance(self, address: Address, at: Block) -> int:
        return self._number(self._at("eth_getBalance", [_hex(address)], at))

    def nonce(self, address: Address, at: Block) -> int:
        return self._number(self._at("eth_getTransactionCount", [_hex(address)], at))

    def read(self, contract: Address, calldata: bytes, at: Block) -> bytes:
        """The result of a view."""
        return self._bytes(self._at("eth_call", [{"to": _hex(contract), "data": _hex(calldata)}], at))

    def simulate(self, transaction: dict[str, Any], at: Block) -> None:
        """Whether that transaction would do, on the state at the end of the block; Refused with its reason if not."""
        self._at("eth_call", [transaction], at)

    def _at(self, method: str, params: list[Any], at: Block) -> Any:
        if self._by_hash is None:
            self._by_hash = self._knows_hashes(at)
        if self._by_hash:
            return self.call(method, *params, {"blockHash": _hex(at.hash)})
        self._still(at)
        answer = self.call(method, *params, hex(at.number))
        self._still(at)
        return answer

    def _knows_hashes(self, at: Block) -> bool:
        try:
            self.call("eth_getBalance", PROBED, {"blockHash": _hex(at.hash)})
        except Refused:
            self._still(at)  # refused although the block is there: the node does not know EIP-1898
            return False
        return True

    def _still(self, at: Block) -> None:
        there = self.block(at.number)
        if there is None or there.hash != at.hash:
            raise Moved(f"block {at.number} is no longer {at.hash.hex()}")

    # Events and transactions

    def logs(self, contract: Address, topic: bytes, first: int, last: int) -> list[Log]:
        asked = {"address": _hex(contract), "topics": [_hex(topic)], "fromBlock": hex(first), "toBlock": hex(last)}
        found = self.call("eth_getLogs", asked)
        if not isinstance(found, list):
            raise Away(self.name, f"expected a list of events, got {type(found).__name__}")
        return [self._log(each) for each in found]

    def receipt(self, tx: TxHash) -> TxReceipt | None:
        found = self.call("eth_getTransactionReceipt", _hex(tx))
        return None if found is None else self._receipt(found)

    def sender_and_nonce(self, tx: TxHash) -> tuple[Address, int] | None:
        """Who sent a transaction, and its place among the sender's; None if the node does not know it."""
        found = self.call("eth_getTransactionByHash", _hex(tx))
        try:
            return None if found is None else (Address(self._bytes(found["from"])), self._number(found["nonce"]))
        except (KeyError, TypeError) as error:
            raise Away(self.name, f"a transaction without {error}") from error

    def pending_nonce(self, address: Address) -> int | None:
        """The account's next nonce if all that waits without a gap in this node's pool is mined; None: it won't say."""
        try:
            return self._number(self.call("eth_getTransactionCount", _hex(address), "pending"))
        except Refused:
            return None

    def estimate(self, transaction: dict[str, Any]) -> int:
        return self._number(self.call("eth_estimateGas", transaction))

    def tip(self) -> int:
        """The tip the node suggests; one gwei where it has no opinion."""
        try:
            return self._number(self.call("eth_maxPriorityFeePerGas"))
        except Refused:
            return 10**9

    def gas_price(self) -> int:
        return self._number(self.call("eth_gasPrice"))

    def send(self, raw: bytes) -> None:
        """Hand over signed bytes. Away leaves open whether they arrived."""
        self.call("eth_sendRawTransaction", _hex(raw))

    # Shapes: an answer of another shape is no answer

    def _number(self, value: Any) -> int:
        if not isinstance(value, str) or not value.startswith("0x"):
            raise Away(self.name, f"expected a hex quantity, got {value!r:.80}")
        try:
            return int(value, 16)
        except ValueError as error:
            raise Away(self.name, f"expected a hex quantity, got {value!r:.80}") from error

    def _bytes(self, value: Any) -> bytes:
        if not isinstance(value, str) or not value.startswith("0x"):
            raise Away(self.name, f"expected hex bytes, got {value!r:.80}")
        try:
            return bytes.fromhex(value[2:])
        except ValueError as error:
            raise Away(self.name, f"expected hex bytes, got {value!r:.80}") from error

    def _block(self, found: Any) -> Block:
        try:
            fee = found.get("baseFeePerGas")
            return Block(
                self._number(found["number"]),
                BlockHash(self._bytes(found["hash"])),
                BlockHash(self._bytes(found["parentHash"])),
                self._number(found["timestamp"]),
                None if fee is None else self._number(fee),
            )
        except (KeyError, AttributeError, TypeError) as error:
            raise Away(self.name, f"a block without {error}") from error

    def _log(self, found: Any) -> Log:
        try:
            return Log(
                self._number(found["blockNumber"]),
                BlockHash(self._bytes(found["blockHash"])),
                TxHash(self._bytes(found["transactionHash"])),
                tuple(self._bytes(topic) for topic in found["topics"]),
                self._bytes(found["data"]),
            )
        except (KeyError, TypeError) as error:
            raise Away(self.name, f"a log without {error}") from error

    def _receipt(self, found: Any) -> TxReceipt:
        try:
            made = found.get("contractAddress")
            return TxReceipt(
                self._number(found["blockNumber"]),
                BlockHash(self._bytes(found["blockHash"])),
                self._number(found["status"]) == 1,
                self._number(found["gasUsed"]),
                None if made is None else Address(self._bytes(made)),
                self._number(found["effectiveGasPrice"]) if found.get("effectiveGasPrice") else None,
            )
        except (KeyError, AttributeError, TypeError) as error:
            raise Away(self.name, f"a receipt without {error}") from error


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _take(name: str, response: requests.Response) -> bytes:
    taken = bytearray()
    for piece in response.iter_content(1 << 16):
        taken += piece
        if len(taken) > LARGEST_ANSWER:
            raise Away(name, f"more than {LARGEST_ANSWER} bytes")
    return bytes(taken)


def _refused(method: str, error: Any) -> Refused:
    if not isinstance(error, dict):
        return Refused(method, 0, str(error)[:200], None)
    code, data = error.get("code"), error.get("data")
    if isinstance(data, dict):  # Ganache wraps the revert data
        data = data.get("result") or data.get("data")
    return Refused(
        method,
        code if isinstance(code, int) else 0,
        str(error.get("message"))[:200],
        data if isinstance(data, str) and data.startswith("0x") else None,
    )


def rpcs(urls: Sequence[str]) -> tuple[Rpc, ...]:
    """The first endpoint is written to; every one must confirm what is called final."""
    assert urls, "expected at least one RPC endpoint"
    return tuple(Rpc(url) for url in urls)


def _without_secrets(url: str) -> str:
    """Scheme, host and port: in user, path and query of a node's URL providers put their customers' keys."""
    scheme, _, rest = url.partition("://")
    host = rest.replace("?", "/").replace("#", "/").partition("/")[0].rpartition("@")[2]
    shown = f"{scheme}://{host}"
    return shown if url.rstrip("/") == shown else f"{shown}/…"

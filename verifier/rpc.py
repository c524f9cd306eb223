"""An Ethereum node asked by JSON-RPC, as far as an anchor needs it.

All state is read at one block by its hash (EIP-1898). A node that does not know this way of asking
(Ganache) is asked by number, and the block's hash is compared again after reading. The contract's
selectors are constants; `tests/verifier/test_rpc.py` recomputes them from `contracts/artifacts`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from verifier.chain import Block, Epoch, Event, Identity, State
from verifier.encoding import check_depth
from verifier.errors import Refuted, Unavailable
from verifier.http import Deadline, fetch, without_secrets
from verifier.merkle import MAX_ANCHOR_PATH
from verifier.policy import FINALIZED, LATEST

HEAD = "8f7dcfa3"
ACCUMULATOR = "03381154"
SEALED_GROUP = "b2063262"
EPOCHS = "4bd2d7f9"
ANCHORED = "047ae1cdca30d791d3ef89967fc37910d19a0e215f82bda8c844c90bc35ed3d5"

T = TypeVar("T")

_MAX_LOGS = 64 * 1024 * 1024
_MAX_QUESTIONS = 16_384  # for events: twenty million blocks of Ethereum in windows of some thousand
_MAX_PEAKS = MAX_ANCHOR_PATH
_MAX_EPOCHS = 64  # one opens three days after it is proposed, at the soonest


class RpcError(Unavailable):
    """The node understood the question and answered with an error."""


@dataclass(slots=True)
class RpcNode:
    """One endpoint; every question counts against one deadline."""

    url: str
    deadline: Deadline
    _by_number: bool = False

    @property
    def name(self) -> str:
        """For reports, which are passed on: without what may be a key."""
        return without_secrets(self.url)

    def newest(self, finality: str | int) -> Block:
        """The newest block under a finality rule: "finalized", "latest" or a number of blocks below it."""
        if isinstance(finality, str):
            assert finality in (FINALIZED, LATEST)
            return self._block(finality)
        latest = self._block(LATEST)
        return self.block(max(0, latest.number - finality))

    def block(self, number: int) -> Block:
        return self._block(hex(number))

    def identity(self, block: Block, contract: str) -> Identity:
        """Chain id, genesis hash and SHA-256 of the contract's code at this block."""
        code = self._at(block, lambda where: _bytes(self._ask("eth_getCode", contract, where)))
        return Identity(_number(self._ask("eth_chainId")), self.block(0).hash, sha256(code).digest())

    def state(self, block: Block, contract: str) -> State:
        """What the contract says of itself at this block."""
        return self._at(block, lambda where: self._state(contract, where))

    def sealed(self, block: Block, contract: str, group: int) -> bytes:
        """The stored root over the anchors of one completed group of 64."""
        return self._at(block, lambda where: self._words(contract, SEALED_GROUP + _word(group), where)[0])

    def events(self, block: Block, contract: str) -> list[Event]:
        """Every `Anchored` event up to this block, in order; a node that refuses so many blocks is asked for fewer."""
        found: list[Event] = []
        waiting, questions = [(0, block.number)], 0
        while waiting:
            first, last = waiting.pop()
            questions += 1
            try:
                found += self._events(contract, first, last)
            except RpcError:
                if first == last or questions > _MAX_QUESTIONS:
                    raise
                middle = (first + last) // 2
                waiting += [(middle + 1, last), (first, middle)]
        return found

    def _events(self, contract: str, first: int, last: int) -> list[Event]:
        wanted = {"address": contract, "topics": ["0x" + ANCHORED], "fromBlock": hex(first), "toBlock": hex(last)}
        logs = self._ask("eth_getLogs", wanted, limit=_MAX_LOGS)
        if not isinstance(logs, list):
            raise Unavailable(self.name, "logs that are no list")
        return [self._event(log) for log in logs]

    def _event(self, log: Any) -> Event:
        try:
            index = _uint(_bytes(log["topics"][1]))
            words = _split(_bytes(log["data"]))
            return Event(index, _uint(words[0]), words[1], words[2])
        except (KeyError, IndexError, TypeError):
            raise Unavailable(self.name, "an event of another shape") from None

    def _state(self, contract: str, where: Any) -> State:
        size, log_root, count, _, epoch, rotations = self._words(contract, HEAD, where)[:6]
        peaks = self._words(contract, ACCUMULATOR, where)
        given = _uint(peaks[0]), _uint(peaks[2]), len(peaks) - 3
        if given != (_uint(count), _uint(count).bit_count(), _uint(count).bit_count()) or len(peaks) > _MAX_PEAKS + 3:
            raise Unavailable(self.name, "an accumulator that contradicts the head")
        if _uint(epoch) > _MAX_EPOCHS:
            raise Unavailable(self.name, f"more than {_MAX_EPOCHS} epochs")
        epochs = tuple(self._epoch(contract, number + 1, where) for number in range(_uint(epoch)))
        numbers = _uint(size), log_root, _uint(count), _uint(epoch), _uint(rotations)
        return State(*numbers, tuple(peaks[3:]), epochs)

    def _epoch(self, contract: str, number: int, where: Any) -> Epoch:
        first, keep = self._words(contract, EPOCHS + _word(number), where)[:2]
        return Epoch(_uint(first), _uint(keep))

    def _words(self, contract: str, data: str, where: Any) -> list[bytes]:
        words = _split(_bytes(self._ask("eth_call", {"to": contract, "data": "0x" + data}, where)))
        if len(words) < _ANSWERS[data[:8]]:
            raise Unavailable(self.name, f"{len(words)} words in answer to 0x{data[:8]}")
        return words

    def _at(self, block: Block, read: Callable[[Any], T]) -> T:
        """What `read` finds at this very block."""
        if not self._by_number:
            try:
                return read({"blockHash": "0x" + block.hash.hex()})
            except RpcError:
                self._by_number = True
        found = read(hex(block.number))
        if self.block(block.number).hash != block.hash:
            raise Unavailable(self.name, f"block {block.number} changed while it was read")
        return found

    def _block(self, which: str) -> Block:
        block = self._ask("eth_getBlockByNumber", which, False)
        if not isinstance(block, dict):
            raise Unavailable(self.name, f"no block {which}")
        digest = _bytes(block.get("hash"))
        if len(digest) != 32:
            raise Unavailable(self.name, f"block {which} without a hash")
        return Block(_number(block.get("number")), digest, _number(block.get("timestamp")))

    def _ask(self, method: str, *params: Any, **options: int) -> Any:
        question = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {"Content-Type": "application/json", "User-Agent": "lotproof-verify"}
        raw = fetch(self.url, self.deadline, json.dumps(question).encode("ascii"), headers, secret=True, **options)
        try:
            text = raw.decode()
            check_depth(text)
            answer = json.loads(text)
        except (ValueError, Refuted):
            raise Unavailable(self.name, "an answer that is not JSON") from None
        if not isinstance(answer, dict) or not ("result" in answer or "error" in answer):
            raise Unavailable(self.name, "an answer that is not JSON-RPC")
        if answer.get("error") is not None:
            raise RpcError(self.name, f"{method}: {answer['error']}"[:200])
        return answer.get("result")


_ANSWERS = {HEAD: 6, ACCUMULATOR: 3, SEALED_GROUP: 1, EPOCHS: 4}


def _bytes(value: Any) -> bytes:
    """Bytes of a hex answer. A wrong shape is the node's fault, never the file's."""
    if not isinstance(value, str) or not value.startswith("0x"):
        raise Unavailable("node", "an answer that is not hex")
    try:
        return bytes.fromhex(value[2:])
    except ValueError:
        raise Unavailable("node", "an answer that is not hex") from None


def _number(value: Any) -> int:
    digits = value[2:] if isinstance(value, str) else ""
    if not 1 <= len(digits) <= 16 or not value.startswith("0x") or not digits.isalnum():
        raise Unavailable("node", "an answer that is no number")
    try:
        return int(digits, 16)
    except ValueError:
        raise Unavailable("node", "an answer that is no number") from None


def _split(raw: bytes) -> list[bytes]:
    return [raw[start : start + 32] for start in range(0, len(raw) - len(raw) % 32, 32)]


def _uint(word: bytes) -> int:
    number = int.from_bytes(word, "big")
    if number >= 1 << 64:
        raise Unavailable("node", "a number of more than 64 bits")
    return number


def _word(number: int) -> str:
    return f"{number:064x}"

"""A quick engine: accounts, and what the ledger format says that the contract does (`tests.contracts.model`).

Not modelled: what gas really is. A transaction takes one of four amounts, or what `measured` says of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

import eth_abi
import rlp
from eth_utils.crypto import keccak

from contracts import artifact
from tests.contracts.model import Model
from tests.contracts.onchain import Reverted, selector, signature
from tests.tools.devchain.node import Block, Call, Log, Outcome, Refusal
from tests.tools.devchain.transactions import Tx

RICHES = 10**24
CREATION, ANCHOR, REVERTED, PLAIN = 1_600_000, 100_000, 45_000, 21_000

_ABI = artifact()["abi"]
_FUNCTIONS = {selector(each): each for each in _ABI if each["type"] == "function"}
_ERRORS = {each["name"]: each for each in _ABI if each["type"] == "error"}
_EVENTS = {each["name"]: keccak(text=signature(each)) for each in _ABI if each["type"] == "event"}
_CREATION = bytes.fromhex(artifact()["bytecode"][2:])
_RUNTIME = bytes.fromhex(artifact()["runtime"][2:])


@dataclass(frozen=True, slots=True)
class State:
    """After a block. Never changed: the next block has another one."""

    accounts: dict[bytes, tuple[int, int]]  # nonce, balance
    contracts: dict[bytes, Model]


class Engine:
    """Blocks of the model; two of them with the same transactions on the same parent are two blocks."""

    client = "lotproof-model/1"

    def __init__(self) -> None:
        self.measured: dict[bytes, int] = {}
        self._built = 0

    def genesis(self, chain_id: int, time: int, base_fee: int, rich: Sequence[bytes]) -> Block:
        state = State(dict.fromkeys(rich, (0, RICHES)), {})
        return Block(0, self._hash(b"genesis"), bytes(32), time, base_fee, 0, (), (), state)

    def build(self, parent: Block, time: int, base_fee: int, transactions: Sequence[Tx]) -> Block:
        state = State(dict(parent.state.accounts), dict(parent.state.contracts)) if transactions else parent.state
        outcomes = tuple(self._execute(state, tx, parent.number + 1, time, base_fee) for tx in transactions)
        gas = sum(outcome.gas_used for outcome in outcomes)
        name = self._hash(parent.hash)
        return Block(parent.number + 1, name, parent.hash, time, base_fee, gas, tuple(transactions), outcomes, state)

    def _hash(self, parent: bytes) -> bytes:
        self._built += 1
        return sha256(parent + self._built.to_bytes(8, "big")).digest()

    # A transaction

    def _execute(self, state: State, tx: Tx, number: int, time: int, base_fee: int) -> Outcome:
        nonce, balance = state.accounts.get(tx.sender, (0, 0))
        outcome = self._outcome(state, tx, number, time)
        paid = outcome.gas_used * tx.price(base_fee) + (tx.value if outcome.ok else 0)
        state.accounts[tx.sender] = (nonce + 1, balance - paid)
        if outcome.ok and tx.value and tx.to is not None:
            theirs, had = state.accounts.get(tx.to, (0, 0))
            state.accounts[tx.to] = (theirs, had + tx.value)
        return outcome

    def _outcome(self, state: State, tx: Tx, number: int, time: int) -> Outcome:
        if tx.to is None:
            made = keccak(_rlp_pair(tx.sender, tx.nonce))[12:]
            state.contracts[made] = _created(tx.data)
            return Outcome(True, self._gas(tx, CREATION), made, ())
        found = state.contracts.get(tx.to)
        if found is None:
            return Outcome(True, self._gas(tx, PLAIN), None, ())
        if tx.gas < ANCHOR:
            return Outcome(False, self._gas(tx, tx.gas), None, ())
        changed = copied(found)
        try:
            logs = _perform(changed, tx.sender, tx.data, number, time)
        except Reverted:
            return Outcome(False, self._gas(tx, REVERTED), None, ())
        state.contracts[tx.to] = changed
        return Outcome(True, self._gas(tx, ANCHOR), None, tuple(replace(log, address=tx.to) for log in logs))

    def _gas(self, tx: Tx, usual: int) -> int:
        return self.measured.get(tx.hash, usual)

    # Looking

    def nonce(self, at: Block, address: bytes) -> int:
        return int(at.state.accounts.get(address, (0, 0))[0])

    def balance(self, at: Block, address: bytes) -> int:
        return int(at.state.accounts.get(address, (0, 0))[1])

    def code(self, at: Block, address: bytes) -> bytes:
        return _RUNTIME if address in at.state.contracts else b""

    def call(self, at: Block, call: Call) -> bytes:
        found = at.state.contracts.get(call.to)
        if found is None:
            return b""
        name, arguments = _decoded(call.data)
        try:
            if name in _VIEWS:
                return _encoded(name, _VIEWS[name](found, *arguments))
            if call.gas is not None and call.gas < ANCHOR:
                raise Refusal("out of gas")
            _perform(copied(found), call.sender, call.data, at.number + 1, at.time + 1)
        except Reverted as reverted:
            raise refusal(reverted) from reverted
        return b""

    def estimate(self, at: Block, call: Call) -> int:
        if call.to is None:
            return CREATION
        self.call(at, call)
        return ANCHOR if call.to in at.state.contracts else PLAIN


def copied(model: Model) -> Model:
    return replace(model, anchors=list(model.anchors), opened=list(model.opened))


def refusal(reverted: Reverted) -> Refusal:
    """As a node tells a custom error."""
    entry = _ERRORS[reverted.name]
    data = selector(entry) + eth_abi.encode([each["type"] for each in entry["inputs"]], reverted.numbers)
    return Refusal("execution reverted", 3, "0x" + data.hex())


def _created(code: bytes) -> Model:
    assert code.startswith(_CREATION), "the model knows one contract only"
    anchorer, guardian = eth_abi.decode(["address", "address"], code[len(_CREATION) :])
    return Model(anchorer, guardian)


@lru_cache(1 << 12)
def _decoded(data: bytes) -> tuple[str, tuple[Any, ...]]:
    entry = _FUNCTIONS.get(data[:4])
    if entry is None:
        raise Reverted("", ())
    return entry["name"], eth_abi.decode([each["type"] for each in entry["inputs"]], data[4:])


def _encoded(name: str, values: Any) -> bytes:
    entry = next(each for each in _FUNCTIONS.values() if each["name"] == name)
    types = tuple(each["type"] for each in entry["outputs"])
    return _packed(types, values if len(types) > 1 else (values,))


@lru_cache(1 << 12)
def _packed(types: tuple[str, ...], values: tuple[Any, ...]) -> bytes:
    return eth_abi.encode(types, values)


_VIEWS: dict[str, Any] = {
    "head": Model.head,
    "accumulator": Model.accumulator,
    "sealedGroup": Model.sealed_group,
    "epochs": Model.epoch,
    "anchorer": lambda model: model.anchorer,
    "guardian": lambda model: model.guardian,
}


def _perform(model: Model, sender: bytes, data: bytes, number: int, time: int) -> list[Log]:
    """Change the model as the contract would change; Reverted as it would refuse."""
    name, arguments = _decoded(data)
    who = "0x" + sender.hex()
    if name == "anchor":
        model.anchor(who, number, time, *arguments)
        _, size, log_root, map_root, _ = arguments
        topics = (_EVENTS["Anchored"], (len(model.anchors) - 1).to_bytes(32, "big"))
        return [Log(b"", topics, eth_abi.encode(["uint64", "bytes32", "bytes32"], [size, log_root, map_root]))]
    if name == "replaceAnchorer":
        model.replace_anchorer(who, arguments[0])
        return []
    raise NotImplementedError(name)


def _rlp_pair(sender: bytes, nonce: int) -> bytes:
    encoded: bytes = rlp.encode([sender, nonce])
    return encoded

"""LotAnchor through web3.py: how calls, answers, events and errors are spelled, and how a transaction is signed.

The only module that knows web3. It uses web3's ABI codec and eth-account's signer; the line to the node is `rpc`.
The contract itself is data: `contracts/artifacts/LotAnchor.json`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, cast

from eth_account import Account
from eth_utils.abi import abi_to_signature, event_abi_to_log_topic, function_abi_to_4byte_selector
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3

from anchoring.onchain import Address, Anchored, Epoch, Fees, Head, Signed, TxHash
from anchoring.rpc import Block, Log, Rpc
from contracts import artifact
from verifier.hashing import MapHash, NodeHash, RootHash

_CODEC = Web3().codec
PANIC_AND_ERROR = {"08c379a0": ("Error", ["string"]), "4e487b71": ("Panic", ["uint256"])}


MOST_EPOCHS = 64
"""No verifier takes more."""


class NotThisContract(Exception):
    """The answer is not one that LotAnchor gives."""


# Keys and transactions


def address_of(key: bytes) -> Address:
    """The account of a private key of 32 bytes."""
    return Address(bytes.fromhex(Account.from_key(key).address[2:]))


def checksummed(address: bytes) -> str:
    """An address as people write it."""
    return str(to_checksum_address(address))


def parse_address(text: str) -> Address:
    """The address in `text`; ValueError if it is none, or if its mixed case is not its checksum (EIP-55)."""
    if not is_address(text):
        raise ValueError(f"expected an address, 0x and 40 hexadecimal digits, got {text!r}")
    return Address(bytes.fromhex(text.removeprefix("0x")))


def created_by(sender: Address, nonce: int) -> Address:
    """Address of the contract that `sender` creates with `nonce`: keccak256(rlp([sender, nonce]))[12:]."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    item = number if len(number) == 1 and number[0] < 0x80 else bytes([0x80 + len(number)]) + number
    body = bytes([0x80 + 20]) + sender + item
    return Address(keccak(bytes([0xC0 + len(body)]) + body)[12:])


def sign(
    key: bytes, *, chain_id: int, nonce: int, to: Address | None, calldata: bytes, gas: int, fees: Fees, legacy: bool
) -> Signed:
    """Sign a transaction without ether; `to` None creates a contract."""
    transaction: dict[str, Any] = {
        "chainId": chain_id, "nonce": nonce, "gas": gas, "value": 0, "data": "0x" + calldata.hex(),
    }  # fmt: skip
    if to is not None:
        transaction["to"] = checksummed(to)
    if legacy:
        transaction["gasPrice"] = fees.max_fee
    else:
        transaction |= {"type": 2, "maxFeePerGas": fees.max_fee, "maxPriorityFeePerGas": fees.tip}
    signed = Account.from_key(key).sign_transaction(transaction)
    return Signed(bytes(signed.raw_transaction), TxHash(bytes(signed.hash)))


# The ABI


@cache
def _abi() -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", artifact()["abi"])


@cache
def _function(name: str) -> dict[str, Any]:
    return next(item for item in _abi() if item["type"] == "function" and item["name"] == name)


@cache
def _errors() -> dict[str, tuple[str, list[str]]]:
    errors = [item for item in _abi() if item["type"] == "error"]
    ours = {keccak(text=abi_to_signature(cast("Any", e)))[:4].hex(): (e["name"], _types(e["inputs"])) for e in errors}
    return PANIC_AND_ERROR | ours


def _types(parameters: Sequence[dict[str, Any]]) -> list[str]:
    return [parameter["type"] for parameter in parameters]


def _calldata(name: str, *arguments: Any) -> bytes:
    function = _function(name)
    selector = bytes(function_abi_to_4byte_selector(cast("Any", function)))
    return selector + bytes(_CODEC.encode(_types(function["inputs"]), arguments))


def _decode(types: list[str], answer: bytes) -> tuple[Any, ...]:
    try:
        return tuple(_CODEC.decode(types, answer))
    except Exception as error:  # eth-abi has a class for each way bytes can be too short or too odd
        raise NotThisContract(f"expected {', '.join(types)}, got {len(answer)} bytes: {error}") from error


def anchor_call(old: int, new: int, log_root: bytes, map_root: bytes, proof: Sequence[bytes]) -> bytes:
    """Calldata of `anchor`."""
    return _calldata("anchor", old, new, log_root, map_root, list(proof))


def office_call(name: str, *arguments: Any) -> bytes:
    """Calldata of an act of the guardian, or of `acceptGuardian`; addresses as bytes."""
    types = _types(_function(name)["inputs"])
    return _calldata(name, *(checksummed(a) if t == "address" else a for t, a in zip(types, arguments, strict=True)))


def creation(anchorer: Address, guardian: Address) -> bytes:
    """What a deployment sends: the creation code and the two offices."""
    code = bytes.fromhex(artifact()["bytecode"].removeprefix("0x"))
    return code + bytes(_CODEC.encode(["address", "address"], [checksummed(anchorer), checksummed(guardian)]))


@cache
def code_hash() -> bytes:
    """SHA-256 of the runtime code; the same for every deployment, since the contract has no immutables."""
    return sha256(bytes.fromhex(artifact()["runtime"].removeprefix("0x"))).digest()


def explain(data: str | None) -> str | None:
    """A revert as `WrongOldSize(7, 5)`; None if the data is none of the contract's errors."""
    name = error_name(data)
    if name is None or data is None:
        return None
    types = _errors()[data[2:10]][1]
    try:
        values = _decode(types, bytes.fromhex(data[10:]))
    except (NotThisContract, ValueError):
        return name
    return f"{name}({', '.join('0x' + v.hex() if isinstance(v, bytes) else str(v) for v in values)})"


def error_name(data: str | None) -> str | None:
    """The name of a custom error."""
    known = _errors().get(data[2:10]) if data is not None else None
    return None if known is None else known[0]


@dataclass(frozen=True, slots=True)
class LotAnchor:
    """The contract at one address, read through one node, at one block."""

    rpc: Rpc
    address: Address

    def _view(self, at: Block, name: str, *arguments: Any) -> tuple[Any, ...]:
        answer = self.rpc.read(self.address, _calldata(name, *arguments), at)
        return _decode(_types(_function(name)["outputs"]), answer)

    def head(self, at: Block) -> Head:
        size, log_root, count, time, epoch, rotations = self._view(at, "head")
        if epoch > MOST_EPOCHS:  # each is asked for one by one; a node may claim what would take years
            raise NotThisContract(f"expected at most {MOST_EPOCHS} epochs, the head says {epoch}")
        return Head(size, RootHash(log_root), count, time, epoch, rotations)

    def accumulator(self, at: Block) -> tuple[int, list[NodeHash]]:
        """Number of anchors, and the live peaks, largest first."""
        count, peaks = self._view(at, "accumulator")
        return count, [NodeHash(peak) for peak in peaks]

    def sealed_group(self, number: int, at: Block) -> bytes:
        return bytes(self._view(at, "sealedGroup", number)[0])

    def epoch(self, number: int, at: Block) -> Epoch:
        first, keep, opened_at, reason = self._view(at, "epochs", number)
        return Epoch(number, first, keep, opened_at, bytes(reason))

    def anchorer(self, at: Block) -> Address:
        return Address(bytes.fromhex(self._view(at, "anchorer")[0][2:]))

    def guardian(self, at: Block) -> Address:
        return Address(bytes.fromhex(self._view(at, "guardian")[0][2:]))

    def offered_guardian(self, at: Block) -> Address:
        """To whom the guardian's office is offered; zeros: to nobody."""
        return Address(bytes.fromhex(self._view(at, "offeredGuardian")[0][2:]))

    def proposed_epoch(self, at: Block) -> tuple[int, int, bytes]:
        """Index of the last anchor that would be kept, when it may be opened (seconds; 0: none is proposed), reason."""
        index, opens_at, reason = self._view(at, "proposedEpoch")
        return index, opens_at, bytes(reason)

    def events(self, first: int, last: int) -> list[Anchored]:
        """The anchors of blocks first to last, in order."""
        event = next(item for item in _abi() if item["type"] == "event" and item["name"] == "Anchored")
        topic = bytes(event_abi_to_log_topic(cast("Any", event)))
        found = [_anchored(log) for log in self.rpc.logs(self.address, topic, first, last)]
        return sorted(found, key=lambda each: each.index)


def _anchored(log: Log) -> Anchored:
    if len(log.topics) != 2:
        raise NotThisContract(f"expected an event with 2 topics, got {len(log.topics)}")
    size, log_root, map_root = _decode(["uint64", "bytes32", "bytes32"], log.data)
    index = int.from_bytes(log.topics[1], "big")
    return Anchored(index, size, RootHash(log_root), MapHash(map_root), log.block, log.block_hash, log.tx_hash)

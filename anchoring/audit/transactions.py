"""What signed bytes say: a transaction decoded, by whom it is signed, and what it asks of the contract.

Of kind 2 (EIP-1559) or legacy (EIP-155), as this log's worker signs them. RLP by `rlp`, keys by eth-account.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import rlp  # type: ignore[import-untyped]
from eth_account import Account
from eth_utils.crypto import keccak

from anchoring.contract import anchor_call

_WORD = 32
_CALL = 4 + 5 * _WORD  # selector, four arguments, and where the proof begins


class NotOurs(Exception):
    """These bytes are no transaction that a worker of this log signs; the text says why."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A decoded transaction; `to` None creates a contract; `max_fee` is the price of a legacy one."""

    tx_hash: bytes
    legacy: bool
    chain_id: int
    nonce: int
    max_fee: int
    tip: int | None
    gas: int
    to: bytes | None
    value: int
    data: bytes
    sender: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """What `anchor` was asked."""

    old_size: int
    size: int
    log_root: bytes
    map_root: bytes
    proof: tuple[bytes, ...]


@lru_cache(maxsize=4096)
def decoded(raw: bytes | None) -> Sent:
    """The transaction of these bytes; raises NotOurs."""
    if not raw:
        raise NotOurs("nothing was signed")
    try:
        sender = bytes.fromhex(Account.recover_transaction(raw)[2:])
        return _of_kind_2(raw, sender) if raw[0] == 2 else _legacy(raw, sender)
    except Exception as error:  # each layer below has a class of its own for each way to be wrong
        raise NotOurs(f"{type(error).__name__}: {error}") from error


def _of_kind_2(raw: bytes, sender: bytes) -> Sent:
    chain, nonce, tip, fee, gas, to, value, data = rlp.decode(raw[1:])[:8]
    chain_id, number, most, extra, limit = (int.from_bytes(each, "big") for each in (chain, nonce, fee, tip, gas))
    ether = int.from_bytes(value, "big")
    return Sent(keccak(raw), False, chain_id, number, most, extra, limit, to or None, ether, data, sender)


def _legacy(raw: bytes, sender: bytes) -> Sent:
    nonce, price, gas, to, value, data, v, _, _ = rlp.decode(raw)
    chain_id = (int.from_bytes(v, "big") - 35) // 2
    fee, limit = int.from_bytes(price, "big"), int.from_bytes(gas, "big")
    number, ether = int.from_bytes(nonce, "big"), int.from_bytes(value, "big")
    return Sent(keccak(raw), True, chain_id, number, fee, None, limit, to or None, ether, data, sender)


def call_of(data: bytes) -> Call:
    """The arguments of `anchor`, spelled as the ABI spells them; raises NotOurs."""
    words = [data[at : at + _WORD] for at in range(4, len(data), _WORD)]
    if len(data) < _CALL + _WORD or len(words[-1]) != _WORD:
        raise NotOurs(f"{len(data)} bytes of calldata")
    old, new, count = (int.from_bytes(words[at], "big") for at in (0, 1, 5))
    call = Call(old, new, words[2], words[3], tuple(words[6:]))
    if (
        max(old, new) >= 1 << 64
        or count != len(call.proof)
        or anchor_call(old, new, words[2], words[3], call.proof) != data
    ):
        raise NotOurs("calldata that is no call of anchor")
    return call

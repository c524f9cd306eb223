"""Signed bytes, read: legacy ones and those of EIP-1559."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import rlp
from eth_account import Account
from eth_utils.crypto import keccak

LEGACY_LIST = 0xC0  # the first byte of an RLP list


class Unreadable(Exception):
    """These bytes are no transaction of a kind that is known here."""


@dataclass(frozen=True, slots=True)
class Tx:
    """What the bytes say. `to` None creates a contract; `tip` and `max_fee` are both the price in a legacy one."""

    raw: bytes
    hash: bytes
    sender: bytes
    nonce: int
    max_fee: int
    tip: int
    gas: int
    to: bytes | None
    value: int
    data: bytes
    chain_id: int | None
    legacy: bool

    def price(self, base_fee: int) -> int:
        """What a unit of gas costs in a block with that base fee."""
        return min(self.max_fee, base_fee + self.tip)


@lru_cache(1 << 14)
def read(raw: bytes) -> Tx:
    """The transaction in these bytes; Unreadable if there is none."""
    try:
        return _legacy(raw) if raw[0] >= LEGACY_LIST else _dynamic(raw)
    except (IndexError, ValueError, rlp.DecodingError, TypeError) as error:
        raise Unreadable(str(error)) from error


def _legacy(raw: bytes) -> Tx:
    nonce, price, gas, to, value, data, v, _, _ = rlp.decode(raw)
    number = int.from_bytes(v, "big")
    chain_id = (number - 35) // 2 if number >= 35 else None
    return _tx(raw, nonce, price, price, gas, to, value, data, chain_id, legacy=True)


def _dynamic(raw: bytes) -> Tx:
    if raw[0] != 2:
        raise Unreadable(f"transaction type {raw[0]} not supported")
    chain_id, nonce, tip, max_fee, gas, to, value, data, *_ = rlp.decode(raw[1:])
    return _tx(raw, nonce, max_fee, tip, gas, to, value, data, int.from_bytes(chain_id, "big"), legacy=False)


def _tx(
    raw: bytes, nonce: bytes, max_fee: bytes, tip: bytes, gas: bytes, to: bytes, value: bytes, data: bytes,
    chain_id: int | None, *, legacy: bool,
) -> Tx:  # fmt: skip
    number = int.from_bytes
    return Tx(
        raw, keccak(raw), bytes.fromhex(Account.recover_transaction(raw)[2:]), number(nonce, "big"),
        number(max_fee, "big"), number(tip, "big"), number(gas, "big"), to or None, number(value, "big"), data,
        chain_id, legacy,
    )  # fmt: skip

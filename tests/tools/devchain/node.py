"""Blocks, forks and the pool, around an engine that knows what a block does to the state.

The rules of the pool are geth's where Anvil is more lenient: a replacement raises both fees by a tenth. As in Anvil, a
transaction whose fee is below the next block's base fee is refused at once, and what a reorg removes is gone: it does
not come back to the pool.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.tools.devchain.transactions import Tx, Unreadable, read

GAS_LIMIT = 30_000_000
FIRST_BASE_FEE = 10**9


class Refusal(Exception):
    """The node's answer is an error with this code, message and data."""

    def __init__(self, message: str, code: int = -32000, data: str | None = None) -> None:
        super().__init__(message)
        self.message, self.code, self.data = message, code, data


@dataclass(frozen=True, slots=True)
class Log:
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a transaction in its block."""

    ok: bool
    gas_used: int
    contract: bytes | None
    logs: tuple[Log, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A block with the state after it; `state` belongs to the engine."""

    number: int
    hash: bytes
    parent: bytes
    time: int
    base_fee: int
    gas_used: int
    transactions: tuple[Tx, ...]
    outcomes: tuple[Outcome, ...]
    state: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """A call that is no transaction. `to` None: the code of a contract to create."""

    sender: bytes
    to: bytes | None
    data: bytes
    gas: int | None


class Engine(Protocol):
    """What a block does, and what its state holds."""

    client: str

    def genesis(self, chain_id: int, time: int, base_fee: int, rich: Sequence[bytes]) -> Block: ...

    def build(self, parent: Block, time: int, base_fee: int, transactions: Sequence[Tx]) -> Block:
        """A block on top of `parent`; the caller saw to it that every transaction may stand in it."""

    def nonce(self, at: Block, address: bytes) -> int: ...

    def balance(self, at: Block, address: bytes) -> int: ...

    def code(self, at: Block, address: bytes) -> bytes: ...

    def call(self, at: Block, call: Call) -> bytes:
        """The result; Refusal with the revert data."""

    def estimate(self, at: Block, call: Call) -> int:
        """Gas that is enough; Refusal with the revert data."""


class Node:
    """One chain, its pool, and its clock, which is set by hand: a block is `interval` seconds younger than its
    parent."""

    def __init__(self, engine: Engine, *, rich: Sequence[bytes], chain_id: int = 31337, time: int, finalized: int = 2):
        self.engine, self.chain_id, self.finalized_depth, self.interval = engine, chain_id, finalized, 1
        self.blocks = [engine.genesis(chain_id, time, FIRST_BASE_FEE, rich)]
        self.pool: dict[tuple[bytes, int], Tx] = {}
        self.automine, self.next_base_fee, self.next_time = True, FIRST_BASE_FEE, None
        self._snapshots: dict[int, list[Block]] = {}
        self._finalized = 0

    next_base_fee: int | None
    next_time: int | None

    # What there is

    @property
    def latest(self) -> Block:
        return self.blocks[-1]

    @property
    def finalized(self) -> Block:
        """The tag: so many blocks follow, or followed once; a chain that gets shorter takes back no finality."""
        return self.blocks[min(self._finalized, self.latest.number)]

    def believes_final(self, number: int) -> None:
        """No more than this: a node on a branch that others gave up has seen nothing of it become final since."""
        self._finalized = min(self._finalized, number)

    def numbered(self, number: int) -> Block | None:
        return self.blocks[number] if 0 <= number < len(self.blocks) else None

    def hashed(self, wanted: bytes) -> Block | None:
        """A block of this chain; those that a reorg removed are forgotten."""
        return next((block for block in reversed(self.blocks) if block.hash == wanted), None)

    def place(self, tx_hash: bytes) -> tuple[Block, int] | None:
        """The block that holds a transaction, and where in it."""
        for block in reversed(self.blocks):
            for index, tx in enumerate(block.transactions):
                if tx.hash == tx_hash:
                    return block, index
        return None

    def pending_nonce(self, address: bytes) -> int:
        """The next one, if all that waits without a gap is mined."""
        nonce = self.engine.nonce(self.latest, address)
        while (address, nonce) in self.pool:
            nonce += 1
        return nonce

    # The pool

    def take(self, raw: bytes) -> Tx:
        """Take signed bytes into the pool; Refusal as nodes refuse them."""
        try:
            tx = read(raw)
        except Unreadable as error:
            raise Refusal(f"failed to decode signed transaction: {error}") from error
        self._check(tx)
        self.pool[tx.sender, tx.nonce] = tx
        if self.automine and self.pending_nonce(tx.sender) > tx.nonce:
            self.mine()
        return tx

    def _check(self, tx: Tx) -> None:
        if tx.chain_id not in (None, self.chain_id):
            raise Refusal("invalid chain id for signer")
        if tx.nonce < self.engine.nonce(self.latest, tx.sender):
            raise Refusal("nonce too low")
        there = self.pool.get((tx.sender, tx.nonce))
        if there is not None and there.hash == tx.hash:
            raise Refusal("already known")
        if tx.max_fee < self.upcoming_base_fee():
            raise Refusal("max fee per gas less than block base fee")
        if self.engine.balance(self.latest, tx.sender) < tx.gas * tx.max_fee + tx.value:
            raise Refusal("Insufficient funds for gas * price + value")
        if there is not None and (tx.max_fee * 10 < there.max_fee * 11 or tx.tip * 10 < there.tip * 11):
            raise Refusal("replacement transaction underpriced")

    # Growing and shrinking

    def upcoming_base_fee(self) -> int:
        return after(self.latest) if self.next_base_fee is None else self.next_base_fee

    def mine(self, count: int = 1) -> None:
        """Blocks with all that may stand in them."""
        for _ in range(count):
            base_fee = self.upcoming_base_fee()
            chosen = self._ready(base_fee)
            time = self.latest.time + self.interval if self.next_time is None else self.next_time
            self.next_base_fee = self.next_time = None
            self.blocks.append(self.engine.build(self.latest, time, base_fee, chosen))
            self._finalized = max(self._finalized, self.latest.number - self.finalized_depth)
            for tx in chosen:
                del self.pool[tx.sender, tx.nonce]
            self._forget_spent()

    def _ready(self, base_fee: int) -> list[Tx]:
        """What can pay, in the order of arrival, each account's own in the order of its nonces."""
        chosen: list[Tx] = []
        for sender in dict.fromkeys(sender for sender, _ in self.pool):
            nonce = self.engine.nonce(self.latest, sender)
            left = self.engine.balance(self.latest, sender)
            while (tx := self.pool.get((sender, nonce))) is not None and tx.max_fee >= base_fee:
                left -= tx.gas * tx.max_fee + tx.value
                if left < 0:
                    break
                chosen.append(tx)
                nonce += 1
        return chosen

    def _forget_spent(self) -> None:
        spent = [key for key in self.pool if key[1] < self.engine.nonce(self.latest, key[0])]
        for key in spent:
            del self.pool[key]

    def reorg(
        self, depth: int, transactions: Sequence[tuple[bytes, int]] = (), told: Sequence[tuple[int, int]] = ()
    ) -> None:
        """Replace the newest `depth` blocks by others, empty but for `transactions` (bytes, number of block); `told`:
        time and base fee of each."""
        if depth >= len(self.blocks):
            raise Refusal(f"reorg depth {depth} exceeds chain height {len(self.blocks) - 1}")
        old = self.blocks[len(self.blocks) - depth :]
        del self.blocks[len(self.blocks) - depth :]
        for number in range(depth):
            wanted = [read(raw) for raw, at in transactions if at == number]
            usual = (max(old[number].time + self.interval, self.latest.time + 1), after(self.latest))
            time, base_fee = told[number] if told else usual
            fit = [tx for tx in wanted if tx.nonce == self.engine.nonce(self.latest, tx.sender)]
            self.blocks.append(self.engine.build(self.latest, time, base_fee, fit))
        self._forget_spent()

    def rollback(self, depth: int) -> None:
        """Take the newest blocks away; none comes in their place."""
        if depth >= len(self.blocks):
            raise Refusal("rollback below the first block")
        del self.blocks[len(self.blocks) - depth :]

    def snapshot(self) -> int:
        self._snapshots[len(self._snapshots) + 1] = list(self.blocks)
        return len(self._snapshots)

    def revert(self, number: int) -> bool:
        """Back to a snapshot, with an empty pool."""
        if number not in self._snapshots:
            return False
        self.blocks, self.pool = list(self._snapshots[number]), {}
        self._finalized = max(0, self.latest.number - self.finalized_depth)
        self.next_base_fee = self.next_time = None
        return True


def after(parent: Block) -> int:
    """The base fee of the next block, EIP-1559."""
    target = GAS_LIMIT // 2
    if parent.gas_used == target:
        return parent.base_fee
    change = parent.base_fee * abs(parent.gas_used - target) // target // 8
    return parent.base_fee + max(1, change) if parent.gas_used > target else parent.base_fee - change

"""What there is on a chain, as plain facts: for those who only read our own tables and never talk to a node."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

from verifier.hashing import LeafHash, MapHash, RootHash, anchor_leaf

BlockHash = NewType("BlockHash", bytes)
TxHash = NewType("TxHash", bytes)
Address = NewType("Address", bytes)  # 20 bytes

GWEI = 10**9


@dataclass(frozen=True, slots=True)
class Head:
    """The anchor that the next one must extend."""

    size: int
    log_root: RootHash
    count: int
    time: int
    epoch: int
    rotations: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """What epoch `number` did: anchors keep to first - 1 are void."""

    number: int
    first: int
    keep: int
    opened_at: int
    reason: bytes


@dataclass(frozen=True, slots=True)
class Anchored:
    """One `Anchored` event and where it stands."""

    index: int
    size: int
    log_root: RootHash
    map_root: MapHash
    block: int
    block_hash: BlockHash
    tx_hash: TxHash

    def leaf(self, epoch: int, time: int) -> LeafHash:
        return anchor_leaf(epoch, self.size, self.log_root, self.map_root, self.block, time)


@dataclass(frozen=True, slots=True)
class Fees:
    """What a transaction may cost for each gas, in wei. On a chain older than London `max_fee` is the price."""

    max_fee: int
    tip: int


@dataclass(frozen=True, slots=True)
class Signed:
    """Signed bytes; the hash is known before they are sent."""

    raw: bytes
    tx_hash: TxHash

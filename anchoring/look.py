"""One look at the chain: is it ours, where does it end, what does the contract hold there.

Everything of a round is read at the two blocks found here, by hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

from anchoring.alarms import Halt, Kind
from anchoring.contract import LotAnchor
from anchoring.deployments import Deployment
from anchoring.onchain import Epoch, Head
from anchoring.rpc import Block, Rpc
from verifier.hashing import NodeHash


@dataclass(frozen=True, slots=True)
class Look:
    """What one node shows of the contract, at one block."""

    contract: LotAnchor
    latest: Block
    final: Block
    head: Head
    peaks: tuple[NodeHash, ...]
    epochs: tuple[Epoch, ...]

    def epoch_of(self, index: int) -> int:
        """The epoch in which anchor `index` was made."""
        return max((epoch.number for epoch in self.epochs if epoch.first <= index), default=0)


class OtherChain(Exception):
    """The endpoint serves a chain with another chain id."""


class CodeMissing(Exception):
    """The contract does not have its code at the latest block."""


class Behind(Exception):
    """The node's chain ends before a block that was seen earlier."""


def check_chain(rpc: Rpc, known: Deployment) -> None:
    """OtherChain, or Halt with CHAIN LOST, unless this is the chain on which the contract was deployed."""
    chain_id = rpc.chain_id()
    if chain_id != known.chain_id:
        raise OtherChain(f"expected chain id {known.chain_id}, {rpc.name} has {chain_id}")
    genesis = rpc.head("0x0").hash
    if genesis != known.genesis:
        raise Halt(Kind.CHAIN_LOST, f"expected genesis block 0x{known.genesis.hex()}, seen 0x{genesis.hex()}")


def final_block(rpc: Rpc, latest: Block, finality: str | int) -> Block:
    """The newest block that the rule calls final: a tag the node keeps, or a number of blocks that must follow."""
    if isinstance(finality, int):
        return rpc.head(hex(max(0, latest.number - finality)))
    return latest if finality == "latest" else rpc.head(finality)


def look(rpc: Rpc, known: Deployment, finality: str | int) -> Look:
    """Look at the contract of this deployment. Raises what `check_chain` does, Behind, CodeMissing."""
    check_chain(rpc, known)
    latest = rpc.head()
    if known.block is not None and latest.number < known.block:
        raise Behind(f"the chain ends at block {latest.number}, the contract was deployed in block {known.block}")
    if sha256(rpc.code(known.contract, latest)).digest() != known.code_hash:
        raise CodeMissing(f"expected code with SHA-256 {known.code_hash.hex()} at 0x{known.contract.hex()}")
    contract = LotAnchor(rpc, known.contract)
    head = contract.head(latest)
    _, peaks = contract.accumulator(latest)
    epochs = tuple(contract.epoch(number, latest) for number in range(1, head.epoch + 1))
    return Look(contract, latest, final_block(rpc, latest, finality), head, tuple(peaks), epochs)

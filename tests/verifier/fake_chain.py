"""A chain in memory: what a node would answer, as the vectors and the tests write it down."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from verifier.chain import Block, Epoch, Event, Identity, State
from verifier.errors import Unavailable
from verifier.policy import LATEST


def block_hash(number: int, branch: str = "") -> bytes:
    return hashlib.sha256(f"block {number} {branch}".encode()).digest()


@dataclass
class FakeNode:
    """A node that is honest about the views it was given; a test bends one of them."""

    chain_id: int
    genesis: bytes
    contract: str
    code_hash: bytes
    final: State
    final_block: Block
    latest: State
    latest_block: Block
    groups: dict[int, bytes] = field(default_factory=dict)
    name: str = "fake node"
    anchored: list[Event] | None = None

    def newest(self, finality: str | int) -> Block:
        return self.latest_block if finality == LATEST else self.final_block

    def block(self, number: int) -> Block:
        for block in (self.final_block, self.latest_block):
            if block.number == number:
                return block
        raise Unavailable(self.name, f"no block {number}")

    def identity(self, block: Block, contract: str) -> Identity:
        here = contract == self.contract
        return Identity(self.chain_id, self.genesis, self.code_hash if here else hashlib.sha256(b"").digest())

    def state(self, block: Block, contract: str) -> State:
        return self.final if block == self.final_block else self.latest

    def sealed(self, block: Block, contract: str, group: int) -> bytes:
        return self.groups.get(group, bytes(32))

    def events(self, block: Block, contract: str) -> list[Event]:
        if self.anchored is None:
            raise Unavailable(self.name, "keeps no events")
        return self.anchored


@dataclass
class FakeSource:
    """A source of upper hashes that answers with whole paths it was given."""

    paths: dict[int, list[bytes]]

    def upper(self, index: int, count: int, low: int, high: int) -> Sequence[bytes]:
        if index not in self.paths:
            raise Unavailable("source", f"no path of anchor {index}")
        return self.paths[index][low:high]


def node_of(chain: dict[str, Any]) -> FakeNode:
    """The node that a bundle vector mocks."""
    return FakeNode(
        chain["chain_id"],
        bytes.fromhex(chain["genesis"][2:]),
        chain["contract"].lower(),
        bytes.fromhex(chain["code_hash"][2:]),
        _state(chain["final"]),
        _block(chain["final"]),
        _state(chain["latest"]),
        _block(chain["latest"]),
        {int(group): base64.b64decode(root) for group, root in chain["latest"]["sealed"].items()},
    )


def source_of(chain: dict[str, Any]) -> FakeSource:
    paths = {int(i): [base64.b64decode(h) for h in path] for i, path in chain["refresh"].items()}
    return FakeSource(paths)


def _state(view: dict[str, Any]) -> State:
    peaks = tuple(base64.b64decode(peak) for peak in view["peaks"])
    epochs = tuple(Epoch(epoch["first"], epoch["keep"]) for epoch in view["epochs"])
    return State(0, bytes(32), view["count"], view["epoch"], view["rotations"], peaks, epochs)


def _block(view: dict[str, Any]) -> Block:
    return Block(view["number"], block_hash(view["number"]), view["time"])

"""Logs to anchor: leaf hashes that differ, and what the anchorer derives from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, overload

from tests.contracts import rfc6962
from tests.contracts.model import Anchor, Model
from tests.contracts.onchain import LotAnchor, decode_events


def leaves(number: int, name: str = "log") -> list[bytes]:
    """Leaf hashes of a log; two names give two logs that differ from the first entry on."""
    return [sha256(b"\x00" + f"{name} {i}".encode()).digest() for i in range(number)]


def map_root(name: object) -> bytes:
    """Some 32 bytes: the contract does not look inside the map."""
    return sha256(f"map {name}".encode()).digest()


def step(log: Sequence[bytes], old: int, new: int) -> tuple[int, int, bytes, bytes, list[bytes]]:
    """The honest arguments of `anchor` from size `old` to size `new`."""
    proof = rfc6962.proof(old, log[:new]) if old else []
    return old, new, rfc6962.mth(log[:new]), map_root(new), proof


def anchor_sizes(contract: LotAnchor, log: Sequence[bytes], sizes: Sequence[int]) -> None:
    """Anchor these sizes, one after the other, on a fresh contract."""
    for old, new in zip([0, *sizes], sizes, strict=False):
        contract.anchor(*step(log, old, new))


def anchors_of(contract: LotAnchor) -> list[Anchor]:
    """Every anchor of a contract, from its events, as anybody can read them."""
    wanted = {"address": contract.address, "fromBlock": "0x0", "toBlock": "latest"}
    found = []
    for log in contract.chain.rpc("eth_getLogs", wanted):
        name, values = decode_events({"logs": [log]})[0]
        if name == "Anchored":
            block, time = contract.chain.block(log["blockNumber"])
            found.append(Anchor(_epoch_at(contract, values[0]), *values[1:], block, time))
    return found


def _epoch_at(contract: LotAnchor, index: int) -> int:
    epochs = range(1, contract.view("head")[4] + 1)
    return max((n for n in epochs if contract.view("epochs", n)[0] <= index), default=0)


def anchor_at(contract: LotAnchor, index: int) -> Anchor:
    return anchors_of(contract)[index]


def opening(contract: LotAnchor, index: int) -> list[Any]:
    """The honest arguments of `openEpoch` for a restart from this anchor."""
    model = Model("", "", anchors=anchors_of(contract))
    a = model.anchors[index]
    return [a.epoch, a.size, a.log_root, a.map_root, a.block, a.time, model.path(index)]


def open_epoch(contract: LotAnchor, index: int, reason: bytes = b"\x52" * 32) -> dict[str, Any]:
    """Propose, wait three days, open; the receipt."""
    contract.send(contract.guardian, "proposeEpoch", index, reason)
    contract.chain.later(3 * 24 * 3600)
    return contract.send(contract.guardian, "openEpoch", *opening(contract, index))


@dataclass(frozen=True, slots=True)
class Vast(Sequence[bytes]):
    """A log of up to 2^53 entries that are all alike but for a few marked ones; the recursive definitions can still
    hash it, because its equal parts are equal."""

    number: int
    marks: tuple[tuple[int, bytes], ...] = ()

    def __len__(self) -> int:
        return self.number

    @overload
    def __getitem__(self, index: int) -> bytes: ...
    @overload
    def __getitem__(self, index: slice) -> "Vast": ...
    def __getitem__(self, index: int | slice) -> "bytes | Vast":
        if isinstance(index, int):
            return dict(self.marks).get(index, b"\x11" * 32)
        start, stop, _ = index.indices(self.number)
        return Vast(stop - start, tuple((at - start, leaf) for at, leaf in self.marks if start <= at < stop))

"""The real code on storage, block number and time of our choice, by eth_call; nothing is mined.

The slots are those of LotAnchor.sol; `test_writes.py` compares them with the layout that the compiler reports.
"""

from typing import Any

from tests.contracts.model import Anchor
from tests.contracts.onchain import LotAnchor, Reverted, encode

HEAD, LOG_ROOT, ANCHORER, GUARDIAN, OFFERED, PROPOSAL, EPOCHS, FRONTIER = 0, 1, 2, 3, 4, 5, 7, 8
LEVELS = 53
GROUPS = FRONTIER + LEVELS


class Overridden:
    """One state to try things on."""

    def __init__(self, contract: LotAnchor) -> None:
        self.contract = contract
        self.storage: dict[str, str] = {}

    def set_head(self, size: int, count: int, epoch: int) -> None:
        self._set(HEAD, size | count << 64 | epoch << 192)

    def set_log_root(self, root: bytes) -> None:
        self._set(LOG_ROOT, int.from_bytes(root, "big"))

    def set_proposal(self, index: int, opens_at: int) -> None:
        self._set(PROPOSAL, index | opens_at << 64)

    def set_peaks(self, count: int, peaks: list[bytes]) -> None:
        levels = [level for level in range(LEVELS) if count >> level & 1]
        for level, peak in zip(reversed(levels), peaks, strict=True):
            self._set(FRONTIER + level, int.from_bytes(peak, "big"))

    def anchor(self, anchor: Anchor) -> None:
        arguments = (0, anchor.size, anchor.log_root, anchor.map_root, [])
        call = {
            "from": self.contract.anchorer,
            "to": self.contract.address,
            "data": "0x" + encode("anchor", arguments).hex(),
        }
        tracer = {"tracer": "prestateTracer", "tracerConfig": {"diffMode": True}}
        block = {"blockOverrides": {"number": hex(anchor.block), "time": hex(anchor.time)}}
        traced = self.contract.chain.rpc(
            "debug_traceCall", call, "latest", {**tracer, **block, "stateOverrides": self._override()}
        )
        self.storage |= traced["post"][self.contract.address]["storage"]

    def call_anchor(self, *arguments: object) -> tuple[str, list[object]]:
        """One call for `Chain.batch`."""
        call = {
            "from": self.contract.anchorer,
            "to": self.contract.address,
            "data": "0x" + encode("anchor", arguments).hex(),
        }
        return "eth_call", [call, "latest", self._override()]

    def may_open(self, shown: Anchor, path: list[bytes]) -> bool:
        arguments = (shown.epoch, shown.size, shown.log_root, shown.map_root, shown.block, shown.time, path)
        try:
            self._call(encode("openEpoch", arguments), {"time": hex(shown.time)})
        except Reverted as refusal:
            assert refusal.name in ("WrongPeak", "WrongPathLength")
            return False
        return True

    def view(self, function: str, *arguments: object) -> Any:
        return self.contract.decode(function, self._call(encode(function, arguments), {}))

    def _call(self, data: bytes, block: dict[str, str]) -> str:
        call = {"from": self.contract.guardian, "to": self.contract.address, "data": "0x" + data.hex()}
        answer: str = self.contract.chain.rpc("eth_call", call, "latest", self._override(), block)
        return answer

    def _override(self) -> dict[str, Any]:
        return {self.contract.address: {"stateDiff": dict(self.storage)}}

    def _set(self, slot: int, value: int) -> None:
        self.storage[f"0x{slot:064x}"] = f"0x{value:064x}"

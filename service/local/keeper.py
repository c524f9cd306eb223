"""The miner of the embedded chain, who lets no block become final before it is on disk.

Anvil by itself forgets: its state file is written now and then, and torn by a kill, so an anchor could be final today
and gone tomorrow. Here Anvil does not mine; the keeper does, and holds one rule before it mines block m:

    everything up to block m - 2 (which mining m makes final) is in the state file, written whole (tmp, fsync, rename).

So "final on the embedded chain" means "on disk", and a kill at any moment loses at most blocks that were never final,
as a reorg would. The previous state file is kept as well. A full disk stops the chain, and with it finality, until
there is room.
"""

import gzip
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

DEPTH = 2  # finalized = latest - 2 with one slot an epoch
AFTER_START = (
    3  # Anvil has no history of a loaded state: calls "at the finalized block" work again after this many blocks
)

Rpc = Callable[..., Any]


class Keeper:
    """Mines on transactions and every `heartbeat` seconds (so that a verifier sees a living node)."""

    def __init__(self, rpc: Rpc, state: Path, heartbeat: float = 30, now: Callable[[], float] = time.monotonic) -> None:
        self._rpc, self._state, self._heartbeat, self._now = rpc, state, heartbeat, now
        self._saved = -1
        self._wanted = 0  # mine up to this block: a transaction wants to become final
        self._last_mined = now()

    def begin(self) -> None:
        """Make the chain whole after a start: saved, and with enough blocks to answer at the finalized one."""
        self.save()
        for _ in range(AFTER_START):
            self.mine()
        self.save()

    def run(self, stop: threading.Event, poll: float = 0.025) -> None:
        while not stop.wait(poll):
            self.step()

    def step(self) -> None:
        """Mine what waits, then what makes it final; nothing otherwise, until the heart beats."""
        if int(self._rpc("txpool_status")["pending"], 16):
            self._wanted = self.mine() + DEPTH
        elif self.height() < self._wanted or self._now() - self._last_mined >= self._heartbeat:
            self.mine()

    def mine(self) -> int:
        """Mine one block and return its number; the rule of this module stands in the first two lines."""
        if self._saved < self.height() + 1 - DEPTH:
            self.save()
        self._rpc("evm_mine")
        self._last_mined = self._now()
        return self.height()

    def height(self) -> int:
        return int(self._rpc("eth_blockNumber"), 16)

    def save(self) -> None:
        """Write the chain as it is now; the file under its name is always a whole one."""
        height = self.height()
        dumped = gzip.decompress(bytes.fromhex(self._rpc("anvil_dumpState").removeprefix("0x")))
        if self._state.exists():
            self._keep_previous()
        write_whole(self._state, dumped)
        self._saved = height

    def _keep_previous(self) -> None:
        link = self._state.with_suffix(".link")
        link.unlink(missing_ok=True)
        os.link(self._state, link)
        link.replace(previous(self._state))


def previous(state: Path) -> Path:
    """The state before the last one: for the day when the last one cannot be loaded."""
    return state.with_suffix(".previous")


def with_one_genesis(state: bytes) -> bytes:
    """The dump without the blocks 0 that later starts added.

    Anvil makes a block 0 of its own before it loads a state, keeps it beside the loaded one, dumps both, and takes
    either as *the* block 0 when that dump is loaded: the genesis hash, by which a chain is known, would change by
    chance.
    The first start's block 0 is the oldest.
    """
    dump = json.loads(state)
    first = [block for block in dump["blocks"] if _number(block, "number") == 0]
    if len(first) < 2:
        return state
    genesis = min(first, key=lambda block: _number(block, "timestamp"))
    dump["blocks"] = [genesis] + [block for block in dump["blocks"] if _number(block, "number")]
    return json.dumps(dump).encode()


def _number(block: dict[str, Any], name: str) -> int:
    return int(str(block["header"][name]), 0)


def write_whole(path: Path, content: bytes) -> None:
    """Replace the file by a whole new one that is on disk, or leave it as it is."""
    half = path.with_suffix(".half")
    with half.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    half.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

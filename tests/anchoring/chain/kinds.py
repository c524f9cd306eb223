"""The implementations of the EVM on which the core set runs, and what differs in the handling of their nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.local import node
from tests.tools.devchain import pyevm, server


@dataclass(frozen=True, slots=True)
class Kind:
    """`started`: a node with `url` and `rpc`; `hold` and `release`: stop putting transactions into blocks, and go on;
    `depth`: how many blocks must follow until its tag `finalized` says so; `replaces`: whether a replaced transaction
    leaves no trace (Ganache executes it, and shows a block without it)."""

    started: Callable[[Path], Any]
    hold: tuple[str, Any]
    release: tuple[str, Any]
    depth: int
    replaces: bool = True

    def held(self, world: Any) -> None:
        world.node.rpc(self.hold[0], *self.hold[1])

    def released(self, world: Any) -> None:
        world.node.rpc(self.release[0], *self.release[1])


@contextmanager
def _anvil(folder: Path) -> Iterator[Any]:
    running = node.start_anvil(log=folder / "anvil.log")
    yield running
    running.stop()


@contextmanager
def _ganache(folder: Path) -> Iterator[Any]:
    rich = ("--wallet.defaultBalance", "1000000")  # each contract is given a hundred
    running = node.start_ganache(*rich, log=folder / "ganache.log")
    yield running
    running.stop()


@contextmanager
def _pyevm(folder: Path) -> Iterator[Any]:
    with server.Served(server.development(pyevm.Engine())) as running:
        yield running


AUTOMINE_OFF, AUTOMINE_ON = ("evm_setAutomine", [False]), ("evm_setAutomine", [True])
KINDS = {
    "anvil": Kind(_anvil, AUTOMINE_OFF, AUTOMINE_ON, 2),
    "ganache": Kind(_ganache, ("miner_stop", []), ("miner_start", []), 0, replaces=False),
    "py-evm": Kind(_pyevm, AUTOMINE_OFF, AUTOMINE_ON, 2),
}

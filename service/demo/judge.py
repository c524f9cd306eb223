"""Has files judged as a stranger would: by the packed verifier, in a process of its own that has nothing of ours.

`python -I` in an empty folder: no environment variable, no folder of ours on the path, only the one file, the policy
and what is judged. What comes back is the verifier's own JSON report.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from service.demo.story import Json
from verifier.pack import pack

TOOL = "lotproof-verify.pyz"


class ToolFailed(Exception):
    """The verifier ended otherwise than by giving a report."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """One file's report, read."""

    file: Path
    report: Json

    @property
    def proven(self) -> bool:
        """All checks say yes, and nothing is too old or not final."""
        return bool(self.report["exit"] == 0)

    @property
    def caught_by(self) -> Json | None:
        """The first check whose answer is not yes."""
        return next((check for check in self.report["checks"] if check["answer"] != "yes" or check["late"]), None)

    @property
    def why(self) -> str:
        """What that check expected and saw, or why it could not look."""
        check = self.caught_by
        if check is None:
            return ""
        for refuted in check["refuted"]:
            return f"{refuted['what']}: expected {refuted['expected']}, seen {refuted['seen']}"
        for unknown in check["could_not_check"]:
            return f"{unknown['what']}: {unknown['why']}"
        return "; ".join(check["remarks"])


def write_tool(folder: Path) -> Path:
    """The verifier as one file, packed from the sources here."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    tool = folder / TOOL
    with tool.open("wb") as target:
        pack(target)
    return tool


def judge(
    tool: Path, policy: Path, files: Sequence[Path], rpc: str | None = None, kind: str = "lot"
) -> list[Judgement]:
    """One judgement for each file of a kind, all by one process; `rpc`: ask this node instead of the policy's."""
    node = ["--rpc", rpc] if rpc else []
    named = [file.absolute() for file in files]
    said = run_tool(tool, "--policy", policy.absolute(), "--each", "--as", kind, "--json", *node, *named)
    try:
        reports = json.loads(said)
    except ValueError:
        raise ToolFailed(f"{TOOL}: expected one report for each file, got {said[:300]!r}") from None
    return [Judgement(file, report) for file, report in zip(files, reports, strict=True)]


def prove_fraud(tool: Path, receipt: Path, file: Path) -> bytes:
    """The proof of fraud that a receipt and a later file of the same lot make, as the tool writes it."""
    return run_tool(tool, "fraud", receipt.absolute(), file.absolute()).encode()


def run_tool(tool: Path, *arguments: str | Path) -> str:
    """What the tool prints; it finds nothing but its arguments. Raises ToolFailed if it prints nothing."""
    command = [sys.executable, "-I", str(tool.absolute()), *map(str, arguments)]
    with tempfile.TemporaryDirectory() as empty:
        done = subprocess.run(command, cwd=empty, env={}, capture_output=True, text=True)
    if not done.stdout:
        raise ToolFailed(f"{TOOL} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout

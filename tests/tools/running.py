"""The whole product as `./lotproof up` runs it, in a state folder of its own, and the processes that it consists of."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.local import orphans, place

ROOT = Path(__file__).parents[2]


class Running:
    """An `up` that answers at `url`; `folder` is its state, `up.log` beside it what it said."""

    def __init__(self, folder: Path, web: int, chain: int, **more: str) -> None:
        self.folder, self.port = folder, web
        self.url = f"http://127.0.0.1:{web}"
        self.environ = {k: v for k, v in os.environ.items() if not k.startswith("LOTPROOF_")} | {
            "LOTPROOF_DATA": str(folder),
            "LOTPROOF_LISTEN": f"127.0.0.1:{web}",
            "LOTPROOF_CHAIN_LISTEN": f"127.0.0.1:{chain}",
            "LOTPROOF_WEB_PROCESSES": "1",
            "LOTPROOF_ANCHOR_INTERVAL": "0.2",
            "PYTHONPATH": str(ROOT),
        } | more  # fmt: skip
        self._process: subprocess.Popen[Any] | None = None

    @property
    def process(self) -> subprocess.Popen[Any]:
        """The supervisor."""
        assert self._process is not None, "expected a stack that was started"
        return self._process

    @process.setter
    def process(self, process: subprocess.Popen[Any]) -> None:
        self._process = process

    def command(self, *argv: str, **rest: Any) -> subprocess.Popen[Any]:
        return subprocess.Popen([sys.executable, "-P", "-m", "service.cli", *argv], env=self.environ, cwd=ROOT, **rest)

    def start(self) -> None:
        (self.folder / "run" / "worker.ready").unlink(missing_ok=True)
        with (self.folder.parent / "up.log").open("ab") as log:
            self.process = self.command("up", stdout=log, stderr=log)
        self.wait_for(self.healthy)

    def healthy(self) -> bool:
        assert self.process.poll() is None, self.said()
        try:
            worker = (self.folder / "run" / "worker.ready").exists()
            return worker and bool(urllib.request.urlopen(self.url + "/healthz", timeout=2).status == 200)
        except OSError:
            return False

    def status(self) -> dict[str, Any]:
        with urllib.request.urlopen(self.url + "/api/v1/status", timeout=5) as answer:
            return dict(json.load(answer))

    def wait_for(self, condition: Callable[[], object], seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.said()
            time.sleep(0.1)

    def answers_again(self) -> bool:
        try:
            return bool(self.status()["origin"] == "lotproof.localhost/log")
        except (OSError, ValueError):
            return False

    def processes(self) -> list[int]:
        mark = (self.folder / "id").read_text().strip()
        return [pid for pid in orphans.marked(mark) if pid != self.process.pid] + orphans.working_in(self.database())

    def database(self) -> Path:
        inside = self.folder / "pg" / "data"
        return inside if inside.exists() else place.SHARED / (self.folder / "id").read_text().strip() / "data"

    def part(self, *words: str) -> list[int]:
        """The processes whose command line holds all `words`."""
        return [pid for pid in self.processes() if all(word in command_line(pid) for word in words)]

    def said(self) -> str:
        return (self.folder.parent / "up.log").read_text()[-3000:]


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""

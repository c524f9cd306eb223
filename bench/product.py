"""The whole product in processes of its own, as `./lotproof up` starts it, on a state folder that is thrown away."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from service.local.node import free_port

ROOT = Path(__file__).parents[1]

UNLIMITED = {f"LOTPROOF_RATE_{kind}": "0" for kind in ("KEY", "PARTY", "PROOFS", "COSTLY", "ADDRESS")}
"""What is measured is the machine, not the budgets."""

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Product:
    """Where it answers, the operator's key, its state, and the process that holds it together."""

    port: int
    operator_key: str
    data: Path
    pid: int


class Client:
    """One caller on one connection that is kept open."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def post(self, path: str, body: object) -> Json:
        return self.send("POST", path, json.dumps(body))

    def get(self, path: str) -> Json:
        return self.send("GET", path)

    def send(self, method: str, path: str, body: str | None = None) -> Json:
        self._connection.request(method, "/api/v1" + path, body, self._headers)
        answer = self._connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: expected success, got {answer.status}: {text[:300]!r}")
        return dict(json.loads(text))


@contextmanager
def product(**more: str) -> Iterator[Product]:
    """Start everything, with `more` in its environment, give it, stop everything."""
    data = Path(tempfile.mkdtemp(prefix="lotproof-bench-"))
    data.chmod(0o711)  # the user of PostgreSQL passes through
    port = free_port()
    environ = os.environ | {
        "PYTHONPATH": str(ROOT),
        "LOTPROOF_DATA": str(data),
        "LOTPROOF_LISTEN": f"127.0.0.1:{port}",
        "LOTPROOF_CHAIN_LISTEN": f"127.0.0.1:{free_port()}",
        **UNLIMITED,
        **more,
    }
    log = data / "up.log"
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", "service.cli", "up"], env=environ, stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
    try:
        _await(running, log)
        yield Product(port, (data / "secrets" / "operator.key").read_text().strip(), data, running.pid)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(60)
        shutil.rmtree(data, ignore_errors=True)


def _await(running: subprocess.Popen[bytes], log: Path) -> None:
    while "serving" not in log.read_text():
        with contextlib.suppress(subprocess.TimeoutExpired):
            running.wait(0.1)
            raise AssertionError(f"the product ended instead of serving:\n{log.read_text()}")


def memory_by_part(pid: int) -> dict[str, float]:
    """Memory in MB of every process below `pid`, by what it is; of those of one kind the largest.

    Proportional set size: PostgreSQL's shared buffers are counted once, over all who use them.
    """
    found: dict[str, float] = {}
    for each in _below(pid):
        with contextlib.suppress(OSError, StopIteration):
            name, size = _name(each), _proportional(each)
            so_far = found.get(name, 0)
            found[name] = so_far + size if name.startswith("postgres") else max(so_far, size)
    return found


def _below(pid: int) -> Iterator[int]:
    for file in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in file.read_text().split():
            yield int(child)
            with contextlib.suppress(OSError):  # it has ended meanwhile
                yield from _below(int(child))


def _name(pid: int) -> str:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").replace("\0", " ").split()
    if "service.cli" in words:
        return words[words.index("service.cli") + 1]
    if "--multiprocessing-fork" in words or any("multiprocessing" in word for word in words):
        return "web (a process that answers)"
    return "postgres (all together)" if words[0].rstrip(":").endswith("postgres") else Path(words[0]).name


def _proportional(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("Pss:"))) / 1024

"""A partner who watches the log from outside: what he was given, his own lines to log and node, and the verifier's
monitor as he runs it, in a process of its own, from the file that the service hands out.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.campaigns.alarms_stage import Stage
from tests.tools.log_line import LogLine
from tests.tools.rpc_proxy import Proxy

EVERY = 2  # seconds between two rounds
USUALLY = 60  # seconds, where nobody says otherwise
PARTY = "https://lotproof.localhost/party/maker"
LOT = "https://id.gs1.org/01/09506000134352/10/{}"


@dataclass(slots=True)
class Told:
    """What a webhook was told, and when."""

    at: float
    message: dict[str, Any]


class Bell:
    """The webhook: takes alarms and keeps them."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        handler = type("Handler", (_Handler,), {"bell": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    bell: Bell

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        self.bell.told.append(Told(time.monotonic(), json.loads(raw)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@dataclass(slots=True)
class Partner:
    """`lot` is a lot of his, `sent` the file with the ids of his movements."""

    stage: Stage
    folder: Path
    log: LogLine
    node: Proxy
    bell: Bell
    lot: str
    sent: Path
    monitor: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self, *more: str) -> None:
        """The monitor, with what it remembers; returns when a round was fine."""
        argv = [
            *self.verifier, "monitor", self.log.url, *self.given, "--state", self.folder / "state.json",
            "--every", str(EVERY), "--lot", LOT.format(self.lot), "--party", PARTY, "--sent", self.sent,
            "--token-file", self.folder / "key", "--webhook", self.bell.url, "--metrics", self.metrics, *more,
        ]  # fmt: skip
        with (self.folder / "said").open("ab") as said:
            self.monitor = subprocess.Popen(argv, stdout=said, stderr=said, cwd="/")
        self.fine()

    def stop(self) -> None:
        assert self.monitor is not None
        self.monitor.terminate()
        self.monitor.wait(60)

    @property
    def verifier(self) -> list[Any]:
        return [sys.executable, "-I", self.folder / "lotproof-verify.pyz"]

    @property
    def given(self) -> list[Any]:
        """What he trusts, and whom he asks."""
        return ["--policy", self.folder / "policy.toml", "--rpc", self.node.url]

    @property
    def metrics(self) -> Path:
        return self.folder / "metrics.prom"

    def fine(self) -> None:
        """A whole round went by, and it was fine."""
        since = time.time()

        def seen() -> bool:
            figures = dict(re.findall(r"^lotproof_monitor_(\w+) (\S+)$", self.metrics.read_text(), re.MULTILINE))
            return float(figures["round_timestamp_seconds"]) > since and float(figures["exit_code"]) == 0

        self.stage.wait(seen)

    def in_metrics(self) -> set[str]:
        return set(re.findall(r'^lotproof_monitor_alarm{class="([A-Z ]+)",.*} 1$', self.metrics.read_text(), re.M))

    def said(self) -> str:
        return (self.folder / "said").read_text()[-3000:]


@contextmanager
def partner(on: Stage, options: Sequence[str]) -> Iterator[Partner]:
    """One who begins to watch now, and has seen that all is fine."""
    folder = Path(tempfile.mkdtemp(prefix="partner-", dir=on.running.folder.parent))
    bell = Bell()
    with LogLine(on.running.url) as log, Proxy(on.chain.url) as node:
        made = Partner(on, folder, log, node, bell, _provided(on, folder), folder / "sent")
        try:
            made.start(*options)
            yield made
        finally:
            made.stop()
            bell.close()


def _provided(on: Stage, folder: Path) -> str:
    """All that he needs, and a lot of his own, which has its proof."""
    movement = on.must_record()
    on.wait(on.proven)
    (folder / "sent").write_text(movement["id"] + "\n")
    (folder / "key").write_text(on.party_key)
    (folder / "lotproof-verify.pyz").write_bytes(on.published("lotproof-verify.pyz"))
    policy = on.published("api/v1/policy").decode()
    (folder / "policy.toml").write_text(policy.replace("rotations = 0", f"rotations = {on.head >> 224}"))
    return f"L{on.lots}"

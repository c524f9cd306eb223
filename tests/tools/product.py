"""The product on one database, in this process: the web's application, a worker in a thread, and who looks on.

    with product.working():            # a worker
        product.anchored()             # all that is recorded is final
    product.mirror(folder)             # what a mirror keeps
    product.audit()                    # the verifier's word on the whole log

The application lives as long as the product; workers come and go, as over a restore.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

import anchoring
from anchoring.pace import ChainSettings
from service import db
from service.app import create_app
from service.publish.policy import claims, draft
from service.settings import Settings, public_half
from tests.service.api.conftest import Caller, furnished, receive
from tests.tools.waiting import eventually
from verifier.audit import audit
from verifier.http import Deadline
from verifier.policy import Policy, load_policy
from verifier.report import Report
from verifier.rpc import RpcNode
from verifier.tiles import TileSource, tile_path
from verifier.verify import verify

ORIGIN = "restored.example.com/log"
OPERATOR_KEY = "lpk_" + "operator-" * 4
LOG_KEY = bytes(range(1, 33))
GUARDIAN = "0x" + "9a" * 20
PACE = ChainSettings(min_interval=100, poll=50, repush=100, finality=2)


def settings(url: str, rpc: str, key: bytes, kept: Path | None) -> Settings:
    """Of a log with fixed keys; `kept`: the folder of the last signed checkpoint."""
    return Settings(
        url, ORIGIN, rpc_urls=(rpc,), finality=2, kek=bytes(32), operator_key=OPERATOR_KEY, log_key=LOG_KEY,
        log_public_key=public_half(LOG_KEY), anchorer_key=key, guardian=GUARDIAN,
        lastsigned_dir=None if kept is None else str(kept), public_url="http://127.0.0.1:9",
    )  # fmt: skip


class Product:
    """The service on one database."""

    def __init__(self, given: Settings) -> None:
        self.settings = given
        self.engine = db.engine_for(given.database_url)
        self.app = create_app(given)
        self.operator = Caller(self.app.test_client(), OPERATOR_KEY)
        self.maker = self.operator

    def close(self) -> None:
        house = self.app.extensions["lotproof"]
        house.gather.close()
        for engine in (house.engine, house.writer, self.engine):
            engine.dispose()

    def on(self, url: str, **changes: Any) -> "Product":
        """The same installation on another database, with the same callers' keys."""
        other = Product(replace(self.settings, database_url=url, **changes))
        other.maker = Caller(other.app.test_client(), self.maker.key, self.maker.party)
        return other

    # Working

    @contextmanager
    def working(self, decided: bool = True) -> Iterator[None]:
        """A worker; entered when it is decided whether anything may be recorded."""
        stop, ready = Event(), Event()
        thread = Thread(target=anchoring.Worker(self.worker()).run, args=(stop, ready.set))
        thread.start()
        try:
            assert not decided or ready.wait(30), "the worker did not decide in 30 s"
            yield
        finally:
            stop.set()
            thread.join(30)
            assert not thread.is_alive()

    def worker(self) -> anchoring.WorkerSettings:
        given = self.settings
        assert given.log_key is not None and given.anchorer_key is not None
        folder = Path(given.lastsigned_dir) if given.lastsigned_dir else None
        url = db.driver_url(given.database_url)
        return anchoring.WorkerSettings(url, ORIGIN, given.log_key, given.rpc_urls, given.anchorer_key, PACE, folder)

    def status(self) -> anchoring.Status:
        with self.engine.connect() as conn:
            return anchoring.status(conn)

    def anchored(self, seconds: float = 30) -> int:
        """Wait until all that is recorded is final; the size."""

        def done() -> bool:
            seen = self.status()
            return not seen.waiting and seen.final_anchor is not None and seen.final_anchor.size == seen.entries

        eventually(done, seconds)
        return self.status().entries

    def furnish(self, code: str = "maker") -> None:
        """A party with an item and places: what `receive` needs."""
        self.maker = furnished(self.operator, code)

    def receive(self, lot: str) -> dict[str, Any]:
        """A lot comes in; the answer."""
        told: dict[str, Any] = self.maker.post("/movements", receive(lot))
        return told

    def move(self, lot: str, expect: int = 201) -> Any:
        """A movement of a lot that is there."""
        line = {"item": "AMX", "lot": lot, "quantity": "1"}
        body = {"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": "SX/A-02", "lines": [line]}
        return self.maker.post("/movements", body, expect)

    # What others keep

    def read(self, path: str, key: str | None = OPERATOR_KEY) -> bytes:
        """What is published at a path."""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        answer = self.app.test_client().get(path, headers=headers)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.get_data(as_text=True)[:300]}"
        return answer.get_data()

    def mirror(self, folder: Path) -> Path:
        """Checkpoint and entry bundles, as a mirror takes them now."""
        note = self.read("/checkpoint")
        size = int(note.split(b"\n")[1])
        for number in range(-(-size // 256)):
            path = tile_path("entries", number, min(256, size - 256 * number))
            file = folder / "tile" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self.read(f"/tile/{path}"))
        (folder / "checkpoint").write_bytes(note)
        return folder

    def proof(self, uri: str) -> bytes:
        """The proof file of a lot, as its owner gets it."""
        answer = self.maker.client.get(
            "/api/v1/lots/proof", query_string={"lot": uri}, headers={"Authorization": f"Bearer {self.maker.key}"}
        )
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data()

    # What the verifier says

    def policy(self, **changes: Any) -> Policy:
        """What a regulator would have after comparing the draft with what came another way."""
        with self.engine.connect() as conn:
            return replace(load_policy(draft(claims(conn, self.settings))), **changes)

    def audit(self, policy: Policy | None = None) -> Report:
        """The verifier's report on the whole published log, asked of the chain too."""
        return audit(self, policy or self.policy(), self.nodes(), int(time.time()))

    def verified(self, file: bytes, policy: Policy | None = None) -> Report:
        """The verifier's report on a proof file."""
        policy = policy or self.policy()
        sources = [TileSource(url, Deadline(20), self._tile_of_anchors) for url in policy.sources]
        return verify([file], policy, self.nodes(), sources, int(time.time()))

    def _tile_of_anchors(self, address: str, deadline: Deadline) -> bytes:
        return self.read(address.removeprefix(self.settings.public_url), key=None)

    def nodes(self) -> list[RpcNode]:
        return [RpcNode(url, Deadline(20)) for url in self.settings.rpc_urls]

    def checkpoint(self) -> str:
        return self.read("/checkpoint").decode()

    def tile(self, level: int, number: int, width: int) -> bytes:
        return self.read(f"/tile/{tile_path(level, number, width)}")

    def entries(self, number: int, width: int) -> bytes:
        return self.read(f"/tile/{tile_path('entries', number, width)}")


def kept_answer(folder: Path, answer: dict[str, Any]) -> None:
    """A client keeps an answer, as it came."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{uuid4()}.json").write_text(json.dumps(answer))

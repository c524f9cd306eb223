"""A small town: a company that records, the service and its worker, a guardian with a key, a regulator's verifier."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from threading import Event, Thread
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, text
from werkzeug.serving import make_server

import anchoring
from anchoring import contract, deploy
from anchoring.contract import LotAnchor
from anchoring.onchain import Address, Fees
from anchoring.rpc import Rpc
from service import db
from service.app import create_app
from service.demo import judge, prove
from service.demo.accounts import API, Company
from service.demo.door import Door
from service.demo.judge import Judgement
from service.local import node
from service.local.node import Node
from service.settings import Settings
from tests.contracts import rfc6962
from tests.e2e import stack

GUARD = sha256(b"the guardian of the town").digest()
NEXT = sha256(b"the anchorer after him").digest()
PATIENCE = 60.0
PACE = anchoring.ChainSettings(min_interval=0, poll=50)
GTIN = "09506000134352"


@dataclass
class Town:
    """Everything that the tests of the offices act on; `stop` ends it."""

    engine: Engine
    chain: Node
    settings: Settings
    folder: Path
    company: Company = field(init=False)
    tool: Path = field(init=False)
    _web: tuple[Any, Thread] | None = None
    _working: tuple[Event, Thread] | None = None

    @classmethod
    def founded(cls, engine: Engine, chain: Node, folder: Path) -> Town:
        port = node.free_port()
        url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        guardian = contract.checksummed(contract.address_of(GUARD))
        settings = replace(stack.settings_for(url, chain.url, f"http://127.0.0.1:{port}"), guardian=guardian)
        assert settings.anchorer_key
        deploy.ensure(engine, chain.url, settings.anchorer_key, guardian)
        town = cls(engine, chain, settings, folder)
        town.fund(contract.address_of(GUARD))
        return town

    def open(self) -> None:
        """Start web and worker, and let the company in."""
        assert self.settings.anchorer_key and self.settings.public_url
        port = int(self.settings.public_url.rpartition(":")[2])
        web = make_server("127.0.0.1", port, create_app(self.settings), threaded=True)
        serving = Thread(target=web.serve_forever)
        serving.start()
        self._web = web, serving
        self.work(self.settings.anchorer_key)
        self.company, self.tool = self._settled(), judge.write_tool(self.folder)

    def _settled(self) -> Company:
        operator = Door(self.settings.public_url, self.settings.operator_key)
        made = operator.post(f"{API}/parties", {"id": "maker", "name": "Maker"})
        door = Door(self.settings.public_url, made["api_key"])
        door.post(f"{API}/items", {"code": "PILL", "name": "Pill", "gtin": GTIN, "unit": "EA"})
        door.post(f"{API}/sites", {"code": "S", "name": "Site", "zone": "Europe/Berlin"})
        door.post(f"{API}/locations", {"site": "S", "code": "A1", "kind": "storage"})
        known = next(p for p in operator.get(f"{API}/parties")["parties"] if p["id"] == "maker")
        return Company("maker", known["uri"], known["first_key"], door)

    def stop(self) -> None:
        self.rest()
        if self._web is not None:
            self._web[0].shutdown()
            self._web[1].join()

    # The worker

    def work(self, key: bytes) -> None:
        """A worker with this anchorer key, as after a restart with another setting."""
        self.rest()
        assert self.settings.log_key
        stop, ready = Event(), Event()
        url = db.driver_url(self.settings.database_url)
        given = anchoring.WorkerSettings(url, stack.ORIGIN, self.settings.log_key, self.settings.rpc_urls, key, PACE)
        thread = Thread(target=anchoring.Worker(given).run, args=(stop, ready.set))
        thread.start()
        self._working = stop, thread
        assert ready.wait(PATIENCE)

    def rest(self) -> None:
        """No worker."""
        if self._working is not None:
            self._working[0].set()
            self._working[1].join()
            self._working = None

    # What people do

    def record(self, lot: str) -> None:
        line = {"item": "PILL", "lot": lot, "quantity": "10"}
        self.company.door.post(
            f"{API}/movements", {"id": str(uuid4()), "type": "register", "to": "S/A1", "lines": [line]}
        )

    def final(self) -> None:
        """Mine until all that was recorded is final."""
        self.until(lambda: self.newest("anchored") == self.size() == self.newest("final"), mine=True)

    def proof(self, lot: str) -> Path:
        """The file as the service gives it now."""
        path = self.folder / f"{lot}-{time.monotonic_ns()}.lotproof.json"
        path.write_bytes(self.company.door.raw(f"{API}/lots/proof", lot=f"https://id.gs1.org/01/{GTIN}/10/{lot}"))
        return path

    def verify(self, *proofs: Path, rotations: int, epoch: int = 0) -> list[Judgement]:
        """What the standalone verifier says of each under a policy that expects so many rotations and epochs."""
        files = prove.Files(self.folder)
        prove.write_policy(Door(self.settings.public_url), [self.company], self.settings.rpc_urls, files)
        policy = files.policy.read_text()
        policy = re.sub(r"(?m)^rotations = .*$", f"rotations = {rotations}", policy)
        files.policy.write_text(re.sub(r"(?m)^epoch = .*$", f"epoch = {epoch}", policy))
        return judge.judge(self.tool, files.policy, proofs)

    # The chain

    def fund(self, account: Address) -> None:
        self.chain.rpc("anvil_setBalance", contract.checksummed(account), hex(10**19))

    def send(self, calldata: bytes, key: bytes) -> None:
        """A transaction of somebody who goes past the service."""
        rpc = Rpc(self.chain.url)
        at, sender = rpc.head(), contract.address_of(key)
        rpc.send(
            contract.sign(
                key, chain_id=rpc.chain_id(), nonce=rpc.nonce(sender, at), to=self.address, calldata=calldata,
                gas=400_000, fees=Fees(10**11, 10**9), legacy=False,
            ).raw
        )  # fmt: skip
        self.chain.rpc("evm_mine")

    def steal(self, number: int = 3) -> dict[str, Any]:
        """Garbage on top of the anchored log, by whoever has the anchorer key; the anchor, as a file would show it."""
        key = self.settings.anchorer_key
        assert key
        log = [bytes(leaf) for (leaf,) in self.rows("SELECT leaf_hash FROM ledger.entry ORDER BY index")]
        forged = [*log, *(sha256(bytes([n])).digest() for n in range(number))]
        root, proof = rfc6962.mth(forged), rfc6962.proof(len(log), forged)
        self.send(contract.anchor_call(len(log), len(forged), root, bytes(32), proof), key)
        rpc = Rpc(self.chain.url)
        event = LotAnchor(rpc, self.address).events(0, rpc.head().number)[-1]
        block = rpc.block(event.block)
        assert block is not None
        return {
            "index": event.index, "epoch": 0, "size": event.size, "log_root": root.hex(), "map_root": "00" * 32,
            "block": event.block, "time": block.time,
        }  # fmt: skip

    @property
    def address(self) -> Address:
        row = self.rows("SELECT contract FROM ledger.deployment ORDER BY id DESC LIMIT 1")[0]
        return Address(bytes(row.contract))

    # What is known

    def status(self) -> Any:
        return Door(self.settings.public_url).get(f"{API}/status")

    def alarms(self) -> set[str]:
        return {alarm["kind"] for alarm in self.status()["alarms"]}

    def newest(self, word: str) -> int:
        found = self.status()[word]
        return int(found["size"]) if found else 0

    def size(self) -> int:
        return int(self.rows("SELECT COALESCE(max(index) + 1, 0) AS n FROM ledger.entry")[0].n)

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as conn:
            return list(conn.execute(text(query)))

    def until(self, true: Any, *, mine: bool = False) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {json.dumps(self.status())}"
            if mine:
                self.chain.rpc("evm_mine")
            time.sleep(0.05)

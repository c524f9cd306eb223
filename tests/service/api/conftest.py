"""The real application on a real database, with the real sequencer running beside it, and whoever may call it.

Both are logged in as they are in a real installation: what is not granted fails here.
One house for each test module: tests of a module share its parties, so each names lots of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import count
from threading import Event, Thread
from time import time_ns
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, make_url
from werkzeug.test import TestResponse

import anchoring
from anchoring import deploy
from anchoring.anchorer import Anchorer
from anchoring.pace import ChainSettings
from anchoring.rpc import rpcs
from service import db
from service.api import movements
from service.app import create_app
from service.local import postgres
from service.local.node import Node
from service.local.postgres import Cluster
from service.settings import Settings, public_half
from tests.tools import databases, logins
from tests.tools.waiting import eventually

ORIGIN = "log.example.com/lotproof"
OPERATOR_KEY = "lpk_" + "operator-" * 4
LOG_KEY = bytes(range(32))
GUARDIAN = "0x" + "9a" * 20
UNLIMITED = {f"rate_{kind}": 0.0 for kind in ("key", "party", "proofs", "costly", "address")}
"""A matrix of all operations for all roles is a flood, in the name of one party; see test_budgets."""
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a key, or without; JSON in and out."""

    client: FlaskClient
    key: str | None
    party: str = ""

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        authorization = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        extra = {"json": body} if body is not None else {}
        return self.client.open("/api/v1" + path, method=method, headers={**authorization, **headers}, **extra)

    def get(self, path: str, **headers: str) -> Any:
        answer = self.send("GET", path, **headers)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_json()

    def post(self, path: str, body: Any, expect: int = 201, **headers: str) -> Any:
        answer = self.send("POST", path, body, **headers)
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.get_json()

    def receive(self, lot: str, quantity: str = "100", **changes: Any) -> Any:
        return self.post("/movements", receive(lot, quantity, **changes))


def receive(lot: str, quantity: str = "100", **changes: Any) -> dict[str, Any]:
    """A movement that brings a lot into SX/A-01."""
    line = {
        "item": "AMX",
        "lot": lot,
        "quantity": quantity,
        "production_date": "2026-01-02",
        "expiry_date": "2099-12-31",
    }
    movement = {"id": str(uuid4()), "type": "receive", "to": "SX/A-01", "supplier": "Acme", "lines": [line]}
    return movement | changes


@pytest.fixture(scope="module")
def settings(pg: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    name = f"door_{next(_numbers)}"
    databases.copy(pg, name, template)
    url = "https://log.example.com"
    yield Settings(
        logins.web_url(pg, name), ORIGIN, kek=bytes(32), operator_key=OPERATOR_KEY, log_public_key=public_half(LOG_KEY),
        public_url=url, web_threads=32, webhook_key=bytes(32), webhooks_local=True,
        attachments_dir=str(tmp_path_factory.mktemp("attachments")), **UNLIMITED,
    )  # fmt: skip
    postgres.drop_databases(pg, [name])


@pytest.fixture(scope="module")
def app(settings: Settings) -> Iterator[Flask]:
    """The application without anybody who sequences, for whom it does not wait."""
    made = create_app(settings)
    usual, movements.WAIT_SECONDS = movements.WAIT_SECONDS, 0.0
    yield made
    movements.WAIT_SECONDS = usual
    house = made.extensions["lotproof"]
    house.gather.close()
    house.captures.close()
    house.engine.dispose()
    house.writer.dispose()


@pytest.fixture(scope="module")
def owner(pg: Cluster, settings: Settings) -> Iterator[Engine]:
    """The same database as a superuser sees it: for what no process of the product may do."""
    name = make_url(settings.database_url).database
    assert name is not None
    engine = db.engine_for(pg.url(name))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def working(pg: Cluster, settings: Settings) -> Iterator[Engine]:
    """The same database as the worker sees it."""
    name = make_url(settings.database_url).database
    assert name is not None
    engine = db.engine_for(logins.worker_url(pg, name))
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture(scope="module")
def stranger(client: FlaskClient) -> Caller:
    return Caller(client, None)


@pytest.fixture(scope="module")
def operator(client: FlaskClient) -> Caller:
    return Caller(client, OPERATOR_KEY)


def furnished(operator: Caller, code: str, gtin: str = "09506000210018") -> Caller:
    """A new party with an item AMX and the locations SX/A-01, SX/A-02 and SX/NG."""
    made = operator.post("/parties", {"id": code, "name": f"Party {code}"})
    caller = Caller(operator.client, made["api_key"], code)
    caller.post("/items", {"code": "AMX", "name": "Amoxicillin", "gtin": gtin, "unit": "EA"})
    caller.post("/sites", {"code": "SX", "zone": "Asia/Shanghai"})
    for location, kind in (("A-01", "storage"), ("A-02", "storage"), ("NG", "quarantine")):
        caller.post("/locations", {"site": "SX", "code": location, "kind": kind})
    return caller


@pytest.fixture(scope="module")
def maker(operator: Caller) -> Caller:
    return furnished(operator, "chenghe")


@pytest.fixture(scope="module")
def trader(operator: Caller) -> Caller:
    return furnished(operator, "tongqu")


@pytest.fixture(scope="module")
def outsider(operator: Caller) -> Caller:
    """A party that has nothing to do with the others' lots."""
    return furnished(operator, "xiangkou")


@pytest.fixture(scope="module")
def regulator(operator: Caller) -> Caller:
    made = operator.post("/api-keys", {"label": "inspector", "role": "regulator"})
    return Caller(operator.client, made["api_key"])


@pytest.fixture(scope="module")
def sequencing(app: Flask, settings: Settings, pg: Cluster) -> Iterator[Engine]:
    """The real sequencer, in a thread, logged in as the worker is."""
    name = make_url(settings.database_url).database
    assert name is not None
    engine, stop = db.engine_for(logins.worker_url(pg, name)), Event()
    sequencer = anchoring.Sequencer(engine, ORIGIN, LOG_KEY, lambda: time_ns() // 1_000_000)
    thread = Thread(target=sequencer.run, args=(stop,))
    thread.start()
    usual, movements.WAIT_SECONDS = movements.WAIT_SECONDS, 30.0  # a busy machine is not what these tests are about
    yield engine
    movements.WAIT_SECONDS = usual
    stop.set()
    thread.join()
    engine.dispose()


@dataclass(frozen=True, slots=True)
class Chain:
    """A contract of this module's log on a development chain."""

    node: Node
    anchorer: Anchorer
    engine: Engine

    def all_sequenced(self) -> bool:
        with self.engine.connect() as connection:
            return not anchoring.status(connection).waiting

    def anchor(self, *, final: bool = True) -> None:
        """Bring everything that was recorded to the chain, and make it final."""
        eventually(self.all_sequenced)
        self.anchorer.tick()
        eventually(lambda: self.node.rpc("txpool_status")["pending"] == "0x0")  # its block may be a moment later
        if final:
            self.node.rpc("anvil_mine", "0x3")
        self.anchorer.tick()


@pytest.fixture(scope="module")
def chain(sequencing: Engine, anvil: Node) -> Chain:
    key = sha256(str(sequencing.url).encode()).digest()  # of its own: modules share the chain, not nonces
    deploy.ensure(sequencing, anvil.url, key, GUARDIAN)
    anvil.rpc("anvil_mine", "0x3")
    settings = ChainSettings(min_interval=0)
    return Chain(anvil, Anchorer(sequencing, rpcs((anvil.url,)), key, settings, deploy.clock), sequencing)

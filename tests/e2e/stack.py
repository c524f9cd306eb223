"""The real stack inside one test process: web over real HTTP, sequencer and anchorer in threads, PostgreSQL, Anvil."""

import base64
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from werkzeug.serving import make_server

import anchoring
from anchoring.deploy import ensure
from service import db
from service.app import create_app
from service.local.node import Node
from service.settings import Settings, public_half

ORIGIN = "e2e.example.com/log"
GUARDIAN = "0x" + "11" * 20
BLOCK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Running:
    """A stack that answers at `url`."""

    url: str
    settings: Settings
    chain: Node


def settings_for(database_url: str, rpc_url: str, public_url: str) -> Settings:
    """A new log with keys of its own."""
    log_key = secrets.token_bytes(32)
    return Settings(
        database_url=database_url,
        origin=ORIGIN,
        rpc_urls=(rpc_url,),
        public_url=public_url,
        guardian=GUARDIAN,
        log_key=log_key,
        log_public_key=public_half(log_key),
        kek=secrets.token_bytes(32),
        anchorer_key=secrets.token_bytes(32),
        operator_key="lpk_" + base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("="),
    )


@contextmanager
def running(database_url: str, chain: Node, port: int) -> Iterator[Running]:
    """Deploy, start everything, stop everything."""
    url = f"http://127.0.0.1:{port}"
    settings = settings_for(database_url, chain.url, url)
    _deploy(settings)
    stop, compared = Event(), Event()
    threads = [
        Thread(target=_worker(settings).run, args=(stop, compared.set), name="worker"),
        Thread(target=_blocks, args=(chain, stop), name="blocks"),
    ]
    server = make_server("127.0.0.1", port, create_app(settings), threaded=True)
    threads.append(Thread(target=server.serve_forever, name="web"))
    for thread in threads:
        thread.start()
    try:
        assert compared.wait(30), "expected the worker to compare database and chain, it did not in 30 s"
        yield Running(url, settings, chain)
    finally:
        server.shutdown()
        stop.set()
        for thread in threads:
            thread.join()


def _deploy(settings: Settings) -> None:
    engine = db.engine_for(settings.database_url)
    try:
        ensure(engine, settings.rpc_urls[0], settings.anchorer_key, GUARDIAN)
    finally:
        engine.dispose()


def _worker(settings: Settings) -> anchoring.Worker:
    pace = anchoring.ChainSettings(min_interval=300, poll=100)
    keys = settings.log_key, settings.anchorer_key
    url = db.driver_url(settings.database_url)
    return anchoring.Worker(anchoring.WorkerSettings(url, ORIGIN, keys[0], settings.rpc_urls, keys[1], pace))


def _blocks(chain: Node, stop: Event) -> None:
    """A block now and then, as on any chain: what was anchored becomes final when two more follow."""
    while not stop.wait(BLOCK_SECONDS):
        chain.rpc("evm_mine")


def scratch(folder: Path, name: str) -> Path:
    path = folder / name
    path.mkdir(exist_ok=True)
    return path

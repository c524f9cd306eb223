"""The real stack inside one test process: web over real HTTP, sequencer and anchorer in threads, PostgreSQL, Anvil."""

import base64
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Thread

from sqlalchemy import make_url
from werkzeug.serving import make_server

import anchoring
from anchoring.deploy import ensure
from service import db
from service.app import create_app
from service.local.node import Node
from service.roles.logins import WEB_LOGIN, WORKER_LOGIN
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
    login = make_url(database_url).set
    return Settings(
        database_url=database_url,
        web_database_url=login(username=WEB_LOGIN).render_as_string(hide_password=False),
        worker_database_url=login(username=WORKER_LOGIN).render_as_string(hide_password=False),
        origin=ORIGIN,
        rpc_urls=(rpc_url,),
        public_url=public_url,
        guardian=GUARDIAN,
        log_key=log_key,
        log_public_key=public_half(log_key),
        kek=secrets.token_bytes(32),
        webhook_key=secrets.token_bytes(32),
        anchorer_key=secrets.token_bytes(32),
        operator_key="lpk_" + base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip("="),
    )


@contextmanager
def running(database_url: str, chain: Node, port: int) -> Iterator[Running]:
    """Deploy, start everything, stop everything. Web and worker are logged in as in a real installation."""
    url = f"http://127.0.0.1:{port}"
    settings = settings_for(database_url, chain.url, url)
    _deploy(_as(settings, settings.worker_database_url))
    stop, compared = Event(), Event()
    threads = [
        Thread(
            target=_worker(_as(settings, settings.worker_database_url)).run, args=(stop, compared.set), name="worker"
        ),
        Thread(target=_blocks, args=(chain, stop), name="blocks"),
    ]
    server = make_server("127.0.0.1", port, create_app(_as(settings, settings.web_database_url)), threaded=True)
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


def _as(settings: Settings, url: str | None) -> Settings:
    assert url is not None
    return replace(settings, database_url=url)


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

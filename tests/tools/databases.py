"""Databases for tests: a copy of another one, admitted as the worker admits it after its comparison."""

import time

import anchoring
from service import db
from service.local import postgres
from service.local.postgres import Cluster


def admit(url: str, by: str = "test") -> None:
    """What the worker does when it finds that chain and database agree; tests that have no worker call it."""
    engine = db.engine_for(url)
    with engine.begin() as connection:
        size = anchoring.status(connection).checkpoint
        known = (size.size, size.log_root) if size else (0, None)
        anchoring.admit(connection, *known, by, time.time_ns() // 1_000_000)
    engine.dispose()


def copy(pg: Cluster, name: str, source: str) -> str:
    """A copy of the database `source`, admitted; its URL."""
    postgres.create_database(pg, name, source)
    admit(pg.url(name))
    return pg.url(name)

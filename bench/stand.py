"""The stand on which things are measured: a PostgreSQL of its own with the product's settings, flushing to disk."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anchoring
from service import db, migrating
from service.local import place, postgres
from service.local.postgres import Cluster


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A running cluster in a temporary folder, gone afterwards."""
    user = postgres.service_user()
    home = Path(tempfile.mkdtemp(prefix="lotproof-bench-"))
    home.chmod(0o711)  # the server's user passes through to its own folders
    made = Cluster(place.programs(user), home / "data" / "pg", home / "socket", user)
    postgres.initialise(made)
    process = postgres.start(made, home / "postgres.log")
    try:
        yield made
    finally:
        postgres.stop(process)
        shutil.rmtree(home, ignore_errors=True)


@contextmanager
def database() -> Iterator[str]:
    """The URL of a migrated, empty database that may be written to."""
    with cluster() as made:
        yield writable(made, "bench")


def writable(server: Cluster, name: str) -> str:
    """The URL of a new one on this server."""
    postgres.create_database(server, name)
    migrating.migrate(server.url(name))
    engine = db.engine_for(server.url(name))
    with engine.begin() as connection:
        anchoring.admit(connection, 0, None, "bench", 0)
    engine.dispose()
    return server.url(name)

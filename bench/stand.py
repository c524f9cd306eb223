"""The stand on which things are measured: a PostgreSQL of its own with the product's settings, flushing to disk."""

import os
import resource
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
        postgres.create_database(made, "bench")
        migrating.migrate(made.url("bench"))
        engine = db.engine_for(made.url("bench"))
        with engine.begin() as connection:
            anchoring.admit(connection, 0, None, "bench", 0)
        engine.dispose()
        yield made.url("bench")


def memory_of(pid: int | None = None) -> float:
    """Resident memory of a process in MB."""
    status = Path(f"/proc/{pid or os.getpid()}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def peak_of_family(helpers: int) -> float:
    """Peak of this process and, for each of its `helpers`, of the largest that ended, in MB. (Its own is not taken from
    getrusage, which begins with the peak of whoever started it.)"""
    status = Path("/proc/self/status").read_text()
    own = int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))
    return (own + helpers * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024

"""What every test may ask for: a database cluster, a fresh database, a chain, the vectors.

Each pytest worker (`-n 2`) has its own cluster and its own chain, so that workers share nothing. Everything runs
through the launchers of the product, `service.local`; nothing is left behind, also after a kill (the kernel ends the
children).
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import Engine
from xdist.scheduler import LoadFileScheduling

from service import db, migrating
from service.local import node, place, postgres
from service.local.node import Node
from service.local.postgres import Cluster
from tests.tools import databases, logins

ROOT = Path(__file__).parents[1]

ROOM = 4 << 30
"""For two workers, with their databases; in bytes."""

_numbers = count(1)

# Nothing is judged by how long it took: the machine has other work, too.
hypothesis.settings.register_profile(
    "untimed", hypothesis.settings.default, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")


class ByStack(LoadFileScheduling):
    """A file stays with one worker, and the end-to-end tests do together: they share one stack that runs."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return "tests/e2e" if file.startswith("tests/e2e/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByStack | None:
    return ByStack(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The vectors that lie beside the checkout; a test that needs them is skipped, visibly, where they are absent."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"NO VECTORS: expected the folder {folder}")
    return folder


@pytest.fixture(scope="session")
def pg() -> Iterator[Cluster]:
    """A running PostgreSQL of our own. It may forget after a power cut (no fsync), but not after a kill."""
    with own_cluster() as (cluster, _):
        yield cluster


@contextmanager
def own_cluster() -> Iterator[tuple[Cluster, Callable[[], None]]]:
    """Another one, with the means to restart it."""
    user = postgres.service_user()
    home = Path(tempfile.mkdtemp(prefix="lotproof-test-", dir=_in_memory()))
    home.chmod(0o711)  # the server's user passes through to its own folders
    cluster = Cluster(place.programs(user), home / "data" / "pg", home / "socket", user)
    _cluster_files(cluster)
    running = [postgres.start(cluster, home / "postgres.log")]

    def restart() -> None:
        postgres.stop(running.pop())
        running.append(postgres.start(cluster, home / "postgres.log"))

    try:
        yield cluster, restart
    finally:
        postgres.stop(running.pop())
        shutil.rmtree(home, ignore_errors=True)


def _in_memory() -> Path | None:
    """Where files stay in memory, if there is room: a database is a thousand files, and most tests have one each."""
    memory = Path("/dev", "shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM
    return memory if roomy else None


def _cluster_files(cluster: Cluster) -> None:
    """A copy of files that initdb made once: 0.1 s instead of 1 s for each run and worker."""
    stamp = postgres.binaries().parent.stat()
    master = ROOT / ".pytest_cache" / f"cluster-{os.geteuid()}-{stamp.st_ino}-{int(stamp.st_mtime)}"
    if not master.exists():
        settings = postgres.SETTINGS | {"shared_buffers": "128MB", "fsync": "off", "max_wal_size": "512MB"}
        postgres.initialise(cluster, settings, sync=False)
        half = master.with_name(f"{master.name}.{os.getpid()}")
        shutil.copytree(cluster.data, half)
        try:
            half.rename(master)
        except OSError:  # the other worker was quicker
            shutil.rmtree(half)
        return
    postgres.own(cluster.data.parent, cluster.user)
    shutil.copytree(master, cluster.data)
    if cluster.user is not None:
        for path in (cluster.data, *cluster.data.rglob("*")):
            os.chown(path, cluster.user.pw_uid, cluster.user.pw_gid)


@pytest.fixture(scope="session")
def template(pg: Cluster) -> str:
    """A migrated database that tests clone; made in each run, so always with the migrations as they are now."""
    postgres.create_database(pg, "template_lotproof")
    migrating.migrate(pg.url("template_lotproof"))
    logins.made(pg)
    return "template_lotproof"


@pytest.fixture
def database_url(pg: Cluster, template: str) -> Iterator[str]:
    """A fresh, migrated database for this test alone, open to be written to."""
    with copied(pg, template) as url:
        yield url


@contextmanager
def copied(pg: Cluster, source: str) -> Iterator[str]:
    """A copy of a database, for as long as it takes."""
    name = f"test_{next(_numbers)}"
    yield databases.copy(pg, name, source)
    postgres.drop_databases(pg, [name])


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on this test's database."""
    made = db.engine_for(database_url, max_overflow=80)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A chain for all tests of this worker: `.url`, `.rpc(method, *params)`. Mines on each transaction."""
    running = node.start_anvil(log=tmp_path_factory.mktemp("anvil") / "anvil.log")
    yield running
    running.stop()


@pytest.fixture
def fresh_anvil(tmp_path: Path) -> Iterator[Node]:
    """A chain for this test alone, for reorgs, resets and clock changes."""
    running = node.start_anvil(log=tmp_path / "anvil.log")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def ganache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Ganache in Anvil's place."""
    running = node.start_ganache(log=tmp_path_factory.mktemp("ganache") / "ganache.log")
    yield running
    running.stop()

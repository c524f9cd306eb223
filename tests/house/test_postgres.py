"""PostgreSQL as a child: after any kill the next start succeeds and nothing acknowledged is lost."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest

from service.local import orphans, place, postgres
from service.local.errors import SetupError
from service.local.postgres import Cluster

RUN = """
import sys, time
from pathlib import Path
from service.local import postgres
from service.local.errors import SetupError
from service.local.postgres import Cluster
home = Path(sys.argv[1])
cluster = Cluster(Path(sys.argv[2]), home / "pg" / "data", home / "socket", postgres.service_user())
process = postgres.start(cluster, home / "postgres.log")
print(process.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def cluster(pg):
    """A stopped cluster with the product's own settings, fsync and all."""
    home = Path(tempfile.mkdtemp(prefix="lotproof-test-"))
    home.chmod(0o711)
    user = postgres.service_user()
    made = Cluster(pg.bin, home / "pg" / "data", home / "socket", user)
    postgres.initialise(made, postgres.SETTINGS | {"shared_buffers": "32MB"}, sync=False)
    yield made
    orphans.stop_all(orphans.working_in(made.data), signal.SIGINT)
    shutil.rmtree(home)


def started_elsewhere(cluster):
    """The server under a process of its own, which can be killed."""
    argv = [sys.executable, "-c", RUN, cluster.data.parents[1], cluster.bin]
    parent = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    return parent, int(parent.stdout.readline())


@pytest.mark.parametrize("victim", ["server", "parent", "both"])
def test_after_kill_9_the_next_start_has_every_acknowledged_row(cluster, victim):
    parent, server = started_elsewhere(cluster)
    with cluster.connect() as connection:
        connection.execute("CREATE TABLE acknowledged (n int)")
        for number in range(100):
            connection.execute("INSERT INTO acknowledged VALUES (%s)", (number,))
    if victim in ("server", "both"):
        os.kill(server, signal.SIGKILL)
    if victim in ("parent", "both"):
        parent.kill()
    process = postgres.start(cluster, cluster.data.parent / "again.log")
    try:
        with cluster.connect() as connection:
            assert connection.execute("SELECT count(*) FROM acknowledged").fetchone() == (100,)
    finally:
        postgres.stop(process)
        parent.kill()
        parent.wait()


def test_a_pid_file_that_names_some_other_living_process_does_not_stop_the_start(cluster):
    parent, server = started_elsewhere(cluster)
    os.kill(server, signal.SIGKILL)
    pid_file = cluster.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        postgres.stop(postgres.start(cluster, cluster.data.parent / "again.log"))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        parent.kill()
        parent.wait()


def test_only_the_users_concerned_may_connect(cluster):
    assert (cluster.data / "pg_hba.conf").read_text() == "local all all peer map=lotproof\n"
    process = postgres.start(cluster, cluster.data.parent / "postgres.log")
    try:
        if os.geteuid() == 0:
            other = subprocess.run(
                [cluster.bin / "psql", "-h", cluster.socket, "-U", "postgres", "-c", "select 1"],
                user="daemon", group="daemon", extra_groups=[], capture_output=True, text=True, cwd="/",
            )  # fmt: skip
            assert other.returncode != 0
        with pytest.raises(psycopg.OperationalError, match=r"[Pp]eer authentication failed"):
            psycopg.connect(host=str(cluster.socket), user="somebody", dbname="postgres")
    finally:
        postgres.stop(process)


def test_a_start_that_was_killed_during_initdb_is_done_again(cluster):
    half = cluster.data.with_name("data.half")
    shutil.copytree(cluster.data / "base", half / "base")
    shutil.rmtree(cluster.data)
    postgres.initialise(cluster, sync=False)
    assert cluster.data.exists() and not half.exists()


def test_a_disk_too_small_for_a_database_is_named(tmp_path):
    initdb = tmp_path / "initdb"
    initdb.write_text("#!/bin/sh\necho 'FATAL: could not write: No space left on device' >&2; exit 1\n")
    initdb.chmod(0o755)
    full = Cluster(tmp_path, tmp_path / "pg" / "data", tmp_path / "socket", None)
    with pytest.raises(SetupError, match=r"make room and start again\. initdb could not make"):
        postgres.initialise(full)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_under_a_private_home_the_database_lives_where_its_user_can_come(tmp_path, monkeypatch):
    monkeypatch.setattr(place, "SHARED", tmp_path.parents[2] / f"lotproof-shared-{time.time_ns()}")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    try:
        placed = place.cluster_in(private / "data", "abc123")
        assert placed.data == place.SHARED / "abc123" / "data"
        assert private.stat().st_mode & 0o777 == 0o700
    finally:
        shutil.rmtree(place.SHARED, ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another user")
def test_a_database_that_exists_is_never_replaced_by_an_empty_one_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr(place, "SHARED", tmp_path / "shared")
    stack = tmp_path / "stack"
    (stack / "pg" / "data").mkdir(parents=True)
    tmp_path.chmod(0o700)
    placed = place.cluster_in(stack, "abc123")
    assert placed.data == stack / "pg" / "data"
    with pytest.raises(SetupError, match="cannot enter any more"):
        place.outside(placed, stack)


def test_a_socket_path_too_long_for_the_kernel_gets_a_short_one(tmp_path):
    long = tmp_path / ("x" * 100)
    assert len(str(place.socket_folder(long, "abc123"))) < postgres.SOCKET_FOLDER_LIMIT
    assert place.socket_folder(Path("/short"), "abc123") == Path("/short")

"""Backups of a running PostgreSQL, and clusters that are made from them: a dump, or a base backup and the WAL since."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from service import db, migrating
from service.local import child, postgres
from service.local.postgres import Cluster
from tests.conftest import own_cluster

NAME = "restored"


def archived(cluster: Cluster, folder: Path) -> None:
    """From the next start on every finished WAL file is kept in `folder`, and base backups may be taken."""
    give(folder, cluster)
    with cluster.connect() as conn:
        conn.execute("ALTER SYSTEM SET archive_mode = on")
        conn.execute(f"ALTER SYSTEM SET archive_command = 'test ! -f {folder}/%f && cp %p {folder}/%f'")


def dump(cluster: Cluster, database: str, file: Path) -> None:
    """As `pg_dump -Fc` takes it while everybody works."""
    _run(cluster, "pg_dump", "-Fc", "-U", "postgres", "-h", str(cluster.socket), "-f", str(file), database)


def base_backup(cluster: Cluster, folder: Path) -> None:
    """All files of the cluster, without the WAL that is archived."""
    with (cluster.data / "pg_hba.conf").open("a") as hba:
        hba.write("local replication all peer map=lotproof\n")
    with cluster.connect() as conn:
        conn.execute("SELECT pg_reload_conf()")
    time.sleep(0.3)  # nobody tells when it was read
    _run(cluster, "pg_basebackup", "-U", "postgres", "-h", str(cluster.socket), "-D", str(folder), "-X", "none",
         "-c", "fast", "--no-sync")  # fmt: skip


@contextmanager
def from_dump(file: Path) -> Iterator[str]:
    """The URL of the dump's database in a fresh cluster."""
    with own_cluster() as (cluster, _):
        postgres.create_database(cluster, NAME)
        engine = db.engine_for(cluster.url(NAME))
        migrating.make_roles(engine)
        engine.dispose()
        _run(
            cluster, "pg_restore", "--exit-on-error", "-U", "postgres", "-h", str(cluster.socket), "-d", NAME, str(file)
        )
        yield cluster.url(NAME)


@contextmanager
def from_wal(cluster: Cluster, backup: Path, wal: Path, database: str, target: str | None) -> Iterator[str]:
    """The URL of the database in a cluster that replayed the WAL up to a restore point, or to its end."""
    home = Path(tempfile.mkdtemp(prefix="lotproof-pitr-"))
    home.chmod(0o711)
    copy = replace(cluster, data=home / "data" / "pg", socket=home / "socket")
    postgres.own(copy.data.parent, copy.user)
    shutil.copytree(backup, copy.data)
    aim = f"recovery_target_name = '{target}'\n" if target else ""
    with (copy.data / "postgresql.auto.conf").open("a") as conf:
        conf.write(f"archive_mode = off\nrestore_command = 'cp {wal}/%f %p'\n{aim}recovery_target_action = 'promote'\n")
    (copy.data / "recovery.signal").touch()
    give(copy.data, copy)
    running = postgres.start(copy, home / "postgres.log")
    try:
        _await_promotion(copy)
        yield copy.url(database)
    finally:
        postgres.stop(running)
        shutil.rmtree(home, ignore_errors=True)


def _await_promotion(cluster: Cluster) -> None:
    """A server that replays takes readers before it has come to its target."""
    deadline = time.monotonic() + 60
    with cluster.connect() as conn:
        while conn.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
            assert time.monotonic() < deadline, "expected the replay to end within 60 s"
            time.sleep(0.1)


def _run(cluster: Cluster, program: str, *argv: str) -> None:
    done = subprocess.run(
        [cluster.bin / program, *argv], capture_output=True, text=True, cwd="/", **child.as_user(cluster.user)
    )  # type: ignore[call-overload]
    assert done.returncode == 0, f"{program}: {done.stderr}"


def give(folder: Path, cluster: Cluster) -> None:
    """Make it the server's own."""
    if cluster.user is None:
        folder.chmod(0o700)
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, cluster.user.pw_uid, cluster.user.pw_gid)
    folder.chmod(0o700)

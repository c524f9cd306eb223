"""Failures of the database: away, full, put back to an older state, changed by a superuser."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg

from tests.campaigns.alarms_blows import blow
from tests.campaigns.alarms_stage import AWAY, REASON, Stage
from verifier.tiles import tile_path


@blow("PostgreSQL is dead and nobody starts it", AWAY)
def dead(on: Stage) -> Iterator[None]:
    with on.asleep(on.running.process.pid):
        os.kill(on.part("postgres", "-D"), signal.SIGKILL)
        yield


@blow("the disk is full", "DISK FULL", disk=True)
def full(on: Stage) -> Iterator[None]:
    assert on.disk is not None
    with on.disk.full():
        yield


@contextmanager
def older(on: Stage) -> Iterator[None]:
    """A backup of now takes the place of what is recorded after it, until the end."""
    on.between_connections("CREATE DATABASE copy TEMPLATE lotproof")
    on.must_record()
    on.wait(on.calm)
    _exchange(on)
    yield
    _give_back(on)


def _exchange(on: Stage) -> None:
    on.strikes()
    on.between_connections("ALTER DATABASE lotproof RENAME TO newer", "ALTER DATABASE copy RENAME TO lotproof")


def _give_back(on: Stage) -> None:
    on.between_connections("ALTER DATABASE lotproof RENAME TO copy", "ALTER DATABASE newer RENAME TO lotproof",
                           "DROP DATABASE copy WITH (FORCE)")  # fmt: skip


@blow("an older backup was restored", "ROLLBACK")
def rollback(on: Stage) -> Iterator[None]:
    with older(on):
        yield


@blow("the log came back from a mirror, the goods did not", "WAREHOUSE BEHIND")
def goods_are_gone(on: Stage) -> Iterator[None]:
    """The older backup stays, and what is recorded after it is brought back as far as it can be."""
    on.between_connections("CREATE DATABASE copy TEMPLATE lotproof")
    on.must_record()
    on.wait(on.calm)
    mirror = Path(tempfile.mkdtemp(dir=on.running.folder.parent))
    _keep_mirror(on, mirror)
    _exchange(on)
    on.wait(lambda: "ROLLBACK" in on.in_api())
    on.strikes()
    on.typed("recover", "--mirror", str(mirror))
    yield
    on.typed("recover", "--settle", "all", *REASON)
    shutil.rmtree(mirror)
    on.between_connections("DROP DATABASE newer WITH (FORCE)")


def _keep_mirror(on: Stage, folder: Path) -> None:
    """What an auditor's mirror keeps of a log that fits into one bundle or two."""
    note = on.published("checkpoint")
    size = int(note.split(b"\n")[1])
    for number in range(-(-size // 256)):
        path = Path("tile") / tile_path("entries", number, min(256, size - 256 * number))
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(on.published(str(path)))
    (folder / "checkpoint").write_bytes(note)


@contextmanager
def rewritten(on: Stage, table: str, change: str) -> Iterator[None]:
    """A superuser, for whom no trigger stands in the way, changes rows of `table`, until the end."""
    on.between_connections("CREATE DATABASE copy TEMPLATE lotproof")
    with on.cluster.connect("copy") as superuser:
        superuser.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER ALL")
        superuser.execute(f"UPDATE ledger.{table} SET {change}")
        superuser.execute(f"ALTER TABLE ledger.{table} ENABLE TRIGGER ALL")
    _exchange(on)
    yield
    _give_back(on)


@blow("history was rewritten in the database", "FORK", "LEDGER BROKEN")
def other_entry(on: Stage) -> Iterator[None]:
    with rewritten(on, "entry", "leaf_hash = sha256(leaf_hash) WHERE index = 0"):
        yield


@blow("the signed roots were rewritten in the database", "LEDGER BROKEN", clear=("LEDGER BROKEN",))
def other_root(on: Stage) -> Iterator[None]:
    """Put right where it was done: the alarm stands in that very database, and a person has to clear it."""
    on.between_connections("CREATE DATABASE copy TEMPLATE lotproof")
    with on.cluster.connect("copy") as superuser:
        roots = superuser.execute("SELECT log_root, size FROM ledger.checkpoint").fetchall()
        _with_roots(superuser, [(sha256(root).digest(), size) for root, size in roots])
    _exchange(on)
    yield
    with on.cluster.connect("lotproof") as superuser:
        _with_roots(superuser, roots)
    on.between_connections("DROP DATABASE newer WITH (FORCE)")


def _with_roots(superuser: psycopg.Connection, roots: Sequence[Sequence[Any]]) -> None:
    superuser.execute("ALTER TABLE ledger.checkpoint DISABLE TRIGGER ALL")
    superuser.cursor().executemany("UPDATE ledger.checkpoint SET log_root = %s WHERE size = %s", roots)
    superuser.execute("ALTER TABLE ledger.checkpoint ENABLE TRIGGER ALL")

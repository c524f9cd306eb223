"""A disk that is full lets everybody read; whoever looks is told all the same."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

import anchoring
from anchoring import room
from service import db
from service.local import postgres
from service.local.postgres import Cluster
from tests.campaigns.disk import Disk, disk


@contextmanager
def on_a_small_disk(pg: Cluster, template: str) -> Iterator[tuple[Engine, Disk]]:
    """A database that has a disk to itself; skipped where none may be mounted."""
    folder = Path(tempfile.mkdtemp(prefix="lotproof-disk-"))
    with disk(folder) as own:
        if own is None:
            pytest.skip("only root may mount a disk")
        if pg.user is not None:
            os.chown(folder, pg.user.pw_uid, pg.user.pw_gid)
        with pg.connect() as superuser:
            superuser.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
            superuser.execute(f"CREATE DATABASE small TEMPLATE {template} TABLESPACE small")
        engine = db.engine_for(pg.url("small"))
        try:
            yield engine, own
        finally:
            engine.dispose()
            postgres.drop_databases(pg, ["small"])
            with pg.connect() as superuser:
                superuser.execute("DROP TABLESPACE small")
    folder.rmdir()


def test_a_full_disk_is_an_alarm_for_status_and_metrics_as_long_as_it_is_full(pg: Cluster, template: str) -> None:
    with on_a_small_disk(pg, template) as (engine, own):
        assert told(engine) == ([], [])
        with own.full():
            assert told(engine) == (["DISK FULL"], ["DISK FULL"])
        assert told(engine) == ([], [])


def told(engine: Engine) -> tuple[list[str], list[str]]:
    with engine.connect() as conn:
        conn.execute(text("SET TRANSACTION READ ONLY"))
        status, figures = anchoring.status(conn).alarms, anchoring.figures(conn).alarms
    return [each.kind.title for each in status], [each.kind.title for each in figures]


def test_the_look_leaves_the_transaction_as_it_was(engine: Engine) -> None:
    with engine.begin() as conn:
        before = conn.execute(text("SHOW work_mem")).scalar_one()
        assert room.lacking(conn) is None
        assert conn.execute(text("SHOW work_mem")).scalar_one() == before


def test_a_server_that_allows_no_such_file_leaves_it_open(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.execute(text("SET LOCAL temp_file_limit = 0"))
        assert room.lacking(conn) is None
        assert conn.execute(text("SELECT 1")).scalar_one() == 1

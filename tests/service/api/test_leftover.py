"""After an erasure no file of the database holds a byte of it, once its tables were rewritten."""

import subprocess
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import Engine, make_url

from service import migrating
from service.erasing.leftover import TABLES, rewrite
from service.local.postgres import Cluster
from service.settings import Settings
from tests.service.api.conftest import Caller
from tests.service.api.test_erasures import asker, canary, erase, ship, two

__all__ = ["asker", "two"]


@pytest.fixture
def admin(pg: Cluster, settings: Settings) -> Iterator[Engine]:
    from service import db

    made = db.engine_for(pg.url(str(make_url(settings.database_url).database)))
    yield made
    made.dispose()


def files_with(pg: Cluster, admin: Engine, word: str) -> list[str]:
    """Data files of this database in which the word stands."""
    with migrating.autocommit(admin) as connection:
        connection.execute("CHECKPOINT")
        [folder] = connection.execute("SELECT oid FROM pg_database WHERE datname = current_database()").fetchall()
    place = pg.data / "base" / str(folder[0])
    found = subprocess.run(["grep", "-laF", "-r", word, str(place)], capture_output=True, text=True, check=False)
    return found.stdout.split()


def test_no_file_holds_what_was_erased(
    maker: Caller, asker: Caller, two: list[Caller], pg: Cluster, admin: Engine
) -> None:
    name = canary()
    movement = ship(maker, customer=name, reason=f"{name} rang")
    order = {"id": str(uuid4()), "kind": "sales", "number": uuid4().hex[:8], "site": "SX", "partner": name,
             "lines": [{"item": "AMX", "quantity": "1"}]}  # fmt: skip
    maker.post("/orders", order)
    assert len(files_with(pg, admin, name)) >= 2
    erase(asker, two, movement, "lotproof:customer", "lotproof:reason")
    assert files_with(pg, admin, name), "expected dead rows: else this shows nothing"
    with migrating.autocommit(admin) as connection:
        assert [table for table, size in rewrite(connection) if size] == list(TABLES)
    assert files_with(pg, admin, name) == []

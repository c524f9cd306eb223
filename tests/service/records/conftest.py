"""The story is told once for the tests that only read it."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from sqlalchemy import Engine

from service import db
from service.local import postgres
from service.local.postgres import Cluster
from tests.service.ledger.world import World
from tests.service.records.story import furnish, live
from tests.tools import databases

Told = tuple[World, dict[str, UUID]]


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


@pytest.fixture(scope="module")
def told(pg: Cluster, template: str) -> Iterator[Told]:
    engine = db.engine_for(databases.copy(pg, "records_told", template))
    world = World(engine)
    furnish(world)
    yield world, live(world)
    engine.dispose()
    postgres.drop_databases(pg, ["records_told"])

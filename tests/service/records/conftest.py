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
from tests.service.sensors.world import Store
from tests.tools import databases


def measured(world: World) -> None:
    """A cold store of the maker: one sealed reading of both kinds, and then silence."""
    store = Store(world.engine, world)
    for kind, value in (("temperature", "4.5"), ("humidity", "50")):
        store.measure([(-60, value)], kind=kind)
    store.seal()


Told = tuple[World, dict[str, UUID]]


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


@pytest.fixture(scope="module")
def told(pg: Cluster, template: str) -> Iterator[Told]:
    engine = db.engine_for(databases.copy(pg, "records_told", template))
    world = World(engine)
    furnish(world)
    measured(world)
    yield world, live(world)
    engine.dispose()
    postgres.drop_databases(pg, ["records_told"])

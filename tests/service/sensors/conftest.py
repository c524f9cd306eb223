"""One store for each module: its tests have sensors of their own."""

from collections.abc import Iterator
from itertools import count

import pytest

from service import db
from service.local import postgres
from service.local.postgres import Cluster
from tests.service.sensors.world import Store
from tests.tools import databases

_numbers = count(1)


@pytest.fixture(scope="module")
def store(pg: Cluster, template: str) -> Iterator[Store]:
    name = f"store_{next(_numbers)}"
    engine = db.engine_for(databases.copy(pg, name, template), max_overflow=20)
    yield Store(engine)
    engine.dispose()
    postgres.drop_databases(pg, [name])

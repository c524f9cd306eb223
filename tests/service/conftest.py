"""A test that asks for a world gets it furnished: the database is a copy of one in which that was done once."""

from collections.abc import Iterator

import pytest

from service import db
from service.local.postgres import Cluster
from tests.conftest import copied
from tests.service.ledger.fresh import Fresh
from tests.service.ledger.world import World
from tests.tools import databases


@pytest.fixture(scope="session")
def furnished(pg: Cluster, template: str) -> str:
    """The name of a database with the three parties of `World`, to be copied."""
    engine = db.engine_for(databases.copy(pg, "template_furnished", template))
    World(engine)
    engine.dispose()
    return "template_furnished"


@pytest.fixture
def database_url(request: pytest.FixtureRequest, pg: Cluster, template: str) -> Iterator[str]:
    """A fresh, migrated database for this test alone, open to be written to; furnished where a world is asked for."""
    source = request.getfixturevalue("furnished") if "world" in request.fixturenames else template
    with copied(pg, source) as url:
        yield url


@pytest.fixture(scope="module")
def fresh(pg: Cluster, furnished: str) -> Iterator[Fresh]:
    """A furnished world for each example of a property."""
    made = Fresh(pg, furnished)
    yield made
    made.drop()

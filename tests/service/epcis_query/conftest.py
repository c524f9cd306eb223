from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from service.local.postgres import Cluster
from tests.conftest import copied
from tests.service.epcis_query.world import World


@pytest.fixture
def database_url(pg: Cluster, template: str) -> Iterator[str]:
    """This world makes its parties itself."""
    with copied(pg, template) as url:
        yield url


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)

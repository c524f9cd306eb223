import pytest
from sqlalchemy import Engine

from tests.service.epcis_query.world import World


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)

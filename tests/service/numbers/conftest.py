"""A furnished world for each test: three parties with items MED, MILK and SALT at the site S1."""

import pytest
from sqlalchemy import Engine

from tests.service.ledger.world import World


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)

import pytest
from sqlalchemy import Engine

from tests.service.orders.world import Orders


@pytest.fixture
def world(engine: Engine) -> Orders:
    return Orders(engine)

"""A ledger for each test, audited when the test is over."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from tests.anchoring.ledger.world import Ledger


@pytest.fixture
def ledger(engine: Engine) -> Iterator[Ledger]:
    """An empty ledger. However the test ends, what it leaves must be a whole log."""
    made = Ledger(engine)
    yield made
    made.audit()

"""Databases that just came up: nobody has compared them with the chain yet."""

from hashlib import sha256
from itertools import count

import pytest

from service import db
from service.local import postgres
from tests.anchoring.chain.world import World

_numbers = count(1)


@pytest.fixture
def key(request):
    """An anchorer key of this test's own; the chain is shared."""
    return sha256(f"start of {request.node.nodeid}".encode()).digest()


@pytest.fixture
def cloned(pg):
    """Copies databases, as a restore does, without admitting them: `cloned(source)` is an engine on the copy."""
    made = []

    def clone(source):
        name = f"start_{next(_numbers)}"
        postgres.create_database(pg, name, source)
        made.append((name, db.engine_for(pg.url(name))))
        return made[-1][1]

    yield clone
    for _, engine in made:
        engine.dispose()
    postgres.drop_databases(pg, [name for name, _ in made])


@pytest.fixture
def unseen(cloned, template):
    """An engine on a fresh database that nobody compared with anything."""
    return cloned(template)


@pytest.fixture
def world(engine, anvil):
    return World(engine, anvil)

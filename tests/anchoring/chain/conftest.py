"""Worlds for the tests of the chain half."""

import pytest

from tests.anchoring.chain.world import World
from tests.tools.rpc_proxy import Proxy


@pytest.fixture
def world(engine, fresh_anvil):
    """On a chain of its own, that a test may reorganise and reset."""
    return World(engine, fresh_anvil)


@pytest.fixture
def shared(engine, anvil):
    """On the session's chain: for tests that only ever add to it."""
    return World(engine, anvil)


@pytest.fixture
def line(world):
    """A line to the world's node that a test may break, and a worker at its end: `line.worker`."""
    with Proxy(world.node.url) as proxy:
        proxy.worker = world.worker(proxy.url)
        yield proxy

"""A chain of this room's own, because its tests let months pass, and a fresh contract for each test."""

from collections.abc import Iterator
from typing import Any

import pytest

from contracts import compile as build
from service.local import node
from tests.contracts.onchain import Chain, LotAnchor


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    running = node.start_anvil(log=tmp_path_factory.mktemp("anvil-contracts") / "anvil.log")
    yield Chain(running.url)
    running.stop()


@pytest.fixture
def contract(chain: Chain) -> LotAnchor:
    """A LotAnchor that has seen nothing yet."""
    return LotAnchor(chain)


@pytest.fixture(scope="session")
def compiled() -> dict[str, Any]:
    """What npm's compiler makes of the sources as they are now."""
    if not (build.ROOM.parent / "node_modules" / "solc").is_dir():
        pytest.skip("NO COMPILER: expected npm's solc in node_modules; ./lotproof test installs it")
    with build.compiler("node") as binary:
        return build.compiled(binary)

"""The contract is compiled for the oldest EVM that it may meet (shanghai): Anvil runs it everywhere else in this room,
here Ganache and py-evm do.
"""

from collections.abc import Iterator

import pytest

from service.local.node import Node
from tests.contracts import logs
from tests.contracts.onchain import Chain, LotAnchor, Reverted
from tests.tools.devchain import pyevm, server
from tests.tools.devchain.server import Served


@pytest.fixture(params=["ganache", "py-evm"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A node of each kind."""
    if request.param == "ganache":
        ganache: Node = request.getfixturevalue("ganache")
        yield ganache.url
        return
    with Served(server.development(pyevm.Engine())) as served:
        yield served.url


def test_the_same_code_anchors_there_and_refuses_a_fork(url: str) -> None:
    contract, log = LotAnchor(Chain(url)), logs.leaves(20)
    logs.anchor_sizes(contract, log, [3, 8, 9])
    with pytest.raises(Reverted) as seen:
        contract.anchor(*logs.step(logs.leaves(20, "fork"), 9, 20))
    assert seen.value.name == "WrongOldRoot"
    contract.anchor(*logs.step(log, 9, 20))
    assert contract.view("head")[:3] == (20, logs.step(log, 9, 20)[2], 4)
    assert contract.view("accumulator")[0] == 4

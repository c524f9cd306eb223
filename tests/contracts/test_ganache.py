"""The contract is compiled for the oldest EVM that it may meet (shanghai), which is the newest that Ganache runs."""

import pytest

from service.local.node import Node
from tests.contracts import logs
from tests.contracts.onchain import Chain, LotAnchor, Reverted


def test_the_same_code_anchors_on_ganache_and_refuses_a_fork(ganache: Node) -> None:
    contract, log = LotAnchor(Chain(ganache.url)), logs.leaves(20)
    logs.anchor_sizes(contract, log, [3, 8, 9])
    with pytest.raises(Reverted) as seen:
        contract.anchor(*logs.step(logs.leaves(20, "fork"), 9, 20))
    assert seen.value.name == "WrongOldRoot"
    contract.anchor(*logs.step(log, 9, 20))
    assert contract.view("head")[:3] == (20, logs.step(log, 9, 20)[2], 4)
    assert contract.view("accumulator")[0] == 4

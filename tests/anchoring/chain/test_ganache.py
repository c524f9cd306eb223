"""The same on Ganache, which knows no EIP-1898, no reorg, and calls its latest block final."""

import dataclasses

import pytest

from anchoring import contract
from anchoring.rpc import Away, Refused
from tests.anchoring.chain.world import FAST, World
from tests.tools.rpc_proxy import Proxy, drop_request, drop_response


@pytest.fixture
def world(engine, ganache):
    return World(engine, ganache)


def test_checkpoints_become_final_on_ganache(world):
    for entries in (1, 5, 2):
        world.record(entries)
        world.settle()
    assert [event.size for event in world.events()] == [1, 6, 8]
    assert world.alarms() == []
    world.audit()


def test_a_block_that_is_deep_enough_is_final_where_depth_is_the_rule(engine, ganache):
    world = World(engine, ganache, settings=dataclasses.replace(FAST, finality=3))
    world.record()
    world.tick(3)
    assert world.states() == ["mined"]
    world.mine(3)
    world.tick()
    assert world.states() == ["final"]
    world.audit()


def test_c10_and_c11_lost_answers_and_lost_requests_on_ganache(world):
    with Proxy(world.node.url) as line:
        worker = world.worker(line.url)
        for fault in (drop_response, drop_request):
            line.on("eth_sendRawTransaction", fault, times=1)
            world.record()
            with pytest.raises(Away):
                world.tick(worker=worker)
            world.settle(worker)
    assert [event.size for event in world.events()] == [1, 2]
    world.audit()


def test_a_block_taken_back_on_ganache_demotes_its_anchor(world):
    deep = world.worker(settings=dataclasses.replace(FAST, finality=3))
    snapshot = world.node.rpc("evm_snapshot")
    world.record()
    world.tick(2, deep)
    assert world.states() == ["mined"]
    world.node.rpc("evm_revert", snapshot)
    world.mine(2)
    world.settle(deep)
    assert (world.states(), len(world.events())) == (["lost", "final"], 1)
    world.audit()


def test_a_refusal_of_the_contract_is_told_by_its_name_on_ganache(world):
    world.record()
    world.settle()
    calldata = contract.anchor_call(0, 2, bytes(32), bytes(32), [])
    call = {"from": contract.checksummed(world.sender), "to": contract.checksummed(world.deployment.contract)}
    with pytest.raises(Refused) as refused:
        world.rpc.estimate(call | {"data": "0x" + calldata.hex()})
    assert contract.explain(refused.value.data) == "WrongOldSize(1, 0)"

"""The core set: what must hold on every implementation of the EVM, each test on each of them (`kinds.KINDS`).

Ganache knows no EIP-1898 and no reorg, and calls its latest block final; py-evm is no development node, so nobody gives
the anchorer its first ether; both are therefore good company for Anvil. A block is taken back by a snapshot, which all
three know.
"""

import dataclasses
from hashlib import sha256

import pytest

from anchoring import contract, deploy
from anchoring.anchorer import Round
from anchoring.onchain import Address
from anchoring.rpc import Away, Refused
from tests.anchoring.chain.kinds import KINDS
from tests.anchoring.chain.world import FAST, GUARDIAN, World
from tests.tools.rpc_proxy import Proxy, answered, drop_request, drop_response

DEEP = dataclasses.replace(FAST, finality=3)


@pytest.fixture(scope="module", params=KINDS)
def chain(request, tmp_path_factory):
    """A node of one kind for all tests of this file."""
    kind = KINDS[request.param]
    with kind.started(tmp_path_factory.mktemp(request.param)) as running:
        yield kind, running


@pytest.fixture
def world(engine, chain):
    made = World(engine, chain[1], settings=DEEP)
    made.kind = chain[0]
    return made


def raw(world):
    return "0x" + bytes(world.one("SELECT raw FROM ledger.signed_transaction ORDER BY signed_at LIMIT 1")).hex()


# The way of a checkpoint


def test_checkpoints_become_final(world):
    for entries in (1, 5, 2):
        world.record(entries)
        world.settle()
    assert [event.size for event in world.events()] == [1, 6, 8]
    assert (world.intents(), world.alarms()) == (["final"] * 3, [])
    world.audit()


def test_a_block_that_is_deep_enough_is_final_where_depth_is_the_rule(world):
    world.record()
    world.tick(3)
    assert world.states() == ["mined"]
    block = world.events()[0].block
    world.mine(block + 2 - world.rpc.head().number)
    world.tick()
    assert world.states() == ["mined"], "two blocks follow"
    world.mine()
    world.tick()
    assert world.states() == ["final"], "three blocks follow"
    world.audit()


def test_a_block_is_final_at_once_where_the_newest_one_is(world):
    world.record()
    world.tick(2, world.worker(settings=dataclasses.replace(FAST, finality="latest")))
    assert world.states() == ["final"]


def test_a_block_is_final_when_the_node_tags_it_so(world):
    worker = world.worker(settings=dataclasses.replace(FAST, finality="finalized"))
    world.record()
    world.tick(2, worker)
    block = world.events()[0].block
    assert (world.states() == ["final"]) == (world.rpc.head().number - block >= world.kind.depth)
    world.mine(2)
    world.tick(1, worker)
    assert world.states() == ["final"]
    world.audit()


def test_c29_a_backlog_is_one_anchor_of_the_newest(world):
    for _ in range(20):
        world.record()
    world.settle()
    assert [event.size for event in world.events()] == [20]
    world.audit()


def test_a_node_that_gives_nothing_away_is_told_who_needs_how_much(engine, chain, monkeypatch):
    monkeypatch.setattr(deploy, "DEVELOPMENT", ("no such client",))
    key = sha256(f"poor {engine.url}".encode()).digest()
    with pytest.raises(deploy.NeedsEther, match=r"send at least 0\.\d+ ether to 0x[0-9a-fA-F]{40}"):
        deploy.ensure(engine, chain[1].url, key, GUARDIAN)


# Reorganisations


def test_c1_an_anchor_whose_block_is_taken_back_is_demoted_and_the_same_bytes_come_back(world):
    snapshot = world.node.rpc("evm_snapshot")
    world.record()
    world.tick(2)
    assert world.states() == ["mined"]
    world.node.rpc("evm_revert", snapshot)
    world.mine(2)
    world.tick(2)
    assert (world.states()[0], world.intents()) == ("lost", ["signed"])
    world.settle()
    assert (world.states(), len(world.events())) == (["lost", "final"], 1)
    assert world.history()[:4] == ["signed", "pushed", "mined", "reorged"]
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 1
    world.audit()


def test_c2_an_anchor_that_comes_back_in_another_block_is_followed(world):
    snapshot = world.node.rpc("evm_snapshot")
    world.record()
    world.tick(2)
    before = world.events()[0]
    world.node.rpc("evm_revert", snapshot)
    world.mine(2)
    world.node.rpc("eth_sendRawTransaction", raw(world))
    world.built()
    after = world.events()[0]
    assert (after.tx_hash, after.block > before.block) == (before.tx_hash, True)
    world.settle()
    assert world.states() == ["lost", "final"]
    assert world.one("SELECT block FROM ledger.anchor WHERE state = 'final'") == after.block
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 1
    world.audit()


# The line, the pool, the process


def test_c10_c11_c12_lost_answers_lost_requests_and_no_receipt_at_all(world):
    with Proxy(world.node.url) as line:
        worker = world.worker(line.url)
        line.on("eth_getTransactionReceipt", answered(None))
        for fault in (drop_response, drop_request):
            line.on("eth_sendRawTransaction", fault, times=1)
            world.record()
            with pytest.raises(Away):
                world.tick(worker=worker)
            world.settle(worker)
    assert [event.size for event in world.events()] == [1, 2]
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 2
    world.audit()


def test_c6_what_is_stuck_is_replaced_with_the_same_nonce_for_more(world):
    if not world.kind.replaces:
        pytest.skip("this node executes what was replaced and leaves it out of the block")
    worker = world.worker(settings=dataclasses.replace(DEEP, bump_after=3_000))
    world.kind.held(world)
    try:
        world.record()
        world.tick(5, worker)
    finally:
        world.kind.released(world)
    sent = world.rows("SELECT nonce, max_fee, tip FROM ledger.signed_transaction ORDER BY signed_at")
    assert len(sent) == 2 and sent[0].nonce == sent[1].nonce
    assert sent[1].max_fee * 8 >= sent[0].max_fee * 9 and sent[1].tip * 8 >= sent[0].tip * 9
    world.settle(worker)
    assert (world.intents(), world.alarms(), len(world.events())) == (["final"], [], 1)
    world.audit()


def test_c9_a_foreign_transaction_with_our_key_is_noticed_and_anchoring_goes_on(world):
    world.record()
    world.settle()
    world.send(b"", to=Address(b"\x11" * 20))
    world.tick()
    assert world.alarms() == ["KEY USED ELSEWHERE"]
    world.record()
    world.settle()
    world.audit()


def test_c20_two_workers_of_one_database_anchor_each_size_once(world):
    pair = (world.worker(), world.worker())
    for _ in range(4):
        world.record()
        for worker in pair:
            world.tick(worker=worker)
    world.settle()
    sizes = [event.size for event in world.events()]
    assert sizes == sorted(set(sizes)) and sizes[-1] == 4
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == len(sizes)
    world.audit()


class Crash(Exception):
    """The process ends here."""


KILLS = ("looked", "kept", "resolved", "planned", "signed", "pushed")  # all of STEPS: test_crashes


def test_c21_killed_after_one_step_after_the_other_it_still_arrives(world):
    for step in KILLS:
        passed = []

        def crash(name, step=step, passed=passed):
            passed.append(name)
            if name == step and passed.count(name) == 1:
                raise Crash

        world.record()
        for _ in range(2):
            try:
                world.tick(worker=world.worker(passed=crash))
            except Crash:
                world.built()
    world.settle()
    sizes = [event.size for event in world.events()]
    assert sizes == sorted(set(sizes)) and sizes[-1] == len(KILLS)
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == len(sizes)
    assert world.alarms() == []
    world.audit()


# What the contract says


def test_c23_a_refusal_is_told_by_its_name_before_and_after_it_costs(world):
    world.record()
    world.settle()
    calldata = contract.anchor_call(0, 2, bytes(32), bytes(32), [])
    call = {"from": contract.checksummed(world.sender), "to": contract.checksummed(world.deployment.contract)}
    with pytest.raises(Refused) as refused:
        world.rpc.estimate(call | {"data": "0x" + calldata.hex()})
    assert contract.explain(refused.value.data) == "WrongOldSize(1, 0)"
    receipt = world.rpc.receipt(bytes.fromhex(world.send(calldata)[2:]))
    assert not receipt.ok and 21_000 < receipt.gas_used < 100_000
    with pytest.raises(Refused) as refused:
        world.rpc.simulate(call | {"data": "0x" + calldata.hex()}, world.rpc.head())
    assert contract.explain(refused.value.data) == "WrongOldSize(1, 0)"


def test_c25_after_a_rotation_the_old_key_signs_nothing_and_the_new_one_goes_on(world):
    guard, new = (sha256(f"{name} {world.engine.url}".encode()).digest() for name in ("guardian", "new"))
    for key in (guard, new):
        world.fund(contract.address_of(key))
    guardian = contract.checksummed(contract.address_of(guard))
    deploy.again(world.engine, world.node.url, world.key, guardian, reason="a guardian who can act", now=world.now)
    first = World(world.engine, world.node, key=world.key, settings=DEEP)
    first.record()
    first.settle()
    first.send(contract._calldata("replaceAnchorer", contract.checksummed(contract.address_of(new))), key=guard)
    first.record()
    assert first.tick(2) is Round.WAITED
    assert (first.alarms(), len(first.events())) == (["NOT ANCHORER"], 1)
    heir = World(world.engine, world.node, key=new, settings=DEEP)
    heir.settle()
    assert (heir.alarms(), [event.size for event in heir.events()]) == ([], [1, 2])
    assert heir.head.rotations == 1
    heir.audit()


def test_the_contract_costs_on_every_one_what_it_costs_on_the_others(world):
    """All agree to the unit; but for the hashes in the call, whose zero bytes are cheaper."""
    world.record(3)
    world.settle()
    event = world.events()[0]
    calldata = contract.anchor_call(0, 3, event.log_root, event.map_root, [])
    spent = world.rpc.receipt(event.tx_hash).gas_used
    assert spent - sum(16 if byte else 4 for byte in calldata) == FIRST_ANCHOR


FIRST_ANCHOR = 93_019

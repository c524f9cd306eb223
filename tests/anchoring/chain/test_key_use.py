"""C9: the anchorer key is used by somebody else, whether anything of ours is on its way or not; and no false alarm."""

import dataclasses
import itertools

import pytest

from anchoring import contract, deploy
from anchoring.alarms import Kind, clear_alarm
from anchoring.keyuse import next_nonce
from anchoring.onchain import GWEI, Address, Fees
from anchoring.rpc import Away
from service import db
from service.local import node, postgres
from tests.anchoring.chain.world import FAST, GUARDIAN, World
from tests.tools.rpc_proxy import drop_request

THIRD = Address(b"\x11" * 20)
ALARM = "KEY USED ELSEWHERE"


@pytest.fixture
def rested(world):
    """A world whose only anchor is final: nothing of ours is on its way."""
    world.record()
    world.settle()
    world.tick()
    assert world.alarms() == []
    return world


def queue(world, ahead):
    """A foreign transaction with our key, that many nonces ahead."""
    latest = world.rpc.head()
    signed = contract.sign(
        world.key, chain_id=31337, nonce=world.rpc.nonce(world.sender, latest) + ahead, to=THIRD, calldata=b"",
        gas=21_000, fees=Fees(2 * latest.base_fee + GWEI, GWEI), legacy=False,
    )  # fmt: skip
    world.rpc.send(signed.raw)


def goes_on(world):
    world.record()
    world.settle()
    world.audit()


def test_c9_a_plain_transaction_is_noticed_while_nothing_of_ours_is_on_its_way(rested):
    rested.send(b"", to=THIRD)
    rested.tick()
    assert rested.alarms() == [ALARM]
    assert "is 3; by what was signed here it would be 2" in rested.one("SELECT detail FROM ledger.alarm")
    goes_on(rested)


def test_c9_a_jump_of_the_nonce_is_noticed(rested):
    nonce = rested.rpc.nonce(rested.sender, rested.rpc.head())
    rested.node.rpc("anvil_setNonce", contract.checksummed(rested.sender), hex(nonce + 7))
    rested.tick()
    assert rested.alarms() == [ALARM]
    goes_on(rested)


def test_c9_what_waits_in_the_pool_is_noticed_before_it_is_in_a_block(rested):
    rested.node.rpc("evm_setAutomine", False)
    queue(rested, 0)
    rested.tick()
    assert rested.alarms() == [ALARM]
    rested.node.rpc("evm_setAutomine", True)
    rested.mine()
    goes_on(rested)


def test_c9_what_is_queued_behind_a_gap_is_noticed_when_our_own_fill_it(rested):
    queue(rested, 2)
    rested.tick()
    assert rested.alarms() == []
    for _ in range(2):
        rested.record()
        rested.tick(2)
    assert rested.alarms() == [ALARM]
    goes_on(rested)


def test_c9_whoever_cleared_the_alarm_does_not_hear_it_again_until_it_happens_again(rested):
    rested.send(b"", to=THIRD)
    for worker in (rested.anchorer, rested.worker()):
        rested.tick(2, worker)
        with rested.engine.begin() as conn:
            clear_alarm(conn, ALARM, "O. Perator", rested.now())
    rested.tick(2, rested.worker())
    assert rested.alarms() == []
    rested.send(b"", to=THIRD)
    rested.tick()
    assert rested.alarms() == [ALARM]
    rested.audit()


def test_c9_a_worker_that_counted_more_on_a_chain_that_is_gone_notices_it_on_the_new_one(world, line):
    for _ in range(4):
        world.record()
        world.settle(line.worker)
    empty = node.start_anvil("--timestamp", str(world.time // 1000 - 60))
    try:
        line.target = empty.url
        deploy.again(world.engine, empty.url, world.key, GUARDIAN, reason="a test", now=world.now)
        renewed = World(world.engine, empty, key=world.key)
        renewed.settle(line.worker)
        assert renewed.alarms() == []
        renewed.send(b"", to=THIRD)
        renewed.tick(worker=line.worker)
        assert renewed.alarms() == [ALARM]
    finally:
        empty.stop()


# What is no foreign use


def test_c9_what_was_signed_and_never_sent_or_replaced_or_taken_back_is_our_own(world, line):
    worker = world.worker(line.url, settings=dataclasses.replace(FAST, bump_after=3_000))
    line.on("eth_sendRawTransaction", drop_request, times=4)
    world.record()
    for _ in range(4):
        with pytest.raises(Away):
            world.tick(worker=worker)
    world.settle(worker)
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") > 1
    world.record()
    world.tick(2, worker)
    world.reorg(1)
    world.settle(worker)
    assert world.alarms() == []
    world.audit()


def test_c9_deployments_are_our_own(world):
    world.record()
    world.settle()
    deploy.again(world.engine, world.node.url, world.key, GUARDIAN, reason="a test", now=world.now)
    world.tick(2)
    assert world.alarms() == []
    with world.engine.connect() as conn:
        assert next_nonce(conn, world.deployment, world.sender) == 4  # two deployments, an anchor on each
        assert next_nonce(conn, world.deployment, THIRD) is None
    renewed = World(world.engine, world.node, key=world.key)
    renewed.settle()
    assert renewed.alarms() == []


def test_c9_after_a_restore_the_anchors_of_the_lost_hours_are_a_rollback_and_no_theft(world, pg):
    """And once the log is whole again, what the contract holds of it explains the nonces."""
    world.record(2)
    world.settle()
    world.engine.dispose()
    backup = f"{world.engine.url.database}_backup"
    postgres.create_database(pg, backup, world.engine.url.database)
    try:
        world.record(3)
        world.settle()
        old = db.engine_for(pg.url(backup))
        restored = World(old, world.node, key=world.key)
        restored.tick(3)
        assert restored.alarms() == ["ROLLBACK"]
        restored.adopt(world)  # as partners' proofs would bring it back
        with old.begin() as conn:
            clear_alarm(conn, Kind.ROLLBACK.title, "O. Perator: entries brought back", restored.now())
        restored.tick(3)
        assert restored.alarms() == []
        restored.numbers = itertools.count(1000)
        goes_on(restored)
        assert restored.alarms() == []
        old.dispose()
    finally:
        postgres.drop_databases(pg, [backup])

"""The way out after a stolen key: the guardian replaces it and opens an epoch from the last good anchor."""

from hashlib import sha256

import pytest

from anchoring import alarms, anchors, contract, deploy
from anchoring.alarms import Kind
from tests.anchoring.chain.world import World, naive_root

GUARD = sha256(b"a guardian with a key").digest()
NEW = sha256(b"the key after the theft").digest()
DAYS = 86_400


@pytest.fixture
def guarded(world):
    """A world whose guardian can act."""
    give(world, GUARD)
    address = contract.checksummed(contract.address_of(GUARD))
    deploy.again(world.engine, world.node.url, world.key, address, reason="a guardian who can act", now=world.now)
    return World(world.engine, world.node, key=world.key)


def give(world, key):
    account = contract.checksummed(contract.address_of(key))
    donor = world.node.rpc("eth_accounts")[0]
    world.node.rpc("eth_sendTransaction", {"from": donor, "to": account, "value": hex(10**18)})


def steal(world):
    """Garbage on top of the anchored log; nobody can ever extend it."""
    size = world.head.size
    leaves = [bytes(leaf) for (leaf,) in world.rows("SELECT leaf_hash FROM ledger.entry ORDER BY index")]
    garbage = [sha256(bytes([n])).digest() for n in range(size)]
    assert size & (size - 1) == 0
    world.send(contract.anchor_call(size, 2 * size, naive_root(leaves + garbage), bytes(32), [naive_root(garbage)]))


def open_epoch(world, index):
    """Proposed, waited for, opened."""
    with world.engine.connect() as conn:
        kept = anchors.anchors_from(conn, index, 1)
        proof = anchors.with_paths(conn, kept, world.head.count)[0]
    world.send(contract._calldata("proposeEpoch", index, sha256(b"the key was stolen").digest()), key=GUARD)
    world.node.rpc("evm_increaseTime", 3 * DAYS + 1)
    world.mine()
    world.send(
        contract._calldata(
            "openEpoch", proof.epoch, proof.size, proof.log_root, proof.map_root, proof.block, proof.time, proof.path
        ),
        key=GUARD,
    )


def test_after_a_theft_the_log_goes_on_in_a_new_epoch_from_the_last_good_anchor(guarded):
    world = guarded
    for entries in (2, 2):
        world.record(entries)
        world.settle()
    steal(world)
    world.tick()
    assert world.alarms() == ["FORK", "KEY USED ELSEWHERE"]

    give(world, NEW)
    heir = contract.checksummed(contract.address_of(NEW))
    world.send(contract._calldata("replaceAnchorer", heir), key=GUARD)
    open_epoch(world, 1)
    assert (world.head.size, world.head.epoch, world.head.count) == (4, 1, 3)

    with world.engine.begin() as conn:
        for kind in (Kind.FORK, Kind.KEY_USED_ELSEWHERE):
            alarms.clear(conn, kind, "G. Uardian: key replaced, epoch 1 opened", world.now())
    renewed = World(world.engine, world.node, key=NEW)
    renewed.record(3)
    renewed.settle()
    assert renewed.alarms() == []
    with world.engine.connect() as conn:
        assert [(e.number, e.first, e.keep) for e in anchors.epochs(conn)] == [(1, 3, 2)]
        assert [(a.index, a.epoch) for a in anchors.anchors_from(conn, 0, 9)] == [(0, 0), (1, 0), (2, 0), (3, 1)]
        shown = [proof.index for proof in anchors.anchor_proofs(conn, 7, range(7))]
    assert shown == [0, 1, 3], "the voided anchor 2 is never shown as evidence"
    renewed.audit()


def test_an_epoch_that_a_reorg_takes_away_is_taken_back(guarded):
    world = guarded
    for entries in (2, 2):
        world.record(entries)
        world.settle()
    steal(world)
    world.tick()
    open_epoch(world, 1)
    with world.engine.begin() as conn:
        alarms.clear(conn, Kind.FORK, "G. Uardian: epoch 1 opened", world.now())
    world.tick()
    assert world.one("SELECT count(*) FROM ledger.epoch WHERE NOT lost") == 1
    world.reorg(1)
    world.tick(3)
    assert world.one("SELECT count(*) FROM ledger.epoch WHERE NOT lost") == 0
    assert "FORK" in world.alarms()

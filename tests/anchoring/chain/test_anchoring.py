"""The way of a checkpoint to the chain when nothing goes wrong."""

import pytest

from anchoring import anchors
from anchoring.accumulator import SEALED_LEVEL, Place
from anchoring.anchorer import Round
from anchoring.errors import NotInLedger
from anchoring.pace import ChainSettings
from anchoring.status import status


def test_a_checkpoint_is_signed_then_mined_then_final(world):
    world.record(3)
    assert world.tick() is Round.PUSHED
    assert world.intents() == ["signed"]
    world.tick()
    assert (world.intents(), world.states()) == (["mined"], ["mined"])
    world.mine(2)
    world.tick()
    assert (world.intents(), world.states()) == (["final"], ["final"])
    assert world.history() == ["signed", "pushed", "mined", "final"]
    assert world.alarms() == []
    world.audit()


def test_nothing_is_sent_when_the_newest_checkpoint_is_anchored(world):
    world.record()
    world.settle()
    nonce = world.rpc.nonce(world.sender, world.rpc.head())
    assert world.tick(5) is Round.WAITED
    assert world.rpc.nonce(world.sender, world.rpc.head()) == nonce


def test_a_backlog_of_checkpoints_is_one_anchor_of_the_newest(world):
    for _ in range(20):
        world.record()
    world.settle()
    assert [event.size for event in world.events()] == [20]


def test_every_anchor_extends_the_one_before_with_a_proof_that_the_contract_checks(world):
    for entries in (1, 1, 2, 3, 5, 8, 13, 1, 30):
        world.record(entries)
        world.settle()
    assert [event.size for event in world.events()] == [1, 2, 4, 7, 12, 20, 33, 34, 64]
    world.audit()


def test_an_anchor_need_not_wait_until_the_one_before_is_final(world):
    for _ in range(4):
        world.record()
        world.tick(2)
    assert world.states() == ["mined"] * 4 or world.states() == ["final"] * 2 + ["mined"] * 2
    world.settle()
    world.audit()


def test_between_two_anchors_the_chosen_time_passes(world):
    worker = world.worker(settings=ChainSettings(min_interval=10_000, repush=0))
    world.record()
    world.settle(worker)
    world.record()
    last = world.one("SELECT max(signed_at) FROM ledger.intent")
    while len(world.intents()) == 1:
        world.tick(worker=worker)
    assert world.one("SELECT max(signed_at) FROM ledger.intent") - last == 10_000


def test_a_clock_that_is_put_back_does_not_silence_the_anchorer(world):
    worker = world.worker(settings=ChainSettings(min_interval=10_000, repush=0))
    world.record()
    world.settle(worker)
    world.time -= 3_600_000
    world.record()
    world.settle(worker, rounds=5)


def test_sealed_groups_are_read_from_the_contract_and_equal_ours(world):
    for _ in range(66):
        world.record()
        world.tick(2)
    world.settle()
    groups = world.rows("SELECT number, root FROM ledger.sealed_group")
    with world.engine.connect() as conn:
        place = Place(SEALED_LEVEL, 0)
        assert [(number, bytes(root)) for number, root in groups] == [(0, anchors.hashes(conn, [place])[place])]
    world.audit()


def test_a_proof_shows_the_first_anchor_above_each_entry_and_the_one_before(world):
    for size in (10, 20, 30, 40, 50):
        world.record(10)
        world.settle()
        assert world.size() == size
    with world.engine.connect() as conn:

        def sizes(at, entries):
            return [proof.size for proof in anchors.anchor_proofs(conn, at, entries)]

        assert sizes(50, [0]) == [10, 50]
        assert sizes(50, [9]) == [10, 50]
        assert sizes(50, [10]) == [10, 20, 50]
        assert sizes(50, [29, 45]) == [20, 30, 40, 50]
        assert sizes(30, [29]) == [20, 30]
        assert sizes(30, []) == [30]
        with pytest.raises(NotInLedger):
            anchors.anchor_proofs(conn, 35, [1])


def test_paths_of_a_final_checkpoint_end_at_the_final_peaks(world):
    """A verifier reads the contract at the final block: a path to a peak of the latest block is of no use to it."""
    for _ in range(3):
        world.record()
        world.settle()
    world.record()
    world.tick(2)
    assert world.states() == ["final", "final", "final", "mined"]
    with world.engine.connect() as conn:
        assert [len(proof.path) for proof in anchors.anchor_proofs(conn, 3, [0, 1])] == [1, 1, 0]
        assert [len(proof.path) for proof in anchors.anchor_proofs(conn, 4, [0, 1])] == [2, 2, 2]


def test_anchor_tiles_hold_final_anchors_only(world):
    for _ in range(3):
        world.record()
        world.settle()
    world.record()
    world.tick(2)
    with world.engine.connect() as conn:
        leaves = [proof.path[0] for proof in anchors.with_paths(conn, anchors.anchors_from(conn, 1, 1), 2)]
        assert anchors.anchor_tile_bytes(conn, 0, 0, 3)[:32] == leaves[0]
        assert len(anchors.anchor_tile_bytes(conn, 0, 0, 2)) == 64
        for level, number, width in ((0, 0, 4), (0, 1, 1), (1, 0, 1), (0, 0, 0)):
            with pytest.raises(NotInLedger):
                anchors.anchor_tile_bytes(conn, level, number, width)


def test_status_says_how_much_is_not_anchored_and_for_how_long(world):
    world.record(7)
    world.settle()
    world.record(2)
    world.record(1)
    with world.engine.connect() as conn:
        signed = conn.exec_driver_sql("SELECT signed_at FROM ledger.checkpoint WHERE size = 9").scalar_one()
        seen = status(conn, signed + 5000)
    assert (seen.entries, seen.unanchored, seen.lag) == (10, 3, 5000)
    assert (seen.anchor.size, seen.final_anchor.size, seen.anchors, seen.final_anchors) == (7, 7, 1, 1)
    assert (seen.halted, seen.alarms, seen.deployment.state) == (False, [], "final")

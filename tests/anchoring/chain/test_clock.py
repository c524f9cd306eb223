"""C24: our clock beside the chain's, told by blocks that just appeared and by nothing else."""

import pytest

from anchoring.onchain import BlockHash
from anchoring.rpc import Block
from anchoring.skew import TOLERANCE, Skew

HOUR = 3_600_000


@pytest.fixture
def rested(world):
    world.record()
    world.settle()
    return world


def test_c24_a_chain_that_runs_ahead_is_told_and_goes_by_itself(rested):
    rested.node.rpc("evm_increaseTime", 400)
    rested.mine()
    rested.tick()
    assert (rested.alarms(), rested.may_sign()) == (["CLOCK"], True)
    rested.time += 200_000
    rested.tick()
    assert rested.alarms() == []
    rested.audit()


@pytest.mark.parametrize("jump", [-HOUR, HOUR])
def test_c24_a_clock_that_jumps_is_told_and_anchoring_goes_on(rested, jump):
    rested.time += jump
    rested.tick(2)
    rested.record()
    rested.settle()
    assert rested.alarms() == ["CLOCK"]
    rested.time -= jump
    rested.tick()
    assert rested.alarms() == []
    rested.audit()


def block(number, milliseconds):
    return Block(number, BlockHash(bytes([number]) * 32), BlockHash(bytes(32)), milliseconds // 1000, None)


def test_c24_a_chain_that_rests_says_nothing_about_the_clock():
    skew = Skew()
    assert [skew.judge(block(1, 0), now) for now in range(0, 5 * HOUR, HOUR)] == [None] * 5
    assert skew.judge(block(2, 4 * HOUR + TOLERANCE), 5 * HOUR) is None  # while nobody looked


def test_c24_a_block_from_before_our_last_look_that_was_not_there_tells_that_we_are_ahead():
    skew = Skew()
    skew.judge(block(1, HOUR), 2 * HOUR)
    assert "appeared just now and is 3601 s old" in (skew.judge(block(2, HOUR), 2 * HOUR + 1000) or "")
    assert skew.judge(block(2, HOUR), 2 * HOUR + 9000) is not None
    assert skew.judge(block(1, HOUR), 2 * HOUR + 9000) is not None  # a node that lags takes nothing back
    assert skew.judge(block(3, HOUR + 9000), HOUR + 9000) is None


def test_c24_up_to_the_tolerance_nothing_is_odd():
    for ahead in (-TOLERANCE, TOLERANCE):
        skew = Skew()
        skew.judge(block(1, HOUR), HOUR)
        assert skew.judge(block(2, HOUR + ahead), HOUR) is None
        assert skew.judge(block(3, HOUR + ahead * 101 // 100), HOUR) is not None

"""What an anchor costs, over a log that grows like a warehouse's: a snapshot that fails when it gets dearer."""

import random

from tests.contracts import logs
from tests.contracts.onchain import Chain, LotAnchor, encode

ANCHORS = 220
#: Measured 59,497 on average, 49,076 to 117,157 (a completed group that opens a new level). The aim is 65,000.
MEAN_BOUND, MAX_BOUND = 60_000, 118_000


def test_an_anchor_costs_about_sixty_thousand_gas(contract: LotAnchor) -> None:
    dice, log, size, gas = random.Random("gas"), logs.leaves(30_000), 0, []
    for _ in range(ANCHORS):
        new = size + dice.randint(1, 250)
        gas.append(int(contract.anchor(*logs.step(log, size, new))["gasUsed"], 16))
        size = new
    mean = sum(gas) / len(gas)
    print(f"{ANCHORS} anchors up to size {size}: {mean:,.0f} gas on average, {min(gas):,} to {max(gas):,}")
    assert mean < MEAN_BOUND
    assert max(gas) < MAX_BOUND


def test_the_dearest_anchor_there_can_be_fits_in_a_block_many_times(contract: LotAnchor) -> None:
    """From 2^52+1 entries to 2^53-1, 54 hashes: no log ever pays more for the proof."""
    log = logs.Vast(2**53 - 1, ((2**52, b"\x22" * 32),))
    contract.anchor(*logs.step(log, 0, 2**52 + 1))
    step = logs.step(log, 2**52 + 1, 2**53 - 1)
    assert len(step[4]) == 54
    assert int(contract.anchor(*step)["gasUsed"], 16) < 130_000


def test_the_yardsticks_run_and_check_less(chain: Chain) -> None:
    """They only serve the benchmark; that they accept a fork is what the difference in gas buys."""
    for name, types, values in [("EventYardstick", [], []), ("MappingYardstick", ["address"], [chain.accounts[1]])]:
        address = chain.deploy(name, types, values)
        for index, root in enumerate((b"\x01" * 32, b"\x02" * 32)):
            receipt = chain.send(chain.accounts[1], address, encode("anchor", [index, 5 + index, root, root], name))
            assert receipt["status"] == "0x1" and len(receipt["logs"]) == 1

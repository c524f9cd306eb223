"""C6 to C8, C23, C30: what an anchor may cost, in a pool as strict as geth's; and what fails when it is executed."""

import dataclasses
import itertools

import pytest

from anchoring import contract
from anchoring.anchorer import Round
from anchoring.onchain import GWEI, Address, Fees
from anchoring.pace import ChainSettings
from anchoring.rpc import Refused
from anchoring.sender import LONGEST_REST, rest
from anchoring.worker import AnchorLoop, WorkerSettings
from tests.anchoring.chain.world import FAST, World
from tests.tools.rpc_proxy import Proxy, answered, geth_pool, legacy_only, pretend_pending, sent


def base_fee(world, wei, blocks=1):
    """Blocks that all ask for that much."""
    for _ in range(blocks):
        world.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(wei))
        world.mine()


def fees(world):
    return world.rows("SELECT nonce, max_fee, tip FROM ledger.signed_transaction ORDER BY signed_at")


# Stuck


def test_c6_at_the_cap_a_stuck_transaction_waits_and_the_alarm_stays_until_blocks_are_cheaper(world, line):
    """The node took the bytes and goes on saying that they are pending, while blocks cost twenty times the cap."""
    worker = world.worker(line.url, settings=dataclasses.replace(FAST, bump_after=3_000, fee_cap=5 * GWEI))
    line.on("eth_sendRawTransaction", pretend_pending)
    world.record()
    world.tick(1, worker)
    base_fee(world, 100 * GWEI)
    for _ in range(3):
        world.tick(4, worker)
        base_fee(world, 100 * GWEI)
        assert (world.alarms(), world.intents()) == (["FEE CAP"], ["signed"])
    assert len(fees(world)) == 1, "nothing is signed that the cap does not let pay"
    base_fee(world, GWEI // 10)
    line.heal()
    world.settle(worker)
    assert (world.alarms(), world.intents(), len(world.events())) == ([], ["final"], 1)
    world.audit()


# A pool as strict as geth's


def test_the_strict_pool_refuses_one_wei_more_and_a_tenth_more_on_one_fee_only(world, line):
    line.on("eth_sendRawTransaction", geth_pool())
    world.node.rpc("evm_setAutomine", False)
    first = Fees(20 * GWEI, 2 * GWEI)

    def offer(max_fee, tip):
        signed = contract.sign(
            world.key, chain_id=31337, nonce=1, to=Address(b"\x11" * 20), calldata=b"", gas=21_000,
            fees=Fees(max_fee, tip), legacy=False,
        )  # fmt: skip
        assert sent(signed.raw) == (contract.checksummed(world.sender), 1, max_fee, tip)
        line_rpc.send(signed.raw)

    line_rpc = world.worker(line.url)._rpc
    offer(first.max_fee, first.tip)
    for low in (
        (first.max_fee + 1, first.tip + 1),
        (first.max_fee * 11 // 10, first.tip * 11 // 10 - 1),
        (first.max_fee * 11 // 10 - 1, first.tip * 11 // 10),
    ):
        with pytest.raises(Refused, match="replacement transaction underpriced"):
            offer(*low)
    with pytest.raises(Refused, match="already known"):
        offer(first.max_fee, first.tip)
    offer(first.max_fee * 11 // 10, first.tip * 11 // 10)


def test_c7_every_replacement_is_taken_at_once_by_a_pool_that_wants_a_tenth_more(world, line):
    worker = world.worker(line.url, settings=dataclasses.replace(FAST, bump_after=2_000))
    line.on("eth_sendRawTransaction", geth_pool())
    world.node.rpc("evm_setAutomine", False)
    world.record()
    world.tick(9, worker)
    assert len(fees(world)) >= 4
    for earlier, later in itertools.pairwise(fees(world)):
        assert earlier.max_fee * 11 <= later.max_fee * 10 and earlier.tip * 11 <= later.tip * 10
    assert "refused" not in world.history()
    world.mine()
    world.settle(worker)
    assert (world.intents(), world.alarms(), len(world.events())) == (["final"], [], 1)
    world.audit()


def test_c7_bytes_of_others_under_the_nonce_are_outbid_in_a_few_steps_below_the_cap(world, line):
    """The pool holds something for our nonce that we do not know of, for three times the price."""
    worker = world.worker(line.url, settings=dataclasses.replace(FAST, fee_cap=100 * GWEI))
    line.on("eth_sendRawTransaction", geth_pool())
    world.node.rpc("evm_setAutomine", False)
    latest = world.rpc.head()
    foreign = contract.sign(
        world.key, chain_id=31337, nonce=world.rpc.nonce(world.sender, latest), to=Address(b"\x11" * 20), calldata=b"",
        gas=21_000, fees=Fees(6 * latest.base_fee, 3 * GWEI), legacy=False,
    )  # fmt: skip
    worker._rpc.send(foreign.raw)
    world.record()
    world.tick(16, worker)
    assert world.history()[-1] == "pushed" and "refused" in world.history()
    assert fees(world)[-1].tip * 10 >= 3 * GWEI * 11 and len(fees(world)) < 14
    assert world.alarms() == ["KEY USED ELSEWHERE"]
    world.node.rpc("evm_setAutomine", True)
    world.mine()
    world.settle(worker)
    assert (world.intents(), len(world.events())) == (["final"], 1)
    world.audit()


# Too dear


def test_c8_through_200_dear_blocks_nothing_is_signed_it_is_late_and_then_one_anchor_covers_all(world):
    pace = dataclasses.replace(FAST, fee_cap=50 * GWEI, late_after=120_000)
    url = world.engine.url.render_as_string(hide_password=False)
    given = WorkerSettings(url, "example.com/lotproof", bytes(32), (world.node.url,), world.key, pace)
    world.time = 1_790_000_000_000  # the checkpoints of these tests are signed then, so CLOCK speaks too
    loop = AnchorLoop(world.engine, given, world.now)
    for _ in range(10):
        base_fee(world, 200 * GWEI, 20)
        world.record()
        world.time += 20_000
        loop.round()
    alarms = set(world.alarms()) - {"CLOCK"}
    assert (alarms, world.intents()) == ({"FEE CAP", "LATE"}, [])
    base_fee(world, GWEI)
    for _ in range(4):
        world.time += 1000
        loop.round()
        world.built()
        world.mine()
    assert ([event.size for event in world.events()], set(world.alarms()) - {"CLOCK"}) == ([10], set())
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 1
    world.audit()


# Failing when it is executed


GAS = answered(hex(100_000))  # an estimate that finds nothing wrong


def spend(world, worker, rounds=30):
    """Rounds with a block each; the gas that failed transactions took."""
    before = world.rpc.balance(world.sender, world.rpc.head())
    for _ in range(rounds):
        world.tick(worker=worker)
        world.mine()
    assert world.rpc.balance(world.sender, world.rpc.head()) < before
    hashes = world.rows("SELECT tx_hash FROM ledger.attempt WHERE step = 'failed' AND tx_hash IS NOT NULL")
    return [world.rpc.receipt(bytes(tx_hash)).gas_used for (tx_hash,) in hashes]


def lie_about_the_root(world):
    """The log says another root of size 2 than it has: the contract refuses, whatever the estimate says."""
    with world.engine.begin() as conn:
        conn.exec_driver_sql("ALTER TABLE ledger.checkpoint DISABLE TRIGGER USER")
        root = conn.exec_driver_sql("SELECT log_root FROM ledger.checkpoint WHERE size = 2").scalar_one()
        _set_root(conn, bytes(32))
    return bytes(root)


def _set_root(conn, root):
    conn.exec_driver_sql("UPDATE ledger.checkpoint SET log_root = %s WHERE size = 2", (root,))


def test_c23_what_reverts_after_a_good_estimate_is_tried_less_and_less_and_heals_by_itself(world, line):
    world.record()
    world.settle(line.worker)
    world.record()
    line.on("eth_estimateGas", GAS)
    root = lie_about_the_root(world)
    spent = spend(world, line.worker)
    assert 3 <= len(spent) <= 5, "after 1, 2, 4, 8 and 16 s"
    assert world.alarms() == ["REVERTED"]
    detail = world.one("SELECT detail FROM ledger.alarm WHERE cleared_at IS NULL")
    assert "on top of size 1: reverted: WrongNewRoot(0x" in detail
    assert world.tick(4, world.worker(line.url)) is Round.WAITED, "a new process is as patient"
    line.heal()
    with world.engine.begin() as conn:
        _set_root(conn, root)
    world.settle(line.worker, rounds=40)
    assert (world.alarms(), world.intents()[-1], len(world.events())) == ([], "final", 2)
    world.audit()


def test_c23_out_of_gas_is_told_as_such_and_more_gas_is_offered(world, line):
    world.record()
    world.settle(line.worker)
    world.record()
    line.on("eth_estimateGas", answered(hex(32_000)))
    capped = world.worker(line.url, settings=dataclasses.replace(FAST, gas_cap=41_600))
    assert spend(world, capped, 8) == [41_600] * 3
    assert world.alarms() == ["REVERTED"]
    assert "out of gas, in block" in world.one("SELECT detail FROM ledger.alarm")
    world.settle(line.worker)  # with the usual cap
    assert (world.intents(), world.alarms()) == (["final", "failed", "failed", "failed", "final"], [])
    gas = [gas for (gas,) in world.rows("SELECT gas FROM ledger.signed_transaction ORDER BY signed_at")]
    assert gas[1:] == [41_600, 41_600, 41_600, FAST.gas_cap]
    world.audit()


def test_an_estimate_below_what_an_anchor_takes_at_least_costs_nothing(world, line):
    """A node that answers with nonsense would have us pay for a transaction that runs out of gas."""
    line.on("eth_estimateGas", answered(hex(21_000)))
    world.record()
    world.settle(line.worker)
    assert (world.intents(), world.alarms()) == (["final"], [])
    assert world.one("SELECT gas FROM ledger.signed_transaction") == 116_000 * 13 // 10
    world.audit()


def test_c23_the_rest_between_tries_doubles_up_to_a_quarter_of_an_hour():
    pace = ChainSettings(min_interval=5_000)
    assert [rest(pace, failed) for failed in (0, 1, 2, 3)] == [5_000, 10_000, 20_000, 40_000]
    assert [rest(pace, failed) for failed in (8, 32)] == [LONGEST_REST] * 2
    slow = ChainSettings(min_interval=3_600_000)
    assert [rest(slow, failed) for failed in (0, 1, 9)] == [3_600_000] * 3
    assert rest(FAST, 1) == 2 * FAST.poll, "no interval at all is no reason to try at once"


# Legacy only


def test_c30_on_a_chain_without_base_fees_everything_from_the_deployment_on_is_legacy(engine, fresh_anvil):
    with Proxy(fresh_anvil.url) as line:
        legacy_only(line)
        line.rpc = fresh_anvil.rpc
        world = World(engine, line)
        assert world.deployment.legacy_fees
        world.record()
        world.tick()
        world.settle()
        seen = [fresh_anvil.rpc("eth_getTransactionByHash", "0x" + event.tx_hash.hex()) for event in world.events()]
        assert [int(each["type"], 16) for each in seen] == [0]
        refused = contract.sign(
            world.key, chain_id=31337, nonce=9, to=None, calldata=b"", gas=21_000, fees=Fees(GWEI, 0), legacy=False
        )
        with pytest.raises(Refused, match="type not supported"):
            world.rpc.send(refused.raw)
        assert world.alarms() == []
        world.audit()

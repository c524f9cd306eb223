"""C13, C14, C16: nodes that lag, that lie wholly, that drip; and what a second node is good for."""

import time
from contextlib import contextmanager

import pytest

from anchoring import contract, mirror
from anchoring.anchorer import Round
from anchoring.mirror import Disagrees
from anchoring.rpc import Away, Rpc
from anchoring.watch import ROUNDS_BEHIND
from service.local import node as nodes
from tests.anchoring.chain.world import naive_root
from tests.tools.rpc_proxy import Proxy, altered, answered, drip, drop_request, pretend_pending

LONG = 3 * ROUNDS_BEHIND  # rounds; far more than any patience


def mined(world):
    world.record()
    world.tick(2)
    assert world.states()[-1] == "mined"


# Behind


def test_c13_a_node_that_lags_for_as_long_as_it_likes_is_no_reorg(world, line):
    """INV-A2: what was mined is lost only when another block stands in its place."""
    old = world.node.rpc("eth_getBlockByNumber", "latest", False)
    mined(world)
    line.on("eth_getBlockByNumber", answered(old), where=lambda params: params[0] == "latest")
    assert world.tick(ROUNDS_BEHIND - 1, line.worker) is Round.NOT_NOW
    assert world.alarms() == []
    assert world.tick(LONG, line.worker) is Round.NOT_NOW
    assert (world.states(), world.intents(), world.alarms()) == (["mined"], ["mined"], ["NODE BEHIND"])
    assert "reorged" not in world.history()
    line.heal()
    world.settle(line.worker)
    assert (world.states(), world.alarms()) == (["final"], [])
    world.audit()


def test_c13_a_chain_that_was_rolled_back_is_believed_once_another_block_takes_the_place(world):
    mined(world)
    world.node.rpc("anvil_rollback", 1)
    world.tick(LONG)
    assert (world.states(), world.alarms()) == (["mined"], ["NODE BEHIND"])
    world.mine()
    world.tick(2)
    assert world.states() == ["lost"]
    world.settle()
    assert (world.states(), world.alarms()) == (["lost", "final"], [])
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 1
    world.audit()


# Lies


def test_c14_a_receipt_that_says_reverted_does_not_undo_an_anchor(world, line):
    line.on("eth_getTransactionReceipt", altered(lambda receipt: receipt and receipt | {"status": "0x0"}))
    world.record()
    world.settle(line.worker)
    assert (world.intents(), world.alarms()) == (["final"], [])
    world.audit()


def test_c14_a_receipt_that_says_success_makes_no_anchor(world, line):
    """The bytes never reach a block; the node says that they did, with an event, in a block that exists."""
    world.record()
    world.settle(line.worker)
    world.record()
    line.on("eth_sendRawTransaction", pretend_pending)
    last = world.node.rpc("eth_getTransactionReceipt", "0x" + world.events()[0].tx_hash.hex())
    line.on("eth_getTransactionReceipt", answered(last))
    world.tick(6, line.worker)
    world.mine(3)
    world.tick(2, line.worker)
    assert (world.states(), world.intents()) == (["final"], ["final", "signed"])
    line.heal()
    world.settle(line.worker)
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 2
    world.audit()


def test_c15_a_nonce_that_an_anchor_in_a_block_has_spent_is_given_to_no_other(world, line):
    """Found by `campaign chain` (seed 20261130, life 462): signed anyway, a reorg would leave two intents for it."""
    mined(world)
    spent = world.one("SELECT nonce FROM ledger.intent")
    line.on("eth_getTransactionCount", answered(hex(spent)))
    world.record()
    assert world.tick(LONG, line.worker) is Round.NOT_NOW
    assert (world.intents(), world.alarms()) == (["mined"], ["NODE INCONSISTENT"])
    line.heal()
    world.settle(line.worker)
    assert (world.intents(), world.alarms()) == (["final", "final"], [])
    world.audit()


@contextmanager
def lying_chain(world, tmp_path):
    """Another node that lies wholly and consistently: a copy of the chain on which the thief's garbage is anchored."""
    fork = nodes.start_anvil("--fork-url", world.node.url, log=tmp_path / "fork.log")
    try:
        truth, world.node, world.rpc = world.node, fork, Rpc(fork.url)
        garbage = naive_root([bytes(32)])
        root = naive_root([world.events()[0].log_root, garbage])
        world.send(contract.anchor_call(1, 2, root, bytes(32), [garbage]))
        assert contract.LotAnchor(world.rpc, world.deployment.contract).head(world.rpc.head()).size == 2
        world.node, world.rpc = truth, Rpc(truth.url)
        yield fork.url
    finally:
        fork.stop()


def test_x12_a_node_that_lies_wholly_stops_nothing_while_another_tells_the_truth(world, tmp_path):
    world.record()
    world.settle()
    with lying_chain(world, tmp_path) as lie:
        assert world.tick(4, world.worker(lie, world.node.url)) is Round.NOT_NOW
        assert (world.alarms(), world.may_sign()) == (["NODE INCONSISTENT"], True)
        world.record()
        world.mine(2)
        world.settle()  # a worker that asks the honest one
        assert world.alarms() == []
        world.audit()


def test_x12_where_it_is_the_only_one_its_evidence_halts(world, tmp_path):
    world.record()
    world.settle()
    with lying_chain(world, tmp_path) as lie:
        assert world.tick(worker=world.worker(lie)) is Round.HALTED
        assert (world.alarms(), world.may_sign()) == (["ROLLBACK"], False)


def test_x12_a_node_that_is_away_is_no_dissenter(world, tmp_path):
    world.record()
    world.settle()
    with lying_chain(world, tmp_path) as lie, Proxy(world.node.url) as line:
        line.on("*", drop_request)
        assert world.tick(worker=world.worker(lie, line.url)) is Round.HALTED


def another_genesis(line, world):
    lie = altered(lambda block: block | {"hash": "0x" + "ab" * 32})
    line.on("eth_getBlockByNumber", lie, where=lambda params: params[0] == "0x0")


def another_final_block(line, world):
    block = hex(world.one("SELECT block FROM ledger.anchor"))
    lie = altered(lambda found: found | {"hash": "0x" + "ab" * 32})
    line.on("eth_getBlockByNumber", lie, where=lambda params: params[0] == block)


def no_code(line, world):
    line.on("eth_getCode", answered("0x"))


def no_anchors(line, world):
    """The whole contract as it was before the first anchor; the epoch's and the guardian's answers stay."""
    first = world.rpc.block(world.deployment.block)
    contract_then = contract.LotAnchor(world.rpc, world.deployment.contract)
    for name in ("head", "accumulator"):
        data = contract._calldata(name)
        told = "0x" + world.rpc.read(contract_then.address, data, first).hex()
        line.on("eth_call", answered(told), where=lambda params, data=data: params[0]["data"] == "0x" + data.hex())


@pytest.mark.parametrize(
    ("lie", "alarm"),
    [
        (another_genesis, "CHAIN LOST"),
        (another_final_block, "FINALITY VIOLATION"),
        (no_code, "CONTRACT CHANGED"),
        (no_anchors, "CONTRACT CHANGED"),
    ],
)
def test_x12_each_evidence_is_asked_of_the_other_node_too(world, line, lie, alarm):
    world.record()
    world.settle()
    lie(line, world)
    assert world.tick(6, world.worker(line.url, world.node.url)) is Round.NOT_NOW
    assert (world.alarms(), world.may_sign()) == (["NODE INCONSISTENT"], True)
    assert alarm in world.one("SELECT detail FROM ledger.alarm WHERE cleared_at IS NULL")
    assert world.tick(6, world.worker(line.url, line.url)) is Round.HALTED
    assert alarm in world.alarms()


# Slowly


@pytest.mark.parametrize("slow_from", [0, 60, 90], ids=["its first line", "its head", "its body"])
def test_c16_an_answer_that_drips_ends_at_a_moment_in_whatever_part(anvil, slow_from):
    with Proxy(anvil.url) as line:
        rpc = Rpc(line.url, timeout=(1, 2), whole=0.3)
        line.on("eth_chainId", drip(0.05, slow_from))
        began = time.monotonic()
        with pytest.raises(Away, match=r"not complete after 0\.3 s"):
            rpc.chain_id()
        assert time.monotonic() - began < 1.5
        line.heal()
        assert rpc.chain_id() == 31337


def test_c16_a_dripping_node_ends_the_round_and_harms_nothing(world, line):
    worker = world.worker(line.url)
    worker._rpc._patience._seconds = 0.3
    line.on("eth_getBlockByNumber", drip(0.05))
    world.record()
    with pytest.raises(Away):
        world.tick(worker=worker)
    assert (world.intents(), world.may_sign()) == ([], True)
    line.heal()
    world.settle(worker)
    world.audit()


# Numbers that no memory holds


class Saying:
    """A line to a node that answers every question of state with these words."""

    url = name = "http://node"

    def __init__(self, *words):
        self.answer = b"".join(word.to_bytes(32, "big") for word in words)

    def read(self, address, data, at):
        return self.answer

    def call(self, *_):
        return []


def test_as_many_anchors_as_no_list_can_hold_are_no_events():
    """Found by `campaign chain` (seed 20261202): one byte of the head was changed, and the worker filled its memory."""
    with pytest.raises(Disagrees, match="the events name \\[\\]"):
        mirror.events(None, 0, 2**56, first=9, last=8)


def test_as_many_epochs_as_nobody_can_ask_for_are_not_asked_for():
    head = contract.LotAnchor(Saying(1, 2, 3, 4, contract.MOST_EPOCHS, 0), contract.Address(bytes(20))).head(None)
    assert head.epoch == contract.MOST_EPOCHS
    with pytest.raises(contract.NotThisContract, match="epochs"):
        contract.LotAnchor(Saying(1, 2, 3, 4, 2**56, 0), contract.Address(bytes(20))).head(None)

"""What chains, nodes and lines do in practice, and what is expected then; C1 to C30 of the failure table.

Every test ends with an audit: the database says what the contract holds, and no size is anchored twice.
"""

import contextlib
import dataclasses
import itertools
import json
import re
from hashlib import sha256

import pytest

from anchoring import alarms, anchors, contract, deploy, recovery
from anchoring.anchorer import Round
from anchoring.onchain import GWEI, Address, Fees
from anchoring.prover import consistency_path
from anchoring.rpc import Away, Refused, Rpc
from service import db
from service.local import node as nodes
from service.local import postgres
from tests.anchoring.chain.world import FAST, GUARDIAN, World, naive_root
from tests.tools.rpc_proxy import (
    Proxy,
    altered,
    answered,
    drop_request,
    drop_response,
    http,
    huge,
    refused,
    truncated,
    wrong_id,
)  # fmt: skip


def raw(world, intent=1):
    """The bytes signed first for an intent."""
    found = world.rows("SELECT raw FROM ledger.signed_transaction WHERE intent = :i ORDER BY signed_at", i=intent)
    return "0x" + bytes(found[0][0]).hex()


def mined(world):
    """A checkpoint whose anchor is in a block and not final."""
    world.record()
    world.tick(2)
    assert world.states()[-1] == "mined"


# Reorganisations


def test_c1_an_anchor_lost_in_a_reorg_is_demoted_visibly_and_pushed_again(world):
    mined(world)
    first = world.events()[0].tx_hash
    world.reorg(1)
    assert world.events() == []
    world.tick(2)
    assert (world.states(), world.intents()) == (["lost"], ["signed"])
    world.settle()
    assert world.states() == ["lost", "final"]
    assert [event.tx_hash for event in world.events()] == [first]
    assert world.history()[:4] == ["signed", "pushed", "mined", "reorged"]
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 1
    world.audit()


def test_c1_several_anchors_lost_at_once_come_back_in_their_order(world):
    for _ in range(3):
        world.record()
        world.tick(2)
    world.reorg(2)
    world.settle()
    assert [event.size for event in world.events()] == [1, 2, 3]
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 3
    world.audit()


def test_c2_an_anchor_that_a_reorg_moves_to_another_block_is_followed(world):
    world.mine(3)
    mined(world)
    before = world.events()[0]
    world.mine(1)
    world.reorg(2, [[raw(world), 1]])
    after = world.events()[0]
    assert (after.tx_hash, after.block) != (before.tx_hash, before.block)
    assert after.tx_hash == before.tx_hash
    world.settle()
    assert [state for state in world.states() if state != "lost"] == ["final"]
    assert world.one("SELECT block FROM ledger.anchor WHERE state = 'final'") == after.block
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 1
    world.audit()


def test_c3_a_reorg_that_puts_another_anchor_in_place_of_ours_supersedes_it(world):
    """The key is shared: another transaction anchored the same log, further."""
    mined(world)
    world.record()
    plan = world.plan(old=0)
    world.reorg(1)
    world.send(contract.anchor_call(*plan, []))
    world.settle()
    world.tick(4)
    assert [event.size for event in world.events()] == [2]
    assert world.intents() == ["failed"]
    assert world.alarms() == ["KEY USED ELSEWHERE"]
    world.audit()


def test_c3_a_reorg_that_puts_another_root_in_place_of_ours_is_a_fork(world):
    mined(world)
    _, size, _, map_root = world.plan(old=0)
    world.reorg(1)
    world.send(contract.anchor_call(0, size, sha256(b"another log").digest(), map_root, []))
    assert world.tick(3) is Round.HALTED
    assert world.alarms() == ["FORK", "KEY USED ELSEWHERE"]
    assert (world.states(), world.intents(), world.may_sign()) == (["lost", "mined"], ["signed"], False)
    with world.engine.connect() as conn:
        assert anchors.anchored(conn) is None, "nothing can be proved under it"
    world.audit()


def test_c4_a_reorg_below_final_halts_and_nothing_is_anchored_again_by_itself(world):
    world.record()
    world.settle()
    take_back(world)
    assert world.tick(3) is Round.HALTED
    assert world.alarms() == ["FINALITY VIOLATION"]
    assert not world.may_sign()
    with world.engine.connect() as conn:
        assert anchors.anchored(conn, final=True) is None
        assert anchors.anchored(conn).state == "mined"
    world.mine(5)
    assert world.tick(3) is Round.HALTED
    assert world.events() == []


def test_c4_an_operator_who_accepts_the_loss_has_the_log_anchored_again(world):
    world.record()
    world.settle()
    take_back(world)
    world.tick(3)
    with world.engine.begin() as conn:
        recovery.accept_reorg(conn, [world.rpc], "O. Perator, the test chain was rolled back", world.now())
    world.settle()
    assert world.states() == ["lost", "final"]
    assert [event.size for event in world.events()] == [1]
    world.audit()


def test_c4_a_node_that_contradicts_what_was_final_for_a_moment_halts_nothing(world, line):
    world.record()
    world.settle(line.worker)
    block = world.one("SELECT block FROM ledger.anchor")
    lie = altered(lambda found: found | {"hash": "0x" + "ab" * 32})
    line.on("eth_getBlockByNumber", lie, times=2, where=lambda params: params[0] == hex(block))
    world.tick(3, line.worker)
    assert world.may_sign()
    assert world.is_final()


def take_back(world):
    """A reorg that removes the block of the newest anchor."""
    block = world.one("SELECT max(block) FROM ledger.anchor")
    world.mine(3)
    world.reorg(world.rpc.head().number - block + 1)
    assert world.events() == []


# Losing answers


def test_c5_a_transaction_dropped_from_the_pool_is_pushed_again(world):
    world.node.rpc("evm_setAutomine", False)
    world.record()
    world.tick()
    sent = bytes(world.one("SELECT tx_hash FROM ledger.signed_transaction"))
    world.node.rpc("anvil_dropTransaction", "0x" + sent.hex())
    world.mine(2)
    assert world.events() == []
    world.settle()
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 1
    world.audit()


def test_c6_a_stuck_transaction_is_replaced_with_the_same_nonce_for_more_fee(world):
    worker = world.worker(settings=dataclasses.replace(FAST, bump_after=10_000))
    world.node.rpc("evm_setAutomine", False)
    world.record()
    world.tick(11, worker)
    sent = world.rows("SELECT nonce, max_fee, tip FROM ledger.signed_transaction ORDER BY signed_at")
    assert len(sent) == 2 and sent[0].nonce == sent[1].nonce
    assert sent[1].max_fee * 8 >= sent[0].max_fee * 9 and sent[1].tip * 8 >= sent[0].tip * 9
    world.settle(worker)
    assert (world.intents(), len(world.events())) == (["final"], 1)
    world.audit()


def test_c7_an_underpriced_replacement_is_raised_until_it_is_taken_or_the_cap_is_reached(world, line):
    line.on("eth_sendRawTransaction", refused(-32000, "replacement transaction underpriced"))
    worker = world.worker(line.url, settings=dataclasses.replace(FAST, fee_cap=10 * GWEI))
    world.record()
    world.tick(30, worker)
    fees = [fee for (fee,) in world.rows("SELECT max_fee FROM ledger.signed_transaction ORDER BY signed_at")]
    assert 2 < len(fees) < 25 and max(fees) <= 10 * GWEI
    assert all(later * 8 >= earlier * 9 for earlier, later in itertools.pairwise(fees))
    assert world.alarms() == ["FEE CAP"]
    line.heal()
    world.settle(worker)
    assert world.alarms() == []
    world.audit()


def test_c8_while_blocks_cost_more_than_the_cap_nothing_is_signed_and_the_backlog_is_one_anchor(world):
    worker = world.worker(settings=dataclasses.replace(FAST, fee_cap=50 * GWEI))
    for _ in range(10):
        world.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(200 * GWEI))
        world.mine()
        world.record()
        world.tick(worker=worker)
    assert (world.alarms(), world.intents()) == (["FEE CAP"], [])
    world.node.rpc("anvil_setNextBlockBaseFeePerGas", hex(GWEI))
    world.mine()
    world.settle(worker)
    assert ([event.size for event in world.events()], world.alarms()) == ([10], [])


def test_c9_a_nonce_used_by_a_foreign_transaction_is_noticed_and_anchoring_goes_on(world):
    world.node.rpc("evm_setAutomine", False)
    world.record()
    world.tick()
    world.node.rpc("anvil_dropAllTransactions")
    world.send(b"", to=Address(b"\x11" * 20))
    world.mine()
    world.tick(4)
    assert world.alarms() == ["KEY USED ELSEWHERE"]
    world.settle()
    assert world.intents() == ["failed", "final"]
    world.audit()


def test_c10_when_the_answer_is_lost_the_transaction_that_was_mined_is_found(world, line):
    line.on("eth_sendRawTransaction", drop_response, times=1)
    world.record()
    with pytest.raises(Away):
        world.tick(worker=line.worker)
    assert world.history() == ["signed", "unanswered"]
    world.settle(line.worker)
    assert (line.count("eth_sendRawTransaction"), len(world.events())) == (1, 1)
    world.audit()


def test_c11_when_the_request_is_lost_the_same_bytes_are_pushed_again(world, line):
    line.on("eth_sendRawTransaction", drop_request, times=2)
    world.record()
    for _ in range(2):
        with pytest.raises(Away):
            world.tick(worker=line.worker)
    world.settle(line.worker)
    sent = {params[0] for method, params in line.calls if method == "eth_sendRawTransaction"}
    assert sent == {raw(world)}
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 1
    world.audit()


def test_c12_without_any_receipt_the_state_of_the_contract_decides(world, line):
    line.on("eth_getTransactionReceipt", answered(None))
    world.record()
    world.settle(line.worker)
    world.audit()


# Nodes that lag, lie or fail


def test_c14_an_invented_event_is_not_believed(world, line):
    """Success in the receipt and an event prove nothing while the contract's state does not agree."""
    world.record()
    world.settle(line.worker)
    world.record()
    world.tick(worker=line.worker)
    size_99 = "0x" + "00" * 31 + "63"
    line.on("eth_getLogs", altered(lambda logs: [log | {"data": size_99 + log["data"][66:]} for log in logs]))
    world.tick(4, line.worker)
    assert world.states() == ["final"]
    assert world.alarms() == ["NODE INCONSISTENT"]
    line.heal()
    world.settle(line.worker)
    assert world.alarms() == []
    world.audit()


def test_c14_nothing_is_final_before_every_configured_node_says_so(world, line):
    worker = world.worker(world.node.url, line.url)
    line.on("eth_getBlockByNumber", answered(None))
    world.record()
    world.tick(2, worker)
    world.mine(4)
    world.tick(3, worker)
    assert world.states() == ["mined"]
    line.heal()
    world.settle(worker)
    world.audit()


def test_c14_a_node_that_contradicts_the_others_keeps_anchors_from_being_final(world, line):
    worker = world.worker(world.node.url, line.url)
    line.on("eth_getBlockByNumber", altered(lambda block: block | {"hash": "0x" + "cd" * 32}))
    world.record()
    world.tick(2, worker)
    world.mine(4)
    world.tick(5, worker)
    assert (world.states(), world.alarms()) == (["mined"], ["NODE INCONSISTENT"])
    line.heal()
    world.settle(worker)
    world.tick(worker=worker)
    assert world.alarms() == []


def test_c15_a_balancer_that_alternates_between_two_chains_mixes_nothing(world, tmp_path):
    """Two nodes behind one address, one of them on a fork: state is read by block hash, so no answer mixes them."""
    world.record()
    world.settle()
    fork = nodes.start_anvil("--fork-url", world.node.url, log=tmp_path / "fork.log")
    try:
        fork.rpc("evm_mine")
        with Proxy(world.node.url) as line:
            worker = world.worker(line.url)
            turns = itertools.cycle([world.node, fork, fork])
            line.on("*", lambda request, forward: elsewhere(request, next(turns)))
            world.record()
            for _ in range(12):
                world.mine()
                fork.rpc("evm_mine")
                with contextlib.suppress(Away, Refused):
                    world.tick(worker=worker)
    finally:
        fork.stop()
    world.settle()
    assert not {"FORK", "ROLLBACK", "CHAIN LOST"} & set(world.alarms())
    world.audit()


def elsewhere(request, node):
    """The answer of another node."""
    return Rpc(node.url, (1, 5))._parse(Rpc(node.url)._post(json.dumps(request).encode()))


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(http(429), id="429"),
        pytest.param(http(502), id="502"),
        pytest.param(http(200), id="html"),
        pytest.param(http(503, b'{"jsonrpc":"2.0"}'), id="503"),
        pytest.param(wrong_id, id="wrong id"),
        pytest.param(truncated, id="truncated"),
        pytest.param(huge(9 << 20), id="huge"),
        pytest.param(answered("zz"), id="not hex"),
        pytest.param(answered(7), id="a number"),
    ],
)
def test_c16_an_answer_of_no_use_ends_the_round_and_harms_nothing(world, line, fault):
    line.on("*", fault)
    world.record()
    with pytest.raises(Away):
        world.tick(worker=line.worker)
    assert (world.intents(), world.may_sign()) == ([], True)
    line.heal()
    world.settle(line.worker)
    world.audit()


@pytest.mark.parametrize("events", [7, None, "0x", {}, [7], [{}]])
def test_c16_events_that_are_none_end_the_round_and_harm_nothing(world, line, events):
    world.record()
    world.tick()
    world.mine()
    line.on("eth_getLogs", answered(events))
    with pytest.raises(Away):
        world.tick(worker=line.worker)
    line.heal()
    world.settle(line.worker)
    world.audit()


# The wrong chain, the wrong contract


def test_c17_another_chain_id_stops_anchoring_until_it_is_right_again(world, line):
    world.record()
    line.on("eth_chainId", answered("0x3e7"))
    assert world.tick(3, line.worker) is Round.NOT_NOW
    assert (world.alarms(), world.intents(), world.may_sign()) == (["WRONG CHAIN"], [], True)
    with pytest.raises(deploy.WrongChain, match="999"):
        deploy.ensure(world.engine, line.url, world.key, GUARDIAN, now=world.now)
    line.heal()
    world.settle(line.worker)
    assert world.alarms() == []


def test_c18_an_empty_restarted_chain_is_not_ours_though_contract_and_chain_id_are_the_same(world, engine, tmp_path):
    world.record()
    world.settle()
    port = world.node.port
    world.node.stop()
    renewed = nodes.start_anvil("--timestamp", str(world.time // 1000 - 60), port=port, log=tmp_path / "renewed.log")
    try:
        world.node = renewed
        again = deploy_elsewhere(world)
        assert again == world.deployment.contract  # the same address
        assert world.tick() is Round.HALTED
        assert world.alarms() == ["CHAIN LOST"]
        assert not world.may_sign()
        with pytest.raises(deploy.WrongChain, match="genesis"):
            deploy.ensure(engine, renewed.url, world.key, GUARDIAN, now=world.now)
        deploy.again(engine, renewed.url, world.key, GUARDIAN, reason="the test chain was lost", now=world.now)
        world.settle()
        assert (world.states(), world.alarms()) == (["final", "final"], [])
        assert world.one("SELECT count(*) FROM ledger.deployment") == 2
    finally:
        renewed.stop()


def deploy_elsewhere(world):
    """Somebody deploys our contract with our key, as the first thing on an empty chain."""
    world.fund(world.sender)
    latest = world.rpc.head()
    signed = contract.sign(
        world.key, chain_id=31337, nonce=0, to=None, gas=4_000_000, legacy=False,
        calldata=contract.creation(world.sender, contract.parse_address(GUARDIAN)),
        fees=Fees(2 * latest.base_fee + GWEI, GWEI),
    )  # fmt: skip
    world.rpc.send(signed.raw)
    world.built()
    return world.rpc.receipt(signed.tx_hash).contract


def test_c19_a_contract_without_its_code_halts_before_anything_is_signed(world):
    world.record()
    world.settle()
    world.record()
    world.node.rpc("anvil_setCode", contract.checksummed(world.deployment.contract), "0x")
    assert world.tick(3) is Round.HALTED
    assert (world.alarms(), world.intents()) == (["CONTRACT CHANGED"], ["final"])


def test_c19_other_code_that_answers_alike_is_not_our_contract(world):
    address = contract.checksummed(world.deployment.contract)
    world.record()
    world.settle()
    world.record()
    world.node.rpc("anvil_setCode", address, world.node.rpc("eth_getCode", address, "latest") + "00")
    assert world.tick(3) is Round.HALTED
    assert (world.alarms(), world.intents()) == (["CONTRACT CHANGED"], ["final"])


@pytest.mark.parametrize("address", ["00" * 18 + "dead", "f39fd6e51aad88f6f4ce6ab8827279cfffb92266"])
def test_c19_an_address_at_which_no_contract_ever_was_gets_nothing(world, address):
    """0x..dEaD, and an account of a person: calls to them succeed and do nothing."""
    columns = world.rows("SELECT * FROM ledger.deployment")[0]._mapping
    names = [name for name in columns if name not in ("id", "contract", "tx_hash")]
    with world.engine.begin() as conn:
        conn.exec_driver_sql(
            f"INSERT INTO ledger.deployment (contract, tx_hash, {', '.join(names)})"
            f" SELECT decode('{address}', 'hex'), sha256('other'), {', '.join(names)} FROM ledger.deployment"
        )
        conn.exec_driver_sql("UPDATE ledger.deployment SET state = 'final' WHERE id = 2")
    world.record()
    nonce = world.rpc.nonce(world.sender, world.rpc.head())
    assert world.tick(3) is Round.HALTED
    assert (world.alarms(), world.intents()) == (["CONTRACT CHANGED"], [])
    assert world.rpc.nonce(world.sender, world.rpc.head()) == nonce


def test_c19_status_1_without_an_anchor_in_the_contract_is_a_failure(world, line):
    """Calls to an address without code succeed. Here the code goes while the bytes are on their way, and comes back."""
    address = contract.checksummed(world.deployment.contract)
    code = world.node.rpc("eth_getCode", address, "latest")
    line.on("eth_sendRawTransaction", drop_request, times=1)
    world.record()
    with pytest.raises(Away):
        world.tick(worker=line.worker)
    world.node.rpc("evm_setAutomine", False)  # or the code may be back before the block is built
    world.node.rpc("anvil_setCode", address, "0x")
    world.rpc.send(bytes.fromhex(raw(world)[2:]))
    world.mine()
    world.node.rpc("anvil_setCode", address, code)
    world.node.rpc("evm_setAutomine", True)
    world.tick(worker=line.worker)
    assert "failed" in world.history()
    assert "status 1" in world.one("SELECT detail FROM ledger.attempt WHERE step = 'failed'")
    world.settle(line.worker)
    assert world.intents() == ["failed", "final"]
    world.audit()


# Money, reverts, keys


def test_c22_without_money_anchoring_stops_warns_before_and_resumes_by_itself(world):
    address = contract.checksummed(world.sender)
    world.node.rpc("anvil_setBalance", address, hex(10**16))
    worker = world.worker(settings=dataclasses.replace(FAST, few_anchors=10**6))
    world.record()
    world.tick(4, worker)
    assert world.alarms() == ["LITTLE MONEY"], "it stands also while nothing is to be anchored"
    told = re.search(r"for about (\d+) anchors", world.told()[0])
    world.record()
    world.tick(1, worker)
    assert 0 < int(told[1]) < 10**6
    world.tick(1, worker)
    world.node.rpc("anvil_setBalance", address, hex(10**24))
    world.tick(1, worker)
    assert world.alarms() == [], "it goes as soon as there is enough, without another anchor"
    world.node.rpc("anvil_setBalance", address, "0x1")
    world.record()
    world.tick(3, worker)
    assert world.alarms() == ["NO MONEY"]
    assert world.may_sign()
    world.node.rpc("anvil_setBalance", address, hex(10**18))
    world.settle()
    assert world.alarms() == []
    world.audit()


def test_c9_a_nonce_that_a_reorg_left_free_is_filled(world):
    """A transaction of ours that failed, or a foreign one, stood before our anchor; a reorg takes both, and nobody ever
    sends the first again."""
    world.send(b"", to=Address(b"\x11" * 20))
    mined(world)
    world.reorg(2)
    worker = world.worker(settings=dataclasses.replace(FAST, bump_after=10_000))
    world.settle(worker)
    assert world.intents() == ["superseded", "final"]
    assert "before it is free" in world.one("SELECT detail FROM ledger.attempt WHERE step = 'superseded'")
    nonces = [nonce for (nonce,) in world.rows("SELECT nonce FROM ledger.signed_transaction ORDER BY signed_at")]
    assert nonces[-1] == nonces[0] - 1
    world.record()
    world.settle(worker)
    world.audit()


def test_c23_a_call_that_the_contract_refuses_is_not_sent_and_the_reason_is_told(world):
    world.record()
    world.settle()
    world.record()
    with world.engine.begin() as conn:  # a log that lies about its own root
        conn.exec_driver_sql("SET session_replication_role = replica")
        conn.exec_driver_sql("ALTER TABLE ledger.checkpoint DISABLE TRIGGER USER")
        conn.exec_driver_sql("UPDATE ledger.checkpoint SET log_root = decode(repeat('ab', 32), 'hex') WHERE size = 2")
    world.tick(2)
    assert (world.alarms(), world.intents()) == (["REVERTED"], ["final"])
    assert "WrongNewRoot" in world.one("SELECT detail FROM ledger.alarm WHERE cleared_at IS NULL")


def test_c25_after_the_guardian_replaced_the_key_the_old_one_signs_nothing(world):
    new = sha256(b"the new key").digest()
    guard = sha256(b"a guardian with a key").digest()
    engine, node = world.engine, world.node
    rich = node.rpc("eth_accounts")[0]
    address = contract.checksummed(contract.address_of(guard))
    node.rpc("eth_sendTransaction", {"from": rich, "to": address, "value": hex(10**18)})
    deploy.again(engine, node.url, world.key, address, reason="a guardian who can act", now=world.now)
    renewed = World(engine, node, key=world.key)
    renewed.record()
    renewed.tick(2)
    call = contract._calldata("replaceAnchorer", contract.checksummed(contract.address_of(new)))
    renewed.send(call, key=guard)
    renewed.record()
    renewed.tick(2)
    assert (renewed.alarms(), len(renewed.events())) == (["NOT ANCHORER"], 1)
    heirs = contract.checksummed(contract.address_of(new))
    node.rpc("eth_sendTransaction", {"from": rich, "to": heirs, "value": hex(10**18)})
    heir = World(engine, node, key=new)
    heir.settle()
    assert (heir.alarms(), len(heir.events())) == ([], 2)
    heir.audit()


def rotate(world, key, guard):
    """The guardian gives the anchorer's office to this key, which gets some money."""
    heir = contract.address_of(key)
    world.fund(heir)
    world.send(contract._calldata("replaceAnchorer", contract.checksummed(heir)), key=guard)


def test_c25_bytes_of_the_old_key_that_are_on_their_way_do_not_hold_up_the_new_one(world):
    """The key goes to another and comes back, while bytes of the first wait unsent under a nonce that is still free."""
    guard, new = sha256(b"a guardian with a key").digest(), sha256(b"another key").digest()
    rich, address = world.node.rpc("eth_accounts")[0], contract.checksummed(contract.address_of(guard))
    world.node.rpc("eth_sendTransaction", {"from": rich, "to": address, "value": hex(10**18)})
    deploy.again(world.engine, world.node.url, world.key, address, reason="a guardian who can act", now=world.now)
    first = World(world.engine, world.node, key=world.key)
    with Proxy(world.node.url) as line:
        line.on("eth_sendRawTransaction", drop_request)
        first.record()
        with pytest.raises(Away):
            first.tick(worker=first.worker(line.url))
        rotate(first, new, guard)
        heir = World(world.engine, world.node, key=new)
        heir.settle()
        assert first.intents() == ["superseded", "final"]
        heir.record()
        with pytest.raises(Away):
            heir.tick(worker=heir.worker(line.url))
    first.send(b"", to=Address(b"\x11" * 20), key=guard)
    rotate(first, first.key, guard)
    first.settle()
    rotate(first, new, guard)
    first.record()
    heir.settle()
    assert first.intents() == ["superseded", "final", "superseded", "final", "final"]
    assert first.alarms() == []
    heir.audit()


def test_nothing_is_sent_that_is_not_committed(world, line):
    """Whatever reaches the node can be read in the database by somebody else at that moment."""
    missing = []

    def look(request, forward):
        sent = bytes.fromhex(request["params"][0][2:])
        with world.engine.connect() as conn:
            kept = conn.exec_driver_sql("SELECT 1 FROM ledger.signed_transaction WHERE raw = %s", (sent,)).first()
        missing.extend([] if kept else [sent])
        return forward()

    line.on("eth_sendRawTransaction", look)
    worker = world.worker(line.url, settings=dataclasses.replace(FAST, bump_after=2_000))
    for _ in range(3):
        world.record()
        world.node.rpc("evm_setAutomine", False)
        world.tick(4, worker)
        world.node.rpc("evm_setAutomine", True)
        world.settle(worker)
    assert line.count("eth_sendRawTransaction") > 6
    assert missing == []
    world.audit()


def test_c26_garbage_anchored_with_the_stolen_key_is_a_fork(world):
    world.record(4)
    world.settle()
    leaves = [bytes(leaf) for (leaf,) in world.rows("SELECT leaf_hash FROM ledger.entry ORDER BY index")]
    garbage = naive_root([*leaves, *(sha256(bytes([n])).digest() for n in range(4))])
    path = [naive_root([sha256(bytes([n])).digest() for n in range(4)])]  # 4 -> 8
    world.send(contract.anchor_call(4, 8, garbage, bytes(32), path))
    assert world.head.size == 8
    assert world.tick() is Round.HALTED
    assert world.alarms() == ["FORK", "KEY USED ELSEWHERE"]
    assert not world.may_sign()


def test_c26_garbage_at_a_size_that_we_have_is_a_fork_also_for_a_worker_that_just_started(world):
    world.record(4)
    world.settle()
    leaves = [sha256(bytes([n])).digest() for n in range(4)]
    ours = [bytes(leaf) for (leaf,) in world.rows("SELECT leaf_hash FROM ledger.entry ORDER BY index")]
    world.send(contract.anchor_call(4, 8, naive_root([*ours, *leaves]), bytes(32), [naive_root(leaves)]))
    world.record(4)
    assert world.tick(worker=world.worker()) is Round.HALTED
    assert "FORK" in world.alarms()


def test_c26_a_wrong_map_root_under_our_log_root_is_told_and_the_next_anchor_heals_it(world):
    world.record()
    world.settle()
    world.record()
    _, size, root, _ = world.plan(old=1)
    with world.engine.connect() as conn:
        proof = consistency_path(conn, 1, 2)
    world.send(contract.anchor_call(1, size, root, bytes(32), proof))
    world.tick()
    assert world.alarms() == ["KEY USED ELSEWHERE", "WRONG MAP ROOT"]
    with world.engine.connect() as conn:
        assert anchors.anchored(conn).size == 1  # nothing can be proved under the false one
    world.record()
    world.settle()
    world.audit()


def test_c27_a_database_older_than_the_chain_may_not_write(world, pg):
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
        assert restored.tick() is Round.HALTED
        assert "ROLLBACK" in restored.alarms()
        assert not restored.may_sign()
        old.dispose()
    finally:
        postgres.drop_databases(pg, [backup])


def test_c29_after_a_long_outage_one_anchor_covers_everything(world, line):
    world.record()
    world.settle(line.worker)
    line.on("*", drop_request)
    for _ in range(30):
        world.record(3)
        with pytest.raises(Away):
            world.tick(worker=line.worker)
    line.heal()
    world.settle(line.worker)
    assert [event.size for event in world.events()] == [1, 91]
    world.audit()


def test_c30_where_it_was_decided_so_all_transactions_are_legacy_ones(engine, fresh_anvil):
    world = World(engine, fresh_anvil, legacy_fees=True)
    world.record()
    world.settle()
    sent = [world.node.rpc("eth_getTransactionByHash", "0x" + event.tx_hash.hex()) for event in world.events()]
    assert [int(each["type"], 16) for each in sent] == [0]
    world.audit()


def test_every_alarm_says_what_to_do():
    for kind in alarms.Kind:
        assert kind.advice.endswith(".") and len(kind.advice) > 30, kind

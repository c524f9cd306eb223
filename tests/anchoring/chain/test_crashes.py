"""C21 and C20: killed between any two steps, and many workers at once. At the end one effective anchor a size."""

import contextlib
import itertools
import os
import signal
import threading

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from anchoring import deploy
from anchoring.anchorer import STEPS, Anchorer, Round
from anchoring.rpc import Rpc
from service import db
from service.local import postgres
from tests.anchoring.chain.world import GUARDIAN, KEY, World
from tests.tools.rpc_proxy import altered


class Crash(Exception):
    """The process ends here."""


class Failpoints:
    """Raises at one step, the n-th time that it is passed; notes all that were passed."""

    def __init__(self, at=None, nth=1):
        self.at, self.nth, self.passed = at, nth, []

    def __call__(self, step):
        self.passed.append(step)
        if step == self.at and self.passed.count(step) == self.nth:
            raise Crash(step)


def live(world, points, rounds=8):
    """Rounds with blocks between them; after a crash a new worker goes on. How many crashes there were."""
    crashes, worker = 0, world.worker(passed=points)
    for _ in range(rounds):
        try:
            world.tick(worker=worker)
        except Crash:
            crashes += 1
            worker = world.worker(passed=points)
        world.mine()
    return crashes


def test_the_list_of_steps_is_the_list_of_steps_that_are_passed(world):
    points = Failpoints()
    world.record()
    live(world, points)
    assert set(points.passed) == set(STEPS)
    assert points.passed[: len(STEPS)] == list(STEPS)


@pytest.mark.parametrize(("step", "nth"), list(itertools.product(STEPS, (1, 2))))
def test_c21_a_worker_killed_after_any_step_leaves_one_anchor(world, step, nth):
    world.record()
    world.settle()
    world.record()
    points = Failpoints(step, nth)
    assert live(world, points) == (1 if points.passed.count(step) >= nth else 0)
    world.settle()
    assert [event.size for event in world.events()] == [1, 2]
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 2
    world.audit()


@pytest.mark.parametrize("step", STEPS)
def test_c21_a_worker_killed_after_any_step_of_a_reorg_recovers(world, step):
    world.record()
    world.tick(2)
    world.reorg(1)
    live(world, Failpoints(step))
    world.settle()
    assert [event.size for event in world.events()] == [1]
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 1
    world.audit()


def test_c21_killed_at_every_step_in_turn_it_still_arrives(world):
    for step in STEPS:
        world.record()
        live(world, Failpoints(step), rounds=4)
    world.settle()
    world.audit()


@pytest.mark.parametrize("step", ["kept", "finalized", "signed", "pushed"])
def test_c21_a_worker_killed_by_sigkill_after_what_it_wrote_leaves_one_anchor(world, step):
    """As `kill -9` does it: in a process of its own, whose connections and memory are gone at once."""
    world.record()
    world.tick()
    world.record()
    killed = False
    for _ in range(6):
        killed |= in_a_child(world, step) == -signal.SIGKILL
        world.mine()
        if killed:
            break
    assert killed
    world.settle()
    assert [event.size for event in world.events()] == [1, 2]
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 2
    world.audit()


def in_a_child(world, step):
    """One round in a child that is killed at that step; how it ended."""
    child = os.fork()
    if child == 0:
        try:
            world.engine = db.engine_for(world.engine.url.render_as_string(hide_password=False))
            world.tick(worker=world.worker(passed=lambda name: name == step and os.kill(os.getpid(), signal.SIGKILL)))
        finally:
            os._exit(0)
    world.time += 1000
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_c21_a_commit_that_is_done_and_reported_failed_does_no_harm(world):
    """At every commit of a round in turn: the server had it, its answer was lost."""
    engine = db.engine_for(world.engine.url.render_as_string(hide_password=False))
    failing = Reported(engine.dialect.do_commit)
    engine.dialect.do_commit = failing
    while failing.seen >= failing.wanted:  # in the last turn there were fewer commits than that
        failing.seen, failing.wanted = 0, failing.wanted + 1
        world.record()
        worker = Anchorer(engine, [world.rpc], world.key, world.settings, world.now)
        for _ in range(2):
            with contextlib.suppress(OperationalError):
                world.tick(worker=worker)
            world.built()
            world.mine()
    assert failing.wanted > 7
    engine.dispose()
    world.settle()
    assert [event.size for event in world.events()] == list(range(1, failing.wanted + 1))
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == failing.wanted
    assert world.alarms() == []
    world.audit()


class Reported:
    """Commits, and reports that the n-th one failed."""

    def __init__(self, commit):
        self._commit, self.seen, self.wanted = commit, 0, 0

    def __call__(self, connection):
        self._commit(connection)
        self.seen += 1
        if self.seen == self.wanted:
            raise psycopg.OperationalError("server closed the connection unexpectedly")


@pytest.mark.parametrize(("workers", "checkpoints"), [(2, 25), (8, 25)])
def test_c20_of_many_workers_at_once_each_size_is_anchored_once(world, capsys, workers, checkpoints):
    """Without any election: every one of them believes to be the only one. INV-M3: at most one intent a checkpoint."""
    over, faults = threading.Event(), []

    def work():
        worker = world.worker()
        while not over.is_set():
            try:
                worker.tick()
            except Exception as fault:
                faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(workers)]
    for thread in threads:
        thread.start()
    for _ in range(checkpoints):
        world.record()
        world.time += 1000
        world.mine()
        over.wait(0.05)
    over.set()
    for thread in threads:
        thread.join()
    world.settle()
    assert faults == []
    assert world.told() == []
    rows = world.rows("SELECT nonce, size FROM ledger.intent ORDER BY id")
    assert len({row.nonce for row in rows}) == len({row.size for row in rows}) == len(rows) == len(world.events())
    with capsys.disabled():
        print(f"\n{workers} workers: {len(rows)} anchors of {checkpoints} checkpoints, {wasted(world)} gas wasted")
    assert wasted(world) == 0
    world.audit()


def test_c20_who_looked_before_another_worker_saw_more_gives_up_nothing_of_it(world):
    """Once in hundreds of runs of the test above: two intents for one nonce, and KEY USED ELSEWHERE."""
    world.record()
    world.settle()
    world.node.rpc("evm_setAutomine", False)
    world.record()
    world.tick()
    other = world.worker()

    def meanwhile(step):
        if step == "compared":  # its look is of the block before the next two
            world.mine()
            world.record()
            assert world.tick(worker=other) is Round.PUSHED

    assert world.tick(worker=world.worker(passed=meanwhile)) is Round.NOT_NOW
    assert world.intents() == ["final", "mined", "signed"]
    world.node.rpc("evm_setAutomine", True)
    world.mine()
    world.settle()
    assert [event.size for event in world.events()] == [1, 2, 3]
    assert world.one("SELECT count(*) FROM ledger.signed_transaction") == 3
    assert world.told() == []
    assert wasted(world) == 0
    world.audit()


def wasted(world):
    """The gas that this account paid for transactions which anchored nothing."""
    kept = {event.tx_hash for event in world.events()} | {bytes(world.deployment.tx_hash)}
    head = world.rpc.head().number
    blocks = (world.node.rpc("eth_getBlockByNumber", hex(number), True) for number in range(head + 1))
    paid = [tx["hash"] for block in blocks for tx in block["transactions"] if tx["from"] == "0x" + world.sender.hex()]
    hashes = {bytes.fromhex(each[2:]) for each in paid} - kept
    return sum(world.rpc.receipt(each).gas_used for each in hashes)


def test_c20_two_databases_with_one_key_anchor_each_size_once_and_both_hear_of_the_other(world, line, pg):
    """A copy of the database, started beside the original: a mistake of an operator. The contract is the fence."""
    world.record()
    world.settle()
    world.engine.dispose()
    copy = f"{world.engine.url.database}_copy"
    postgres.create_database(pg, copy, world.engine.url.database)
    line.on("eth_estimateGas", altered(lambda gas: hex(int(gas, 16) + 1000)))  # or both sign the same bytes
    try:
        twin = World(db.engine_for(pg.url(copy)), world.node, key=world.key)
        twin.anchorer = twin.worker(line.url)
        for number in range(3):
            world.record()
            twin.adopt(world)
            world.node.rpc("evm_setAutomine", False)
            for each in (world, twin) if number % 2 else (twin, world):
                each.tick()  # neither knows what the other signed for the same block
            world.node.rpc("evm_setAutomine", True)
            world.mine()
            for each in (world, twin):
                each.tick(3)
        world.settle()
        twin.settle()
        sizes = [event.size for event in world.events()]
        assert sizes == sorted(set(sizes)) and sizes[-1] == 4
        for each in (world, twin):
            assert each.alarms() == ["KEY USED ELSEWHERE"]
            each.audit()
        assert wasted(world) == 0
        twin.engine.dispose()
    finally:
        postgres.drop_databases(pg, [copy])


def test_a_deployment_that_was_signed_and_never_sent_is_sent_by_the_next(engine, fresh_anvil, monkeypatch):
    def crash(rpc, found):
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(deploy, "push", crash)
        with pytest.raises(Crash):
            deploy.ensure(engine, fresh_anvil.url, KEY, GUARDIAN)
    known = deploy.ensure(engine, fresh_anvil.url, KEY, GUARDIAN)
    assert known.state == "mined"
    assert deploy.ensure(engine, fresh_anvil.url, KEY, GUARDIAN) == known
    assert deploy.stands(Rpc(fresh_anvil.url), known, Rpc(fresh_anvil.url).head())
    assert Rpc(fresh_anvil.url).nonce(known.anchorer, Rpc(fresh_anvil.url).head()) == 1


def test_two_that_deploy_at_once_deploy_one_contract(engine, fresh_anvil):
    found = []

    def deploying():
        found.append(deploy.ensure(engine, fresh_anvil.url, KEY, GUARDIAN).contract)

    threads = [threading.Thread(target=deploying) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 3 and len(set(found)) == 1


def test_a_deployment_that_a_reorg_takes_away_comes_back_at_the_same_address(world):
    world.reorg(1)
    assert world.rpc.code(world.deployment.contract, world.rpc.head()) == b""
    assert world.tick() is Round.NOT_NOW
    world.record()
    world.settle()
    assert world.alarms() == []
    assert world.one("SELECT count(*) FROM ledger.deployment") == 1
    world.audit()


def test_where_nobody_gives_money_a_sentence_names_address_and_amount(engine, fresh_anvil, monkeypatch):
    monkeypatch.setattr(deploy, "DEVELOPMENT", ("no such client",))
    with pytest.raises(deploy.NeedsEther, match=r"send at least 0\.\d+ ether to 0x[0-9a-fA-F]{40}"):
        deploy.ensure(engine, fresh_anvil.url, KEY, GUARDIAN)

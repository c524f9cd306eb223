"""C21 and C20: killed between any two steps, and two workers at once. At the end one effective anchor for each size."""

import itertools
import threading

import pytest

from anchoring import deploy
from anchoring.anchorer import STEPS, Round
from anchoring.rpc import Rpc
from tests.anchoring.chain.world import GUARDIAN, KEY


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


def test_c20_of_many_workers_at_once_each_size_is_anchored_once(world):
    """Without any election: every one of them believes to be the only one."""
    over, faults = threading.Event(), []

    def work():
        worker = world.worker()
        while not over.is_set():
            try:
                worker.tick()
            except Exception as fault:
                faults.append(fault)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(25):
        world.record()
        world.time += 1000
        world.mine()
        over.wait(0.1)
    over.set()
    for thread in threads:
        thread.join()
    world.settle()
    assert faults == []
    assert world.alarms() == []
    nonces = [nonce for (nonce,) in world.rows("SELECT nonce FROM ledger.intent ORDER BY id")]
    assert len(nonces) == len(set(nonces)) == len(world.events())
    world.audit()


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

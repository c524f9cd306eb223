"""The process: both duties at once, on the real sequencer; a leader that goes, a node that is away, a clean stop."""

import multiprocessing
import os
import signal
import threading
import time
from contextlib import contextmanager
from hashlib import sha256

import pytest

from anchoring import alarms, anchors, deploy, election
from anchoring.alarms import Kind
from anchoring.pace import ChainSettings
from anchoring.status import status
from anchoring.submissions import Submission, submit
from anchoring.worker import AnchorLoop, Pauses, Worker, WorkerSettings, run_worker
from tests.anchoring.chain.world import GUARDIAN
from tests.tools.rpc_proxy import Proxy, drop_request

ORIGIN = "example.com/lotproof"


@pytest.fixture
def key(engine):
    """An anchorer key of this test's own; the chain is shared."""
    return sha256(f"worker {engine.url}".encode()).digest()


def settings(engine, key, url, **pace):
    chain = ChainSettings(**({"min_interval": 100, "poll": 50, "repush": 100} | pace))
    url_with_password = engine.url.render_as_string(hide_password=False)
    return WorkerSettings(url_with_password, ORIGIN, sha256(b"log key").digest(), (url,), key, chain)


def record(engine, count=1):
    with engine.begin() as conn:
        now = time.time_ns() // 1_000_000
        statements = [(os.urandom(32), os.urandom(32)) for _ in range(count)]
        submit(conn, [Submission(1, subject, statement, now) for subject, statement in statements])


def look(engine):
    with engine.connect() as conn:
        return status(conn)


def eventually(what, seconds=20):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


@contextmanager
def working(given, until_ready=True):
    stop, ready = threading.Event(), threading.Event()
    thread = threading.Thread(target=Worker(given).run, args=(stop, ready.set))
    thread.start()
    try:
        assert not until_ready or ready.wait(15)
        yield ready
    finally:
        stop.set()
        thread.join(15)
        assert not thread.is_alive()


@contextmanager
def mining(node):
    """Blocks follow, as on any real chain."""
    stop = threading.Event()

    def mine():
        while not stop.wait(0.1):
            node.rpc("evm_mine")

    thread = threading.Thread(target=mine)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_what_is_submitted_is_sequenced_anchored_and_final(engine, anvil, key):
    deploy.ensure(engine, anvil.url, key, GUARDIAN)
    with mining(anvil), working(settings(engine, key, anvil.url)):
        for count in (1, 300, 7):
            record(engine, count)
            size = look(engine).entries + count
            eventually(lambda size=size: (a := look(engine).final_anchor) and a.size >= size)
    seen = look(engine)
    assert (seen.entries, seen.unanchored, seen.lag, seen.alarms) == (308, 0, 0, [])
    with engine.connect() as conn:
        proofs = anchors.anchor_proofs(conn, 308, range(308))
    assert [proof.index for proof in proofs] == list(range(proofs[-1].index + 1))


def test_while_the_node_is_away_movements_are_sequenced_and_the_alarm_goes_when_it_is_back(engine, anvil, key):
    deploy.ensure(engine, anvil.url, key, GUARDIAN)
    with Proxy(anvil.url) as line, mining(anvil):
        line.on("*", drop_request)
        with working(settings(engine, key, line.url)):
            record(engine, 5)
            eventually(lambda: look(engine).entries == 5)
            eventually(lambda: [a.kind for a in look(engine).alarms] == [Kind.NODE_AWAY])
            assert not look(engine).halted
            line.heal()
            eventually(lambda: (a := look(engine).final_anchor) and a.size == 5, 40)
            eventually(lambda: look(engine).alarms == [])


def test_a_halting_alarm_stops_sequencing_until_it_is_cleared(engine, anvil, key):
    deploy.ensure(engine, anvil.url, key, GUARDIAN)
    with engine.begin() as conn:
        alarms.raise_alarm(conn, Kind.FORK, "as a test", 1)
    with mining(anvil), working(settings(engine, key, anvil.url)):
        record(engine)
        time.sleep(1)
        assert (look(engine).entries, look(engine).halted) == (0, True)
        with engine.begin() as conn:
            alarms.clear(conn, Kind.FORK, "A. Tester", 2)
        eventually(lambda: look(engine).final_anchor)


def test_checkpoints_that_wait_too_long_are_an_alarm_whatever_the_reason(engine, anvil, key):
    with working(settings(engine, key, anvil.url, late_after=500)):
        record(engine)
        eventually(lambda: {a.kind for a in look(engine).alarms} == {Kind.NO_CONTRACT, Kind.LATE})


def end_connections(engine):
    """As an administrator, or a server that restarts."""
    with engine.connect() as conn:
        conn.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_only_the_leader_anchors_and_another_takes_over_when_it_goes(engine, anvil, key):
    deploy.ensure(engine, anvil.url, key, GUARDIAN)
    given = settings(engine, key, anvil.url)
    with election.leadership(engine, election.ANCHORER) as leader, mining(anvil):
        assert leader.held()
        with working(given):
            record(engine)
            time.sleep(1)
            assert look(engine).anchors == 0
            assert leader.held()
            end_connections(engine)
            eventually(lambda: look(engine).anchors == 1)


def test_a_database_that_ends_all_connections_is_asked_again(engine, anvil, key):
    deploy.ensure(engine, anvil.url, key, GUARDIAN)
    with mining(anvil), working(settings(engine, key, anvil.url)):
        for size in range(1, 4):
            end_connections(engine)
            record(engine)
            eventually(lambda size=size: (a := look(engine).final_anchor) and a.size == size)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_process_ends_cleanly_on_sigterm_and_harmlessly_on_sigkill(engine, anvil, key, number):
    deploy.ensure(engine, anvil.url, key, GUARDIAN)
    given = settings(engine, key, anvil.url)
    with mining(anvil):
        for size in range(1, 3):
            process = multiprocessing.get_context("spawn").Process(target=run_worker, args=(given,))
            process.start()
            record(engine)
            eventually(lambda size=size: look(engine).anchors >= size, 40)
            os.kill(process.pid, number)
            process.join(15)
            assert process.exitcode == (0 if number == signal.SIGTERM else -signal.SIGKILL)
        with working(given):
            eventually(lambda: (a := look(engine).final_anchor) and a.size == 2)
    assert look(engine).alarms == []


def test_a_fault_of_ours_in_anchoring_does_not_end_sequencing(engine, anvil, key, monkeypatch):
    deploy.ensure(engine, anvil.url, key, GUARDIAN)

    def fault(self):
        raise AssertionError("a fault of ours")

    monkeypatch.setattr("anchoring.anchorer.Anchorer.tick", fault)
    with working(settings(engine, key, anvil.url)):
        record(engine, 3)
        eventually(lambda: look(engine).entries == 3)


def test_pauses_grow_while_the_node_is_away_and_never_knock_in_step():
    pauses = Pauses(1.0, jitter=lambda: 0.5)
    assert [pauses.next(failed=True) for _ in range(7)] == [2, 4, 8, 16, 30, 30, 30]
    assert pauses.next(failed=False) == 1
    assert len({Pauses(1.0).next(failed=True) for _ in range(5)}) == 5


def test_a_round_says_whether_the_node_answered(engine, key):
    loop = AnchorLoop(engine, settings(engine, key, "http://127.0.0.1:9"))
    assert loop.round() is False  # no contract: the node is not even asked

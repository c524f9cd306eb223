"""`./lotproof up` as its user lives with it: it survives the death of any part and of itself, and leaves no trace.

One stack is taken through its life; each test is the next chapter.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from service.local import node, orphans
from tests.tools.running import Running


@pytest.fixture(scope="module")
def up():
    home = Path(tempfile.mkdtemp(prefix="lotproof-test-"))
    home.chmod(0o711)
    running = Running(home / "data", node.free_port(), node.free_port())
    running.start()
    yield running
    if running.process.poll() is None:
        running.process.send_signal(signal.SIGINT)
        running.process.wait(90)
    shutil.rmtree(home, ignore_errors=True)


def test_a_bare_checkout_is_up_with_a_contract_and_without_an_alarm(up):
    up.wait_for(lambda: up.status()["contract"])
    assert up.status()["alarms"] == []


def test_a_second_start_is_told_that_one_runs(up):
    second = up.command("up", stderr=subprocess.PIPE, text=True)
    assert second.communicate(timeout=60)[1].startswith("lotproof: already running: process")
    assert second.returncode == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("postgres", ("postgres", "-D")),
        ("Anvil", ("anvil", "--port")),
        ("chain", ("service.cli", "chain")),
        ("web", ("service.cli", "web")),
        ("worker", ("service.cli", "worker")),
    ],
)
def test_after_kill_9_of_a_part_everything_answers_again(up, name, words):
    before = up.status()["contract"]
    killed = min(up.part(*words))
    os.kill(killed, signal.SIGKILL)
    up.wait_for(lambda: not orphans.alive(killed))
    up.wait_for(lambda: [pid for pid in up.part(*words) if pid != killed])
    up.wait_for(up.answers_again)
    assert up.status()["contract"] == before
    assert up.process.poll() is None


def test_kill_9_of_the_supervisor_leaves_nothing_and_the_next_start_goes_on(up):
    before = up.status()["contract"]
    up.process.kill()
    up.process.wait()
    up.wait_for(lambda: not up.processes(), 30)
    up.start()
    up.wait_for(up.answers_again)
    assert up.status()["contract"] == before and up.status()["alarms"] == []


def test_stopped_children_of_a_killed_supervisor_are_found_and_ended(up):
    """A stopped process does not even hear of its parent's death: the next start has to find it by its mark."""
    for pid in up.processes():
        os.kill(pid, signal.SIGSTOP)
    left = up.processes()
    up.process.kill()
    up.process.wait()
    assert left and all(orphans.alive(pid) for pid in left)
    up.start()
    assert not any(orphans.alive(pid) for pid in left)
    up.wait_for(up.answers_again)


def test_a_busy_port_is_told_with_the_variable(up):
    other = Running(up.folder.parent / "other", int(up.url.rpartition(":")[2]), node.free_port())
    second = other.command("up", stderr=subprocess.PIPE, text=True)
    told = second.communicate(timeout=120)[1]
    assert second.returncode == 1
    assert "another program listens on" in told and "LOTPROOF_LISTEN=" in told and "Traceback" not in told
    other.process = second
    assert other.processes() == []


def test_ctrl_c_stops_everything_cleanly(up):
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(90) == 0
    assert up.processes() == []
    for name in ("web", "worker", "chain", "postgres"):
        assert f"{name} stopped" in up.said()
    assert not (up.database() / "postmaster.pid").exists()

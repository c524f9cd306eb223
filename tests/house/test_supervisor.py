"""The supervisor: starts parts, starts crashed ones again, stops all in order, and leaves nobody behind when killed."""

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from service.commands import up
from service.local import chain, child, orphans
from service.local.errors import SetupError
from service.local.supervisor import Part, Stopped, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def supervisor():
    before = {sig: signal.getsignal(sig) for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    said = []
    made = Supervisor(said.append)
    made.said = said
    yield made
    made.stop()
    for sig, handler in before.items():
        signal.signal(sig, handler)


def part(tmp_path, name="part", argv=SLEEP, ready=lambda: True, **rest):
    log = tmp_path / f"{name}.log"
    return Part(name, lambda: child.start(argv, log=log), ready, log, **rest)


def wait_for(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


def test_a_killed_part_is_started_again(supervisor, tmp_path):
    killed = part(tmp_path)
    supervisor.launch(killed)
    first = killed.process
    first.kill()
    started = time.monotonic()
    supervisor.watch(until=lambda: killed.process is not first)
    assert killed.process.poll() is None and time.monotonic() - started < 2.5
    assert "part ended with -9; starting it again in 1 s" in supervisor.said[0]


def test_a_part_that_never_starts_is_tried_less_and_less_often(supervisor, tmp_path):
    broken = part(tmp_path, argv=[sys.executable, "-c", "raise SystemExit('no such table')"])
    supervisor.launch(broken)
    started = time.monotonic()
    supervisor.watch(until=lambda: time.monotonic() - started > 5)
    assert [line.split(";")[1].split(".")[0] for line in supervisor.said] == [
        f" starting it again in {wait} s" for wait in (1, 2, 4)
    ]
    assert "no such table" in supervisor.said[0]


def test_a_part_that_ends_while_starting_is_told_with_the_end_of_its_log(supervisor, tmp_path):
    broken = part(tmp_path, argv=[sys.executable, "-c", "raise SystemExit('no such table')"], ready=lambda: False)
    supervisor.launch(broken)
    with pytest.raises(SetupError, match=r"part ended with 1 instead of starting(.|\n)*no such table"):
        supervisor.await_ready(broken)


def test_a_full_disk_is_named(supervisor, tmp_path):
    full = part(tmp_path, argv=["/bin/sh", "-c", "echo 'PANIC: No space left on device'; exit 1"], ready=lambda: False)
    supervisor.launch(full)
    with pytest.raises(SetupError, match="The disk is full: make room and start again"):
        supervisor.await_ready(full)


def test_parts_stop_in_the_reverse_order_of_their_start(supervisor, tmp_path):
    for name in ("postgres", "chain", "web"):
        supervisor.launch(part(tmp_path, name))
    supervisor.stop()
    assert supervisor.said == ["web stopped", "chain stopped", "postgres stopped"]


def test_being_asked_to_stop_ends_the_watch(supervisor, tmp_path):
    supervisor.launch(part(tmp_path))
    signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGTERM))
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    with pytest.raises(Stopped):
        supervisor.watch()


PARENT = """
import sys, time
from pathlib import Path
from service.local import child
started = child.start([sys.executable, "-c", "import time; time.sleep(600)"], env={"LOTPROOF_STACK": sys.argv[1]})
print(started.pid, flush=True)
time.sleep(600)
"""


REPLACED = """
import signal, subprocess, sys, time
def replace(*_):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    sys.exit()
signal.signal(signal.SIGTERM, replace)
print(flush=True)
time.sleep(600)
"""


def test_a_child_ends_with_a_parent_that_was_killed():
    parent = subprocess.Popen([sys.executable, "-c", PARENT, "test"], stdout=subprocess.PIPE, text=True, cwd=Path.cwd())
    pid = int(parent.stdout.readline())
    assert orphans.alive(pid)
    parent.kill()
    parent.wait()
    wait_for(lambda: not orphans.alive(pid))


def test_a_process_left_behind_is_found_by_its_mark_and_ended(tmp_path):
    mark = f"test-{time.time_ns()}"
    left = subprocess.Popen(SLEEP, env={orphans.MARK: mark}, cwd=tmp_path)
    wait_for(lambda: orphans.marked(mark) == [left.pid])
    assert orphans.working_in(tmp_path) == [left.pid]
    assert orphans.stop_all(orphans.marked(mark)) == 1
    assert left.wait() == -signal.SIGTERM
    assert orphans.marked(mark) == []


def test_a_process_that_will_not_listen_is_killed():
    mark = f"test-{time.time_ns()}"
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(600)"
    left = subprocess.Popen([sys.executable, "-c", deaf], env={orphans.MARK: mark}, stdout=subprocess.PIPE)
    left.stdout.readline()
    orphans.stop_all(orphans.marked(mark), timeout=0.3)
    assert left.wait() == -signal.SIGKILL


def test_one_that_is_replaced_when_it_is_asked_to_end_is_ended_too():
    mark = f"test-{time.time_ns()}"
    left = subprocess.Popen([sys.executable, "-c", REPLACED], env={orphans.MARK: mark}, stdout=subprocess.PIPE)
    left.stdout.readline()
    assert orphans.stop_marked(mark) == 2
    assert orphans.marked(mark) == []


def test_we_and_our_ancestors_are_never_taken_for_orphans():
    assert orphans.working_in(Path.cwd()) == [] or all(pid != 1 for pid in orphans.working_in(Path.cwd()))
    assert not set(orphans.working_in(Path.cwd())) & orphans._lineage()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="NO DISK THAT IS ALWAYS FULL: expected /dev/full")
def test_a_full_disk_under_its_own_words_does_not_end_the_stack(monkeypatch):
    full = open("/dev/full", "w")  # noqa: SIM115 - closing it fails, too
    monkeypatch.setattr("sys.stderr", full)
    up.say("nobody will read this")
    chain._say("nor this")
    with contextlib.suppress(OSError):
        full.close()

"""Processes that a killed run left behind: how to recognise them beyond doubt, and how to end them.

A process number says nothing (it is given out again), so a process is ours if it carries the mark of this checkout in
its environment, or works in our database folder. Known from Linux's /proc; on other systems nothing is found and a
busy port tells the user.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "LOTPROOF_STACK"
PATIENCE = 3.0  # seconds; whatever is killed after that is made for it

_PROC = Path("/proc")


def working_in(folder: Path) -> list[int]:
    """Processes whose current folder is `folder` (PostgreSQL and its children stand in their data folder)."""
    target = os.path.realpath(folder)
    return [pid for pid in _pids() if _cwd(pid) == target]


def marked(value: str) -> list[int]:
    """Processes started for the stack `value`, apart from ourselves and our ancestors."""
    mark = f"{MARK}={value}".encode()
    return [pid for pid in _pids() if mark in _environment(pid)]


def stop_marked(value: str, rounds: int = 3) -> int:
    """End the processes of the stack `value` and those that they still started meanwhile (a server that is asked to end
    may see its worker end first, and start another); return how many there were."""
    ended = 0
    for _ in range(rounds):
        found = marked(value)
        if not found:
            break
        ended += stop_all(found, timeout=PATIENCE)
    return ended


def wake(pids: list[int]) -> None:
    """Let processes that were stopped (SIGSTOP) go on: others may wait for their answer and could not end."""
    for pid in pids:
        _send(pid, signal.SIGCONT)


def stop_all(pids: list[int], sig: int = signal.SIGTERM, timeout: float = 10) -> int:
    """Ask each process to end, kill those that have not after `timeout` seconds; return how many there were."""
    for pid in pids:
        _send(pid, sig)
    wake(pids)  # a stopped process hears nothing else
    deadline = time.monotonic() + timeout
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.02)
    for pid in pids:
        if alive(pid):
            _send(pid, signal.SIGKILL)
    while any(alive(pid) for pid in pids) and time.monotonic() < deadline + 5:
        time.sleep(0.02)
    return len(pids)


def alive(pid: int) -> bool:
    """Whether the process exists and is not a zombie (a container without an init never reaps those)."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in ("Z", "X")


def _pids() -> Iterator[int]:
    lineage = _lineage()
    try:
        names = [entry.name for entry in _PROC.iterdir()]
    except OSError:
        return
    for name in names:
        if name.isdigit() and int(name) not in lineage and alive(int(name)):
            yield int(name)


def _lineage() -> set[int]:
    """We and our ancestors: never to be stopped, whatever mark they carry."""
    pid, seen = os.getpid(), set[int]()
    while pid > 0 and pid not in seen:
        seen.add(pid)
        try:
            stat = (_PROC / str(pid) / "stat").read_text()
        except OSError:
            break
        pid = int(stat.rpartition(")")[2].split()[1])
    return seen


def _cwd(pid: int) -> str:
    try:
        return str((_PROC / str(pid) / "cwd").readlink())
    except OSError:
        return ""


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _send(pid: int, sig: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, sig)

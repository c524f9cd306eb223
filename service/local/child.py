"""Starting a process so that it cannot outlive the one that started it.

A child is asked to stop by the kernel the moment its parent is gone (PR_SET_PDEATHSIG), which also holds when the
parent was killed with SIGKILL and could not say goodbye. Linux only; elsewhere the clean-up at the next start
(``orphans``) has to do.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_libc = (
    ctypes.CDLL(None) if sys.platform == "linux" else None
)  # loaded before any fork: dlopen in a forked child may hang


def die_with_parent(sig: int = signal.SIGTERM) -> None:
    """Have the kernel send `sig` to this process when the thread that started it ends."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(sig))


def start(
    argv: Sequence[str | Path],
    *,
    log: Path | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    user: pwd.struct_passwd | None = None,
    death_signal: int = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own (Ctrl-C in the terminal reaches only us; we stop children in our order).

    Output goes to `log` (appended) or nowhere, never to a pipe: Anvil stops answering when nobody reads its pipe.
    """
    parent = os.getpid()

    def before_exec() -> None:
        die_with_parent(death_signal)
        if os.getppid() != parent:  # the parent died between fork and prctl
            os._exit(1)

    out = open(log, "ab") if log else subprocess.DEVNULL  # noqa: SIM115 - closed below, after the child has it
    try:
        return subprocess.Popen(
            [str(a) for a in argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=dict(env) if env is not None else None,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=before_exec,  # runs after the change of user, which would reset the death signal
            **as_user(user),
        )
    finally:
        if log:
            out.close()  # type: ignore[union-attr]


def as_user(user: pwd.struct_passwd | None) -> dict[str, object]:
    """The arguments by which `subprocess` changes to `user`, or none."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def stop(process: subprocess.Popen[bytes], sig: int = signal.SIGTERM, timeout: float = 10) -> int:
    """Ask a child to end, insist after `timeout` seconds, and return its exit code."""
    if process.poll() is None:
        process.send_signal(sig)
        process.send_signal(signal.SIGCONT)  # a stopped process hears nothing else
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()
    return process.wait()


def tail(log: Path, lines: int = 8) -> str:
    """The last lines of a log, for an error message."""
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])

"""Start everything on this machine and serve until Ctrl-C: PostgreSQL, a chain, the anchor contract, web and worker.

LOTPROOF_DATABASE_URL and LOTPROOF_RPC_URL take a database and a chain from elsewhere; then they are not started here.
`--demo` plays six weeks of five companies and verifies every lot in a process of its own.
"""

import argparse
import base64
import contextlib
import os
import subprocess
import sys
import time

from service import settings
from service.local import child, embedded, stack
from service.local.embedded import Stack
from service.local.supervisor import Stopped, Supervisor
from service.settings import Settings

NEED = ("database_url", "origin", "rpc_urls", "log_key", "kek", "anchorer_key", "guardian", "operator_key")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="play the demo story once everything runs")
    parser.add_argument(
        "--exit", action="store_true", help="stop when everything ran (with --demo: when it was played)"
    )


def run(options: argparse.Namespace) -> int:
    supervisor, lock, code = Supervisor(say), None, 0
    try:
        ours = embedded.opened(os.environ)
        environ = stack.with_streams(embedded.environment(ours, os.environ))
        known = settings.load(environ, NEED)
        environ["LOTPROOF_LOG_PUBLIC_KEY"] = base64.b64encode(known.log_public_key or b"").decode()  # for web
        lock = stack.claim(ours, known.public_url)
        stack.start(supervisor, ours, environ, known, say)
        _greet(ours, known)
        if options.demo:
            code = _demo(supervisor, environ)
        supervisor.watch(until=lambda: options.exit)
        return code
    except Stopped:
        return code
    finally:
        supervisor.stop()
        if lock is not None:
            lock.close()  # the last thing: from here on another may start


def _demo(supervisor: Supervisor, environ: dict[str, str]) -> int:
    """Play the story in a process of its own, as a stranger who knows only the address and the operator's key."""
    playing = subprocess.Popen(
        [sys.executable, "-P", "-m", "service.demo"],
        env=environ,
        stdin=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is ours to hear
        preexec_fn=child.die_with_parent,
    )
    try:
        supervisor.watch(until=lambda: playing.poll() is not None)
    finally:
        child.stop(playing)
    say(
        "the demo is over" if not playing.returncode else f"THE DEMO FAILED (exit code {playing.returncode}), see above"
    )
    return playing.returncode


def _greet(ours: Stack, known: Settings) -> None:
    say(
        f"serving {known.public_url}   API: {known.public_url}/api/docs   operator's key in {ours.secrets}/operator.key"
    )
    say(f"streams of events (WebSocket): {known.stream_url}")
    say(f"state: {ours.data}   stop with Ctrl-C")
    if alarm := stack.halted(known.database_url):
        say(f"READ-ONLY, nothing is recorded. {alarm}\n          ./lotproof status tells what to do")


def say(text: str) -> None:
    """One line of progress, with the seconds since ./lotproof was started; where it cannot be written (a full disk) the
    stack runs on without it."""
    started = float(os.environ.get("LOTPROOF_STARTED") or _started)
    with contextlib.suppress(OSError):
        print(f"{time.time() - started:6.1f} s  {text}", file=sys.stderr, flush=True)


_started = time.time()

"""Serve HTTP: the API, the published log, the pages. Any number of these may run beside each other."""

import argparse
import gc
import multiprocessing
import os
import resource
from functools import partial
from pathlib import Path

from service.local import child, embedded, orphans
from service.roles import starting

MOST_LINES = 8_000
OTHER_FILES = 300  # connections to the database, libraries, logs


def arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(_: argparse.Namespace) -> None:
    from service.budgets.shared import buckets
    from service.metrics import shared

    with shared.counters(_place()), buckets():
        _serve()


def _place() -> Path | None:
    """Where the counters are kept: in the state of this stack, if there is one."""
    return embedded.data_folder(os.environ) / "run" / "metrics" if orphans.MARK in os.environ else None


def _serve() -> None:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    import service.app  # noqa: F401 - loaded once, before the workers are forked: they share it, in time and in memory
    from service.epcis.streams import process

    settings = _settings()
    starting.called("lotproof web", settings.database_url)
    server = Granian(
        "service.commands.web:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,  # all that is needed behind a proxy, and one protocol less to be attacked through
        workers=settings.web_processes,
        backlog=2048,
        backpressure=_lines(),
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        websockets=False,
        log_level=LogLevels.warning,
    )
    with process.beside(settings, partial(_made, settings)):
        server.serve()


def _lines() -> int:
    """How many lines a process holds open, idle ones too: whoever comes after them waits at the door."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_LINES + OTHER_FILES
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft := most, hard))
    return MOST_LINES if soft == resource.RLIM_INFINITY else min(MOST_LINES, max(soft - OTHER_FILES, soft // 2))


def application():  # type: ignore[no-untyped-def]
    """The app in one of granian's workers, which ends with granian even if that was killed."""
    child.die_with_parent()
    server = multiprocessing.parent_process()
    if server is not None and server.pid != os.getppid():  # it died before we could say that we want to die with it
        raise SystemExit("the server process is gone")
    from service.line.application import Line

    settings = _settings()
    made = _made(settings)
    house = made.extensions["lotproof"]
    house.binder.start()
    house.watcher.start()
    _collect_seldom()
    return Line(made, settings.web_threads, settings.slow_after)


def _settings():  # type: ignore[no-untyped-def]
    return embedded.load(["database_url", "origin", "kek"])


def _made(settings):  # type: ignore[no-untyped-def]
    from service.app import create_app

    return create_app(settings)


def _collect_seldom() -> None:
    """Let the cyclic garbage collector look seldom, and never at what was loaded.

    A bulk request makes a hundred thousand objects and no cycle of them; looking for one took a quarter of its time.
    """
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)

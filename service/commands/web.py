"""Serve HTTP: the API, the published log, the pages. Any number of these may run beside each other."""

import argparse
import gc
import multiprocessing
import os
from pathlib import Path

from service.local import child, embedded, orphans
from service.roles import starting


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

    settings = embedded.load(["database_url", "origin", "kek"])
    starting.called("lotproof web", settings.database_url)
    Granian(
        "service.commands.web:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,  # all that is needed behind a proxy, and one protocol less to be attacked through
        workers=settings.web_processes,
        blocking_threads=settings.web_threads,
        backlog=2048,
        backpressure=settings.web_threads * 4,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        websockets=False,
        log_level=LogLevels.warning,
    ).serve()


def application():  # type: ignore[no-untyped-def]
    """The app in one of granian's workers, which ends with granian even if that was killed."""
    child.die_with_parent()
    server = multiprocessing.parent_process()
    if server is not None and server.pid != os.getppid():  # it died before we could say that we want to die with it
        raise SystemExit("the server process is gone")
    from service.app import create_app

    made = create_app(embedded.load(["database_url", "origin", "kek"]))
    house = made.extensions["lotproof"]
    house.binder.start()
    house.watcher.start()
    _collect_seldom()
    return made


def _collect_seldom() -> None:
    """Let the cyclic garbage collector look seldom, and never at what was loaded.

    A bulk request makes a hundred thousand objects and no cycle of them; looking for one took a quarter of its time.
    """
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)

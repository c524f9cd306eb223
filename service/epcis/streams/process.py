"""The process that serves streams, beside the web workers and like them a fork of the server: it shares what was
loaded, the budgets and the counters, and ends with it.

    web server ── keeper ── streams       the keeper starts it again when it ends unasked, after 1, 2, 4 … 30 s
"""

import asyncio
import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from time import monotonic
from types import FrameType

from flask import Flask

from service.epcis.streams.server import Streams
from service.local import child
from service.settings import Settings

GRACE_SECONDS = 10.0
LONGEST_WAIT = 30.0
HEALTHY_AFTER = 60.0
_FORK = multiprocessing.get_context("fork")

log = logging.getLogger(__name__)


@contextmanager
def beside(settings: Settings, make: Callable[[], Flask]) -> Iterator[None]:
    """Streams are served inside, where LOTPROOF_STREAM_LISTEN says where; `make` makes the app in their process."""
    if settings.stream_listen is None:
        yield
        return
    keeper = _FORK.Process(target=_keep, args=(os.getpid(), settings.stream_listen, make), name="keeper of streams")
    keeper.start()
    try:
        yield
    finally:
        keeper.terminate()
        keeper.join(GRACE_SECONDS + 2)
        keeper.kill()


def _keep(parent: int, listen: tuple[str, int], make: Callable[[], Flask]) -> None:
    child.die_with_parent()
    asked, running, crashes = Event(), list[multiprocessing.process.BaseProcess](), 0

    def stop(_: int, __: FrameType | None) -> None:
        asked.set()
        for each in running:
            if each.is_alive():
                each.terminate()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    while not asked.is_set() and os.getppid() == parent:
        running[:] = [_FORK.Process(target=_serve, args=(os.getpid(), listen, make), name="streams")]
        running[0].start()
        began = monotonic()
        running[0].join()
        crashes = 0 if monotonic() - began > HEALTHY_AFTER else crashes
        if not asked.is_set():
            log.error("streams ended with %s; starting them again", running[0].exitcode)
            asked.wait(min(2.0**crashes, LONGEST_WAIT))
            crashes += 1


def _serve(parent: int, listen: tuple[str, int], make: Callable[[], Flask]) -> None:
    child.die_with_parent()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_DFL)
    if os.getppid() == parent:
        asyncio.run(_until_asked(Streams(make), *listen))


async def _until_asked(streams: Streams, host: str, port: int) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    await streams.run(host, port, stop)

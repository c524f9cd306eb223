"""The place of the newest event, for all lines that wait: one question a tick, however many there are."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

TICK_SECONDS = 0.25
REST_SECONDS = 2.0  # while the database is away

log = logging.getLogger(__name__)


class Tide:
    """`look` tells the last place; it is asked while somebody waits, and by one task, `run`."""

    def __init__(self, look: Callable[[], Awaitable[int]]) -> None:
        self._look, self._last, self._waiting = look, 0, 0
        self._moved, self._wanted = asyncio.Event(), asyncio.Event()

    async def run(self) -> None:
        while True:
            await self._wanted.wait()
            rest = TICK_SECONDS
            try:
                self._rise(await self._look())
            except Exception as away:
                log.warning("the newest event is not known: %s", type(away).__name__)
                rest = REST_SECONDS
            await asyncio.sleep(rest)

    @property
    def last(self) -> int:
        """As far as is known."""
        return self._last

    async def above(self, place: int, within: float) -> None:
        """Return when there is an event behind `place`, or after `within` seconds."""
        self._waiting += 1
        self._wanted.set()
        try:
            async with asyncio.timeout(within):
                while self._last <= place:
                    await self._moved.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._wanted.clear()

    def _rise(self, last: int) -> None:
        if last > self._last:
            self._last = last
            self._moved.set()
            self._moved = asyncio.Event()

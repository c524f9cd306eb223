"""How far a long work is: one line that is rewritten on a terminal, plain lines now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

REWRITTEN, TOLD = 0.2, 10.0  # seconds between two lines, on a terminal and in a file


class Progress:
    """Tells `where` that `done` of `total` are done; what goes quickly is not worth a line in a file."""

    def __init__(self, where: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        self._where = where
        self._clock = clock
        self._terminal = where.isatty()
        self._started = self._told = clock()
        self._width = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        now = self._clock()
        if now - self._told < (REWRITTEN if self._terminal else TOLD):
            return
        self._told = now
        line = f"{what} {done:,} of {total:,} ({100 * done // max(total, 1)} %), {now - self._started:.0f} s"
        if not self._terminal:
            print(line, file=self._where, flush=True)
            return
        print(f"\r{line:<{self._width}}", end="", file=self._where, flush=True)
        self._width = len(line)

    def end(self) -> None:
        """Wipe the line, so that the report does not begin behind it."""
        if self._width:
            print(f"\r{'':<{self._width}}\r", end="", file=self._where, flush=True)
            self._width = 0

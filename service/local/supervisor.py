"""Keeps the parts of the embedded stack running: starts them, starts a crashed one again, stops all in order.

Every part is a direct child of the supervisor's main thread, so that the kernel ends it with us (the death signal
hangs on the thread). A part that ends is started again after 1, 2, 4 … 30 s; the wait is forgotten once it ran for a
minute. The parts find each other again by themselves: a database connection is checked before use, the worker reads
the chain anew in every round.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from service.local import child
from service.local.errors import SetupError, advice

LONGEST_WAIT = 30.0
HEALTHY_AFTER = 60.0


@dataclass(slots=True)
class Part:
    """One process of the stack: how it is started, when it is ready, how it is asked to stop."""

    name: str
    launch: Callable[[], subprocess.Popen[bytes]]
    ready: Callable[[], bool]
    log: Path
    stop_signal: int = signal.SIGTERM
    patience: float = 60
    process: subprocess.Popen[bytes] | None = None
    launched_at: float = 0
    crashes: int = 0
    restart_at: float = field(default=0, repr=False)


class Stopped(Exception):
    """The user or the system asked us to stop."""


class Supervisor:
    def __init__(self, say: Callable[[str], None]) -> None:
        self.parts: list[Part] = []
        self._say = say
        self._asked: int | None = None
        for sig in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(sig, self._ask)

    def _ask(self, sig: int, _: FrameType | None) -> None:
        if self._asked is not None:  # asked twice: no more patience
            for part in self.parts:
                if part.process and part.process.poll() is None:
                    part.process.kill()
            sys.exit(128 + sig)
        self._asked = sig
        raise Stopped

    def launch(self, part: Part) -> None:
        """Start a part, without waiting for it."""
        self.parts.append(part)
        self._launch(part)

    def _launch(self, part: Part) -> None:
        part.process, part.launched_at = part.launch(), time.monotonic()

    def await_ready(self, *parts: Part) -> None:
        """Return when all `parts` are ready; SetupError with the end of its log if one ends or takes too long."""
        for part in parts:
            while not part.ready():
                assert part.process is not None
                if part.process.poll() is not None:
                    raise SetupError(
                        f"{part.name} ended with {part.process.returncode} instead of starting. {_end(part.log)}"
                    )
                if time.monotonic() - part.launched_at > part.patience:
                    raise SetupError(f"{part.name} was not ready within {part.patience:.0f} s. {_end(part.log)}")
                time.sleep(0.02)

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Keep everything running until `until`, or until we are asked to stop (raises Stopped)."""
        while not until():
            for part in self.parts:
                self._look_after(part)
            time.sleep(0.1)

    def _look_after(self, part: Part) -> None:
        now = time.monotonic()
        if part.restart_at:
            if now >= part.restart_at:
                part.restart_at = 0
                self._restart(part)
        elif part.process is None or part.process.poll() is not None:
            part.crashes = 0 if now - part.launched_at > HEALTHY_AFTER else part.crashes
            wait = min(2.0**part.crashes, LONGEST_WAIT)
            part.crashes += 1
            part.restart_at = now + wait
            ended = "could not be started" if part.process is None else f"ended with {part.process.returncode}"
            self._say(f"{part.name} {ended}; starting it again in {wait:.0f} s. {_end(part.log, 3)}")

    def _restart(self, part: Part) -> None:
        try:
            self._launch(part)
        except (SetupError, OSError) as trouble:
            part.process, part.launched_at = None, time.monotonic()
            self._say(f"{part.name}: {trouble}")

    def stop(self) -> None:
        """Stop all parts, the last started first, each in its own gentle way; a signal from now on means: at once."""
        self._asked = self._asked or signal.SIGTERM
        for part in reversed(self.parts):
            if part.process is not None and part.process.poll() is None:
                child.stop(part.process, part.stop_signal, timeout=part.patience)
                self._say(f"{part.name} stopped")


def _end(log: Path, lines: int = 8) -> str:
    """The end of a part's log, and what to do where the disk is the reason."""
    text = child.tail(log, lines)
    return f"{advice(text)}The end of {log}:\n{text}" if text else f"It said nothing ({log})"

"""Who kills: one victim after another, or several at once, at random moments, by SIGKILL or by a long sleep; and who
lets the disk be full for a while, where it has one of its own.
"""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.campaigns.disk import Disk
from tests.tools.running import Running

PARTS: dict[str, tuple[str, ...]] = {
    "postgres": ("postgres", "-D"),
    "a postgres connection": ("postgres:",),
    "anvil": ("anvil", "--port"),
    "chain": ("service.cli", "chain"),
    "web": ("service.cli", "web"),
    "worker": ("service.cli", "worker"),
}
ASLEEP = (0.5, 4.0)  # seconds
FULL = (1.0, 8.0)  # seconds


@dataclass(slots=True)
class Nemesis:
    """`kills` counts by victim, `recovered` has the seconds from each blow to the next acknowledged movement."""

    running: Running
    dice: Random
    disk: Disk | None = None
    kills: dict[str, int] = field(default_factory=dict)
    recovered: list[float] = field(default_factory=list)

    def strike(self, acknowledged: Callable[[], float], patience: float) -> None:
        """One blow, then wait until a movement is acknowledged that was not before; AssertionError after `patience`."""
        blow = self.dice.choice(self._blows())
        begun = time.monotonic()
        blow()
        deadline = begun + patience
        while acknowledged() <= begun:
            if time.monotonic() > deadline:
                raise AssertionError(f"nothing is acknowledged {patience} s after {blow.__name__}\n{self._told()}")
            time.sleep(0.02)
        self.recovered.append(time.monotonic() - begun)
        time.sleep(self.dice.uniform(0.0, 1.5))

    def _told(self) -> str:
        """What the product says of itself."""
        try:
            status = str(self.running.status())
        except (OSError, ValueError) as error:
            status = f"no status: {error}"
        ends = [f"{log.name}: {log.read_text()[-1500:]}" for log in sorted(self.running.folder.glob("log/*.log"))]
        return "\n".join([str(self.kills), status, self.running.said(), *ends])

    def _blows(self) -> list[Callable[[], None]]:
        fill = [] if self.disk is None else [self._fill_the_disk]
        return [self._kill, self._kill, self._kill_two, self._put_to_sleep, self._kill_supervisor, *fill]

    def _fill_the_disk(self) -> None:
        assert self.disk is not None
        self._count("the disk full")
        with self.disk.full():
            time.sleep(self.dice.uniform(*FULL))

    def _kill(self) -> None:
        self._send(signal.SIGKILL)

    def _kill_two(self) -> None:
        self._send(signal.SIGKILL)
        time.sleep(self.dice.uniform(0, 0.3))
        self._send(signal.SIGKILL)

    def _put_to_sleep(self) -> None:
        asleep = self._send(signal.SIGSTOP)
        time.sleep(self.dice.uniform(*ASLEEP))
        for pid in asleep:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def _kill_supervisor(self) -> None:
        self._count("everything, and its supervisor")
        self.running.process.kill()
        self.running.process.wait()
        self.running.start()

    def _send(self, number: int) -> list[int]:
        name = self.dice.choice(sorted(PARTS))
        found = sorted(self.running.part(*PARTS[name]))
        if not found:  # it is being started again this very moment
            return []
        pid = self.dice.choice(found) if name == "a postgres connection" else found[0]
        self._count(name)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        return [pid]

    def _count(self, name: str) -> None:
        self.kills[name] = self.kills.get(name, 0) + 1

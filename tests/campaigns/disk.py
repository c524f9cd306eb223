"""A disk of its own that can be full: a tmpfs whose limit is drawn tight. Only root may mount one."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

WIDE = "50%"  # of the memory
SPARE = 1 << 16  # bytes that are left of a disk that is full


class Disk:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def full(self) -> Iterator[None]:
        """Nothing more fits while this lasts."""
        self._limit(str(self._used() + SPARE))
        try:
            yield
        finally:
            self._limit(WIDE)

    def _used(self) -> int:
        seen = os.statvfs(self.folder)
        return (seen.f_blocks - seen.f_bfree) * seen.f_frsize

    def _limit(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.folder)], check=True, capture_output=True)


@contextmanager
def disk(folder: Path) -> Iterator[Disk | None]:
    """`folder` on a disk of its own; None where that is not allowed, and then it stays where it is."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={WIDE},mode=0711", "tmpfs", str(folder)]
    try:
        allowed = subprocess.run(mount, capture_output=True).returncode == 0
    except OSError:  # no such command
        allowed = False
    try:
        yield Disk(folder) if allowed else None
    finally:
        if allowed:
            subprocess.run(["umount", "--lazy", str(folder)], check=False, capture_output=True)

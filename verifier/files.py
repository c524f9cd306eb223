"""Files that are written whole or not at all, and read up to a limit."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that after a crash the old or the new one stands there, never a part."""
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    with suppress(OSError):  # a folder cannot be opened everywhere; there the rename is as durable as it gets
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def content(path: Path, limit: int) -> bytes:
    """The file's bytes, one more than the limit at most: a larger one is refused by the reader, not read."""
    with path.open("rb") as file:
        return file.read(limit + 1)

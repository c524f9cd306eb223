"""Attachments: files outside of the database, named by their SHA-256, written whole or not at all.

    DIR/ab/abcdef…      the hash stands in the case's act, and in the statement of the movement that decides the case
"""

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

MOST_BYTES = 20_000_000


@dataclass(frozen=True, slots=True)
class Altered(Exception):
    """The file is gone, or is not what was attached. `seen` is its hash now."""

    expected: str
    seen: str | None


def keep(folder: Path, content: bytes) -> str:
    """The file's name, durable under it; the same content is kept once."""
    name = sha256(content).hexdigest()
    target = path_of(folder, name)
    if target.exists() and sha256(target.read_bytes()).hexdigest() == name:
        return name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with NamedTemporaryFile(dir=target.parent, prefix=".half-", delete=False) as half:
        try:
            half.write(content)
            half.flush()
            os.fsync(half.fileno())
            Path(half.name).replace(target)
        except BaseException:
            Path(half.name).unlink(missing_ok=True)
            raise
    _sync(target.parent)
    return name


def read(folder: Path, name: str) -> bytes:
    """What was attached, checked; raises Altered."""
    try:
        content = path_of(folder, name).read_bytes()
    except FileNotFoundError:
        raise Altered(name, None) from None
    seen = sha256(content).hexdigest()
    if seen != name:
        raise Altered(name, seen)
    return content


def path_of(folder: Path, name: str) -> Path:
    return folder / name[:2] / name


def _sync(folder: Path) -> None:
    """The name too survives a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

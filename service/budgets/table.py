"""Many buckets in memory that several processes share: a fixed number of places, whatever callers invent.

    header   16 bytes, the key under which names are hashed: nobody can choose names that push a victim out
    sets     each of WAYS hashed names and WAYS moments (see `rate`), 8 bytes each

A name has one set. A new one takes the place whose bucket is full soonest, and a full bucket is worth forgetting. Only
where all WAYS of a set owe something does the one that owes least get its debt forgiven.

A lock of the kernel guards each look: who dies holding it lets go of it. A library was looked for: `limits` and its kin
count in each process for itself, or in a Redis that this house does not have; one that shares a file keeps every
request of the last seconds and reads them all each time.
"""

import fcntl
import hashlib
import mmap
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from struct import Struct
from threading import Lock

from service.budgets.rate import Rate

SETS = 8192
WAYS = 8
_HEADER = 16
_SET = Struct(f"={WAYS}Q{WAYS}q")
_PLACE, _MOMENT = Struct("=Q"), Struct("=q")
SIZE = _HEADER + SETS * _SET.size


@dataclass(frozen=True, slots=True)
class Draw:
    """`cost` requests out of the bucket `name`."""

    name: str
    rate: Rate
    cost: int = 1


class Table:
    """The buckets in `file`, which another process may have open too; without one, of this process alone."""

    def __init__(self, file: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile() if file is None else file.open("r+b")  # noqa: SIM115 - as long as we live
        if file is None:
            _fill(self._file.fileno())
        self._memory = mmap.mmap(self._file.fileno(), SIZE)
        self._key, self._threads = self._memory[:_HEADER], Lock()

    def take(self, draws: Sequence[Draw], now: int) -> tuple[int, Draw] | None:
        """Pay all of them and return None, or none, and return the longest wait and for which.

        `now` in nanoseconds of a clock that all who share the table share.
        """
        named = [(draw, *self._hashed(draw.name)) for draw in draws]
        with self._locked():
            after = [draw.rate.after(self._found(at, name)[1], now, draw.cost) for draw, at, name in named]
            waits = [draw.rate.wait(moment, now) for draw, moment in zip(draws, after, strict=True)]
            longest = max(range(len(waits)), key=waits.__getitem__)
            if waits[longest]:
                return waits[longest], draws[longest]
            for (_, at, name), moment in zip(named, after, strict=True):
                self._put(at, name, moment)
        return None

    def _put(self, at: int, name: int, moment: int) -> None:
        place, _ = self._found(at, name)  # anew: two new names may have been shown the same free place
        _PLACE.pack_into(self._memory, place, name)
        _MOMENT.pack_into(self._memory, place + WAYS * _PLACE.size, moment)

    def _found(self, at: int, name: int) -> tuple[int, int]:
        """Where the bucket is, or may be put, and when it is full."""
        here = _SET.unpack_from(self._memory, at)
        for way in range(WAYS):
            if here[way] == name:
                return at + way * _PLACE.size, here[WAYS + way]
        soonest = min(range(WAYS), key=lambda way: here[WAYS + way])
        return at + soonest * _PLACE.size, 0

    def _hashed(self, name: str) -> tuple[int, int]:
        """The place of the set, and the name in it."""
        digest = hashlib.blake2b(name.encode(), key=self._key, digest_size=16).digest()
        at = int.from_bytes(digest[:8], "little") % SETS
        return _HEADER + at * _SET.size, int.from_bytes(digest[8:], "little") or 1

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with self._threads:  # the kernel's lock belongs to the process
            fcntl.lockf(self._file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN)


def make(file: Path) -> None:
    """A new table for several processes."""
    with file.open("xb") as made:
        _fill(made.fileno())


def _fill(descriptor: int) -> None:
    os.write(descriptor, secrets.token_bytes(_HEADER))
    os.truncate(descriptor, SIZE)

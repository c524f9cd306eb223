"""The passes of an audit over the entries on disk, one for each key partition, in one process or in several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Protocol

from verifier.partition import PLACE, Looked, bits_for, look
from verifier.reading import spooled


class HowMany(Protocol):
    """In how many processes, and in how many parts if not as many as keep memory small."""

    @property
    def jobs(self) -> int: ...
    @property
    def bits(self) -> int | None: ...
    @property
    def progress(self) -> Callable[[str, int, int], None]: ...


def looked_at(
    path: Path,
    size: int,
    sizes: Sequence[int],
    how: HowMany,
    known: Mapping[int, Looked],
    done: Callable[[int, Looked], None],
) -> Iterator[Looked]:
    """What the pass over each part finds, in order of the parts; those `known` are not looked at again.

    `sizes` rising, all at most `size`, the number of entries in the spool at `path`. `done` is told of every pass.
    """
    bits = bits_for(size) if how.bits is None else how.bits
    known = {number: part for number, part in known.items() if len(part.places) == PLACE * len(sizes)}
    parts = range(1 << bits)
    missing = [number for number in parts if number not in known]
    passes = _passes(partial(_look, path, bits, sizes), missing, how.jobs)
    for number in parts:
        if number in known:
            yield known[number]
            continue
        looked = next(passes)
        if not looked.breaks:
            done(number, looked)
        how.progress("parts of the lot map", number + 1, len(parts))
        yield looked


def _look(path: Path, bits: int, sizes: Sequence[int], part: int) -> Looked:
    return look(spooled(path, part, bits), part, bits, sizes)


def _passes(one: Callable[[int], Looked], parts: Sequence[int], jobs: int) -> Iterator[Looked]:
    if jobs < 2 or len(parts) < 2 or "fork" not in get_all_start_methods():
        return map(one, parts)
    return _in_processes(one, parts, min(jobs, len(parts)))


def _in_processes(one: Callable[[int], Looked], parts: Sequence[int], jobs: int) -> Iterator[Looked]:
    with get_context("fork").Pool(jobs) as pool:
        yield from pool.imap(one, parts)

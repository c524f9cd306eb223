"""Helpers that hash while the server reads: as many processes as the audit may have."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.pool import Pool
from types import TracebackType

from anchoring.audit.mappage import Looked, Task, look

_AT_ONCE = 250  # pages handed over in one piece


class Hands:
    """Looks at pages, here or in `jobs` processes. They inherit what is open and touch none of it."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs if "fork" in get_all_start_methods() else 1
        self._pool: Pool | None = None

    def __enter__(self) -> Hands:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.terminate()

    def look(self, tasks: Iterable[Task]) -> Iterator[Looked]:
        """What is seen in each page; few are looked at here."""
        waiting = iter(tasks)
        first = list(islice(waiting, _AT_ONCE))
        if self._jobs < 2 or len(first) < _AT_ONCE:
            yield from look(first)
            while several := list(islice(waiting, _AT_ONCE)):
                yield from look(several)
            return
        if self._pool is None:
            self._pool = get_context("fork").Pool(self._jobs)
        # Handed over by this thread, piece by piece: `imap` would walk the tasks in a thread of its own, beside us.
        ahead = deque([self._pool.apply_async(look, (first,))])
        while several := list(islice(waiting, _AT_ONCE)):
            ahead.append(self._pool.apply_async(look, (several,)))
            if len(ahead) > 2 * self._jobs:
                yield from ahead.popleft().get()
        for asked in ahead:
            yield from asked.get()

"""Work without Python's cyclic garbage collector."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """For work that makes many objects and no cycle of them.

    A round of the sequencer makes a hundred thousand. The collector would look at them again and again in the hope of
    a cycle: that was a third of the time of a round. Reference counting frees them all when the round is over.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()

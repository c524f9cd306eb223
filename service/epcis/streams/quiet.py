"""Stretches of places in which a reader has nothing to see: of all his streams one looks, the others pass on.

A place is given once and never before one that was read (`placing`), so what was empty stays empty.
"""

from collections.abc import Hashable

MOST_READERS = 4096
"""More are forgotten, all at once: then one stream of each looks again."""


class Quiet:
    """The newest stretch of each reader."""

    def __init__(self) -> None:
        self._stretches: dict[Hashable, tuple[int, int]] = {}

    def note(self, reader: Hashable, place: int, last: int) -> None:
        """Nothing for this reader behind `place` and up to `last`."""
        begun, ended = self._stretches.get(reader, (place, place))
        if len(self._stretches) >= MOST_READERS:
            self._stretches.clear()
        joined = begun <= place <= ended
        self._stretches[reader] = (begun, max(last, ended)) if joined else (place, last)

    def covers(self, reader: Hashable, place: int, last: int) -> bool:
        """Whether it is known that there is nothing for him behind `place` and up to `last`."""
        begun, ended = self._stretches.get(reader, (0, -1))
        return begun <= place and last <= ended

"""Few at a time: hashing a password takes a core and 32 MiB for a tenth of a second.

Who finds the room full is sent away at once, so that a flood of sign-ins holds at most ROOM of a process's threads and
AT_ONCE cores, and everybody else is served.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from service.api.problem import try_later

AT_ONCE = 2
ROOM = 4


class Turns:
    """Of one process."""

    def __init__(self, at_once: int = AT_ONCE, room: int = ROOM) -> None:
        self._working, self._room = BoundedSemaphore(at_once), BoundedSemaphore(room)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """One's turn; raises Problem 503 if the room is full."""
        if not self._room.acquire(blocking=False):
            raise try_later("many-sign-in", "many people sign in at this moment; try again in a few seconds", 3)
        try:
            with self._working:
                yield
        finally:
            self._room.release()

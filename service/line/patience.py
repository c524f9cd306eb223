"""How long somebody at the other end may take, to send a body or to take an answer: a grace, and time for each byte.

    allowed = grace + bytes so far / LEAST

Only time in which we wait for him counts. A byte now and then does not keep a line open, and a slow one that goes on is
not cut.
"""

import asyncio
from collections.abc import Awaitable
from time import monotonic
from typing import TypeVar

LEAST = 8_000  # bytes a second: a poor telephone line

Result = TypeVar("Result")


class TooSlow(Exception):
    """He took longer than he may."""


class Patience:
    """With one body, or one answer; `grace` in seconds."""

    def __init__(self, grace: float) -> None:
        self._left = grace

    async def wait(self, what: Awaitable[Result]) -> Result:
        """Raises TooSlow; what was waited for is cancelled then."""
        begun = monotonic()
        try:
            async with asyncio.timeout(self._left):
                return await what
        except TimeoutError:
            raise TooSlow from None
        finally:
            self._left -= monotonic() - begun

    def moved(self, size: int) -> None:
        self._left += size / LEAST

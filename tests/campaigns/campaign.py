"""What every campaign is: cases drawn from a seed, figures on the way, and the first contradiction with how to see it
again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from bench.rows import Row


@dataclass(frozen=True, slots=True)
class Plan:
    """How much: `scale` 1 is the whole campaign, the suite runs a small part of it. The same seed, the same cases."""

    seed: int
    scale: float = 1.0
    minutes: float | None = None  # instead of a scale, where a campaign draws its cases one by one
    of: str | None = None  # a part, where a campaign has such
    renew: bool = False  # what is kept and compared with is written anew, where a campaign has such

    def dice(self, about: str) -> Random:
        """Independent of how many others were drawn."""
        return Random(f"{self.seed}/{about}")

    def many(self, whole: int) -> int:
        """How many of `whole` cases, at least one."""
        return max(1, round(whole * self.scale))


Campaign = Callable[[Plan], Iterator[Row]]
"""Yields figures as it goes; raises Contradiction at the first case that went wrong."""


class Contradiction(AssertionError):
    """What was promised and what was seen; `case` finds it again."""

    def __init__(self, case: str, expected: object, seen: object) -> None:
        super().__init__(f"{case}: expected {expected}, got {seen}")

"""What every campaign is: cases drawn from a seed, figures on the way, and the first contradiction with how to see it
again.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from time import monotonic
from typing import Self

from bench.rows import Row

PATIENCE = 30.0  # seconds without a word


@dataclass(frozen=True, slots=True)
class Plan:
    """How much: `scale` 1 is the whole campaign, the suite runs a small part of it. The same seed, the same cases."""

    seed: int
    scale: float = 1.0
    minutes: float | None = None  # instead of a scale, where a campaign draws its cases one by one
    of: str | None = None  # a part, where a campaign has such
    renew: bool = False  # what is kept and compared with is written anew, where a campaign has such
    told: list[float] = field(default_factory=lambda: [monotonic()], compare=False, repr=False)
    """When it was last said how far it has come."""

    def dice(self, about: str) -> Random:
        """Independent of how many others were drawn."""
        return Random(f"{self.seed}/{about}")

    def many(self, whole: int) -> int:
        """How many of `whole` cases, at least one."""
        return max(1, round(whole * self.scale))

    def passed(self, what: str, done: int, total: int | None = None) -> None:
        """Say how far it has come, on the way and now and then."""
        if monotonic() - self.told[0] >= PATIENCE:
            self.told[0] = monotonic()
            of = "" if total is None else f" of {total:,}"
            print(f"  … {done:,}{of} {what}", file=sys.stderr, flush=True)


Campaign = Callable[[Plan], Iterator[Row]]
"""Yields figures as it goes; raises Contradiction at the first case that went wrong."""


class Contradiction(AssertionError):
    """What was promised and what was seen; `case` finds it again."""

    def __init__(self, case: str, expected: object, seen: object) -> None:
        super().__init__(f"{case}: expected {expected}, got {seen}")
        self.said = case, expected, seen

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, str]]:
        """It may have to come out of a process."""
        case, expected, seen = self.said
        return type(self), (case, str(expected), str(seen))

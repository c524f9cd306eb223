"""Excursions: when readings of one kind at one point were beyond their limits, for longer than is allowed.

    readings in order ──runs──▶ runs beyond the limits ──excursions──▶ those that lasted

A run begins with the first reading beyond a limit. It ends with the first that is back inside by the hysteresis: a
value that trembles on the limit is one run, not forty. It lasts from its first reading to the one with which it was
over, or to its newest, and is an excursion once that is as long as is allowed; with nothing allowed its first reading
is enough.
A gap ends nothing and counts in full: nobody knows what was in it.

The fold is over all readings of a window, whatever order they came in; so the answer depends on what was measured and
not on when it arrived.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from service.domain.sensors import EXCURSION_MINUTES, MINUTE, Reading


@dataclass(frozen=True, slots=True)
class Limits:
    """In thousandths; None: no limit on that side. `allowed` in milliseconds."""

    low: int | None
    high: int | None
    allowed: int = 0
    hysteresis: int = 0

    def beyond(self, value: int) -> bool:
        """A value on the limit is within it."""
        return (self.low is not None and value < self.low) or (self.high is not None and value > self.high)

    def back(self, value: int) -> bool:
        """Far enough inside for a run to be over."""
        under = self.high is None or value <= self.high - self.hysteresis
        return under and (self.low is None or value >= self.low + self.hysteresis)

    def distance(self, value: int) -> int:
        """How far beyond; 0 within."""
        below = 0 if self.low is None else self.low - value
        above = 0 if self.high is None else value - self.high
        return max(0, below, above)


@dataclass(frozen=True, slots=True)
class Run:
    """`last` is the newest reading of the run, `ended` the reading with which it was over. `worst` is the value
    farthest beyond, at `worst_at`. `late` are gaps longer than the rule allows while it lasted, as (from, to)."""

    began: int
    last: int
    ended: int | None
    worst: int
    worst_at: int
    readings: int
    late: tuple[tuple[int, int], ...] = ()

    @property
    def lasted(self) -> int:
        return (self.last if self.ended is None else self.ended) - self.began


def runs(readings: Iterable[Reading], limits: Limits) -> Iterator[Run]:
    """Of readings of one kind in the order of their times."""
    open: list[Reading] = []
    for reading in readings:
        if open and limits.back(reading.value):
            yield _run(open, limits, reading)
            open = []
        elif open or limits.beyond(reading.value):
            open.append(reading)
    if open:
        yield _run(open, limits, None)


def excursions(readings: Iterable[Reading], limits: Limits) -> Iterator[Run]:
    """The runs that lasted as long as is allowed."""
    return (run for run in runs(readings, limits) if run.lasted >= limits.allowed)


def _run(open: Sequence[Reading], limits: Limits, ended: Reading | None) -> Run:
    worst = max(open, key=lambda each: (limits.distance(each.value), -each.at))
    times = [each.at for each in open] + ([ended.at] if ended else [])
    late = tuple((a, b) for a, b in pairwise(times) if b - a > EXCURSION_MINUTES * MINUTE)
    return Run(open[0].at, open[-1].at, ended.at if ended else None, worst.value, worst.at, len(open), late)

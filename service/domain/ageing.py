"""How far goods have aged ahead of their printed date, by what was measured where they lay.

    ahead     = Σ (rate(Tᵢ) − 1) · Δtᵢ     over all that was measured; other time counts as on the label
    usable to = expiry − ahead             in whole days, never later than the expiry: cold does not lengthen it

A series answers for any span in two look-ups, so that thousands of lots in one room cost one walk over its readings.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate

from service.domain.exposure import Span, lasted
from service.domain.kinetics import RATE, Ageing

DAY_MS = 86_400_000
MILLION = 1_000_000
MOST_MS, MOST_SHARE = 2**53 - 1, 2**31 - 1


class Series:
    """The readings of one sensor in the order of their times; each stands for the time to the next, at most `longest`
    milliseconds."""

    def __init__(self, times: Sequence[int], values: Sequence[int], until: int, longest: int, ageing: Ageing) -> None:
        self._times = times
        self._lasted = lasted(times, until, longest)
        self._pace = [ageing.rate(value) - RATE for value in values]
        self._sums = [0, *accumulate(pace * time for pace, time in zip(self._pace, self._lasted, strict=True))]

    def ahead(self, span: Span) -> int:
        """In billionths of a millisecond; below zero where it was colder than the reference."""
        return 0 if span.empty else self._upto(span.until) - self._upto(span.since)

    def _upto(self, moment: int) -> int:
        at = bisect_right(self._times, moment) - 1
        if at < 0:
            return 0
        return self._sums[at] + self._pace[at] * min(self._lasted[at], moment - self._times[at])


def milliseconds(ahead: int) -> int:
    """Rounded up: of two answers the one that is older. Beyond what a store can do, the most that can be told."""
    return max(-MOST_MS, min(-(-ahead // RATE), MOST_MS))


def usable_to(expiry: date | None, ahead_ms: int) -> date | None:
    """The day on which goods that were kept as the label says would be as old; never after the expiry date."""
    if expiry is None:
        return None
    days = max(0, -(-ahead_ms // DAY_MS))
    return max(date.min, expiry - timedelta(days=min(days, (expiry - date.min).days)))


def consumed(begun: date | None, expiry: date | None, today: date, ahead_ms: int) -> int | None:
    """Millionths of the shelf life that are used up; None where nobody knows when it began or ends. At least 0; more
    than a million: the goods are older than they may be, at most MOST_SHARE."""
    if begun is None or expiry is None or expiry <= begun:
        return None
    life = ((expiry - begun).days + 1) * DAY_MS
    age = (today - begun).days * DAY_MS + max(0, ahead_ms)
    return max(0, min(age * MILLION // life, MOST_SHARE))

"""A bucket that refills steadily, as the generic cell rate algorithm (ITU-T I.371) keeps it: one number for each.

The number is the moment at which the bucket will be full again. A request moves it by `cost` times the time that one
costs; it may lie at most a full bucket ahead of now.
"""

from dataclasses import dataclass

SECOND = 1_000_000_000
AT_ONCE = 5  # seconds' worth: a page that asks for much at once is no flood
LEAST = 10  # whatever one operation costs, a full bucket can pay for it


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_second` in the long run, `burst` at once. Nanoseconds in all that follows."""

    per_second: float

    @property
    def burst(self) -> int:
        return max(LEAST, round(self.per_second * AT_ONCE))

    @property
    def interval(self) -> int:
        """What one request costs."""
        return max(1, round(SECOND / self.per_second))

    def after(self, full_at: int, now: int, cost: int) -> int:
        """When the bucket is full again after this; also of a request that it cannot pay for."""
        return max(full_at, now) + cost * self.interval

    def wait(self, full_at: int, now: int) -> int:
        """How long until a bucket that would be full at `full_at` can pay for that; 0: it can."""
        return max(0, full_at - now - self.burst * self.interval)

"""Whether our clock and the chain's are far apart, told by blocks that just appeared.

A chain may rest: that its newest block is an hour old says nothing. Two things do say something:

* a block from the future: its time lies ahead of our clock;
* a block that was not there at our last look, from long before that look.

So a clock that is put forward is noticed at the first block after the second look, one that is put back at once. A node
that is far behind and catches up looks like the second; the sentence names both readings.
"""

from __future__ import annotations

from anchoring.rpc import Block

TOLERANCE = 300_000  # milliseconds; the verifier allows as much between an entry and its block


class Skew:
    """Remembers the last look. Forgetting it costs one look."""

    def __init__(self) -> None:
        self._newest = -1
        self._looked: int | None = None
        self._told: str | None = None

    def judge(self, latest: Block, now: int) -> str | None:
        """What is odd about `now` (milliseconds) beside the newest block; None if nothing is."""
        time, fresh = latest.time * 1000, latest.number > self._newest
        if abs(now - time) <= TOLERANCE:
            self._told = None
        elif time > now:
            self._told = f"block {latest.number} is {_seconds(time - now)} ahead of this machine's clock"
        elif fresh:
            late = self._looked is not None and self._looked - time > TOLERANCE
            self._told = f"{_LATE.format(latest.number, _seconds(now - time))}" if late else None
        self._newest, self._looked = max(self._newest, latest.number), now
        return self._told


_LATE = "block {} appeared just now and is {} old by this machine's clock: the clock is ahead, or the node far behind"


def _seconds(milliseconds: int) -> str:
    return f"{milliseconds // 1000} s"

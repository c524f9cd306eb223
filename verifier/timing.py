"""Whether entries were recorded when they say so: between two anchors of the chain (check 8).

With a = the first anchor whose size exceeds an entry's index and p = the one before it, the entry
came to be between the two blocks. It cannot have been recorded or issued after a (but for clocks
that differ), nor long before p (but for the delay until an anchor is mined).
"""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime

from verifier.bundle import Anchor
from verifier.chain import Epoch, before
from verifier.errors import Refuted
from verifier.policy import Policy


class Timeline:
    """The anchors of a file, all of them held by the contract and in force."""

    def __init__(self, anchors: Sequence[Anchor], epochs: Sequence[Epoch], policy: Policy) -> None:
        self._anchors = anchors
        self._sizes = [anchor.size for anchor in anchors]
        self._by_index = {anchor.index: anchor for anchor in anchors}
        self._epochs = epochs
        self._policy = policy

    def check(self, sequence: int, index: int, recorded_at: int, issued_at: int | None) -> None:
        """Raises Refuted unless an entry may have been recorded (ms) and issued (s) when it says."""
        place = bisect_right(self._sizes, index)
        if place == len(self._anchors):
            raise Refuted(f"anchor over entry {sequence}", f"a size above {index}", self._sizes[-1])
        anchor = self._anchors[place]
        latest = anchor.time + self._policy.max_clock_skew
        if recorded_at > latest * 1000:
            what = f"entry {sequence} recorded after it was anchored"
            raise Refuted(what, f"{moment(latest * 1000)} or before", moment(recorded_at))
        if issued_at is not None and issued_at > latest:
            what = f"entry {sequence} issued after it was anchored"
            raise Refuted(what, f"{moment(latest * 1000)} or before", moment(issued_at * 1000))
        self._check_back_dating(sequence, anchor, recorded_at)

    def _check_back_dating(self, sequence: int, anchor: Anchor, recorded_at: int) -> None:
        index = before(anchor.index, self._epochs)
        if index is None:
            return
        previous = self._by_index.get(index)
        if previous is None:
            # Without it a later anchor could pose as the first one over this entry.
            raise Refuted(f"anchor before {anchor.index}", f"anchor {index}", "it is missing")
        earliest = (previous.time - self._policy.max_anchor_delay) * 1000
        if recorded_at < earliest:
            raise Refuted(f"entry {sequence} is back-dated", f"{moment(earliest)} or later", moment(recorded_at))


def seconds(now: int | None) -> int:
    """The time that the caller says, or else the clock."""
    return int(time.time()) if now is None else now


def moment(milliseconds: int) -> str:
    """A time as a person reads it; the bare number where a hostile file names a year that no calendar has."""
    try:
        told = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return f"{milliseconds} ms after 1970"
    return told.isoformat(timespec="milliseconds").replace("+00:00", "Z")

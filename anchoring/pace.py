"""How to anchor: what an operator may choose; and the clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from anchoring.onchain import GWEI


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """Times in milliseconds, money in wei.

    `finality`: "finalized" (a tag that the node keeps), "latest", or how many blocks must follow.
    On a rollup "finalized" follows the chain beneath it; a depth, or "latest", rests on the sequencer's word alone.
    `min_interval`: between two anchors; with the time to a block this is the window in which the log's tail is not
    anchored.
    """

    finality: str | int = "finalized"
    min_interval: int = 5_000
    poll: int = 1_000
    repush: int = 2_000
    bump_after: int = 60_000
    late_after: int = 120_000
    fee_cap: int = 500 * GWEI
    gas_cap: int = 400_000  # an anchor takes 45,000 to 116,000
    few_anchors: int = 100  # LITTLE MONEY when the account pays for fewer


Clock = Callable[[], int]


def clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def elapsed(now: int, since: int, duration: int) -> bool:
    """Whether so much time went by; also if the clock was put back, else an hour back would mean an hour of silence."""
    return not 0 <= now - since < duration

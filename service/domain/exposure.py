"""What readings a lot is answerable for: those of the nearest measuring point, while it was there.

A lot at a place has the readings of the sensors at that very place; where there is none, of those at the ground on
which its pallet stands; where there is none either, of those of the whole site. Nearest is asked anew at each moment,
and for each kind by itself: a shelf with a thermometer of its own has its humidity from the room.

    stay      from, until        a lot at one place on one ground; until None: it is there now
    watch     from, until        a sensor at one measuring point
    exposure  from, until        a stay, cut to when this watch was the nearest
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

FOREVER = 1 << 62


class Span(NamedTuple):
    """`since` <= moment < `until`, milliseconds."""

    since: int
    until: int

    def cut(self, other: "Span") -> "Span":
        return Span(max(self.since, other.since), min(self.until, other.until))

    @property
    def empty(self) -> bool:
        return self.since >= self.until


class Watch(NamedTuple):
    """Sensor and measuring point, when it measured there, and how near that is (0: the place itself)."""

    sensor: int
    point: int
    span: Span
    level: int


def nearest(stay: Span, watches: Sequence[Watch]) -> Iterator[tuple[Watch, Span]]:
    """The exposures of a stay; those of one level are not cut by each other: two sensors in a room both count."""
    for watch in watches:
        nearer = [each.span for each in watches if each.level < watch.level]
        for span in without(watch.span.cut(stay), nearer):
            yield watch, span


def without(span: Span, others: Iterable[Span]) -> list[Span]:
    """What of a span lies in none of the others, in order."""
    left = [] if span.empty else [span]
    for other in others:
        left = [part for each in left for part in (Span(each.since, min(each.until, other.since)),
                                                   Span(max(each.since, other.until), each.until)) if not part.empty]
    return sorted(left)


def lasted(times: Sequence[int], until: int, longest: int) -> list[int]:
    """How long each reading stands for: to the next one or to `until`, and no longer than `longest`. What is beyond is
    time that nobody measured. `times` ascend."""
    following = [*times[1:], max(until, times[-1])] if times else []
    return [min(after - at, longest) for at, after in zip(times, following, strict=True)]


def total(weights: Mapping[int, int]) -> int:
    return sum(weights.values())

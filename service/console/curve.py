"""A sensor's day or week as a picture, with its limits; SVG without a script. The table beside it says the same.

Readings are gathered in buckets; each is drawn from its lowest to its highest value, so that no spike is lost. Where
nothing was measured the line is broken: nobody draws what nobody knows. The picture is as wide as the page: lines lie
in a box of WIDE by HIGH that is stretched, letters beside it are not.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any

WIDE, HIGH = 1000, 200
BUCKETS = 288
SHORT = timedelta(days=2)
"""What is shorter has hours below it, what is longer days."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Some readings next to each other: when the first was, how many, the lowest, the highest."""

    time: datetime
    many: int
    low: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Curve:
    """`lines` are `points` of polylines; `limits` and `levels` pairs of a height and what stands there, `ticks` of a
    share of the width in percent; `beyond` the begin and width of each excursion."""

    kind: str
    lines: list[str]
    limits: list[tuple[int, str]]
    levels: list[tuple[int, str]]
    ticks: list[tuple[float, str]]
    beyond: list[tuple[int, int]]
    buckets: list[Bucket]


def gathered(readings: Sequence[dict[str, Any]], first: datetime, last: datetime) -> list[Bucket]:
    """In the order of their times; a bucket without a reading is none."""
    step = (last - first) / BUCKETS
    found: dict[int, Bucket] = {}
    for each in readings:
        at, value = int((each["time"] - first) / step), Decimal(each["value"])
        known = found.get(at)
        found[at] = Bucket(each["time"], 1, value, value) if known is None else Bucket(
            known.time, known.many + 1, min(known.low, value), max(known.high, value))
    return [found[at] for at in sorted(found)]


def drawn(
    kind: str, buckets: list[Bucket], limits: Sequence[str | None], spans: Sequence[tuple[datetime, datetime]],
    first: datetime, last: datetime, gap: timedelta, zone: tzinfo,
) -> Curve | None:  # fmt: skip
    """None where there is nothing to draw. `gap`: what is farther apart is not joined. `zone`: whose clock is below."""
    if not buckets:
        return None
    said = [Decimal(each) for each in limits if each is not None]
    low = min([each.low for each in buckets] + said)
    high = max([each.high for each in buckets] + said)
    room = max((high - low) / 10, Decimal("0.5"))
    low, high = low - room, high + room
    seen = [(begin, end) for begin, end in spans if end >= first and begin <= last]

    def across(at: datetime) -> int:
        return round((min(max(at, first), last) - first) / (last - first) * WIDE)

    def up(value: Decimal) -> int:
        return round((high - value) / (high - low) * HIGH)

    return Curve(
        kind, _lines(buckets, gap, across, up), [(up(each), f"{each}") for each in said],
        [(up(each), f"{each:.1f}") for each in (low + room, (low + high) / 2, high - room)],
        [(across(at) / WIDE * 100, said) for at, said in _times(first, last, zone)],
        [(across(begin), max(2, across(end) - across(begin))) for begin, end in seen],
        buckets,
    )  # fmt: skip


def _lines(buckets: list[Bucket], gap: timedelta, across: Any, up: Any) -> list[str]:
    lines: list[list[str]] = []
    before: datetime | None = None
    for each in buckets:
        if before is None or each.time - before > gap:
            lines.append([])
        x = across(each.time)
        lines[-1] += [f"{x},{up(each.low)}"] + ([f"{x},{up(each.high)}"] if each.high != each.low else [])
        before = each.time
    return [" ".join(points if len(points) > 1 else points * 2) for points in lines]


def _times(first: datetime, last: datetime, zone: tzinfo) -> list[tuple[datetime, str]]:
    """Every fourth hour of a day, or every day of a week, by the clock of those who look."""
    step = timedelta(hours=4) if last - first <= SHORT else timedelta(days=1)
    at = first.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    marks = [at + step * n for n in range(int((last - at) / step) + 1)]
    return [(mark, f"{mark:%m-%d}" if mark.hour == 0 else f"{mark:%H:%M}") for mark in marks if mark > first]

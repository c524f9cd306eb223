"""Pictures of figures, laid out here and drawn by `charts.html` as SVG without a script; a table beside says the same.

    columns    one for each label, of one or two parts on top of each other
    dots       one for each moment, over a band that reaches from nothing to a limit
    spark      the way of one figure over some days, without axes
    strip      a calendar of days in weeks, each in one state
    bands      from the middle (p50) to nearly the most (p95) on one scale

All are in the units of a box 320 wide, so that letters of 11 are read on a phone and on a desk. Nothing is told by
colour alone: the second part of a column is hatched, a day that found something has a bar through it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil, floor, log10

WIDE, HIGH, HEAD, FOOT, LEFT = 320, 150, 16, 20, 34
GAP = 0.25  # of a column's room
ROWS, SIDE = 7, 18
MOST_TOPS = 14


@dataclass(frozen=True, slots=True)
class Bar:
    """`part` 0 is the first, below; others are hatched."""

    x: float
    y: float
    wide: float
    high: float
    part: int


@dataclass(frozen=True, slots=True)
class Letter:
    """`x` is the middle, `y` the foot."""

    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Columns:
    bars: list[Bar]
    tops: list[Letter]
    labels: list[Letter]
    high: int = HIGH


def columns(labels: Sequence[str], parts: Sequence[Sequence[float]]) -> Columns | None:
    """`parts[p][n]` is how much of part p column n has, none below zero; None where all is nothing. Of many columns
    only the labels are written, for figures would stand on each other."""
    sums = [sum(column) for column in zip(*parts, strict=True)]
    if not any(sums):
        return None
    room, scale = WIDE / len(labels), (HIGH - HEAD - FOOT) / max(sums)
    bars, tops = list[Bar](), list[Letter]()
    for n, column in enumerate(zip(*parts, strict=True)):
        y = float(HIGH - FOOT)
        for part, much in enumerate(column):
            if much:
                y -= (high := max(1.0, much * scale))
                bars.append(_bar(n * room + room * GAP / 2, y, room * (1 - GAP), high, part))
        if sums[n] and len(labels) <= MOST_TOPS:
            tops.append(Letter(round((n + 0.5) * room, 1), round(y - 3, 1), f"{sums[n]:,.6g}"))
    feet = [Letter(round((n + 0.5) * room, 1), HIGH - 6, label) for n, label in enumerate(labels)]
    return Columns(bars, tops, feet)


def _bar(x: float, y: float, wide: float, high: float, part: int) -> Bar:
    return Bar(round(x, 1), round(y, 1), round(wide, 1), round(high, 1), part)


@dataclass(frozen=True, slots=True)
class Dots:
    """`limit` is the band's upper edge, None where it is beyond the picture; `ticks` are heights with what they say."""

    dots: list[tuple[float, float]]
    limit: float | None
    ticks: list[Letter]
    levels: list[tuple[float, str]]
    high: int = HIGH


def dots(values: Sequence[float], limit: float, levels: Mapping[str, float]) -> Dots | None:
    """`values` in their order, none below zero; `levels` are lines across with their names."""
    if not values:
        return None
    most = _round_up(max(max(values), *levels.values(), 1e-9))
    step = (WIDE - LEFT - 8) / max(1, len(values) - 1)

    def y(value: float) -> float:
        return round(HIGH - FOOT - value / most * (HIGH - HEAD - FOOT), 1)

    return Dots(
        [(round(LEFT + 4 + n * step, 1), y(value)) for n, value in enumerate(values)],
        y(limit) if limit < most else None,
        [Letter(LEFT - 4, y(most * share) + 4, f"{most * share:g}") for share in (0, 0.5, 1)],
        [(y(value), name) for name, value in levels.items()],
    )


def _round_up(value: float) -> float:
    """To 1, 2 or 5 of its power of ten."""
    power = 10.0 ** floor(log10(value))
    return float(next(each * power for each in (1, 2, 5, 10) if value <= each * power * (1 + 1e-9)))


def spark(values: Sequence[float], wide: int = 120, high: int = 28) -> str:
    """The points of a line, scaled from nothing to its most."""
    most, step = max(*values, 1e-9), wide / max(1, len(values) - 1)
    return " ".join(f"{n * step:.1f},{high - 2 - value / most * (high - 4):.1f}" for n, value in enumerate(values))


@dataclass(frozen=True, slots=True)
class Day:
    """`state`: none, clean, found."""

    day: date
    x: int
    y: int
    state: str


def strip(states: Mapping[date, str], last: date, weeks: int) -> list[Day]:
    """Whole weeks up to that of `last`, one column each, Monday on top; no day after `last`."""
    first = last - timedelta(days=last.weekday() + 7 * (weeks - 1))
    told = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return [Day(day, n // ROWS * SIDE, n % ROWS * SIDE, states.get(day, "none")) for n, day in enumerate(told)]


@dataclass(frozen=True, slots=True)
class Band:
    """From `x` to `x + wide`, of 100."""

    x: float
    wide: float


def bands(pairs: Sequence[tuple[float | None, float | None]]) -> list[Band]:
    """Of each the middle and nearly the most, all on one scale that begins at nothing."""
    most = max((high for _, high in pairs if high), default=0.0)
    if not most:
        return [Band(0, 0) for _ in pairs]
    return [Band(round(100 * (low or 0) / most, 1), round(max(1.0, 100 * ((high or 0) - (low or 0)) / most), 1))
            for low, high in pairs]  # fmt: skip


def quantile(values: Sequence[float], share: float) -> float:
    """The nearest rank: the least of the values that so great a share of them does not exceed; of none it fails."""
    ordered = sorted(values)
    return ordered[max(0, ceil(share * len(ordered)) - 1)]

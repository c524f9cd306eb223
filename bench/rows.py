"""A row of the report: one figure, the one beside it, and what was to be reached."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

Better = Literal["more", "less"]


@dataclass(frozen=True, slots=True)
class Row:
    """`beside` is what a user would pick instead, same unit; `target` is to be reached from the `better` side."""

    what: str
    value: float
    unit: str
    better: Better = "more"
    target: float | None = None
    beside: tuple[str, float] | None = None

    @property
    def reached(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.better == "more" else self.value <= self.target


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is done: `entries` grows the log, `seconds` is how long a load lasts."""

    entries: int = 1_000_000
    seconds: float = 10.0


QUICK = Scale(entries=100_000, seconds=3.0)


def microseconds(call: Callable[[], object], times: int) -> float:
    """Mean time of a call."""
    begun = perf_counter()
    for _ in range(times):
        call()
    return (perf_counter() - begun) / times * 1e6


def in_turns(calls: Sequence[Callable[[], object]], times: int, at_once: int = 50) -> list[float]:
    """Microseconds of each call where nothing disturbed it: they take turns, and the quickest turn of each counts."""
    turns = [[microseconds(call, at_once) for call in calls] for _ in range(times // at_once)]
    return [min(each) for each in zip(*turns, strict=True)]


def report(rows: Iterator[Row]) -> Iterator[str]:
    """The rows as lines of text, each as soon as it is known."""
    for row in rows:
        target = "" if row.target is None else f"{'≥' if row.better == 'more' else '≤'} {_number(row.target)}"
        mark = {True: "reached", False: "MISSED", None: ""}[row.reached]
        beside = "" if row.beside is None else f"{row.beside[0]}: {_number(row.beside[1])}  (×{_ratio(row)})"
        yield f"  {row.what:52} {_number(row.value):>12} {row.unit:13} {target:>10} {mark:8} {beside}".rstrip()


def _ratio(row: Row) -> str:
    assert row.beside is not None
    return _number(row.value / row.beside[1]) if row.beside[1] else "-"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"

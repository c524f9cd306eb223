"""Figures over some weeks: each number with what it counts, as of when, a picture, and the list behind it."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from flask import request, url_for

from service.console import charts
from service.console.asking import Asking
from service.console.frame import Frame

PERIODS = (7, 30, 90)
WEEKS = 12
BY_DAY = ("movements", "came", "left", "on_hold", "late")
LISTS: Mapping[str, tuple[str, dict[str, str]]] = {
    "movements": ("console.report", {"name": "turnover"}), "came": ("console.report", {"name": "turnover"}),
    "left": ("console.report", {"name": "turnover"}), "on_hold": ("console.report", {"name": "quarantine"}),
    "late": ("console.reports", {}),
}  # fmt: skip


def declare(frame: Frame) -> None:
    @frame.page("/figures")
    def figures(asking: Asking) -> Any:
        asked = request.args.get("days", "30")
        days = int(asked) if asked in {str(each) for each in PERIODS} else PERIODS[1]
        found = asking.read("read_figures", days=days)
        stays = charts.bands([(stay["p50_hours"], stay["p95_hours"]) for stay in found["stays"]])
        answers = charts.bands([(each["p50_hours"], each["p95_hours"]) for each in found["partners"]])
        return frame.shown(
            asking, "figures.html", found=found, days=days, periods=PERIODS, by_day=_by_day(found["days"]),
            stays=list(zip(found["stays"], stays, strict=True)), lag=lag(found["anchors"], frame.late_after),
            partners=list(zip(found["partners"], answers, strict=True)), late_after=frame.late_after,
            strip=charts.strip(states(found["audits"]), found["as_of"].date(), WEEKS),
            most=max([each["lines"] for each in found["picks"]["overrides"]] + [1]),
        )  # fmt: skip


def _by_day(days: Sequence[Mapping[str, Any]]) -> list[tuple[str, int, str, str]]:
    """Of each figure its name, the last day's value, its way, and the page that lists it."""
    return [
        (name, days[-1][name], charts.spark([day[name] for day in days]), url_for(LISTS[name][0], **LISTS[name][1]))
        for name in BY_DAY
    ]


def lag(anchors: Sequence[Mapping[str, Any]], late_after: float) -> dict[str, Any] | None:
    """How long entries waited for their blocks, in seconds, the oldest anchor first; p50 and p95 are of the longest
    wait in each anchor. None of no anchor."""
    waits = [each["longest"] / 1000 for each in reversed(anchors)]
    if not waits:
        return None
    levels = {name: charts.quantile(waits, share) for name, share in (("p50", 0.5), ("p95", 0.95))}
    return {**levels, "drawing": charts.dots(waits, late_after, levels)}


def states(audits: Sequence[Mapping[str, Any]]) -> dict[date, str]:
    """A day on which any audit found something found something."""
    told: dict[date, str] = {}
    for each in audits:
        at = each["at"]
        day = (at if isinstance(at, datetime) else datetime.fromisoformat(at)).date()
        told[day] = "found" if each["findings"] or told.get(day) == "found" else "clean"
    return told

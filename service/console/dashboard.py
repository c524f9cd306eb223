"""The overview: every number with what it means, as of when, and the list that it was counted from."""

from itertools import pairwise
from typing import Any

from flask import url_for

from service.console import charts
from service.console.asking import Asking
from service.console.frame import Frame
from service.reports.overview import AGES, MONTHS, WINDOWS

# states of goods, with the page that lists what is in them
STATES = (
    ("available", "console.report", {"name": "stock"}), ("partly_hold", "console.report", {"name": "quarantine"}),
    ("hold", "console.report", {"name": "quarantine"}), ("expired", "console.expiry", {"days": "30"}),
    ("recalled", "console.recalls", {}),
)  # fmt: skip

# what waits, of which block of the overview, the page that lists it
WAITING = (
    ("dash.to_approve", "cases", "to_approve", "quality"),
    ("dash.cases", "cases", "open", "quality"),
    ("dash.recalls", "recalls", "in_force", "recalls"),
    ("dash.notices", "notices", "open", "recalls"),
    ("dash.to_answer", "handoffs", "to_answer", "handoffs"),
    ("dash.unanswered", "handoffs", "unanswered", "handoffs"),
    ("dash.disputed", "handoffs", "disputed", "handoffs"),
    ("dash.counts", "counts", "to_approve", "counts"),
)


def declare(frame: Frame, status: Any) -> None:
    """`status` tells how the log stands."""

    @frame.page("/")
    def dashboard(asking: Asking) -> Any:
        seen = asking.read("read_overview")
        soon = seen["expiring"]
        expiring = [(None, soon["expired"]), *((days, soon[f"within_{days}"]) for days in WINDOWS)]
        held = seen["quarantine"]
        ages = [held["lots"], *(held[f"over_{days}"] for days in AGES)]
        waiting = [(label, seen[block][name], page) for label, block, name, page in WAITING]
        stock = [(state, seen["lots"][state], url_for(page, **of)) for state, page, of in STATES]
        return frame.shown(
            asking, "dashboard.html", seen=seen, stock=stock, waiting=waiting, expiring=expiring, status=status(),
            most=max([count for _, count in expiring] + [1]), months=_months(seen), aged=_aged(ages),
        )  # fmt: skip

    @frame.page("/ledger")
    def ledger(asking: Asking) -> Any:
        return frame.shown(asking, "ledger.html", status=status())


def _months(seen: Any) -> dict[str, Any]:
    """Lots by the month of their expiry: labels, the two parts, and the picture of both."""
    first = seen["as_of"].year * 12 + seen["as_of"].month - 1
    names = [f"{(first + n) // 12}-{(first + n) % 12 + 1:02}" for n in range(MONTHS + 1)]
    parts = [[month[part] for month in seen["months"]] for part in ("usable", "on_hold")]
    labels = [name[-2:] for name in names[:-1]] + ["+"]
    return {"rows": list(zip(names, *parts, strict=True)), "drawing": charts.columns(labels, parts)}


def _aged(over: list[int]) -> dict[str, Any]:
    """Lots on hold by age: of so many in all, how many are over each of AGES."""
    edges = (0, *AGES)
    labels = [f"{a + 1 if a else 0}–{b}" for a, b in pairwise(edges)] + [f"> {edges[-1]}"]
    counted = [a - b for a, b in pairwise([*over, 0])]
    return {"rows": list(zip(labels, counted, strict=True)), "drawing": charts.columns(labels, [counted])}

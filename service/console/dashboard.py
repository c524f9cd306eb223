"""The overview: every number with what it means, as of when, and the list that it was counted from."""

from typing import Any

from flask import url_for

from service.console.asking import Asking
from service.console.frame import Frame
from service.reports.overview import AGES, WINDOWS

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
        ages = [(days, seen["quarantine"][f"over_{days}"]) for days in AGES]
        waiting = [(label, seen[block][name], page) for label, block, name, page in WAITING]
        stock = [(state, seen["lots"][state], url_for(page, **of)) for state, page, of in STATES]
        return frame.shown(asking, "dashboard.html", seen=seen, stock=stock, waiting=waiting, ages=ages,
                           expiring=expiring, most=max([count for _, count in expiring] + [1]),
                           status=status())  # fmt: skip

    @frame.page("/ledger")
    def ledger(asking: Asking) -> Any:
        return frame.shown(asking, "ledger.html", status=status())

"""Pages that are a list: what expires, handoffs, recalls, the audit trail."""

from typing import Any

from flask import request

from service.console.asking import Asking
from service.console.frame import Frame

WINDOWS = (30, 60, 90, 180)


def declare(frame: Frame) -> None:
    @frame.page("/expiry")
    def expiry(asking: Asking) -> Any:
        asked = request.args.get("days", "90")
        days = int(asked) if asked in {str(each) for each in WINDOWS} else 90
        found = asking.read("report_expiry", days=days, after=request.args.get("after"), limit=200)
        return frame.shown(asking, "expiry.html", found=found, days=days, windows=WINDOWS)

    @frame.page("/handoffs")
    def handoffs(asking: Asking) -> Any:
        found = asking.read("list_handoffs", limit=200)["handoffs"]
        return frame.shown(asking, "handoffs.html", found=found)

    @frame.page("/recalls")
    def recalls(asking: Asking) -> Any:
        found = asking.read("list_recalls", after=request.args.get("after"), limit=100)
        notices = asking.read("list_notices", limit=100)["notices"]
        return frame.shown(asking, "recalls.html", found=found, notices=notices)

    @frame.page("/trail")
    def trail(asking: Asking) -> Any:
        found = asking.read("list_changes", before=request.args.get("before"), limit=100)
        return frame.shown(asking, "trail.html", found=found)

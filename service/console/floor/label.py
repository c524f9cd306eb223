"""A damaged label: what can still be read of its lot number, and which lots it could be. Nothing is filled in."""

from typing import Any

from flask import request

from service.console.asking import Asking
from service.console.floor.candidates import candidates
from service.console.floor.shell import shown
from service.console.frame import Frame

MOST_READINGS = 5
MOST_ROWS = 1000


def declare(frame: Frame) -> None:
    @frame.page("/floor/label")
    def floor_label(asking: Asking) -> Any:
        """`read` is what was read, by a person or a machine, once for each reading; `at` the place where it lies."""
        readings = [each.strip()[:40] for each in request.args.getlist("read")[:MOST_READINGS] if each.strip()]
        at = request.args.get("at", "").strip()[:81]
        rows = asking.read("report_stock", limit=MOST_ROWS)["rows"] if readings else []
        there = [row for row in rows if not at or row["location"] == at]
        found = candidates(readings, there)
        return shown(frame, asking, "floor_label.html", "label", readings=readings, at=at, found=found,
                     whole=len(rows) < MOST_ROWS)  # fmt: skip

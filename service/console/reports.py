"""Reports: each as a table with what it was asked, as of when, and as a file; every row leads to its lot.

Columns and titles are those of the report itself (`service.reports`), so that page and file never differ.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode

from flask import request

from service.api.problem import not_found
from service.console.asking import Asking
from service.console.clock import for_field, typed_in, zone_of
from service.console.frame import Frame, chosen, translator
from service.console.report_pictures import picture
from service.reports import integrity
from service.reports.ages import AGEING, EXPIRY_WARNINGS
from service.reports.export import MEDIA_TYPES
from service.reports.history import HISTORY
from service.reports.quarantine import QUARANTINE
from service.reports.report import Report
from service.reports.stock import STOCK
from service.reports.turnover import TURNOVER_BY_ITEM, TURNOVER_BY_LOT

PERIOD = timedelta(days=30)
API = "/api/v1/reports"
OF_A_LOT = ("gmp-genealogy",)
"""Records that are about one lot: offered on its page."""
Asked = dict[str, str]


@dataclass(frozen=True, slots=True)
class Offered:
    """A report as the console offers it. `fields`: what it may be asked, by name and kind of field, with choices."""

    report: Callable[[Asked], Report]
    operation: str
    fields: Mapping[str, tuple[str, ...]]


OFFERED: Mapping[str, Offered] = {
    "stock": Offered(lambda _: STOCK, "report_stock", {"at": ("moment",), "item": ("item",)}),
    "turnover": Offered(
        lambda asked: TURNOVER_BY_ITEM if asked.get("by") == "item" else TURNOVER_BY_LOT, "report_turnover",
        {"from": ("moment",), "to": ("moment",), "by": ("choice", "lot", "item"), "item": ("item",)}),
    "ageing": Offered(lambda _: AGEING, "report_ageing", {"by": ("choice", "received", "produced"), "item": ("item",)}),
    "expiry": Offered(lambda _: EXPIRY_WARNINGS, "report_expiry", {"days": ("number",), "item": ("item",)}),
    "quarantine": Offered(lambda _: QUARANTINE, "report_quarantine", {"item": ("item",)}),
    "history": Offered(lambda _: HISTORY, "report_history", {"lot": ("text",)}),
}  # fmt: skip


def declare(frame: Frame) -> None:
    @frame.page("/reports")
    def reports(asking: Asking) -> Any:
        records = asking.read("list_records")["records"] if asking.may("list_records") else []
        return frame.shown(asking, "reports.html", names=[*OFFERED, "integrity"], of_a_lot=OF_A_LOT,
                           records=records)

    @frame.page("/reports/integrity")
    def integrity_report(asking: Asking) -> Any:
        """Reads the whole ledger, so only when it is asked for."""
        found = asking.read("report_integrity") if "run" in request.args else None
        return frame.shown(asking, "integrity.html", found=found, columns=integrity.COLUMNS, files=list(MEDIA_TYPES))

    @frame.page("/reports/<name>")
    def report(asking: Asking, name: str) -> Any:
        if name not in OFFERED:
            raise not_found("report", name)
        offered, zone = OFFERED[name], zone_of(asking)
        asked = _asked(offered, frame.house.now(), zone)
        ready = name != "history" or "lot" in asked
        found = asking.read(offered.operation, after=request.args.get("after"), limit=200, **asked) if ready else None
        rows = found["rows"] if found else ()
        return frame.shown(
            asking, "report.html", name=name, report=offered.report(asked), fields=offered.fields, filters=asked,
            found=found, picture=picture(name, rows, translator(chosen())), items=asking.read("list_items")["items"],
            as_of=asked.get("at") or frame.house.now(),
            files=[(form, f"{API}/{name}?{urlencode({**asked, 'format': form})}") for form in MEDIA_TYPES],
        )  # fmt: skip


def _asked(offered: Offered, now: datetime, zone: tzinfo) -> Asked:
    """What the address says, with the offset that a moment of ours needs; a turnover of the last days if no period."""
    asked: Asked = {}
    for name, (kind, *_) in offered.fields.items():
        if value := request.args.get(name, "").strip():
            asked[name] = typed_in(zone, value) if kind == "moment" else value
    if "from" in offered.fields and "from" not in asked:
        asked["from"] = typed_in(zone, for_field(zone, now - PERIOD))
    return asked

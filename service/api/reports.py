"""Reports: stock at any time, turnover, ageing, expiry, what is on hold, the history of a lot, integrity.

Each is JSON page by page, or with `format=csv|xlsx|pdf` one file with all rows.
"""

from datetime import timedelta
from time import monotonic
from typing import Any

from sqlalchemy import exists, select

from service import standpoint
from service.api import exporting
from service.api import reports_schemas as shapes
from service.api.door import Door
from service.api.exporting import FILES, answered
from service.api.house import House
from service.api.problem import Problem, not_found, try_later
from service.auth.keys import Caller
from service.figures import audits
from service.models.tables import lot
from service.reports import integrity, overview, scans
from service.reports.ages import AGEING, EXPIRY_WARNINGS
from service.reports.history import HISTORY
from service.reports.quarantine import QUARANTINE
from service.reports.stock import STOCK
from service.reports.turnover import TURNOVER_BY_ITEM, TURNOVER_BY_LOT

MINE = ("party",)
SCAN_DAYS = 30
FINDINGS = 1000


def door(house: House) -> Door:
    reports = house.door("reports", "What is read out of the ledger, as JSON, CSV, XLSX or PDF")
    _overview(reports, house)
    _of_stock(reports, house)
    _of_days(reports, house)
    _of_records(reports, house)
    return reports


def _overview(reports: Door, house: House) -> None:
    @reports.operation("GET", "/overview", roles=MINE, answers={200: shapes.Overview})
    def read_overview(caller: Caller) -> Any:
        """What matters now: stock by state, expiry, quarantine, and what waits for somebody"""
        assert caller.party_id is not None
        now = house.now()
        with house.engine.connect() as connection:
            found = overview.overview(connection, caller.party_id, int(now.timestamp() * 1000))
        return {"as_of": now, **found}


def _of_stock(reports: Door, house: House) -> None:
    @reports.operation("GET", "/reports/stock", roles=MINE, query=shapes.StockAtQuery,
                       answers={200: (shapes.page_of(shapes.StockRow), *FILES)})  # fmt: skip
    def report_stock(caller: Caller, query: dict[str, Any]) -> Any:
        """Stock as of any past moment

        Folded from the movements recorded up to then, that moment included.
        """
        return answered(house, caller, STOCK, query)

    @reports.operation("GET", "/reports/turnover", roles=MINE, query=shapes.TurnoverQuery,
                       answers={200: (shapes.page_of(shapes.TurnoverRow, "text"), *FILES)})  # fmt: skip
    def report_turnover(caller: Caller, query: dict[str, Any]) -> Any:
        """Turnover of a period by lot or item

        opening + came - went = closing, and came and went by what they were.
        """
        if "to" in query and query["to"] < query["from_"]:
            raise Problem(422, "no-such-period", "expected to >= from, got a period that ends before it begins")
        return answered(house, caller, TURNOVER_BY_ITEM if query["by"] == "item" else TURNOVER_BY_LOT, query)

    @reports.operation("GET", "/reports/quarantine", roles=MINE, query=shapes.QuarantineQuery,
                       answers={200: (shapes.page_of(shapes.QuarantineRow), *FILES)})  # fmt: skip
    def report_quarantine(caller: Caller, query: dict[str, Any]) -> Any:
        """What is on hold, since when and why"""
        return answered(house, caller, QUARANTINE, query)


def _of_days(reports: Door, house: House) -> None:
    @reports.operation("GET", "/reports/ageing", roles=MINE, query=shapes.AgeingQuery,
                       answers={200: (shapes.page_of(shapes.AgeingRow), *FILES)})  # fmt: skip
    def report_ageing(caller: Caller, query: dict[str, Any]) -> Any:
        """How old the stock is, in classes

        In days of the site since the lot was first received or produced; the oldest first.
        """
        return answered(house, caller, AGEING, query)

    @reports.operation("GET", "/reports/expiry", roles=MINE, query=shapes.ExpiryQuery,
                       answers={200: (shapes.page_of(shapes.ExpiryRow), *FILES)})  # fmt: skip
    def report_expiry(caller: Caller, query: dict[str, Any]) -> Any:
        """What has expired or soon will

        An expiry date is the last usable day at the site; with 0 days left it is today.
        """
        return answered(house, caller, EXPIRY_WARNINGS, query)


def _of_records(reports: Door, house: House) -> None:
    @reports.operation("GET", "/reports/history", roles=MINE, query=shapes.HistoryQuery, problems=(404,),
                       answers={200: (shapes.page_of(shapes.HistoryRow, "movement"), *FILES)})  # fmt: skip
    def report_history(caller: Caller, query: dict[str, Any]) -> Any:
        """The history of a lot, each row with the status of its proof

        `goods_status` is how the lot stood then; `record_status` is how far the record has come: recorded, sequenced
        (has an index in the log), anchored (in a block), final.
        """
        mine = exists().where(lot.c.party_id == caller.party_id, lot.c.uri == query["lot"])
        with house.engine.connect() as connection:
            if not connection.scalar(select(mine)):
                raise not_found("lot", query["lot"])
        return answered(house, caller, HISTORY, query)

    @reports.operation("GET", "/reports/integrity", roles=("party", "operator", "auditor", "regulator"),
                       query=shapes.IntegrityQuery, answers={200: (shapes.Integrity, *FILES)})  # fmt: skip
    def report_integrity(caller: Caller, query: dict[str, Any]) -> Any:
        """Does everything stored follow from what was recorded, and is what moves also scanned

        Reads the whole ledger, one call at a time (503 while another one runs). A party sees what concerns its lots
        and movements and the log; operators, auditors and regulators see all.
        """
        return _integrity(house, caller, query)


def _integrity(house: House, caller: Caller, query: dict[str, Any]) -> Any:
    now, begun = house.now(), monotonic()
    since = query.get("since") or now - timedelta(days=SCAN_DAYS)
    with standpoint.on("audit"), exporting.snapshot(house) as connection:
        try:
            found = integrity.findings(connection, caller.party_id)
        except integrity.AuditRunning:
            raise try_later("audit-running", "another integrity report is being made", 5) from None
        with house.engine.begin() as keeping:
            audits.keep(keeping, caller.party_id, now, len(found), round((monotonic() - begun) * 1000))
        if query["format"] != "json":
            paper = exporting.paper_of(integrity.TITLE, exporting.language(query), caller, now, {})
            return exporting.file_of(query["format"], "integrity", integrity.COLUMNS, found, query, paper)
        return {
            "checked_at": now, "clean": not found, "findings_total": len(found), "findings": found[:FINDINGS],
            "scans_since": since, "scans": scans.rates(connection, caller.party_id, since, now),
        }  # fmt: skip

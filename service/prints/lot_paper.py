"""All that is known of a lot, as a paper says it; and the facts by which one sees later whether it still holds.

    content    identity, how the goods stand, stock, every movement with its record, family, cases with their acts
    facts      counts and states alone: no word of a person or a company, so they may be kept for ever

Movements only grow, and every change of stock is one; so equal facts mean that nothing was recorded of the lot since,
no act was done in a case about it, and its goods stand as they stood.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from service.cases import reading
from service.domain.allocation_reasons import BY_HAND
from service.models.tables import item, lot, party
from service.reports.history import HISTORY
from service.reports.report import Asked
from service.reports.stock import STOCK
from service.trace import trace

RELATIVES, CASES = 500, 100
LATE = timedelta(hours=24)

_LOT = (
    select(lot.c.uri, lot.c.number, lot.c.production_date, lot.c.expiry_date, lot.c.retest_date, lot.c.manufacturer_lot,
           lot.c.supplier, lot.c.recall, item.c.code, item.c.name, item.c.spec, item.c.gtin, item.c.unit,
           party.c.code.label("party"), party.c.name.label("company"))
    .join(item, item.c.id == lot.c.item_id).join(party, party.c.id == lot.c.party_id)
)  # fmt: skip


def content(connection: Connection, party_id: int, uri: str, now: datetime, origin: str) -> dict[str, Any] | None:
    """None if the party has no such lot. Use a snapshot."""
    head = connection.execute(_LOT.where(lot.c.party_id == party_id, lot.c.uri == uri)).one_or_none()
    if head is None:
        return None
    asked = Asked(party_id, now, origin, {"lot": uri})
    history, stock = list(HISTORY.rows(connection, asked)), list(STOCK.rows(connection, asked))
    traced = trace.find(connection, party_id, uri)
    assert traced is not None
    family = trace.describe(connection, origin, traced, now, RELATIVES)
    cases = reading.listed(connection, party_id, state=None, lot=uri, after=None, limit=CASES)
    shown = [reading.shown(connection, party_id, case["id"]) for case in cases]
    return {
        "lot": {str(name): value for name, value in head._mapping.items() if name != "recall"},
        "as_of": now, "origin": origin, "goods": goods(stock, recalled=head.recall is not None), "stock": stock,
        "history": history, "relatives": family["nodes"], "relatives_total": family["nodes_total"], "cases": shown,
        "exceptions": [row | {"exception": why} for row in history if (why := exception(row))],
    }  # fmt: skip


def goods(stock: list[dict[str, Any]], *, recalled: bool) -> str:
    """One word for all that lies of a lot, the strongest reason first."""
    states = {row["goods_status"] for row in stock}
    if recalled:
        return "recalled"
    if "expired" in states:
        return "expired"
    return "partly_hold" if states == {"hold", "available"} else next(iter(states), "gone")


def exception(row: Mapping[str, Any]) -> str | None:
    """Why a movement is out of the ordinary: recorded late, a lot chosen by hand, stock put right; else None."""
    if row["event_time"] is not None and row["recorded_at"] - row["event_time"] > LATE:
        return "late"
    if BY_HAND in (row["reason"] or ""):
        return "by_hand"
    return "adjusted" if row["type"] in ("count", "settle") else None


def facts(told: Mapping[str, Any]) -> dict[str, Any]:
    """Of a content: what is compared later."""
    history = told["history"]
    return {
        "records": len(history), "last_index": max((row["index"] for row in history if row["index"] is not None),
                                                   default=None),
        "last_recorded_at": history[-1]["recorded_at"].isoformat() if history else None, "goods": told["goods"],
        "case_acts": sum(len(case["acts"]) for case in told["cases"]),
    }  # fmt: skip


def changed(then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names of what is another since; what was not entered in the log yet may be now, which changes nothing."""
    return [name for name in ("records", "goods", "case_acts") if then[name] != now[name]]

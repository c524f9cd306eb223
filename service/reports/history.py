"""The history of a lot for an audit: every movement that touched it, and how far the proof of each has come.

The goods and the record are told apart: `goods_status` is how the lot stood after the movement, `record_status` how
the statement of the movement stands in the log and on the chain. A lot that is held to the last piece can have a
perfect record. Of a movement that another party recorded (it accepted or refused an offer) only what the handoff tells
is shown.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, text

from service.domain.quantities import format_quantity
from service.papers.words import Words
from service.proof.standing import Records, records
from service.reports.report import GOODS_STATUS, QUANTITY, STREAM, UNIT, Asked, Report, Row, column
from service.trace.trace import moment
from verifier.encoding import b64url

BLOCK = 1000

# Running sums over the whole life of the lot, whatever page is asked for.
_HISTORY = text("""
    WITH this AS (SELECT id, uri, item_id FROM warehouse.lot WHERE party_id = :party AND uri = :lot),
    named AS (
        SELECT leg.movement, leg.units, leg.place, leg.status, CASE WHEN leg.place > 0 THEN
            s.code || '/' || l.code || CASE leg.status WHEN 'hold' THEN ' (hold)' ELSE '' END
            ELSE coalesce((ARRAY['supply', 'customer', 'in transit', 'consumed', 'produced', 'destroyed', 'transfer',
                                 'returned', 'adjustment', 'disputed', 'handed over'])[-leg.place], 'elsewhere')
            END AS name
        FROM this JOIN warehouse.leg ON leg.lot_id = this.id
        LEFT JOIN warehouse.location l ON l.id = leg.place LEFT JOIN warehouse.site s ON s.id = l.site_id
    ), moved AS (
        SELECT movement, sum(units) FILTER (WHERE units > 0)::bigint AS units,
            string_agg(DISTINCT name, ', ') FILTER (WHERE units < 0) AS "from",
            string_agg(DISTINCT name, ', ') FILTER (WHERE units > 0) AS "to",
            coalesce(sum(units) FILTER (WHERE place > 0), 0) AS net,
            coalesce(sum(units) FILTER (WHERE place > 0 AND status = 'hold'), 0) AS net_held
        FROM named GROUP BY movement
    ), run AS (
        SELECT *, sum(net) OVER (ORDER BY movement)::bigint AS here,
            sum(net_held) OVER (ORDER BY movement)::bigint AS held FROM moved
    )
    SELECT run.*, m.id, m.type, m.recorded_at, m.statement_hash, m.party_id = :party AS own, m.actor,
        CASE WHEN m.party_id = :party THEN m.content END AS content, p.code AS recorder, item.unit, item.decimals
    FROM run JOIN warehouse.movement m ON m.number = run.movement JOIN warehouse.party p ON p.id = m.party_id
    CROSS JOIN this JOIN warehouse.item ON item.id = this.item_id
    WHERE CAST(:after AS uuid) IS NULL OR run.movement > (
        SELECT min(a.number) FROM warehouse.movement a JOIN moved ON moved.movement = a.number WHERE a.id = :after)
    ORDER BY run.movement LIMIT :limit
""")


def rows(connection: Connection, asked: Asked) -> Iterator[Row]:
    """In blocks, so that the proof status of a thousand movements is one question."""
    values = {"party": asked.party_id, "lot": asked.values["lot"], "after": asked.after, "limit": asked.limit}
    found = connection.execute(_HISTORY, values, execution_options=STREAM)
    for block in found.partitions(BLOCK):
        known = records(connection, asked.origin, {row.statement_hash for row in block})
        for row in block:
            yield _row(row, known, asked.values["lot"])


def _row(row: Any, known: Records, lot: str) -> Row:
    said = orjson.loads(row.content) if row.own else {}
    return {
        "recorded_at": moment(row.recorded_at), "event_time": _time(said.get("event_time")), "type": row.type,
        "movement": row.id, "quantity": format_quantity(row.units, row.decimals), "unit": row.unit,
        "from": row._mapping["from"], "to": row.to, "partner": _partner(row, said),
        "here": format_quantity(row.here, row.decimals),
        "on_hold": format_quantity(row.held, row.decimals), "goods_status": _status(row.here, row.held),
        "actor": row.actor if row.own else None, "reason": said.get("reason"), **known.of(row.statement_hash, lot),
        "statement": b64url(row.statement_hash),
    }  # fmt: skip


def _partner(row: Any, said: dict[str, Any]) -> str | None:
    """Who was on the other side, as far as the movement names them."""
    if not row.own:
        return str(row.recorder)
    return said.get("customer") or said.get("supplier") or said.get("to_party")


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _status(here: int, held: int) -> str:
    if not here:
        return "gone"
    if not held:
        return "available"
    return "hold" if held == here else "partly_hold"


HISTORY = Report(
    "history", Words("Lot history", "批次履历"),
    (
        column("recorded_at", "Recorded", "记录时间", "moment", 15),
        column("event_time", "Happened", "发生时间", "moment", 15),
        column("type", "Movement", "类型", width=10),
        QUANTITY,
        UNIT,
        column("from", "From", "从", width=12),
        column("to", "To", "到", width=12),
        column("partner", "Partner", "对方", width=11),
        column("here", "In stock", "在库", "quantity", 9),
        column("on_hold", "On hold", "冻结", "quantity", 9),
        GOODS_STATUS,
        column("actor", "By", "操作者", width=19),
        column("reason", "Reason", "原因", width=14),
        column("record_status", "Record status", "记录状态", width=10),
        column("index", "Log index", "日志序号", "whole", 9),
        column("block", "Block", "区块", "whole", 8),
        column("anchored_at", "Anchored", "上链时间", "moment", 15),
        column("movement", "Movement id", "移动编号", width=19),
        column("statement", "Statement hash", "声明哈希", width=21),
    ),
    "movement", rows,
)  # fmt: skip

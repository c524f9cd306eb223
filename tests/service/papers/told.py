"""Answers of the interface, made up: a slip, a pick list, the certificates of a movement and of a case."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from service.domain.orders_slip import element_string, elements, readable

NOON = datetime(2026, 11, 22, 12, 3, 5, tzinfo=UTC)
GTIN, MADE, LASTS = "09506000134352", date(2026, 1, 2), date(2028, 10, 31)
LONG = "阿莫西林克拉维酸钾干混悬剂（儿童型）" * 11
ORIGIN = "log.example.com/lotproof"


def slip_line(number: int = 1, **changes: Any) -> dict[str, Any]:
    row = {
        "movement": UUID(int=1 + number // 40), "line": number, "item": "AMX", "name": "Amoxicillin capsules 0.25 g",
        "spec": "24 capsules", "gtin": GTIN, "storage_min": "2.0", "storage_max": "8.0", "lot": f"L-{number:05}",
        "production_date": MADE, "expiry_date": LASTS, "quantity": "1200", "unit": "EA",
    } | changes  # fmt: skip
    row = {"label_lot": row["lot"], "uri": f"https://id.gs1.org/01/{GTIN}/10/{row['lot']}"} | row
    if not row["gtin"]:
        return row | {"elements": None, "readable": None}
    found = elements(row["gtin"], row["label_lot"], row["production_date"], row["expiry_date"], NOON.date())
    return row | {"elements": element_string(found), "readable": readable(found)}


def slip(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "order": "SO-1187", "site": "SX", "sender": {"code": "chenghe", "name": "Chenghe", "gln": "4012345000009"},
        "receiver": {"code": "APO", "name": "江苏通渠医药有限公司", "gln": None}, "shipped_at": NOON,
        "lines": list(lines) or [slip_line()],
    } | changes  # fmt: skip


def stop(number: int = 1, **changes: Any) -> dict[str, Any]:
    lot = f"L-{number:05}"
    return {
        "line": number, "location": f"SX/A-{number:02}", "item": "AMX", "name": "Amoxicillin capsules 0.25 g",
        "gtin": GTIN, "lot": lot, "label_lot": lot, "expiry_date": LASTS, "quantity": "120", "picked": "0",
        "open": "120", "unit": "EA", "why": "chosen: expires 2028-10-31, the earliest", "ended": None,
    } | changes  # fmt: skip


def pick_list(*stops: dict[str, Any]) -> dict[str, Any]:
    return {"id": UUID(int=7), "order": "SO-1187", "to": "SX/DOCK", "lines": list(stops) or [stop()]}


def goods(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "item": "AMX", "name": "Amoxicillin capsules 0.25 g", "lot": f"L-{number:05}",
        "uri": f"https://id.gs1.org/01/{GTIN}/10/L-{number:05}", "location": "SX/NG", "quantity": "1200", "unit": "EA",
        "movement": UUID(int=99), "statement": "3q2-7w" + "A" * 35 + "BE", "receipt_url": "", "record_status": "final",
        "index": 48_190 + number, "block": 1_234_567, "anchored_at": NOON,
    } | changes  # fmt: skip


_BOTH = {
    "certificate": "DC-7", "party": {"id": "chenghe", "name": "Chenghe", "uri": "https://log.example.com/lotproof/c"},
    "destroyed_at": NOON, "witnesses": ["w-1", "w-2"],
}  # fmt: skip


def of_movement(*lots: dict[str, Any], **changes: Any) -> dict[str, Any]:
    there = NOON.astimezone(timezone(timedelta(hours=8)))
    return {
        **_BOTH, "movement": UUID(int=99), "case": None, "reason": "Reefer stood open", "event_time": there,
        "approved_by": ["u-4", "u-9"], "goods": list(lots) or [goods()],
    } | changes  # fmt: skip


def of_case(*lots: dict[str, Any], **changes: Any) -> dict[str, Any]:
    approvals = [{"person": person, "decision": "approve", "meaning": "I have read it", "shown": "", "round": 1,
                  "at": NOON} for person in ("u-4", "u-9")]  # fmt: skip
    measured = [{"name": "pH", "value": "4.1"}, {"name": "assay", "value": "81.5", "unit": "%"}]
    file = {"sha256": "ab" * 32, "name": "reefer.jpg", "content_type": "image/jpeg", "size": 9, "by": "u", "at": NOON}
    return {
        **_BOTH, "case": UUID(int=5), "cause": "temperature", "words": "Reefer open", "opened_by": "u-1",
        "opened_at": NOON, "reason": "Below limit", "decided_by": "u-q", "decided_at": NOON, "approvals": approvals,
        "goods": list(lots) or [goods()], "attachments": [file], "record": "{}",
        "findings": [{"by": "u-lab", "at": NOON, "words": "Below limit", "measured": measured}],
    } | changes  # fmt: skip

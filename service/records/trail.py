"""The audit trail: who did what, when, what was before, why, who signed and who has reviewed it.

    movement     a lot that was recorded in a movement: its statement is in the log, the row carries its proof
    change       a field of master data, with old and new value and the reviews that cover it
    supplement   what was said later of a movement or a lot, with what was said before
    signature    of a person, with printed name, meaning and the hash of what was on the screen

A movement has a statement of its own. Changes and signatures are on sheets that notices of the log name
(`service.trail`), within seconds: `record_hash` is that of the notice. Of what is on no sheet, and of supplements, it
is the SHA-256 of the row's own values, that nothing anchors. The four streams are merged by time.
"""

from collections.abc import Callable, Iterator
from heapq import merge
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Connection, text

from service.domain.signing import shown_hash
from service.ledger.moments import moment
from service.papers.words import Words
from service.people import reviews
from service.records.proof import FIELDS as PROOF
from service.records.proof import Proofs
from service.records.record import RECORDING, Field, Record, always, field, when
from service.reports.report import STREAM, Asked, Row, milliseconds

BLOCK = 1000
Tell = Callable[[Connection, Asked, list[Any]], Iterator[Row]]


def rows(connection: Connection, asked: Asked) -> Iterator[Row]:
    """By time; of one time in the order movement, change, supplement, signature and by number."""
    streams = (_stream(connection, asked, *each) for each in _STREAMS)
    told = merge(*streams, key=lambda row: row["_order"])
    return islice(told, asked.limit)


def _stream(connection: Connection, asked: Asked, rank: int, query: str, tell: Tell) -> Iterator[Row]:
    at, source, number = _after(asked.after)
    first, last = asked.values.get("from_"), asked.values.get("to")
    values = {
        "party": asked.party_id, "lot": asked.values.get("lot"), "at": at, "rank": rank, "source": source,
        "number": number, "first": None if first is None else milliseconds(first),
        "last": None if last is None else milliseconds(last),
    }  # fmt: skip
    for block in connection.execute(text(query), values, execution_options=STREAM).partitions(BLOCK):
        for row, told in zip(block, tell(connection, asked, list(block)), strict=True):
            yield told | {"_order": (row.ms, rank, row.number), "entry": f"{row.ms}-{rank}-{row.number}",
                          "at": moment(row.ms)}  # fmt: skip


def _after(entry: str | None) -> tuple[int, int, int]:
    if entry is None:
        return -1, 0, 0
    at, rank, number = entry.split("-")
    return int(at), int(rank), int(number)


def _movements(connection: Connection, asked: Asked, block: list[Any]) -> Iterator[Row]:
    proofs = Proofs(connection, asked.origin, {bytes(row.statement_hash) for row in block})
    for row in block:
        said = orjson.loads(row.content)
        lots = ", ".join(row.lots)
        yield {
            "entity": "movement", "entity_id": str(row.id), "action": row.type, "field": "lots", "old": None,
            "new": lots, "who": row.actor, "reason": said.get("reason"), "signed_by": _approvers(said),
            "movement": row.id, "recorded_at": moment(row.ms), **proofs.of(bytes(row.statement_hash), row.lots[0]),
        }  # fmt: skip


def _approvers(said: dict[str, Any]) -> str | None:
    told = said.get("approved_by")
    return "; ".join(told) if isinstance(told, list) else told


def _changes(connection: Connection, asked: Asked, block: list[Any]) -> Iterator[Row]:
    shown = [{"number": row.number, "who": row.who} for row in block]
    held = _held(connection, asked, block)
    for row, known in zip(block, reviews.with_reviews(connection, asked.party_id, shown), strict=True):
        yield held(row.sheet, {
            "entity": row.kind, "entity_id": row.code, "action": "create" if row.old is None else "change",
            "field": row.field, "old": _plain(row.old), "new": _plain(row.new), "who": row.who, "reason": row.reason,
        }) | {"reviewed_by": "; ".join(f"{each['person']} {each['at']:%Y-%m-%d %H:%M}Z" for each in
                                       known["reviewed_by"]) or None}  # fmt: skip


def _supplements(connection: Connection, asked: Asked, block: list[Any]) -> Iterator[Row]:
    for row in block:
        about = " ".join(str(each) for each in (row.movement_id, row.uri) if each)
        yield _unlogged({
            "entity": "supplement", "entity_id": about, "action": "add" if row.old is None else "change",
            "field": row.field, "old": row.old, "new": row.value, "who": row.who, "reason": row.reason,
        })  # fmt: skip


def _signatures(connection: Connection, asked: Asked, block: list[Any]) -> Iterator[Row]:
    held = _held(connection, asked, block)
    for row in block:
        yield held(row.sheet, {
            "entity": row.subject, "entity_id": row.id, "action": "sign", "field": "signature", "old": None,
            "new": row.shown, "who": row.key, "reason": row.words,
        }) | {"signed_by": row.person, "printed_name": row.name, "meaning": row.meaning, "method": row.method}


def _held(connection: Connection, asked: Asked, block: list[Any]) -> Callable[[bytes | None, Row], Row]:
    """What completes a row with the proof of the notice that names its sheet, if it is on one."""
    proofs = Proofs(connection, asked.origin, {bytes(row.sheet) for row in block if row.sheet is not None})

    def completed(sheet: bytes | None, row: Row) -> Row:
        return _unlogged(row) if sheet is None else row | proofs.of_notice(bytes(sheet))

    return completed


def _unlogged(row: Row) -> Row:
    """Not in the log: a hash by which a copy is compared with another, and no proof."""
    digest = shown_hash(orjson.dumps(row, option=orjson.OPT_SORT_KEYS))
    return row | {"record_hash": digest, "record_status": "not in the log"}


def _plain(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else orjson.dumps(value).decode()


_WINDOW = """({ms}, :rank, {number}) > (:at, :source, :number)
    AND (CAST(:first AS bigint) IS NULL OR {ms} >= :first) AND (CAST(:last AS bigint) IS NULL OR {ms} < :last)"""
_MS = "(extract(epoch FROM {0}.at) * 1000)::bigint"
_NO_LOT = "CAST(:lot AS text) IS NULL"

_MOVED = f"""
    SELECT m.number, m.recorded_at AS ms, m.id, m.type, m.actor, m.content, m.lots, m.statement_hash
    FROM warehouse.movement m WHERE m.party_id = :party AND ({_NO_LOT} OR m.lots @> ARRAY[:lot])
        AND {_WINDOW.format(ms="m.recorded_at", number="m.number")} ORDER BY m.recorded_at, m.number
"""  # noqa: S608
_CHANGES = f"""
    SELECT c.number, {_MS.format("c")} AS ms, c.kind, c.code, c.field, c.old, c.new, c.who, c.reason,
        warehouse.change_sheet(c.number) AS sheet
    FROM warehouse.change c WHERE c.party_id = :party AND {_NO_LOT}
        AND {_WINDOW.format(ms=_MS.format("c"), number="c.number")} ORDER BY 2, 1
"""  # noqa: S608
_SUPPLEMENTS = f"""
    SELECT s.number, {_MS.format("s")} AS ms, m.id AS movement_id, l.uri, s.field, s.value, s.who, s.reason,
        (SELECT o.value FROM warehouse.supplement o WHERE o.number < s.number AND o.field = s.field
            AND o.movement IS NOT DISTINCT FROM s.movement AND o.lot_id IS NOT DISTINCT FROM s.lot_id
            AND o.party_id = s.party_id ORDER BY o.number DESC LIMIT 1) AS old
    FROM warehouse.supplement s LEFT JOIN warehouse.movement m ON m.number = s.movement
    LEFT JOIN warehouse.lot l ON l.id = s.lot_id
    WHERE s.party_id = :party AND ({_NO_LOT} OR l.uri = :lot OR m.lots @> ARRAY[:lot])
        AND {_WINDOW.format(ms=_MS.format("s"), number="s.number")} ORDER BY 2, 1
"""  # noqa: S608
_SIGNED = f"""
    SELECT s.number, s.at AS ms, s.subject, s.id, s.person, n.name, s.meaning, s.words, s.shown, s.method, s.key,
        warehouse.signature_sheet(s.number) AS sheet
    FROM warehouse.signature s
    LEFT JOIN warehouse.person p ON p.party_id = s.party_id AND p.code = s.person
    LEFT JOIN warehouse.person_name n ON n.person_id = p.id
    WHERE s.party_id = :party AND {_NO_LOT} AND {_WINDOW.format(ms="s.at", number="s.number")} ORDER BY 2, 1
"""  # noqa: S608
_STREAMS: tuple[tuple[int, str, Tell], ...] = (
    (1, _MOVED, _movements), (2, _CHANGES, _changes), (3, _SUPPLEMENTS, _supplements), (4, _SIGNED, _signatures),
)  # fmt: skip

_CHANGED = when("change", member="action")
FIELDS: tuple[Field, ...] = (
    field("entry", "Entry", "条目", "time, stream and number", width=18),
    field("at", "Time", "时间", "our clock, UTC", always, RECORDING, kind="moment", width=15),
    field("entity", "What", "对象类型", "movement, kind of master data, supplement, or subject of a signature", always,
          RECORDING, width=10),
    field("entity_id", "Which", "对象", "its id or code", always, RECORDING, width=20),
    field("action", "Action", "操作", "type of the movement; create, change, add, sign", always, RECORDING, width=10),
    field("field", "Field", "字段", "change, supplement", width=10),
    field("old", "Old value", "原值", "change, supplement", width=14),
    field("new", "New value", "新值", "change, supplement, lots of a movement, hash of what was signed", width=18),
    field("reason", "Reason", "原因", "movement, change, supplement, words of a signature", _CHANGED,
          RECORDING, width=14),
    field("who", "By", "操作者", "key, and the person whose key it is", always, RECORDING, width=18),
    field("signed_by", "Signed or approved by", "签名人", "signature, or approvers that the movement names", width=12),
    field("printed_name", "Printed name", "姓名", "person, as long as the name is not erased", width=12),
    field("meaning", "Meaning", "签名含义", "signature: authorship, review, approval, rejection", width=9),
    field("method", "How known", "身份验证方式", "signature", width=12),
    field("reviewed_by", "Reviewed by", "审核人", "reviews that cover the change", width=14),
    *PROOF,
)  # fmt: skip

TRAIL = Record(
    "audit-trail", Words("Audit trail", "审计追踪"),
    "21 CFR 11.10(e), 11.50; EU GMP Annex 11 (2011) §9, §14",
    FIELDS, rows, ("csv", "xlsx", "pdf"), key="entry",
    unconfirmed=Words(
        "the draft of Annex 11 of July 2025 was not followed; how long a record must be kept is not judged",
        "未采用 2025 年 7 月的附录 11 草案；不判断记录保存期限"),
)  # fmt: skip

"""Records of single packages: EU FMD unique identifiers, and China's 药品追溯码. One row for each act with a code.

The proof is that of the movement that the act names; of an act without one `record_hash` is the SHA-256 of the row.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Connection, text

from service.domain.signing import shown_hash
from service.papers.words import Words
from service.records.proof import FIELDS as PROOF
from service.records.proof import Proofs
from service.records.record import ITEM, PRODUCT, RECORDING, Field, Fix, Record, Rows, always, field, when
from service.reports.report import STREAM, Asked, Row

BLOCK = 1000
_CAPTURE = Fix("capture", "code")


def spine(regime: str) -> Rows:
    """Acts with codes of items under this rule, and with codes that nobody captured."""

    def rows(connection: Connection, asked: Asked) -> Iterator[Row]:
        said = asked.values
        values = {"party": asked.party_id, "regime": regime, "lot": said.get("lot"), "first": said.get("from_"),
                  "last": said.get("to"), "after": int(asked.after or 0)}  # fmt: skip
        found = connection.execute(_ACTS, values, execution_options=STREAM)
        told = (row for block in found.partitions(BLOCK) for row in _block(connection, asked, list(block)))
        return islice(told, asked.limit)

    return rows


def _block(connection: Connection, asked: Asked, block: list[Any]) -> Iterator[Row]:
    proofs = Proofs(connection, asked.origin, {bytes(row.statement_hash) for row in block if row.statement_hash})
    return (_row(row, proofs) for row in block)


def _row(row: Any, proofs: Proofs) -> Row:
    told = {
        "number": str(row.number), "code": row.code, "level": row.level, "parent": row.parent, "product_code": row.gtin,
        "serial": row.code, "batch": row.batch, "expiry_date": row.expiry_date, "product": row.generic_name or row.name,
        "generic_name": row.generic_name, "spec": row.spec, "manufacturer": row.manufacturer, "act": row.act,
        "at": row.at, "who": row.who, "result": row.result, "alert": row.alert, "reason": row.reason, "flag": row.flag,
        "added_later": None, "movement": row.movement_id, "_item": row.item, "_lot": row.uri,
    }  # fmt: skip
    if row.statement_hash is not None and row.uri is not None:
        return told | {"recorded_at": row.at, **proofs.of(bytes(row.statement_hash), row.uri)}
    digest = shown_hash(orjson.dumps(told, option=orjson.OPT_SORT_KEYS))
    return told | {"recorded_at": row.at, "record_hash": digest, "record_status": "not in the log"}


_ACTS = text("""
    SELECT a.number, a.code, a.act, a.at, a.who, a.result, a.alert, a.reason, a.flag, c.level, c.parent,
        coalesce(lot.manufacturer_lot, lot.number) AS batch, lot.uri, lot.expiry_date, item.code AS item, item.name,
        item.gtin, item.spec, p.generic_name, p.manufacturer, m.id AS movement_id, m.statement_hash
    FROM warehouse.trace_act a
    LEFT JOIN warehouse.trace_code c ON (c.party_id, c.code) = (a.party_id, a.code)
    LEFT JOIN warehouse.lot ON lot.id = c.lot_id LEFT JOIN warehouse.item ON item.id = lot.item_id
    LEFT JOIN warehouse.product p ON p.item_id = item.id LEFT JOIN warehouse.movement m ON m.number = a.movement
    WHERE a.party_id = :party AND a.number > :after AND (CAST(:lot AS text) IS NULL OR lot.uri = :lot)
        AND (c.code IS NULL OR p.regimes @> ARRAY[CAST(:regime AS text)])
        AND (CAST(:first AS timestamptz) IS NULL OR a.at >= :first)
        AND (CAST(:last AS timestamptz) IS NULL OR a.at < :last)
    ORDER BY a.number
""")

_NUMBER = field("number", "Entry", "条目", "number of the act", width=8)
_FLAGS = "sold before (回流药), never captured, decommissioned before, never sold"
_ANSWER = "what was entered with the act"
_ACT = field("act", "Act", "操作", "captured, verified, sold, returned, decommissioned or reversed", always, RECORDING,
             width=12)
_AT = field("at", "Time", "时间", "our clock, UTC", always, RECORDING, kind="moment", width=15)
_WHO = field("who", "By", "操作者", "key, and the person whose key it is", always, RECORDING, width=18)
_FLAG = field("flag", "Flag", "预警", _FLAGS, width=16)
_LEVEL = field("level", "Level", "包装级别", "code: unit, inner, case or pallet", always, _CAPTURE, width=7)
_PARENT = field("parent", "Packed in", "上级码", "code", width=20)
_BATCH = field("batch", "Batch number", "批号", "lot", always, _CAPTURE, width=12)
_EXPIRES = field("expiry_date", "Expires", "有效期至", "lot", always, _CAPTURE, kind="day", width=11)

FMD_FIELDS: tuple[Field, ...] = (
    _NUMBER, field("product_code", "Product code", "产品代码", "GTIN of the item", always, ITEM, width=14),
    field("serial", "Serial number", "序列号", "the code as it was captured", always, RECORDING, width=20),
    _BATCH, _EXPIRES, field("product", "Product", "品名", "product data, or item", width=18), _ACT,
    field("result", "Answer of the repository", "核验结果", _ANSWER, when("verified", member="act"), RECORDING),
    field("alert", "Alert id", "警报编号", _ANSWER, width=14),
    field("reason", "Reason", "原因", "of decommissioning", when("decommissioned", member="act"), RECORDING, width=12),
    _AT, _WHO, _FLAG, _LEVEL, _PARENT, *PROOF,
)  # fmt: skip
CODE_FIELDS: tuple[Field, ...] = (
    _NUMBER, field("code", "Trace code", "追溯码", "the code as it was captured", always, RECORDING, width=22), _LEVEL,
    _PARENT, field("generic_name", "Generic name", "通用名称", "product data", always, PRODUCT, width=16),
    field("spec", "Specification", "规格", "item", always, ITEM, width=11),
    field("manufacturer", "Manufacturer", "生产厂商", "product data", always, PRODUCT, width=16),
    _BATCH, _EXPIRES, _ACT, _AT, _WHO, _FLAG, *PROOF,
)  # fmt: skip

FMD = Record(
    "eu-fmd", Words("EU FMD: acts with unique identifiers", "EU FMD 唯一标识操作记录"),
    "Delegated Regulation (EU) 2016/161: Articles 4, 20 and 22", FMD_FIELDS, spine("fmd"), ("csv", "xlsx"), "fmd",
    key="number",
    unconfirmed=Words(
        "the ten days of a reversal, the same place of it and the audit trail of the repositories (Article 35) were not"
        " compared with the text; no repository is asked: its answer is what a person or system enters",
        "撤销的十日期限与同一地点、数据库审计追踪（第 35 条）未与原文比对；不查询数据库，其答复由人员或系统录入"),
)  # fmt: skip
TRACE_CODES = Record(
    "gsp-trace-codes", Words("GSP trace codes", "药品追溯码记录"), "药品经营质量管理规范 (GSP); 药品追溯码",
    CODE_FIELDS, spine("gsp"), ("csv", "xlsx"), "gsp", key="number",
    unconfirmed=Words(
        "the data sets of NMPAB/T 1002, 1007 and 1010 were not compared; nothing is uploaded to a platform",
        "未与 NMPAB/T 1002、1007、1010 数据集比对；不向任何平台上传"),
)  # fmt: skip

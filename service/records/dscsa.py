"""DSCSA: transaction information of prescription drugs, its ten elements (FD&C Act 581(26)), sent and received.

    (A) name  (B) strength, dosage form  (C) NDC  (D) container size  (E) number of containers  (F) lot number
    (G) transaction date  (H) shipment date, if more than 24 hours after it
    (I) name and address of the seller  (J) name and address of the buyer

The transaction statement (581(27)) is the company's own to make: it is made by a supplement to the movement, and the
record says who made it and when.
"""

from dataclasses import replace
from typing import Any

from service.papers.words import Words
from service.records.drug import BATCH, EXPIRES, FORM, goods
from service.records.lines import Line, spine
from service.records.locations import PARTS, described, location
from service.records.proof import FIELDS as PROOF
from service.records.record import MOVEMENT, PRODUCT, RECORDING, Field, Fix, Record, always, field, when
from service.reports.report import Row

SENT, RECEIVED = "sent", "received"
_DIRECTION = {"ship": SENT, "offer": SENT, "return": SENT, "receive": RECEIVED, "accept": RECEIVED,
              "take_back": RECEIVED}  # fmt: skip
COUNTED = "EA"
_ADDRESS = tuple(part for part in PARTS if part != "phone")


def row_of(line: Line) -> Row | None:
    direction = _DIRECTION[line.type]
    if line.row.handoff_state in ("withdrawn", "refused") or line.there.consumer:
        return None
    ours, theirs = line.us, line.there
    seller, buyer = (ours, theirs) if direction == SENT else (theirs, ours)
    return {
        "direction": direction, "name": line.row.trade_name or line.row.generic_name, "strength": line.row.strength,
        "ndc": line.row.ndc, "container_size": line.row.container_size, "containers": _containers(line),
        "transaction_date": line.day, "shipment_date": line.added_day("shipped_on"),
        "transaction_statement": _statement(line), "handoff_state": line.row.handoff_state,
        **goods(line), **described("seller", seller), **described("buyer", buyer),
    }  # fmt: skip


def _containers(line: Line) -> str | None:
    """Where pieces are counted, a piece is a container."""
    return line.quantity if line.row.unit == COUNTED else line.added("containers")


def _statement(line: Line) -> Any:
    made = line.later.get("transaction_statement")
    return made and f"made by {made.who}, {made.at:%Y-%m-%d}"


FIELDS: tuple[Field, ...] = (
    field("direction", "Direction", "方向", "type of the movement", always, RECORDING, width=9),
    field("name", "(A) Proprietary or established name", "(A) 商品名或通用名", "product data", always,
          Fix("product", "_item", "generic_name"), width=18),
    field("strength", "(B) Strength", "(B) 规格（含量）", "product data", always, PRODUCT),
    FORM,
    field("ndc", "(C) NDC", "(C) 国家药品代码 NDC", "product data", always, PRODUCT, width=13),
    field("container_size", "(D) Container size", "(D) 包装规格", "product data", always, PRODUCT),
    field("containers", "(E) Number of containers", "(E) 包装数", "movement; a supplement where pieces are not counted",
          always, MOVEMENT, kind="quantity"),
    replace(BATCH, column=replace(BATCH.column, title=Words("(F) Lot number", "(F) 批号"))),
    field("transaction_date", "(G) Transaction date", "(G) 交易日期", "event time at the site", always, RECORDING,
          kind="day"),
    field("shipment_date", "(H) Shipment date, if over 24 h later", "(H) 发运日期（晚于 24 小时时）",
          "supplement to the movement", kind="day"),
    *location("seller", "(I) Seller", "(I) 卖方", "address card of the party or partner", always, parts=_ADDRESS),
    *location("buyer", "(J) Buyer", "(J) 买方", "address card of the party or partner", always, parts=_ADDRESS),
    EXPIRES,
    field("transaction_statement", "Transaction statement", "交易声明", "supplement to the movement", when(SENT,
          member="direction"), MOVEMENT, width=18),
    field("handoff_state", "State of the handoff", "交接状态", "handoff to a party of this ledger", width=9),
    *PROOF,
)  # fmt: skip

DSCSA = Record(
    "dscsa", Words("DSCSA transaction information", "DSCSA 交易信息"),
    "FD&C Act 581(26), the ten elements of transaction information; 581(27), transaction statement",
    FIELDS, spine(row_of, tuple(_DIRECTION), "dscsa"), regime="dscsa",
    unconfirmed=Words(
        "product identifiers of single packages (serial numbers) and the six years of keeping were not checked against"
        " the text of the law; serial numbers are not in this record",
        "单个包装的产品标识（序列号）及六年保存期未与法律原文核对；本记录不含序列号"),
)  # fmt: skip

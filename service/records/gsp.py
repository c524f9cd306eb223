"""China GSP (药品经营质量管理规范): the records of buying, acceptance, selling, checking out and unfit goods.

The fields of the acceptance record are those of the text of the rule; the others follow the lists that the trade uses
and were not compared with it. What a record asks for and no movement says (a price, who checked) is a supplement.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from service.papers.words import Words
from service.records import acceptance, drug
from service.records.acceptance import ARRIVALS, person_of
from service.records.lines import Line, spine
from service.records.proof import FIELDS as PROOF
from service.records.record import LINE, MOVEMENT, RECORDING, Field, Needed, Record, Rows, always, field
from service.reports.export import Format
from service.reports.report import Row

FORMATS: tuple[Format, ...] = ("csv", "xlsx", "pdf")
SALES = ("ship", "offer")
UNFIT = ("receive", "accept", "hold", "release", "destroy", "return", "rework", "take_back")
CHECKED = "合格 · passed: available, in date, not recalled"
"""What the ledger lets leave is that, by its rules."""

_RULE = "药品经营质量管理规范 (GSP)"
_TRADE = Words("the list of fields is the one that the trade uses; it was not compared with the text of the rule",
               "字段清单为行业通行做法，未与规范原文比对")


def _bought(line: Line) -> Row:
    return drug.goods(line) | _priced(line) | {"supplier": line.there["name"]}


def _sold(line: Line) -> Row | None:
    if line.row.handoff_state in ("withdrawn", "refused"):
        return None
    return drug.goods(line) | _priced(line) | {"customer": line.there["name"]}


def _priced(line: Line) -> dict[str, Any]:
    price = line.added("unit_price")
    amount = None if price is None else f"{Decimal(line.quantity) * Decimal(price):f}"
    return {"quantity": line.quantity, "date": line.day, "unit_price": price, "currency": line.added("currency"),
            "amount": amount}  # fmt: skip


def _checked(line: Line) -> Row | None:
    sold = _sold(line)
    if sold is None:
        return None
    by = line.added("checked_by") or person_of(line.row.actor)
    return sold | {"condition": line.added("quality_condition") or CHECKED, "checked_by": by,
                   "departure_temperature": line.added("departure_temperature")}  # fmt: skip


def _unfit(line: Line) -> Row | None:
    """What was found unfit or suspect, and what became of it; arrivals only where some of them were held."""
    if line.type in ARRIVALS and not line.row.held:
        return None
    said = line.said
    units = abs(line.row.held) if line.type in (*ARRIVALS, "hold", "release") else line.units
    return drug.goods(line) | {
        "act": _ACTS[line.type], "quantity": line.amount(units), "date": line.day, "where": line.row.site,
        "reason": said.get("reason") or (_ARRIVED if line.type in ARRIVALS else None),
        "supplier": line.row.supplier, "approved_by": "; ".join(said.get("approved_by") or ()) or None,
        "witnesses": "; ".join(said.get("witnesses") or ()) or None, "certificate": said.get("certificate"),
        "case": said.get("case"),
    }  # fmt: skip


_ARRIVED = "到货待验 · held on arrival"
_ACTS = {
    "receive": "到货待处理 · held on arrival", "accept": "到货待处理 · held on arrival", "hold": "锁定 · held",
    "release": "解除 · released", "destroy": "销毁 · destroyed", "return": "退货 · returned to supplier",
    "rework": "返工 · reworked", "take_back": "销后退回 · taken back",
}  # fmt: skip
_DECIDED = ("release", "destroy")


_CALLED = "movement, as the address card calls it"
_LATER = "supplement to the lot in the movement"
_BY = "a supplement, else whose key shipped it"
_RELEASED = "what was available at once, and releases of what was held"
_INSPECTOR = "who approved the release, or took it in with a key of his own; else a supplement"
_SAID_OF_COLD = "a supplement to the movement, of goods that are kept cold"
_FOUND = "a supplement, else what the rules of the ledger found"


def _act(*types: str) -> Needed:
    return lambda row: row["act"] in [_ACTS[type] for type in types]


_SUPPLIER = field("supplier", "Supplier", "供货单位", _CALLED, always, RECORDING, width=16)
_CUSTOMER = field("customer", "Customer", "购货单位", _CALLED, always, RECORDING, width=16)
_QUANTITY = field("quantity", "Quantity", "数量", "movement", always, RECORDING, kind="quantity", width=10)
_PRICE = field("unit_price", "Unit price", "单价", _LATER, always, LINE, kind="quantity", width=10)
_CURRENCY = field("currency", "Currency", "币种", _LATER, lambda row: row["unit_price"] is not None, LINE, width=8)
_AMOUNT = field("amount", "Amount", "金额", "quantity × unit price", kind="quantity", width=9)


def _date(en: str, zh: str) -> Field:
    return field("date", en, zh, "event time at the site", always, RECORDING, kind="day", width=11)


BUYING = (*drug.GOODS, _SUPPLIER, _QUANTITY, drug.UNIT, _PRICE, _CURRENCY, _AMOUNT, _date("Bought on", "购货日期"),
          drug.BATCH, drug.EXPIRES, *PROOF)  # fmt: skip
ACCEPTANCE = (
    *drug.GOODS, drug.APPROVAL, drug.BATCH, drug.MADE, drug.EXPIRES, _SUPPLIER,
    field("arrived", "Quantity arrived", "到货数量", "movement", always, RECORDING, kind="quantity", width=10),
    drug.UNIT,
    field("arrived_on", "Arrived on", "到货日期", "event time at the site", always, RECORDING, kind="day", width=11),
    field("passed", "Quantity passed", "验收合格数量", _RELEASED, always, RECORDING, kind="quantity", width=10),
    field("result", "Result", "验收结果", "the same", always, RECORDING, width=12),
    field("inspected_by", "Inspected by", "验收人", _INSPECTOR, always, MOVEMENT, width=11),
    field("inspected_on", "Inspected on", "验收日期", "day of the release, or of the arrival", always, MOVEMENT,
          kind="day", width=11),
    field("arrival_temperature", "Temperature on arrival °C", "到货温度 ℃", _SAID_OF_COLD, kind="quantity", width=9),
    *PROOF,
)  # fmt: skip
SELLING = (*drug.GOODS, drug.BATCH, drug.EXPIRES, _CUSTOMER, _QUANTITY, drug.UNIT, _PRICE, _CURRENCY, _AMOUNT,
           _date("Sold on", "销售日期"), *PROOF)  # fmt: skip
CHECKING_OUT = (
    _CUSTOMER, *drug.GOODS, _QUANTITY, drug.UNIT, drug.BATCH, drug.EXPIRES, _date("Left on", "出库日期"),
    field("condition", "Quality", "质量状况", _FOUND, always, MOVEMENT, width=14),
    field("checked_by", "Checked by", "复核人员", _BY, always, MOVEMENT, width=10),
    field("departure_temperature", "Temperature at departure °C", "启运温度 ℃", _SAID_OF_COLD, kind="quantity",
          width=9),
    *PROOF,
)  # fmt: skip
UNFIT_GOODS = (
    *drug.GOODS, drug.BATCH, drug.EXPIRES, field("supplier", "Supplier", "供货单位", "lot", width=14),
    field("act", "What was done", "处理情况", "type of the movement", always, RECORDING, width=12),
    _QUANTITY, drug.UNIT, _date("Date", "日期"), field("where", "Site", "地点", "movement", width=6),
    field("reason", "Reason", "原因", "movement", _act("hold", "return", "rework", "take_back"), RECORDING, width=16),
    field("approved_by", "Approved by", "审批人", "movement", _act(*_DECIDED), RECORDING, width=10),
    field("witnesses", "Witnesses", "监督人", "movement", _act("destroy"), RECORDING, width=10),
    field("certificate", "Certificate", "销毁记录编号", "movement", _act("destroy"), RECORDING, width=10),
    field("case", "Quarantine case", "质量案件编号", "movement", width=16),
    *PROOF,
)  # fmt: skip


def _gsp(
    name: str, en: str, zh: str, fields: tuple[Field, ...], rows: Rows, unconfirmed: Words = _TRADE
) -> Record:  # fmt: skip
    """Titles of columns are Chinese with their English twins, in whatever language is asked for."""
    return Record(f"gsp-{name}", Words(f"GSP {en}", zh), _RULE, tuple(map(twin, fields)), rows, FORMATS, "gsp",
                  unconfirmed=unconfirmed)  # fmt: skip


def twin(one: Field) -> Field:
    both = f"{one.column.title.zh} {one.column.title.en}"
    return replace(one, column=replace(one.column, title=Words(both, both)))


GSP = (
    _gsp("purchases", "purchase record", "药品采购记录", BUYING, spine(_bought, ARRIVALS, "gsp")),
    _gsp("acceptance", "acceptance record", "药品验收记录", ACCEPTANCE, acceptance.rows,
         Words("signatures are the opaque ids of people, not signatures on paper", "签名为人员代码，不是纸面签字")),
    _gsp("sales", "sales record", "药品销售记录", SELLING, spine(_sold, SALES, "gsp")),
    _gsp("checking-out", "checking-out record", "药品出库复核记录", CHECKING_OUT, spine(_checked, SALES, "gsp")),
    _gsp("unfit", "record of unfit goods and their destruction", "不合格药品及销毁记录", UNFIT_GOODS,
         spine(_unfit, UNFIT, "gsp")),
)  # fmt: skip

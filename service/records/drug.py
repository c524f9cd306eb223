"""How records of medicines describe a product and its batch: the columns that DSCSA and GSP share."""

from datetime import date
from typing import Any

from service.records.lines import Line
from service.records.record import ITEM, LOT, PRODUCT, RECORDING, Field, always, field

NAME = field("generic_name", "Generic name", "通用名称", "product data", always, PRODUCT, width=16)
FORM = field("dosage_form", "Dosage form", "剂型", "product data", always, PRODUCT, width=9)
SPEC = field("spec", "Specification", "规格", "item", always, ITEM, width=11)
MAKER = field("manufacturer", "Manufacturer", "生产厂商", "product data", always, PRODUCT, width=16)
APPROVAL = field("approval_number", "Approval number", "批准文号", "product data", always, PRODUCT, width=14)
BATCH = field("batch", "Batch number", "批号", "lot: the manufacturer's number where it is another", always, RECORDING,
              width=12)
MADE = field("production_date", "Produced", "生产日期", "lot, or a supplement to it", always, LOT, kind="day", width=11)
EXPIRES = field("expiry_date", "Expires", "有效期至", "lot", always, RECORDING, kind="day", width=11)
UNIT = field("unit", "Unit", "单位", "item", always, RECORDING, width=6)

GOODS: tuple[Field, ...] = (NAME, FORM, SPEC, MAKER)


def goods(line: Line) -> dict[str, Any]:
    """The members of all these columns."""
    row = line.row
    return {
        "generic_name": row.generic_name, "dosage_form": row.dosage_form, "spec": row.spec, "unit": row.unit,
        "manufacturer": row.manufacturer, "approval_number": row.approval_number, "expiry_date": row.expiry_date,
        "batch": row.manufacturer_lot or row.lot, "production_date": _made(line),
    }  # fmt: skip


def _made(line: Line) -> date | None:
    made: date | None = line.row.production_date
    return made or line.added_day("production_date")

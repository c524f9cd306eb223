"""FSMA 204: the sortable spreadsheet of critical tracking events and their key data elements (21 CFR 1.1310-1.1455).

One row for each event and lot; a transformation is several rows of one event id, its inputs and its outputs. A
traceability lot code is assigned at initial packing and transformation and nowhere else (1.1320): a split, a move and a
shipment keep it, and make no row of their own here unless they are a shipment.

    receive, accept, arrive, take_back     receiving          (1.1345)   arrive: from another site of the company
    ship, offer, send, return              shipping           (1.1340)   but a sale to a consumer, or withdrawn
    merge, repack, produce, rework         transformation     (1.1350)
    register                               initial packing of a raw agricultural commodity (1.1330), else transformation
                                           whose inputs were not recorded here
"""

from typing import Any

from service.papers.words import Words
from service.records.lines import Line, spine
from service.records.locations import described, location
from service.records.proof import FIELDS as PROOF
from service.records.record import ITEM, PRODUCT, RECORDING, Field, Fix, Record, always, field, when
from service.reports.report import Row

RECEIVING, SHIPPING, TRANSFORMATION, PACKING = "receiving", "shipping", "transformation", "initial packing"
_CTE = {
    **dict.fromkeys(("receive", "accept", "arrive", "take_back"), RECEIVING),
    **dict.fromkeys(("ship", "offer", "send", "return"), SHIPPING),
    **dict.fromkeys(("merge", "repack", "produce", "rework"), TRANSFORMATION),
}  # fmt: skip
TYPES = (*_CTE, "register")


def _input(row: Row) -> bool:
    return bool(row["role"] == "input")


def _output(row: Row) -> bool:
    return not _input(row)


def _has_source(row: Row) -> bool:
    return _output(row) and not row["tlc_source_reference"]


def row_of(line: Line) -> Row | None:
    cte = _CTE.get(line.type) or (PACKING if line.row.raw else TRANSFORMATION)
    if cte == SHIPPING and (line.row.handoff_state == "withdrawn" or line.there.consumer):
        return None
    role = "input" if cte == TRANSFORMATION and line.net < 0 else "output" if cte == TRANSFORMATION else None
    types, numbers = line.documents
    return {
        "event_id": line.row.id, "cte": cte, "role": role, "event_date": line.day, "event_time": line.happened,
        "handoff_state": line.row.handoff_state, "lot": line.row.lot,
        "reference_document_type": types, "reference_document_number": numbers,
        **_code(line, role), **_product(line), **_places(line, cte), **(_packed(line) if cte == PACKING else {}),
    }  # fmt: skip


def _code(line: Line, role: str | None) -> dict[str, Any]:
    if role == "input":
        return {"tlc": None, "input_tlc": line.row.tlc, "input_quantity": line.quantity, "input_unit": line.row.unit}
    reference = line.source.reference or line.added("tlc_source_reference")
    return {
        "tlc": line.row.tlc, "quantity": line.quantity, "unit": line.row.unit, "tlc_source_reference": reference,
        "tlc_source_gln": line.source.gln or line.source_card["gln"], **described("tlc_source", line.source_card),
    }  # fmt: skip


def _product(line: Line) -> dict[str, Any]:
    row = line.row
    told = (row.brand, row.name, row.commodity, row.variety, row.pack_size, row.pack_style)
    return {
        "product_name": row.name, "brand": row.brand, "commodity": row.commodity, "variety": row.variety,
        "pack_size": row.pack_size, "pack_style": row.pack_style, "gtin": row.gtin,
        "product_description": ", ".join(each for each in told if each),
    }  # fmt: skip


def _places(line: Line, cte: str) -> dict[str, Any]:
    if cte == SHIPPING:
        return described("ship_from", line.here) | described("ship_to", line.there)
    if cte == RECEIVING:
        return described("previous_source", line.there) | described("received_at", line.here)
    return described("made_at", line.here)


def _packed(line: Line) -> dict[str, Any]:
    farm, harvester, cooled = (line.partner_card(line.added(name)) for name in ("farm", "harvester", "cooled_at"))
    return {
        **described("farm", farm), "field_name": line.added("field_name"), "harvester_name": harvester["name"],
        "harvester_phone": harvester["phone"], "_harvester": harvester.key or None,
        "harvest_date": line.added_day("harvested_on"), "food_received_on": line.added_day("received_on"),
        "food_received_quantity": line.added("received_quantity"), "food_received_unit": line.added("received_unit"),
        "cooling_date": line.added_day("cooled_on"), **described("cooled_at", cooled),
    }  # fmt: skip


def _lot(name: str) -> Fix:
    return Fix("lot", "_lot", name)


_PACKING = when(PACKING)
_SITE, _PARTNER, _SAID = "address card of the site", "address card of the partner", "supplement to the lot"

FIELDS: tuple[Field, ...] = (
    field("event_id", "Event id", "事件编号", "movement id", always, RECORDING, width=20),
    field("cte", "Critical tracking event", "关键追溯事件", "type of the movement", always, RECORDING, width=13),
    field("role", "Input or output", "投入或产出", "of a transformation", when(TRANSFORMATION), RECORDING, width=8),
    field("event_date", "Date", "日期", "event time at the site", always, RECORDING, kind="day"),
    field("event_time", "Time", "时间", "event time", kind="moment", width=15),
    field("tlc", "Traceability lot code", "追溯批次代码", "lot", _output, RECORDING, width=16),
    field("lot", "Own lot number", "本方批号", "lot", width=14),
    *location("tlc_source", "TLC source", "代码赋予地", "address card of where the code was assigned", _has_source,
              _lot("tlc_source")),
    field("tlc_source_gln", "TLC source GLN", "代码赋予地 GLN", "its card, or as the lot was received", width=14),
    field("tlc_source_reference", "TLC source reference", "代码来源引用", "a web address on the lot, or a supplement",
          width=20),
    field("product_description", "Product description", "产品描述", "the fields that follow, together", width=30),
    field("product_name", "Product name", "品名", "item", always, ITEM, width=20),
    field("brand", "Brand", "品牌", "product data"),
    field("commodity", "Commodity", "商品类别", "product data", _PACKING, PRODUCT),
    field("variety", "Variety", "品种", "product data"),
    field("pack_size", "Packaging size", "包装规格", "product data", always, PRODUCT),
    field("pack_style", "Packaging style", "包装形式", "product data", always, PRODUCT),
    field("gtin", "GTIN", "GTIN", "item", width=14),
    field("quantity", "Quantity", "数量", "movement", _output, RECORDING, kind="quantity"),
    field("unit", "Unit of measure", "单位", "item", _output, RECORDING, width=6),
    field("input_tlc", "Input: traceability lot code", "投入：追溯批次代码", "lot", _input, RECORDING, width=16),
    field("input_quantity", "Input: quantity used", "投入：数量", "movement", _input, RECORDING, kind="quantity"),
    field("input_unit", "Input: unit", "投入：单位", "item", _input, RECORDING, width=6),
    *location("ship_from", "Ship from", "发货地", _SITE, when(SHIPPING)),
    *location("ship_to", "Immediate subsequent recipient", "直接接收方", _PARTNER, when(SHIPPING)),
    field("handoff_state", "State of the handoff", "交接状态", "handoff to a party of this ledger", width=9),
    *location("previous_source", "Immediate previous source", "直接来源", _PARTNER, when(RECEIVING)),
    *location("received_at", "Received at", "收货地", _SITE, when(RECEIVING)),
    *location("made_at", "Packed or transformed at", "包装或加工地", _SITE, when(TRANSFORMATION, PACKING)),
    field("food_received_on", "Food received on", "原料收货日期", _SAID, _PACKING, _lot("received_on"), kind="day"),
    field("food_received_quantity", "Food received: quantity", "原料收货数量", _SAID, _PACKING,
          _lot("received_quantity"), kind="quantity"),
    field("food_received_unit", "Food received: unit", "原料收货单位", _SAID, _PACKING, _lot("received_unit"), width=6),
    *location("farm", "Farm", "产地农场", "address card that the supplement names", _PACKING, _lot("farm")),
    field("field_name", "Field or growing area", "地块", _SAID, _PACKING, _lot("field_name")),
    field("harvester_name", "Harvester", "采收方", "address card that the supplement names", _PACKING,
          Fix("address", "_harvester", "name", _lot("harvester"))),
    field("harvester_phone", "Harvester phone", "采收方电话", "the same card", _PACKING,
          Fix("address", "_harvester", "phone", _lot("harvester"))),
    field("harvest_date", "Harvest date", "采收日期", _SAID, _PACKING, _lot("harvested_on"), kind="day"),
    *location("cooled_at", "Cooled at", "预冷地", "address card that the supplement names", None),
    field("cooling_date", "Cooling date", "预冷日期", _SAID, kind="day"),
    field("reference_document_type", "Reference document type", "单据类型", "movement, or a supplement", always,
          Fix("movement", "movement", "document_type"), width=10),
    field("reference_document_number", "Reference document number", "单据编号", "movement, or a supplement", always,
          Fix("movement", "movement", "document_number"), width=16),
    *PROOF,
)  # fmt: skip

FSMA = Record(
    "fsma-204", Words("FSMA 204 sortable spreadsheet", "FSMA 204 可排序追溯表"),
    "21 CFR part 1 subpart S: 1.1330 initial packing, 1.1340 shipping, 1.1345 receiving, 1.1350 transformation",
    FIELDS, spine(row_of, TYPES, "fsma"), regime="fsma",
    unconfirmed=Words(
        "harvesting and cooling (1.1325) and the first land-based receiver (1.1335) are not kept as events of their"
        " own; the exemptions of subpart S are not judged",
        "采收与冷却（1.1325）、首个陆上接收方（1.1335）未作为单独事件；不判断 S 子部分的豁免"),
)  # fmt: skip

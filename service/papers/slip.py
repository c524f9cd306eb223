"""The outbound slip (随货同行单): what leaves, from whom to whom, each lot with its dates and its GS1 DataMatrix.

It prints the answer of `GET /orders/{id}/slip` and nothing else, not even the moment of printing: the same slip is the
same bytes.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from service.papers.blocks import (
    BODY,
    HEADING,
    LABEL,
    SMALL,
    STRONG,
    Block,
    Style,
    banded,
    beside,
    fact,
    fitted,
    framed,
    line,
    space,
    stack,
    symbol,
    tick_box,
    words,
)
from service.papers.headings import abreast, heading
from service.papers.pages import ROOM, Section
from service.papers.pdf import printed
from service.papers.signatures import signatures
from service.papers.symbols import MODULE, gs1
from service.papers.values import day, moment, storage
from service.papers.words import Language, Words

Slip = Mapping[str, Any]

_TITLE = Words("Outbound slip", "随货同行单")
_ORDER, _SENDER, _RECEIVER = Words("Order", "订单号"), Words("Sender", "发货方"), Words("Receiver", "收货方")
_CODE, _GLN, _SITE = Words("Code", "代码"), Words("GLN", "GLN"), Words("Shipped from", "发货仓库")
_SHIPPED, _LINES, _SHIPMENT = Words("Shipped at", "发货时间"), Words("Lines", "行数"), Words("Shipment", "发货单号")
_NUMBER, _BAR_CODE, _GOODS = Words("No.", "序号"), Words("GS1 code", "GS1 码"), Words("Goods", "品名、规格")
_LOT, _QUANTITY, _ITEM = Words("Lot, dates", "批号、日期"), Words("Quantity", "数量"), Words("Item", "物料")
_OUR_LOT, _MADE, _EXPIRES = Words("our lot", "本方批号"), Words("made", "生产日期"), Words("expires", "有效期至")
_STORAGE, _NO_CODE = Words("Storage", "储存温度"), Words("no GTIN, no code", "无 GTIN，无码")
_END = Words("End of the slip. Lines: {}", "随货同行单结束：共 {} 行")
_SIGNING = (Words("Picked by", "拣货人"), Words("Checked by", "出库复核人"), Words("Received by", "收货人"))

_AT_CODE, _AT_GOODS, _AT_LOT, _AT_QUANTITY, _AT_TICK = 24.0, 78.0, 300.0, 426.0, ROOM - 13
_ROOM_GOODS, _ROOM_LOT, _ROOM_QUANTITY = 212.0, 120.0, _AT_TICK - _AT_QUANTITY - 8
_LOT_STYLE, _AMOUNTS = Style(10.5, bold=True), (Style(11, bold=True), Style(9, bold=True), Style(7, bold=True))


def slip_pdf(slip: Slip, zone: str, language: Language) -> bytes:
    """`slip` as the interface answers it; `zone` is that of the site, whose clock the paper shows."""
    def say(said: Words) -> str:
        return said.in_language(language)

    named = f"{say(_TITLE)} {slip['order']}"
    to = words(f"{named} · {slip['receiver']['name']}", ROOM, STRONG)
    running = stack(to, space(6), _columns(language))
    count = len(slip["lines"])
    end = stack(space(6), words(say(_END).format(count), ROOM, STRONG))
    sections = (
        Section(running, [_head(slip, zone, language), _columns(language), *_lines(slip, language), end]),
        Section(to, [signatures(_SIGNING, language, stamped=True)]),
    )
    return printed(named, sections, named, language)


def _head(slip: Slip, zone: str, language: Language) -> Block:
    half = (ROOM - 12) / 2
    boxes = [_party(_SENDER, slip["sender"], half, language), _party(_RECEIVER, slip["receiver"], half, language)]
    high = max(box.height for box in boxes)
    left, right = (framed(stack(box, space(high - box.height)), half) for box in boxes)
    facts = ((_SHIPPED, moment(slip["shipped_at"], zone)), (_SITE, slip["site"]), (_LINES, str(len(slip["lines"]))))
    return stack(
        *heading(_TITLE.in_language(language), _ORDER.in_language(language), slip["order"]),
        beside((0, left), (half + 12, right)), space(8),
        abreast([fact(label.in_language(language), value, ROOM / 3 - 10, STRONG) for label, value in facts]),
        space(9),
    )  # fmt: skip


def _party(title: Words, party: Mapping[str, Any], wide: float, language: Language) -> Block:
    room = wide - 14
    codes = ((_CODE, party["code"]), (_GLN, party["gln"]))
    known = [f"{label.in_language(language)} {code}" for label, code in codes if code]
    return stack(words(title.in_language(language), room, LABEL), words(party["name"], room, HEADING),
                 *([words(" · ".join(known), room, SMALL)] if known else []), gap=1)  # fmt: skip


def _columns(language: Language) -> Block:
    def titled(said: Words, room: float, *, right: bool = False) -> Block:
        return words(said.in_language(language), room, Style(7, bold=True), right=right)

    return banded(beside(
        (4, titled(_NUMBER, 20)), (_AT_CODE, titled(_BAR_CODE, 56)), (_AT_GOODS, titled(_GOODS, _ROOM_GOODS)),
        (_AT_LOT, titled(_LOT, _ROOM_LOT)), (_AT_QUANTITY, titled(_QUANTITY, _ROOM_QUANTITY, right=True)),
    ), ROOM)  # fmt: skip


def _lines(slip: Slip, language: Language) -> Iterator[Block]:
    """Under the name of each shipment its lines; the name never stands alone at the foot of a page."""
    number = 0
    for movement, rows in groupby(slip["lines"], key=lambda row: row["movement"]):
        heading: tuple[Block, ...] = (space(5), words(f"{_SHIPMENT.in_language(language)} {movement}", ROOM, SMALL))
        for row in rows:
            number += 1
            yield stack(*heading, space(5), _line(number, row, language), space(5), line(ROOM, 0.4, 0.6))
            heading = ()


def _line(number: int, row: Mapping[str, Any], language: Language) -> Block:
    code = symbol(gs1(row["elements"]), MODULE) if row["elements"] else words(_NO_CODE.in_language(language), 50, LABEL)
    amount = stack(fitted(row["quantity"], _ROOM_QUANTITY, *_AMOUNTS, right=True),
                   words(row["unit"], _ROOM_QUANTITY, SMALL, right=True))  # fmt: skip
    return beside((4, words(str(number), 20, SMALL)), (_AT_CODE, code), (_AT_GOODS, _goods(row, language)),
                  (_AT_LOT, _lot(row, language)), (_AT_QUANTITY, amount), (_AT_TICK, tick_box()))  # fmt: skip


def _goods(row: Mapping[str, Any], language: Language) -> Block:
    kept = storage(row["storage_min"], row["storage_max"])
    told = (
        row["spec"], f"{_ITEM.in_language(language)} {row['item']}" + (f" · GTIN {row['gtin']}" if row["gtin"] else ""),
        f"{_STORAGE.in_language(language)} {kept}" if kept else None, row["readable"] or row["uri"],
    )  # fmt: skip
    return stack(words(row["name"], _ROOM_GOODS, STRONG), *(words(each, _ROOM_GOODS, SMALL) for each in told if each))


def _lot(row: Mapping[str, Any], language: Language) -> Block:
    """The lot as it stands on the label; ours below it where it is another."""
    own = [(_OUR_LOT, row["lot"], SMALL)] if row["lot"] != row["label_lot"] else []
    told = (*own, (_MADE, day(row["production_date"]), BODY), (_EXPIRES, day(row["expiry_date"]), STRONG))
    shown = [beside((0, words(label.in_language(language), 40, LABEL)), (42, words(value, _ROOM_LOT - 42, style)))
             for label, value, style in told]  # fmt: skip
    return stack(fitted(row["label_lot"], _ROOM_LOT, _LOT_STYLE, Style(8, bold=True), Style(6.5, bold=True)), *shown)

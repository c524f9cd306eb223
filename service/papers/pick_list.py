"""The pick list on paper: each stop of the walk with place, lot, expiry and quantity, and room to write down the pick.

It prints the answer of `GET /pick-lists/{id}` with the moment at which it was asked for, because a list is worked off
while it is on its way. There is no code of the goods on it: it would be scanned instead of the goods.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.papers.blocks import (
    BODY,
    LABEL,
    SMALL,
    STRONG,
    Block,
    Style,
    banded,
    beside,
    fact,
    fitted,
    line,
    space,
    stack,
    tick_box,
    words,
)
from service.papers.headings import abreast, heading
from service.papers.pages import ROOM, Section
from service.papers.pdf import printed
from service.papers.reasons import sentence_of
from service.papers.signatures import signatures
from service.papers.values import day, moment
from service.papers.words import Language, Words

Stop = Mapping[str, Any]

_TITLE, _ORDER = Words("Pick list", "拣货单"), Words("Order", "订单号")
_TO, _STOPS, _PRINTED = Words("Bring to", "送至"), Words("Stops", "拣货行数"), Words("As of", "打印时间")
_ID, _NUMBER, _PLACE = Words("List", "拣货单号"), Words("No.", "序号"), Words("Location", "库位")
_GOODS, _LOT, _TAKE = Words("Goods", "品名"), Words("Lot, expiry", "批号、有效期"), Words("Take", "应拣")
_TAKEN, _ITEM, _LABEL = Words("Taken", "实拣"), Words("Item", "物料"), Words("on the label", "标签批号")
_EXPIRES, _OF = Words("expires", "有效期至"), Words("{} of {} picked", "已拣 {}，共 {}")
_DONE, _ENDED = Words("picked", "已拣完"), Words("ended: {}", "已结束：{}")
_END = Words("End of the list. Stops: {}, to pick: {}", "拣货单结束：共 {} 行，待拣 {} 行")
_RULE = Words(
    "Take only the lot named. If it is not there, damaged or short, leave the rest and write down why.",
    "只拣所列批号。缺货、破损或数量不足时，请写明原因，不得以其他批号代替。",
)
_SIGNING = (Words("Picked by", "拣货人"), Words("Checked by", "复核人"))

_AT_PLACE, _AT_GOODS, _AT_LOT, _AT_TAKE, _AT_TAKEN = 24.0, 116.0, 262.0, 378.0, 448.0
_ROOM_PLACE, _ROOM_GOODS, _ROOM_LOT, _ROOM_TAKE = 88.0, 140.0, 112.0, 60.0
_BIG = (Style(11, bold=True), Style(8.5, bold=True), Style(7, bold=True))
_EXPIRY, _TINY = Style(10, bold=True), Style(6, bold=True)


def pick_list_pdf(listed: Mapping[str, Any], zone: str, made_at: datetime, language: Language) -> bytes:
    """`listed` as the interface answers it; `zone` is that of the site, whose clock the paper shows."""
    def say(said: Words) -> str:
        return said.in_language(language)

    stops, named = listed["lines"], f"{say(_TITLE)} {listed['order']}"
    facts = ((_TO, listed["to"]), (_STOPS, str(len(stops))), (_PRINTED, moment(made_at, zone)))
    head = [
        *heading(say(_TITLE), say(_ORDER), listed["order"]),
        abreast([fact(say(label), value, ROOM / 3 - 10, STRONG) for label, value in facts]),
        stack(space(5), words(f"{say(_ID)} {listed['id']}", ROOM, SMALL), words(say(_RULE), ROOM, SMALL), space(7)),
        _columns(language),
    ]  # fmt: skip
    foot = f"{named} · {moment(made_at, zone)}"
    todo = sum(1 for stop in stops if _to_pick(stop))
    end = stack(space(6), words(say(_END).format(len(stops), todo), ROOM, STRONG))
    running = stack(words(f"{named} – {listed['to']}", ROOM, STRONG), space(6), _columns(language))
    body = Section(running, [*head, *(_stop(stop, language) for stop in stops), end])
    signed = Section(words(named, ROOM, STRONG), [signatures(_SIGNING, language)])
    return printed(named, (body, signed), foot, language)


def _to_pick(stop: Stop) -> bool:
    return bool(stop["open"].strip("0."))


def _columns(language: Language) -> Block:
    titles = ((4.0, _NUMBER), (_AT_PLACE, _PLACE), (_AT_GOODS, _GOODS), (_AT_LOT, _LOT), (_AT_TAKEN, _TAKEN))
    small = Style(7, bold=True)
    cells = [(left, words(said.in_language(language), 90, small)) for left, said in titles]
    return banded(beside(*cells, (_AT_TAKE, words(_TAKE.in_language(language), _ROOM_TAKE, small, right=True))), ROOM)


def _stop(stop: Stop, language: Language) -> Block:
    cells = beside(
        (4, words(str(stop["line"]), 20, SMALL)), (_AT_PLACE, _place(stop["location"])),
        (_AT_GOODS, _goods(stop, language)), (_AT_LOT, _lot(stop, language)), (_AT_TAKE, _take(stop, language)),
        (_AT_TAKEN, _taken(stop, language)),
    )  # fmt: skip
    return stack(space(6), cells, space(6), line(ROOM, 0.4, 0.6))


def _place(name: str) -> Block:
    """The site small, the place within it large."""
    site, _, place = name.partition("/")
    return stack(words(site, _ROOM_PLACE, LABEL), fitted(place, _ROOM_PLACE, Style(12, bold=True), *_BIG))


def _goods(stop: Stop, language: Language) -> Block:
    code = f"{_ITEM.in_language(language)} {stop['item']}"
    told = (code, f"GTIN {stop['gtin']}" if stop["gtin"] else None, sentence_of(language, stop["why"]))
    return stack(words(stop["name"], _ROOM_GOODS, STRONG), *(words(each, _ROOM_GOODS, SMALL) for each in told if each))


def _lot(stop: Stop, language: Language) -> Block:
    label = stop["label_lot"] if stop["label_lot"] not in (None, stop["lot"]) else None
    told = [fitted(stop["lot"], _ROOM_LOT, *_BIG)]
    if label:
        told += [words(_LABEL.in_language(language), _ROOM_LOT, LABEL), words(label, _ROOM_LOT, BODY)]
    expiry = words(day(stop["expiry_date"]), _ROOM_LOT - 40, _EXPIRY)
    return stack(*told, beside((0, stack(space(2), words(_EXPIRES.in_language(language), 38, LABEL))), (40, expiry)))


def _take(stop: Stop, language: Language) -> Block:
    """What is still to be taken; of a stop that was begun, how far it is."""
    if not _to_pick(stop):
        return words("–", _ROOM_TAKE, STRONG, right=True)
    begun = _OF.in_language(language).format(stop["picked"], stop["quantity"])
    told = [words(begun, _ROOM_TAKE, LABEL, right=True)] if stop["picked"].strip("0.") else []
    return stack(fitted(stop["open"], _ROOM_TAKE, *_BIG, _TINY, right=True),
                 words(stop["unit"], _ROOM_TAKE, SMALL, right=True), *told)  # fmt: skip


def _taken(stop: Stop, language: Language) -> Block:
    """A line to write on and a box to tick, or why there is nothing more to do."""
    room = ROOM - _AT_TAKEN
    if _to_pick(stop):
        return beside((0, stack(space(22), line(room - 18, 0.6))), (room - 13, tick_box()))
    ended = stop["ended"]
    return words(_ENDED.in_language(language).format(ended) if ended else _DONE.in_language(language), room, SMALL)

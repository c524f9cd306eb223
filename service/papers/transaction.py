"""The paper that goes with prescription drugs: transaction information and statement (FD&C Act 581(26), (27)).

It prints rows of the record `dscsa` with their proof in one cell, those of one movement. The statement is printed as
the company's only where the company has made it (a supplement); otherwise the paper says that it was not made.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from service.papers.blocks import (
    BODY,
    HEADING,
    LABEL,
    SMALL,
    STRONG,
    Block,
    banded,
    beside,
    fact,
    framed,
    line,
    space,
    stack,
    words,
)
from service.papers.headings import abreast, heading
from service.papers.pages import ROOM, Section
from service.papers.pdf import printed
from service.papers.values import day
from service.papers.words import Language, Words

Row = Mapping[str, Any]

_TITLE, _NUMBER = Words("Transaction information", "交易信息"), Words("Movement", "移动编号")
_SELLER, _BUYER = Words("(I) Seller", "(I) 卖方"), Words("(J) Buyer", "(J) 买方")
_DATE, _SHIPPED = Words("(G) Transaction date", "(G) 交易日期"), Words("(H) Shipment date", "(H) 发运日期")
_PRODUCT, _LOT = Words("(A)–(D) Product", "(A)–(D) 药品"), Words("(F) Lot, expiry", "(F) 批号、有效期")
_COUNT = Words("(E) Containers", "(E) 包装数")
_STATEMENT = Words("Transaction statement", "交易声明")
_NOT_MADE = Words("No transaction statement was made for this transaction.", "本次交易未作交易声明。")
_STATES = Words("The seller states that it", "卖方声明其")
STATEMENT = (
    Words("(A) is authorized as required under the Drug Supply Chain Security Act;",
          "(A) 已按《药品供应链安全法》的要求获得授权；"),
    Words("(B) received the product from a person that is authorized as required under the Drug Supply Chain Security"
          " Act;", "(B) 从已按该法要求获得授权的人处收到该产品；"),
    Words("(C) received transaction information and a transaction statement from the prior owner of the product, as"
          " required under section 582;", "(C) 已按第 582 条的要求从该产品的前一所有人处收到交易信息和交易声明；"),
    Words("(D) did not knowingly ship a suspect or illegitimate product;", "(D) 未在知情的情况下发运可疑或非法产品；"),
    Words("(E) had systems and processes in place to comply with verification requirements under section 582;",
          "(E) 具备符合第 582 条核验要求的系统和流程；"),
    Words("(F) did not knowingly provide false transaction information; and", "(F) 未在知情的情况下提供虚假交易信息；"),
    Words("(G) did not knowingly alter the transaction history.", "(G) 未在知情的情况下篡改交易历史。"),
)  # fmt: skip
"""The words of 581(27)."""
_AT_LOT, _AT_COUNT = 300.0, 440.0


def transaction_pdf(rows: Sequence[Row], language: Language) -> bytes:
    """At least one row, all of one movement."""
    first = rows[0]
    named = f"{_TITLE.in_language(language)} {first['movement']}"
    running = stack(words(named, ROOM, STRONG), space(5), line(ROOM, 0.6), space(8))
    blocks = [*_head(first, language), *(block for row in rows for block in _line(row, language))]
    return printed(named, [Section(running, [*blocks, *_statement(first, language)])], named, language)


def _head(row: Row, language: Language) -> Iterator[Block]:
    yield from heading(_TITLE.in_language(language), _NUMBER.in_language(language), str(row["movement"]))
    half = (ROOM - 12) / 2
    seller, buyer = _party(_SELLER, row, "seller", half, language), _party(_BUYER, row, "buyer", half, language)
    high = max(seller.height, buyer.height)
    boxes = [framed(stack(each, space(high - each.height)), half) for each in (seller, buyer)]
    yield beside((0, boxes[0]), (half + 12, boxes[1]))
    yield space(8)
    dates = ((_DATE, row["transaction_date"]), (_SHIPPED, row["shipment_date"]))
    yield abreast([fact(title.in_language(language), day(value), ROOM / 2 - 10, STRONG) for title, value in dates])
    yield space(9)
    titles = ((4.0, _PRODUCT), (_AT_LOT, _LOT), (_AT_COUNT, _COUNT))
    yield banded(beside(*((at, words(said.in_language(language), 150, LABEL)) for at, said in titles)), ROOM)


def _party(title: Words, row: Row, end: str, wide: float, language: Language) -> Block:
    room = wide - 14
    parts = [row[f"{end}_{part}"] for part in ("street", "city", "region", "postal_code", "country")]
    address = ", ".join(part for part in parts if part) or "–"
    return stack(words(title.in_language(language), room, LABEL), words(row[f"{end}_name"] or "–", room, HEADING),
                 words(address, room, SMALL), gap=1)  # fmt: skip


def _line(row: Row, language: Language) -> Iterator[Block]:
    told = (row["strength"], row["dosage_form"], f"NDC {row['ndc']}" if row["ndc"] else None, row["container_size"])
    goods = stack(words(row["name"] or "–", _AT_LOT - 20, STRONG),
                  words(" · ".join(each for each in told if each) or "–", _AT_LOT - 20, SMALL))  # fmt: skip
    lot = stack(words(row["batch"], 130, STRONG), words(day(row["expiry_date"]), 130, SMALL))
    yield stack(space(5), beside((4, goods), (_AT_LOT, lot), (_AT_COUNT, words(row["containers"] or "–", 70, STRONG))),
                beside((4, words(row["proof"], ROOM - 8, LABEL))), space(4), line(ROOM, 0.4, 0.6))  # fmt: skip


def _statement(row: Row, language: Language) -> Iterator[Block]:
    """Of what was received the statement is the seller's and stands on the seller's paper."""
    if row["direction"] != "sent":
        return
    yield space(12)
    yield words(_STATEMENT.in_language(language), ROOM, HEADING)
    if not row["transaction_statement"]:
        yield words(_NOT_MADE.in_language(language), ROOM)
        return
    parts = [words(each.in_language(language), ROOM - 12) for each in STATEMENT]
    yield stack(words(_STATES.in_language(language), ROOM), *(beside((12, part)) for part in parts), gap=1)
    yield words(f"{row['seller_name']} · {row['transaction_statement']}", ROOM, BODY)

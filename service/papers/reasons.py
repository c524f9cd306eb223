"""Why the allocator took a lot or left it, as one sentence in the language of who reads: at a desk, on the floor, on
paper.

The interface answers a code, numbers and English words; here the code and the numbers choose the words. A pick list
keeps the words alone, in the form of `service.domain.allocation_reasons`: they are told from them.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from service.domain.allocation_reasons import BY_HAND
from service.papers.words import Language, Words

Facts = Mapping[str, Any]

WHY: Mapping[str, Words] = {
    "earliest": Words("Taken: expires {}, the earliest usable.", "选用：有效期至 {}，为可用库存中最早。"),
    "next": Words("Taken: expires {}, the next after what is taken before.", "选用：有效期至 {}，为其后最早。"),
    "aged": Words("Taken: kept too warm, it has aged as if it expired {}; its date is {}.",
                  "选用：储存偏热，老化程度相当于 {} 到期；标示有效期至 {}。"),
    "undated": Words("Taken: has no expiry date, so it comes last.", "选用：无有效期，排在最后。"),
    "arrived": Words("Taken: arrived {}, the next by arrival.", "选用：{} 到货，按到货次序。"),
    "by_arrival": Words("Taken: the next by arrival.", "选用：按到货次序。"),
    "ordered-lot": Words("Taken: the order names this lot.", "选用：订单指定此批次。"),
    "by-hand": Words("Taken by hand: {}", "人工选择：{}"),
    "whole-pallet": Words("Taken: a whole pallet.", "选用：整托盘。"),
    "other-lot": Words("Not taken: lot {} was asked for.", "未选：指定的是批次 {}。"),
    "other-site": Words("Not taken: lies at another site.", "未选：在其他库房。"),
    "recalled": Words("Not taken: recalled.", "未选：已召回。"),
    "on-hold": Words("Not taken: on hold.", "未选：冻结中。"),
    "in-quarantine": Words("Not taken: lies in quarantine.", "未选：在隔离区。"),
    "expired": Words("Not taken: its last usable day was {}.", "未选：最后可用日为 {}。"),
    "too-little-life": Words("Not taken: expires {}, which is sooner than the customer wants.",
                             "未选：有效期至 {}，不满足客户剩余效期要求。"),
    "life-unknown": Words("Not taken: nobody knows how much of its life is left.", "未选：剩余效期比例未知。"),
    "reserved": Words("Not taken: reserved by {}.", "未选：已被 {} 预留。"),
    "not-needed": Words("Not needed: the lots before it are enough.", "无需：前面的批次已足够。"),
}  # fmt: skip
_FILLED: Mapping[str, Callable[[Facts], str]] = {
    "by-hand": lambda facts: facts["reason"],
    "other-lot": lambda facts: facts["wanted"],
    "expired": lambda facts: facts["expiry_date"],
    "too-little-life": lambda facts: facts["expiry_date"],
    "reserved": lambda facts: ", ".join(facts["orders"]),
}
_DAY = r"(\d{4}-\d\d-\d\d)"
_PALLET = "chosen: a whole pallet, "
_KEPT = tuple((re.compile(f"chosen: {pattern}"), word) for pattern, word in (
    (f"expires {_DAY}, the earliest", "earliest"), (f"expires {_DAY}, the next", "next"),
    (f"aged as if it expired {_DAY}, its date is {_DAY}, the (?:earliest|next)", "aged"),
    ("has no expiry date(?:, so it comes last)?", "undated"), ("this lot was ordered", "ordered-lot"),
    (f"arrived {_DAY}, the (?:first|last|next)", "arrived"), ("arrived, the (?:first|last|next)", "by_arrival"),
))  # fmt: skip


def sentence(language: Language, why: Mapping[str, Any]) -> str:
    """`why` is one of an allocation's (`code` and `numbers`)."""
    code, facts = why["code"], why["numbers"]
    if code in ("fefo", "fefo-aged"):
        return _by_expiry(language, facts)
    if code in ("fifo", "lifo"):
        return _say(language, "arrived" if facts["arrived"] else "by_arrival", facts["arrived"])
    return _say(language, code, *([_FILLED[code](facts)] if code in _FILLED else []))


def sentence_of(language: Language, words: str) -> str:
    """Of the words that a pick list keeps of a lot that was taken; others stay as they are."""
    if words.startswith(BY_HAND):
        return _say(language, "by-hand", words.removeprefix(BY_HAND))
    if words.startswith(_PALLET):
        rest = sentence_of(language, "chosen: " + words.removeprefix(_PALLET))
        return f"{_say(language, 'whole-pallet')} {rest}"
    for pattern, word in _KEPT:
        if found := pattern.fullmatch(words):
            return _say(language, word, *found.groups())
    return words


def _say(language: Language, word: str, *values: object) -> str:
    return WHY[word].in_language(language).format(*values)


def _by_expiry(language: Language, facts: Facts) -> str:
    if facts["expiry_date"] is None:
        return _say(language, "undated")
    if facts.get("aged_to") is not None:
        return _say(language, "aged", facts["aged_to"], facts["expiry_date"])
    return _say(language, "earliest" if facts["first"] else "next", facts["expiry_date"])

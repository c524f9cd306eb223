"""Why the allocator took a lot or left it, as one sentence in the language of who reads.

The interface answers a code, numbers and English words; here the code and the numbers choose the words of the console.
A pick list keeps the words alone, in the form of `service.domain.allocation_reasons`: they are told from them.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from service.domain.allocation_reasons import BY_HAND

Facts = Mapping[str, Any]

_PLAIN = {
    "ordered-lot": "why.ordered", "whole-pallet": "why.pallet", "other-site": "why.other_site",
    "recalled": "why.recalled", "on-hold": "why.on_hold", "in-quarantine": "why.in_quarantine",
    "life-unknown": "why.life_unknown", "not-needed": "why.not_needed",
}  # fmt: skip
_WITH: Mapping[str, tuple[str, Callable[[Facts], str]]] = {
    "by-hand": ("why.by_hand", lambda facts: facts["reason"]),
    "fifo": ("why.first_in", lambda facts: facts["arrived"]),
    "lifo": ("why.first_in", lambda facts: facts["arrived"]),
    "other-lot": ("why.other_lot", lambda facts: facts["wanted"]),
    "expired": ("why.expired", lambda facts: facts["expiry_date"]),
    "too-little-life": ("why.too_little_life", lambda facts: facts["expiry_date"]),
    "reserved": ("why.reserved", lambda facts: ", ".join(facts["orders"])),
}


def sentence(t: Callable[..., str], why: Mapping[str, Any]) -> str:
    """`why` is one of an allocation's (`code` and `numbers`)."""
    code, facts = why["code"], why["numbers"]
    if code in ("fefo", "fefo-aged"):
        return _by_expiry(t, facts)
    if code in _PLAIN:
        return t(_PLAIN[code])
    word, value = _WITH[code]
    return t(word, value(facts))


def sentence_of(t: Callable[..., str], words: str) -> str:
    """Of the words that a pick list keeps of a lot that was taken; others stay as they are."""
    if words.startswith(BY_HAND):
        return t("why.by_hand", words.removeprefix(BY_HAND))
    for pattern, word in _KEPT:
        if found := pattern.fullmatch(words):
            return t(word, *found.groups())
    return words


_DAY, _PALLET = r"(\d{4}-\d\d-\d\d)", r"chosen: (?:a whole pallet, )?"
_KEPT = (
    (re.compile(_PALLET + f"expires {_DAY}, the earliest"), "why.earliest"),
    (re.compile(_PALLET + f"expires {_DAY}, the next"), "why.next"),
    (re.compile(_PALLET + f"aged as if it expired {_DAY}, its date is {_DAY}, the (?:earliest|next)"), "why.aged"),
    (re.compile(_PALLET + "has no expiry date(?:, so it comes last)?"), "why.undated"),
    (re.compile(_PALLET + f"arrived {_DAY}, the (?:first|last|next)"), "why.first_in"),
    (re.compile("chosen: this lot was ordered"), "why.ordered"),
)


def _by_expiry(t: Callable[..., str], facts: Facts) -> str:
    if facts["expiry_date"] is None:
        return t("why.undated")
    if facts.get("aged_to") is not None:
        return t("why.aged", facts["aged_to"], facts["expiry_date"])
    return t("why.earliest" if facts["first"] else "why.next", facts["expiry_date"])

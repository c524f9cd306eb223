"""Every reason of the allocator has its sentence in both languages, also the words that a pick list keeps of it."""

from datetime import date
from typing import Any

import pytest

from service.console.frame import translator
from service.console.reasons import sentence, sentence_of
from service.domain.allocation_reasons import CHOSEN, CODES, reason_words

FACTS: dict[str, Any] = {
    "expiry_date": date(2028, 10, 17), "arrived": date(2026, 1, 2), "first": True, "policy": "FEFO",
    "reason": "torn {}", "aged_to": None,
    "wanted": "L-1", "site": "HZ", "place": "HZ/NG", "days_left": 3, "days_wanted": 90, "percent_wanted": 50,
    "orders": ["S-1", "S-2"],
}  # fmt: skip
EN, ZH = translator("en"), translator("zh")


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_told_in_both_languages(code: str) -> None:
    said = [sentence(t, {"code": code, "numbers": FACTS}) for t in (EN, ZH)]
    assert said[0] != said[1] and all(said)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("expiry", [None, date(2028, 10, 17)])
@pytest.mark.parametrize("policy", ["FEFO", "FIFO", "LIFO"])
@pytest.mark.parametrize("code", sorted(CHOSEN))
def test_what_a_pick_list_keeps_is_told_in_both_languages(code: str, policy: str, expiry: date, first: bool) -> None:
    words = reason_words(code, FACTS | {"policy": policy, "expiry_date": expiry, "first": first})
    english, chinese = sentence_of(EN, words), sentence_of(ZH, words)
    assert english != words and chinese not in (words, english)


def test_words_of_another_form_stay_as_they_are() -> None:
    assert sentence_of(ZH, "somebody said so") == "somebody said so"

"""Every reason of the allocator has its sentence in both languages, also the words that a pick list keeps of it."""

import re
from datetime import date
from typing import Any

import pytest

from service.domain.allocation_reasons import CHOSEN, CODES, reason_words
from service.papers.reasons import sentence, sentence_of

FACTS: dict[str, Any] = {
    "expiry_date": date(2028, 10, 17), "arrived": date(2026, 1, 2), "first": True, "policy": "FEFO",
    "reason": "torn {}", "aged_to": None,
    "wanted": "L-1", "site": "HZ", "place": "HZ/NG", "days_left": 3, "days_wanted": 90, "percent_wanted": 50,
    "orders": ["S-1", "S-2"],
}  # fmt: skip
HAN = re.compile("[一-鿿]")


@pytest.mark.parametrize("code", CODES)
def test_each_code_is_told_in_both_languages(code: str) -> None:
    english, chinese = (sentence(each, {"code": code, "numbers": FACTS}) for each in ("en", "zh"))
    assert english and HAN.search(chinese) and not HAN.search(english)


@pytest.mark.parametrize("arrived", [None, date(2026, 1, 2)])
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("expiry", [None, date(2028, 10, 17)])
@pytest.mark.parametrize("policy", ["FEFO", "FIFO", "LIFO"])
@pytest.mark.parametrize("code", sorted(CHOSEN))
def test_what_a_pick_list_keeps_is_told_in_both_languages(
    code: str, policy: str, expiry: date, first: bool, arrived: date | None
) -> None:
    facts = {"policy": policy, "expiry_date": expiry, "first": first, "arrived": arrived}
    words = reason_words(code, FACTS | facts)
    english, chinese = sentence_of("en", words), sentence_of("zh", words)
    assert english != words and HAN.search(chinese)
    assert all(str(day) in chinese for day in (expiry, arrived) if day and str(day) in words)


def test_words_of_another_form_stay_as_they_are() -> None:
    assert sentence_of("zh", "somebody said so") == "somebody said so"

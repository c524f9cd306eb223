"""Codes of single packages: over all lives of a code, a second sale is flagged and a first one never is."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.trace_codes import (
    NEVER_CAPTURED,
    NEVER_SOLD,
    OUT_BEFORE,
    REVERSAL,
    SOLD_BEFORE,
    Act,
    CannotReverse,
    Known,
    judge,
)

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ACTS: tuple[Act, ...] = get_args(Act)


def live(acts: list[Act]) -> list[str | None]:
    """The flags of a life; what cannot be reversed is left out of it."""
    known, flags = Known(), list[str | None]()
    for act in acts:
        try:
            flags.append(judge("c", known, act, NOW))
        except CannotReverse:
            flags.append("refused")
            continue
        if act != "verified" and flags[-1] != NEVER_CAPTURED:
            known = Known(act, NOW)
    return flags


@given(st.lists(st.sampled_from(ACTS), max_size=12))
def test_a_sale_is_flagged_exactly_if_the_code_is_not_here_to_be_sold(acts: list[Act]) -> None:
    """Against the plainest count: captured, and sold no more often than it came back."""
    flags = live(["captured", *acts])[1:]
    here = "held"
    for act, flag in zip(acts, flags, strict=True):
        if act == "sold":
            assert (flag is None) == (here == "held"), (acts, flags)
        if flag != "refused":
            here = {"sold": "sold", "decommissioned": "out", "verified": here}.get(act, "held")


@pytest.mark.parametrize(("acts", "flag"), [
    (["sold"], NEVER_CAPTURED), (["captured", "sold", "sold"], SOLD_BEFORE),
    (["captured", "sold", "captured"], SOLD_BEFORE),
    (["captured", "sold", "returned", "sold"], None), (["captured", "returned"], NEVER_SOLD),
    (["captured", "decommissioned", "sold"], OUT_BEFORE),
    (["captured", "decommissioned", "decommissioned"], OUT_BEFORE),
    (["captured", "decommissioned", "reversed", "sold"], None), (["captured", "reversed"], "refused"),
    (["captured", "sold", "verified"], None),
])  # fmt: skip
def test_each_flag_has_its_life(acts: list[Act], flag: str | None) -> None:
    assert live(acts)[-1] == flag


def test_a_reversal_comes_within_ten_days() -> None:
    out = Known("decommissioned", NOW)
    assert judge("c", out, "reversed", NOW + REVERSAL) is None
    with pytest.raises(CannotReverse) as refused:
        judge("c", out, "reversed", NOW + REVERSAL + timedelta(seconds=1))
    assert refused.value.seen == "decommissioned at 2026-11-22 00:00Z"

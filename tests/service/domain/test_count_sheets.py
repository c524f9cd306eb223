"""The state machine of count sheets, every pair of state and act; what is out of tolerance; who approves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import commands as c
from service.domain.count_sheets import (
    ACTS,
    MOST_LINES,
    MOST_PLACES,
    STATES,
    TABLE,
    CountOvertaken,
    NotCounted,
    SheetTooLong,
    after,
    check_approver,
    counted_now,
)
from service.domain.errors import BadText, DomainError, NeedsApproval
from service.domain.states import WrongState
from service.domain.tolerance import needs_approval
from tests.service.domain.books import do, line, make_book, register, stock

LEADS_TO = {
    "open": {"enter": "open", "finish": "counted", "cancel": "cancelled"},
    "counted": {"recount": "open", "approve": "approved", "cancel": "cancelled"},
    "approved": {"recount": "open", "post": "posted", "cancel": "cancelled"},
    "posted": {},
    "cancelled": {},
}


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("act", ACTS)
def test_every_act_in_every_state_leads_where_the_table_says_or_is_refused(state: str, act: str) -> None:
    expected = LEADS_TO[state].get(act)
    if expected is not None:
        assert after(state, act) == expected
        return
    with pytest.raises(WrongState) as caught:
        after(state, act)
    allowed = sorted(each for each, acts in LEADS_TO.items() if act in acts)
    assert caught.value.members() == {"expected": " or ".join(allowed), "seen": state, "kind": "count", "act": act}


def test_the_table_speaks_of_known_states_and_acts() -> None:
    assert {state for state, _ in TABLE} | set(TABLE.values()) == set(STATES)
    assert {act for _, act in TABLE} == set(ACTS)


@given(st.integers(0, 1000), st.integers(0, 10**6), st.integers(0, 10**6))
def test_tolerance_is_in_thousandths_of_the_book(tolerance: int, book: int, counted: int) -> None:
    assert needs_approval(tolerance, "available", book, counted) is (abs(book - counted) > tolerance * book / 1000)


@given(st.integers(0, 1000), st.integers(0, 10**6), st.integers(0, 10**6))
def test_nobody_writes_off_held_goods_alone(tolerance: int, book: int, counted: int) -> None:
    large = needs_approval(tolerance, "available", book, counted)
    assert needs_approval(tolerance, "hold", book, counted) is (large or counted < book)


def test_nobody_approves_the_large_difference_that_he_counted() -> None:
    check_approver("u2", ["u1"])
    check_approver("u1", [])
    with pytest.raises(NeedsApproval):
        check_approver("u1", ["u2", "u1"])
    with pytest.raises(BadText) as caught:
        check_approver(" ", [])
    assert caught.value.where["kind"] == "approver"


@given(st.integers(0, 50), st.integers(0, 50))
def test_what_leaves_between_counting_and_posting_is_no_difference(counted: int, shipped: int) -> None:
    """50 in the book, some counted, some shipped: the difference that is posted is the one that was counted."""
    book = make_book()
    do(book, "maker", register("L1", "50"))
    if shipped:
        do(book, "maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", str(shipped))))
    now = counted_now(counted, book_then=50, book_now=50 - shipped)
    if now < 0:
        assert shipped > counted
        return
    lines = (c.CountLine("MED", "L1", str(now)),)
    do(book, "maker", c.Count(at="S1/A", lines=lines, counted_by="u1", approved_by="u2"))
    assert stock(book, "maker", "L1").get(("S1/A", "available"), 0) - (50 - shipped) == counted - 50


def test_a_sheet_is_as_long_as_its_refusal_says() -> None:
    assert SheetTooLong.title == f"A count sheet has 1 to {MOST_LINES} lines at 1 to {MOST_PLACES} places"


@pytest.mark.parametrize(("refusal", "slug", "words", "members"), [
    (NotCounted(["L1 at S1/A", "L2 at S1/B"], 7), "not-counted",
     "7 lines are not counted: L1 at S1/A, L2 at S1/B ...", {"expected": "every line counted", "seen": 7}),
    (SheetTooLong("lines", "1 to 9", 10), "sheet-too-long", "expected 1 to 9 lines, got 10: count less at once",
     {"expected": "1 to 9", "seen": 10}),
    (CountOvertaken("L1", "S1/A", "5", "3"), "count-overtaken",
     "lot 'L1' at S1/A: 5 left since the count, which found 3",
     {"expected": "a count of 5 or more", "seen": "3", "lot": "L1", "place": "S1/A"}),
])
def test_a_sheet_is_refused_by_name_and_with_its_numbers(
    refusal: DomainError, slug: str, words: str, members: dict[str, object]
) -> None:
    assert (refusal.slug, str(refusal), refusal.members()) == (slug, words, members)

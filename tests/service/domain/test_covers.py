"""Whatever is done to goods under a case without naming it: all of them stay under it, and on hold."""

from typing import cast
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from service.domain import commands as c
from service.domain.book import Book
from service.domain.decision import Account
from service.domain.errors import DomainError
from service.domain.places import AVAILABLE, HOLD, Virtual
from tests.service.domain.books import do, line, make_book, register
from tests.service.domain.lives import LINES, PLACE, PLAIN, QUANTITY, STATUS, STOCK_COMMANDS, TWO, WHY

COVERED = 7
SEVERAL = st.sampled_from(("0", "1", "2", "7", "20", "30"))
COUNTED = st.builds(c.CountLine, st.just("MED"), st.sampled_from(("L1", "L2")), SEVERAL,
                    st.sampled_from(("available", "hold")))
COMMANDS = st.one_of(
    STOCK_COMMANDS,
    cast("st.SearchStrategy[c.Command]", st.one_of(
        st.builds(c.Move, from_=PLACE, to=PLACE, lines=LINES),
        st.builds(c.Release, at=PLACE, lines=PLAIN, approved_by=TWO),
        st.builds(c.Count, at=PLACE, lines=st.lists(COUNTED, min_size=1, max_size=2).map(tuple),
                  counted_by=st.just("u1"), approved_by=st.just("u2")),
        st.builds(c.Return, from_=PLACE, supplier=st.just("x"), lines=LINES, reason=WHY),
        st.builds(c.Repack, at=PLACE, lines=LINES, outputs=st.builds(
            c.NewLotLine, st.just("MED"), st.just("NEW"), QUANTITY).map(lambda output: (output,))),
        st.builds(c.Split, at=PLACE, item=st.just("MED"), lot=st.just("L1"), status=STATUS,
                  outputs=st.builds(c.Output, st.just("L1-9"), QUANTITY).map(lambda output: (output,))),
    )),
)  # fmt: skip


def book_with_case() -> Book:
    """20 of L1 on hold at A, 7 of them under a case; 10 available beside them."""
    book = make_book()
    do(book, "maker", register("L1", "30"))
    do(book, "maker", c.Hold(at="S1/A", reason="x", lines=line("L1", "20")))
    maker = book.party("maker")
    lot, place = book.lots_by_number[book.item(maker, "MED").id, "L1"], book.location(maker, "S1/A")
    book.covered[lot.id, place.id] = {1: COVERED}
    book.case_ids[1] = UUID(int=1)
    return book


@given(st.lists(COMMANDS, min_size=1, max_size=12))
def test_all_that_is_under_a_case_stays_under_it_and_on_hold(life: list[c.Command]) -> None:
    book = book_with_case()
    for command in life:
        try:
            do(book, "maker", command)
        except DomainError:
            continue
        total = 0
        for (lot, place), by_case in book.covered.items():
            total += sum(by_case.values())
            assert all(units >= 0 for units in by_case.values())
            if place != Virtual.ADJUSTMENT:
                status = AVAILABLE if place == Virtual.DISPUTED else HOLD
                assert sum(by_case.values()) <= book.stock.get(Account(lot, place, status), 0), command
        assert total == COVERED, command

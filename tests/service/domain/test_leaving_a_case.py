"""Covers move with their goods, also out of sight; a case gives out only what is in it, and only once it is decided."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import commands as c
from service.domain.book import Book
from service.domain.covers import UnderCase, carries
from service.domain.decision import Account
from service.domain.places import AVAILABLE, HOLD, Virtual
from service.domain.states import WrongState
from tests.service.domain.books import do, line, refused
from tests.service.domain.test_cases import CASE, TWO, book_with_case, covers

RELEASE = c.Release(at="S1/A", lines=line("L1", "1"), approved_by=TWO, case=CASE)


@given(st.integers(1))
def test_what_is_held_in_real_places_can_be_covered_and_what_is_available_cannot(place: int) -> None:
    assert carries(Account(1, place, HOLD)) and not carries(Account(1, place, AVAILABLE))


def test_of_virtual_places_those_of_goods_that_may_come_back_on_hold_can_be_covered() -> None:
    found = {(place, status) for place in Virtual for status in (AVAILABLE, HOLD) if carries(Account(1, place, status))}
    assert found == {(Virtual.TRANSFER, HOLD)} | {
        (place, status) for place in (Virtual.DISPUTED, Virtual.ADJUSTMENT) for status in (AVAILABLE, HOLD)}


@pytest.mark.parametrize("command", [
    c.Ship(from_="S1/A", customer="x", lines=line("L1", "5")),
    c.Move(from_="S1/A", to="S1/B", lines=line("L1", "5", status="available")),
    c.Hold(at="S1/A", reason="x", lines=line("L1", "5")),
], ids=lambda command: command.type)
def test_what_lies_available_beside_a_case_is_no_matter_of_it(command: c.Command) -> None:
    book = book_with_case(covered=10)
    do(book, "maker", command)
    assert covers(book) == {"S1/A": 10}


def test_a_case_gives_out_nothing_where_nothing_is_covered() -> None:
    elsewhere, nowhere = book_with_case("release", TWO), book_with_case("release", TWO, covered=0)
    do(elsewhere, "maker", c.Move(from_="S1/A", to="S1/Q", lines=line("L1", "10", status="hold")))
    refused(nowhere, "maker", RELEASE, UnderCase)
    nowhere.covered.clear()
    refused(nowhere, "maker", RELEASE, UnderCase)
    assert covers(elsewhere) == {"S1/Q": 6}
    do(elsewhere, "maker", replace(RELEASE, at="S1/Q"))
    assert covers(elsewhere) == {"S1/Q": 5}


def test_a_case_that_is_looked_at_again_gives_out_nothing_by_its_old_decision() -> None:
    book = book_with_case("release", TWO)
    maker = book.party("maker").id
    for state in ("open", "under_review", "closed"):
        book.cases[maker, CASE] = replace(book.cases[maker, CASE], state=state)
        assert refused(book, "maker", RELEASE, WrongState).seen == f"{state}, release"


def sent(book: Book, quantity: str) -> UUID:
    id = uuid4()
    do(book, "maker", c.Send(from_="S1/A", to_site="S2", lines=line("L1", quantity, status="hold")), id)
    return id


def test_the_case_goes_along_to_another_site_and_does_not_lose_what_is_missing_there() -> None:
    book = book_with_case()
    id = sent(book, "9")
    assert covers(book) == {"S1/A": 1, "transfer": 5}
    do(book, "maker", c.Arrive(transfer=id, to="S2/A", lines=(c.AnswerLine(1, "2"),)))
    assert covers(book) == {"S1/A": 1, "disputed": 5}
    do(book, "maker", c.Settle(handoff=id, line=1, approved_by="q", reason="behind the door", to="S2/A"))
    assert covers(book) == {"S1/A": 1, "S2/A": 5}


def test_what_is_written_off_between_two_sites_stays_in_its_case_and_is_found_on_hold() -> None:
    book = book_with_case(covered=10)
    id = sent(book, "4")
    do(book, "maker", c.Arrive(transfer=id, to="S2/A", lines=(c.AnswerLine(1, "1"),)))
    assert covers(book) == {"S1/A": 6, "disputed": 3, "S2/A": 1}
    do(book, "maker", c.Settle(handoff=id, line=1, approved_by="q", reason="lost"))
    assert covers(book) == {"S1/A": 6, "lost": 3, "S2/A": 1}
    found = c.Count(at="S2/A", lines=(c.CountLine("MED", "L1", "4", "hold"),), counted_by="u1", approved_by="u2")
    do(book, "maker", found)
    assert covers(book) == {"S1/A": 6, "S2/A": 4}


def test_of_several_cases_the_oldest_goes_first_and_no_more_goes_than_is_moved() -> None:
    """4 under no case, then 3 of case 1, then of case 2; whatever order the rows come in."""
    book = book_with_case()
    for by_case in book.covered.values():
        by_case.clear()
        by_case |= {2: 3, 1: 3}
    move = c.Move(from_="S1/A", to="S1/Q", lines=line("L1", "8", status="hold"))
    taken = do(book, "maker", move).covers
    assert [(each.case, each.units) for each in taken if each.units > 0] == [(1, 3), (2, 1)]
    assert sum(each.units for each in taken) == 0

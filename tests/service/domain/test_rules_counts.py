"""Counts over goods on hold, in the order of their lines' statuses and not of the lines (INV-S5)."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import commands as c
from service.domain import errors as e
from service.domain.book import Book
from tests.service.domain.books import do, line, make_book, refused, register, stock


@pytest.fixture
def book() -> Book:
    return lying(available=60, held=40)


def lying(available: int, held: int) -> Book:
    """So much of L1 at S1/A."""
    made = make_book()
    do(made, "maker", register("L1", "100"))
    do(made, "maker", c.Hold(at="S1/A", reason="x", lines=line("L1", "40")))
    for status, units in (("available", available), ("hold", held)):
        assert stock(made, "maker", "L1")["S1/A", status] == units
    return made


def count(*lines: tuple[str, c.Status]) -> c.Count:
    found = tuple(c.CountLine("MED", "L1", counted, status) for counted, status in lines)
    return c.Count(at="S1/A", lines=found, counted_by="w", approved_by="q")


@pytest.mark.parametrize("lines", list(permutations([("39", "hold"), ("61", "available")])))
def test_what_one_count_does_not_find_on_hold_it_does_not_find_available(
    book: Book, lines: tuple[tuple[str, c.Status], ...]
) -> None:
    refused(book, "maker", count(*lines), e.WrongStatus)
    do(book, "maker", count(("39", "hold"), ("60", "available")))


def test_what_is_missing_of_available_goods_is_no_matter_of_those_on_hold(book: Book) -> None:
    do(book, "maker", count(("50", "available"), ("40", "hold")))
    do(book, "maker", count(("60", "available")))
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 60, ("S1/A", "hold"): 40}


def test_a_line_without_a_difference_is_never_refused(book: Book) -> None:
    """Also of a recalled lot, and also while goods on hold are missing."""
    do(book, "maker", count(("30", "hold")))
    assert do(book, "maker", count(("60", "available"), ("30", "hold"))).legs == ()
    do(book, "maker", c.Recall(item="MED", lot="L1", reason="glass"))
    assert do(book, "maker", count(("0", "available"), ("90", "hold"))).legs == ()


def test_the_line_that_is_given_twice_is_named_by_its_number(book: Book) -> None:
    error = refused(book, "maker", count(("60", "available"), ("40", "hold"), ("1", "hold")), e.WrongAnswer)
    assert error.members()["line"] == 3


@given(st.lists(st.tuples(st.integers(0, 130), st.integers(0, 130), st.booleans()), max_size=6))
def test_goods_are_found_available_only_while_none_of_those_on_hold_are_missing(
    counts: list[tuple[int, int, bool]]
) -> None:
    book, lies, missing = lying(available=60, held=40), {"available": 60, "hold": 40}, 0
    for held, available, first in counts:
        lines: list[tuple[str, c.Status]] = [(str(held), "hold"), (str(available), "available")]
        still_missing = max(missing - (held - lies["hold"]), 0)
        command = count(*(lines if first else lines[::-1]))
        if available > lies["available"] and still_missing:
            refused(book, "maker", command, e.WrongStatus)
            continue
        do(book, "maker", command)
        lies, missing = {"available": available, "hold": held}, still_missing
        assert stock(book, "maker", "L1") == {("S1/A", status): units for status, units in lies.items() if units}

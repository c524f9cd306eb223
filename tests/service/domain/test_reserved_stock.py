"""Reserved stock is for its order (INV-S5 beside it): by every way out, and by no other movement's fault."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain import commands as c
from service.domain import errors as e
from service.domain.book import Book
from service.domain.decision import Account, Leg
from service.domain.places import Virtual
from service.domain.quantities import MAX_UNITS
from service.domain.reservations import Reservation
from tests.service.domain.books import NOON, do, line, make_book, receive, refused, register, stock

HOURS = (None, -1, 0, 1)
RESERVED = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 8), st.sampled_from(HOURS)), max_size=4)
WAYS_OUT: dict[str, Callable[[tuple[c.Line, ...]], c.Command]] = {
    "ship": lambda lines: c.Ship(from_="S1/A", customer="x", lines=lines),
    "pick": lambda lines: c.Pick(from_="S1/A", to="S1/D", lines=lines),
    "offer": lambda lines: c.Offer(from_="S1/A", to_party="shop", lines=lines),
    "produce": lambda lines: c.Produce(at="S1/A", lines=lines, outputs=(c.NewLotLine("BOTTLE", "B", "1"),)),
}


@pytest.fixture
def book() -> Book:
    """20 of L1 and of L2 at S1/A."""
    made = make_book()
    for lot in ("L1", "L2"):
        do(made, "maker", register(lot, "20"))
    return made


def reserve(book: Book, reservations: list[tuple[int, int, int | None]], at: str = "S1/A") -> None:
    maker = book.party("maker")
    lot, place = book.lots_by_number[book.item(maker, "MED").id, "L1"], book.location(maker, at)
    book.promised[lot.id, place.id] = [
        Reservation(order, units, None if hours is None else NOON + timedelta(hours=hours), f"SO-{order}")
        for order, units, hours in reservations]


@given(RESERVED, st.sampled_from(sorted(WAYS_OUT)), st.none() | st.integers(1, 3), st.integers(1, 10),
       st.integers(1, 10))
def test_no_more_leaves_than_is_free_for_the_order_that_it_leaves_for(
    reserved: list[tuple[int, int, int | None]], way: str, order: int | None, first: int, second: int
) -> None:
    book = make_book()
    do(book, "maker", register("L1", "20"))
    reserve(book, reserved)
    book.for_order = order
    of_others = [each for each in reserved if each[0] != order and each[2] in (None, 1)]
    free = max(20 - sum(units for _, units, _ in of_others), 0)
    command = WAYS_OUT[way](line("L1", str(first)) + line("L1", str(second)))
    if first + second <= free:
        do(book, "maker", command)
        return
    error = refused(book, "maker", command, e.StockReserved)
    assert (error.expected, error.seen) == (f"{first + second} EA", f"{free} EA")
    named = str(error.where["orders"]).split(", ")
    assert named == sorted(named) and {f"SO-{each}" for each, _, _ in of_others} <= set(named)
    assert f"SO-{order}" not in named


@pytest.mark.parametrize("way", WAYS_OUT)
def test_other_lots_and_other_places_are_not_reserved(book: Book, way: str) -> None:
    reserve(book, [(1, 20, None)])
    do(book, "maker", WAYS_OUT[way](line("L2", "20")))
    reserve(book, [])
    reserve(book, [(1, 20, None)], at="S1/B")
    do(book, "maker", WAYS_OUT[way](line("L1", "20")))


def test_orders_whose_reservation_ran_out_are_not_named(book: Book) -> None:
    maker = book.party("maker")
    lot, place = book.lots_by_number[book.item(maker, "MED").id, "L1"], book.location(maker, "S1/A")
    all_of_it, gone = book.units(lot, place.id, "available"), NOON - timedelta(hours=1)
    book.promised[lot.id, place.id] = [Reservation(1, all_of_it, None, "SO-1"), Reservation(2, 5, gone, "SO-2")]
    error = refused(book, "maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "1")), e.StockReserved)
    assert error.where["orders"] == "SO-1"


def test_what_stays_with_the_party_is_not_stopped_by_a_reservation_nor_is_what_comes_in(book: Book) -> None:
    reserve(book, [(1, 20, None)])
    do(book, "maker", receive("L1", "5"))
    do(book, "maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "10")))
    do(book, "maker", c.Hold(at="S1/A", reason="x", lines=line("L1", "10")))
    refused(book, "maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "1")), e.StockReserved)


# What else the book holds for every movement


@pytest.mark.parametrize("place", [Virtual.CUSTOMER, Virtual.IN_TRANSIT, Virtual.HANDED_OVER])
def test_the_book_itself_lets_no_held_goods_out_whatever_a_rule_says(book: Book, place: Virtual) -> None:
    maker = book.party("maker")
    do(book, "maker", c.Hold(at="S1/A", reason="x", lines=line("L1", "20")))
    lot, here = book.lots_by_number[book.item(maker, "MED").id, "L1"], book.location(maker, "S1/A")
    legs = Leg(Account(lot.id, here.id, "hold"), -3), Leg(Account(lot.id, place, "available"), 3)
    with pytest.raises(e.StockOnHold) as caught:
        book.check(legs)
    assert (caught.value.expected, caught.value.where["held"]) == ("3 EA", "20 EA")


def test_what_is_short_is_short_and_what_is_only_held_is_held(book: Book) -> None:
    do(book, "maker", c.Hold(at="S1/A", reason="x", lines=line("L1", "12")))

    def ship(quantity: str) -> c.Ship:
        return c.Ship(from_="S1/A", customer="x", lines=line("L1", quantity))

    refused(book, "maker", ship("9"), e.StockOnHold)
    refused(book, "maker", ship("20"), e.StockOnHold)
    refused(book, "maker", ship("21"), e.InsufficientStock)
    move = c.Move(from_="S1/A", to="S1/B", lines=line("L1", "13", status="hold"))
    assert refused(book, "maker", move, e.InsufficientStock).members() == {
        "expected": "13 EA", "seen": "12 EA", "lot": "L1", "place": "S1/A", "status": "hold"}


def test_what_a_customer_brings_back_too_much_is_said_as_it_was_asked(book: Book) -> None:
    do(book, "maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "2")))
    back = c.TakeBack(to="S1/A", customer="x", reason="wrong", lines=line("L1", "3"))
    error = refused(book, "maker", back, e.InsufficientStock)
    assert (error.expected, error.seen) == ("3 EA", "2 EA")


def test_no_more_of_a_lot_comes_in_over_its_life_than_can_be_written_down_exactly(book: Book) -> None:
    """INV-S7 holds for the accounts below zero too, and for what has left since."""
    do(book, "maker", receive("N", str(MAX_UNITS)))
    do(book, "maker", c.Ship(from_="S1/A", customer="x", lines=line("N", "1000")))
    assert stock(book, "maker", "N") == {("S1/A", "available"): MAX_UNITS - 1000}
    refused(book, "maker", receive("N", "1"), e.BadQuantity)

"""A pallet is a place that goods come onto only by being packed; it stays the same place however often that happens."""

from dataclasses import replace
from uuid import uuid4

import pytest

from service.domain import commands as c
from service.domain import errors as e
from service.domain.book import Book
from tests.service.domain.books import do, line, make_book, receive, refused, register, stock

SSCC = "095060000000000015"
ON_PALLET = f"S1/{SSCC}"


@pytest.fixture
def book() -> Book:
    """100 of L1 and of L2 at S1/A, five of each on the pallet there."""
    made = make_book()
    for lot in ("L1", "L2"):
        do(made, "maker", register(lot, "100"))
        do(made, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=line(lot, "5")))
    return made


def test_what_is_packed_in_two_movements_lies_on_one_pallet(book: Book) -> None:
    assert [stock(book, "maker", lot)[ON_PALLET, "available"] for lot in ("L1", "L2")] == [5, 5]
    unpacked = do(book, "maker", c.Unpack(from_=ON_PALLET))
    assert [(good.lot.number, good.units) for good in unpacked.goods] == [("L1", 5), ("L2", 5)]
    assert [stock(book, "maker", lot) for lot in ("L1", "L2")] == [{("S1/A", "available"): 100}] * 2


def test_what_is_not_named_stays_on_the_pallet(book: Book) -> None:
    do(book, "maker", c.Unpack(from_=ON_PALLET, lines=line("L1", "2")))
    assert [stock(book, "maker", lot)[ON_PALLET, "available"] for lot in ("L1", "L2")] == [3, 5]


def test_a_pallet_is_carried_with_all_that_is_on_it_from_where_it_stood(book: Book) -> None:
    carried = do(book, "maker", c.Relocate(from_=ON_PALLET, to="S1/B"))
    assert carried.at is not None and carried.to is not None
    assert (carried.at.name, carried.to.name) == ("S1/A", "S1/B")
    assert [(good.lot.number, good.units) for good in carried.goods] == [("L1", 5), ("L2", 5)]


def test_a_pallet_is_of_one_party_and_an_sscc_of_a_shelf_is_no_pallet(book: Book) -> None:
    do(book, "shop", receive("L1", "5"))
    refused(book, "shop", c.Unpack(from_=ON_PALLET), e.UnknownThing)
    assert do(book, "shop", c.Pack(at="S1/A", pallet=SSCC, lines=line("L1", "5"))).new_pallet
    other = "095060000000000022"
    book.add_location(replace(book.location(book.party("maker"), "S1/A"), id=901, code=other))
    do(book, "maker", c.Move(from_="S1/A", to=f"S1/{other}", lines=line("L1", "5")))
    for at in ("S1/A", f"S1/{other}"):
        refused(book, "maker", c.Pack(at=at, pallet=other, lines=line("L1", "5")), e.WrongPlace)


def test_goods_come_onto_a_pallet_by_being_packed_and_by_nothing_else(book: Book) -> None:
    offer, send, short = uuid4(), uuid4(), uuid4()
    do(book, "shop", receive("L3", "5"))
    do(book, "shop", c.Offer(from_="S1/A", to_party="maker", lines=line("L3", "1")), offer)
    other = book.site(book.party("maker"), "S2")
    book.add_location(replace(book.location(book.party("maker"), ON_PALLET), id=902, site=other, code="X1"))
    do(book, "maker", c.Send(from_="S1/A", to_site="S2", lines=line("L1", "1")), send)
    do(book, "maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "1")))
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "2")), short)
    do(book, "shop", c.Accept(handoff=short, to="S1/A", lines=(c.AnswerLine(1, "1"),)))
    coming: tuple[c.Command, ...] = (
        c.Accept(handoff=offer, to=ON_PALLET),
        c.Arrive(transfer=send, to="S2/X1"),
        c.Settle(handoff=short, line=1, approved_by="q", reason="found", to=ON_PALLET),
        c.TakeBack(to=ON_PALLET, customer="x", reason="wrong", lines=line("L1", "1")),
        c.Register(to=ON_PALLET, lines=register("L9").lines),
        c.Receive(to=ON_PALLET, supplier="Acme", lines=receive("L1", "1").lines),
        c.Move(from_="S1/A", to=ON_PALLET, lines=line("L1", "1")),
    )
    for command in coming:
        refused(book, "maker", command, e.WrongPlace)

"""Offers that are answered in part, withdrawn or too old, what was missing, and transfers between sites (INV-S4)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from service.domain import commands as c
from service.domain import errors as e
from service.domain.book import Book
from service.domain.places import Virtual
from service.domain.rules.handoffs import LONGEST_OFFER
from tests.service.domain.books import NOON, do, line, make_book, receive, refused, register, stock

TWO = ("q1", "q2")


@pytest.fixture
def book() -> Book:
    return make_book()


def offered(book: Book, quantity: str = "10", lot: str = "L1", **fields: object) -> UUID:
    id = uuid4()
    do(book, "maker", register(lot, "100"))
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line(lot, quantity), **fields), id)  # type: ignore[arg-type]
    return id


def sent(book: Book, quantity: str = "10", status: c.Status | None = None) -> UUID:
    id = uuid4()
    do(book, "maker", c.Send(from_="S1/A", to_site="S2", lines=line("L1", quantity, status=status)), id)
    return id


def at(book: Book, party: str, lot: str, place: Virtual) -> int:
    known = book.lots_by_number[book.item(book.party(party), "MED").id, lot]
    return book.units(known, place, "available")


def test_an_answer_in_part_leaves_each_piece_in_one_place(book: Book) -> None:
    id = offered(book)
    decision = do(book, "shop", c.Accept(handoff=id, to="S1/B", lines=(c.AnswerLine(1, "6", "3"),)))
    assert stock(book, "shop", "L1") == {("S1/B", "available"): 6}
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 90, ("S1/A", "hold"): 3}
    places = (Virtual.HANDED_OVER, Virtual.DISPUTED, Virtual.IN_TRANSIT)
    assert [at(book, "maker", "L1", place) for place in places] == [6, 1, 0]
    assert [[good.units for good in goods] for goods in (decision.goods, decision.refused, decision.missing)] == [
        [6], [3], [1]]


def test_a_line_that_the_answer_does_not_name_is_accepted_whole(book: Book) -> None:
    id = uuid4()
    for lot in ("L1", "L2"):
        do(book, "maker", register(lot, "10"))
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4") + line("L2", "5")), id)
    do(book, "shop", c.Accept(handoff=id, to="S1/A", lines=(c.AnswerLine(2, "0", "5"),)))
    assert (stock(book, "shop", "L1"), stock(book, "shop", "L2")) == ({("S1/A", "available"): 4}, {})
    assert stock(book, "maker", "L2") == {("S1/A", "available"): 5, ("S1/A", "hold"): 5}


@pytest.mark.parametrize(("lines", "slug"), [
    ((c.AnswerLine(1, "11"),), "wrong-answer"),
    ((c.AnswerLine(1, "6", "5"),), "wrong-answer"),
    ((c.AnswerLine(2, "1"),), "wrong-answer"),
    ((c.AnswerLine(0, "1"),), "wrong-answer"),
    ((c.AnswerLine(1, "1"), c.AnswerLine(1, "1")), "wrong-answer"),
    ((c.AnswerLine(1, "0", "10"),), "empty-movement"),
    ((c.AnswerLine(1, "0.5"),), "bad-quantity"),
    ((c.AnswerLine(1, "-1"),), "bad-quantity"),
])
def test_an_answer_speaks_of_what_was_offered_and_of_no_more(
    book: Book, lines: tuple[c.AnswerLine, ...], slug: str
) -> None:
    id = offered(book)
    assert refused(book, "shop", c.Accept(handoff=id, to="S1/A", lines=lines), _kind(slug)).slug == slug
    do(book, "shop", c.Accept(handoff=id, to="S1/A"))


def _kind(slug: str) -> type[e.DomainError]:
    kinds = [kind for kind in vars(e).values() if isinstance(kind, type) and issubclass(kind, e.DomainError)]
    return next(kind for kind in kinds if kind.slug == slug)


def test_what_was_handed_over_is_not_taken_back_as_from_a_customer(book: Book) -> None:
    """It lies with the other party: taken back, it would be in two hands (INV-S4)."""
    id = offered(book)
    do(book, "shop", c.Accept(handoff=id, to="S1/A"))
    back = c.TakeBack(to="S1/Q", customer="x", reason="wrong", lines=line("L1", "1"))
    refused(book, "maker", back, e.InsufficientStock)
    do(book, "maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "2")))
    do(book, "maker", back)
    assert refused(book, "maker", replace(back, lines=line("L1", "2")), e.InsufficientStock).seen == "1 EA"
    assert stock(book, "maker", "L1")[("S1/Q", "hold")] == 1


def test_two_lots_of_one_number_are_not_taken_in_as_one(book: Book) -> None:
    """The sender has two items where the receiver has one; both lots bear the number L1."""
    maker = book.party("maker")
    book.add_item(replace(book.item(maker, "SALT"), id=900, code="SEA"))
    id = uuid4()
    do(book, "maker", c.Register(to="S1/A", lines=(c.NewLotLine("SALT", "L1", "1"), c.NewLotLine("SEA", "L1", "1"))))
    lines = (c.Line("SALT", "L1", "1"), c.Line("SEA", "L1", "1"))
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=lines), id)
    both = (c.ItemMatch("SALT", "SALT"), c.ItemMatch("SEA", "SALT"))
    refused(book, "shop", c.Accept(handoff=id, to="S1/A", items=both), e.LotConflict)


def test_a_record_without_an_expiry_date_takes_in_nothing_that_expires(book: Book) -> None:
    id, milk = uuid4(), date(2026, 11, 25)
    do(book, "maker", register("M1", "5", "MILK", expiry_date=milk))
    do(book, "shop", receive("M1", "5", "MILK"))
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("M1", "2", "MILK")), id)
    error = refused(book, "shop", c.Accept(handoff=id, to="S1/A"), e.LotConflict)
    assert (error.expected, error.seen) == (None, "2026-11-25")


def test_more_of_a_lot_that_the_receiver_has_recalled_is_held(book: Book) -> None:
    do(book, "shop", receive("L1", "5"))
    do(book, "shop", c.Recall(item="MED", lot="L1", reason="glass"))
    id = offered(book)
    do(book, "shop", c.Accept(handoff=id, to="S1/A"))
    assert stock(book, "shop", "L1") == {("S1/A", "hold"): 15}


def test_an_offer_can_be_accepted_until_its_last_moment_and_then_only_go_back(book: Book) -> None:
    until = NOON + timedelta(hours=2)
    first, second, third = (offered(book, lot=lot, expires_at=until) for lot in ("L1", "L2", "L3"))
    book.now = until
    do(book, "shop", c.Accept(handoff=first, to="S1/A"))
    book.now += timedelta(milliseconds=1)
    refused(book, "shop", c.Accept(handoff=second, to="S1/A"), e.HandoffExpired)
    do(book, "shop", c.Refuse(handoff=second, reason="late"))
    do(book, "maker", c.Withdraw(handoff=third, reason="late"))


@pytest.mark.parametrize("until", [
    NOON, NOON - timedelta(days=1), datetime(2026, 11, 23), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)])
def test_an_offer_expires_later_but_not_at_the_end_of_time(book: Book, until: datetime) -> None:
    do(book, "maker", register("L1", "10"))
    refused(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "1"), expires_at=until),
            e.BadEventTime)


def test_a_withdrawn_offer_is_where_it_was_and_nobody_else_withdraws(book: Book) -> None:
    id = offered(book)
    for party in ("shop", "depot"):
        refused(book, party, c.Withdraw(handoff=id, reason="mine now"), e.UnknownThing)
    refused(book, "maker", c.Withdraw(handoff=id), e.BadText)
    do(book, "maker", c.Withdraw(handoff=id, reason="wrong customer"))
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 100}
    for party, command in (("shop", c.Accept(handoff=id, to="S1/A")), ("maker", c.Withdraw(handoff=id, reason="x"))):
        refused(book, party, command, e.HandoffAnswered)


def test_what_was_recalled_on_the_way_is_not_accepted_and_comes_back_on_hold(book: Book) -> None:
    first, second = offered(book), offered(book, lot="L2")
    for lot in ("L1", "L2"):
        do(book, "maker", c.Recall(item="MED", lot=lot, reason="glass"))
    refused(book, "shop", c.Accept(handoff=first, to="S1/A"), e.LotRecalled)
    do(book, "maker", c.Withdraw(handoff=first, reason="recalled"))
    do(book, "shop", c.Refuse(handoff=second, reason="recalled"))
    for lot in ("L1", "L2"):
        assert stock(book, "maker", lot) == {("S1/A", "hold"): 100}


def test_what_goes_back_to_a_pallet_goes_to_the_place_where_it_stands(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    do(book, "maker", c.Pack(at="S1/A", pallet="095060000000000015", lines=line("L1", "10")))
    id = uuid4()
    do(book, "maker", c.Offer(from_="S1/095060000000000015", to_party="shop", lines=line("L1", "4")), id)
    do(book, "maker", c.Relocate(from_="S1/095060000000000015", to="S1/B"))
    do(book, "shop", c.Refuse(handoff=id, reason="wet"))
    assert stock(book, "maker", "L1") == {("S1/095060000000000015", "available"): 6, ("S1/B", "hold"): 4}


@pytest.mark.parametrize(("to", "found"), [("S1/Q", {("S1/A", "available"): 90, ("S1/Q", "hold"): 3}),
                                           (None, {("S1/A", "available"): 90})])
def test_what_was_missing_is_settled_once_as_found_or_lost(
    book: Book, to: str | None, found: dict[tuple[str, str], int]
) -> None:
    id = offered(book)
    do(book, "shop", c.Accept(handoff=id, to="S1/A", lines=(c.AnswerLine(1, "7"),)))
    settle = c.Settle(handoff=id, line=1, approved_by="q", reason="under the truck", to=to)
    refused(book, "maker", replace(settle, line=2), e.WrongAnswer)
    refused(book, "maker", replace(settle, reason=None), e.BadText)
    refused(book, "shop", settle, e.UnknownThing)
    do(book, "maker", settle)
    assert stock(book, "maker", "L1") == found
    assert at(book, "maker", "L1", Virtual.DISPUTED) == 0
    refused(book, "maker", settle, e.WrongAnswer)


def test_a_transfer_keeps_its_status_and_arrives_only_where_it_was_sent(book: Book) -> None:
    do(book, "maker", register("L1", "20"))
    do(book, "maker", c.Hold(at="S1/A", reason="x", lines=line("L1", "5")))
    held, free = sent(book, "5", "hold"), sent(book, "10", "available")
    refused(book, "maker", c.Arrive(transfer=held, to="S1/B"), e.WrongPlace)
    refused(book, "shop", c.Arrive(transfer=held, to="S2/A"), e.UnknownThing)
    refused(book, "maker", c.Accept(handoff=held, to="S2/A"), e.HandoffToSelf)
    for id in (held, free):
        do(book, "maker", c.Arrive(transfer=id, to="S2/A"))
    assert stock(book, "maker", "L1") == {
        ("S1/A", "available"): 5, ("S2/A", "hold"): 5, ("S2/A", "available"): 10}
    refused(book, "maker", c.Arrive(transfer=free, to="S2/A"), e.HandoffAnswered)


def test_what_does_not_arrive_is_disputed_and_nobody_refuses_his_own_goods(book: Book) -> None:
    do(book, "maker", register("L1", "20"))
    id = sent(book)
    refused(book, "maker", c.Arrive(transfer=id, to="S2/A", lines=(c.AnswerLine(1, "8", "2"),)), e.WrongAnswer)
    do(book, "maker", c.Arrive(transfer=id, to="S2/A", lines=(c.AnswerLine(1, "8"),)))
    assert (stock(book, "maker", "L1")[("S2/A", "available")], at(book, "maker", "L1", Virtual.DISPUTED)) == (8, 2)
    do(book, "maker", c.Settle(handoff=id, line=1, approved_by="q", reason="lost"))


def test_what_is_recalled_between_two_sites_arrives_on_hold(book: Book) -> None:
    do(book, "maker", register("L1", "20"))
    id = sent(book)
    do(book, "maker", c.Recall(item="MED", lot="L1", reason="glass"))
    do(book, "maker", c.Arrive(transfer=id, to="S2/A"))
    assert stock(book, "maker", "L1") == {("S1/A", "hold"): 10, ("S2/A", "hold"): 10}


def test_a_transfer_leads_to_another_site(book: Book) -> None:
    do(book, "maker", register("L1", "20"))
    refused(book, "maker", c.Send(from_="S1/A", to_site="S1", lines=line("L1", "1")), e.WrongPlace)
    refused(book, "maker", c.Send(from_="S1/A", to_site="S9", lines=line("L1", "1")), e.UnknownThing)
    id = offered(book, lot="L2")
    refused(book, "shop", c.Arrive(transfer=id, to="S2/A"), e.UnknownThing)


def test_only_what_is_available_is_offered_whatever_the_line_says(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    held = c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "1", status="hold"))
    refused(book, "maker", held, e.WrongStatus)
    do(book, "maker", replace(held, lines=line("L1", "1", status="available")))


def test_the_last_moment_of_an_offer_is_not_beyond_a_lifetime(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    last = c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "1"), expires_at=NOON + LONGEST_OFFER)
    refused(book, "maker", replace(last, expires_at=NOON + LONGEST_OFFER + timedelta(milliseconds=1)), e.BadEventTime)
    do(book, "maker", last)


def test_an_id_is_sent_under_once_and_not_under_an_offers(book: Book) -> None:
    """INV-X1: an answer names the id alone, so one id may lead a receiver to one handoff only."""
    do(book, "maker", register("L1", "10"))
    do(book, "shop", receive("L1", "10"))
    send = c.Send(from_="S1/A", to_site="S2", lines=line("L1", "1"))
    id, other = sent(book, "1"), uuid4()
    refused(book, "maker", send, e.ThingExists, id)
    do(book, "shop", c.Offer(from_="S1/A", to_party="maker", lines=line("L1", "1")), other)
    refused(book, "maker", send, e.ThingExists, other)
    do(book, "shop", send, id)


def test_the_goods_of_several_lines_are_taken_in_lot_by_lot(book: Book) -> None:
    """Two lots, one of them on two lines: two records, not three."""
    id = uuid4()
    for lot in ("L1", "L2"):
        do(book, "maker", register(lot, "10"))
    lines = line("L1", "4") + line("L2", "5") + line("L1", "3")
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=lines), id)
    decision = do(book, "shop", c.Accept(handoff=id, to="S1/A"))
    assert [lot.number for lot in decision.new_lots] == ["L1", "L2"]
    for lot, units in (("L1", 7), ("L2", 5)):
        assert stock(book, "shop", lot) == {("S1/A", "available"): units}


def offered_item(book: Book, item: str) -> UUID:
    id = uuid4()
    do(book, "maker", register("L1", "10", item))
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4", item)), id)
    return id


@pytest.mark.parametrize(("theirs", "ours"), [
    ("MED", "BOTTLE"), ("BOTTLE", "MED"), ("MED", "MILK"),  # other goods, by their GTIN
    ("SALT", "BOTTLE"), ("BOTTLE", "SALT"),  # none has a GTIN, but they are not counted alike
])
def test_an_item_that_cannot_be_theirs_is_not_matched_though_the_receiver_says_so(
    book: Book, theirs: str, ours: str
) -> None:
    id = offered_item(book, theirs)
    refused(book, "shop", c.Accept(handoff=id, to="S1/A", items=(c.ItemMatch(theirs, ours),)), e.ItemUnmatched)


def test_items_are_counted_in_the_same_unit_and_to_the_same_decimals(book: Book) -> None:
    salt, id = book.item(book.party("shop"), "SALT"), offered_item(book, "SALT")
    match = c.Accept(handoff=id, to="S1/A", items=(c.ItemMatch("MED", "MED"), c.ItemMatch("SALT", "SALT")))
    for change in ({"unit": "GRM"}, {"decimals": 3}):
        book.add_item(replace(salt, **change))
        refused(book, "shop", match, e.ItemUnmatched)
    book.add_item(salt)
    do(book, "shop", match)


def test_a_gtin_that_the_receiver_does_not_have_is_not_matched(book: Book) -> None:
    id, shop = offered(book), book.party("shop")
    del book.items_by_gtin[shop.id, "09506000134352"]
    refused(book, "shop", c.Accept(handoff=id, to="S1/A"), e.ItemUnmatched)


def test_who_refuses_says_why_and_who_settles_says_who_stands_for_it(book: Book) -> None:
    id = offered(book)
    refused(book, "shop", c.Refuse(handoff=id), e.BadText)
    do(book, "shop", c.Accept(handoff=id, to="S1/A", lines=(c.AnswerLine(1, "7"),)))
    refused(book, "maker", c.Settle(handoff=id, line=1, approved_by=" ", reason="lost"), e.BadText)


def test_the_lines_that_wait_for_settlement_are_named(book: Book) -> None:
    id = uuid4()
    do(book, "maker", register("L1", "30"))
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4") * 3), id)
    do(book, "shop", c.Accept(handoff=id, to="S1/A", lines=(c.AnswerLine(1, "1"), c.AnswerLine(3, "3", "0"))))
    settle = c.Settle(handoff=id, line=2, approved_by="q", reason="lost")
    for waiting, number in (("1, 3", 1), ("3", 3), ("none", 2)):
        error = refused(book, "maker", settle, e.WrongAnswer)
        assert (error.expected, error.where["line"]) == (f"a line with goods missing ({waiting})", 2)
        if number != settle.line:
            do(book, "maker", replace(settle, line=number))


def test_what_arrives_in_quarantine_is_held_and_an_arrival_brings_something(book: Book) -> None:
    do(book, "maker", register("L1", "20"))
    yard = replace(book.location(book.party("maker"), "S2/A"), id=900, code="Q", kind="quarantine")
    book.add_location(yard)
    id = sent(book)
    refused(book, "maker", c.Arrive(transfer=id, to="S2/A", lines=(c.AnswerLine(1, "0"),)), e.EmptyMovement)
    do(book, "maker", c.Arrive(transfer=id, to="S2/Q"))
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 10, ("S2/Q", "hold"): 10}


def test_an_answer_is_refused_by_the_number_of_its_line(book: Book) -> None:
    id = uuid4()
    do(book, "maker", register("L1", "20"))
    do(book, "maker", c.Send(from_="S1/A", to_site="S2", lines=line("L1", "5") + line("L1", "6")), id)
    for said in (c.AnswerLine(2, "4", "1"), c.AnswerLine(2, "7"), c.AnswerLine(2, "5", "4")):
        error = refused(book, "maker", c.Arrive(transfer=id, to="S2/A", lines=(said,)), e.WrongAnswer)
        assert error.where["line"] == 2
    assert error.seen == "9"


def test_what_was_refused_and_what_was_found_again_are_said_line_by_line(book: Book) -> None:
    """A life of chance seldom gets there, so here it is once for certain."""
    id = uuid4()
    do(book, "maker", register("L1", "30"))
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4") * 2), id)
    answered = do(book, "shop", c.Accept(handoff=id, to="S1/A", lines=(c.AnswerLine(2, "1", "2"),))).handoff
    assert answered is not None
    assert [(each.refused, each.missing) for each in answered.lines] == [(0, 0), (2, 1)]
    shelf = book.location(book.party("maker"), "S1/B")
    found = do(book, "maker", c.Settle(handoff=id, line=2, approved_by="q", reason="found", to="S1/B"))
    assert (found.at, found.to, found.settled) == (shelf, shelf, 2)
    assert found.handoff is not None
    assert [(each.refused, each.missing) for each in found.handoff.lines] == [(0, 0), (2, 0)]

"""What may happen to stock and what may not, rule by rule, on a book in memory."""

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from uuid import uuid4

import pytest

from service.domain import commands as c
from service.domain import errors as e
from service.domain.book import Book, fold
from service.domain.places import Virtual
from service.domain.quantities import MAX_UNITS
from tests.service.domain.books import NOON, do, line, make_book, receive, refused, register, stock


@pytest.fixture
def book() -> Book:
    return make_book()


def test_a_registered_lot_lies_where_it_was_put(book: Book) -> None:
    do(book, "maker", register("L1", "250"))
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 250}


def test_a_lot_is_registered_once(book: Book) -> None:
    lot = do(book, "maker", register("L1")).new_lots[0]
    error = refused(book, "maker", register("L1"), e.LotExists)
    assert error.members()["seen"] == lot.uri


def test_two_parties_may_know_the_same_lot(book: Book) -> None:
    uris = {do(book, party, register("L1")).new_lots[0].uri for party in ("maker", "shop")}
    assert len(uris) == 1


def test_a_lot_is_not_begun_twice_in_one_movement(book: Book) -> None:
    twice = c.Register(to="S1/A", lines=register("L1").lines + register("L1").lines)
    refused(book, "maker", twice, e.LotExists)
    labelled = c.Receive(to="S1/A", supplier="Acme", lines=(
        receive("L1", manufacturer_lot="M").lines + receive("L2", manufacturer_lot="M").lines))
    refused(book, "maker", labelled, e.LotExists)


def test_the_manufacturers_lot_names_a_lot_with_a_gtin(book: Book) -> None:
    assert do(book, "shop", receive("INT-1", manufacturer_lot="M/7")).new_lots[0].uri.endswith("/10/M%2F7")
    error = refused(book, "shop", receive("INT-2", manufacturer_lot="M/7"), e.LotExists)
    assert "M%2F7" in str(error)


def test_more_of_a_received_lot_adds_to_it(book: Book) -> None:
    do(book, "shop", receive("L1", "10"))
    decision = do(book, "shop", receive("L1", "5"))
    assert not decision.new_lots
    assert stock(book, "shop", "L1") == {("S1/A", "available"): 15}


def test_another_expiry_on_a_known_lot_is_a_case_for_quality(book: Book) -> None:
    do(book, "shop", receive("L1"))
    error = refused(book, "shop", receive("L1", expiry_date=date(2028, 1, 1)), e.LotConflict)
    assert error.members() == {
        "expected": "2027-06-30", "seen": "2028-01-01", "lot": "L1", "field": "expiry_date"}


def test_a_field_that_is_not_given_is_no_conflict_and_blanks_nothing(book: Book) -> None:
    do(book, "shop", receive("L1"))
    again = c.Receive(to="S1/A", supplier="Acme", lines=(c.NewLotLine("MED", "L1", "1"),))
    assert do(book, "shop", again).goods[0].lot.expiry_date == date(2027, 6, 30)


def test_what_the_item_demands_of_its_lots_is_demanded(book: Book) -> None:
    no_expiry = c.Register(to="S1/A", lines=(c.NewLotLine("MED", "L1", "1"),))
    assert refused(book, "maker", no_expiry, e.MissingLotField).members()["expected"] == "expiry_date"
    assert refused(book, "shop", receive("L1", item="SALT"), e.MissingLotField).expected == "manufacturer_lot"


def test_the_shelf_life_gives_the_expiry_that_is_not_written_down(book: Book) -> None:
    made = c.Register(to="S1/A", lines=(c.NewLotLine("MED", "L1", "1", production_date=date(2026, 11, 1)),))
    assert do(book, "maker", made).new_lots[0].expiry_date == date(2027, 11, 1)


def test_goods_are_not_produced_tomorrow_nor_expired_before_they_were_made(book: Book) -> None:
    refused(book, "maker", register("L1", production_date=date(2026, 11, 23)), e.DatesDisagree)
    refused(book, "maker", register("L1", production_date=date(2026, 11, 1), expiry_date=date(2026, 10, 1)),
            e.DatesDisagree)


def test_a_traceability_code_begins_with_the_lot_and_is_inherited(book: Book) -> None:
    made = do(book, "maker", register("L1")).new_lots[0]
    assert (made.traceability_lot_code, made.traceability_source) == ("L1", book.party("maker").uri)
    split = c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("L1-1", "1"),))
    child = do(book, "maker", split).new_lots[0]
    assert (child.traceability_lot_code, child.expiry_date) == ("L1", made.expiry_date)


def test_no_more_leaves_a_place_than_is_there(book: Book) -> None:
    do(book, "maker", register("L1", "100"))
    error = refused(book, "maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "101")), e.InsufficientStock)
    assert error.members() == {
        "expected": "101 EA", "seen": "100 EA", "lot": "L1", "place": "S1/A", "status": "available"}


def test_two_lines_of_one_movement_draw_on_the_same_stock(book: Book) -> None:
    do(book, "maker", register("L1", "100"))
    twice = line("L1", "60") + line("L1", "60")
    for command in (c.Move(from_="S1/A", to="S1/B", lines=twice), c.Ship(from_="S1/A", customer="x", lines=twice),
                    c.Offer(from_="S1/A", to_party="shop", lines=twice), c.Hold(at="S1/A", reason="x", lines=twice)):
        refused(book, "maker", command, e.InsufficientStock)


@pytest.mark.parametrize("command", [
    c.Ship(from_="S1/A", customer="x", lines=line("L1", "1")),
    c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "1")),
])
def test_held_stock_does_not_leave(book: Book, command: c.Command) -> None:
    do(book, "maker", register("L1", "10"))
    do(book, "maker", c.Hold(at="S1/A", reason="suspect", lines=line("L1", "10")))
    error = refused(book, "maker", command, e.StockOnHold)
    assert (error.expected, error.seen) == ("1 EA", "0 EA")
    do(book, "maker", c.Release(at="S1/A", lines=line("L1", "1"), approved_by=("q1", "q2")))
    do(book, "maker", command)


@pytest.mark.parametrize("command", [
    c.Ship(from_="S1/A", customer="x", lines=line("L1", "1")),
    c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "1")),
])
def test_expired_stock_does_not_leave_from_midnight_at_its_place(command: c.Command) -> None:
    book = make_book()
    do(book, "maker", register("L1", "10", expiry_date=date(2026, 11, 22)))
    book.now = datetime(2026, 11, 22, 15, 59, 59, tzinfo=NOON.tzinfo)  # 23:59:59 in Shanghai
    do(book, "maker", command)
    book.now += timedelta(seconds=1)
    error = refused(book, "maker", command, e.LotExpired)
    assert error.members()["seen"] == "2026-11-23"


def test_an_event_time_in_the_past_does_not_make_goods_fresh_again(book: Book) -> None:
    do(book, "maker", register("L1", "10", expiry_date=date(2026, 11, 21)))
    back = c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"), event_time=NOON - timedelta(days=5))
    refused(book, "maker", back, e.LotExpired)


def test_expired_and_held_stock_moves_and_is_destroyed(book: Book) -> None:
    do(book, "maker", register("L1", "10", expiry_date=date(2026, 11, 21)))
    do(book, "maker", c.Hold(at="S1/A", reason="expired", lines=line("L1", "10")))
    do(book, "maker", c.Move(from_="S1/A", to="S1/Q", lines=line("L1", "10")))
    assert stock(book, "maker", "L1") == {("S1/Q", "hold"): 10}
    do(book, "maker", c.Destroy(from_="S1/Q", lines=line("L1", "10"),
                                witnesses=("u1", "u2"), approved_by=("q1", "q2"), certificate="DC-1"))
    assert stock(book, "maker", "L1") == {}


def test_a_lot_in_both_statuses_asks_which_is_meant(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    do(book, "maker", c.Hold(at="S1/A", reason="x", lines=line("L1", "4")))
    error = refused(book, "maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "1")), e.StatusUnclear)
    assert error.members()["held"] == "4 EA"
    do(book, "maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "1", status="hold")))
    assert stock(book, "maker", "L1")[("S1/B", "hold")] == 1


@pytest.mark.parametrize(("command", "slug"), [
    (c.Ship(from_="S1/A", customer="x", lines=line("L1", "1", status="hold")), "wrong-status"),
    (c.Release(at="S1/A", lines=line("L1", "1", status="available"), approved_by=("q1", "q2")), "wrong-status"),
    (c.Release(at="S1/A", lines=line("L1", "1"), approved_by=("q1", "q2")), "insufficient-stock"),
    (c.Hold(at="S1/A", lines=line("L1", "1")), "bad-text"),
    (c.Move(from_="S1/A", to="S1/A", lines=line("L1", "1")), "same-place"),
    (c.Move(from_="S1/A", to="S1/X", lines=line("L1", "1")), "unknown-thing"),
    (c.Move(from_="S1/A", to="S1/B", lines=line("L9", "1")), "unknown-thing"),
    (c.Move(from_="S1/A", to="S1/B", lines=line("L1", "1", item="X")), "unknown-thing"),
    (c.Move(from_="S1/A", to="S1/B", lines=line("L1", "1.5")), "bad-quantity"),
    (c.Move(from_="S1/A", to="S1/B", lines=()), "empty-movement"),
    (c.Move(from_="S1/A", to="S1/B", lines=line("L1", "1") * 101), "empty-movement"),
    (c.Offer(from_="S1/A", to_party="maker", lines=line("L1", "1")), "handoff-to-self"),
    (c.Offer(from_="S1/A", to_party="nobody", lines=line("L1", "1")), "unknown-thing"),
    (c.Accept(handoff=uuid4(), to="S1/A"), "unknown-thing"),
    (c.Refuse(handoff=uuid4(), reason="x"), "unknown-thing"),
    (c.Destroy(from_="S1/A", lines=line("L1", "1"),
               witnesses=("u1", "u1"), approved_by=("q1", "q2"), certificate="x"), "too-few-witnesses"),
    (c.Destroy(from_="S1/A", lines=line("L1", "1"),
               witnesses=("u1", "u2"), approved_by=("q1", "q2"), certificate=""), "bad-text"),
    (c.Split(at="S1/A", item="MED", lot="L1", outputs=()), "empty-movement"),
    (c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("X", "1"), c.Output("X", "1"))), "split-unbalanced"),
    (c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("L1", "1"),)), "lot-exists"),
    (c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("a b", "1"),)), "bad-name"),
    (c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("X", "6"), c.Output("Y", "5"))), "insufficient-stock"),
    (c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"), event_time=NOON + timedelta(minutes=6)),
     "bad-event-time"),
    (c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"), event_time=NOON.replace(tzinfo=None)), "bad-event-time"),
    (c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"), documents=(c.Document("memo", "1"),)), "bad-name"),
    (c.Ship(from_="S1/A", customer="a\nb", lines=line("L1", "1")), "bad-text"),
])
def test_what_is_refused_says_so_by_its_name(book: Book, command: c.Command, slug: str) -> None:
    do(book, "maker", register("L1", "10"))
    error = refused(book, "maker", command, next(k for k in _all_errors() if k.slug == slug))
    assert {"expected", "seen"} <= error.members().keys()


def _all_errors() -> list[type[e.DomainError]]:
    return [kind for kind in vars(e).values() if isinstance(kind, type) and issubclass(kind, e.DomainError)]


def test_every_refusal_has_a_name_and_a_title_of_its_own() -> None:
    kinds = _all_errors()
    assert len({kind.slug for kind in kinds}) == len({kind.title for kind in kinds}) == len(kinds)


def test_what_comes_in_waits_where_item_or_place_say_so(book: Book) -> None:
    do(book, "shop", receive("L1", "10", to="S1/Q"))
    assert stock(book, "shop", "L1") == {("S1/Q", "hold"): 10}


def test_a_split_gives_out_exactly_what_it_takes(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    split = c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("L1-1", "3"), c.Output("L1-2", "4")))
    decision = do(book, "maker", split)
    assert [stock(book, "maker", lot)[("S1/A", "available")] for lot in ("L1", "L1-1", "L1-2")] == [3, 3, 4]
    assert [(d.child.number, d.parent.number, d.units) for d in decision.descents] == [
        ("L1-1", "L1", 3), ("L1-2", "L1", 4)]


def test_children_of_held_stock_are_held(book: Book) -> None:
    do(book, "maker", register("L1", "10", to="S1/Q"))
    do(book, "maker", c.Split(at="S1/Q", item="MED", lot="L1", outputs=(c.Output("L1-1", "3"),)))
    assert stock(book, "maker", "L1-1") == {("S1/Q", "hold"): 3}


def test_an_offer_leaves_the_sender_and_an_acceptance_reaches_the_receiver(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    id = uuid4()
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), id)
    assert (stock(book, "maker", "L1"), stock(book, "shop", "L1")) == ({("S1/A", "available"): 6}, {})
    accepted = do(book, "shop", c.Accept(handoff=id, to="S1/B"))
    assert stock(book, "shop", "L1") == {("S1/B", "available"): 4}
    assert accepted.new_lots[0].uri == book.lots_by_number[book.item(book.party("maker"), "MED").id, "L1"].uri
    assert accepted.new_lots[0].supplier == book.party("maker").uri


def test_a_refusal_brings_the_goods_back_on_hold(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    id = uuid4()
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), id)
    do(book, "shop", c.Refuse(handoff=id, reason="wet"))
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 6, ("S1/A", "hold"): 4}


def test_a_handoff_has_one_answer(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    for answer in (c.Accept(handoff=uuid4(), to="S1/A"), c.Refuse(handoff=uuid4(), reason="no")):
        do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), answer.handoff)
        do(book, "shop", answer)
        for second in (c.Accept(handoff=answer.handoff, to="S1/A"), c.Refuse(handoff=answer.handoff, reason="no")):
            assert refused(book, "shop", second, e.HandoffAnswered).expected == "offered"


def test_an_offer_is_answered_by_whom_it_was_made_to(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    id = uuid4()
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), id)
    for other in ("maker", "depot"):
        refused(book, other, c.Accept(handoff=id, to="S1/A"), e.UnknownThing)
        refused(book, other, c.Refuse(handoff=id, reason="no"), e.UnknownThing)


def test_goods_that_expire_on_the_way_still_arrive_and_do_not_leave_again() -> None:
    book = make_book()
    do(book, "maker", register("L1", "10", expiry_date=date(2026, 11, 22)))
    id = uuid4()
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), id)
    book.now += timedelta(days=2)
    do(book, "shop", c.Accept(handoff=id, to="S1/A"))
    refused(book, "shop", c.Ship(from_="S1/A", customer="x", lines=line("L1", "1")), e.LotExpired)


def test_an_item_without_a_gtin_is_taken_in_only_as_the_receiver_says(book: Book) -> None:
    do(book, "maker", register("L1", "10", item="SALT"))
    id = uuid4()
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4", item="SALT")), id)
    refused(book, "shop", c.Accept(handoff=id, to="S1/A"), e.ItemUnmatched)
    refused(book, "shop", c.Accept(handoff=id, to="S1/A", items=(c.ItemMatch("SALT", "MED"),)), e.ItemUnmatched)
    do(book, "shop", c.Accept(handoff=id, to="S1/A", items=(c.ItemMatch("SALT", "SALT"),)))
    assert stock(book, "shop", "L1", item="SALT") == {("S1/A", "available"): 400}


def test_a_lot_the_receiver_knows_with_another_expiry_is_not_accepted(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    do(book, "shop", receive("L1", "10", expiry_date=date(2027, 1, 1)))
    id = uuid4()
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), id)
    assert refused(book, "shop", c.Accept(handoff=id, to="S1/A"), e.LotConflict).where["field"] == "expiry_date"
    do(book, "shop", c.Refuse(handoff=id, reason="the date differs"))


def test_a_lot_comes_home_to_the_record_it_left(book: Book) -> None:
    lot = do(book, "maker", register("L1", "10")).new_lots[0]
    there, back = uuid4(), uuid4()
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), there)
    do(book, "shop", c.Accept(handoff=there, to="S1/A"))
    do(book, "shop", c.Offer(from_="S1/A", to_party="maker", lines=line("L1", "4")), back)
    returned = do(book, "maker", c.Accept(handoff=back, to="S1/B"))
    assert (returned.new_lots, returned.goods[0].lot) == ((), lot)
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 6, ("S1/B", "available"): 4}


def test_a_handoff_id_is_offered_to_a_receiver_once(book: Book) -> None:
    id = uuid4()
    for party in ("maker", "depot"):
        do(book, party, register("L1", "10"))
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), id)
    refused(book, "depot", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), e.ThingExists, id)


def test_an_account_never_holds_more_than_can_be_written_down_exactly(book: Book) -> None:
    do(book, "maker", register("L1", str(MAX_UNITS)))
    refused(book, "maker", receive("L1", "1"), e.BadQuantity)


def test_the_legs_of_each_lot_sum_to_zero_in_every_kind_of_movement(book: Book) -> None:
    id = uuid4()
    decisions = [
        do(book, "maker", register("L1", "10")),
        do(book, "maker", c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("L2", "3"),))),
        do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), id),
        do(book, "shop", c.Accept(handoff=id, to="S1/A")),
        do(book, "shop", c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"))),
    ]
    for decision in decisions:
        for lot in {account.lot_id for account in fold(decision.legs)}:
            assert sum(units for account, units in decision.legs if account.lot_id == lot) == 0


def test_an_event_time_carries_its_own_offset(book: Book) -> None:
    at = datetime(2026, 11, 20, 8, 0, tzinfo=timezone(timedelta(hours=-3)))
    do(book, "maker", c.Register(to="S1/A", lines=register("L1").lines, event_time=at))
    assert Virtual.SUPPLY in {account.place for account in book.stock}


def test_an_item_that_waits_for_quality_waits_wherever_it_comes_in(book: Book) -> None:
    milk = replace(book.item(book.party("shop"), "MILK"), held_on_arrival=True)
    book.add_item(milk)
    do(book, "shop", receive("L1", "1", "MILK"))
    id = uuid4()
    do(book, "maker", register("L2", "1", "MILK"))
    do(book, "maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L2", "1", "MILK")), id)
    do(book, "shop", c.Accept(handoff=id, to="S1/B"))
    assert stock(book, "shop", "L1", "MILK") == {("S1/A", "hold"): 1000}
    assert stock(book, "shop", "L2", "MILK") == {("S1/B", "hold"): 1000}


@pytest.mark.parametrize("command", [
    c.Return(from_="S1/A", lines=line("L1", "1"), supplier="", reason="torn"),
    c.Receive(to="S1/A", supplier="a\nb", lines=register("L9").lines),
    c.TakeBack(to="S1/A", customer=" ", reason="x", lines=line("L1", "1")),
    c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"), documents=(c.Document("inv", ""),)),
    c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"), reason="a\nb"),
    c.Release(at="S1/A", lines=line("L1", "1"), approved_by=("q1", "a\nb")),
    c.Destroy(from_="S1/A", lines=line("L1", "1"), witnesses=("u1", ""), approved_by=("q1", "q2"), certificate="x"),
    c.Count(at="S1/A", lines=(c.CountLine("MED", "L1", "10"),), counted_by="w", approved_by=""),
], ids=lambda command: command.type)
def test_whoever_and_whatever_is_named_has_a_name_that_can_be_read(book: Book, command: c.Command) -> None:
    do(book, "maker", register("L1", "10"))
    refused(book, "maker", command, e.BadText)


def test_goods_are_picked_towards_the_door_to_the_dock_or_to_staging(book: Book) -> None:
    do(book, "maker", register("L1", "10"))
    dock = book.location(book.party("maker"), "S1/D")
    book.add_location(replace(dock, id=900, code="ST", kind="staging"))
    for place in ("S1/D", "S1/ST"):
        do(book, "maker", c.Pick(from_="S1/A", to=place, lines=line("L1", "1")))

"""Arrivals with what was found of them, counts, picks, pallets, and lots that become other lots (INV-S1 to INV-S5)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from service.domain import commands as c
from service.domain import errors as e
from service.domain.book import Book
from service.domain.places import Virtual
from tests.service.domain.books import EXPIRY, do, line, make_book, receive, refused, register, stock

TWO = ("q1", "q2")
SSCC = "095060000000000015"
ON_PALLET = f"S1/{SSCC}"


@pytest.fixture
def book() -> Book:
    made = make_book()
    for lot in ("L1", "L2"):
        do(made, "maker", register(lot, "100"))
    return made


def held(book: Book, quantity: str, lot: str = "L1") -> None:
    do(book, "maker", c.Hold(at="S1/A", reason="x", lines=line(lot, quantity)))


# Arrivals


@pytest.mark.parametrize(("fields", "to", "lies"), [
    ({}, "S1/A", {("S1/A", "available"): 10}),
    ({"quality": "pending"}, "S1/A", {("S1/A", "hold"): 10}),
    ({"quality": "failed"}, "S1/A", {("S1/A", "hold"): 10}),
    ({"quality": "passed"}, "S1/A", {("S1/A", "available"): 10}),
    ({"quality": "passed"}, "S1/Q", {("S1/Q", "hold"): 10}),
    ({"damaged": "3"}, "S1/A", {("S1/A", "available"): 7, ("S1/A", "hold"): 3}),
    ({"damaged": "10", "quality": "passed"}, "S1/A", {("S1/A", "hold"): 10}),
    ({"damaged": "3", "quality": "failed"}, "S1/A", {("S1/A", "hold"): 10}),
    ({"damaged": "0"}, "S1/A", {("S1/A", "available"): 10}),
])
def test_what_arrives_lies_as_it_was_found(
    book: Book, fields: dict[str, str], to: str, lies: dict[tuple[str, str], int]
) -> None:
    do(book, "shop", receive("N1", "10", to=to, **fields))
    assert stock(book, "shop", "N1") == lies


def test_no_more_is_damaged_than_arrived_and_nothing_arrives_on_a_pallet(book: Book) -> None:
    refused(book, "shop", receive("N1", "10", damaged="11"), e.BadQuantity)
    do(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L1", "1")))
    refused(book, "maker", receive("N1", "10", to=ON_PALLET), e.WrongPlace)
    refused(book, "maker", c.Move(from_="S1/A", to=ON_PALLET, lines=line("L1", "1")), e.WrongPlace)


def test_a_pallet_carries_no_more_lots_than_a_statement_names(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.domain.rules.pallets.MOST_LOTS", 2)
    do(book, "maker", register("L3", "9"))
    two = line("L1", "1") + line("L2", "1")
    refused(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=two + line("L3", "1")), e.PalletFull)
    do(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=two))
    refused(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L3", "1")), e.PalletFull)
    do(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=two))  # more of what is on it already
    do(book, "maker", c.Unpack(from_=ON_PALLET, lines=line("L2", "2")))
    do(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L3", "1")))


def test_goods_travel_to_another_site_and_are_not_moved_there(book: Book) -> None:
    refused(book, "maker", c.Move(from_="S1/A", to="S2/A", lines=line("L1", "1")), e.WrongPlace)
    refused(book, "maker", c.Move(from_="S1/A", to="S1/A", lines=line("L1", "1")), e.SamePlace)


# Counts and picks


def count(*lines: c.CountLine, at: str = "S1/A", by: str = "w", approved: str | None = "q") -> c.Count:
    return c.Count(at=at, lines=lines, counted_by=by, approved_by=approved)


def test_a_count_makes_the_book_say_what_is_there(book: Book) -> None:
    held(book, "40")
    do(book, "maker", count(c.CountLine("MED", "L1", "58"), c.CountLine("MED", "L1", "43", "hold"),
                            c.CountLine("MED", "L2", "0")))
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 58, ("S1/A", "hold"): 43}
    assert stock(book, "maker", "L2") == {}
    again = do(book, "maker", count(c.CountLine("MED", "L1", "58"), approved=None))
    assert again.legs == ()


@pytest.mark.parametrize(("command", "slug"), [
    (count(c.CountLine("MED", "L1", "99"), approved=None), e.NeedsApproval),
    (count(c.CountLine("MED", "L1", "101"), approved=None), e.NeedsApproval),
    (count(c.CountLine("MED", "L1", "99"), approved="w"), e.NeedsApproval),
    (count(c.CountLine("MED", "L1", "1"), c.CountLine("MED", "L1", "2")), e.WrongAnswer),
    (count(c.CountLine("MED", "L9", "1")), e.UnknownThing),
    (count(c.CountLine("MED", "L1", "-1")), e.BadQuantity),
    (count(c.CountLine("MED", "L1", "100"), approved="a\nb"), e.BadText),
    (count(c.CountLine("MED", "L1", "100"), by=""), e.BadText),
    (count(), e.EmptyMovement),
])
def test_a_count_that_is_off_needs_somebody_else(book: Book, command: c.Count, slug: type[e.DomainError]) -> None:
    refused(book, "maker", command, slug)


def test_within_its_tolerance_a_count_needs_nobody(book: Book) -> None:
    do(book, "maker", register("B1", "100", "BOTTLE"))  # 100 thousandths: ten of a hundred
    refused(book, "maker", count(c.CountLine("BOTTLE", "B1", "89"), approved=None), e.NeedsApproval)
    do(book, "maker", count(c.CountLine("BOTTLE", "B1", "90"), approved=None))
    assert stock(book, "maker", "B1", "BOTTLE") == {("S1/A", "available"): 90}


def test_held_goods_are_not_written_off_alone_nor_found_again_as_available(book: Book) -> None:
    do(book, "maker", register("B1", "100", "BOTTLE"))
    do(book, "maker", c.Hold(at="S1/A", reason="x", lines=line("B1", "100", "BOTTLE")))
    refused(book, "maker", count(c.CountLine("BOTTLE", "B1", "99", "hold"), approved=None), e.NeedsApproval)
    do(book, "maker", count(c.CountLine("BOTTLE", "B1", "60", "hold")))
    refused(book, "maker", count(c.CountLine("BOTTLE", "B1", "40")), e.WrongStatus)
    refused(book, "maker", count(c.CountLine("BOTTLE", "B1", "1"), c.CountLine("BOTTLE", "B1", "99", "hold")),
            e.WrongStatus)
    both = count(c.CountLine("BOTTLE", "B1", "5"), c.CountLine("BOTTLE", "B1", "103", "hold"))
    do(book, "maker", both)  # nothing is missing any more, so what else there is may be available
    assert stock(book, "maker", "B1", "BOTTLE") == {("S1/A", "available"): 5, ("S1/A", "hold"): 103}


def test_only_what_may_leave_is_picked_and_only_towards_the_door(book: Book) -> None:
    do(book, "maker", c.Pick(from_="S1/A", to="S1/D", lines=line("L1", "5")))
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 95, ("S1/D", "available"): 5}
    pick = c.Pick(from_="S1/A", to="S1/D", lines=line("L1", "5"))
    refused(book, "maker", replace(pick, to="S1/B"), e.WrongPlace)
    refused(book, "maker", replace(pick, lines=line("L1", "5", status="hold")), e.WrongStatus)
    held(book, "95")
    refused(book, "maker", pick, e.StockOnHold)
    book.now += timedelta(days=300)
    refused(book, "maker", replace(pick, lines=line("L2", "5")), e.LotExpired)


# Pallets


def test_a_pallet_carries_what_is_on_it(book: Book) -> None:
    held(book, "10")
    do(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L1", "4", status="hold") + line("L2", "6")))
    do(book, "maker", c.Relocate(from_=ON_PALLET, to="S1/B"))
    assert stock(book, "maker", "L2")[(ON_PALLET, "available")] == 6
    do(book, "maker", c.Ship(from_=ON_PALLET, customer="x", lines=line("L2", "1")))
    refused(book, "maker", c.Ship(from_=ON_PALLET, customer="x", lines=line("L1", "1")), e.StockOnHold)
    do(book, "maker", c.Unpack(from_=ON_PALLET))
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 90, ("S1/B", "hold"): 4, ("S1/A", "hold"): 6}
    assert stock(book, "maker", "L2") == {("S1/A", "available"): 94, ("S1/B", "available"): 5}


@pytest.mark.parametrize(("command", "slug"), [
    (c.Pack(at="S1/B", pallet=SSCC, lines=line("L1", "1")), e.WrongPlace),
    (c.Pack(at=ON_PALLET, pallet="095060000000000022", lines=line("L1", "1")), e.WrongPlace),
    (c.Pack(at="S1/A", pallet="095060000000000016", lines=line("L1", "1")), e.BadName),
    (c.Pack(at="S1/A", pallet=SSCC, lines=()), e.EmptyMovement),
    (c.Unpack(from_="S1/A"), e.WrongPlace),
    (c.Unpack(from_=ON_PALLET, lines=line("L1", "6")), e.InsufficientStock),
    (c.Unpack(from_="S2/" + SSCC), e.UnknownThing),
    (c.Relocate(from_=ON_PALLET, to="S1/A"), e.SamePlace),
    (c.Relocate(from_=ON_PALLET, to="S2/A"), e.WrongPlace),
    (c.Relocate(from_=ON_PALLET, to=ON_PALLET), e.WrongPlace),
    (c.Relocate(from_="S1/A", to="S1/B"), e.WrongPlace),
])
def test_pallets_stand_in_one_place_and_not_on_each_other(
    book: Book, command: c.Command, slug: type[e.DomainError]
) -> None:
    do(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L1", "5")))
    refused(book, "maker", command, slug)


def test_an_empty_pallet_is_not_carried_nor_unpacked_and_can_be_packed_again(book: Book) -> None:
    do(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L1", "5")))
    do(book, "maker", c.Unpack(from_=ON_PALLET))
    for command in (c.Unpack(from_=ON_PALLET), c.Relocate(from_=ON_PALLET, to="S1/B")):
        refused(book, "maker", command, e.WrongPlace)
    assert not do(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L1", "5"))).new_pallet


def test_an_sscc_that_is_another_places_name_makes_no_pallet(book: Book) -> None:
    shelf = book.location(book.party("maker"), "S1/A")
    book.add_location(replace(shelf, id=901, code=SSCC))
    refused(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L1", "5")), e.WrongPlace)


# Transformations


def test_what_is_merged_expires_first_and_has_two_parents(book: Book) -> None:
    do(book, "maker", register("L3", "10", expiry_date=date(2027, 1, 1)))
    merged = do(book, "maker", c.Merge(at="S1/A", lot="M", lines=line("L1", "60") + line("L3", "10")))
    assert (merged.new_lots[0].expiry_date, merged.new_lots[0].traceability_lot_code) == (date(2027, 1, 1), "M")
    assert stock(book, "maker", "M") == {("S1/A", "available"): 70}
    assert {(descent.parent.number, descent.units) for descent in merged.descents} == {("L1", 60), ("L3", 10)}


def test_what_is_merged_with_held_goods_is_held(book: Book) -> None:
    held(book, "10")
    do(book, "maker", c.Merge(at="S1/A", lot="M", lines=line("L1", "10", status="hold") + line("L2", "5")))
    assert stock(book, "maker", "M") == {("S1/A", "hold"): 15}


@pytest.mark.parametrize(("lines", "lot", "slug"), [
    (line("L1", "1") + line("L1", "2"), "M", e.SplitUnbalanced),
    (line("L1", "1"), "M", e.SplitUnbalanced),
    (line("L1", "1") + line("S", "1", "SALT"), "M", e.SplitUnbalanced),
    (line("L1", "1") + line("L2", "1"), "L1", e.LotExists),
    (line("L1", "1") + line("L2", "1"), "a b", e.BadName),
    (line("L1", "101") + line("L2", "1"), "M", e.InsufficientStock),
])
def test_two_lots_of_one_item_are_merged_into_a_new_one(
    book: Book, lines: tuple[c.Line, ...], lot: str, slug: type[e.DomainError]
) -> None:
    do(book, "maker", register("S", "10", "SALT"))
    refused(book, "maker", c.Merge(at="S1/A", lot=lot, lines=lines), slug)


def transformed(
    kind: type[c.Transformation], into: c.NewLotLine, lines: tuple[c.Line, ...], **more: object
) -> c.Transformation:
    return kind(at="S1/A", lines=lines, outputs=(into,), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("made", "loss", "slug"), [
    ("10", None, None), ("8", "2", None), ("10.0", None, e.BadQuantity), ("9", None, e.MassUnbalanced),
    ("11", None, e.MassUnbalanced), ("9", "2", e.MassUnbalanced), ("10", "0", None),
])
def test_what_comes_out_and_was_lost_is_what_went_in(
    book: Book, made: str, loss: str | None, slug: type[e.DomainError] | None
) -> None:
    command = transformed(c.Repack, c.NewLotLine("MED", "R", made), line("L1", "10"), loss=loss)
    if slug is not None:
        refused(book, "maker", command, slug)
        return
    decision = do(book, "maker", command)
    assert decision.notes.get("lotproof:loss") == ({"value": "2", "uom": "EA"} if loss == "2" else None)


def test_milk_and_bottles_have_a_common_measure_and_pills_have_none(book: Book) -> None:
    do(book, "maker", register("M1", "10", "MILK"))
    fill = transformed(c.Produce, c.NewLotLine("BOTTLE", "B1", "19"), line("M1", "10", "MILK"), loss="0.5")
    refused(book, "maker", replace(fill, loss=None), e.MassUnbalanced)
    do(book, "maker", fill)
    assert stock(book, "maker", "B1", "BOTTLE") == {("S1/A", "available"): 19}
    press = transformed(c.Produce, c.NewLotLine("BOTTLE", "B2", "1"), line("L1", "7"))
    refused(book, "maker", replace(press, loss="1"), e.MassUnbalanced)
    assert do(book, "maker", press).notes["lotproof:massBalance"] == "no common measure"


def test_a_repack_cannot_make_dates_better_and_may_make_them_worse(book: Book) -> None:
    late = c.NewLotLine("MED", "R", "10", expiry_date=EXPIRY + timedelta(days=1))
    refused(book, "maker", transformed(c.Repack, late, line("L1", "10")), e.DatesDisagree)
    early = replace(late, expiry_date=EXPIRY - timedelta(days=1))
    worse = do(book, "maker", transformed(c.Repack, early, line("L1", "10")))
    assert worse.new_lots[0].expiry_date == early.expiry_date
    same = do(book, "maker", transformed(c.Repack, c.NewLotLine("MED", "R2", "10"), line("L1", "10")))
    assert same.new_lots[0].expiry_date == EXPIRY


def test_damaged_output_is_held(book: Book) -> None:
    made = c.NewLotLine("MED", "R", "10", damaged="4")
    decision = do(book, "maker", transformed(c.Repack, made, line("L1", "10")))
    assert stock(book, "maker", "R") == {("S1/A", "available"): 6, ("S1/A", "hold"): 4}
    assert decision.notes["lotproof:arrival1"] == {"epcClass": decision.outputs[0].lot.uri, "damaged": "4"}
    too_much = replace(made, lot="R2", damaged="11")
    refused(book, "maker", transformed(c.Repack, too_much, line("L1", "10")), e.BadQuantity)


def test_rework_takes_held_goods_and_gives_held_goods(book: Book) -> None:
    command = transformed(c.Rework, c.NewLotLine("MED", "R", "10", quality="passed"), line("L1", "10"), reason="foil")
    refused(book, "maker", command, e.InsufficientStock)
    held(book, "10")
    refused(book, "maker", replace(command, reason=None), e.BadText)
    do(book, "maker", command)
    assert stock(book, "maker", "R") == {("S1/A", "hold"): 10}


def test_only_what_may_leave_goes_into_a_product(book: Book) -> None:
    press = transformed(c.Produce, c.NewLotLine("BOTTLE", "B", "1"), line("L1", "1"))
    refused(book, "maker", replace(press, lines=line("L1", "1", status="hold")), e.WrongStatus)
    book.now += timedelta(days=300)
    refused(book, "maker", press, e.LotExpired)


def test_more_of_a_product_is_made_of_older_lots_only(book: Book) -> None:
    """INV-S3: otherwise a lot could be among its own ancestors."""
    press = transformed(c.Produce, c.NewLotLine("BOTTLE", "B", "1"), line("L1", "1"))
    for _ in range(2):
        do(book, "maker", press)
    assert stock(book, "maker", "B", "BOTTLE") == {("S1/A", "available"): 2}
    do(book, "maker", register("L9", "1"))
    refused(book, "maker", replace(press, lines=line("L9", "1")), e.GenealogyCycle)
    back = transformed(c.Produce, c.NewLotLine("MED", "L1", "1"), line("B", "1", "BOTTLE"))
    refused(book, "maker", back, e.GenealogyCycle)
    refused(book, "maker", transformed(c.Repack, c.NewLotLine("MED", "L2", "1"), line("L1", "1")), e.LotExists)


def test_an_output_is_named_once(book: Book) -> None:
    twice = c.Repack(at="S1/A", lines=line("L1", "2"), outputs=(c.NewLotLine("MED", "R", "1"),) * 2)
    refused(book, "maker", twice, e.LotExists)


def test_what_goes_in_is_consumed_and_what_comes_out_produced(book: Book) -> None:
    decision = do(book, "maker", transformed(c.Repack, c.NewLotLine("MED", "R", "10"), line("L1", "10")))
    places = {account.place for account, _ in decision.legs if account.place < 0}
    assert places == {Virtual.CONSUMED, Virtual.PRODUCED}


# Departures


def test_a_customer_brings_back_no_more_than_he_got_and_it_waits(book: Book) -> None:
    do(book, "maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "5")))
    back = c.TakeBack(to="S1/A", customer="x", reason="wrong", lines=line("L1", "5"))
    refused(book, "maker", replace(back, lines=line("L1", "3") + line("L1", "3")), e.InsufficientStock)
    refused(book, "maker", replace(back, reason=None), e.BadText)
    do(book, "maker", back)
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 95, ("S1/A", "hold"): 5}


def test_held_and_expired_goods_go_back_to_their_supplier_and_nowhere_else(book: Book) -> None:
    held(book, "10")
    back = c.Return(from_="S1/A", supplier="Acme", reason="torn", lines=line("L1", "10", status="hold"))
    refused(book, "maker", replace(back, reason=None), e.BadText)
    do(book, "maker", back)
    book.now += timedelta(days=300)
    do(book, "maker", replace(back, lines=line("L2", "10")))


@pytest.mark.parametrize("persons", [(), ("q1",), ("q1", "q1")])
def test_release_and_destruction_need_two_different_persons(book: Book, persons: tuple[str, ...]) -> None:
    held(book, "10")
    refused(book, "maker", c.Release(at="S1/A", lines=line("L1", "1"), approved_by=persons), e.NeedsApproval)
    refused(book, "maker", c.Destroy(from_="S1/A", lines=line("L2", "1"), witnesses=TWO, certificate="D",
                                     approved_by=persons), e.NeedsApproval)

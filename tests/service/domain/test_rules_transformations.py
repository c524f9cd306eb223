"""What comes out of a transformation: under which names, from which parents, with which dates (INV-S3)."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from service.domain import commands as c
from service.domain import errors as e
from service.domain.book import Book
from tests.service.domain.books import EXPIRY, do, line, make_book, refused, register, stock

SSCC = "095060000000000015"
TEN = line("L2", "10")


@pytest.fixture
def book() -> Book:
    """100 of L1 and of L2 at S1/A; of L1, 40 are on hold."""
    made = make_book()
    for lot in ("L1", "L2"):
        do(made, "maker", register(lot, "100"))
    do(made, "maker", c.Hold(at="S1/A", reason="x", lines=line("L1", "40")))
    return made


def repack(*outputs: c.NewLotLine, lines: tuple[c.Line, ...] = TEN) -> c.Repack:
    return c.Repack(at="S1/A", lines=lines, outputs=outputs)


def press(output: c.NewLotLine, lines: tuple[c.Line, ...] = TEN) -> c.Produce:
    return c.Produce(at="S1/A", lines=lines, outputs=(output,))


def test_two_outputs_have_neither_one_number_nor_one_label(book: Book) -> None:
    one = c.NewLotLine("MED", "R1", "5", manufacturer_lot="M1")
    refused(book, "maker", repack(one, replace(one, lot="R2")), e.LotExists)
    refused(book, "maker", repack(one, replace(one, manufacturer_lot="M2")), e.LotExists)
    do(book, "maker", repack(one, replace(one, lot="R2", manufacturer_lot="M2")))


def test_lots_of_two_items_may_have_one_number(book: Book) -> None:
    both = c.Produce(at="S1/A", lines=line("L2", "1"),
                     outputs=(c.NewLotLine("BOTTLE", "P", "1"), c.NewLotLine("MILK", "P", "1")))
    assert len(do(book, "maker", both).new_lots) == 2


@pytest.mark.parametrize("command", [
    c.Merge(at="S1/A", lot="N", lines=line("L1", "4", status="hold") + line("L2", "1")
            + line("L1", "6", status="available")),
    repack(c.NewLotLine("MED", "N", "11"), lines=line("L1", "4", status="hold") + line("L2", "1")
           + line("L1", "6", status="available")),
], ids=["merge", "repack"])
def test_a_lot_that_goes_in_from_two_statuses_is_one_parent_with_all_that_went_in(
    book: Book, command: c.Command
) -> None:
    decision = do(book, "maker", command)
    assert [(good.lot.number, good.units) for good in decision.goods] == [("L1", 10), ("L2", 1)]
    assert [(descent.parent.number, descent.units) for descent in decision.descents] == [("L1", 10), ("L2", 1)]
    assert stock(book, "maker", "N") == {("S1/A", "hold"): 11}


def test_a_lot_is_not_made_of_itself(book: Book) -> None:
    refused(book, "maker", press(c.NewLotLine("MED", "L2", "10")), e.GenealogyCycle)


def test_more_of_a_product_is_no_new_lot(book: Book) -> None:
    made = press(c.NewLotLine("BOTTLE", "P", "1"))
    first = do(book, "maker", made)
    again = do(book, "maker", made)
    assert (first.new_lots, again.new_lots) == ((again.outputs[0].lot,), ())


def test_a_product_has_dates_of_its_own_and_was_made_on_the_day_at_its_site(book: Book) -> None:
    book.now = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)  # already the 23rd in Shanghai
    later = EXPIRY.replace(year=EXPIRY.year + 1)
    own = do(book, "maker", press(c.NewLotLine("MED", "P1", "10", expiry_date=later))).new_lots[0]
    assert (own.expiry_date, own.production_date) == (later, date(2026, 11, 23))
    said = do(book, "maker", press(c.NewLotLine("MED", "P2", "10", production_date=date(2026, 11, 1)))).new_lots[0]
    assert (said.expiry_date, said.production_date) == (date(2027, 11, 1), date(2026, 11, 1))


def test_nothing_is_made_on_a_pallet(book: Book) -> None:
    do(book, "maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L2", "10")))
    for command in (repack(c.NewLotLine("MED", "R", "10")), press(c.NewLotLine("BOTTLE", "P", "1"))):
        refused(book, "maker", replace(command, at=f"S1/{SSCC}"), e.WrongPlace)

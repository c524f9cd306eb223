"""Goods that come in: as they were found, as new lots or as more of known ones, and back from customers (INV-S5)."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from service.domain import commands as c
from service.domain import errors as e
from tests.service.domain.books import EXPIRY, do, line, make_book, receive, refused, register, stock

QUALITY = st.sampled_from((None, "passed", "failed", "pending"))
DAMAGED = st.sampled_from((None, "0", "3", "10"))
NAMES = st.sampled_from(("A", "B"))
NEW = st.builds(c.NewLotLine, st.sampled_from(("MED", "MILK")), NAMES, st.just("1"), expiry_date=st.just(EXPIRY),
                manufacturer_lot=st.none() | NAMES)


@given(QUALITY, DAMAGED, st.booleans(), st.sampled_from(("S1/A", "S1/Q")))
def test_quality_decides_before_the_item_does_and_a_quarantine_keeps_everything(
    quality: str | None, damaged: str | None, item_waits: bool, to: str
) -> None:
    book = make_book()
    book.add_item(replace(book.item(book.party("shop"), "MED"), held_on_arrival=item_waits))
    do(book, "shop", receive("N", "10", to=to, quality=quality, damaged=damaged))
    free = to == "S1/A" and (quality == "passed" or (quality is None and not item_waits))
    sound = 10 - int(damaged or "0") if free else 0
    lies = {(to, "available"): sound, (to, "hold"): 10 - sound}
    assert stock(book, "shop", "N") == {place: units for place, units in lies.items() if units}


@given(st.lists(st.tuples(QUALITY, DAMAGED), min_size=1, max_size=4), st.booleans())
def test_what_was_found_is_said_of_each_line_that_was_looked_at_and_of_no_other(
    found: list[tuple[str | None, str | None]], registered: bool
) -> None:
    lines = tuple(each for number, (quality, damaged) in enumerate(found)
                  for each in receive(f"N{number}", "10", quality=quality, damaged=damaged).lines)
    command = c.Register(to="S1/A", lines=lines) if registered else c.Receive(to="S1/A", supplier="Acme", lines=lines)
    decision = do(make_book(), "maker", command)
    assert [good.lot.number for good in decision.goods] == [line.lot for line in lines]
    said = [decision.notes.get(f"lotproof:arrival{number}") for number in range(1, len(lines) + 1)]
    assert len(decision.notes) == sum(each is not None for each in said)
    for words, good, (quality, damaged) in zip(said, decision.goods, found, strict=True):
        told = {name: value for name, value in (("quality", quality), ("damaged", damaged)) if value is not None}
        assert words == ({"epcClass": good.lot.uri, **told} if told else None)


@given(st.lists(NEW, min_size=2, max_size=3), st.booleans())
def test_the_lots_of_one_movement_share_neither_a_number_nor_a_label_of_one_item(
    lines: list[c.NewLotLine], registered: bool
) -> None:
    command = (c.Register(to="S1/A", lines=tuple(lines)) if registered
               else c.Receive(to="S1/A", supplier="Acme", lines=tuple(lines)))
    numbers = {(each.item, each.lot) for each in lines}
    labels = {(each.item, each.manufacturer_lot or each.lot) for each in lines}
    if min(len(numbers), len(labels)) < len(lines):
        refused(make_book(), "maker", command, e.LotExists)
        return
    new = do(make_book(), "maker", command).new_lots
    assert [lot.number for lot in new] == [each.lot for each in lines]
    assert {lot.supplier for lot in new} == {None if registered else "Acme"}


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3), st.sampled_from(("S1/B", "S1/Q")))
def test_all_that_a_customer_brings_back_waits_where_it_was_brought(brought: list[int], to: str) -> None:
    book = make_book()
    do(book, "maker", register("L1", "20"))
    do(book, "maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "8")))
    lines = tuple(each for units in brought for each in line("L1", str(units)))
    back = c.TakeBack(to=to, customer="x", reason="wrong", lines=lines)
    if sum(brought) > 8:
        refused(book, "maker", back, e.InsufficientStock)
        return
    decision = do(book, "maker", back)
    assert [good.units for good in decision.goods] == brought
    assert decision.at == decision.to == book.location(book.party("maker"), to)
    assert stock(book, "maker", "L1") == {("S1/A", "available"): 12, (to, "hold"): sum(brought)}


def test_whoever_brings_goods_is_named() -> None:
    book = make_book()
    do(book, "maker", register("L1", "20"))
    do(book, "maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "8")))
    from_nobody = replace(receive("N"), supplier="")
    assert refused(book, "maker", from_nobody, e.BadText).where["kind"] == "supplier"
    back = c.TakeBack(to="S1/A", customer="", reason="wrong", lines=line("L1", "1"))
    assert refused(book, "maker", back, e.BadText).where["kind"] == "customer"

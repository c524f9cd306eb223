"""The mass balance against decimal arithmetic: what comes out and what was lost is what went in, to the last digit."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.decision import Goods
from service.domain.errors import BadQuantity, MassUnbalanced
from service.domain.mass import check_mass, content_of
from service.domain.things import Item, Lot

LOT = Lot(1, 1, 1, "L", "https://example.com/L")
MILK = Item(1, 1, "MILK", "Milk", None, "LTR", 3)
CARTON = Item(2, 1, "CARTON", "Carton", None, "EA", 0, content=Decimal("0.95"), content_unit="LTR")
DROP = Item(3, 1, "DROP", "Drop", None, "EA", 2, content=Decimal("0.000001"), content_unit="LTR")
PILL = Item(4, 1, "PILL", "Pill", None, "EA", 0)
LITRES = {"MILK": Decimal("0.001"), "CARTON": Decimal("0.95"), "DROP": Decimal("0.00000001")}
GOODS = st.lists(st.builds(Goods, st.just(LOT), st.sampled_from((MILK, CARTON, DROP)), st.integers(1, 5000)),
                 min_size=1, max_size=3)


def litres(goods: list[Goods]) -> Decimal:
    return sum((good.units * LITRES[good.item.code] for good in goods), start=Decimal(0))


def shown(amount: Decimal) -> str:
    return f"{amount:f}".rstrip("0").rstrip(".") if amount else "0"


@given(GOODS, GOODS)
def test_what_is_lost_is_all_that_did_not_come_out_and_no_more(inputs: list[Goods], outputs: list[Goods]) -> None:
    lost = litres(inputs) - litres(outputs)
    if lost >= 0:
        said = {"lotproof:loss": {"value": shown(lost), "uom": "LTR"}} if lost else {}
        assert check_mass(iter(inputs), iter(outputs), shown(lost)) == said
    for wrong in (lost - Decimal("1e-9"), lost + Decimal("1e-9"), Decimal(0)):
        if wrong >= 0 and wrong != lost:
            with pytest.raises(MassUnbalanced) as caught:
                check_mass(iter(inputs), iter(outputs), shown(wrong) if wrong else None)
            assert (caught.value.expected, caught.value.seen) == (
                f"{shown(litres(inputs))} LTR", f"{shown(litres(outputs))} LTR and a loss of {shown(wrong)} LTR")


@given(GOODS, GOODS)
def test_the_content_of_all_is_that_of_each(some: list[Goods], others: list[Goods]) -> None:
    assert content_of([*some, *others]) == content_of(some) + content_of(others)
    assert content_of(some) == litres(some)


def test_what_has_no_measure_in_common_is_not_judged_and_has_no_loss() -> None:
    milk, pills = [Goods(LOT, MILK, 1)], [Goods(LOT, PILL, 7)]
    for inputs, outputs in ((milk, pills), (pills, milk), (milk, milk + pills)):
        assert check_mass(inputs, outputs, None) == {"lotproof:massBalance": "no common measure"}
        for loss in ("1", "0"):
            with pytest.raises(MassUnbalanced):
                check_mass(inputs, outputs, loss)
    many = [Goods(LOT, replace(PILL, unit=unit), 1) for unit in ("MTR", "LTR", "KGM", "GRM", "EA")]
    with pytest.raises(MassUnbalanced) as caught:
        check_mass(many, many, "1")
    assert caught.value.seen == "EA, GRM, KGM, LTR, MTR"


def test_the_smallest_content_of_the_smallest_unit_is_told_exactly_and_a_loss_as_finely_as_any_amount() -> None:
    mote = Item(5, 1, "MOTE", "Mote", None, "EA", 9, content=Decimal("1e-9"), content_unit="LTR")
    with pytest.raises(MassUnbalanced) as caught:
        check_mass([Goods(LOT, mote, 1)], [Goods(LOT, mote, 3)], None)
    assert caught.value.expected == "0.000000000000000001 LTR"
    with pytest.raises(BadQuantity):
        check_mass([Goods(LOT, mote, 1)], [Goods(LOT, mote, 1)], "0.0000000001")

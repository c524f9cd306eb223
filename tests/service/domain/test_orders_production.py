"""What a production used goes against the lines it was for, once and wholly; the balance of an order is exact."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.commands import NewLotLine, Produce, Register
from service.domain.errors import WrongPlace
from service.domain.orders import OrderLine, check_may_close, state_of
from service.domain.orders_balance import Portion, balances_of, percent
from service.domain.orders_errors import OrderEnded, OverConsumption, UnplannedComponent, WrongDirection
from service.domain.orders_production import Consumed, check_run, consumed_by, progress_of, target_of

PRODUCT = OrderLine(1, "P", 100)


def component(number: int, units: int, done: int = 0, **more: object) -> OrderLine:
    return OrderLine(number, str(more.pop("item", "C")), units, done, role="component", **more)  # type: ignore[arg-type]


lines = st.lists(
    st.tuples(st.sampled_from("CD"), st.integers(1, 50), st.integers(0, 60), st.none() | st.sampled_from("xy"),
              st.integers(0, 20)),
    min_size=1, max_size=5,
).map(lambda them: [component(n, units, done, item=item, lot=lot, tolerance=tolerance)
                    for n, (item, units, done, lot, tolerance) in enumerate(them, 2)])
uses = st.lists(
    st.builds(Consumed, st.sampled_from("CD"), st.sampled_from("xyz"), st.integers(1, 80),
              st.dictionaries(st.integers(2, 6), st.integers(1, 40), max_size=3)),
    min_size=1, max_size=4,
)  # fmt: skip


@given(lines, uses, st.booleans())
def test_all_that_was_used_is_told_of_lines_of_its_item_and_lot_or_refused(
    planned: list[OrderLine], used: list[Consumed], over: bool
) -> None:
    try:
        made = consumed_by("MO", [PRODUCT, *planned], used, over=over)
    except (UnplannedComponent, OverConsumption):
        return
    by_number = {line.number: line for line in planned}
    for position, each in enumerate(used):
        parts = [part for part in made if part.arrival == position]
        assert sum(part.units for part in parts) == each.units
        assert len({part.line for part in parts}) == len(parts)
        for part in parts:
            assert part.units > 0
            assert by_number[part.line].item == each.item and by_number[part.line].lot in (None, each.lot)
    for line in () if over else planned:
        fresh = sum(part.units for part in made if part.line == line.number)
        assert not fresh or line.done + fresh <= line.most


def test_goods_go_against_the_line_they_were_set_aside_for() -> None:
    planned = [component(2, 10), component(3, 10)]
    made = consumed_by("MO", planned, [Consumed("C", "x", 8, {3: 8})], over=False)
    assert [(each.line, each.units) for each in made] == [(3, 8)]
    made = consumed_by("MO", planned, [Consumed("C", "x", 12, {3: 8})], over=False)
    assert [(each.line, each.units) for each in made] == [(2, 4), (3, 8)]


def test_the_line_that_names_the_lot_takes_it_before_the_one_that_does_not() -> None:
    made = consumed_by("MO", [component(2, 10), component(3, 5, lot="x")], [Consumed("C", "x", 8)], over=False)
    assert sorted((each.line, each.units) for each in made) == [(2, 3), (3, 5)]


def test_more_than_planned_is_refused_unless_it_is_meant_and_what_is_not_planned_always() -> None:
    planned = [PRODUCT, component(2, 100, 90, tolerance=10, unit="KGM")]
    assert consumed_by("MO", planned, [Consumed("C", "x", 20)], over=False)[0].units == 20
    with pytest.raises(OverConsumption, match="expected at most 20 KGM, got 21 KGM"):
        consumed_by("MO", planned, [Consumed("C", "x", 15), Consumed("C", "y", 6)], over=False)
    assert sum(each.units for each in consumed_by("MO", planned, [Consumed("C", "x", 21)], over=True)) == 21
    for wrong in ("P", "SUGAR"):
        with pytest.raises(UnplannedComponent, match=f"got item '{wrong}', lot 'x'"):
            consumed_by("MO", planned, [Consumed(wrong, "x", 1)], over=True)


def test_a_run_is_at_the_orders_site_and_of_its_components() -> None:
    here = Produce(at="S1/A", lines=(), outputs=())
    check_run("MO", "S1", [PRODUCT, component(2, 1)], here)
    with pytest.raises(WrongPlace, match="expected a place of site S2, where order 'MO' is made, it is at S1"):
        check_run("MO", "S2", [PRODUCT, component(2, 1)], here)
    begun = Register(to="S1/A", lines=(NewLotLine("P", "L", "1"),))
    check_run("MO", "S1", [PRODUCT], begun)
    with pytest.raises(WrongDirection, match="expected produce, which uses up its components, got register"):
        check_run("MO", "S1", [PRODUCT, component(2, 1)], begun)


def test_an_order_is_done_when_its_products_are_whatever_is_left_of_the_rest() -> None:
    other = [OrderLine(2, "BY", 5, role="by_product"), component(3, 10, 4)]
    co = OrderLine(4, "CO", 5, 4, role="co_product")
    assert state_of([OrderLine(1, "P", 100, 100), *other], None) == "done"
    assert state_of([OrderLine(1, "P", 100, 100), *other, co], None) == "part done"
    check_may_close("MO", "production", "done")
    with pytest.raises(OrderEnded):
        check_may_close("SO", "sales", "done")
    with pytest.raises(OrderEnded):
        check_may_close("MO", "production", "cancelled")


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_target_is_the_nearest_whole_unit(planned: int, done: int, units: int) -> None:
    progress = progress_of([OrderLine(1, "P", planned, done)])
    exact = units * Fraction(done, planned)
    assert abs(target_of(component(2, units), progress) - exact) <= Fraction(1, 2)


def test_a_target_follows_what_was_made_of_the_first_product() -> None:
    progress = progress_of([OrderLine(1, "P", 100, 40)])
    assert (target_of(component(2, 50), progress), target_of(component(2, 5), Fraction(1, 2))) == (20, 3)


amounts = st.integers(1, 10**12).map(lambda units: Fraction(units, 10**6))


@given(st.lists(st.tuples(amounts, amounts, st.sampled_from(["KGM", "LTR"])), max_size=6))
def test_balanced_runs_make_a_balanced_order(runs: list[tuple[Fraction, Fraction, str]]) -> None:
    told = [([Portion(unit, -(out + lost)), Portion(unit, out)], str(lost)) for out, lost, unit in runs]
    found, without = balances_of(told)
    assert without == 0 and {each.measure for each in found} == {unit for *_, unit in runs}
    for each in found:
        assert each.consumed == each.produced + each.loss
        assert each.yield_percent is not None and 0 <= each.yield_percent <= 100


def test_runs_without_a_common_measure_are_counted_not_summed() -> None:
    mixed = [Portion("KGM", Fraction(-2)), Portion("EA", Fraction(4))]
    begun = [Portion("KGM", Fraction(2))]
    assert balances_of([(mixed, None), (begun, None)]) == ([], 2)


def test_a_yield_is_rounded_down() -> None:
    assert [str(percent(part, 3)) for part in (2, 3)] == ["66.66", "100.00"]
    assert percent(1, 0) is None

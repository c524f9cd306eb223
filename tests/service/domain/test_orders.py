"""What an order makes of what arrives; states follow from quantities; a scan is right or wrong."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.orders import Arrival, OrderLine, against, check_may_cancel, state_of
from service.domain.orders_errors import OrderInUse, OverDelivery, PickEnded, WrongScan
from service.domain.orders_picking import PickLine, Scan, check_amount, check_scan, pick_command
from service.domain.orders_slip import element_string, elements, readable

TODAY = date(2026, 11, 24)

order_lines = st.lists(
    st.builds(OrderLine, st.just(0), st.sampled_from("AB"), st.integers(1, 50), st.integers(0, 60),
              lot=st.none() | st.sampled_from("xy"), tolerance=st.integers(0, 20)),
    min_size=1, max_size=5,
).map(lambda lines: [OrderLine(number, line.item, line.units, line.done, 0, line.lot, line.tolerance)
                     for number, line in enumerate(lines, 1)])
arrivals = st.lists(
    st.builds(Arrival, st.sampled_from("AB"), st.sampled_from("xyz"), st.integers(1, 80)), min_size=1, max_size=4
).map(lambda them: [Arrival(each.item, each.lot, each.units, each.units // 3) for each in them])


@given(order_lines, arrivals, st.booleans())
def test_all_that_arrives_is_told_of_lines_of_its_item_and_lot_or_refused(
    lines: list[OrderLine], arrived: list[Arrival], over: bool
) -> None:
    try:
        made = against("PO", lines, arrived, over=over)
    except OverDelivery:
        return
    by_number = {line.number: line for line in lines}
    for position, arrival in enumerate(arrived):
        parts = [each for each in made if each.arrival == position]
        assert sum(each.units for each in parts) == arrival.units
        assert sum(each.damaged for each in parts) == arrival.damaged
        for each in parts:
            assert by_number[each.line].item == arrival.item and by_number[each.line].lot in (None, arrival.lot)
    if not over:
        for line in lines:
            fresh = sum(each.units for each in made if each.line == line.number)
            assert not fresh or line.done + fresh <= line.most


def test_more_than_the_tolerance_is_refused_unless_it_is_meant() -> None:
    lines = [OrderLine(1, "A", 100, 90, tolerance=10, unit="EA")]
    assert against("PO", lines, [Arrival("A", "x", 20)], over=False)[0].units == 20
    with pytest.raises(OverDelivery, match="expected at most 20 EA, got 21 EA"):
        against("PO", lines, [Arrival("A", "x", 21)], over=False)
    assert against("PO", lines, [Arrival("A", "x", 21)], over=True)[0].units == 21


def test_the_line_that_names_the_lot_is_served_before_the_one_that_does_not() -> None:
    lines = [OrderLine(1, "A", 10), OrderLine(2, "A", 5, lot="x")]
    made = against("PO", lines, [Arrival("A", "x", 8, damaged=6)], over=False)
    assert [(each.line, each.units, each.damaged) for each in made] == [(2, 5, 5), (1, 3, 1)]


@given(order_lines, st.sampled_from([None, "closed", "cancelled"]))
def test_the_state_is_a_consequence(lines: list[OrderLine], ended: str | None) -> None:
    state = state_of(lines, ended)
    assert (state == "done") == all(line.done >= line.units for line in lines)
    if state != "done" and ended is None:
        assert (state == "open") == (not any(line.done for line in lines))
    elif state != "done":
        assert state == ended


def test_what_has_happened_is_not_cancelled() -> None:
    check_may_cancel("SO", [OrderLine(1, "A", 10)])
    with pytest.raises(OrderInUse):
        check_may_cancel("SO", [OrderLine(1, "A", 10), OrderLine(2, "A", 10, 1)])


STOP = PickLine(1, "SO-1", "AMX", "09506000134352", "L1", "ML1", "S/A", "S/DOCK", 10, 4, None, 0, "EA")


@pytest.mark.parametrize(("item", "lot"), [("AMX", "L1"), ("09506000134352", "L1"), ("AMX", "ML1")])
def test_a_right_scan_names_item_and_lot_by_either_of_their_names(item: str, lot: str) -> None:
    check_scan(STOP, Scan(item, lot, "S/A"))


@pytest.mark.parametrize(("scan", "said"), [
    (Scan("AMX", "L1", "S/B"), "Scanned: place S/B. Expected: place S/A. Do: go to S/A"),
    (Scan("IBU", "L1", "S/A"), "Scanned: item IBU. Expected: item AMX. Do: put it back and take AMX"),
    (Scan("AMX", "L2", "S/A"),
     "Scanned: lot L2. Expected: lot L1. Do: put it back and take lot L1, or report the line short"),
])
def test_a_wrong_scan_says_what_was_scanned_what_was_expected_and_what_to_do(scan: Scan, said: str) -> None:
    with pytest.raises(WrongScan) as refused:
        check_scan(STOP, scan)
    assert str(refused.value) == said


def test_no_more_is_picked_than_the_list_says_and_nothing_is_short_that_is_there() -> None:
    check_amount(STOP, 6, short=False)
    check_amount(STOP, 0, short=True)
    for units, short in ((7, False), (6, True)):
        with pytest.raises(WrongScan):
            check_amount(STOP, units, short)
    ended = PickLine(1, "SO-1", "AMX", None, "L1", None, "S/A", "S/DOCK", 10, 4, "broken", 0, "EA")
    with pytest.raises(PickEnded, match="broken"):
        check_amount(ended, 1, short=False)


def test_a_pick_moves_available_goods_to_the_staging_place_and_names_its_order() -> None:
    command = pick_command(STOP, "6", None, None)
    assert (command.from_, command.to, command.lines[0].status) == ("S/A", "S/DOCK", "available")
    assert [(each.type, each.id) for each in command.documents] == [("poc", "SO-1")]


def test_a_label_says_no_date_that_would_be_read_as_another() -> None:
    found = elements("09506000134352", "L1", None, date(2027, 6, 30), TODAY)
    assert element_string(found) == "01095060001343521727063010L1"
    assert readable(found) == "(01)09506000134352(17)270630(10)L1"
    assert readable(elements("09506000134352", "L1", None, date(2099, 12, 31), TODAY)) == "(01)09506000134352(10)L1"

"""Pictures of figures: what is drawn is what the numbers say."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.console import charts
from service.console.frame import translator
from service.console.report_pictures import picture
from service.console.shown import lasting

COUNTS = st.lists(st.integers(0, 10**6), min_size=1, max_size=20)


@given(COUNTS, st.data())
def test_columns_are_as_high_as_their_numbers_and_stay_in_the_picture(below: list[int], data: st.DataObject) -> None:
    above = data.draw(st.lists(st.integers(0, 10**6), min_size=len(below), max_size=len(below)))
    drawn = charts.columns([str(n) for n in range(len(below))], [below, above])
    if not any(below + above):
        assert drawn is None
        return
    assert drawn is not None and len(drawn.bars) == sum(value > 0 for value in below + above)
    most, room = max(a + b for a, b in zip(below, above, strict=True)), charts.HIGH - charts.HEAD - charts.FOOT
    for bar in drawn.bars:
        assert bar.x >= 0 and bar.x + bar.wide <= charts.WIDE + 0.1 and 10 < bar.y <= charts.HIGH - charts.FOOT
    highs = iter(bar.high for bar in drawn.bars)
    for value in (value for pair in zip(below, above, strict=True) for value in pair if value):
        assert next(highs) == pytest.approx(max(1.0, value / most * room), abs=0.06)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0.1, 1e6))
def test_dots_are_higher_where_the_wait_was_longer(waits: list[float], limit: float) -> None:
    drawn = charts.dots(waits, limit, {"p50": charts.quantile(waits, 0.5)})
    assert drawn is not None and len(drawn.dots) == len(waits)
    for (_, y), value in zip(drawn.dots, waits, strict=True):
        assert charts.HEAD - 0.1 <= y <= charts.HIGH - charts.FOOT
        if drawn.limit is not None and value > limit:
            assert y <= drawn.limit, "beyond the limit is above the band"


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=200), st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_the_least_that_so_many_do_not_exceed(values: list[float], share: float) -> None:
    found = charts.quantile(values, share)
    assert found in values and sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_a_calendar_has_each_day_once_and_none_to_come() -> None:
    last = date(2026, 11, 30)
    days = charts.strip({last: "found"}, last, 12)
    assert [each.day for each in days] == [days[0].day + timedelta(days=n) for n in range(len(days))]
    assert days[-1].day == last and days[-1].state == "found" and days[0].day.weekday() == 0 and len(days) == 78
    assert len({(each.x, each.y) for each in days}) == len(days)


@pytest.mark.parametrize(("hours", "said"), [
    (None, "–"), (0, "0 s"), (0.01, "36 s"), (0.5, "30 min"), (1, "1 h"), (47, "47 h"), (60, "2.5 d"),
])  # fmt: skip
def test_a_time_is_told_in_the_unit_that_makes_it_short(hours: float | None, said: str) -> None:
    assert lasting(hours) == said


def row(**more: Any) -> dict[str, Any]:
    return {"uri": "u", "item": "A", "goods_status": "hold", "days": 9, "class": "31-60", "here": "4", "opening": "1",
            "came": "5", "went": "2.5", "closing": "3.5"} | more  # fmt: skip


@pytest.mark.parametrize(("name", "label", "value"), [
    ("stock", "On hold", 2), ("ageing", "31-60", 1), ("quarantine", "8–14", 1), ("turnover", "Out", 5.0),
    ("history", "2", 4.0),
])  # fmt: skip
def test_a_report_has_its_picture(name: str, label: str, value: float) -> None:
    """A lot at two places is one lot; of stock each place is a row."""
    found = picture(name, [row(), row()], translator("en"))
    assert found is not None and dict(found.rows)[label] == value
    assert picture(name, [], translator("en")) is None


def test_quantities_of_two_items_are_not_added_up() -> None:
    assert picture("turnover", [row(), row(item="B")], translator("en")) is None

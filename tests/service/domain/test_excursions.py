"""Excursions follow from what was measured, not from when it came; and a value that trembles on the limit is one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.domain.errors import BadName
from service.domain.excursions import Limits, Run, excursions, runs
from service.domain.sensors import MINUTE, Reading, check_limits, format_measure, parse_measure

COLD = Limits(2_000, 8_000)
VALUES = st.lists(st.integers(-5_000, 15_000), max_size=40)
LIMITS = st.builds(
    lambda low, room, allowed, hysteresis: Limits(low, low + 2 * hysteresis + room, allowed * MINUTE, hysteresis),
    st.integers(-1_000, 5_000), st.integers(1, 5_000), st.integers(0, 10), st.integers(0, 500),
)  # fmt: skip


few = settings(max_examples=50, deadline=None)


def series(*values: int, every: int = MINUTE) -> list[Reading]:
    return [Reading(at * every, "temperature", value) for at, value in enumerate(values)]


@pytest.mark.parametrize("text", ["0", "-18.25", "4.1", "100", "-0.5", "0.001"])
def test_a_measure_is_spelled_in_one_way(text: str) -> None:
    assert format_measure(parse_measure(text)) == text


@given(st.integers(-200_000, 200_000))
def test_every_measure_is_read_as_it_was_written(units: int) -> None:
    assert parse_measure(format_measure(units)) == units


@pytest.mark.parametrize("text", ["", "1e3", "NaN", "4,1", "4.", ".5", "4.1234", "+4", " 4", "04", "--4", "٤"])
def test_what_is_no_measure(text: str) -> None:
    with pytest.raises(BadName, match="expected a decimal"):
        parse_measure(text)


def test_a_value_on_the_limit_is_within_it() -> None:
    assert not list(runs(series(2_000, 8_000, 5_000), COLD))
    assert [run.worst for run in runs(series(1_999), COLD)] == [1_999]


def test_a_run_goes_from_the_first_beyond_to_the_first_that_is_back() -> None:
    run, = runs(series(5_000, 9_000, 8_500, 7_900, 5_000), COLD)
    assert run == Run(1 * MINUTE, 2 * MINUTE, 3 * MINUTE, 9_000, 1 * MINUTE, 2)


def test_what_trembles_on_the_limit_is_one_run_with_hysteresis_and_several_without() -> None:
    trembling = series(5_000, 8_100, 7_950, 8_100, 7_950, 8_100, 7_000)
    assert len(list(runs(trembling, COLD))) == 3
    run, = runs(trembling, Limits(2_000, 8_000, hysteresis=500))
    assert (run.began, run.ended, run.readings) == (MINUTE, 6 * MINUTE, 5)


def test_what_is_over_soon_enough_is_none_and_what_goes_on_is_one_at_its_newest_reading() -> None:
    door = series(5_000, 9_000, 9_000, 5_000)
    assert list(excursions(door, Limits(2_000, 8_000, allowed=3 * MINUTE))) == []
    assert len(list(excursions(door, Limits(2_000, 8_000, allowed=2 * MINUTE)))) == 1
    open = series(5_000, 9_000, 9_000, 9_000)
    run, = excursions(open, Limits(2_000, 8_000, allowed=2 * MINUTE))
    assert run.ended is None and run.last == 3 * MINUTE


def test_a_gap_counts_in_full_and_is_named() -> None:
    seldom = series(5_000, 9_000, 5_000, every=30 * MINUTE)
    run, = excursions(seldom, Limits(2_000, 8_000, allowed=20 * MINUTE))
    assert run.late == ((30 * MINUTE, 60 * MINUTE),)


@few
@given(VALUES, LIMITS)
def test_every_reading_beyond_is_in_exactly_one_run(values: list[int], limits: Limits) -> None:
    said = series(*values)
    found = list(runs(said, limits))
    for reading in said:
        holding = [run for run in found if run.began <= reading.at <= run.last]
        assert len(holding) == 1 or (not holding and not limits.beyond(reading.value))
    assert sum(run.readings for run in found) == sum(
        any(run.began <= each.at <= run.last for run in found) for each in said)
    assert all(limits.beyond(run.worst) and run.began <= run.worst_at <= run.last for run in found)
    assert [run for run in found if run.ended is None] in ([], found[-1:])


@few
@given(VALUES, LIMITS, st.integers(1, 600_000))
def test_to_allow_more_finds_no_more(values: list[int], limits: Limits, more: int) -> None:
    patient = Limits(limits.low, limits.high, limits.allowed + more, limits.hysteresis)
    said = series(*values)
    assert set(excursions(said, patient)) <= set(excursions(said, limits)) <= set(runs(said, limits))


@few
@given(VALUES, LIMITS, st.integers(0, 3_000))
def test_wider_limits_find_no_reading_beyond_that_narrower_do_not(
    values: list[int], limits: Limits, room: int
) -> None:
    assert limits.low is not None and limits.high is not None
    wide = Limits(limits.low - room, limits.high + room)
    assert all(limits.beyond(value) for value in values if wide.beyond(value))


@pytest.mark.parametrize(("low", "high", "hysteresis"), [
    (None, None, 0), (8_000, 2_000, 0), (2_000, 2_000, 0), (2_000, 3_000, 500), (-300_000, 1, 0), (0, 300_000, 0),
])  # fmt: skip
def test_limits_that_cannot_be(low: int | None, high: int | None, hysteresis: int) -> None:
    with pytest.raises(BadName, match="expected"):
        check_limits(low, high, hysteresis, "temperature")

"""Mean kinetic temperature and ageing: published examples, an independent reckoning, and what must hold of any."""

import math
from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from service.domain.ageing import DAY_MS, MILLION, Series, consumed, milliseconds, usable_to
from service.domain.exposure import Span, Watch, lasted, nearest, without
from service.domain.kinetics import RATE, Ageing, mean_kinetic_temperature

CELSIUS = st.integers(-40_000, 60_000)
WEIGHTS = st.dictionaries(CELSIUS, st.integers(1, 10**9), min_size=1, max_size=12)
MODELS = st.builds(Ageing, st.sampled_from(["arrhenius", "q10"]), st.integers(-20_000, 30_000),
                   st.integers(20_000, 200_000), st.integers(1_000, 5_000))  # fmt: skip
HOUR = 3_600_000
few = settings(max_examples=30, deadline=None)


# Published with their answers: a room of 20 °C for 2 h, a refrigerator of 2 °C for 4 h and a dock of 25 °C for 1 h are
# like 15.7 °C; 528 h in a warehouse, 22.36 °C; seven readings of a refrigerator, 6.25 °C.
@pytest.mark.parametrize(("weights", "answer", "places"), [
    ({20_000: 2, 2_000: 4, 25_000: 1}, "15.7", 1),
    ({23_000: 200, 28_000: 20, 30_000: 8, 21_000: 300}, "22.36", 2),
    (Counter([2_000, 2_000, 5_000, 8_000, 8_000, 8_000, 8_000]), "6.25", 2),
])  # fmt: skip
def test_published_examples(weights: dict[int, int], answer: str, places: int) -> None:
    found = mean_kinetic_temperature(weights)
    assert found is not None and f"{found / 1000:.{places}f}" == answer


@few
@given(CELSIUS, st.integers(1, 10**12))
def test_at_constant_temperature_it_is_that(value: int, weight: int) -> None:
    assert mean_kinetic_temperature({value: weight}) == value


@few
@given(WEIGHTS)
def test_it_lies_between_the_mean_and_the_maximum(weights: dict[int, int]) -> None:
    found = mean_kinetic_temperature(weights)
    mean = sum(value * weight for value, weight in weights.items()) / sum(weights.values())
    assert found is not None and math.floor(mean) - 1 <= found <= max(weights)


@few
@given(WEIGHTS)
def test_it_is_what_floats_say_as_far_as_they_can(weights: dict[int, int]) -> None:
    ratio = 83_144 / 8.3144
    terms = [weight * math.exp(-ratio / (value / 1000 + 273.15)) for value, weight in weights.items()]
    kelvin = ratio / -math.log(sum(terms) / sum(weights.values()))
    found = mean_kinetic_temperature(weights)
    assert found is not None and abs(found / 1000 - (kelvin - 273.15)) < 0.002


@few
@given(WEIGHTS, st.integers(1, 1_000))
def test_only_shares_of_time_count(weights: dict[int, int], times: int) -> None:
    more = {value: weight * times for value, weight in weights.items()}
    assert mean_kinetic_temperature(more) == mean_kinetic_temperature(weights)


@few
@given(WEIGHTS, CELSIUS)
def test_a_warmer_time_never_cools(weights: dict[int, int], value: int) -> None:
    before = mean_kinetic_temperature(weights)
    assert before is not None
    assume(value > before)
    after = mean_kinetic_temperature(Counter(weights) + Counter({value: max(weights.values())}))
    assert after is not None and after >= before


def test_no_time_has_no_temperature() -> None:
    assert mean_kinetic_temperature({}) is None and mean_kinetic_temperature({5_000: 0}) is None


def test_ageing_at_the_reference_and_ten_degrees_above() -> None:
    assert Ageing("q10", 5_000, q10=3_000).rate(15_000) == 3 * RATE
    assert Ageing("q10", 5_000).rate(-5_000) == RATE // 2
    by_hand = math.exp(83_144 / 8.3144 * (1 / 278.15 - 1 / 288.15))
    assert Ageing("arrhenius", 5_000).rate(15_000) / RATE == pytest.approx(by_hand, rel=1e-8)


@few
@given(MODELS)
def test_at_the_reference_goods_age_as_the_label_says(model: Ageing) -> None:
    assert model.rate(model.reference) == RATE


@few
@given(MODELS, CELSIUS, st.integers(0, 20_000))
def test_warmer_is_never_slower(model: Ageing, value: int, more: int) -> None:
    assert model.rate(value + more) >= model.rate(value)


SERIES = st.lists(st.tuples(st.integers(0, 500), CELSIUS), min_size=1, max_size=20, unique_by=lambda each: each[0])


def ahead(said: list[tuple[int, int]], model: Ageing, span: Span, longest: int = 10**9) -> int:
    said = sorted(said)
    times = [minute * 60_000 for minute, _ in said]
    return Series(times, [value for _, value in said], 600 * 60_000, longest, model).ahead(span)


@few
@given(SERIES, MODELS, st.integers(0, 600), st.integers(0, 600), st.integers(0, 600))
def test_spans_add_up(said: list[tuple[int, int]], model: Ageing, a: int, b: int, c: int) -> None:
    one, two, three = (minute * 60_000 for minute in sorted((a, b, c)))
    assert ahead(said, model, Span(one, two)) + ahead(said, model, Span(two, three)) == ahead(
        said, model, Span(one, three))


@few
@given(SERIES, MODELS, st.integers(0, 19), st.integers(0, 10_000))
def test_more_heat_never_leaves_more_life(
    said: list[tuple[int, int]], model: Ageing, at: int, more: int
) -> None:
    hotter = [(minute, value + (more if place == at else 0)) for place, (minute, value) in enumerate(said)]
    whole, expiry = Span(0, 600 * 60_000), date(2027, 6, 30)
    cool, warm = ahead(said, model, whole), ahead(hotter, model, whole)
    assert warm >= cool
    left = [usable_to(expiry, milliseconds(each)) for each in (warm, cool)]
    assert left[0] is not None and left[1] is not None and left[0] <= left[1] <= expiry
    used = [consumed(date(2026, 1, 1), expiry, date(2026, 6, 1), milliseconds(each)) for each in (cool, warm)]
    assert used[0] is not None and used[1] is not None and used[0] <= used[1]


def test_time_that_nobody_measured_counts_as_on_the_label() -> None:
    hot = [(0, 25_000), (600, 25_000)]
    model = Ageing("q10", 5_000, q10=2_000)  # 25 °C: four times as fast
    assert ahead(hot, model, Span(0, HOUR), longest=HOUR) == 3 * HOUR * RATE
    assert ahead(hot, model, Span(0, 9 * HOUR), longest=HOUR) == 3 * HOUR * RATE


def test_days_are_rounded_towards_older_and_cold_does_not_lengthen() -> None:
    expiry = date(2027, 6, 30)
    assert usable_to(expiry, 1) == expiry - timedelta(days=1)
    assert usable_to(expiry, DAY_MS) == expiry - timedelta(days=1)
    assert usable_to(expiry, -5 * DAY_MS) == expiry == usable_to(expiry, 0)
    assert usable_to(None, 5) is None and usable_to(expiry, 10**15) == date.min
    assert milliseconds(10**60) == 2**53 - 1 and consumed(date(2026, 1, 1), expiry, expiry, 2**53 - 1) == 2**31 - 1
    assert consumed(date(2026, 1, 1), date(2026, 1, 10), date(2026, 1, 6), 0) == MILLION // 2
    assert consumed(None, expiry, expiry, 0) is None


SPANS = st.builds(lambda a, b: Span(min(a, b), max(a, b)), st.integers(0, 40), st.integers(0, 40))
WATCHES = st.lists(st.builds(Watch, st.integers(1, 4), st.integers(1, 9), SPANS, st.integers(0, 2)), max_size=6)


@few
@given(SPANS, WATCHES)
def test_at_each_moment_the_nearest_sensors_count_and_no_others(stay: Span, watches: list[Watch]) -> None:
    found = list(nearest(stay, watches))
    for moment in range(42):
        there = [watch for watch in watches if watch.span.since <= moment < watch.span.until]
        level = min((watch.level for watch in there), default=None)
        wanted = [watch for watch in there if watch.level == level] if stay.since <= moment < stay.until else []
        seen = [watch for watch, span in found if span.since <= moment < span.until]
        assert sorted(wanted) == sorted(seen)


@few
@given(SPANS, st.lists(SPANS, max_size=5))
def test_what_is_left_of_a_span(span: Span, others: list[Span]) -> None:
    left = without(span, others)
    assert left == sorted(left) and not any(part.empty for part in left)
    for moment in range(42):
        wanted = span.since <= moment < span.until and not any(o.since <= moment < o.until for o in others)
        assert wanted == any(part.since <= moment < part.until for part in left)


def test_how_long_a_reading_stands() -> None:
    assert lasted([0, 10, 100], 120, 30) == [10, 30, 20] and lasted([], 5, 9) == []

"""The allocator against generated stock: what it may never do, and what it always does."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.allocation import POLICIES, Candidate, Demand, allocate, order_of, policy_of
from service.domain.allocation_reasons import CHOSEN
from service.domain.reservations import Reservation, free_units

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
TODAY = NOW.date()


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    """Lots at places, each account once."""
    keys = draw(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 4), st.sampled_from(["available", "hold"])),
                         unique=True, max_size=14))
    lots = {lot: _lot(draw, lot) for lot in {lot for lot, _, _ in keys}}
    return [_candidate(draw, *key, **lots[key[0]]) for key in keys]


def _lot(draw: st.DrawFn, lot: int) -> dict[str, object]:
    expiry = draw(st.none() | st.integers(-40, 400).map(lambda days: TODAY + timedelta(days)))
    production = draw(st.none() | st.just(TODAY - timedelta(100)))
    aged = draw(st.none() | st.integers(-60, 400).map(lambda days: TODAY + timedelta(days)))
    return {"expiry": expiry, "production": production, "recalled": draw(st.integers(0, 5)) == 0, "aged_to": aged}


def _candidate(draw: st.DrawFn, lot: int, place: int, status: str, **facts: object) -> Candidate:
    units = draw(st.integers(1, 30))
    reserved = draw(st.lists(st.tuples(st.integers(1, 20), st.sampled_from([None, -1, 0, 1])), max_size=2))
    kept = tuple(Reservation(7, amount, None if hours is None else NOW + timedelta(hours=hours), "SO-7")
                 for amount, hours in reserved)
    return Candidate(lot, place, units, f"L{lot}", f"S/{place}", draw(st.sampled_from(["S", "S", "T"])), TODAY, status,
                     pallet=draw(st.booleans()), quarantine=draw(st.integers(0, 8)) == 0, reservations=kept,
                     **facts)  # type: ignore[arg-type]


@st.composite
def demands(draw: st.DrawFn) -> Demand:
    return Demand(
        draw(st.integers(0, 120)), NOW, draw(st.sampled_from(POLICIES)), draw(st.none() | st.integers(0, 200)),
        draw(st.none() | st.integers(0, 100)), draw(st.none() | st.just(365)),
        draw(st.none() | st.sampled_from(["L1", "L2", "L3"])), draw(st.none() | st.just("S")), draw(st.booleans()),
    )  # fmt: skip


@given(candidates(), demands())
def test_never_what_is_expired_held_recalled_quarantined_elsewhere_or_too_old(
    stock: list[Candidate], demand: Demand
) -> None:
    for each, _ in allocate(stock, demand).lines:
        assert each.status == "available" and not each.recalled and not each.quarantine
        assert each.expiry is None or each.expiry >= TODAY + timedelta(demand.min_days or 0)
        assert demand.lot in (None, each.lot) and demand.site in (None, each.site)
        if each.expiry is not None and demand.min_percent is not None:
            life = (each.expiry - each.production).days if each.production else demand.shelf_life_days
            assert life is not None and (each.expiry - TODAY).days * 100 >= demand.min_percent * life


@given(candidates(), demands())
def test_whatever_else_there_is_may_be_taken_or_is_reserved(stock: list[Candidate], demand: Demand) -> None:
    for each, code, *_ in allocate(stock, demand).explanations:
        fit = each.status == "available" and not each.recalled and not each.quarantine
        fit &= demand.lot in (None, each.lot) and demand.site in (None, each.site)
        if each.expiry is not None:
            left = (each.expiry - TODAY).days
            life = left + (TODAY - each.production).days if each.production else demand.shelf_life_days
            fit &= left >= (demand.min_days or 0)
            fit &= demand.min_percent is None or (life is not None and left * 100 >= demand.min_percent * life)
        assert (code in (*CHOSEN, "not-needed", "reserved")) == fit


@given(st.integers(0, 400), st.integers(0, 400), st.booleans())
def test_the_life_that_is_left_is_enough_to_the_very_day_and_percent(left: int, age: int, made_known: bool) -> None:
    made = TODAY - timedelta(age) if made_known else None
    stock = [lot(1, expiry=TODAY + timedelta(left), production=made)]
    percent = left * 100 // max(left + age, 1)

    def said(days: int | None, share: int | None) -> str:
        wanted = Demand(10, NOW, min_days=days, min_percent=share, shelf_life_days=left + age)
        return allocate(stock, wanted).explanations[0].words

    assert said(left, percent) == f"chosen: expires {stock[0].expiry}, the earliest"
    short = f"skipped: expires {stock[0].expiry}, customer wants"
    assert said(left + 1, None) == f"{short} {left + 1} days left, {left} are left"
    if left + age:
        assert said(None, percent + 1) == f"{short} {percent + 1} % of its life left, {percent} % are left"


@given(candidates(), demands())
def test_never_more_than_there_is_and_nothing_that_is_reserved(stock: list[Candidate], demand: Demand) -> None:
    for each, units in allocate(stock, demand).lines:
        live = sum(kept.units for kept in each.reservations if kept.expires_at is None or kept.expires_at > NOW)
        assert 0 < units <= each.units - live


@given(candidates(), demands())
def test_what_is_taken_and_what_is_short_are_the_demand(stock: list[Candidate], demand: Demand) -> None:
    made = allocate(stock, demand)
    assert sum(units for _, units in made.lines) + made.short == demand.units
    left = [each for each in made.explanations if each.code == "not-needed"]
    assert not (made.short and left), "short although something was left"


@given(candidates(), demands(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(stock: list[Candidate], demand: Demand, dice: Random) -> None:
    shuffled = stock.copy()
    dice.shuffle(shuffled)
    assert allocate(shuffled, demand) == allocate(stock, demand)


@given(candidates(), st.sampled_from(POLICIES))
def test_no_two_candidates_are_equal_in_the_total_order(stock: list[Candidate], policy: str) -> None:
    keys = [order_of(each, policy) for each in stock]  # type: ignore[arg-type]
    assert len(set(keys)) == len(keys)


@given(candidates(), demands())
def test_nothing_is_passed_over_for_what_comes_later(stock: list[Candidate], demand: Demand) -> None:
    """FEFO, FIFO and LIFO: whatever was left lies behind all that was taken, and only the last is taken in part."""
    demand = _without_pallets(demand)
    made = allocate(stock, demand)
    taken = [order_of(each, demand.policy) for each, _ in made.lines]
    left = [order_of(each.candidate, demand.policy) for each in made.explanations if each.code == "not-needed"]
    assert taken == sorted(taken)
    assert not taken or not left or max(taken) < min(left)
    for each, units in made.lines[:-1]:
        assert units == free_units(each.units, each.reservations, None, now=NOW)


@given(candidates(), st.integers(1, 60))
def test_the_policies_are_monotone_in_what_they_are_named_after(stock: list[Candidate], units: int) -> None:
    by_policy = {policy: [each for each, _ in allocate(stock, Demand(units, NOW, policy)).lines] for policy in POLICIES}
    expiries = [each.soonest or date.max for each in by_policy["FEFO"]]
    assert expiries == sorted(expiries)
    assert [each.lot_id for each in by_policy["FIFO"]] == sorted(each.lot_id for each in by_policy["FIFO"])
    assert [-each.lot_id for each in by_policy["LIFO"]] == sorted(-each.lot_id for each in by_policy["LIFO"])


@given(candidates(), demands())
def test_whole_pallets_go_first_and_are_not_broken_while_one_fits(stock: list[Candidate], demand: Demand) -> None:
    made = allocate(stock, Demand(demand.units, NOW, demand.policy, whole_pallets=True))
    whole = [each for each in made.explanations if each.code == "whole-pallet"]
    assert all(each.units == each.candidate.units and each.candidate.pallet for each in whole)
    rest = demand.units - sum(each.units for each in whole)
    for each in made.explanations:
        ready = free_units(each.candidate.units, each.candidate.reservations, None, now=NOW) == each.candidate.units
        if each.candidate.pallet and ready and each.code in (*CHOSEN, "not-needed") and each not in whole:
            assert each.candidate.units > rest


@given(candidates(), demands(), st.integers(0, 14))
def test_a_prefix_that_covers_the_demand_is_as_good_as_everything(
    stock: list[Candidate], demand: Demand, size: int
) -> None:
    demand = _without_pallets(demand)
    young = [each for each in stock if each.expiry is None or each.expiry >= TODAY + timedelta(demand.min_days or 0)]
    prefix = sorted(young, key=lambda each: order_of(each, demand.policy))[:size]
    found = allocate(prefix, demand)
    if not found.short:
        assert found.lines == allocate(stock, demand).lines


@given(candidates(), demands())
def test_each_candidate_is_explained_once_in_words(stock: list[Candidate], demand: Demand) -> None:
    made = allocate(stock, demand)
    assert sorted(id(each.candidate) for each in made.explanations) == sorted(id(each) for each in stock)
    for each in made.explanations:
        assert bool(each.units) == (each.code in CHOSEN) == each.words.startswith("chosen: ")
        assert each.words == "not needed" or each.words.startswith(("chosen: ", "skipped: "))


def _without_pallets(demand: Demand) -> Demand:
    return Demand(demand.units, NOW, demand.policy, demand.min_days, demand.min_percent, demand.shelf_life_days,
                  demand.lot, demand.site)


def lot(number: int, **facts: object) -> Candidate:
    return Candidate(number, 1, 10, f"L{number}", "S/1", "S", TODAY, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(("facts", "wish", "words"), [
    ({"expiry": date(2027, 1, 31)}, {}, "chosen: expires 2027-01-31, the earliest"),
    ({"expiry": date(2026, 12, 1)}, {"min_days": 90},
     "skipped: expires 2026-12-01, customer wants 90 days left, 7 are left"),
    ({"expiry": date(2027, 11, 24), "production": date(2024, 11, 24)}, {"min_percent": 50},
     "skipped: expires 2027-11-24, customer wants 50 % of its life left, 33 % are left"),
    ({"expiry": date(2027, 11, 24)}, {"min_percent": 50},
     "skipped: customer wants 50 % of its life left, and nobody knows when it was made"),
    ({"expiry": date(2026, 11, 23)}, {}, "skipped: expired, its last usable day was 2026-11-23"),
    ({"expiry": date(2026, 11, 24)}, {}, "chosen: expires 2026-11-24, the earliest"),
    ({"expiry": date(2027, 1, 31), "aged_to": date(2026, 12, 20)}, {},
     "chosen: aged as if it expired 2026-12-20, its date is 2027-01-31, the earliest"),
    ({"expiry": date(2027, 1, 31), "aged_to": date(2027, 1, 31)}, {}, "chosen: expires 2027-01-31, the earliest"),
    ({"expiry": date(2027, 1, 31), "aged_to": date(2026, 1, 1)}, {"min_days": 60},
     "chosen: aged as if it expired 2026-01-01, its date is 2027-01-31, the earliest"),
    ({"expiry": date(2027, 1, 31), "aged_to": date(2026, 12, 20), "pallet": True}, {"whole_pallets": True},
     "chosen: a whole pallet, aged as if it expired 2026-12-20, its date is 2027-01-31, the earliest"),
    ({"status": "hold"}, {}, "skipped: on hold"),
    ({"recalled": True, "status": "hold"}, {}, "skipped: recalled"),
    ({"quarantine": True}, {}, "skipped: lies in quarantine at S/1"),
    ({"reservations": (Reservation(1, 10, NOW + timedelta(hours=1), "SO-1"),)}, {},
     "skipped: reserved by order SO-1"),
    ({"reservations": (Reservation(2, 2, None, "SO-2"), Reservation(1, 4, NOW + timedelta(hours=1), "SO-1"),
                       Reservation(2, 4, None, "SO-2"), Reservation(3, 9, NOW, "SO-3"))}, {},
     "skipped: reserved by order SO-1, SO-2"),
    ({"reservations": (Reservation(1, 10, NOW, "SO-1"),)}, {}, "chosen: has no expiry date"),
    ({"arrived": date(2026, 1, 2)}, {"policy": "LIFO"}, "chosen: arrived 2026-01-02, the last"),
    ({"pallet": True}, {"whole_pallets": True}, "chosen: a whole pallet, has no expiry date"),
    ({}, {"lot": "L2"}, "skipped: lot L2 was ordered"),
    ({}, {"lot": "L1"}, "chosen: this lot was ordered"),
    ({}, {"site": "T"}, "skipped: lies at S, the order is for T"),
])
def test_the_reason_is_said_with_its_numbers(
    facts: dict[str, object], wish: dict[str, object], words: str
) -> None:
    explained, = allocate([lot(1, **facts)], Demand(10, NOW, **wish)).explanations  # type: ignore[arg-type]
    assert explained.words == words


def test_a_second_lot_is_the_next_and_the_last_is_not_needed() -> None:
    stock = [lot(3, expiry=date(2027, 3, 1)), lot(1, expiry=date(2027, 1, 1)), lot(2, expiry=date(2027, 2, 1))]
    made = allocate(stock, Demand(15, NOW))
    assert [(each.candidate.lot, each.units, each.words) for each in made.explanations] == [
        ("L1", 10, "chosen: expires 2027-01-01, the earliest"),
        ("L2", 5, "chosen: expires 2027-02-01, the next"),
        ("L3", 0, "not needed"),
    ]


@given(st.lists(st.integers(0, 300), min_size=2, max_size=8), st.data())
def test_a_lot_that_has_aged_more_comes_no_later_than_it_would(days: list[int], data: st.DataObject) -> None:
    stock = [lot(number, expiry=TODAY + timedelta(left)) for number, left in enumerate(days)]
    chosen, hours = data.draw(st.sampled_from(stock)), data.draw(st.integers(0, 400))
    aged = chosen._replace(aged_to=chosen.expiry - timedelta(hours) if chosen.expiry else None)
    demand = Demand(10 * len(days), NOW, by_age=True)
    place = [each.candidate for each in allocate(stock, demand).explanations].index(chosen)
    others = [each for each in stock if each is not chosen]
    assert [each.candidate for each in allocate([*others, aged], demand).explanations].index(aged) <= place


def test_who_says_which_policy_holds() -> None:
    assert policy_of("LIFO", "FIFO", "FEFO") == ("LIFO", "order")
    assert policy_of(None, "FIFO", "LIFO") == ("FIFO", "customer")
    assert policy_of(None, None, "LIFO") == ("LIFO", "item")
    assert policy_of(None, None, None) == ("FEFO", "default")


def test_reserved_stock_is_free_for_its_own_order_and_for_all_once_the_moment_has_come() -> None:
    mine, theirs = Reservation(1, 4, NOW + timedelta(seconds=1)), Reservation(2, 3)
    assert free_units(10, [mine, theirs], None, now=NOW) == 3
    assert free_units(10, [mine, theirs], 1, now=NOW) == 7
    assert free_units(10, [mine, theirs], None, now=NOW + timedelta(seconds=1)) == 7
    assert free_units(2, [mine, theirs], 1, now=NOW) == 0

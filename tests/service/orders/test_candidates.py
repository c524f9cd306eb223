"""The query gives the allocator what the whole stock would, in every policy, also where its first page is too short."""

from datetime import date, timedelta
from random import Random

import pytest

from service.domain.allocation import Demand, Policy, allocate
from service.ledger import Recorded
from service.orders.candidates import MOST, plan, read_candidates
from tests.service.ledger.world import register
from tests.service.orders.world import Orders

LOTS = 300


@pytest.fixture
def many(world: Orders) -> Orders:
    """Three hundred lots of salt with and without dates, some expired since, at two places."""
    dice = Random(1)
    days = [None if dice.random() < 0.2 else date(2026, 11, 22) + timedelta(days=dice.randrange(0, 200))
            for _ in range(LOTS)]
    commands = [
        register(f"L{number}", str(dice.randrange(1, 9)), "SALT", dice.choice(["S1/A", "S1/B"]), expiry_date=day)
        for number, day in enumerate(days)
    ]
    outcomes = world.try_all(*[world.request("maker", command) for command in commands])
    assert all(isinstance(outcome, Recorded) for outcome in outcomes)
    world.clock.at += timedelta(days=20)
    return world


@pytest.mark.parametrize("policy", ["FEFO", "FIFO", "LIFO"])
@pytest.mark.parametrize(("units", "min_days"), [(100, None), (30_000, None), (100, 60), (60_000, 60), (10**9, None)])
def test_a_part_of_the_stock_gives_the_same_lines_as_all_of_it(
    many: Orders, policy: Policy, units: int, min_days: int | None
) -> None:
    item = many.one("SELECT item_id FROM warehouse.lot LIMIT 1")[0]
    demand = Demand(units, many.clock(), policy, min_days)
    with many.engine.connect() as connection:
        found, more = plan(connection, item, demand, {})  # type: ignore[arg-type]
        everything, _ = read_candidates(connection, item, Demand(1, many.clock()), MOST, {})  # type: ignore[arg-type]
    whole = allocate(everything, demand)
    assert [(taken.candidate.lot, taken.units) for taken in found.lines] == [
        (taken.candidate.lot, taken.units) for taken in whole.lines]
    assert found.short == whole.short
    assert more == (len(found.explanations) < len(everything)) or policy == "FEFO"

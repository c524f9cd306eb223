"""Reservations on a real database: never twice, never longer than they last, never for somebody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from service.domain import commands as c
from service.domain.errors import LotExpired, LotRecalled, StockReserved
from service.domain.orders_errors import OrderEnded, PickEnded
from service.orders.create import end_order
from service.orders.reserved import free_of
from tests.service.ledger.world import line, register
from tests.service.orders.world import HOUR, Orders


def test_sixteen_orders_for_the_same_stock_get_it_once(world: Orders) -> None:
    """Three lots of 40, twenty orders of ten: twelve are served, whoever comes first, and movements go on meanwhile."""
    for number in range(3):
        world.do("maker", register(f"L{number}", "40"))
    orders = [world.order(f"SO-{number}") for number in range(20)]
    moves = [world.request("maker", c.Move(from_="S1/A", to="S1/B", lines=line(f"L{number % 3}", "5")))
             for number in range(12)]
    with ThreadPoolExecutor(16) as pool:
        moving = [pool.submit(world.try_all, move) for move in moves]
        plans = list(pool.map(world.allocate, orders))
        assert all(each.result() for each in moving)
    assert sum(plan.allocation.short for plan in plans) == 200 - world.reserved()
    over = world.all("""
        SELECT lot_id, place FROM warehouse.reservation r JOIN warehouse.balance b USING (lot_id, place)
        WHERE b.status = 'available' GROUP BY lot_id, place, b.units HAVING sum(r.units) > b.units + 20""")
    assert over == []
    deadlocks, = world.one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert deadlocks == 0


def test_without_movements_all_is_reserved_exactly_once(world: Orders) -> None:
    for number in range(3):
        world.do("maker", register(f"L{number}", "40"))
    orders = [world.order(f"SO-{number}") for number in range(20)]
    with ThreadPoolExecutor(16) as pool:
        plans = list(pool.map(world.allocate, orders))
    assert sorted(plan.allocation.short for plan in plans) == [0] * 12 + [10] * 8
    totals = world.all("SELECT lot_id, sum(units)::bigint FROM warehouse.reservation GROUP BY lot_id")
    assert [units for _, units in totals] == [40, 40, 40]


def test_one_order_allocated_by_many_at_once_is_served_once(world: Orders) -> None:
    world.do("maker", register("L", "100"))
    order = world.order("SO-1", "30")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(world.allocate, [order] * 8))
    assert world.reserved() == 30
    assert world.read(order).lines[0].unserved == 0


def test_a_reservation_that_ran_out_counts_for_nothing_though_its_row_is_there(world: Orders) -> None:
    world.do("maker", register("L", "10"))
    first, second = world.order("SO-1"), world.order("SO-2")
    world.allocate(first)
    assert world.allocate(second).allocation.short == 10
    world.clock.at += HOUR
    assert world.one("SELECT count(*) FROM warehouse.reservation")[0] == 1
    assert world.read(first).lines[0].reserved == 0
    assert world.allocate(second).allocation.short == 0
    assert world.allocate(first).allocation.explanations[0].words == "skipped: reserved by order SO-2"


def test_allocating_again_renews_what_is_reserved(world: Orders) -> None:
    world.do("maker", register("L", "10"))
    order = world.order("SO-1")
    world.allocate(order)
    world.clock.at += HOUR / 2
    world.allocate(order)
    world.clock.at += HOUR / 2
    assert world.read(order).lines[0].reserved == 10


def test_free_stock_is_what_the_core_may_ask_for(world: Orders) -> None:
    world.do("maker", register("L", "25"))
    order = world.order("SO-1")
    world.allocate(order)
    key = next((row[0], row[1]) for row in world.all("SELECT lot_id, place FROM warehouse.reservation"))
    with world.engine.connect() as connection:
        assert free_of(connection, [key], for_order=None, now=world.clock()) == {key: 15}
        assert free_of(connection, [key], for_order=order, now=world.clock()) == {key: 25}
        assert free_of(connection, [key], for_order=None, now=world.clock() + HOUR) == {key: 25}


def test_recalled_and_expired_stock_is_skipped_and_not_picked_either(world: Orders) -> None:
    world.do("maker", register("OLD", "10", expiry_date=date(2026, 11, 22)))
    world.do("maker", register("BAD", "10", expiry_date=date(2027, 1, 1)))
    world.do("maker", register("GOOD", "10"))
    early = world.order("SO-0", lot="OLD")
    world.allocate(early, timedelta(days=9))
    bad = world.order("SO-B", lot="BAD")
    world.allocate(bad)
    lists = [world.pick_list(early), world.pick_list(bad)]
    world.clock.at += timedelta(days=1)
    world.do("maker", c.Recall(item="MED", lot="BAD", reason="glass"))
    said = [each.words for each in world.allocate(world.order("SO-1")).allocation.explanations]
    assert said == ["skipped: expired, its last usable day was 2026-11-22", "skipped: recalled",
                    "chosen: expires 2027-06-30, the earliest"]
    for made, refusal in zip(lists, (LotExpired, LotRecalled), strict=True):
        with pytest.raises(refusal):
            world.pick(made, world.stops(made)[0], "10")
    assert world.stock("maker", "OLD") == {("S1/A", "available"): 10}, "the movement is undone too"


def test_a_late_picker_may_take_what_is_still_free_but_not_what_another_order_has(world: Orders) -> None:
    world.do("maker", register("L", "10"))
    first, second = world.order("SO-1"), world.order("SO-2", "6")
    world.allocate(first)
    made = world.pick_list(first)
    world.clock.at += HOUR
    world.allocate(second)
    with pytest.raises(StockReserved, match="expected 10 EA free, found 4 EA; the rest is reserved for SO-2"):
        world.pick(made, world.stops(made)[0], "10")
    world.pick(made, world.stops(made)[0], "4")
    assert world.stock("maker", "L") == {("S1/A", "available"): 6, ("S1/D", "available"): 4}
    assert world.audit() == []


def test_a_list_that_outlived_its_reservation_does_not_serve_a_line_twice(world: Orders) -> None:
    world.do("maker", register("L", "50"))
    order = world.order("SO-1")
    world.allocate(order)
    old = world.pick_list(order)
    world.clock.at += HOUR
    world.allocate(order)
    assert world.stops(old)[0].said.ended == "its reservation ran out"
    with pytest.raises(PickEnded):
        world.pick(old, world.stops(old)[0], "10")
    world.pick_all(order)
    world.ship(order)
    assert world.read(order).state == "done"


def test_picked_goods_stay_the_orders_until_it_is_ended(world: Orders) -> None:
    world.do("maker", register("L", "10", expiry_date=date(2030, 1, 1)))
    first, second = world.order("SO-1"), world.order("SO-2")
    world.allocate(first)
    world.pick_all(first)
    world.clock.at += timedelta(days=300)
    assert world.allocate(second).allocation.short == 10
    with world.engine.begin() as connection:
        end_order(connection, first, "cancelled", "tester", None, world.clock())
    assert world.allocate(second).allocation.short == 0
    with pytest.raises(OrderEnded):
        world.allocate(first)
    world.pick_all(second)  # the goods lie at the dock already: the scan moves nothing
    world.ship(second)
    assert world.read(second).state == "done"
    assert world.audit() == []

"""Orders and the ledger in one transaction: both or neither, once, whoever else is at it."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.domain import commands as c
from service.domain.errors import DomainError, MovementIdTaken, UnknownThing
from service.domain.orders_errors import NothingToDo, OrderEnded, OverDelivery, PickEnded, SeveralPlaces
from service.ledger import create_location
from service.models import orders as _
from service.models.tables import metadata
from service.orders.picklist import make_pick_list
from tests.service.ledger.world import register
from tests.service.orders.world import Orders

assert _.metadata is metadata


def receive(lot: str, quantity: str) -> c.Receive:
    line = register(lot, quantity).lines[0]
    return c.Receive(to="S1/A", supplier="Acme", lines=(line,))


def test_a_refused_over_delivery_leaves_no_trace_of_its_movement(world: Orders) -> None:
    order = world.order("PO-1", "10", "purchase")
    before = world.rows()
    with pytest.raises(OverDelivery):
        world.receive(order, receive("L", "11"))
    assert world.rows() == before
    world.receive(order, receive("L", "11"), over=True)
    assert world.read(order).said[0].over == 1
    assert world.audit() == []


def test_the_same_receipt_from_many_at_once_counts_once(world: Orders) -> None:
    order, id = world.order("PO-1", "10", "purchase"), uuid4()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: world.receive(order, receive("L", "10"), id), range(16)))
    assert len({(each.id, each.recorded_at, each.statement_hash) for each in answers}) == 1
    assert sum(not each.replayed for each in answers) == 1
    assert world.read(order).said[0].done == 10
    with pytest.raises(MovementIdTaken):
        world.receive(order, receive("L", "9"), id)


def test_deliveries_at_once_never_exceed_the_order_together(world: Orders) -> None:
    order = world.order("PO-1", "50", "purchase")

    def deliver(number: int) -> bool:
        try:
            world.receive(order, receive(f"L{number}", "10"))
        except OverDelivery:
            return False
        return True

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(deliver, range(12))) == 5
    assert world.read(order).state == "done"
    assert world.audit() == []


def test_goods_of_a_party_on_the_ledger_are_accepted_against_the_order(world: Orders) -> None:
    world.do("shop", register("L", "10"))
    offered = world.do("shop", c.Offer(from_="S1/A", to_party="maker", lines=(c.Line("MED", "L", "10"),)))
    order = world.order("PO-1", "10", "purchase", party="shop")
    world.receive(order, c.Accept(handoff=offered.id, to="S1/A"))
    assert world.read(order).state == "done"


def test_a_pick_and_a_shipment_from_many_at_once_happen_once(world: Orders) -> None:
    world.do("maker", register("L", "10"))
    order, pick, shipment = world.order("SO-1"), uuid4(), uuid4()
    world.allocate(order)
    made = world.pick_list(order)
    stop, = world.stops(made)
    with ThreadPoolExecutor(8) as pool:
        picks = list(pool.map(lambda _: world.pick(made, stop, "10", id=pick), range(8)))
        assert sum(not each.replayed for each in picks) == 1
        shipments = list(pool.map(lambda _: world.ship(order, shipment), range(8)))
    assert len({each.statement_hash for each in shipments}) == 1
    assert world.stock("maker", "L") == {}
    assert world.read(order).state == "done"
    with pytest.raises(MovementIdTaken):
        world.ship(order, shipment, reason="again")
    assert world.audit() == []


def test_two_different_picks_of_one_stop_take_no_more_than_it_asks_for(world: Orders) -> None:
    world.do("maker", register("L", "100"))
    order = world.order("SO-1")
    world.allocate(order)
    made = world.pick_list(order)
    stop, = world.stops(made)

    def attempt(_: int) -> str:
        try:
            world.pick(made, stop, "5")
        except DomainError as error:
            return error.slug
        return "picked"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(attempt, range(6))) == ["pick-ended"] * 4 + ["picked"] * 2
    assert world.stock("maker", "L") == {("S1/A", "available"): 90, ("S1/D", "available"): 10}


def test_nothing_found_is_recorded_with_its_reason_and_moves_nothing(world: Orders) -> None:
    world.do("maker", register("L", "10"))
    order, id = world.order("SO-1"), uuid4()
    world.allocate(order)
    made = world.pick_list(order)
    stop, = world.stops(made)
    assert world.pick(made, stop, None, short_reason="empty shelf", id=id).movement is None
    assert world.pick(made, stop, None, short_reason="empty shelf", id=id).replayed
    with pytest.raises(MovementIdTaken):
        world.pick(made, stop, None, short_reason="another", id=id)
    with pytest.raises(PickEnded, match="empty shelf"):
        world.pick(made, stop, "10")
    assert world.read(order).lines[0].unserved == 10


def test_goods_leave_from_one_place_at_a_time(world: Orders) -> None:
    with world.engine.begin() as connection:
        create_location(connection, "maker", "S1", "E", kind="staging")
    world.do("maker", register("L", "20"))
    order = world.order("SO-1", "20")
    with pytest.raises(NothingToDo):
        world.ship(order)
    with world.engine.begin() as connection, pytest.raises(UnknownThing):
        make_pick_list(connection, order, uuid4(), "S1/NOWHERE", world.clock())
    world.allocate(order)
    made = world.pick_list(order)
    world.pick(made, world.stops(made)[0], "8", short_reason="trolley full")
    world.allocate(order)
    with world.engine.begin() as connection:
        second = make_pick_list(connection, order, uuid4(), "S1/E", world.clock())[0]
    world.pick(second, world.stops(second)[0], "12")
    with pytest.raises(SeveralPlaces, match="S1/D, S1/E"):
        world.ship(order)
    world.ship(order, from_="S1/E")
    assert world.read(order).state == "part done"
    world.ship(order)
    assert world.read(order).state == "done"
    with pytest.raises(OrderEnded):
        world.allocate(order)
    assert world.audit() == []


@pytest.mark.parametrize("change", [
    "UPDATE warehouse.order_line SET units = 1", "DELETE FROM warehouse.fulfilment",
    "UPDATE warehouse.pick SET units = 1", "DELETE FROM warehouse.orders", "TRUNCATE warehouse.customer CASCADE",
])  # fmt: skip
def test_what_was_ordered_and_done_is_never_changed(world: Orders, change: str) -> None:
    world.do("maker", register("L", "10"))
    order = world.order("SO-1")
    world.allocate(order)
    world.pick_all(order)
    world.ship(order)
    with world.engine.begin() as connection, pytest.raises(DBAPIError, match="never changed"):
        connection.execute(text(change))


def test_the_models_of_orders_are_the_tables_of_the_migration(world: Orders) -> None:
    rows = world.all("SELECT table_name, column_name, is_nullable FROM information_schema.columns"
                     " WHERE table_schema = 'warehouse'")
    made = {(table, column, nullable == "YES") for table, column, nullable in rows}
    told = {(table.name, column.name, bool(column.nullable))
            for table in metadata.tables.values() for column in table.c}
    ours = {table for table, _, _ in told}
    assert {"orders", "order_line", "fulfilment", "reservation", "pick_list", "pick_line", "pick"} <= ours
    assert {each for each in made if each[0] in ours} == told

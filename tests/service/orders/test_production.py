"""A production order on a real database: what is set aside is used up once, and nothing that may not be."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import date, timedelta
from hashlib import sha256
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import Engine, text

from service.domain import commands as c
from service.domain.errors import (
    BadName,
    DomainError,
    InsufficientStock,
    LotExpired,
    LotRecalled,
    MassUnbalanced,
    MovementIdTaken,
    StockOnHold,
    StockReserved,
    WrongPlace,
)
from service.domain.orders_errors import (
    CountedElsewhere,
    NothingToDo,
    NotPicked,
    OrderEnded,
    OrderInUse,
    OverConsumption,
    OverDelivery,
    PickEnded,
    UnplannedComponent,
    WrongDirection,
)
from service.orders.create import NewLine, NewOrder, create_order
from service.orders.production import made_stock, runs_of
from tests.service.orders.factory import LINE, Factory


@pytest.fixture
def factory(engine: Engine) -> Factory:
    return Factory(engine)


@pytest.fixture
def order(factory: Factory) -> int:
    """Of two lots of COMP, 6 kg that expire first and 20 kg, 10 kg stand at the line."""
    factory.stocked("OLD", "6", expiry_date=date(2026, 12, 31))
    factory.stocked("NEW", "20", expiry_date=date(2027, 12, 31))
    order = factory.production("MO-1")
    factory.set_out(order)
    return order


def set_aside(factory: Factory) -> list[tuple[object, ...]]:
    return [tuple(row) for row in factory.all("""
        SELECT t.number, r.units, r.expires_at IS NULL FROM warehouse.reservation r
        JOIN warehouse.lot t ON t.id = r.lot_id ORDER BY t.id, r.id""")]


def test_components_are_allocated_picked_and_used_up_in_parts(factory: Factory, order: int) -> None:
    assert set_aside(factory) == [("OLD", 600, True), ("NEW", 400, True)]
    factory.produce(order, {"OLD": "4"}, "G1", "3.9", "0.1")
    line = factory.component(order)
    assert (line.said.done, line.picked, line.unserved) == (400, 600, 0)
    assert factory.read(order).state == "part done"
    factory.produce(order, {"OLD": "2", "NEW": "4"}, "G1", "6", over=False)
    assert set_aside(factory) == []
    assert factory.told(order) == [("main", "G1", 390), ("component", "OLD", 400), ("main", "G1", 600),
                                   ("component", "OLD", 200), ("component", "NEW", 400)]
    assert factory.read(order).state == "part done"  # 9.9 of 10 kg
    assert factory.audit() == []


def test_what_is_set_aside_for_a_production_is_nobody_elses(factory: Factory, order: int) -> None:
    for command in (factory.made({"OLD": "1"}, "X", "1"), c.Ship(from_=LINE, customer="x", lines=(
            c.Line("COMP", "OLD", "1"),))):
        assert factory.refused("maker", command) == "stock-reserved"
    other = factory.production("MO-2")
    with pytest.raises(StockReserved, match="the rest is reserved for MO-1"):
        factory.produce(other, {"OLD": "1"}, "X", "1")


def test_a_production_may_use_what_is_reserved_on_the_shelf_and_then_nobody_walks_for_it(factory: Factory) -> None:
    factory.stocked("L", "30")
    order = factory.production("MO-1")
    factory.allocate(order)
    made = factory.pick_list(order)
    factory.produce(order, {"L": "4"}, "G1", "4", at="S1/A")
    assert set_aside(factory) == [("L", 600, False)]
    factory.produce(order, {"L": "6"}, "G1", "6", at="S1/A")
    assert set_aside(factory) == []
    stop, = factory.stops(made)
    assert stop.said.ended == "used up where it lay"
    with pytest.raises(PickEnded):
        factory.pick(made, stop, "1")
    assert factory.audit() == []


def test_held_recalled_and_expired_components_are_refused_at_the_line_and_replaced(factory: Factory) -> None:
    factory.stocked("HELD", "10", expiry_date=date(2026, 11, 30))
    factory.stocked("BAD", "10", expiry_date=date(2026, 12, 1))
    factory.stocked("LATE", "10", expiry_date=date(2026, 12, 2))
    factory.stocked("GOOD", "10", expiry_date=date(2027, 12, 3))
    order = factory.production("MO-1")
    refusals: list[type[DomainError]] = []
    for lot, refusal in (("HELD", StockOnHold), ("BAD", LotRecalled), ("LATE", LotExpired)):
        factory.set_out(order)
        assert factory.stock("maker", lot, "COMP")[LINE, "available"] == 1000
        if refusal is StockOnHold:
            factory.do("maker", c.Hold(at=LINE, reason="wet", lines=(c.Line("COMP", lot, "10"),)))
        elif refusal is LotRecalled:
            factory.do("maker", c.Recall(item="COMP", lot=lot, reason="glass"))
        else:
            factory.clock.at += timedelta(days=20)
        assert (factory.component(order).picked, factory.component(order).blocked) == (0, 1000)
        with pytest.raises(refusal):
            factory.produce(order, {lot: "1"}, "G1", "1")
        refusals.append(refusal)
    factory.set_out(order)
    assert (factory.component(order).picked, factory.component(order).blocked) == (1000, 0)
    factory.produce(order, {"GOOD": "10"}, "G1", "10")
    assert len(refusals) == 3 and factory.read(order).state == "done"
    assert factory.audit() == []


def test_what_is_held_in_part_is_replaced_in_part(factory: Factory, order: int) -> None:
    factory.do("maker", c.Hold(at=LINE, reason="wet", lines=(c.Line("COMP", "NEW", "1.5"),)))
    assert (factory.component(order).picked, factory.component(order).blocked) == (850, 150)
    factory.allocate(order)
    line = factory.component(order)
    assert (line.picked, line.reserved, line.blocked, line.unserved) == (850, 150, 0, 0)


def test_no_pick_list_sends_anybody_to_what_is_held(factory: Factory) -> None:
    factory.stocked("L", "10")
    order = factory.production("MO-1")
    factory.allocate(order)
    factory.do("maker", c.Hold(at="S1/A", reason="wet", lines=(c.Line("COMP", "L", "4"),)))
    stop, = factory.stops(factory.pick_list(order))
    assert stop.said.units == 600
    other = factory.production("MO-2")
    factory.stocked("M", "10")
    factory.allocate(other)
    factory.do("maker", c.Hold(at="S1/A", reason="wet", lines=(c.Line("COMP", "M", "10"),)))
    with pytest.raises(NothingToDo):
        factory.pick_list(other)


def test_a_pick_for_a_production_names_it_in_the_ledger(factory: Factory, order: int) -> None:
    query = "SELECT DISTINCT CAST(content AS jsonb) -> 'documents' FROM warehouse.movement WHERE type = 'pick'"
    named = factory.all(query)
    assert [each[0] for each in named] == [[{"type": "prodorder", "id": "MO-1"}]]


def test_a_sale_too_gets_other_stock_for_what_was_held(factory: Factory) -> None:
    factory.stocked("A", "10", "MED", expiry_date=date(2027, 1, 1))
    factory.stocked("B", "10", "MED", expiry_date=date(2027, 6, 1))
    sale = factory.order("SO-1")
    factory.allocate(sale)
    factory.pick_all(sale)
    factory.do("maker", c.Hold(at=LINE, reason="wet", lines=(c.Line("MED", "A", "10"),)))
    assert [taken.candidate.lot for taken in factory.allocate(sale).allocation.lines] == ["B"]
    factory.pick_all(sale)
    factory.ship(sale)
    assert factory.read(sale).state == "done"
    assert factory.stock("maker", "A") == {(LINE, "hold"): 10}


def test_more_than_planned_is_refused_and_undone_unless_it_is_meant(factory: Factory, order: int) -> None:
    factory.do("maker", c.Move(from_="S1/A", to=LINE, lines=(c.Line("COMP", "NEW", "5"),)))
    before = factory.rows()
    with pytest.raises(OverConsumption, match="expected at most 10 KGM, got 11 KGM"):
        factory.produce(order, {"OLD": "6", "NEW": "5"}, "G1", "10", "1")
    with pytest.raises(OverDelivery):
        factory.produce(order, {"OLD": "6", "NEW": "4.5"}, "G1", "10.5")
    assert factory.rows() == before and set_aside(factory) == [("OLD", 600, True), ("NEW", 400, True)]
    factory.produce(order, {"OLD": "6", "NEW": "5"}, "G1", "10.5", "0.5", over=True)
    assert (factory.component(order).said.over, factory.read(order).state) == (100, "done")
    assert factory.audit() == []


def test_what_is_not_planned_is_not_used_whatever_somebody_means(factory: Factory, order: int) -> None:
    factory.stocked("S", "5", "SALT", LINE)
    salted = c.Produce(at=LINE, lines=(c.Line("SALT", "S", "1"),), outputs=(c.NewLotLine("GRAN", "G1", "1"),))
    with pytest.raises(UnplannedComponent):
        factory.receive(order, salted, over=True)
    with pytest.raises(WrongDirection, match="produce, which uses up its components"):
        factory.receive(order, c.Register(to=LINE, lines=(c.NewLotLine("GRAN", "G1", "1"),)))
    with pytest.raises(MassUnbalanced):
        factory.produce(order, {"OLD": "2"}, "G1", "1.5")
    factory.stocked("F", "5", to="S2/A")
    with pytest.raises(WrongPlace, match="expected a place of site S1"):
        factory.produce(order, {"F": "1"}, "G1", "1", at="S2/A")
    assert factory.stock("maker", "G1", "GRAN") == {}


def test_the_same_run_from_many_at_once_counts_once(factory: Factory, order: int) -> None:
    id = uuid4()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: factory.produce(order, {"OLD": "4"}, "G1", "4", id=id), range(8)))
    assert sum(not each.replayed for each in answers) == 1
    assert len({each.statement_hash for each in answers}) == 1
    assert (factory.component(order).said.done, factory.component(order).picked) == (400, 600)
    with pytest.raises(MovementIdTaken):
        factory.produce(order, {"OLD": "5"}, "G1", "5", id=id)
    factory.end(order)
    assert factory.produce(order, {"OLD": "4"}, "G1", "4", id=id).replayed, "a late retry gets the answer it missed"


def test_workers_at_once_use_no_more_than_was_set_out(factory: Factory, order: int) -> None:
    def run(number: int) -> str:
        try:
            factory.produce(order, {"OLD": "2"}, f"G{number}", "2")
        except DomainError as error:
            return error.slug
        return "made"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(run, range(6))) == ["insufficient-stock"] * 3 + ["made"] * 3
    assert (factory.component(order).said.done, factory.component(order).picked) == (600, 400)
    assert factory.audit() == []


def test_what_was_not_needed_goes_back_once_and_only_what_was_picked(factory: Factory, order: int) -> None:
    id = uuid4()
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: factory.put_back(order, "NEW", "1.5", id), range(4)))
    assert sum(not each.replayed for each in answers) == 1
    assert factory.stock("maker", "NEW", "COMP") == {("S1/A", "available"): 1750, (LINE, "available"): 250}
    assert (factory.component(order).picked, factory.component(order).unserved) == (850, 150)
    with pytest.raises(MovementIdTaken):
        factory.put_back(order, "NEW", "1", id)
    factory.do("maker", c.Move(from_="S1/A", to=LINE, lines=(c.Line("COMP", "NEW", "5"),)))
    before = factory.rows()
    with pytest.raises(NotPicked, match=r"expected at most 2\.5 KGM, which was picked for it, got 3 KGM"):
        factory.put_back(order, "NEW", "3")
    assert factory.rows() == before
    with pytest.raises(WrongDirection):
        factory.put_back(factory.order("PO-1", "10", "purchase"), "NEW", "1")
    factory.do("maker", c.Hold(at=LINE, reason="wet", lines=(c.Line("COMP", "OLD", "6"),)))
    factory.put_back(order, "OLD", "6")
    assert factory.stock("maker", "OLD", "COMP") == {("S1/A", "hold"): 600}
    assert factory.audit() == []


def test_a_done_order_is_closed_to_free_what_it_did_not_use(factory: Factory, order: int) -> None:
    factory.produce(order, {"OLD": "6"}, "G1", "6")
    with pytest.raises(OrderInUse):
        factory.end(order, "cancelled")
    factory.end(order)
    assert set_aside(factory) == [] and factory.read(order).state == "closed"
    with pytest.raises(OrderEnded):
        factory.produce(order, {"NEW": "1"}, "G1", "1")
    small = factory.production("MO-2", NewLine("GRAN", "2"), NewLine("COMP", "5", role="component"))
    factory.set_out(small)
    factory.produce(small, {"NEW": "2"}, "G2", "2")
    assert (factory.read(small).state, factory.component(small).picked) == ("done", 300)
    with pytest.raises(OrderEnded):
        factory.end(small, "cancelled")
    factory.end(small)
    factory.end(small)
    assert set_aside(factory) == [] and factory.read(small).state == "done"


def test_an_order_that_only_picked_is_cancelled_and_its_goods_are_free(factory: Factory, order: int) -> None:
    factory.end(order, "cancelled")
    other = factory.production("MO-2")
    factory.allocate(other)
    assert factory.component(other).unserved == 0
    with pytest.raises(OrderEnded):
        factory.allocate(order)


def test_several_products_are_made_of_all_that_went_in(factory: Factory) -> None:
    factory.stocked("L", "10")
    order = factory.production("MO-1", NewLine("GRAN", "6"), NewLine("GRAN", "2", lot="SAMPLE", role="co_product"),
                               NewLine("FINES", "1", role="by_product"), NewLine("COMP", "10", role="component"))
    factory.set_out(order)
    outputs = tuple(c.NewLotLine(item, lot, quantity, damaged=bad) for item, lot, quantity, bad in (
        ("GRAN", "G1", "6", "0.5"), ("GRAN", "SAMPLE", "2", None), ("FINES", "F1", "0.75", None)))
    factory.receive(order, c.Produce(at=LINE, lines=(c.Line("COMP", "L", "9"),), outputs=outputs, loss="0.25"))
    done = {line.said.number: (line.said.done, line.said.damaged) for line in factory.read(order).lines}
    assert done == {1: (600, 50), 2: (200, 0), 3: (75, 0), 4: (900, 0)}
    assert factory.read(order).state == "done"
    with factory.engine.connect() as connection:
        run, = runs_of(connection, order)
        assert [(row.lot, row.units) for row in run.goods] == [("L", -900), ("G1", 600), ("SAMPLE", 200), ("F1", 75)]
        made = [(row.lot, row.location, row.status, row.units) for row in made_stock(connection, order)]
    assert made == [("G1", LINE, "available", 550), ("G1", LINE, "hold", 50), ("SAMPLE", LINE, "available", 200),
                    ("F1", LINE, "available", 75)]


def test_a_run_that_was_recorded_without_its_order_takes_nothing_that_was_set_aside(factory: Factory) -> None:
    factory.stocked("L", "30")
    order, id = factory.production("MO-1"), uuid4()
    factory.allocate(order)
    named = (c.Document("prodorder", "MO-1"), c.Document("prodorder", "MO-2"))
    run = c.Produce(at="S1/A", lines=(c.Line("COMP", "L", "5"),), outputs=(c.NewLotLine("GRAN", "G1", "5"),),
                    documents=named)
    factory.do("maker", run, id)
    assert factory.receive(order, run, id).replayed
    line = factory.component(order)
    assert (line.said.done, line.reserved) == (500, 1000)
    with pytest.raises(CountedElsewhere, match="counts for 'MO-1'"):
        factory.receive(factory.production("MO-2"), run, id)


@pytest.mark.parametrize("kind", ["sales", "purchase"])
def test_only_a_production_order_has_components(factory: Factory, kind: str) -> None:
    lines = (NewLine("GRAN", "1"), NewLine("COMP", "1", role="component"))
    with factory.engine.begin() as connection, pytest.raises(BadName, match="expected main, as in every"):
        create_order(connection, factory.maker, NewOrder(kind, "X", "S1", lines), uuid4(), "t", factory.clock())
    with factory.engine.begin() as connection, pytest.raises(BadName, match="one of role main"):
        create_order(connection, factory.maker, NewOrder("production", "X", "S1", lines[1:]), uuid4(), "t",
                     factory.clock())
    with pytest.raises(NothingToDo, match="expected components"):
        factory.allocate(factory.production("MO-1", NewLine("GRAN", "1")))


def test_an_order_made_before_lines_had_roles_can_be_sent_again(factory: Factory) -> None:
    new, id = NewOrder("sales", "SO-1", "S1", (NewLine("GRAN", "1"),)), uuid4()
    with factory.engine.begin() as connection:
        create_order(connection, factory.maker, new, id, "t", factory.clock())
    said = asdict(new)
    for line in said["lines"]:
        del line["role"]
    before = sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).digest()
    with factory.engine.connect() as connection:
        assert connection.execute(text("SELECT content_hash FROM warehouse.orders")).scalar_one() == before


def test_nothing_that_is_not_there_is_used(factory: Factory, order: int) -> None:
    with pytest.raises(InsufficientStock, match="expected at least 7 KGM, found 6 KGM"):
        factory.produce(order, {"OLD": "7"}, "G1", "7")
    factory.do("maker", c.Hold(at=LINE, reason="wet", lines=(c.Line("COMP", "OLD", "6"),)))
    with pytest.raises(StockOnHold):
        factory.produce(order, {"OLD": "1"}, "G1", "1")

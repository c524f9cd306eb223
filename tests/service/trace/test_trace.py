"""A trace of real movements: where goods came from, where they went, and that nothing is missing in between."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.domain import commands as c
from service.domain.quantities import parse_quantity
from service.ledger import Recorded
from service.trace import trace
from tests.service.domain.lives import PARTY, PLACE, PLAIN, STOCK_COMMANDS
from tests.service.ledger.fresh import Fresh
from tests.service.ledger.world import ORIGIN, World, line, register

URI = "https://id.gs1.org/01/09506000134352/10/"


def traced(world: World, party: str, lot: str, direction: trace.Direction = "both", **options: int | None) -> dict:
    party_id = world.one("SELECT id FROM warehouse.party WHERE code = :p", p=party)[0]
    with world.engine.connect() as connection:
        found = trace.find(connection, party_id, URI + lot, direction, options.get("depth"))
        assert found is not None
        return trace.describe(connection, ORIGIN, found, world.clock(), options.get("limit") or 1000)


def sums(told: dict, lot: str) -> dict:
    return next(node["sums"] for node in told["nodes"] if node["lot"] == lot)


def nonzero(sums: dict) -> dict:
    return {name: value for name, value in sums.items() if value not in ("0", True)}


@pytest.fixture
def story(world: World) -> World:
    """L1 of 1,000 from Acme: 600 split into A and B; A is shipped, sold on and destroyed, B goes to the shop."""
    world.do("maker", c.Receive(to="S1/A", supplier="Acme", lines=register("L1").lines))
    world.do("maker", c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("A", "350"), c.Output("B", "250"))))
    world.do("maker", c.Ship(from_="S1/A", customer="Clinic", lines=line("A", "100")))
    world.do("maker", c.Ship(from_="S1/A", customer="Pharmacy", lines=line("A", "50")))
    world.do("maker", c.Hold(at="S1/A", reason="broken", lines=line("A", "20")))
    world.do("maker", c.Destroy(from_="S1/A", lines=line("A", "20", status="hold"), witnesses=("u1", "u2"),
                                approved_by=("q1", "q2"), certificate="DC-1"))
    taken, refused, open_ = uuid4(), uuid4(), uuid4()
    world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("B", "90")), taken)
    world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("B", "30")), refused)
    world.do("maker", c.Offer(from_="S1/A", to_party="depot", lines=line("B", "5")), open_)
    world.do("shop", c.Accept(handoff=taken, to="S1/A"))
    world.do("shop", c.Refuse(handoff=refused, reason="wet"))
    world.do("shop", c.Ship(from_="S1/A", customer="Patient", lines=line("B", "40")))
    return world


def test_forward_shows_what_was_made_who_got_it_and_where_the_rest_lies(story: World) -> None:
    told = traced(story, "maker", "L1", "forward")
    assert {node["lot"]: node["relation"] for node in told["nodes"]} == {
        "L1": "itself", "A": "descendant", "B": "descendant"}
    assert nonzero(sums(told, "L1")) == {"brought_in": "1000", "consumed": "600", "here": "400"}
    assert nonzero(sums(told, "A")) == {"produced": "350", "shipped": "150", "destroyed": "20", "here": "180"}
    assert nonzero(sums(told, "B")) == {"produced": "250", "handed_over": "90", "in_transit": "5", "here": "155"}
    customers = {(each["name"], each["quantity"]) for each in told["totals"]["customers"]}
    assert customers == {("Clinic", "100"), ("Pharmacy", "50")}
    receivers = {(each["name"], each["state"], each["quantity"]) for each in told["totals"]["receivers"]}
    assert receivers == {("shop", "accepted", "90"), ("shop", "refused", "30"), ("depot", "offered", "5")}
    places = {(each["location"], each["goods_status"], each["quantity"]) for each in told["totals"]["places"]}
    assert places == {("S1/A", "available", "705"), ("S1/A", "hold", "30")}
    assert told["totals"]["agree"] and told["complete"] and told["note"] is None
    assert told["totals"]["suppliers"] == []


def test_backward_leads_from_a_child_to_the_supplier(story: World) -> None:
    told = traced(story, "maker", "B", "backward")
    assert [node["lot"] for node in told["nodes"]] == ["L1", "B"]
    assert {(each["name"], each["quantity"]) for each in told["totals"]["suppliers"]} == {("Acme", "1000")}
    descent, = [edge for edge in told["edges"] if edge["kind"] == "descent"]
    assert (descent["from"], descent["to"], descent["quantity"]) == (URI + "L1", URI + "B", "250")
    assert told["totals"]["customers"] == []


def test_another_party_sees_its_own_part_and_from_whom_it_came(story: World) -> None:
    told = traced(story, "shop", "B")
    assert nonzero(sums(told, "B")) == {"brought_in": "90", "shipped": "40", "here": "50"}
    assert {(each["name"], each["quantity"]) for each in told["totals"]["senders"]} == {("maker", "90")}
    assert {each["name"] for each in told["totals"]["customers"]} == {"Patient"}
    assert "Clinic" not in str(told) and "L1" not in str(told) and "Acme" not in str(told)


def test_the_sender_does_not_learn_what_the_receiver_did(story: World) -> None:
    assert "Patient" not in str(traced(story, "maker", "L1"))


def test_a_lot_of_somebody_else_is_not_there(story: World) -> None:
    party_id = story.one("SELECT id FROM warehouse.party WHERE code = 'shop'")[0]
    with story.engine.connect() as connection:
        assert trace.find(connection, party_id, URI + "L1") is None


def test_depth_and_limit_cut_and_say_so(story: World) -> None:
    story.do("maker", c.Split(at="S1/A", item="MED", lot="A", outputs=(c.Output("A1", "10"),)))
    assert {node["lot"] for node in traced(story, "maker", "L1", depth=1)["nodes"]} == {"L1", "A", "B"}
    cut = traced(story, "maker", "A", limit=2)
    assert not cut["complete"] and len(cut["nodes"]) == len(cut["edges"]) == 2 and cut["nodes_total"] == 3
    assert cut["note"].startswith("2 of 3 lots and 2 of ")
    assert "A" in {node["lot"] for node in cut["nodes"]}
    assert cut["totals"] == traced(story, "maker", "A")["totals"]


def test_expired_goods_say_so_and_the_record_is_another_matter(story: World) -> None:
    story.clock.at += timedelta(days=365)
    told = traced(story, "maker", "L1", "forward")
    assert {each["goods_status"] for each in told["totals"]["places"]} == {"expired"}
    assert {edge["record_status"] for edge in told["edges"]} == {"recorded"}


def test_a_balance_that_disagrees_with_the_legs_shows(story: World) -> None:
    with story.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE warehouse.balance SET units = units + 7 WHERE place > 0 AND status = 'hold'")
    assert traced(story, "maker", "L1")["totals"]["agree"] is False


COMMANDS = st.one_of(STOCK_COMMANDS, st.builds(c.Offer, from_=PLACE, to_party=PARTY, lines=PLAIN),
                     st.builds(lambda place: c.Accept(handoff=UUID(int=0), to=place), PLACE))
LIVES = st.lists(st.tuples(PARTY, COMMANDS), min_size=5, max_size=40)


@settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink],
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(life=LIVES)
def test_quantities_add_up_in_every_life(fresh: Fresh, life: list[tuple[str, c.Command]]) -> None:
    world, shipped, last = fresh.world(), dict[tuple[str, str, str], int](), (UUID(int=0), "shop")
    for party, command in [("maker", register("L1")), ("maker", register("L2")), *life]:
        id = uuid4()
        if isinstance(command, c.Accept):
            party, command = last[1], c.Accept(handoff=last[0], to=command.to)
        outcome = world.ask(party, command, id)
        if isinstance(outcome, Recorded) and isinstance(command, c.Offer):
            last = id, command.to_party
        if isinstance(outcome, Recorded) and isinstance(command, c.Ship | c.TakeBack):
            sign = 1 if isinstance(command, c.Ship) else -1
            for each in command.lines:
                key = party, each.item, each.lot
                units = parse_quantity(each.quantity, 3 if each.item == "MILK" else 0)
                shipped[key] = shipped.get(key, 0) + sign * units
    descents = {(row[0], row[1]) for row in world.all("SELECT parent_id, child_id FROM warehouse.lot_descent")}
    for row in world.all("SELECT o.id, o.uri, o.number, o.party_id, p.code, i.code, i.decimals FROM warehouse.lot o"
                         " JOIN warehouse.party p ON p.id = o.party_id JOIN warehouse.item i ON i.id = o.item_id"):
        id, uri, number, party_id, party, item, decimals = row
        with world.engine.connect() as connection:
            found = trace.find(connection, party_id, uri)
            told = trace.describe(connection, ORIGIN, found, world.clock(), 1000)
        own = next(node for node in told["nodes"] if node["uri"] == uri)
        assert told["totals"]["agree"] and all(node["sums"]["agree"] for node in told["nodes"])
        assert _units(own["sums"]["shipped"], decimals) == shipped.get((party, item, number), 0)
        assert _units(own["sums"]["here"], decimals) == sum(world.stock(party, number, item).values())
        assert {child for parent, child in descents if parent == id} <= set(found.ends.forth)
        made = [lot for lot in found.ends.forth if lot != id]
        assert all(any((parent, lot) in descents for parent in found.ends.forth) for lot in made)
        total = sum(_units(edge["quantity"], decimals) for edge in told["edges"]
                    if edge["kind"] == "shipped" and edge["from"] == uri)
        assert total == shipped.get((party, item, number), 0)


def _units(text: str, decimals: int) -> int:
    return 0 if text == "0" else parse_quantity(text, decimals)

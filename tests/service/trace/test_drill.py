"""A recall drill finds what a recall would, keeps the finding, and changes nothing else."""

from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from service.domain import commands as c
from service.models import tables
from service.models.trace import recall_drill
from service.trace import drill
from tests.service.ledger.world import World, line, register
from tests.service.reports.asking import party_id

URI = "https://id.gs1.org/01/09506000134352/10/"


def drilled(world: World, party: str, lot: str) -> dict | None:
    with world.engine.begin() as connection:
        return drill.drill(connection, drill.Asked(uuid4(), party_id(world, party), "u7", URI + lot, world.clock()))


@pytest.fixture
def story(world: World) -> World:
    world.do("maker", register("L1", "100"))
    world.do("maker", c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("A", "60"),)))
    world.do("maker", c.Ship(from_="S1/A", customer="Clinic", lines=line("A", "10")))
    taken = uuid4()
    world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("A", "20")), taken)
    world.do("shop", c.Accept(handoff=taken, to="S1/B"))
    world.do("maker", c.Hold(at="S1/A", reason="x", lines=line("A", "5")))
    return world


def test_it_finds_what_would_be_held_and_who_would_be_told(story: World) -> None:
    before = story.rows()
    found = drilled(story, "maker", "L1")
    assert found is not None
    assert (found["lots"], found["places"], found["parties"], found["customers"]) == (2, 1, 1, 1)
    assert {(each["goods_status"], each["quantity"]) for each in found["would_hold"]} == {
        ("available", "65"), ("hold", "5")}
    assert {(each["name"], each["is"], each["state"], each["quantity"]) for each in found["would_notify"]} == {
        ("Clinic", "customer", None, "10"), ("shop", "party", "accepted", "20")}
    quantities, = found["quantities"]
    assert (quantities["here"], quantities["available"], quantities["shipped"], quantities["handed_over"]) == (
        "70", "65", "10", "20")
    assert story.rows() == before and story.audit() == []


def test_drills_are_kept_page_by_page_for_their_party_alone(story: World) -> None:
    made = [drilled(story, "maker", lot) for lot in ("L1", "A", "L1")]
    assert drilled(story, "shop", "L1") is None and drilled(story, "maker", "never") is None
    with story.engine.connect() as connection:
        mine = party_id(story, "maker")
        listed = drill.listed(connection, mine, None, 10)
        first = drill.listed(connection, mine, None, 2)
        rest = drill.listed(connection, mine, first[-1]["id"], 2)
        assert drill.listed(connection, party_id(story, "shop"), None, 10) == []
        assert drill.listed(connection, party_id(story, "shop"), first[-1]["id"], 10) == []
    assert [*first, *rest] == listed and {each["id"] for each in listed} == {each["id"] for each in made if each}
    kept = next(each for each in listed if each["id"] == made[0]["id"])
    assert kept == {name: value for name, value in made[0].items() if not name.startswith("would_")}


@pytest.mark.parametrize("statement", [
    "UPDATE warehouse.recall_drill SET took_ms = 0", "DELETE FROM warehouse.recall_drill",
    "TRUNCATE warehouse.recall_drill"])  # fmt: skip
def test_a_drill_cannot_be_made_to_look_better(story: World, statement: str) -> None:
    drilled(story, "maker", "L1")
    with pytest.raises(ProgrammingError, match="never changed"), story.engine.begin() as connection:
        connection.execute(text(statement))


def test_the_model_is_the_table_of_the_migration(world: World) -> None:
    made = {(row[0], row[1] == "YES") for row in world.all(
        "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = 'recall_drill'")}
    assert made == {(column.name, column.nullable) for column in recall_drill.c}
    assert recall_drill.metadata is tables.metadata

"""The audit trail and the genealogy: nothing is left out, old values are there, quantities are those of the trace."""

from datetime import timedelta
from typing import Any

import pytest

from service.domain.signing import shown_hash
from service.ledger.desk import Desk
from service.people import changes, reviews
from service.trace import trace
from tests.service.ledger.world import World
from tests.service.records.conftest import Told
from tests.service.records.story import URI, furnish, put_card, put_product, rows_of


def test_every_movement_change_and_supplement_is_in_the_trail(told: Told) -> None:
    world, made = told
    rows = rows_of(world, "audit-trail")
    movements = [row["movement"] for row in rows if row["entity"] == "movement"]
    assert movements == [id for name, id in made.items() if name != "accepted"]
    count = {name: world.one(f"SELECT count(*) FROM warehouse.{name} t JOIN warehouse.party p ON p.id = t.party_id"
                             " WHERE p.code = 'maker'")[0] for name in ("change", "supplement")}  # fmt: skip
    assert sum(row["entity"] == "supplement" for row in rows) == count["supplement"]
    assert sum(row["entity"] in ("product", "address", "item", "sensor") for row in rows) == count["change"]
    assert [row["at"] for row in rows] == sorted(row["at"] for row in rows)
    assert all(len(row["record_hash"]) == 43 for row in rows)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_pages_of_the_trail_follow_each_other(told: Told, size: int) -> None:
    world, whole = told[0], rows_of(told[0], "audit-trail")
    found, after = list[Any](), None
    while rows := rows_of(world, "audit-trail", limit=size, after=after):
        found, after = [*found, *rows], rows[-1]["entry"]
    assert [row["entry"] for row in found] == [row["entry"] for row in whole]


def test_a_change_tells_what_was_and_what_became_and_why(world: World) -> None:
    furnish(world)
    world.clock.at += timedelta(hours=1)
    put_card(world, "partner", "Clinic", street="2 New Street")
    put_product(world, brand="Blue")
    told = [(row["entity"], row["entity_id"], row["field"], row["old"], row["new"], row["reason"], row["action"])
            for row in rows_of(world, "audit-trail", from_=world.clock())]  # fmt: skip
    assert told == [("address", "partner Clinic", "street", "1 Field Way", "2 New Street", "for the records", "change"),
                    ("product", "MED", "brand", "Green", "Blue", "for the records", "change")]  # fmt: skip


def test_of_a_person_the_trail_holds_no_value_and_no_name(world: World) -> None:
    put_card(world, "partner", "Li Wei", natural_person=True, name="Li Wei", phone="+86 1380000")
    put_card(world, "partner", "Li Wei", natural_person=True, name="Li Wei", phone="+86 1381111")
    rows = rows_of(world, "audit-trail")
    assert {row["field"] for row in rows} > {"name", "phone", "street"}
    kept = str(world.all("SELECT * FROM warehouse.change"))
    assert "Li Wei" not in kept and "1380000" not in kept and "Field Way" not in kept


def test_the_trail_of_a_lot_is_of_its_movements_and_supplements(told: Told) -> None:
    world, made = told
    rows = rows_of(world, "audit-trail", lot=URI + "L1")
    assert {row["movement"] for row in rows if row["entity"] == "movement"} == {made["packed"], made["merged"]}
    assert {row["entity"] for row in rows} == {"movement", "supplement"}
    assert {row["entity_id"] for row in rows if row["entity"] == "supplement"} == {URI + "L1"}


def test_who_reviewed_a_change_stands_beside_it(world: World) -> None:
    put_product(world)
    with world.engine.begin() as connection:
        desk = Desk(connection, world.scribe, 1, "maker", "key/QA-1")
        rows = changes.between(connection, 1, 1, 3, 1000)
        shown = shown_hash(reviews.record_of(rows))
        reviews.review(desk, reviews.NewReview(person="QA-1", changes="1-3", shown=shown, words="in order"))
    told = rows_of(world, "audit-trail")
    reviewed = [row.get("reviewed_by") for row in told if row["entity"] == "product"]
    assert reviewed[:3] == ["QA-1 2026-11-22 12:00Z"] * 3 and set(reviewed[3:]) == {None}
    signed = told[-1]
    seen = signed["action"], signed["signed_by"], signed["meaning"], signed["new"]
    assert seen == ("sign", "QA-1", "review", shown)


def test_the_genealogy_has_every_edge_of_the_trace_both_ways(told: Told) -> None:
    world, _ = told
    rows = rows_of(world, "gmp-genealogy", lot=URI + "R1")
    with world.engine.connect() as connection:
        found = trace.find(connection, 1, URI + "R1")
        assert found is not None
        edges = list(trace.edge_stream(connection, found.ends))
    assert [(row["from"], row["to"], row["quantity"]) for row in rows] == [
        (edge["from"], edge["to"], edge["quantity"]) for edge in edges]
    assert {row["relation"] for row in rows} == {"itself", "descendant"}
    up = rows_of(world, "gmp-genealogy", lot=URI + "M1")
    assert {(row["kind"], row["from"], row["relation"]) for row in up} >= {
        ("arrival", "Farm 9", "ancestor"), ("descent", URI + "R1", "itself"), ("descent", URI + "L1", "itself")}
    paged = rows_of(world, "gmp-genealogy", lot=URI + "R1", limit=2)
    rest = rows_of(world, "gmp-genealogy", lot=URI + "R1", after=paged[-1]["movement"])
    assert paged + rest == rows

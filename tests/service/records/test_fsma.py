"""The sortable spreadsheet: which movement is which event, where codes come from, and that nothing asked is lost."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from service.domain import commands as c
from service.records.fsma import FSMA
from service.records.record import Field
from tests.service.ledger.world import World, line
from tests.service.records.conftest import Told
from tests.service.records.story import (
    OF_THE_LOT,
    PAPER,
    PRODUCT,
    URI,
    begun,
    findings,
    furnish,
    lacking,
    live,
    put_card,
    put_product,
    rows_of,
    say,
)


def told_of(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return [tuple(row.get(name) for name in names) for row in rows]


def test_each_movement_is_the_event_that_the_rule_calls_it(told: Told) -> None:
    world, made = told
    named = {id: name for name, id in made.items()}
    rows = rows_of(world, "fsma-204")
    assert [(named[row["event_id"]], *seen) for row, seen in zip(rows, told_of(
        rows, "cte", "role", "lot", "tlc", "quantity", "input_tlc", "input_quantity"), strict=True)] == [
        ("packed", "initial packing", None, "L1", "L1", "100", None, None),
        ("received", "receiving", None, "R1", "F9-77", "100", None, None),
        ("merged", "transformation", "input", "L1", None, None, "L1", "30"),
        ("merged", "transformation", "input", "R1", None, None, "F9-77", "20"),
        ("merged", "transformation", "output", "M1", "M1", "50", None, None),
        ("sent", "shipping", None, "M1", "M1", "20", None, None),
        ("arrived", "receiving", None, "M1", "M1", "20", None, None),
        ("offered", "shipping", None, "R1a", "F9-77", "10", None, None),
        ("shipped", "shipping", None, "R1a", "F9-77", "5", None, None),
        ("back", "receiving", None, "R1a", "F9-77", "2", None, None),
    ]  # fmt: skip


def test_the_code_and_its_source_travel_with_the_lot(told: Told) -> None:
    """A split keeps both; what is merged has a code of its own, assigned where it was merged, wherever it went."""
    rows = {row["event_id"]: row for row in rows_of(told[0], "fsma-204") if row.get("role") != "input"}
    names = {name: rows[id].get("tlc_source_name") for name, id in told[1].items() if id in rows}
    assert names == {
        "packed": "S1 Ltd", "received": "Farm 9 Ltd", "merged": "S1 Ltd", "sent": "S1 Ltd", "arrived": "S1 Ltd",
        "offered": "Farm 9 Ltd", "shipped": "Farm 9 Ltd", "back": "Farm 9 Ltd",
    }  # fmt: skip


def test_who_takes_goods_over_has_the_code_and_the_company_that_assigned_it(told: Told) -> None:
    world, made = told
    put_product(world, party="shop", raw=False)
    accepted, = rows_of(world, "fsma-204", "shop")
    assert accepted["event_id"] == made["accepted"] and accepted["cte"] == "receiving"
    assert (accepted["tlc"], accepted["quantity"]) == ("F9-77", "10")
    assert accepted["previous_source_name"] == "maker Ltd" and accepted["previous_source_city"] == "Salinas"
    assert accepted["received_at_name"] == "Shop" and ("site S1", "street") in findings(world, "fsma-204", "shop")


def test_an_event_tells_from_where_and_to_where(told: Told) -> None:
    rows = {row["event_id"]: row for row in rows_of(told[0], "fsma-204")}
    ends = {
        "sent": ("S1 Ltd", "S2 Ltd"), "arrived": ("S1 Ltd", "S2 Ltd"), "offered": ("S1 Ltd", "shop Ltd"),
        "shipped": ("S1 Ltd", "Clinic Ltd"), "back": ("Clinic Ltd", "S1 Ltd"), "received": ("Farm 9 Ltd", "S1 Ltd"),
    }  # fmt: skip
    for name, (first, last) in ends.items():
        row = rows[told[1][name]]
        ways = {"shipping": ("ship_from", "ship_to"), "receiving": ("previous_source", "received_at")}
        begin, end = ways[row["cte"]]
        assert (row[f"{begin}_name"], row[f"{end}_name"]) == (first, last), name
        assert row[f"{begin}_postal_code"] == row[f"{end}_postal_code"] == "93901", name


def test_initial_packing_tells_of_the_field(told: Told) -> None:
    row = rows_of(told[0], "fsma-204")[0]
    assert row["farm_name"] == "F-1 Ltd" and row["harvester_phone"] == "+1 831 555 0100"
    assert (row["field_name"], row["harvest_date"], row["cooled_at_city"]) == ("North 4", date(2026, 11, 20), "Salinas")
    assert row["added_later"] is not None and "harvested_on (tester, 2026-11-22)" in row["added_later"]


def test_a_record_whose_facts_are_all_said_lacks_nothing(told: Told) -> None:
    found = lacking(told[0], "fsma-204")
    assert found.listed == [] and found.lacking == 0 and found.rows == 10


def _entered(what: str) -> list[Field]:
    return [each for each in FSMA.fields if each.fix is not None and each.fix.what == what]


def test_each_fact_that_is_taken_away_is_found_missing_by_its_name(world: World) -> None:
    """Over all fields that are asked for: a card, a product or a supplement without it is what the finding names."""
    furnish(world)
    live(world)
    for fact in ("phone", "street", "city", "region", "postal_code", "country"):
        put_card(world, "partner", "Clinic", **{fact: None})
        assert findings(world, "fsma-204") == {("partner Clinic", fact)}
        put_card(world, "partner", "Clinic")
    for fact in {each.key for each in _entered("product")}:
        put_product(world, **{fact: None})
        assert findings(world, "fsma-204") == {("MED", fact)}
        put_product(world)
    asked = {each.fix.field for each in _entered("lot") if each.fix} | {"farm", "harvester"}
    assert asked == OF_THE_LOT.keys() - {"cooled_at", "cooled_on"}
    world.do("maker", c.Register(to="S1/A", lines=begun("L2"), documents=PAPER))
    assert findings(world, "fsma-204") == {(URI + "L2", fact) for fact in asked}
    assert PRODUCT["commodity"]


def test_a_movement_without_document_or_source_is_named_until_it_is_said(world: World) -> None:
    furnish(world)
    done = world.do("maker", c.Receive(to="S1/A", supplier="Farm 9", lines=begun("R1")))
    assert findings(world, "fsma-204") == {
        (URI + "R1", "tlc_source"), (str(done.id), "document_type"), (str(done.id), "document_number")}
    say(world, "document_type", "bol", movement=done.id)
    say(world, "document_number", "B-1", movement=done.id)
    say(world, "tlc_source_reference", "https://farm9.example/tlc/R1", "R1")
    row, = rows_of(world, "fsma-204")
    assert findings(world, "fsma-204") == set()
    assert (row["reference_document_type"], row["reference_document_number"]) == ("bol", "B-1")
    say(world, "document_number", "B-2", movement=done.id)
    assert rows_of(world, "fsma-204")[0]["reference_document_number"] == "B-2"


def test_what_is_said_of_a_lot_holds_for_the_lots_that_were_split_from_it(world: World) -> None:
    furnish(world)
    world.do("maker", c.Receive(to="S1/A", supplier="Farm 9", lines=begun("R1"), documents=PAPER))
    world.do("maker", c.Split(at="S1/A", item="MED", lot="R1", outputs=(c.Output("R1a", "40"),)))
    world.do("maker", c.Ship(from_="S1/A", customer="Clinic", lines=line("R1a", "5"), documents=PAPER))
    say(world, "tlc_source", "Farm 9", "R1")
    assert [row["tlc_source_name"] for row in rows_of(world, "fsma-204")] == ["Farm 9 Ltd", "Farm 9 Ltd"]


def test_a_supplement_never_speaks_against_the_lot(world: World) -> None:
    furnish(world)
    put_card(world, "partner", "Other")
    lines = begun("R1", traceability_source="Farm 9")
    world.do("maker", c.Receive(to="S1/A", supplier="Farm 9", lines=lines, documents=PAPER))
    say(world, "tlc_source", "Other", "R1")
    row, = rows_of(world, "fsma-204")
    assert row["tlc_source_name"] == "Farm 9 Ltd" and row["added_later"] is None


def test_sales_to_consumers_and_withdrawn_offers_are_no_shipments(world: World) -> None:
    furnish(world)
    put_card(world, "partner", "walk-in", consumer=True)
    world.do("maker", c.Register(to="S1/A", lines=begun("L1"), documents=PAPER))
    world.do("maker", c.Ship(from_="S1/A", customer="walk-in", lines=line("L1", "5")))
    offer = world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "5"))).id
    assert [row["cte"] for row in rows_of(world, "fsma-204")] == ["initial packing", "shipping"]
    world.do("maker", c.Withdraw(handoff=offer, reason="wrong customer"))
    assert [row["cte"] for row in rows_of(world, "fsma-204")] == ["initial packing"]


def test_only_items_under_the_rule_are_in_it(world: World) -> None:
    furnish(world)
    live(world)
    put_product(world, regimes=["gsp"])
    assert rows_of(world, "fsma-204") == []
    assert rows_of(world, "gsp-sales") != []


def test_a_period_is_one_of_event_times_also_of_what_was_recorded_late(world: World) -> None:
    furnish(world)
    noon = world.clock()
    for lot, ago in (("L1", 40), ("L2", 20), ("L3", 0)):
        world.do("maker", c.Register(to="S1/A", lines=begun(lot), event_time=noon - timedelta(days=ago)))

    def lots(**period: datetime) -> list[str]:
        return [row["lot"] for row in rows_of(world, "fsma-204", **period)]

    assert lots() == ["L1", "L2", "L3"]
    assert lots(to=noon - timedelta(days=19)) == ["L1", "L2"]
    world.clock.at += timedelta(days=10)
    world.do("maker", c.Register(to="S1/A", lines=begun("L4"), event_time=noon - timedelta(days=30)))
    assert lots(from_=noon - timedelta(days=35), to=noon) == ["L2", "L4"]
    assert lots(from_=noon) == ["L3"] and lots(from_=datetime(2027, 1, 1, tzinfo=UTC)) == []


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_pages_follow_each_other_and_tear_no_event(told: Told, size: int) -> None:
    world, whole = told[0], rows_of(told[0], "fsma-204")
    found, after = list[Any](), None
    while rows := rows_of(world, "fsma-204", limit=size, after=after):
        assert len({row["movement"] for row in rows}) <= size
        found, after = [*found, *rows], rows[-1]["movement"]
    assert found == whole


def test_a_lot_or_a_code_that_is_asked_for_brings_its_transformations(told: Told) -> None:
    world = told[0]
    of_lot = told_of(rows_of(world, "fsma-204", lot=URI + "R1"), "cte", "lot")
    assert of_lot == [("receiving", "R1"), ("transformation", "L1"), ("transformation", "R1"), ("transformation", "M1")]
    of_code = told_of(rows_of(world, "fsma-204", tlc="F9-77"), "cte", "lot")
    assert of_code == [*of_lot, ("shipping", "R1a"), ("shipping", "R1a"), ("receiving", "R1a")]
    assert rows_of(world, "fsma-204", tlc="F9") == []

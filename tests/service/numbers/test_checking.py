"""Lot numbers that look alike are found, by an index, whoever made the lots."""

from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from service.domain import commands as c
from service.domain.lookalikes import SET_82, look_alike_key
from service.numbers.checking import Checked, check
from service.numbers.lookalikes import ascii_of, oddities
from service.numbers.lookup import _ALIKE
from service.numbers.taking import _KNOWN
from tests.service.ledger.world import World
from tests.service.numbers.test_taking import party_id, register


def checked(world: World, typed: str, item: str = "MED") -> Checked:
    with world.engine.connect() as connection:
        return check(connection, party_id(world), item, typed)


@given(st.lists(st.text(sorted(SET_82), min_size=1, max_size=20), min_size=1, max_size=50))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_the_database_and_the_domain_make_the_same_key(world: World, numbers: list[str]) -> None:
    with world.engine.connect() as connection:
        seen = connection.scalars(text("SELECT warehouse.lot_skeleton(n) FROM unnest(CAST(:n AS text[])) n"),
                                  {"n": numbers}).all()
    assert list(seen) == [look_alike_key(number) for number in numbers]


def test_lots_that_look_alike_are_shown_and_the_one_that_exists_is_named(world: World) -> None:
    for number in ("LOT-105", "LOT-106", "l0t_1O5", "OTHER"):
        world.do("maker", register(number))
    world.do("maker", register("LOT-105", "SALT"))
    found = checked(world, "LOT-105")
    assert found.exists is not None and found.exists.uri == "https://id.gs1.org/01/09506000134352/10/LOT-105"
    assert [each.number for each in found.look_alikes] == ["l0t_1O5"]
    new = checked(world, "LOT.IO5")
    assert new.problem is None and new.exists is None
    assert {each.number for each in new.look_alikes} == {"LOT-105", "l0t_1O5"}
    assert checked(world, "L-1").look_alikes == ()


def test_the_manufacturer_s_number_counts_and_so_do_lots_of_any_movement(world: World) -> None:
    line = c.NewLotLine("MED", "OURS-1", "10", manufacturer_lot="BS2", expiry_date=date(2030, 1, 1))
    world.do("maker", c.Receive(to="S1/A", lines=(line,), supplier="Acme"))
    world.do("maker", c.Split(at="S1/A", item="MED", lot="OURS-1", outputs=(c.Output("0URS-2", "5"),)))
    assert [each.number for each in checked(world, "852").look_alikes] == ["0URS-2", "OURS-1"]
    assert [each.number for each in checked(world, "OURS-2").look_alikes] == ["0URS-2"]


def test_what_was_typed_in_another_script_is_shown_with_what_it_resembles(world: World) -> None:
    world.do("maker", register("ABC-10"))
    found = checked(world, "АВС—１0")
    assert found.problem is not None and found.exists is None
    assert found.resembles == "ABC-10" and [each.number for each in found.look_alikes] == ["ABC-10"]
    assert [(each.position, each.character, each.looks_like) for each in found.characters] == [
        (1, "U+0410", "A"), (2, "U+0412", "B"), (3, "U+0421", "C"), (4, "U+2014", "-"), (5, "U+FF11", "1"),
    ]


@pytest.mark.parametrize(("typed", "resembles"), [
    ("ＬＯＴ１２", "LOT12"), ("L\u200bOT", "LOT"), ("۰٣", "03"), ("𝐋𝟙", "L1"), ("бЗ", "63"), ("L 1", "L1"),
    ("批1", "1"), ("ΒΑ", "BA"), ("Ⅻ", "XII"), ("\ud800A\x00", "A"), ("A–B", "A-B"),
])  # fmt: skip
def test_characters_of_other_scripts_resemble_ascii(typed: str, resembles: str) -> None:
    assert ascii_of(typed) == resembles


@given(st.text(st.characters(), max_size=100))
@example("\ud800\x00\u202e")
def test_what_it_resembles_is_always_of_set_82(typed: str) -> None:
    assert set(ascii_of(typed)) <= SET_82
    assert len(oddities(typed)) == sum(each not in SET_82 for each in typed)


def test_no_look_alike_is_found_by_reading_all_lots(world: World) -> None:
    """Of 20,000 lots the index gives the few that look alike."""
    with world.engine.begin() as connection:
        connection.execute(text(
            "INSERT INTO warehouse.lot (id, party_id, item_id, number, uri, manufacturer_lot) SELECT"
            " 1000000 + n, i.party_id, i.id, 'BULK-' || n, 'urn:x:' || n, 'M-' || n FROM generate_series(1, 20000) n,"
            " warehouse.item i WHERE i.party_id = :party AND i.code = 'MED'"), {"party": party_id(world)})
        connection.execute(text("ANALYZE warehouse.lot"))
        item = connection.scalar(text("SELECT id FROM warehouse.item WHERE party_id = :party AND code = 'MED'"),
                                 {"party": party_id(world)})
        given = {"party": party_id(world), "key": look_alike_key("8ULK_I5"), "number": "8ULK_I5", "item": item}
        plan = "\n".join(connection.scalars(text("EXPLAIN " + _ALIKE.text), given))
        thousand = {**given, "numbers": [f"M-{n}" for n in range(1000)], "keys": [f"M-{n}" for n in range(1000)]}
        taking = "\n".join(connection.scalars(text("EXPLAIN " + _KNOWN.text), thousand))
    assert "lot_look_alike_on_label" in taking and "Seq Scan on lot" not in taking
    assert "lot_look_alike" in plan and "lot_look_alike_on_label" in plan and "Seq Scan on lot" not in plan
    assert [each.number for each in checked(world, "8ULK_I5").look_alikes] == ["BULK-15"]

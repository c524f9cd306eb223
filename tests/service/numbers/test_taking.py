"""Numbers are given once: to 64 writers at once, beside lots that exist, and again to whoever asks again."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, date, datetime
from threading import Event
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.domain import commands as c
from service.domain.errors import BadName, ThingExists, UnknownThing
from service.domain.number_errors import (
    BadRule,
    PrefixInUse,
    RuleDoesNotApply,
    RuleUnclear,
    SerialUsedUp,
    TakingIdTaken,
)
from service.ledger import NewItem, Recorded, create_item, create_site, record_movements
from service.numbers import rules, sscc, taking
from tests.service.ledger.world import World

DAILY = rules.NewRule("DAILY", "Of the day", "{YYYY}{MM}{DD}-{serial:3}")


def party_id(world: World, code: str = "maker") -> int:
    return int(world.all(f"SELECT id FROM warehouse.party WHERE code = '{code}'")[0][0])


def add_rule(world: World, new: rules.NewRule = DAILY, party: str = "maker") -> Any:
    with world.engine.begin() as connection:
        return rules.create_rule(connection, party, party_id(world, party), new)


def take(world: World, count: int = 1, *, id: UUID | None = None, item: str = "MED", site: str = "S1",
         rule: str | None = None, party: str = "maker") -> taking.Taken:
    asked = taking.Asked(id or uuid4(), item, site, count, rule)
    with world.engine.begin() as connection:
        return taking.take(connection, party, party_id(world, party), asked, "tester", world.clock())


def preview(world: World, count: int, **changes: Any) -> list[str]:
    asked = taking.Asked(UUID(int=0), changes.pop("item", "MED"), "S1", count)
    with world.engine.connect() as connection:
        return taking.preview(connection, "maker", party_id(world), asked, changes.get("day"), world.clock())[1]


def register(number: str, item: str = "MED", **more: Any) -> c.Register:
    line = c.NewLotLine(item, number, "10", expiry_date=date(2030, 1, 1), **more)
    return c.Register(to="S1/A", lines=(line,))


def test_64_writers_at_once_get_numbers_that_nobody_else_has(world: World) -> None:
    add_rule(world)
    with ThreadPoolExecutor(64) as pool:
        taken = list(pool.map(lambda _: take(world, 5).numbers, range(64)))
    assert sorted(number for each in taken for number in each) == [f"20261122-{n:03d}" for n in range(1, 321)]
    for each in taken:
        assert list(each) == sorted(each)


def test_the_same_id_from_32_threads_takes_once(world: World) -> None:
    add_rule(world)
    id = uuid4()
    with ThreadPoolExecutor(32) as pool:
        taken = list(pool.map(lambda _: take(world, 3, id=id), range(32)))
    assert {each.numbers for each in taken} == {("20261122-001", "20261122-002", "20261122-003")}
    assert sum(not each.replayed for each in taken) == 1
    assert take(world).numbers == ("20261122-004",)


def test_a_lot_that_is_being_made_at_this_moment_is_waited_for(world: World) -> None:
    """Else its number would be given as a new one, while the other's commit is under way."""
    add_rule(world)
    asked = Event()

    def ask() -> tuple[str, ...]:
        asked.set()
        return take(world).numbers

    with ThreadPoolExecutor(1) as pool:
        with world.engine.begin() as connection:
            made = record_movements(connection, world.scribe, [world.request("maker", register("20261122-001"))])
            assert isinstance(made[0], Recorded)
            taken = pool.submit(ask)
            asked.wait()
            assert not wait([taken], 0.3).done
        assert taken.result() == ("20261122-002",)


def test_a_number_that_a_lot_has_already_is_skipped(world: World) -> None:
    add_rule(world)
    world.do("maker", register("20261122-001"))
    world.do("maker", register("X-1", manufacturer_lot="20261122-003"))  # its label, so its name
    assert preview(world, 3) == ["20261122-002", "20261122-004", "20261122-005"]
    assert take(world, 3).numbers == ("20261122-002", "20261122-004", "20261122-005")
    assert take(world, item="SALT").numbers == ("20261122-006",)  # one serial for the rule


def test_a_preview_takes_nothing(world: World) -> None:
    add_rule(world)
    assert preview(world, 2) == preview(world, 2) == list(take(world, 2).numbers)


def test_the_serial_begins_again_at_midnight_of_the_site(world: World) -> None:
    add_rule(world)
    world.clock.at = datetime(2026, 11, 22, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert take(world, 2).numbers == ("20261122-001", "20261122-002")
    world.clock.at = datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
    assert take(world).numbers == ("20261123-001",)


def test_an_item_may_count_for_itself_and_a_site_too(world: World) -> None:
    with world.engine.begin() as connection:
        create_site(connection, "maker", "S3", "Third", "Asia/Shanghai")
    add_rule(world, rules.NewRule("OWN", "Own", "{site}{serial:2}", "never", "item_and_site"))
    assert take(world, 2).numbers == ("S101", "S102")
    assert take(world, item="SALT").numbers == ("S101",)
    assert take(world, site="S3").numbers == ("S301",)


def test_a_used_up_serial_is_refused_and_nothing_is_taken(world: World) -> None:
    add_rule(world, rules.NewRule("ONE", "One digit", "{YYYY}{MM}{DD}-{serial:1}"))
    assert len(take(world, 7).numbers) == 7
    with pytest.raises(SerialUsedUp, match="expected 3 free numbers in period 2026-11-22, found 2"):
        take(world, 3)
    assert take(world, 2).numbers == ("20261122-8", "20261122-9")
    with pytest.raises(SerialUsedUp):
        take(world)
    assert preview(world, 3) == []


def test_the_same_id_for_something_else_is_refused(world: World) -> None:
    add_rule(world)
    id = uuid4()
    first = take(world, 2, id=id)
    world.clock.at = datetime(2027, 3, 1, tzinfo=UTC)
    assert take(world, 2, id=id).numbers == first.numbers
    with pytest.raises(TakingIdTaken, match="took 2 for MED"):
        take(world, 3, id=id)
    with pytest.raises(TakingIdTaken):
        take(world, 2, id=id, rule="DAILY")


def test_the_closest_rule_is_taken_and_never_guessed(world: World) -> None:
    for new in (
        rules.NewRule("ALL", "All", "A{serial:2}", "never"),
        rules.NewRule("COLD", "Cold", "C{serial:2}", "never", category="cold"),
        rules.NewRule("SALT", "Salt", "S{serial:2}", "never", item="SALT"),
    ):
        add_rule(world, new)
    with world.engine.begin() as connection:
        rules.set_category(connection, party_id(world), "cold", ("MILK", "SALT"))
    assert [take(world, item=each).numbers for each in ("MED", "MILK", "SALT")] == [("A01",), ("C01",), ("S01",)]
    assert take(world, item="SALT", rule="COLD").numbers == ("C02",)
    with pytest.raises(RuleDoesNotApply, match="category 'cold'"):
        take(world, rule="COLD")
    with pytest.raises(RuleDoesNotApply, match="item 'SALT'"):
        take(world, rule="SALT")
    add_rule(world, rules.NewRule("ALL-2", "All", "B{serial:2}", "never"))
    with pytest.raises(RuleUnclear, match="ALL, ALL-2"):
        take(world)


def test_what_is_not_there_is_named(world: World) -> None:
    with pytest.raises(RuleUnclear, match="none"):
        take(world)
    add_rule(world)
    for wrong in ({"item": "NO"}, {"site": "NO"}, {"rule": "NO"}, {"party": "shop", "rule": "DAILY"}):
        with pytest.raises(UnknownThing):
            take(world, **wrong)  # type: ignore[arg-type]
    with pytest.raises(ThingExists):
        add_rule(world)


def test_a_code_that_grew_too_long_later_is_refused_when_it_takes(world: World) -> None:
    with pytest.raises(BadRule, match="at most 20"):
        add_rule(world, rules.NewRule("LONG", "Long", "{item}-{YYYY}{MM}{DD}-{serial:7}"))
    add_rule(world, rules.NewRule("CODE", "Code", "{item}-{YYYY}{MM}{DD}-{serial:7}", item="MED"))
    add_rule(world, rules.NewRule("ANY", "Any", "{item}-{YY}{MM}{DD}-{serial:6}"))
    with world.engine.begin() as connection:
        create_item(connection, "maker", NewItem("A-LONG-CODE", "Long"))
    with pytest.raises(BadName, match="1 to 20 characters"):
        take(world, item="A-LONG-CODE")


def test_two_parties_number_without_each_other(world: World) -> None:
    add_rule(world)
    add_rule(world, party="shop")
    assert take(world, 2).numbers == take(world, 2, party="shop").numbers


@pytest.mark.parametrize("change", [
    "UPDATE warehouse.lot_number_counter SET next = 1",
    "DELETE FROM warehouse.lot_number_counter",
    "UPDATE warehouse.lot_number_rule SET pattern = '{serial:1}'",
    "DELETE FROM warehouse.lot_number_taken",
    "UPDATE warehouse.lot_number_taken SET number = 'X'",
    "DELETE FROM warehouse.lot_number_taking",
    "TRUNCATE warehouse.lot_number_taken",
    "UPDATE warehouse.sscc_counter SET next = 0",
    "UPDATE warehouse.sscc_taking SET first = 0",
    "DELETE FROM warehouse.gs1_prefix",
])  # fmt: skip
def test_the_database_gives_no_number_back(world: World, change: str) -> None:
    add_rule(world)
    take(world, 3)
    with world.engine.begin() as connection:
        sscc.register_prefix(connection, party_id(world), "9506000", 0)
        sscc.take(connection, party_id(world), sscc.Asked(uuid4(), 2), "tester", world.clock())
    with pytest.raises(DBAPIError), world.engine.begin() as connection:
        connection.execute(text(change))


def take_ssccs(world: World, count: int, id: UUID | None = None, **more: Any) -> sscc.Taken:
    with world.engine.begin() as connection:
        return sscc.take(connection, party_id(world), sscc.Asked(id or uuid4(), count, **more), "t", world.clock())


def register_prefix(world: World, prefix: str, start: int = 0, party: str = "maker") -> None:
    with world.engine.begin() as connection:
        sscc.register_prefix(connection, party_id(world, party), prefix, start)


def test_64_writers_at_once_get_different_ssccs_and_the_same_id_the_same(world: World) -> None:
    register_prefix(world, "9506000")
    ids = [uuid4() for _ in range(64)]
    with ThreadPoolExecutor(64) as pool:
        taken = list(pool.map(lambda id: take_ssccs(world, 4, id).ssccs, ids))
    assert len({code for each in taken for code in each}) == 256
    assert [take_ssccs(world, 4, id).ssccs for id in ids] == taken
    with pytest.raises(TakingIdTaken):
        take_ssccs(world, 5, ids[0])


def test_ssccs_end_and_each_extension_digit_counts_for_itself(world: World) -> None:
    register_prefix(world, "950600013435", start=9_998)  # four digits of serial
    assert [code[:17] for code in take_ssccs(world, 2).ssccs] == ["09506000134359998", "09506000134359999"]
    with pytest.raises(SerialUsedUp):
        take_ssccs(world, 1)
    assert len(take_ssccs(world, 2, extension=3).ssccs) == 2


def test_a_prefix_is_one_party_s_and_overlaps_none(world: World) -> None:
    register_prefix(world, "95060001")
    for overlapping in ("95060001", "9506000", "950600012"):
        with pytest.raises(PrefixInUse):
            register_prefix(world, overlapping, party="shop")
    register_prefix(world, "95060002")
    with pytest.raises(UnknownThing, match="say which"):
        take_ssccs(world, 1)
    assert take_ssccs(world, 1, prefix="95060002").prefix == "95060002"
    with pytest.raises(UnknownThing):
        take_ssccs(world, 1, prefix="95060003")

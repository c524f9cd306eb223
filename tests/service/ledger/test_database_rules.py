"""The rules stand in the database too: what the ledger's code would never write, nobody else can write either."""

from collections.abc import Callable
from datetime import date
from importlib import import_module
from pkgutil import iter_modules

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from service import models
from service.domain import commands as c
from service.models import quality, tables
from tests.service.ledger.test_recording import live_a_life
from tests.service.ledger.world import World, line, register

for module in iter_modules(models.__path__, "service.models."):
    import_module(module.name)  # every table of the warehouse is in the metadata

LEGS = "INSERT INTO warehouse.leg (lot_id, movement, line, place, status, units) VALUES "


def write(world: World, *statements: str, **values: object) -> None:
    with world.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement), values)


def place_of(world: World, party: str, code: str) -> int:
    return int(world.one("SELECT l.id FROM warehouse.location l JOIN warehouse.party p ON p.id = l.party_id"
                         " JOIN warehouse.site s ON s.id = l.site_id WHERE p.code = :party"
                         " AND s.code = 'S1' AND l.code = :code", party=party, code=code)[0])


@pytest.fixture
def legs(world: World) -> Callable[..., None]:
    """Writes legs of lot L1 of the maker (10 at A, 5 held at B, expired since yesterday: lot OLD) to a new movement."""
    world.do("maker", register("L1", "15"))
    world.do("maker", register("OLD", "10", expiry_date=date(2026, 11, 21)))
    world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "5")))
    world.do("maker", c.Hold(at="S1/B", reason="x", lines=line("L1", "5")))
    lots = dict(world.all("SELECT number, id FROM warehouse.lot"))
    places = {"SUPPLY": -1, "CUSTOMER": -2, "IN_TRANSIT": -3, "DESTROYED": -6}
    places |= {code: place_of(world, "maker", code) for code in ("A", "B")} | {"shop": place_of(world, "shop", "A")}

    def insert(*rows: tuple[str, str, str, int], movement: bool = True) -> None:
        number = 1000
        copied = ("INSERT INTO warehouse.movement SELECT 1000, party_id, gen_random_uuid(), 'ship', actor, :now,"
                  " statement_hash, content_hash, content, lots FROM warehouse.movement LIMIT 1")
        values = ", ".join(f"({lots[lot]}, {number}, {at}, {places[place]}, '{status}', {units})"
                           for at, (lot, place, status, units) in enumerate(rows))
        now = int(world.clock().timestamp() * 1000)
        write(world, *([copied] if movement else []), LEGS + values, now=now)

    return insert


@pytest.mark.parametrize(("rows", "says"), [
    ([("L1", "A", "available", -11), ("L1", "CUSTOMER", "available", 11)], "never_below_zero"),
    ([("L1", "A", "available", -1), ("L1", "CUSTOMER", "available", 2)], "INV-S2"),
    ([("L1", "A", "available", -1), ("OLD", "A", "available", 1)], "INV-S2"),
    ([("L1", "B", "hold", -1), ("L1", "CUSTOMER", "available", 1)], "INV-S5: stock on hold"),
    ([("L1", "B", "hold", -1), ("L1", "IN_TRANSIT", "available", 1)], "INV-S5: stock on hold"),
    ([("OLD", "A", "available", -1), ("OLD", "CUSTOMER", "available", 1)], "INV-S5: expired"),
    ([("OLD", "A", "available", -1), ("OLD", "IN_TRANSIT", "available", 1)], "INV-S5: expired"),
    ([("L1", "A", "available", -1), ("L1", "shop", "available", 1)], "INV-P2"),
    ([("L1", "IN_TRANSIT", "available", -1), ("L1", "A", "available", 1)], "never_below_zero"),
    ([("L1", "A", "available", -1), ("L1", "SUPPLY", "available", 1), ("L1", "A", "available", -14),
      ("L1", "SUPPLY", "available", 14)], "never_below_zero"),
])
def test_forbidden_legs_are_refused(
    world: World, legs: Callable[..., None], rows: list[tuple[str, str, str, int]], says: str
) -> None:
    with pytest.raises(IntegrityError, match=says):
        legs(*rows)
    assert world.audit() == []


def test_legs_of_no_movement_are_refused(world: World, legs: Callable[..., None]) -> None:
    with pytest.raises(IntegrityError, match="no such movement"):
        legs(("L1", "A", "available", -1), ("L1", "CUSTOMER", "available", 1), movement=False)


def test_allowed_legs_move_the_balances_whoever_writes_them(world: World, legs: Callable[..., None]) -> None:
    legs(("L1", "A", "available", -4), ("L1", "CUSTOMER", "available", 4),
         ("OLD", "A", "available", -10), ("OLD", "DESTROYED", "available", 10))
    assert world.stock("maker", "L1") == {("S1/A", "available"): 6, ("S1/B", "hold"): 5}
    assert world.stock("maker", "OLD") == {}
    assert not [finding for finding in world.audit() if "balance" in finding.check]


@pytest.mark.parametrize(
    "table", ["party_key", "movement", "leg", "lot_descent", "handoff_line", "statement", "disclosure"]
)
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_what_is_recorded_is_never_changed_not_even_in_replica_mode(
    shared_life: World, table: str, change: str, role: str
) -> None:
    column = next(iter(tables.metadata.tables[f"warehouse.{table}"].c)).name
    value = "'~'" if table == "disclosure" else column
    column = "disclosures" if table == "disclosure" else column
    with pytest.raises(ProgrammingError, match="never changed"):
        write(shared_life, f"SET LOCAL session_replication_role = {role}",
              change.format(f"warehouse.{table}", column, value))


@pytest.fixture(scope="module")
def shared_life(request: pytest.FixtureRequest) -> World:
    """One world for all changes that must fail."""
    from service import db
    from tests.tools import databases

    url = databases.copy(request.getfixturevalue("pg"), "rules", request.getfixturevalue("template"))
    engine = db.engine_for(url)
    request.addfinalizer(engine.dispose)
    world = World(engine)
    live_a_life(world)
    return world


@pytest.mark.parametrize("change", [
    "UPDATE warehouse.lot SET uri = 'https://id.gs1.org/01/09506000134352/10/OTHER'",
    "UPDATE warehouse.lot SET number = 'OTHER'",
    "UPDATE warehouse.handoff SET state = 'accepted', answer = 1 WHERE state = 'refused'",
    "UPDATE warehouse.handoff SET state = 'offered', answer = NULL WHERE state = 'accepted'",
    "UPDATE warehouse.handoff SET receiver_id = sender_id",
    "UPDATE warehouse.balance SET units = -1 WHERE place > 0",
    "UPDATE warehouse.balance SET units = 1 WHERE place = -1",
    "DELETE FROM warehouse.balance", "DELETE FROM warehouse.lot", "DELETE FROM warehouse.handoff",
    "TRUNCATE warehouse.disclosure",
    "INSERT INTO warehouse.lot_descent VALUES (1, 2, 1, 1)",
])
def test_other_facts_change_only_as_they_may(shared_life: World, change: str) -> None:
    with pytest.raises(DBAPIError):
        write(shared_life, change)
    assert shared_life.audit() == []


def test_the_models_are_the_tables_of_the_migration(world: World) -> None:
    rows = world.all("SELECT table_name, column_name, is_nullable, udt_name FROM information_schema.columns"
                     " WHERE table_schema = 'warehouse'")
    made = {(table, column, nullable == "YES") for table, column, nullable, _ in rows}
    assert quality.metadata is tables.metadata
    told = {(table.name, column.name, bool(column.nullable))
            for table in tables.metadata.tables.values() for column in table.c}
    assert len(tables.metadata.tables) > 30
    ours = {table for table, _, _ in told}
    assert {each for each in made if each[0] in ours} == told

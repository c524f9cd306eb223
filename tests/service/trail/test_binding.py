"""Changes and signatures are bound once, in order, however many there are and whoever is at it; lies are named."""

from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from anchoring import Finding, Sequencer
from service.audit.warehouse import audit_warehouse
from service.domain.signing import shown_hash
from service.ledger.desk import Desk
from service.ledger.signatures import Of, sign
from service.people import changes
from service.people.changes import Author
from service.records import supplements
from service.trail import binding
from tests.service.ledger.world import ORIGIN, World, register

SHOWN = shown_hash(b"what was on the screen")


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def maker(world: World) -> int:
    return int(world.one("SELECT id FROM warehouse.party WHERE code = 'maker'")[0])


def changed(world: World, code: str, **fields: Any) -> None:
    with world.engine.begin() as connection:
        author = Author(maker(world), "tester/u-1", datetime(2026, 11, 22, 12, tzinfo=UTC), "as agreed")
        changes.keep(connection, author, "item", code, {name: (None, value) for name, value in fields.items()})


def signed(world: World, id: str, person: str = "u-2") -> None:
    with world.engine.begin() as connection:
        desk = Desk(connection, world.scribe, maker(world), "maker", "tester")
        sign(desk, Of("changes", id), person, "review", SHOWN, "seen")


def added(world: World, value: str) -> None:
    """A supplement to the lot A, which is there."""
    id = UUID(bytes=world.scribe.random(16), version=4)
    lot = world.one("SELECT uri FROM warehouse.lot WHERE number = 'A'")[0]
    new = supplements.NewSupplement(id=id, field="field_name", value=value, reason="said later", lot=lot)
    with world.engine.begin() as connection:
        supplements.add(connection, maker(world), "u-1", datetime(2026, 11, 22, 12, tzinfo=UTC), new)


def bind(world: World) -> int:
    with world.engine.begin() as connection:
        return binding.bind(connection, world.scribe)


def audited(world: World) -> list[Finding]:
    with world.engine.connect() as connection:
        return list(audit_warehouse(connection, ORIGIN))


def sequence(world: World) -> None:
    sequencer = Sequencer(world.engine, ORIGIN, b"\x09" * 32, lambda: int(world.clock().timestamp() * 1000))
    while sequencer.step():
        pass
    sequencer.close()


def test_what_was_changed_and_signed_is_bound_once_and_enters_the_log(world: World) -> None:
    world.do("maker", register("A"))
    assert bind(world) == 0 and world.one("SELECT count(*) FROM ledger.submission WHERE kind = 4")[0] == 0
    changed(world, "AMX", name="Amoxicillin", gtin="09506000134352")
    signed(world, "1-2")
    added(world, "North 4")
    assert (bind(world), bind(world)) == (4, 0)
    changed(world, "AMX", name="Amoxicillin 500 mg")
    assert bind(world) == 1
    sequence(world)
    assert world.one("SELECT count(*) FROM ledger.entry WHERE kind = 4")[0] == 2
    assert audited(world) == []


def test_more_than_fits_on_a_sheet_goes_on_several(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binding, "MOST", 3)
    for number in range(4):
        changed(world, f"I{number}", name="x", unit="LTR")
        signed(world, f"{number}-{number}")
    bound = [bind(world) for _ in range(5)]
    assert bound == [3, 3, 3, 3, 0] and audited(world) == []


def test_nothing_is_bound_while_somebody_changes_something(world: World) -> None:
    """Or a smaller number could appear after a larger one was bound."""
    with world.engine.begin() as slow:
        author = Author(maker(world), "tester", datetime(2026, 11, 22, tzinfo=UTC))
        changes.keep(slow, author, "item", "SLOW", {"name": (None, "first")})
        changed(world, "QUICK", name="second")
        with pytest.raises(binding.Busy):
            bind(world)
    assert bind(world) == 2 and audited(world) == []


def test_writers_and_binders_at_once_leave_nothing_out(world: World) -> None:
    def write(name: str) -> None:
        for number in range(20):
            changed(world, f"{name}{number}", name=name)

    def binds() -> None:
        for _ in range(40):
            try:
                bind(world)
            except binding.Busy:
                continue

    crew = [Thread(target=write, args=("A",)), Thread(target=write, args=("B",))]
    crew += [Thread(target=binds) for _ in range(2)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    while bind(world):
        pass
    assert world.one("SELECT max(changes_to) FROM warehouse.trail_sheet")[0] >= 40
    assert audited(world) == []


def test_a_sheet_is_never_changed(world: World) -> None:
    changed(world, "AMX", name="x")
    bind(world)
    for statement in ("UPDATE warehouse.trail_sheet SET content = ''", "DELETE FROM warehouse.trail_sheet"):
        with pytest.raises(DBAPIError, match="never changed"), world.engine.begin() as connection:
            connection.execute(text(statement))


def columns(engine: Engine, table: str) -> Iterator[tuple[str, str]]:
    query = text("SELECT column_name, data_type FROM information_schema.columns"
                 " WHERE table_schema = 'warehouse' AND table_name = :table")  # fmt: skip
    with engine.connect() as connection:
        yield from (tuple(row) for row in connection.execute(query, {"table": table}))  # type: ignore[misc]


OTHER = {"text": "'x' || {0}", "jsonb": "'\"x\"'", "bigint": "coalesce({0}, 0) + 1000",
         "timestamp with time zone": "{0} + '1 s'", "uuid": "gen_random_uuid()"}  # fmt: skip
ENUMS = {"subject": "'erasure'", "meaning": "'authorship'", "shown": f"'{'A' * 43}'", "proven_at": "7", "party_id": "2",
         "old": "'1'"}  # fmt: skip


@pytest.mark.parametrize("table", ["change", "signature", "supplement"])
def test_every_column_that_is_rewritten_is_named(world: World, table: str) -> None:
    world.do("maker", register("A"))
    changed(world, "AMX", name="Amoxicillin")
    signed(world, "1-1")
    added(world, "North 4")
    bind(world)
    for column, type in columns(world.engine, table):
        value = ENUMS.get(column, OTHER[type].format(column))
        findings = lied(world, f"UPDATE warehouse.{table} SET {column} = {value}", identity=table)
        assert {f"warehouse.{table}"} == {found.table for found in findings}, (column, findings)
        assert column in {found.field for found in findings} or column == "number", (column, findings)


LIES = {
    "a change is taken away": ("DELETE FROM warehouse.change WHERE number = 1", "warehouse.change"),
    "a signature is taken away": ("DELETE FROM warehouse.signature", "warehouse.signature"),
    "a supplement is taken away": ("DELETE FROM warehouse.supplement", "warehouse.supplement"),
    "a supplement says something else": (
        "UPDATE warehouse.supplement SET value = 'South 1' WHERE value = 'North 4'", "warehouse.supplement"),
    "a change is put in before": (
        ("INSERT INTO warehouse.change (number, party_id, kind, code, field, who, at) OVERRIDING SYSTEM VALUE"
        " SELECT -1, party_id, kind, code, field, who, at FROM warehouse.change WHERE number = 1"), "warehouse.change"),
    "a sheet is taken away": ("DELETE FROM warehouse.trail_sheet WHERE changes_to = 1", "warehouse.trail_sheet"),
    "a sheet is written anew": (
        "UPDATE warehouse.trail_sheet SET content = replace(content, 'first', 'other')", "warehouse.trail_sheet"),
    "a sheet of no notice": (
        "UPDATE warehouse.trail_sheet SET statement_hash = sha256(statement_hash)", "warehouse.trail_sheet"),
    "a sheet more": (
        ("INSERT INTO warehouse.trail_sheet (statement_hash, content, changes_to, signatures_to, supplements_to)"
        " SELECT sha256(content::bytea), replace(content, 'second', 'third'), changes_to, signatures_to, supplements_to"
        " FROM warehouse.trail_sheet WHERE changes_to = 2"), "warehouse.trail_sheet"),
    "a sheet says another end": ("UPDATE warehouse.trail_sheet SET changes_to = 9", "warehouse.trail_sheet"),
    "sheets are exchanged": (
        ("WITH t AS (SELECT min(content) AS one, max(content) AS other FROM warehouse.trail_sheet) UPDATE"
        " warehouse.trail_sheet s SET content = CASE s.content WHEN one THEN other ELSE one END FROM t"),
        "warehouse.trail_sheet"),
    "a notice and all that it bound go": (
        ("WITH gone AS (DELETE FROM warehouse.trail_sheet WHERE changes_to = 1 RETURNING statement_hash),"
        " d AS (DELETE FROM warehouse.disclosure WHERE statement_hash IN (SELECT * FROM gone)),"
        " c AS (DELETE FROM warehouse.change WHERE number = 1)"
        " DELETE FROM warehouse.statement WHERE statement_hash IN (SELECT * FROM gone)"), "ledger.entry"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_of_the_trail_is_found(world: World, lie: str) -> None:
    world.do("maker", register("A"))
    changed(world, "AMX", name="first")
    signed(world, "1-1")
    added(world, "North 4")
    bind(world)
    changed(world, "AMX", name="second")
    bind(world)
    sequence(world)
    assert audited(world) == []
    statement, table = LIES[lie]
    assert table in {found.table for found in lied(world, statement)}


def test_what_is_not_bound_yet_is_nobody_s_finding(world: World) -> None:
    changed(world, "AMX", name="first")
    world.do("maker", register("A"))
    assert audited(world) == []


def lied(world: World, statement: str, identity: str = "") -> list[Finding]:
    """What an audit finds after this was done by a superuser; then it is taken back."""
    with world.engine.connect() as connection:
        for table in (*binding.TABLES, "trail_sheet", "statement", "disclosure"):
            connection.exec_driver_sql(f"ALTER TABLE warehouse.{table} DISABLE TRIGGER ALL")
        if identity:
            connection.exec_driver_sql(f"ALTER TABLE warehouse.{identity} ALTER number SET GENERATED BY DEFAULT")
            connection.exec_driver_sql(f"ALTER TABLE warehouse.{identity} ALTER number DROP IDENTITY")
        connection.execute(text(statement))
        found = list(audit_warehouse(connection, ORIGIN))
        connection.rollback()
    return found


def test_the_table_of_lies_reaches_every_table(world: World) -> None:
    assert {table for _, table in LIES.values()} >= {f"warehouse.{name}" for name in binding.TABLES}

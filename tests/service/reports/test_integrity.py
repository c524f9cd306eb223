"""The integrity report: silence about what fits, and the name of the lot where something does not."""

from datetime import timedelta

import pytest
from sqlalchemy import text

import anchoring
from service.domain import commands as c
from service.reports import integrity, scans
from tests.service.ledger.world import World, line, register
from tests.service.reports.asking import party_id
from tests.service.reports.test_history import sequence

URI = "https://id.gs1.org/01/09506000134352/10/"


def found(world: World, party: str | None) -> list[dict]:
    with world.engine.connect() as connection:
        return integrity.findings(connection, None if party is None else party_id(world, party))


def change(world: World, *statements: str) -> None:
    """What only somebody with the run of the database could do."""
    with world.engine.begin() as connection:
        for statement in ("SET LOCAL session_replication_role = replica", *statements):
            connection.execute(text(statement))


@pytest.fixture
def lived(world: World) -> World:
    world.do("maker", register("L1", "100"))
    world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "40")))
    world.do("shop", register("L2", "5"))
    sequence(world)
    return world


def test_nothing_is_found_where_everything_fits(lived: World) -> None:
    assert found(lived, None) == found(lived, "maker") == []


def test_a_finding_names_the_lot_and_concerns_its_party_alone(lived: World) -> None:
    change(lived, "UPDATE warehouse.balance SET units = 61 WHERE units = 60")
    finding, = found(lived, "maker")
    assert finding["check"] == "balance is the fold of legs" and finding["lot"] == URI + "L1"
    assert (finding["expected"], finding["seen"]) == ("60", "61")
    assert found(lived, "shop") == [] and found(lived, None) == [finding]


@pytest.fixture
def unguarded(lived: World) -> World:
    with lived.engine.begin() as connection:
        for table in ("ledger.entry", "warehouse.movement", "warehouse.statement"):
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
    return lived


def test_a_changed_movement_is_named_by_its_id(unguarded: World) -> None:
    change(unguarded, "UPDATE warehouse.movement SET content = content || ' ' WHERE type = 'move'")
    finding, = found(unguarded, "maker")
    assert finding["check"] == "content hash"
    assert finding["movement"] == str(unguarded.one("SELECT id FROM warehouse.movement WHERE type = 'move'")[0])


def test_a_gap_in_the_log_and_a_missing_tail_show(unguarded: World) -> None:
    size = unguarded.one("SELECT count(*) FROM ledger.entry")[0]
    change(unguarded, f"DELETE FROM ledger.entry WHERE index IN (1, 2, {size - 1})")
    with unguarded.engine.connect() as connection:
        assert anchoring.gaps(connection) == [(1, 2), (size - 1, size - 1)]
    assert {row["where"] for row in found(unguarded, "shop")} >= {"index 1 to 2", f"index {size - 1} to {size - 1}"}


def test_an_empty_log_is_one_gap_if_a_checkpoint_says_more(unguarded: World) -> None:
    size = unguarded.one("SELECT count(*) FROM ledger.entry")[0]
    change(unguarded, "DELETE FROM ledger.entry")
    with unguarded.engine.connect() as connection:
        assert anchoring.gaps(connection) == [(0, size - 1)]


def test_an_empty_database_has_no_gap(world: World) -> None:
    with world.engine.connect() as connection:
        assert anchoring.gaps(connection) == []


def test_an_entry_without_its_movement_shows(unguarded: World) -> None:
    change(unguarded, "DELETE FROM warehouse.statement WHERE kind = 1 AND party_id ="
                      " (SELECT id FROM warehouse.party WHERE code = 'shop')")
    assert "every entry has its movement" in {row["check"] for row in found(unguarded, None)}


def test_one_audit_at_a_time(lived: World) -> None:
    with lived.engine.connect() as first:
        integrity.findings(first, None)
        with lived.engine.connect() as second, pytest.raises(integrity.AuditRunning):
            integrity.findings(second, None)


def scan(world: World, lot: str, outcome: str) -> None:
    with world.engine.begin() as connection:
        connection.execute(text(
            "INSERT INTO warehouse.scan (id, party_id, at, site_id, item_id, lot_id, outcome, actor, symbology, raw,"
            " answer) SELECT gen_random_uuid(), o.party_id, :at, s.id, o.item_id, o.id, :outcome, 'w-1', ']d2', 'x',"
            " '{}' FROM warehouse.lot o JOIN warehouse.site s ON s.party_id = o.party_id AND s.code = 'S1'"
            " WHERE o.number = :lot"),
            {"at": world.clock.at, "lot": lot, "outcome": outcome})


def test_scan_errors_and_missed_scans_by_site_item_and_shift(lived: World) -> None:
    """The site's clock is eight hours ahead of UTC: noon is 20:00, the second shift; three hours later the night."""
    begin = lived.clock.at
    lived.clock.at += timedelta(minutes=1)
    for outcome in ("ok", "mismatch", "unreadable", "ok"):
        scan(lived, "L1", outcome)
    lived.clock.at += timedelta(minutes=1)
    lived.do("maker", c.Move(from_="S1/B", to="S1/A", lines=line("L1", "1")))
    lived.clock.at += timedelta(hours=9)
    lived.do("maker", c.Move(from_="S1/B", to="S1/A", lines=line("L1", "1")))
    with lived.engine.connect() as connection:
        until = lived.clock.at + timedelta(seconds=1)
        rows = scans.rates(connection, party_id(lived, "maker"), begin + timedelta(seconds=1), until)
        assert scans.rates(connection, party_id(lived, "shop"), begin + timedelta(seconds=1), until) == []
    late, night = rows
    assert (late["site"], late["item"], late["shift"], night["shift"]) == ("S1", "MED", "14-22", "22-06")
    assert (late["scans"], late["errors"], late["error_rate"], late["missed_rate"]) == (4, 2, 0.5, 0.0)
    assert late["outcomes"] == {"mismatch": 1, "unreadable": 1, "unknown": 0, "ambiguous": 0, "conflict": 0}
    assert (night["scans"], night["error_rate"], night["lines"], night["missed_rate"]) == (0, None, 1, 1.0)

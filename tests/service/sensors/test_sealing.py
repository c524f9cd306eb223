"""Readings are sealed once, by one entry of the log for all sensors; each lie about one is found and named."""

from threading import Thread

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from anchoring import Finding, Sequencer
from service.audit.readings import readings_are_as_sealed
from service.sensors import sealing
from service.sensors.keeping import At
from tests.service.ledger.world import ORIGIN
from tests.service.sensors.world import Store


@pytest.fixture
def fresh(engine: Engine) -> Store:
    return Store(engine)


def sequence(store: Store) -> None:
    sequencer = Sequencer(store.engine, ORIGIN, b"\x09" * 32, lambda: int(store.clock().timestamp() * 1000))
    while sequencer.step():
        pass
    sequencer.close()


def test_however_many_sensors_a_sealing_is_one_entry(fresh: Store) -> None:
    fresh.hang("D", At(site="S1"))
    assert fresh.seal() == 0
    for sensor in ("C", "D"):
        fresh.measure([(-2, "4.1"), (-1, "4.2")], sensor=sensor)
        fresh.measure([(-1, "55")], sensor=sensor, kind="humidity")
    assert (fresh.seal(), fresh.seal()) == (6, 0)
    sequence(fresh)
    assert fresh.one("SELECT count(*) FROM ledger.entry WHERE kind = 4")[0] == 1
    assert fresh.one("SELECT count(*), count(DISTINCT cover) FROM warehouse.reading_sheet") == (2, 1)
    fresh.measure([(-3, "4")])  # late
    assert fresh.seal() == 1 and fresh.findings() == []


def test_more_than_fits_goes_under_several_covers(fresh: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "MOST", 4)
    fresh.measure([(-at, "4") for at in range(10)])
    assert [fresh.seal() for _ in range(4)] == [4, 4, 2, 0] and fresh.findings() == []


def test_what_is_not_committed_is_sealed_later_and_nothing_is_skipped(fresh: Store) -> None:
    """The sealer waits at the gate for whoever holds a smaller number."""
    sealed: list[int] = []
    with fresh.engine.begin() as slow:
        slow.execute(text("INSERT INTO warehouse.reading (party_id, sensor_id, at, value, kind, batch)"
                          " SELECT party_id, id, :at, 1, 'temperature', 0 FROM warehouse.sensor"), {"at": fresh.start})
        fresh.measure([(-1, "4")])
        thread = Thread(target=lambda: sealed.append(fresh.seal()))
        thread.start()
        thread.join(0.3)
        assert sealed == []
        slow.rollback()
    thread.join()
    assert sealed == [1] and fresh.findings() == []


def test_a_seal_is_never_changed(fresh: Store) -> None:
    fresh.measure([(-1, "4")])
    fresh.seal()
    for table in ("reading_cover", "reading_sheet", "reading_batch", "sensor_point"):
        with pytest.raises(DBAPIError, match="never changed"), fresh.engine.begin() as connection:
            connection.execute(text(f"DELETE FROM warehouse.{table}"))


ROW = "WHERE number = (SELECT min(number) + 1 FROM warehouse.reading)"
LIES = {
    "a value": (f"UPDATE warehouse.reading SET value = value + 1 {ROW}", "reading", "value"),
    "a time": (f"UPDATE warehouse.reading SET at = at + 7 {ROW}", "reading", "at"),
    "a kind": (f"UPDATE warehouse.reading SET kind = 'humidity' {ROW}", "reading", "kind"),
    "another sensor": (f"UPDATE warehouse.reading SET sensor_id = sensor_id + 1 {ROW}", "reading", "sensor_id"),
    "another party": (f"UPDATE warehouse.reading SET party_id = 2 {ROW}", "reading", "party_id"),
    "another batch": (f"UPDATE warehouse.reading SET batch = batch + 1 {ROW}", "reading", "batch"),
    "a reading is lost": (f"DELETE FROM warehouse.reading {ROW}", "reading", ""),
    "a reading more": (
        ("INSERT INTO warehouse.reading (number, party_id, sensor_id, at, value, kind, batch) OVERRIDING SYSTEM VALUE"
        " SELECT -1, party_id, sensor_id, at + 9, value, kind, batch FROM warehouse.reading ORDER BY number LIMIT 1"),
        "reading", ""),
    "a number is exchanged": (
        ("WITH t AS (SELECT min(number) AS a, max(number) AS b FROM warehouse.reading) UPDATE warehouse.reading r"
        " SET number = CASE r.number WHEN a THEN b + 100 ELSE r.number END FROM t"), "reading", ""),
    "it hung elsewhere": ("UPDATE warehouse.sensor_point SET location_id = location_id + 1", "sensor_point",
                          "location_id"),
    "it hung there later": ("UPDATE warehouse.sensor_point SET since = since + 1", "sensor_point", "since"),
    "it never hung there": ("DELETE FROM warehouse.sensor_point", "sensor_point", ""),
    "who sent it": ("UPDATE warehouse.reading_batch SET who = 'x'", "reading_batch", "who"),
    "when it came": ("UPDATE warehouse.reading_batch SET received_at = 1", "reading_batch", "received_at"),
    "the sensor's name": ("UPDATE warehouse.sensor SET code = 'X'", "sensor", "code"),
    "a sheet is taken away": ("DELETE FROM warehouse.reading_sheet", "reading_sheet", ""),
    "a sheet more": (("INSERT INTO warehouse.reading_sheet SELECT cover, position + 9, content FROM"
                     " warehouse.reading_sheet"), "reading_sheet", ""),
    "a sheet of no cover": (("INSERT INTO warehouse.reading_sheet SELECT cover + 9, position, content FROM"
                            " warehouse.reading_sheet"), "reading_sheet", ""),
    "a sheet is written anew with its rows": (
        ("WITH r AS (UPDATE warehouse.reading SET value = 4999 WHERE value = 4200)"
        " UPDATE warehouse.reading_sheet SET content = replace(content, ' 4200 ', ' 4999 ')"), "reading_sheet",
        "content"),
    "a cover is taken away": ("DELETE FROM warehouse.reading_cover", "reading_cover", ""),
    "a cover of no notice": ("UPDATE warehouse.reading_cover SET statement_hash = sha256(statement_hash)",
                             "reading_cover", ""),
    "a cover says another end": ("UPDATE warehouse.reading_cover SET readings_to = 99", "reading_cover", "readings_to"),
    "a cover and its sheets go": (
        ("WITH s AS (DELETE FROM warehouse.reading_sheet), r AS (DELETE FROM warehouse.reading)"
        " DELETE FROM warehouse.reading_cover"), "reading_cover", ""),
}  # fmt: skip


@pytest.fixture(scope="module")
def sealed(store: Store) -> Store:
    """One store for the whole table of lies: each is rolled back."""
    store.measure([(-3, "4.1"), (-2, "4.2"), (-1, "4.3")])
    store.seal()
    sequence(store)
    assert store.findings() == []
    return store


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found_and_named(sealed: Store, lie: str) -> None:
    statement, table, field = LIES[lie]
    named = {(found.table, found.field) for found in lied(sealed, statement)}
    assert (f"warehouse.{table}", field) in named, named


def test_what_is_not_sealed_yet_is_nobodys_finding(sealed: Store) -> None:
    sealed.measure([(0, "4")])
    assert sealed.findings() == []


def lied(store: Store, statement: str) -> list[Finding]:
    """What the audit of readings finds after this was done by a superuser; then it is taken back."""
    with store.engine.connect() as connection:
        for table in ("reading", "reading_batch", "sensor", "sensor_point", "reading_cover", "reading_sheet"):
            connection.exec_driver_sql(f"ALTER TABLE warehouse.{table} DISABLE TRIGGER ALL")
        connection.exec_driver_sql("ALTER TABLE warehouse.reading ALTER number DROP IDENTITY")
        connection.execute(text(statement))
        found = list(readings_are_as_sealed(connection))
        connection.rollback()
    return found

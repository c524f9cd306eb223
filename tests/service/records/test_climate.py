"""The record of temperature and humidity: a row for each moment, and one for each time without a record."""

from datetime import UTC, datetime, timedelta

import pytest

from service.sensors.keeping import At
from tests.service.ledger.world import register
from tests.service.records.story import lacking, rows_of
from tests.service.sensors.conftest import store  # noqa: F401 - a fixture
from tests.service.sensors.world import Store

NAME = "gsp-climate"


@pytest.fixture
def told(store: Store) -> Store:  # noqa: F811
    """Sensor C every 25 minutes with a gap of an hour; truck T every five with one of ten; C beyond at the end."""
    if store.one("SELECT count(*) FROM warehouse.reading")[0]:
        return store
    store.hang("T", At(vehicle="V-1"), kinds=("temperature",))
    store.limit("2", "8")
    store.do("maker", register("HERE", "1"))
    store.turn(200)
    for minute, value in ((0, "4"), (25, "4.5"), (85, "5"), (110, "9"), (115, "9.5"), (117, "5")):
        store.measure([(minute, value)])
        store.measure([(minute, "50")], kind="humidity")
    store.measure([(0, "5"), (5, "5"), (15, "5")], sensor="T")
    store.judge()
    store.seal()
    store.turn(130)
    return store


def test_rows_are_moments_in_order_with_where_and_what(told: Store) -> None:
    found = [row for row in rows_of(told, NAME) if row["gap"] is None]
    assert len(found) == 9 and [row["reading"] for row in found] == sorted(
        (row["reading"] for row in found), key=lambda each: [int(part) for part in each.split("-")])
    first = found[0]
    assert (first["temperature"], first["humidity"], first["device"]) == ("4", "50", "C")
    assert first["point"] == "S1/A (C)" and first["zone"] == "Site" and str(first["date"]) == "2026-11-22"
    assert first["time"] == "20:00:00+0800", "the clock of the site"
    assert [row["zone"] for row in found if row["device"] == "T"] == ["V-1"] * 3
    assert [row["temperature"] for row in found if row["state"]] == ["9", "9.5"]
    assert {row["record_status"] for row in found} == {"recorded"} and all(row["record_hash"] for row in found)


def test_each_time_without_a_record_is_named_with_what_was_allowed(told: Store) -> None:
    gaps = {row["gap"]: row["device"] for row in rows_of(told, NAME) if row["gap"]}
    assert gaps == {"60 min, at most 30": "C", "5 min, at most 2": "C", "10 min, at most 5": "T",
                    "115 min, at most 5": "T"}, "the store's 13 minutes since its last record are allowed"
    missing = lacking(told, NAME).listed
    about = {row["about"] for row in missing if row["field"] == "temperature"}
    assert len(about) == 4 and {row["field"] for row in missing} == {"temperature", "humidity"}
    assert any(each.startswith("C: 2026-11-22T12:25:00+00:00 to 2026-11-22T13:25:00+00:00") for each in about)
    assert {row["entered"] for row in missing} == {"POST /sensors/{code}/readings with the file of the logger"}


def test_pages_put_together_are_the_whole(told: Store) -> None:
    whole, pages, after = rows_of(told, NAME), [], None
    while page := rows_of(told, NAME, limit=1, after=after):
        pages += page
        after = page[-1]["reading"]
    told_apart = [(row["reading"], row["gap"]) for row in whole]
    assert [(row["reading"], row["gap"]) for row in pages] == told_apart and len(set(told_apart)) == len(whole)


def test_of_a_lot_there_is_what_was_measured_where_it_was(told: Store) -> None:
    uri = told.one("SELECT uri FROM warehouse.lot WHERE number = 'HERE'")[0]
    assert {row["device"] for row in rows_of(told, NAME, lot=uri)} == {"C"}
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    some = rows_of(told, NAME, from_=noon, to=noon + timedelta(minutes=30))
    assert [row["temperature"] for row in some if row["device"] == "C"] == ["4", "4.5"]

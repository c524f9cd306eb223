"""Excursions in a store: which there are, which lots were there, what is held; whatever order the readings come in."""

from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from service.domain import commands as c
from service.sensors import health, keeping
from service.sensors.keeping import At
from tests.service.ledger.world import line, register
from tests.service.sensors.world import Store

WARM = [(-9, "5"), (-8, "6"), (-7, "9"), (-6, "9.4"), (-5, "8.5"), (-4, "7.9"), (-3, "5")]


@pytest.fixture
def store(engine: Engine) -> Store:
    made = Store(engine)
    made.limit("2", "8")
    return made


def seen(store: Store) -> list[tuple[Any, ...]]:
    """Began and ended in minutes before noon, the worst, how many readings, the lots."""
    def minute(at: int | None) -> float | None:
        return None if at is None else (at - store.start) / 60_000

    return [(minute(e.began_at), minute(e.ended_at), e.worst, e.readings, e.lots) for e in store.excursions()]


def at(store: Store, minutes: float, *commands: c.Command) -> None:
    store.turn(minutes)
    for command in commands:
        store.do("maker", command)


def test_what_was_there_while_it_was_too_warm_is_held_by_a_case_with_the_readings(store: Store) -> None:
    at(store, -30, register("THERE", "10"), register("LEFT", "10"), register("ELSEWHERE", "10", to="S1/B"))
    at(store, -8, c.Move(from_="S1/A", to="S1/B", lines=line("LEFT", "10")))
    at(store, -6, register("CAME", "10"))
    at(store, 0)
    store.measure(WARM)
    assert len(store.judge()) == 1 and store.judge() == []
    assert seen(store) == [(-7, -4, 9400, 3, ["CAME", "THERE"])]
    case, = store.hold()
    assert store.hold() == [] and case is not None
    assert store.stock("maker", "THERE") == {("S1/A", "hold"): 10} == store.stock("maker", "CAME")
    assert store.stock("maker", "LEFT") == {("S1/B", "available"): 10} == store.stock("maker", "ELSEWHERE")
    query = "SELECT words, cause, opened_by FROM warehouse.quarantine_case WHERE id = :id"
    words, cause, by = store.one(query, id=case)
    assert "C at S1/A: 9.4 °C at 2026-11-22T11:54:00Z, limits 2 to 8 °C" in str(words)
    assert (cause, by) == ("temperature", "sensors")
    found = store.one("SELECT detail FROM warehouse.case_act WHERE act = 'find'")[0]
    assert [each["value"] for each in found["measured"]] == ["9", "9.4", "8.5"]  # type: ignore[index]
    assert store.refused("maker", c.Ship(from_="S1/A", customer="X", lines=line("THERE", "1"))) != "recorded"
    assert store.findings() == []


def test_a_lot_of_which_something_has_left_since_is_held_wherever_it_lies(store: Store) -> None:
    for lot in ("MIXED", "APART"):
        at(store, -30, register(lot, "15"), c.Move(from_="S1/A", to="S1/B", lines=line(lot, "5")))
    at(store, -2, c.Move(from_="S1/A", to="S1/B", lines=line("MIXED", "4")))
    at(store, 0)
    store.measure(WARM)
    store.judge()
    store.hold()
    assert store.stock("maker", "MIXED") == {("S1/A", "hold"): 6, ("S1/B", "hold"): 9}
    assert store.stock("maker", "APART") == {("S1/A", "hold"): 10, ("S1/B", "available"): 5}


def test_readings_in_any_order_and_parcels_find_the_same_excursions(store: Store) -> None:
    at(store, -30, register("L", "10"))
    at(store, 0)
    noise = [(-60 + i, str(value)) for i, value in enumerate([5, 9, 5, 5, 9, 9, 5, 1, 1, 5] * 5)]
    store.measure(noise)
    store.judge()
    expected = seen(store)
    assert len(expected) == 15
    for number in range(2):
        store.hang(name := f"R{number}", At(location="S1/A"))
        shuffled = Random(number).sample(noise, len(noise))
        while shuffled:
            store.measure(shuffled[:7], name)
            shuffled = shuffled[7:]
            store.judge(name)
        sensor = store.one("SELECT id FROM warehouse.sensor WHERE code = :code", code=name)[0]
        mine = [(e.began_at, e.ended_at, e.worst) for e in store.excursions() if e.sensor_id == sensor]
        assert mine == [(store.minutes(a), store.minutes(b), worst) for a, b, worst, *_ in expected]


def test_a_late_reading_makes_it_begin_earlier_and_a_later_one_ends_it(store: Store) -> None:
    at(store, 0)
    store.measure([(-10, "5"), (-5, "9")])
    first = store.judge()
    assert seen(store) == [(-5, None, 9000, 1, None)]
    store.measure([(-6, "9.5")])
    assert store.judge() == first and seen(store) == [(-6, None, 9500, 2, None)]
    store.measure([(-4, "6")])
    assert store.judge() == first and seen(store) == [(-6, -4, 9500, 2, None)]
    events = [row[0] for row in store.all("SELECT event FROM warehouse.sensor_notice ORDER BY number")]
    assert events == ["excursion.opened", "excursion.ended"]
    store.measure([(-20, "5")])
    assert store.judge() == [] and len(seen(store)) == 1


def test_what_is_allowed_is_allowed_to_the_place_and_to_each_lot(store: Store) -> None:
    store.limit("2", "8", allowed=10)
    at(store, -60, register("LONG", "1"))
    at(store, -4, register("SHORT", "1"))
    at(store, 0)
    store.measure([(-30, "5"), *((-12 + i, "9") for i in range(9))])
    assert store.judge() == []
    store.measure([(at, "9") for at in (-3, -2, -1, 0)])
    assert len(store.judge()) == 1 and seen(store)[0][-1] == ["LONG"]


def test_an_item_asks_for_its_own_range_and_only_its_lots_are_held(store: Store) -> None:
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE warehouse.item SET storage_min = 2, storage_max = 6 WHERE code = 'MED'")
    at(store, -30, register("MED-1", "1"), register("MILK-1", "1", item="MILK"))
    at(store, 0)
    store.measure([(-5, "5"), (-4, "7"), (-3, "5")])
    store.judge()
    assert seen(store) == [(-4, -3, 7000, 1, ["MED-1"])] and store.excursions()[0].of == "item"
    store.hold()
    assert store.stock("maker", "MED-1") == {("S1/A", "hold"): 1}
    assert store.stock("maker", "MILK-1", "MILK") == {("S1/A", "available"): 1000}


def test_humidity_has_limits_and_a_cause_of_its_own(store: Store) -> None:
    store.limit("35", "75", kind="humidity")
    at(store, -30, register("L", "1"))
    at(store, 0)
    store.measure([(-5, "80")], kind="humidity")
    store.judge()
    store.hold()
    assert store.one("SELECT cause FROM warehouse.quarantine_case")[0] == "humidity"


def test_a_shelf_with_a_thermometer_of_its_own_is_not_in_the_room_s_excursion(store: Store) -> None:
    store.hang("ROOM", At(site="S1"))
    store.limit("2", "8", at=At(site="S1"))
    at(store, -30, register("A", "1"), register("B", "1", to="S1/B"))
    at(store, 0)
    store.measure([(-5, "9")], sensor="ROOM")
    store.judge("ROOM")
    assert seen(store)[0][-1] == ["B"]


def test_goods_on_a_pallet_are_where_it_stands(store: Store) -> None:
    sscc = "095060000000000015"
    at(store, -40, register("ON", "5"))
    at(store, -30, c.Pack(at="S1/A", pallet=sscc, lines=line("ON", "5")))
    at(store, -20, c.Relocate(from_=f"S1/{sscc}", to="S1/B"))
    at(store, 0)
    store.measure([(-25, "9"), (-24, "5"), (-10, "9"), (-9, "5")])
    store.judge()
    assert seen(store) == [(-25, -24, 9000, 1, ["ON"]), (-10, -9, 9000, 1, None)]
    store.hold()
    assert store.stock("maker", "ON") == {(f"S1/{sscc}", "hold"): 5}


def test_a_sensor_that_is_hung_elsewhere_ends_what_it_saw(store: Store) -> None:
    at(store, -5)
    store.measure([(-6, "9")])
    store.judge()
    at(store, 0)
    with store.engine.begin() as connection:
        keeping.move(connection, store.author, "C", At(location="S1/B"), None)
    store.judge()
    assert seen(store) == [(-6, 0, 9000, 1, None)]


def test_the_health_of_a_lot_is_what_was_measured_where_it_was(store: Store) -> None:
    store.hang("D", At(location="S1/B"))
    at(store, -40, register("L", "10"))
    at(store, -20, c.Move(from_="S1/A", to="S1/B", lines=line("L", "10")))
    at(store, -10, c.Split(at="S1/B", item="MED", lot="L", outputs=(c.Output("L-2", "4"),)))
    at(store, 0)
    store.measure([(-45, "20"), *((-39 + i, "4") for i in range(19)), (-5, "30")])
    store.measure([(-30, "40"), *((-20 + i, "6") for i in range(20))], sensor="D")
    for lot in ("L", "L-2"):
        told = of(store, lot)["temperature"]
        assert (told["min"]["value"], told["max"]["value"], told["readings"]) == ("4", "6", 39), lot
        assert told["mean"] == "5.026" and told["mean_kinetic"] is not None
        assert told["measured_seconds"] == 39 * 60 and told["unmeasured_seconds"] == 60
    assert [(stay["lot"], stay["location"]) for stay in of(store, "L-2")["stays"]] == [
        ("L", "S1/A"), ("L", "S1/B"), ("L-2", "S1/B")]


def of(store: Store, lot: str) -> Any:
    uri = store.one("SELECT l.uri FROM warehouse.lot l WHERE number = :lot AND party_id = :party", lot=lot,
                    party=store.party_id)[0]  # fmt: skip
    now = int(store.clock.at.timestamp() * 1000)
    with store.engine.connect() as connection:
        found = health.found(connection, store.party_id, str(uri))
        assert found is not None
        return health.record(connection, store.party_id, found, now)

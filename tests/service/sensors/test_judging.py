"""Excursions in a store: which there are, which lots were there, what is held; whatever order the readings come in."""

from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine

from service.domain import commands as c
from service.domain.exposure import Span
from service.sensors import ageing, health, keeping, loads
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


def test_what_was_sent_away_meanwhile_is_held_when_it_arrives(store: Store) -> None:
    """In two parts; once all of it has come, nothing is looked at any more."""
    at(store, -30, register("SENT", "10"))
    store.turn(-2)
    sent = [store.do("maker", c.Send(from_="S1/A", to_site="S2", lines=line("SENT", n))) for n in ("3", "4")]
    at(store, 0)
    store.measure(WARM)
    store.judge()
    assert len(store.hold()) == 1 and store.stock("maker", "SENT") == {("S1/A", "hold"): 3}
    assert store.hold() == [], "nothing has come since"
    for minutes, transfer, held in ((1, sent[0], 3), (2, sent[1], 7)):
        at(store, minutes, c.Arrive(transfer=transfer.id, to="S2/A"))
        assert len(store.hold()) == 1
        assert store.stock("maker", "SENT") == {("S1/A", "hold"): 3, ("S2/A", "hold"): held}
    assert store.one("SELECT seen_at IS NULL, moving FROM warehouse.excursion_lot") == (False, 0)
    at(store, 3, register("LATER", "5"))
    assert store.hold() == [] and store.findings() == []


@pytest.mark.parametrize("end", ["arrives", "is withdrawn", "is taken"])
def test_what_rode_on_a_vehicle_is_held_where_it_arrives(store: Store, end: str) -> None:
    """And what stayed at home is not, for nothing of it rode."""
    at(store, -60, register("RODE", "10"))
    store.turn(-20)
    send = c.Send(from_="S1/A", to_site="S2", lines=line("RODE", "4"))
    offer = c.Offer(from_="S1/A", to_party="shop", lines=line("RODE", "4"))
    away = store.do("maker", send if end == "arrives" else offer)
    store.hang("T", At(vehicle="T-1"))
    store.limit("2", "8", at=At(vehicle="T-1"))
    with store.engine.begin() as connection:
        loads.load(connection, store.author, "T-1", away.id, None)
    at(store, 0)
    store.measure(WARM, sensor="T")
    store.judge("T")
    assert store.hold() == [None] and store.stock("maker", "RODE") == {("S1/A", "available"): 6}
    store.turn(5)
    if end == "is taken":
        store.do("shop", c.Accept(handoff=away.id, to="S1/A"))
    else:
        store.do("maker", c.Arrive(transfer=away.id, to="S2/A") if end == "arrives"
                 else c.Withdraw(handoff=away.id, reason="too warm"))  # fmt: skip
    case, = store.hold()
    assert (case is None) == (end == "is taken") and store.hold() == []
    assert store.stock("maker", "RODE") == {
        "arrives": {("S1/A", "available"): 6, ("S2/A", "hold"): 4},
        "is withdrawn": {("S1/A", "hold"): 10},
        "is taken": {("S1/A", "available"): 6},
    }[end]
    assert store.findings() == []


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


def test_ageing_reads_no_further_back_than_the_lots_and_says_what_the_whole_series_says(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where readings are missing at the edges: the one before a lot came stands for its first minutes."""
    store.stable("MED", model="q10", reference=5_000, ages_first=True)
    random, said = Random(7), [(-600 + at, str(5 + at % 17)) for at in range(595)]
    store.measure(sorted({*random.sample(said, 400), said[10]}))
    for number, minute in enumerate((-589.5, -310, -300)):
        at(store, minute, register(f"L{number}", "10"))
    at(store, -200, c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("L1-2", "4"),)))
    at(store, -60, register("L3", "10"))
    at(store, 0)
    window = ageing._windows
    bounded = aged(store)
    monkeypatch.setattr(ageing, "_windows", lambda watched: dict.fromkeys(window(watched), Span(0, 2**62)))
    assert bounded == aged(store) and len(bounded) == 5 and len(set(bounded.values())) == 4


def aged(store: Store) -> dict[str, int]:
    with store.engine.begin() as connection:
        ageing.refresh(connection, store.party_id, int(store.clock.at.timestamp() * 1000), all=True)
    return {str(number): int(str(ahead)) for number, ahead in store.all(
        "SELECT l.number, a.ahead_ms FROM warehouse.lot_ageing a JOIN warehouse.lot l ON l.id = a.lot_id")}  # fmt: skip


def of(store: Store, lot: str) -> Any:
    uri = store.one("SELECT l.uri FROM warehouse.lot l WHERE number = :lot AND party_id = :party", lot=lot,
                    party=store.party_id)[0]  # fmt: skip
    now = int(store.clock.at.timestamp() * 1000)
    with store.engine.connect() as connection:
        found = health.found(connection, store.party_id, str(uri))
        assert found is not None
        return health.record(connection, store.party_id, found, now)

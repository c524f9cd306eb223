"""Readings are kept exactly once, in any order; what cannot be is refused by name, and nothing else is lost by it."""

from itertools import count
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from service.domain.sensor_errors import BadReadings, ClockSkewed
from service.domain.sensors import MINUTE, Reading
from service.ledger.durably import durably
from service.sensors import keeping, readings
from service.sensors.keeping import At
from service.sensors.readings import Sender, Sent
from tests.service.sensors.world import Store

NUMBERS = count(1)


@pytest.fixture
def code(store: Store) -> str:
    """A sensor of the test's own, in the store of the module."""
    store.hang(made := f"T{next(NUMBERS)}", At(location="S1/B"))
    return made


def kept(store: Store, code: str) -> list[tuple[object, ...]]:
    query = """SELECT kind, at, value FROM warehouse.reading WHERE sensor_id =
        (SELECT id FROM warehouse.sensor WHERE code = :code) ORDER BY kind, at"""
    return [tuple(row) for row in store.all(query, code=code)]


def test_a_reading_that_is_sent_again_is_one_reading(store: Store, code: str) -> None:
    first = store.measure([(-2, "4.1"), (-1, "4.2")], code)
    again = store.measure([(-1, "4.2"), (0, "4.25"), (-2, "4.1")], code)
    assert (first.new, first.known, again.new, again.known) == (2, 0, 1, 2)
    values = ((-2, 4100), (-1, 4200), (0, 4250))
    assert kept(store, code) == [("temperature", store.minutes(at), value) for at, value in values]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.data())
def test_what_is_kept_does_not_depend_on_order_or_parcels(store: Store, data: st.DataObject) -> None:
    store.hang(sensor := f"H{next(NUMBERS)}", At(location="S1/B"))
    said = [(at, f"{at % 7}.5") for at in range(-12, 0)]
    order = data.draw(st.permutations(said))
    while order:
        many = data.draw(st.integers(1, len(order)))
        store.measure(order[:many], sensor)
        if data.draw(st.booleans()):
            store.measure(data.draw(st.permutations(order[:many])), sensor)
        order = order[many:]
    assert kept(store, sensor) == [("temperature", store.minutes(at), at % 7 * 1000 + 500) for at, _ in said]


@pytest.mark.parametrize(("at", "kind", "value", "field", "words"), [
    (3, "temperature", 4000, "time", "by our clock"),
    (-2000, "temperature", 4000, "time", "when the sensor got its first measuring point"),
    (-60_000_000, "temperature", 4000, "time", "at least"),  # a logger whose battery was changed: it is 1912
    (-1, "temperature", -327_680, "value", "-200 to 200 °C"),
    (-1, "humidity", 100_001, "value", "0 to 100 %"),
    (-1, "humidity", -1, "value", "0 to 100 %"),
])  # fmt: skip
def test_what_cannot_be_is_refused_by_name(
    store: Store, code: str, at: int, kind: str, value: int, field: str, words: str
) -> None:
    good = Sent(code, Reading(store.minutes(-1.5), "temperature", 4000))
    bad = Sent(code, Reading(store.minutes(at), kind, value))
    with pytest.raises(BadReadings) as refused:
        store.take([good, bad])
    told, = refused.value.where["readings"]
    assert told["index"] == 1 and told["field"] == field and words in told["expected"]
    assert kept(store, code) == []
    taken = store.take([good, bad], skip=True)
    assert taken.new == 1 and taken.refused == [told]


def test_the_edges_of_what_can_be_are_taken(store: Store, code: str) -> None:
    edges = [(2, -200_000), (-1, 200_000)]
    assert store.take([Sent(code, Reading(store.minutes(at), "temperature", value)) for at, value in edges]).new == 2


def test_another_value_for_the_same_time_is_refused_kept_or_in_the_same_parcel(store: Store, code: str) -> None:
    store.measure([(-1, "4.1")], code)
    with pytest.raises(BadReadings, match=r"expected 4\.1, which is kept"):
        store.measure([(-2, "4"), (-1, "4.2")], code)
    with pytest.raises(BadReadings):
        store.measure([(-3, "4"), (-3, "5")], code)
    assert len(kept(store, code)) == 1


def test_a_sensor_that_is_not_there_is_unknown_and_a_retired_one_says_nothing_new(store: Store, code: str) -> None:
    with pytest.raises(BadReadings, match="a sensor of yours"):
        store.measure([(-1, "4")], sensor="NOBODY")
    with store.engine.begin() as connection:
        keeping.change(connection, store.author, code, {"retired": True})
    store.measure([(-1, "4")], code)
    with pytest.raises(BadReadings, match="retired"):
        store.measure([(1, "4")], code)


def test_who_tells_a_wrong_clock_is_told_by_how_much() -> None:
    readings.check_clock(None, 0)
    readings.check_clock(5 * MINUTE, 0)
    with pytest.raises(ClockSkewed, match="360 s behind"):
        readings.check_clock(0, 6 * MINUTE)


def test_the_same_readings_from_two_gateways_at_once_are_kept_once(store: Store, code: str) -> None:
    sent = [Sent(code, Reading(store.minutes(-at), "temperature", 4000)) for at in range(200)]
    sender, taken = Sender(store.party_id, "tester", "api", store.start), list[int]()

    def bring() -> None:
        taken.append(durably(store.engine, lambda connection: readings.take(connection, sender, sent)).new)

    crew = [Thread(target=bring) for _ in range(4)]
    for thread in crew:
        thread.start()
    for thread in crew:
        thread.join()
    assert sorted(taken) == [0, 0, 0, 200] and len(kept(store, code)) == 200


def test_no_reading_is_ever_changed(store: Store, code: str) -> None:
    store.measure([(-1, "4")], code)
    for statement in ("UPDATE warehouse.reading SET value = 1", "DELETE FROM warehouse.reading"):
        with pytest.raises(DBAPIError, match="never changed"), store.engine.begin() as connection:
            connection.execute(text(statement))

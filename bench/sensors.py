"""Readings through the product's own way beside the same rows by one plain INSERT; sealing, judging, a lot's health.

The plain insert knows nothing: no doubles, no points, no bounds. Both write the same number of rows in parcels of 1,000
with a commit each, so both wait for the same disk.
"""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import uuid4

from sqlalchemy import Engine, text

from bench.genealogy import ORIGIN
from bench.rows import Row, Scale
from bench.stand import cluster, writable
from service import db
from service.audit.readings import readings_are_as_sealed
from service.domain import commands as c
from service.domain.sensors import Reading
from service.keys.keyring import Keyring
from service.ledger import (
    MovementRequest,
    NewItem,
    Scribe,
    create_item,
    create_location,
    create_party,
    create_site,
    record,
)
from service.people.changes import Author
from service.sensors import health, judging, keeping, limits, readings, sealing
from service.sensors.keeping import At, NewSensor
from service.sensors.readings import Sender, Sent

SENSORS, PARCEL, MINUTE = 20, 1_000, 60_000
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def measure(scale: Scale) -> Iterator[Row]:
    many = max(10_000, scale.entries // 5)
    with cluster() as server:
        engine = db.engine_for(writable(server, "bench"))
        store = _Store(engine)
        own, plain = store.bring(many), store.plainly(many)
        yield Row(f"{many:,} readings of {SENSORS} sensors, exactly once", many / own, "readings/s", "more", 2_000,
                  ("one plain INSERT for each parcel", many / plain))  # fmt: skip
        yield Row("the same brought again", many / store.bring(many), "readings/s")
        begun = perf_counter()
        sealed = store.seal()
        yield Row(f"{sealed:,} readings sealed", sealed / (perf_counter() - begun), "readings/s", "more", 10_000)
        yield Row("of a sheet", store.bytes() / sealed, "bytes a reading", "less", 60)
        begun = perf_counter()
        with engine.connect() as connection:
            assert list(readings_are_as_sealed(connection)) == []
        yield Row("the audit of them", sealed / (perf_counter() - begun), "readings/s")
        yield Row(f"one sensor of {many // SENSORS:,} readings judged from the first", store.judge(), "s", "less", 5)
        yield Row("the health of a lot over all of them", store.health(), "s", "less", 2)
        engine.dispose()


class _Store:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._scribe = Scribe(ORIGIN, Keyring(bytes(range(32))), lambda: NOW, os.urandom)
        self._begun = NOW - timedelta(days=300)
        self._author = Author(2, "bench", NOW, "bench")
        early = Scribe(ORIGIN, Keyring(bytes(range(32))), lambda: self._begun, os.urandom)
        with engine.begin() as connection:
            create_party(connection, early, "store", "Store")
            create_item(connection, "store", NewItem(code="I", name="Item"))
            create_site(connection, "store", "S", "Site", "Asia/Shanghai")
            create_location(connection, "store", "S", "A")
            self._party = int(connection.execute(text("SELECT id FROM warehouse.party")).scalar_one())
            self._author = Author(self._party, "bench", NOW, "bench")
            for number in range(SENSORS):
                at = At(location="S/A") if number == 0 else At(vehicle=f"V{number}")
                keeping.add(connection, self._author, NewSensor(
                    code=f"C{number}", name="x", kinds=["temperature"], at=at, interval_seconds=300,
                    since=self._begun))  # fmt: skip
            limits.set_zone(connection, self._author, At(location="S/A"), "temperature", low=2_000, high=8_000,
                            allowed_s=0, hysteresis=0)  # fmt: skip
        new = c.Register(to="S/A", lines=(c.NewLotLine("I", "L", "5"),))
        record(engine, early, [MovementRequest("store", "bench", uuid4(), new)])

    def bring(self, many: int) -> float:
        begun = perf_counter()
        for parcel in _parcels(many):
            sent = [Sent(f"C{sensor}", Reading(self._at(step), "temperature", value)) for sensor, step, value in parcel]
            with self._engine.begin() as connection:
                readings.take(connection, Sender(self._party, "bench", "api", _ms(NOW)), sent)
        return perf_counter() - begun

    def plainly(self, many: int) -> float:
        with self._engine.begin() as connection:
            connection.execute(text("CREATE TABLE plain (sensor int, kind text, at bigint, value int,"
                                    " PRIMARY KEY (sensor, kind, at))"))  # fmt: skip
        begun = perf_counter()
        for parcel in _parcels(many):
            with self._engine.begin() as connection:
                connection.execute(text("INSERT INTO plain SELECT s, 'temperature', t, v FROM unnest(CAST(:s AS int[]),"
                                        " CAST(:t AS bigint[]), CAST(:v AS int[])) AS r (s, t, v)"), {
                    "s": [each[0] for each in parcel], "t": [self._at(each[1]) for each in parcel],
                    "v": [each[2] for each in parcel]})  # fmt: skip
        return perf_counter() - begun

    def seal(self) -> int:
        upto, sealed = sealing.settled(self._engine), 0
        while True:
            with self._engine.begin() as connection:
                more = sealing.seal(connection, self._scribe, upto)
            if not more:
                return sealed
            sealed += more

    def bytes(self) -> int:
        query = "SELECT sum(pg_column_size(content)) FROM warehouse.reading_sheet"
        with self._engine.connect() as connection:
            return int(connection.execute(text(query)).scalar_one())

    def judge(self) -> float:
        begun = perf_counter()
        with self._engine.begin() as connection:
            sensor = connection.execute(text("SELECT id FROM warehouse.sensor WHERE code = 'C0'")).scalar_one()
            judging.judge(connection, self._scribe, self._party, sensor)
        return perf_counter() - begun

    def health(self) -> float:
        begun = perf_counter()
        with self._engine.connect() as connection:
            uri = connection.execute(text("SELECT uri FROM warehouse.lot")).scalar_one()
            lot = health.found(connection, self._party, uri)
            assert lot is not None
            told: dict[str, Any] = health.record(connection, self._party, lot, _ms(NOW))
        assert told["temperature"]["readings"] > 0
        return perf_counter() - begun

    def _at(self, step: int) -> int:
        return _ms(self._begun) + step * MINUTE


def _parcels(many: int) -> Iterator[list[tuple[int, int, int]]]:
    """Sensor, minute and value; beyond the limits in ten of a thousand."""
    for first in range(0, many, PARCEL):
        yield [(at % SENSORS, 5 + at // SENSORS, 9_000 if at // SENSORS % 1000 < 10 else 4_000 + at * 7 % 2_000)
               for at in range(first, min(first + PARCEL, many))]  # fmt: skip


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)

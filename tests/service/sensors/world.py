"""The small world of the ledger with a cold store in it: sensors, readings minute by minute, and an audit."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Engine

from anchoring import Finding
from service.audit.warehouse import audit_warehouse
from service.domain.sensors import Reading, parse_measure
from service.ledger.desk import Desk
from service.people.changes import Author
from service.sensors import holding, judging, keeping, limits, readings, sealing
from service.sensors.keeping import At, NewSensor
from service.sensors.readings import Sender, Sent, Taken
from tests.service.ledger.world import ORIGIN, World

MINUTE = 60_000


class Store(World):
    """`maker` has sensor C at S1/A (both kinds) since a day before the clock's noon; `start` is that noon."""

    def __init__(self, engine: Engine, within: World | None = None) -> None:
        """`within`: a world that is furnished already, whose clock it shares."""
        super().__init__(engine)
        if within is not None:
            self.clock, self.scribe = within.clock, within.scribe
        self.start = int(self.clock.at.timestamp() * 1000)
        self.party_id = int(self.one("SELECT id FROM warehouse.party WHERE code = 'maker'")[0])
        self.hang("C", At(location="S1/A"))

    @property
    def author(self) -> Author:
        return Author(self.party_id, "tester/u-1", self.clock.at, "as agreed")

    def minutes(self, minutes: float) -> int:
        """Of the day, since noon, as readings have it."""
        return self.start + round(minutes * MINUTE)

    def turn(self, minutes: float) -> None:
        """It is so many minutes past noon."""
        self.clock.at = datetime.fromtimestamp(self.minutes(minutes) / 1000, self.clock.at.tzinfo)

    def hang(self, code: str, at: At, *, kinds: tuple[str, ...] = ("temperature", "humidity"), hours: int = 24) -> None:
        new = NewSensor(code=code, name=code, kinds=kinds, at=at, interval_seconds=60,
                        since=self.clock.at - timedelta(hours=hours))  # fmt: skip
        with self.engine.begin() as connection:
            keeping.add(connection, self.author, new)

    def limit(self, low: str | None, high: str | None, *, at: At | None = None, allowed: int = 0,
              hysteresis: str = "0", kind: str = "temperature") -> None:  # fmt: skip
        with self.engine.begin() as connection:
            where, room = at or At(location="S1/A"), parse_measure(hysteresis)
            limits.set_zone(connection, self.author, where, kind, low=_units(low), high=_units(high),
                            allowed_s=allowed * 60, hysteresis=room)  # fmt: skip

    def stable(self, item: str, **wanted: Any) -> None:
        with self.engine.begin() as connection:
            limits.set_stability(connection, self.author, item, wanted)

    def measure(self, said: Iterable[tuple[float, str]], sensor: str = "C", kind: str = "temperature") -> Taken:
        """Minutes past noon and values."""
        sent = [Sent(sensor, Reading(self.minutes(at), kind, parse_measure(value))) for at, value in said]
        return self.take(sent)

    def take(self, sent: list[Sent], *, skip: bool = False) -> Taken:
        now = int(self.clock.at.timestamp() * 1000)
        with self.engine.begin() as connection:
            return readings.take(connection, Sender(self.party_id, "tester", "api", now), sent, skip=skip)

    def judge(self, sensor: str = "C") -> list[int]:
        id = int(self.one("SELECT id FROM warehouse.sensor WHERE code = :code", code=sensor)[0])
        with self.engine.begin() as connection:
            return judging.judge(connection, self.scribe, self.party_id, id)

    def hold(self) -> list[UUID | None]:
        held = []
        with self.engine.begin() as connection:
            for number in holding.to_hold(connection, self.party_id):
                held.append(holding.hold(Desk(connection, self.scribe, self.party_id, "maker", "sensors"), number))
        return held

    def excursions(self) -> list[Any]:
        return self.all("SELECT *, (SELECT array_agg(l.number ORDER BY l.number) FROM warehouse.excursion_lot x"
                        " JOIN warehouse.lot l ON l.id = x.lot_id WHERE x.excursion = e.number) AS lots"
                        " FROM warehouse.excursion e ORDER BY began_at, number")  # fmt: skip

    def seal(self) -> int:
        upto = sealing.settled(self.engine)
        with self.engine.begin() as connection:
            return sealing.seal(connection, self.scribe, upto)

    def findings(self) -> list[Finding]:
        with self.engine.connect() as connection:
            return list(audit_warehouse(connection, ORIGIN))


def _units(text: str | None) -> int | None:
    return None if text is None else parse_measure(text)

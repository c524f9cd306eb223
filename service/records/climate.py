"""China GSP: the record of temperature and humidity (温湿度记录), one row for each moment of each sensor.

What is missing is a row too: where two records are farther apart than the rule allows (30 minutes in a store, 5 on a
vehicle, 2 while limits are exceeded), and from the last record to now. Such a row has no temperature, so the list of
what the record lacks names each gap. The proof is that of the notice of the log under which the reading is sealed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from service.domain.exposure import Span
from service.domain.sensors import EXCURSION_MINUTES, KINDS, MINUTE, format_measure, interval_ms
from service.ledger.moments import moment
from service.papers.words import Words
from service.records.gsp import twin
from service.records.proof import FIELDS as PROOF
from service.records.proof import Proofs
from service.records.record import RECORDING, Field, Fix, Record, always, field
from service.reports.report import STREAM, Asked, Row, milliseconds
from service.sensors import health, lineage

BLOCK = 1000
_RULE = "药品经营质量管理规范 (GSP) 附录: 温湿度自动监测"


def rows(connection: Connection, asked: Asked) -> Iterator[Row]:
    """By time, then by sensor; `after` is the entry of the last row seen."""
    return islice(_Record(connection, asked).rows(), asked.limit)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A sensor of the party, with what was said of it."""

    id: int
    code: str
    name: str
    kinds: tuple[str, ...]
    calibration_due: Any
    retired_at: datetime | None


class _Record:
    def __init__(self, connection: Connection, asked: Asked) -> None:
        self._connection, self._asked = connection, asked
        values = asked.values
        self._first = milliseconds(values["from_"]) if values.get("from_") else 0
        self._last = min(milliseconds(values["to"]) if values.get("to") else asked.milliseconds, asked.milliseconds)
        party = {"party": asked.party_id}
        self._sensors = {row.id: _Seen(row.id, row.code, row.name, tuple(row.said), row.calibration_due, row.retired_at)
                         for row in connection.execute(_SENSORS, party)}  # fmt: skip
        self._points: dict[int, list[Any]] = {}
        for row in connection.execute(_POINTS, party):
            self._points.setdefault(row.sensor_id, []).append(row)
        self._beyond: dict[int, list[Span]] = {}
        for row in connection.execute(_EXCURSIONS, party):
            self._beyond.setdefault(row.sensor_id, []).append(Span(row.began_at, row.until))
        self._watched = self._of_lot(values.get("lot"))
        self._newest: dict[int, int] = {}
        self._after = (self._first, -1)
        if asked.after:
            at, sensor = asked.after.split("-")
            self._after = int(at), int(sensor)

    def rows(self) -> Iterator[Row]:
        at, sensor = self._after
        values = {"sensors": list(self._sensors), "first": self._first, "last": self._last, "at": at, "sensor": sensor}
        for row in self._connection.execute(_NEWEST, values):
            self._newest[row.sensor_id] = row.at
        found = self._connection.execute(_READINGS, values, execution_options=STREAM)
        for block in found.partitions(BLOCK):
            yield from self._block(list(block))
        for id in self._sensors:
            yield from self._silence(id)

    def _block(self, block: list[Any]) -> Iterator[Row]:
        notices = {row.number: row.notice for row in self._connection.execute(
            _NOTICES, {"numbers": [row.number for row in block]})}
        proofs = Proofs(self._connection, self._asked.origin, {bytes(each) for each in notices.values() if each})
        for row in block:
            yield from self._gap(row.sensor_id, self._newest.get(row.sensor_id), row.at)
            self._newest[row.sensor_id] = row.at
            if self._concerns(row.sensor_id, row.at):
                yield self._row(row, notices[row.number], proofs)

    def _row(self, row: Any, notice: bytes | None, proofs: Proofs) -> Row:
        values = {kind: None if getattr(row, kind) is None else format_measure(getattr(row, kind)) for kind in KINDS}
        proof = {"record_hash": None, "record_status": "not sealed yet"} if notice is None else proofs.of_notice(
            bytes(notice))
        return self._told(row.sensor_id, row.at) | values | {
            "state": "超限 · beyond limits" if self._is_beyond(row.sensor_id, row.at) else None,
            "recorded_at": moment(row.received_at), **proof,
        }  # fmt: skip

    def _gap(self, sensor: int, before: int | None, at: int) -> Iterator[Row]:
        """A row for the time without a record, if it was too long; it stands a millisecond before its end."""
        if before is None or not self._concerns(sensor, before) or (at - 1, sensor) <= self._after:
            return
        allowed = EXCURSION_MINUTES * MINUTE if self._is_beyond(sensor, before) else interval_ms(
            self._point(sensor, before).vehicle is not None)
        if at - before > allowed:
            told = self._told(sensor, at)
            said = f"{(at - before) // MINUTE} min, at most {allowed // MINUTE}"
            yield told | {"reading": f"{at - 1}-{sensor}", "gap": said, "record_hash": None, "record_status": "missing",
                          **dict.fromkeys(KINDS),
                          "_gap": f"{told['device']}: {moment(before).isoformat(timespec='seconds')} to "
                                  f"{moment(at).isoformat(timespec='seconds')}, {said}"}  # fmt: skip

    def _silence(self, sensor: int) -> Iterator[Row]:
        """From the last record to the end of the period, or to when the sensor was retired."""
        retired = self._sensors[sensor].retired_at
        until = self._last if retired is None else min(self._last, milliseconds(retired))
        yield from self._gap(sensor, self._newest.get(sensor), until)

    def _told(self, sensor: int, at: int) -> Row:
        seen, point = self._sensors[sensor], self._point(sensor, at)
        local = moment(at).astimezone(ZoneInfo(point.zone or "Asia/Shanghai"))
        return {
            "reading": f"{at}-{sensor}", "date": local.date(), "time": f"{local:%H:%M:%S%z}",
            "point": f"{point.location or point.site or point.vehicle} ({seen.name})",
            "zone": point.vehicle or point.area, "device": seen.code, "calibration_due": seen.calibration_due,
            "state": None, "gap": None, "_measures": seen.kinds, "_gap": seen.code, "movement": None,
            "recorded_at": None, "added_later": None,
        }  # fmt: skip

    def _point(self, sensor: int, at: int) -> Any:
        points = self._points[sensor]
        return next((point for point in reversed(points) if point.since <= at), points[0])

    def _is_beyond(self, sensor: int, at: int) -> bool:
        return any(span.since <= at < span.until for span in self._beyond.get(sensor, ()))

    def _concerns(self, sensor: int, at: int) -> bool:
        if self._watched is None:
            return True
        return any(span.since <= at < span.until for span in self._watched.get(sensor, ()))

    def _of_lot(self, uri: str | None) -> dict[int, list[Span]] | None:
        """Which sensors watched the lot when; None where no lot is asked for."""
        if uri is None:
            return None
        lot = health.found(self._connection, self._asked.party_id, uri)
        found: dict[int, list[Span]] = {}
        for kind in KINDS if lot is not None else ():
            stays = lineage.lives(self._connection, self._asked.party_id, lot.id)  # type: ignore[union-attr]
            for _, watch, span in lineage.exposures(self._connection, self._asked.party_id, kind, stays,
                                                    self._asked.milliseconds):  # fmt: skip
                found.setdefault(watch.sensor, []).append(span)
        return found


_SENSORS = text("SELECT s.*, s.kinds::text[] AS said FROM warehouse.sensor s WHERE party_id = :party ORDER BY id")
_POINTS = text("""
    SELECT p.sensor_id, p.since, p.vehicle, s.code || '/' || c.code AS location, t.code AS site,
        coalesce(s.name, t.name) AS area, coalesce(s.zone, t.zone) AS zone
    FROM warehouse.sensor_point p
    LEFT JOIN warehouse.location c ON c.id = p.location_id LEFT JOIN warehouse.site s ON s.id = c.site_id
    LEFT JOIN warehouse.site t ON t.id = p.site_id WHERE p.party_id = :party ORDER BY p.sensor_id, p.since
""")
_EXCURSIONS = text("""
    SELECT sensor_id, began_at, coalesce(ended_at, last_at + 1) AS until FROM warehouse.excursion
    WHERE party_id = :party
""")
_NEWEST = text("""
    SELECT s.id AS sensor_id, (SELECT max(at) FROM warehouse.reading WHERE sensor_id = s.id
        AND (at, s.id) <= (:at, :sensor) AND at >= :first) AS at
    FROM unnest(CAST(:sensors AS bigint[])) AS s (id) WHERE CAST(:sensor AS bigint) >= 0
""")
_READINGS = text("""
    SELECT r.sensor_id, r.at, max(r.value) FILTER (WHERE r.kind = 'temperature') AS temperature,
        max(r.value) FILTER (WHERE r.kind = 'humidity') AS humidity, max(r.number) AS number,
        max(b.received_at) AS received_at
    FROM warehouse.reading r JOIN warehouse.reading_batch b ON b.number = r.batch
    WHERE r.sensor_id = ANY(:sensors) AND r.at >= :first AND r.at < :last AND (r.at, r.sensor_id) > (:at, :sensor)
    GROUP BY r.sensor_id, r.at ORDER BY r.at, r.sensor_id
""")
_NOTICES = text("""
    SELECT number, warehouse.reading_notice(number) AS notice FROM unnest(CAST(:numbers AS bigint[])) AS n (number)
""")

_FILE = Fix("readings", "_gap")
FIELDS: tuple[Field, ...] = (
    field("reading", "Entry", "条目", "time and sensor", width=18),
    field("date", "Date", "日期", "time of the reading at the site", always, RECORDING, kind="day", width=11),
    field("time", "Time", "时间", "the same, with the offset of the site's clock", always, RECORDING, width=13),
    field("temperature", "Temperature °C", "温度 ℃", "reading",
          lambda row: "temperature" in row["_measures"] or row["gap"] is not None, _FILE, kind="quantity", width=9),
    field("humidity", "Relative humidity %", "相对湿度 %", "reading", lambda row: "humidity" in row["_measures"], _FILE,
          kind="quantity", width=9),
    field("point", "Measuring point", "测点位置", "where the sensor hung then", always, RECORDING, width=20),
    field("zone", "Area or vehicle", "库区/运输工具", "site of the measuring point, or vehicle", always, RECORDING,
          width=14),
    field("device", "Device", "测点终端", "sensor", always, RECORDING, width=10),
    field("calibration_due", "Calibration due", "校准有效期至", "sensor", kind="day", width=11),
    field("state", "State", "状态", "excursions of this sensor then", width=12),
    field("gap", "Without a record", "记录间隔超限", "farther apart than 30 minutes, on a vehicle 5, beyond limits 2",
          width=16),
    *PROOF,
)  # fmt: skip


CLIMATE = Record(
    "gsp-climate", Words("GSP temperature and humidity record", "温湿度记录"), _RULE, tuple(map(twin, FIELDS)), rows,
    ("csv", "xlsx", "pdf"), key="reading",
    unconfirmed=Words(
        "the update of what a screen shows each minute, the places and number of measuring points and the calibration"
        " were not compared with the text; of an alarm only the number of its receivers is known",
        "屏幕每分钟更新、测点位置与数量、校准未与原文比对；报警仅知接收方数量"),
)  # fmt: skip

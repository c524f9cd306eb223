"""Sensors of a party: what they are, and where each measures since when."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from service.domain.errors import BadName, ThingExists, UnknownThing
from service.domain.identifiers import check_code, check_text
from service.domain.sensor_errors import PointUnsettled
from service.domain.sensors import KINDS, Point, told
from service.people import changes
from service.people.changes import Author
from service.reports.report import milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class At:
    """Where a sensor measures, or for what limits hold: exactly one of `SITE/LOC`, a site, a vehicle."""

    location: str | None = None
    site: str | None = None
    vehicle: str | None = None

    @property
    def name(self) -> str:
        return self.location or self.site or f"vehicle {self.vehicle}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSensor:
    """`interval_seconds`: how often it records. `uri`: by which EPCIS events name the device."""

    code: str
    name: str
    kinds: Sequence[str]
    at: At
    interval_seconds: int
    since: datetime | None = None
    calibration_due: date | None = None
    uri: str | None = None


class Place(dict[str, Any]):
    """The columns of a measuring point: location_id, site_id, vehicle; one of them is not None."""


def add(connection: Connection, author: Author, new: NewSensor) -> None:
    """With its first measuring point. Raises ThingExists, UnknownThing, BadName, BadText."""
    check_code("sensor", new.code)
    check_text("name", new.name)
    if not new.kinds or len(set(new.kinds)) != len(new.kinds):
        raise BadName("kinds", f"each of {', '.join(KINDS)} at most once", ", ".join(new.kinds))
    place = place_of(connection, author.party_id, new.at)
    made = connection.execute(_ADD, {
        "party": author.party_id, "code": new.code, "name": new.name, "kinds": list(new.kinds),
        "interval": new.interval_seconds, "due": new.calibration_due, "uri": new.uri, "at": author.at,
    }).scalar()  # fmt: skip
    if made is None:
        raise ThingExists("sensor or device URI", new.code)
    since = _not_later(new.since or author.at, author.at)
    connection.execute(_HANG, {"party": author.party_id, "sensor": made, "since": since, **place})
    told_of = {"name": new.name, "kinds": list(new.kinds), "point": new.at.name, "since": told(since),
               "interval_seconds": new.interval_seconds, "calibration_due": new.calibration_due, "uri": new.uri}
    changes.keep_new(connection, author, "sensor", new.code, told_of)


def move(connection: Connection, author: Author, code: str, at: At, since: datetime | None) -> None:
    """Another measuring point from `since` on, which is after its newest reading and the point before.

    Raises UnknownThing, PointUnsettled, BadName.
    """
    sensor = locked(connection, author.party_id, code)
    moment = _not_later(since or author.at, author.at)
    last = connection.execute(_SETTLED, {"sensor": sensor.id}).one()
    if moment <= max(last.newest, last.since):
        raise PointUnsettled(code, told(max(last.newest, last.since)), told(moment))
    before = points(connection, [sensor.id])[sensor.id][-1]
    place = place_of(connection, author.party_id, at)
    connection.execute(_HANG, {"party": author.party_id, "sensor": sensor.id, "since": moment, **place})
    connection.execute(DUE, {"sensor": sensor.id, "party": author.party_id, "since": moment - 1})
    moved = {"point": (before.name, at.name), "since": (told(before.since), told(moment))}
    changes.keep(connection, author, "sensor", code, moved)


def change(connection: Connection, author: Author, code: str, wanted: Mapping[str, Any]) -> None:
    """`name`, `interval_seconds`, `calibration_due`, `retired`. Raises UnknownThing, BadText."""
    sensor = locked(connection, author.party_id, code)
    if "name" in wanted:
        check_text("name", wanted["name"])
    now = {"name": sensor.name, "interval_seconds": sensor.interval_s, "calibration_due": sensor.calibration_due,
           "retired": sensor.retired_at is not None}  # fmt: skip
    made = {name: (now[name], value) for name, value in wanted.items() if value != now[name]}
    if made:
        values = now | wanted
        retired = (sensor.retired_at or author.at) if values["retired"] else None
        connection.execute(_CHANGE, {
            "id": sensor.id, "name": values["name"], "interval": values["interval_seconds"],
            "due": values["calibration_due"], "retired": retired,
        })  # fmt: skip
        connection.execute(DUE, {"sensor": sensor.id, "party": author.party_id, "since": milliseconds(author.at) - 1})
        plain = {name: (_plain(old), _plain(new)) for name, (old, new) in made.items()}
        changes.keep(connection, author, "sensor", code, plain)


def place_of(connection: Connection, party_id: int, at: At) -> Place:
    """Raises UnknownThing, and BadName unless exactly one is said."""
    said = [name for name in ("location", "site", "vehicle") if getattr(at, name) is not None]
    if len(said) != 1:
        raise BadName("at", "exactly one of location, site, vehicle", ", ".join(said) or "none")
    found = Place(location_id=None, site_id=None, vehicle=None)
    if at.vehicle is not None:
        found["vehicle"] = check_code("vehicle", at.vehicle)
        return found
    query, name = (_LOCATION, at.location) if at.location is not None else (_SITE, at.site)
    site, _, code = str(name).partition("/")
    id = connection.scalar(query, {"party": party_id, "site": site, "code": code})
    if id is None:
        raise UnknownThing(said[0], str(name))
    found[f"{said[0]}_id"] = id
    return found


def locked(connection: Connection, party_id: int, code: str) -> Row[Any]:
    """The party's sensor, ours until the commit; raises UnknownThing."""
    found = connection.execute(_LOCK, {"party": party_id, "codes": [code]}).one_or_none()
    if found is None:
        raise UnknownThing("sensor", code)
    return found


def known(connection: Connection, party_id: int, codes: Collection[str]) -> dict[str, Row[Any]]:
    """By code; those that the party does not have are not in it."""
    return {row.code: row for row in connection.execute(_KNOWN, {"party": party_id, "codes": list(codes)})}


def points(connection: Connection, sensors: Collection[int]) -> dict[int, list[Point]]:
    """Where each measured, the oldest first."""
    found: dict[int, list[Point]] = {id: [] for id in sensors}
    for row in connection.execute(_POINTS, {"sensors": list(sensors)}):
        found[row.sensor_id].append(Point(row.id, row.since, row.location, row.site, row.vehicle))
    return found


def _not_later(since: datetime, now: datetime) -> int:
    if since > now:
        raise BadName("since", f"at most {now.isoformat(timespec='seconds')}", since.isoformat(timespec="seconds"))
    return milliseconds(since)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, date) else value


_ADD = text("""
    INSERT INTO warehouse.sensor (party_id, code, name, kinds, interval_s, calibration_due, uri, created_at)
    VALUES (:party, :code, :name, CAST(CAST(:kinds AS text[]) AS warehouse.reading_kind[]), :interval, :due, :uri, :at)
    ON CONFLICT DO NOTHING RETURNING id
""")
_HANG = text("""
    INSERT INTO warehouse.sensor_point (party_id, sensor_id, since, location_id, site_id, vehicle)
    VALUES (:party, :sensor, :since, :location_id, :site_id, :vehicle)
""")
_CHANGE = text("""
    UPDATE warehouse.sensor SET name = :name, interval_s = :interval, calibration_due = :due, retired_at = :retired
    WHERE id = :id
""")
_KNOWN = text("""
    SELECT s.*, s.kinds::text[] AS said FROM warehouse.sensor s WHERE party_id = :party AND code = ANY(:codes)
""")
_LOCK = text(f"{_KNOWN.text} FOR NO KEY UPDATE")
_SETTLED = text("""
    SELECT coalesce((SELECT max(at) FROM warehouse.reading WHERE sensor_id = :sensor), -1) AS newest,
        (SELECT max(since) FROM warehouse.sensor_point WHERE sensor_id = :sensor) AS since
""")
DUE = text("""
    INSERT INTO warehouse.sensor_due (sensor_id, party_id, since) VALUES (:sensor, :party, :since)
    ON CONFLICT (sensor_id) DO UPDATE SET since = least(sensor_due.since, excluded.since)
""")
_POINTS = text("""
    SELECT p.id, p.sensor_id, p.since, s.code || '/' || l.code AS location, t.code AS site, p.vehicle
    FROM warehouse.sensor_point p
    LEFT JOIN warehouse.location l ON l.id = p.location_id LEFT JOIN warehouse.site s ON s.id = l.site_id
    LEFT JOIN warehouse.site t ON t.id = p.site_id
    WHERE p.sensor_id = ANY(:sensors) ORDER BY p.sensor_id, p.since
""")
_LOCATION = text("""
    SELECT l.id FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id
    WHERE l.party_id = :party AND s.code = :site AND l.code = :code
""")
_SITE = text("SELECT id FROM warehouse.site WHERE party_id = :party AND code = :site AND :code = ''")

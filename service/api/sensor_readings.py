"""Readings come in and are shown; excursions; the health of lots."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Response
from sqlalchemy import Connection, text

from service.api import sensor_schemas as shapes
from service.api.door import Body, Door, Upload
from service.api.epcis_exchange import MEDIA, wanted_media, wanted_urns
from service.api.epcis_speech import check_versions
from service.api.fields import Uuid
from service.api.house import House
from service.api.load import compiled
from service.api.problem import Problem, forbidden, not_found
from service.api.sensors import one
from service.auth.keys import Caller
from service.auth.permissions import sites_where
from service.domain.sensors import KINDS, Reading
from service.epcis.documents import Document, write
from service.epcis.store import record_time
from service.exchange.sheets import Unreadable
from service.ledger.durably import durably
from service.reports.report import milliseconds
from service.sensors import epcis, excursions, health, keeping, logger, reading, readings
from service.sensors.readings import Sender, Sent, Taken

_MINE = ("party",)
READINGS_LIMIT = 4_000_000
FILE = Upload(4_000_000, ("text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))
WINDOW = timedelta(days=1)
MOST_TOLD = timedelta(days=31)


def door(house: House) -> Door:
    made = house.door("readings", "What sensors measured, where it was beyond the limits, and what lots went through")
    _bring(made, house)
    _show(made, house)
    _tell(made, house)
    _excursions(made, house)
    return made


def _bring(made: Door, house: House) -> None:
    @made.operation("POST", "/readings", roles=_MINE, problems=(409,), answers={200: shapes.TakenReadings},
                    body=Body(compiled(shapes.NewReadings), shapes.NewReadings, READINGS_LIMIT))  # fmt: skip
    def add_readings(caller: Caller, body: dict[str, Any]) -> Any:
        """Bring readings, of any of your sensors, up to 20,000 at once

        A reading is known by its sensor, kind and time: sent again it changes nothing, with another value it is
        refused. Late ones and any order are welcome. Refused are values that no such sensor measures, times ahead of
        our clock, and times before the sensor had a measuring point; then nothing is kept, or with `on_error` skip all
        the others.
        """
        now = milliseconds(house.now())
        readings.check_clock(milliseconds(body["sent_at"]) if "sent_at" in body else None, now)
        return _taken(house, caller, "api", list(_sent(body["readings"])), body["on_error"] == "skip")

    @made.operation("POST", "/sensors/<code>/readings", roles=_MINE, path=shapes.CODE, query=shapes.LoggerQuery,
                    body=FILE, problems=(409,), answers={200: shapes.TakenReadings})  # fmt: skip
    def upload_logger(caller: Caller, code: str, query: dict[str, Any], body: bytes) -> Any:
        """Bring the file of a logger: CSV or XLSX with the columns time, temperature, humidity

        Times without an offset are those of the site's clock. `index` of what is refused is the row of the file.
        """
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            one(connection, house, caller.party_id, code)
            zone = connection.scalar(_ZONE, {"party": caller.party_id, "code": code}) or "UTC"
        try:
            rows = logger.readings(body, zone)
        except Unreadable as why:
            raise Problem(422, "unreadable-file", str(why)) from None
        sent = [Sent(code, row.reading) for row in rows]
        taken = _taken(house, caller, "csv", sent, query["on_error"] == "skip")
        for refused in taken["refused"]:
            refused["index"] = rows[refused["index"]].number
        return taken


def _sent(said: Sequence[dict[str, Any]]) -> Any:
    for each in said:
        at = milliseconds(each["time"])
        kinds = [kind for kind in KINDS if kind in each]
        if not kinds:
            raise Problem(422, "wrong-shape", "expected temperature or humidity or both in each reading, got neither",
                          expected="temperature or humidity", seen="neither")  # fmt: skip
        yield from (Sent(each["sensor"], Reading(at, kind, each[kind])) for kind in kinds)


def _taken(house: House, caller: Caller, source: str, sent: list[Sent], skip: bool) -> dict[str, Any]:
    """Kept durably, then judged; whatever judging cannot do now is done within seconds."""
    assert caller.party_id is not None and caller.party is not None
    party = caller.party_id
    _check_sites(house, caller, {each.sensor for each in sent})
    sender = Sender(party, caller.actor, source, milliseconds(house.now()))
    taken: Taken = durably(house.writer, lambda connection: readings.take(connection, sender, sent, skip=skip))
    if taken.sensors:
        house.watcher.soon(party, caller.party)
    with house.engine.connect() as connection:
        open = [id for id, in connection.execute(_OPEN, {"sensors": list(taken.sensors)})]
    return {"new": taken.new, "known": taken.known, "refused": taken.refused, "excursions": open}


def _check_sites(house: House, caller: Caller, codes: set[str]) -> None:
    """A key whose role counts at some sites brings readings of the sensors there, and of no vehicle."""
    sites = sites_where(caller, "add_readings")
    if sites is None:
        return
    with house.engine.connect() as connection:
        for row in connection.execute(_SITES, {"party": caller.party_id, "codes": list(codes)}):
            if row.site not in sites:
                seen = row.site or "a vehicle"
                raise forbidden(f"sensor {row.code}: expected one at {' or '.join(sorted(sites))}, it is at {seen}",
                                expected=sorted(sites), seen=seen)  # fmt: skip


def _show(made: Door, house: House) -> None:
    @made.operation("GET", "/sensors/<code>/readings", roles=_MINE, path=shapes.CODE, query=shapes.SeriesQuery,
                    answers={200: shapes.Series})  # fmt: skip
    def list_readings(caller: Caller, code: str, query: dict[str, Any]) -> Any:
        """The readings of a sensor in the order of their times; of the last day if nothing is said"""
        assert caller.party_id is not None
        last = query.get("to", house.now() + timedelta(minutes=5))
        first = query.get("from_", last - WINDOW)
        with house.engine.connect() as connection:
            sensor = _sensor(connection, caller.party_id, code)
            rows = reading.series(connection, sensor, query.get("kind"), milliseconds(first), milliseconds(last),
                                  query["limit"] + 1)  # fmt: skip
        told = [reading.told(row) for row in rows]
        more = told.pop()["time"] if len(told) > query["limit"] else None
        if more is not None:  # both kinds of one moment are on one page
            told = [each for each in told if each["time"] < more] or told
        return {"readings": told, "next": more}

    @made.operation("GET", "/lots/health", roles=_MINE, query=shapes.LotQuery, answers={200: shapes.Health},
                    problems=(404,))  # fmt: skip
    def read_health(caller: Caller, query: dict[str, Any]) -> Any:
        """What a lot went through: readings at the places where it was, while it was there, and what follows

        Minimum, maximum, mean, mean kinetic temperature (USP <1079.2>), time beyond the item's range, and, where the
        item has a model, how far the lot has aged. Also what it went through before it was split or merged.
        """
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            lot = health.found(connection, caller.party_id, query["lot"])
            if lot is None:
                raise not_found("lot", query["lot"])
            return health.record(connection, caller.party_id, lot, milliseconds(house.now()))


def _tell(made: Door, house: House) -> None:
    @made.operation("GET", "/sensors/<code>/events", roles=_MINE, path=shapes.CODE, query=shapes.EventsQuery,
                    problems=(406,), answers={200: MEDIA})  # fmt: skip
    def tell_readings(caller: Caller, code: str, query: dict[str, Any]) -> Response:
        """The readings of a sensor as EPCIS events, one `sensor_reporting` for each hour, in JSON or XML

        Up to 31 days at once.
        """
        check_versions()
        media, urns = wanted_media(), wanted_urns()
        assert caller.party_id is not None
        if not timedelta() <= query["to"] - query["from_"] <= MOST_TOLD:
            raise Problem(422, "no-such-period", "expected a period of at most 31 days that ends after it begins")
        with house.engine.connect() as connection:
            _sensor(connection, caller.party_id, code)
            told = epcis.events(connection, caller.party_id, code, milliseconds(query["from_"]),
                                milliseconds(query["to"]))  # fmt: skip
        document = Document(told, creation_date=record_time(house.now()))
        return Response(write(document, media, cbv_urns=urns), content_type=media)


def _excursions(made: Door, house: House) -> None:
    @made.operation("GET", "/excursions", roles=_MINE, query=shapes.ExcursionQuery, answers={200: shapes.Excursions})
    def list_excursions(caller: Caller, query: dict[str, Any]) -> Any:
        """List excursions, the newest first: what was beyond which limits, which lots were there, what holds them"""
        assert caller.party_id is not None
        asked = {name: query.get(name) for name in ("sensor", "lot", "after")}
        open = None if "open" not in query else query["open"] == "true"
        with house.engine.connect() as connection:
            found = excursions.listed(connection, caller.party_id, open=open, limit=query["limit"], **asked)
        return {"excursions": found, "next": found[-1]["id"] if len(found) == query["limit"] else None}

    @made.operation("GET", "/excursions/<id>", roles=_MINE, path={"id": Uuid()}, answers={200: shapes.Excursion})
    def read_excursion(caller: Caller, id: UUID) -> Any:
        """An excursion with the lots that were there"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            found = excursions.one(connection, caller.party_id, id)
        if found is None:
            raise not_found("excursion", str(id))
        return found


def _sensor(connection: Connection, party_id: int, code: str) -> int:
    found = keeping.known(connection, party_id, [code])
    if code not in found:
        raise not_found("sensor", code)
    return int(found[code].id)


_OPEN = text("SELECT id FROM warehouse.excursion WHERE sensor_id = ANY(:sensors) AND ended_at IS NULL ORDER BY number")
_ZONE = text("""
    SELECT coalesce(z.zone, t.zone) FROM warehouse.sensor s JOIN warehouse.sensor_point p ON p.sensor_id = s.id
    LEFT JOIN warehouse.location c ON c.id = p.location_id LEFT JOIN warehouse.site z ON z.id = c.site_id
    LEFT JOIN warehouse.site t ON t.id = p.site_id
    WHERE s.party_id = :party AND s.code = :code ORDER BY p.since DESC LIMIT 1
""")
_SITES = text("""
    SELECT DISTINCT ON (s.id) s.code, coalesce(z.code, t.code) AS site
    FROM warehouse.sensor s JOIN warehouse.sensor_point p ON p.sensor_id = s.id
    LEFT JOIN warehouse.location c ON c.id = p.location_id LEFT JOIN warehouse.site z ON z.id = c.site_id
    LEFT JOIN warehouse.site t ON t.id = p.site_id
    WHERE s.party_id = :party AND s.code = ANY(:codes) ORDER BY s.id, p.since DESC
""")

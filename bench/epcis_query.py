"""EPCIS queries at a million events, beside the plainest SQL on the same JSON with the same indexes.

Questions are asked as the web process asks them, with its login and under row-level security; the SQL beside them as
the owner of the tables.

A tenth of the events makes lots out of lots, so that there is something to trace; one lot in a thousand is in a
hundred times as many events as the others. Percentiles of questions about lots that the dice choose.
"""

import random
from collections.abc import Callable, Iterator
from time import perf_counter

from sqlalchemy import Connection, Engine, text

from bench.rows import Row, Scale
from bench.stand import cluster, writable
from service import db, standpoint
from service.epcis.query import parameters, reading
from service.epcis.query.compiling import Reader
from service.epcis.query.parameters import Given, Spelling
from service.local.postgres import Cluster
from service.roles import making
from service.roles.grants import WEB
from service.roles.logins import WEB_LOGIN
from service.standpoint import Standpoint

EVENTS, EACH, PARTIES = 1_000_000, 50, 4
TIMES = 400
PAGE = 30
LIMIT_MS = 50.0
_TRIGGERS = ("epcis_event", "epcis_event_epcs")


def measure(scale: Scale) -> Iterator[Row]:
    events = min(EVENTS, scale.entries)
    with cluster() as server:
        engine, web = _engines(server)
        begun = perf_counter()
        with engine.begin() as connection:
            _fill(connection, events)
        yield Row(f"{events:,} events filled in", events / (perf_counter() - begun), "events/s")
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        with engine.connect() as raw, web.connect() as connection:
            yield from _asked(connection, raw, events)
        web.dispose()
        engine.dispose()


def _engines(server: Cluster) -> tuple[Engine, Engine]:
    """The owner's and the web process's, on a new database."""
    engine = db.engine_for(writable(server, "bench"))
    with server.connect() as connection:
        making.make_login(connection, WEB_LOGIN, WEB, None)
    return engine, db.engine_for(server.url("bench", WEB_LOGIN))


def _asked(connection: Connection, raw: Connection, events: int) -> Iterator[Row]:
    lots, dice = events // EACH, random.Random(7)

    def lot() -> str:
        return _lot(dice.randrange(lots))

    for told, name, value in (
        ("MATCH_anyEPC: a pallet", "MATCH_anyEPC", lambda: _pallet(dice.randrange(lots))),
        ("a lot's history: MATCH_anyEPCClass", "MATCH_anyEPCClass", lot),
        ("one step forward: MATCH_inputEPCClass", "MATCH_inputEPCClass", lot),
        ("one step back: MATCH_outputEPCClass", "MATCH_outputEPCClass", lot),
        ("the newest of a business step: EQ_bizStep", "EQ_bizStep", lambda: "shipping"),
    ):
        yield from _pair(connection, raw, told, name, value)
    seen = _percentiles(lambda: _ask(connection, Reader(2), "MATCH_anyEPCClass", lot()))
    yield Row("a lot's history for a party that its events name, p99", seen[1], "ms", "less", LIMIT_MS)
    walked = _percentiles(lambda: _walk(connection, dice.randrange(lots - 10)), 50)
    yield Row("ten steps forward, ten questions, p99", walked[1], "ms", "less", 10 * LIMIT_MS)


def _pair(
    connection: Connection, raw: Connection, told: str, name: str, value: Callable[[], str]
) -> Iterator[Row]:
    half, most = _percentiles(lambda: _ask(connection, Reader(1), name, value()))
    raw_half, raw_most = _percentiles(lambda: _raw(raw, name, value()))
    yield Row(f"{told}, p50", half, "ms", "less", None, ("raw SQL", raw_half))
    yield Row(f"{told}, p99", most, "ms", "less", LIMIT_MS, ("raw SQL", raw_most))


def _ask(connection: Connection, reader: Reader, name: str, value: str) -> list[reading.Row]:
    assert reader.party is not None
    standpoint.stand(connection, Standpoint(frozenset({reader.party})))
    question = parameters.question([Given(name, (value,)), Given("orderBy", ("eventTime",))], Spelling())
    return reading.page(connection, question, reader, PAGE).rows


def _raw(connection: Connection, name: str, value: str) -> None:
    binds = {"value": value, "roles": list(parameters._ROLES.get(name, ())), "page": PAGE}
    connection.execute(text(_RAW_STEP if name == "EQ_bizStep" else _RAW), binds).all()


def _walk(connection: Connection, number: int) -> None:
    """Along what was made of what, as a client of the standard traces."""
    lot = _lot(number)
    for _ in range(10):
        found = _ask(connection, Reader(1), "MATCH_inputEPCClass", lot)
        lot = found[0].event["outputQuantityList"][0]["epcClass"] if found else lot


def _percentiles(call: Callable[[], object], times: int = TIMES) -> tuple[float, float]:
    """The 50th and the 99th, in milliseconds; a few calls come before."""
    took = []
    for each in range(times + 5):
        begun = perf_counter()
        call()
        if each >= 5:
            took.append((perf_counter() - begun) * 1000)
    took.sort()
    return took[len(took) // 2], took[int(len(took) * 0.99)]


def _lot(number: int) -> str:
    return f"https://id.gs1.org/01/09506000134352/10/L{number}"


def _pallet(number: int) -> str:
    return f"https://id.gs1.org/00/{number:018d}"


def _fill(connection: Connection, events: int) -> None:
    """All in the database; what triggers would add is added by the set, and the triggers stay off."""
    binds = {"events": events, "each": EACH, "lots": events // EACH}
    for table in _TRIGGERS:
        connection.execute(text(f"ALTER TABLE warehouse.{table} DISABLE TRIGGER USER"))
    for statement in _FILLING:
        statement = statement.replace("@LOT", _LOT).replace("@URI ", _URI)
        connection.execute(text(statement), {name: value for name, value in binds.items() if f":{name}" in statement})


_RAW = """
    SELECT body FROM warehouse.epcis_event e WHERE e.party_id = 1 AND e.number IN (
        SELECT event FROM warehouse.epcis_event_epcs WHERE party_id = 1 AND value = :value AND role = ANY (:roles))
    ORDER BY event_time DESC LIMIT :page
"""
_RAW_STEP = """
    SELECT body FROM warehouse.epcis_event WHERE party_id = 1 AND biz_step = :value ORDER BY event_time DESC LIMIT :page
"""
_URI = "'https://id.gs1.org/01/09506000134352/10/L' || "
_LOT = f"{_URI}CASE WHEN n % 10 = 3 THEN (n / 1000) * 1000 % :lots ELSE n / :each END"
_FILLING = (
    """
    INSERT INTO warehouse.party (code, name, uri, created_at)
    SELECT 'p' || n, 'p' || n, 'https://log.example.com/party/p' || n, 0 FROM generate_series(1, 4) n
    """,
    "INSERT INTO warehouse.statement VALUES (sha256('x'), 1, gen_random_uuid(), 1, 'x')",
    """
    INSERT INTO warehouse.epcis_event (party_id, event_id, hash, event_time, record_time, type, action, biz_step,
        disposition, read_point, biz_location, body, sha256, statement_hash)
    SELECT CASE WHEN n % 7 = 0 THEN 1 + n % 4 ELSE 1 END, 'urn:uuid:' || n, sha256('x'), at, at, type, action, step,
        'in_progress', place, place,
        jsonb_build_object('type', type, 'eventID', 'urn:uuid:' || n, 'action', action, 'bizStep', step,
            'eventTime', at, 'eventTimeZoneOffset', '+00:00', 'recordTime', at,
            'disposition', 'in_progress', 'readPoint', jsonb_build_object('id', place),
            'bizTransactionList', jsonb_build_array(jsonb_build_object('type', 'po', 'bizTransaction',
            'urn:epcglobal:cbv:bt:0614141073467:' || n)), 'outputQuantityList', jsonb_build_array(
            jsonb_build_object('epcClass', @URI (n / :each + 1), 'quantity', 5, 'uom', 'KGM'))),
        sha256('x'), sha256('x')
    FROM (SELECT n, timestamptz '2025-01-01' + n * interval '31 seconds' AS at,
            CASE WHEN n % 10 = 0 THEN 'TransformationEvent' ELSE 'ObjectEvent' END AS type,
            CASE WHEN n % 10 = 0 THEN NULL ELSE 'OBSERVE' END AS action,
            (ARRAY['receiving','storing','picking','shipping','inspecting'])[1 + n % 5] AS step,
            'https://id.gs1.org/414/9506000134376/254/A-' || n % 500 AS place
        FROM generate_series(1, :events) n) made
    """,
    """
    INSERT INTO warehouse.epcis_event_epcs (event, role, value, party_id, event_time)
    SELECT number, CASE WHEN n % 10 = 0 THEN 'inputQuantityList' ELSE 'quantityList' END, @LOT, party_id, event_time
    FROM (SELECT *, substr(event_id, 10)::bigint AS n FROM warehouse.epcis_event) e
    """,
    """
    INSERT INTO warehouse.epcis_event_epcs (event, role, value, party_id, event_time)
    SELECT number, 'outputQuantityList', @URI (n / :each + 1), party_id, event_time
    FROM (SELECT *, substr(event_id, 10)::bigint AS n FROM warehouse.epcis_event) e WHERE n % 10 = 0
    """,
    """
    INSERT INTO warehouse.epcis_event_epcs (event, role, value, party_id, event_time)
    SELECT number, 'epcList', 'https://id.gs1.org/00/' || lpad((n / :each)::text, 18, '0'), party_id, event_time
    FROM (SELECT *, substr(event_id, 10)::bigint AS n FROM warehouse.epcis_event) e WHERE n % 5 = 1
    """,
    """
    INSERT INTO warehouse.epcis_sight
    SELECT 2, number, NULL FROM warehouse.epcis_event WHERE party_id = 1 AND number % 9 = 0
    """,
)

"""EPCIS documents of 500 events captured, beside raw inserts of the same JSON into the same tables and indexes.

Raw inserts are the very rows that capture left, sent again to empty copies, 500 events a commit; they know nothing of
schemas, duplicates, rules, signatures and the log. Both flush to disk.
"""

import json
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Engine, text

from bench.rows import Row, Scale
from bench.stand import database
from service import db
from service.auth.keys import Caller
from service.domain.people import COMPANY, Grant
from service.epcis.capture import jobs
from service.epcis.documents import read
from service.epcis.hashes import digest
from service.keys.keyring import Keyring
from service.ledger import NewItem, Scribe, create_item, create_location, create_party, create_site

ORIGIN = "bench.example/lotproof"
EACH = 500
GTIN = "09506000134352"
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
START = datetime(2026, 1, 5, 8, tzinfo=UTC)
COLUMNS = (
    "party_id, event_id, declares_error, hash, event_time, record_time, type, action, biz_step, disposition,"
    " read_point, biz_location, transformation_id, body, spelled, sha256, capture, movement, statement_hash"
)

Make = Callable[[int], dict[str, Any]]


def measure(scale: Scale) -> Iterator[Row]:
    documents = max(2, scale.entries // 50_000)
    with database() as url:
        engine = db.engine_for(url)
        scribe = Scribe(ORIGIN, Keyring(bytes(range(32))), lambda: datetime.now(UTC), os.urandom)
        caller = _company(engine, scribe)
        bodies = {make: [_document(make, at) for at in range(documents)] for make in (_observed, _received)}
        yield from _reading(bodies[_observed][0])
        for make, what in ((_observed, "others' goods, logged as evidence"), (_received, "receipts, as movements")):
            captured = _captured(engine, scribe, caller, bodies[make])
            raw = _raw(engine, documents)
            yield Row(f"events captured: {what}", captured, "events/s", beside=("raw inserts of the same JSON", raw))
        engine.dispose()


def _company(engine: Engine, scribe: Scribe) -> Caller:
    with engine.begin() as connection:
        create_party(connection, scribe, "maker", "Maker")
        create_item(connection, "maker", NewItem(code="PILL", name="Pill", gtin=GTIN, unit="EA"))
        create_site(connection, "maker", "S", "Site", "Europe/Berlin")
        create_location(connection, "maker", "S", "A", kind="storage")
        party = int(connection.execute(text("SELECT id FROM warehouse.party")).scalar_one())
    return Caller("bench", "party", "maker", party, None, frozenset(Grant(role) for role in COMPANY))


def _reading(body: bytes) -> Iterator[Row]:
    begun = perf_counter()
    document = read(body, "application/json")
    yield Row("events read, validated and made canonical", EACH / (perf_counter() - begun), "events/s")
    begun = perf_counter()
    for event in document.events:
        digest(event)
    yield Row("event hash ids", EACH / (perf_counter() - begun), "events/s")


def _captured(engine: Engine, scribe: Scribe, caller: Caller, bodies: list[bytes]) -> float:
    """Events a second, from the bytes to the last commit."""
    begun = perf_counter()
    for body in bodies:
        sent = jobs.Sent(body, "application/json", "rollback", read(body, "application/json"))
        with engine.begin() as connection:
            job = jobs.begin(connection, caller, sent, uuid4(), scribe.now())
        with engine.begin() as connection:
            jobs.carry_out(connection, scribe, _number(connection, job["captureID"]))
    seconds = perf_counter() - begun
    with engine.connect() as connection:
        job = jobs.one(connection, caller.party_id or 0, job["captureID"]) or {}
        assert (job["errors"], job["lotproof:captured"]) == ([], EACH), job
    return len(bodies) * EACH / seconds


def _number(connection: Connection, id: str) -> int:
    query = text("SELECT number FROM warehouse.epcis_capture WHERE id = :id")
    return int(connection.execute(query, {"id": id}).scalar_one())


def _raw(engine: Engine, documents: int) -> float:
    """The rows of the newest documents once more, into copies with all indexes."""
    with engine.begin() as connection:
        for table in ("epcis_event", "epcis_event_epcs"):
            connection.execute(text(f"DROP TABLE IF EXISTS raw_{table}"))
            connection.execute(text(f"CREATE TABLE raw_{table} (LIKE warehouse.{table} INCLUDING ALL)"))
        newest = text("SELECT * FROM (SELECT * FROM warehouse.epcis_event ORDER BY number DESC LIMIT :most) e"
                      " ORDER BY number")  # fmt: skip
        rows = [dict(row) for row in connection.execute(newest, {"most": documents * EACH}).mappings()]
        things = text("SELECT * FROM warehouse.epcis_event_epcs WHERE event >= :first")
        epcs = [dict(row) for row in connection.execute(things, {"first": rows[0]["number"]}).mappings()]
    for row in rows:
        row["body"], row["spelled"] = json.dumps(row["body"]), json.dumps(row["spelled"])
    return _inserted(engine, rows, epcs)


def _inserted(engine: Engine, rows: list[dict[str, Any]], epcs: list[dict[str, Any]]) -> float:
    values = ", ".join(f":{name.strip()}" for name in COLUMNS.split(","))
    events = text(f"INSERT INTO raw_epcis_event ({COLUMNS}) VALUES ({values})")  # noqa: S608
    things = text("INSERT INTO raw_epcis_event_epcs VALUES (:event, :role, :value, :party_id, :event_time)")
    by_event: dict[int, list[dict[str, Any]]] = {}
    for each in epcs:
        by_event.setdefault(each["event"], []).append(each)
    calls = [rows[at : at + EACH] for at in range(0, len(rows), EACH)]
    of_calls = [[thing for row in call for thing in by_event.get(row["number"], ())] for call in calls]
    begun = perf_counter()
    for call, named in zip(calls, of_calls, strict=True):
        with engine.begin() as connection:
            connection.execute(events, call)
            connection.execute(things, named)
    return len(rows) / (perf_counter() - begun)


def _document(make: Make, number: int) -> bytes:
    events = [make(number * EACH + at) for at in range(EACH)]
    said = {
        "@context": [CONTEXT, {"example": "https://ns.example.com/epcis/", "lotproof": "urn:lotproof:epcis:",
                               "cbvmda": "urn:epcglobal:cbv:mda:"}],
        "type": "EPCISDocument", "schemaVersion": "2.0", "creationDate": "2026-01-05T12:00:00Z",
        "epcisBody": {"eventList": events},
    }  # fmt: skip
    return json.dumps(said).encode()


def _common(number: int) -> dict[str, Any]:
    at = (START + timedelta(seconds=number)).isoformat(timespec="milliseconds")
    return {
        "type": "ObjectEvent", "action": "OBSERVE", "eventID": f"urn:uuid:{uuid4()}", "eventTime": at,
        "eventTimeZoneOffset": "+00:00",
        "bizTransactionList": [{"type": "po", "bizTransaction": f"urn:epcglobal:cbv:bt:4012345000009:{number // 20}"}],
        "example:temperature": "4.5",
    }  # fmt: skip


def _observed(number: int) -> dict[str, Any]:
    """A pallet and ten packs on it, at somebody's gate."""
    packs = [f"urn:epc:id:sgtin:4012345.011111.{number * 10 + at}" for at in range(10)]
    return _common(number) | {
        "bizStep": "departing", "disposition": "in_transit", "readPoint": {"id": "urn:epc:id:sgln:4012345.00011.987"},
        "epcList": [f"urn:epc:id:sscc:4012345.{number:010d}", *packs],
    }  # fmt: skip


def _received(number: int) -> dict[str, Any]:
    place, lot = {"id": "https://bench.example/party/maker/S/A"}, f"https://id.gs1.org/01/{GTIN}/10/R{number}"
    return _common(number) | {
        "bizStep": "receiving", "disposition": "in_progress", "readPoint": place, "bizLocation": place,
        "quantityList": [{"epcClass": lot, "quantity": 100}],
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00000"}],
        "lotproof:lot1": {"epcClass": lot, "cbvmda:itemExpirationDate": "2099-12-31"},
    }  # fmt: skip

"""Events put straight into the tables, in the form in which capture and movements leave them."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine, text

from service.epcis.query import parameters, reading
from service.epcis.query.compiling import Reader
from service.epcis.query.parameters import Given, Spelling
from service.epcis.query.reading import Row

BEGAN = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
_EPC_LISTS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
_QUANTITY_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")


def gtin_lot(number: str) -> str:
    return f"https://id.gs1.org/01/09506000134352/10/{number}"


@dataclass
class World:
    """Parties by code, and what they captured."""

    engine: Engine
    parties: dict[str, int] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: count(1))

    def party(self, code: str) -> int:
        if code not in self.parties:
            with self.engine.begin() as connection:
                self.parties[code] = connection.execute(
                    text(
                        "INSERT INTO warehouse.party (code, name, uri, created_at)"
                        " VALUES (:code, :code, :uri, 0) RETURNING id"
                    ),
                    {"code": code, "uri": uri_of(code)},
                ).scalar_one()
        return self.parties[code]

    def capture(self, code: str, *events: Mapping[str, Any]) -> list[int]:
        party = self.party(code)
        with self.engine.begin() as connection:
            return [insert(connection, party, self._completed(event)) for event in events]

    def _completed(self, event: Mapping[str, Any]) -> dict[str, Any]:
        number = next(self.numbers)
        at = (BEGAN + timedelta(minutes=number)).isoformat(timespec="milliseconds")
        usual = {
            "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012d}",
            "eventTime": at,
            "recordTime": at,
            "eventTimeZoneOffset": "+00:00",
        }
        return {**usual, **event}

    def ask(self, code: str | None, asked: Mapping[str, Any], size: int = 1000, namespaces: Any = None) -> list[Row]:
        question = parameters.question(given(asked), Spelling(namespaces or {}))
        with self.engine.connect() as connection:
            return reading.page(connection, question, Reader(self.party(code) if code else None), size).rows

    def found(self, code: str | None, asked: Mapping[str, Any], namespaces: Any = None) -> list[str]:
        """The event ids, in the order of the answer."""
        return [row.event.get("eventID", "?") for row in self.ask(code, asked, namespaces=namespaces)]


def given(asked: Mapping[str, Any]) -> Iterable[Given]:
    return [Given(name, tuple(value) if isinstance(value, list) else (str(value),)) for name, value in asked.items()]


def uri_of(code: str) -> str:
    return f"https://log.example.com/party/{code}"


def insert(connection: Connection, party: int, event: Mapping[str, Any]) -> int:
    """One canonical event with its identifiers."""
    statement = sha256(f"{party}".encode()).digest()
    connection.execute(
        text(
            "INSERT INTO warehouse.statement VALUES (:hash, :party, gen_random_uuid(), 1, 'x') ON CONFLICT DO NOTHING"
        ),
        {"hash": statement, "party": party},
    )
    row = {
        "party": party,
        "id": event["eventID"],
        "declares": "errorDeclaration" in event,
        "hash": bytes(32),
        "time": event["eventTime"],
        "recorded": event["recordTime"],
        "type": event["type"],
        "action": event.get("action"),
        "step": event.get("bizStep"),
        "disposition": event.get("disposition"),
        "read_point": event.get("readPoint", {}).get("id"),
        "place": event.get("bizLocation", {}).get("id"),
        "transformation": event.get("transformationID"),
        "body": json.dumps(event),
        "statement": statement,
    }
    number = int(connection.execute(text(_EVENT), row).scalar_one())
    epcs = [
        {"event": number, "role": role, "value": value, "party": party, "time": event["eventTime"]}
        for role, value in identifiers(event)
    ]
    if epcs:
        connection.execute(
            text("INSERT INTO warehouse.epcis_event_epcs VALUES (:event, :role, :value, :party, :time)"), epcs
        )
    return number


def identifiers(event: Mapping[str, Any]) -> set[tuple[str, str]]:
    found = {("parentID", event["parentID"])} if "parentID" in event else set()
    found |= {(name, epc) for name in _EPC_LISTS for epc in event.get(name, ())}
    return found | {(name, each["epcClass"]) for name in _QUANTITY_LISTS for each in event.get(name, ())}


_EVENT = """
    INSERT INTO warehouse.epcis_event (party_id, event_id, declares_error, hash, event_time, record_time, type, action,
        biz_step, disposition, read_point, biz_location, transformation_id, body, spelled, sha256, statement_hash)
    VALUES (:party, :id, :declares, :hash, CAST(:time AS timestamptz), CAST(:recorded AS timestamptz), :type, :action,
        :step, :disposition, :read_point, :place, :transformation, CAST(:body AS jsonb), '{}', :hash, :statement)
    RETURNING number
"""

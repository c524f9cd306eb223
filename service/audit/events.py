"""EPCIS events against what was signed: each row says what its statement says, or what the statement commits to.

A captured event is known by `lotproof:captured`, the commitment to all that it said; one that was read from a statement
is read again. The columns by which an event is found follow from its body.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, text

from anchoring import Finding
from service.audit.differ import PROOF, Table, shown
from service.audit.evidence_erasures import excused_evidence
from service.audit.told import told
from service.epcis.documents.canonical import canonical_event
from service.epcis.evidence import CAPTURED, commitment, history_uri
from service.epcis.identifiers import identifiers_of
from service.epcis.movements import event_of, named
from service.epcis.store import body_of
from service.epcis.validation import moment
from service.epcis.wanted import all_of
from verifier import uri

EVENT = Table("warehouse.epcis_event", ("number",))
EPCS = Table("warehouse.epcis_event_epcs", ("event",))
CHECK = "an event is what was signed"
_PLACES = {"read_point": "readPoint", "biz_location": "bizLocation"}
_COLUMNS = {"type": "type", "action": "action", "biz_step": "bizStep", "disposition": "disposition",
            "transformation_id": "transformationID", "event_id": "eventID"}  # fmt: skip


def events_are_what_was_signed(connection: Connection) -> Iterator[Finding]:
    for row in connection.execute(text(_EVENTS), execution_options={"stream_results": True}):
        yield from _event(row)


def evidence_is_in_the_log(connection: Connection, origin: str) -> Iterator[Finding]:
    """Of a captured event that is no movement: its statement is whole and as it was signed, and entered its history."""
    excused = excused_evidence(connection)
    for row in connection.execute(text(_EVIDENCE), execution_options={"stream_results": True}):
        if row.hashed != row.statement_hash:
            yield _finding(EVENT, row, "statement_hash", shown(row.hashed), shown(row.statement_hash))
            continue
        said = told(row.jwt, row.disclosures)
        hidden = said.hidden - excused.get(bytes(row.statement_hash), set())
        if hidden or said.unknown:
            yield _finding(EVENT, row, "statement_hash", "a statement with all that it discloses",
                           f"{len(hidden)} hidden, {len(said.unknown)} unknown")  # fmt: skip
        lot = history_uri(origin.split("/", 1)[0], row.party, row.history)
        expected = uri.subject(uri.LOT, origin, lot)
        if expected not in (row.subject, row.waiting) or said.lots != (lot,):
            yield _finding(EVENT, row, "statement_hash", f"an entry in {lot}", shown(row.subject or row.waiting))


def _event(row: Row[Any]) -> Iterator[Finding]:
    if row.disclosures is None:
        yield _finding(EVENT, row, "statement_hash", "a statement that is kept", shown(row.statement_hash))
        return
    body = body_of(row.body)
    said = all_of(body)
    if not _is_signed(row, said):
        yield _finding(EVENT, row, "body", "what its statement commits to", shown(said))
    elif bytes(row.sha256) != said:
        yield _finding(EVENT, row, "sha256", shown(said), shown(row.sha256))
    for column, name in _COLUMNS.items():
        if body.get(name) != getattr(row, column):
            yield _finding(EVENT, row, column, body.get(name), getattr(row, column))
    for column, name in _PLACES.items():
        if body.get(name, {}).get("id") != getattr(row, column):
            yield _finding(EVENT, row, column, body.get(name), getattr(row, column))
    if moment(body["eventTime"]) != row.event_time:
        yield _finding(EVENT, row, "event_time", body["eventTime"], row.event_time)
    named = sorted({f"{role} {value}" for role, value in identifiers_of(body)})
    if named != sorted(row.epcs):
        yield _finding(EPCS, row, "value", named, sorted(row.epcs))


def _is_signed(row: Row[Any], said: bytes) -> bool:
    """The commitment to all that was captured, or what the statement still tells of it."""
    event = event_of(row.disclosures)
    if row.salt is not None:
        return event.get(CAPTURED) == commitment(bytes(row.salt), said)
    return said == all_of(canonical_event(named(event, row.event_id), {})[0])


def _finding(table: Table, row: Row[Any], field: str, expected: object, seen: object) -> Finding:
    return Finding(CHECK, table.name, table.row((row.number,)), field, expected, seen, None, PROOF)


_EVIDENCE = """
    SELECT v.number, v.history, p.code AS party, v.statement_hash, s.jwt, d.disclosures,
        sha256(convert_to(s.jwt, 'UTF8')) AS hashed,
        (SELECT subject FROM ledger.entry e WHERE e.statement_hash = v.statement_hash LIMIT 1) AS subject,
        (SELECT subjects FROM ledger.submission q WHERE q.statement_hash = v.statement_hash LIMIT 1) AS waiting
    FROM warehouse.epcis_event v JOIN warehouse.party p ON p.id = v.party_id
    JOIN warehouse.statement s ON s.statement_hash = v.statement_hash
    JOIN warehouse.disclosure d ON d.statement_hash = v.statement_hash WHERE v.movement IS NULL ORDER BY v.number
"""
_EVENTS = """
    SELECT e.number, e.statement_hash, e.body::text AS body, e.sha256, e.salt, e.event_id, e.event_time, e.type,
        e.action, e.biz_step, e.disposition, e.read_point, e.biz_location, e.transformation_id, d.disclosures,
        ARRAY(SELECT role || ' ' || value FROM warehouse.epcis_event_epcs WHERE event = e.number) AS epcs
    FROM warehouse.epcis_event e LEFT JOIN warehouse.disclosure d USING (statement_hash) ORDER BY e.number
"""

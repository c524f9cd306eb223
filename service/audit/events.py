"""EPCIS events against what was signed: each row says what its statement says, or what the statement has the digest of.

A captured event is known by `lotproof:captured`, the digest of all that it said; one that was read from a statement is
is read again. The columns by which an event is found follow from its body.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, text

from anchoring import Finding
from service.audit.differ import PROOF, Table, shown
from service.epcis.documents.canonical import canonical_event
from service.epcis.evidence import CAPTURED
from service.epcis.identifiers import identifiers_of
from service.epcis.movements import event_of, named
from service.epcis.store import body_of
from service.epcis.validation import moment
from service.epcis.wanted import all_of
from verifier.encoding import unb64url

EVENT = Table("warehouse.epcis_event", ("number",))
EPCS = Table("warehouse.epcis_event_epcs", ("event",))
CHECK = "an event is what was signed"
_PLACES = {"read_point": "readPoint", "biz_location": "bizLocation"}
_COLUMNS = {"type": "type", "action": "action", "biz_step": "bizStep", "disposition": "disposition",
            "transformation_id": "transformationID", "event_id": "eventID"}  # fmt: skip


def events_are_what_was_signed(connection: Connection) -> Iterator[Finding]:
    for row in connection.execute(text(_EVENTS), execution_options={"stream_results": True}):
        yield from _event(row)


def _event(row: Row[Any]) -> Iterator[Finding]:
    body = body_of(row.body)
    signed, said = _signed(row.disclosures), all_of(body)
    if said not in signed:
        yield _finding(EVENT, row, "body", " or ".join(map(shown, signed)), shown(said))
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


def _signed(disclosures: str) -> list[bytes]:
    """Digests of what the event may say: all that was captured, or what its statement still tells of it."""
    told = named(event_of(disclosures))
    captured = told.get(CAPTURED)
    return [all_of(canonical_event(told, {})[0]), *([unb64url(captured["sha256"])] if captured else [])]


def _finding(table: Table, row: Row[Any], field: str, expected: object, seen: object) -> Finding:
    return Finding(CHECK, table.name, table.row((row.number,)), field, expected, seen, None, PROOF)


_EVENTS = """
    SELECT e.number, e.body::text AS body, e.sha256, e.event_id, e.event_time, e.type, e.action, e.biz_step,
        e.disposition, e.read_point, e.biz_location, e.transformation_id, d.disclosures,
        ARRAY(SELECT role || ' ' || value FROM warehouse.epcis_event_epcs WHERE event = e.number) AS epcs
    FROM warehouse.epcis_event e JOIN warehouse.disclosure d ON d.statement_hash = e.statement_hash ORDER BY e.number
"""

"""A lot's whole EPCIS document, with its lot proof inside: one file that says it and proves it.

The events are read from the statements, so that each property is one that was signed, as it was signed; a captured
event stands here as the movement that it became. The proof is the file `lotproof/1` in base64, in the header:
`lotproof-verify --as epcis` checks it, and that each event says what its statement says.
"""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from service.epcis.documents import Document
from service.epcis.movements import EPOCH, event_of
from service.epcis.proof import Log, proofs, with_proof
from service.epcis.store import record_time
from service.statements.event import OWN_CONTEXT

LOT_PROOF = "lotproof:lotProof"


def document_of_lot(connection: Connection, log: Log, party_id: int, lot: str, file: bytes, now: datetime) -> Document:
    """What this party said of the lot, in the order of recording; `file` is the lot's proof."""
    rows = connection.execute(text(_MOVEMENTS), {"party": party_id, "lot": lot}).all()
    told = proofs(connection, log, {row.number: (bytes(row.statement_hash), [lot]) for row in rows})
    events = [_event(row.disclosures, row.recorded_at, told[row.number]) for row in rows]
    return Document(
        events, creation_date=record_time(now.astimezone(UTC)), header={LOT_PROOF: b64encode(file).decode()},
        prefixes={"lotproof": OWN_CONTEXT["lotproof"]},
    )  # fmt: skip


def _event(disclosures: str, recorded_at: int, proof: dict[str, Any]) -> dict[str, Any]:
    recorded = record_time(EPOCH + timedelta(milliseconds=recorded_at))
    return {**with_proof(event_of(disclosures), proof), "recordTime": recorded}


_MOVEMENTS = """
    SELECT m.number, m.recorded_at, m.statement_hash, d.disclosures FROM warehouse.lot l
    JOIN LATERAL (SELECT DISTINCT movement FROM warehouse.leg WHERE lot_id = l.id) g ON true
    JOIN warehouse.movement m ON m.number = g.movement AND m.party_id = :party
    JOIN warehouse.disclosure d ON d.statement_hash = m.statement_hash
    WHERE l.party_id = :party AND l.uri = :lot ORDER BY m.number
"""

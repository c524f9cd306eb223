"""The proof status of events and where their proofs are: `lotproof:proof`, an extension that every answer carries.

    {"status": "final", "statement": base64url, "histories": [{"lot": URI, "index": 17, "proof": URL}]}

`status` is the least that an entry of the statement has reached: recorded, sequenced, anchored, final. A statement
stands in the history of each lot that it touches; one of evidence in a history of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, text

from service.epcis.documents.document import Event
from service.epcis.evidence import history_uri
from service.epcis.wanted import PROOF
from service.proof.standing import records
from service.statements.event import OWN_CONTEXT
from verifier.encoding import b64url

REACHED = ("recorded", "sequenced", "anchored", "final")


@dataclass(frozen=True, slots=True)
class Log:
    """Of which log, on which host its names stand, and under which address proofs are to be had."""

    origin: str
    public_url: str | None

    @property
    def host(self) -> str:
        return self.origin.split("/", 1)[0]


def proofs_of(connection: Connection, log: Log, numbers: Collection[int]) -> dict[int, dict[str, Any]]:
    """By the number of each event: the value of its `lotproof:proof`."""
    rows = connection.execute(text(_STATEMENTS), {"numbers": list(numbers)}).all()
    histories = {row.number: (bytes(row.statement_hash), row.lots or [history_uri(log.host, row.party, row.history)])
                 for row in rows}  # fmt: skip
    return proofs(connection, log, histories)


def proofs(
    connection: Connection, log: Log, histories: Mapping[int, tuple[bytes, Sequence[str]]]
) -> dict[int, dict[str, Any]]:
    """The same for statements and the lots whose histories they entered, under any numbers."""
    known = records(connection, log.origin, [statement for statement, _ in histories.values()])
    made = {}
    for number, (statement, lots) in histories.items():
        standings = {lot: known.of(statement, lot) for lot in lots}
        least = min((each["record_status"] for each in standings.values()), key=REACHED.index)
        told = [{"lot": lot, **_index(standing), "proof": _url(log, lot)} for lot, standing in standings.items()]
        made[number] = {"status": least, "statement": b64url(statement), "histories": told}
    return made


def with_proof(event: Event, proof: Mapping[str, Any]) -> Event:
    """The event with its proof; the prefix is declared with it."""
    context = {name: each for part in event.get("@context", ()) for name, each in part.items()}
    return {**event, "@context": [{**context, "lotproof": OWN_CONTEXT["lotproof"]}], PROOF: proof}


def _index(standing: Mapping[str, Any]) -> dict[str, Any]:
    return {} if standing["index"] is None else {"index": standing["index"]}


def _url(log: Log, lot: str) -> str:
    return f"{log.public_url or ''}/api/v1/lots/proof?lot={quote(lot, safe='')}"


_STATEMENTS = """
    SELECT e.number, e.statement_hash, e.history, p.code AS party, m.lots FROM warehouse.epcis_event e
    JOIN warehouse.party p ON p.id = e.party_id LEFT JOIN warehouse.movement m ON m.number = e.movement
    WHERE e.number = ANY(:numbers)
"""

"""Electronic signatures of people: kept in the transaction of the act, and read again with the printed names."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, text

from service.domain.commands import Document
from service.domain.identifiers import check_text
from service.domain.signing import Meaning, Signature, Subject, sheet_of, shown_hash
from service.ledger.desk import Desk
from service.ledger.moments import moment, moment_or_none
from service.models.people import signature

SHEET = "cert"
"""Of the CBV's business transactions, "certificate"."""


@dataclass(frozen=True, slots=True)
class Of:
    """What is signed: a subject and its id."""

    subject: Subject
    id: str


def sign(desk: Desk, of: Of, person: str, meaning: Meaning, shown: str, words: str | None = None) -> Signature:
    """This person signs here and now; who may, the caller has asked."""
    check_text("person", person)
    made = Signature(person, meaning, words, shown, desk.method, desk.proven_at, desk.now)
    desk.connection.execute(insert(signature).values(
        party_id=desk.party_id, subject=of.subject, id=of.id, key=desk.actor, person=made.person,
        meaning=made.meaning, words=made.words, shown=made.shown, method=made.method, proven_at=made.proven_at,
        at=made.at,
    ))  # fmt: skip
    return made


def signatures_of(connection: Connection, party_id: int, of: Of) -> list[Signature]:
    """In the order in which they were made."""
    rows = connection.execute(_OF, {"party": party_id, "subject": of.subject, "id": of.id})
    return [_signature(row) for row in rows]


def sheet_named(signatures: list[Signature]) -> Document:
    """For the statement that the signatures led to: their sheet, by its hash (RFC 6920)."""
    return Document(SHEET, f"ni:///sha-256;{shown_hash(sheet_of(signatures))}")


def shown(connection: Connection, party_id: int, of: Of) -> list[dict[str, Any]]:
    """For a screen, with printed names."""
    rows = list(connection.execute(_OF, {"party": party_id, "subject": of.subject, "id": of.id}))
    made = [_signature(row) for row in rows]
    return [
        {"person": row.person, "name": row.name, "meaning": row.meaning, "words": row.words, "shown": row.shown,
         "method": row.method, "proven_at": moment_or_none(row.proven_at), "at": moment(row.at),
         "sheet": shown_hash(sheet_of(made[:number]))}
        for number, row in enumerate(rows, 1)
    ]  # fmt: skip


def _signature(row: Any) -> Signature:
    return Signature(row.person, row.meaning, row.words, row.shown, row.method, row.proven_at, row.at)


_OF = text(
    "SELECT s.*, n.name FROM warehouse.signature s"
    " LEFT JOIN warehouse.person p ON p.party_id = s.party_id AND p.code = s.person"
    " LEFT JOIN warehouse.person_name n ON n.person_id = p.id"
    " WHERE s.party_id = :party AND s.subject = :subject AND s.id = :id ORDER BY s.number"
)

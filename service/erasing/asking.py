"""An erasure is asked for: nothing goes yet, but what would go, and by which law, is fixed from here on."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from service.domain.erasable import check_basis
from service.domain.identifiers import check_text
from service.domain.states import IdTaken
from service.erasing.evidence import named_event, target_of_evidence
from service.erasing.target import Target, movement_of, target_of
from service.ledger.desk import Desk


@dataclass(frozen=True, slots=True, kw_only=True)
class NewErasure:
    """Of a movement, or of an event about others' goods (`declares_error`: of the declaration of an error in it)."""

    id: UUID
    property: str
    legal_basis: str
    by: str
    movement: UUID | None = None
    event: str | None = None
    declares_error: bool = False


def ask(desk: Desk, asked: NewErasure) -> bool:
    """Whether it is new; asked again, it is what it was. Raises DomainError."""
    known = find_erasure(desk, asked.id)
    if known is not None:
        _check_same(known, asked)
        return False
    check_text("by", asked.by)
    target = _target(desk, asked)
    check_basis(asked.legal_basis, target.words)
    desk.change(
        _INSERT, party=desk.party_id, id=asked.id, movement=target.movement.number, by=asked.by, at=desk.now,
        hashed=target.movement.statement_hash, property=asked.property, digest=target.digest,
        parts=list(target.parts), basis=asked.legal_basis,
    )  # fmt: skip
    return True


def _target(desk: Desk, asked: NewErasure) -> Target:
    if asked.movement is not None:
        return target_of(movement_of(desk.connection, desk.party_id, asked.movement), asked.property)
    assert asked.event is not None, "one of them, by its shape"
    source = named_event(desk.connection, desk.party_id, asked.event, asked.declares_error, desk.scribe.host)
    return target_of_evidence(source, asked.property)


def find_erasure(desk: Desk, id: UUID) -> Any:
    """The party's erasure, locked, or None."""
    found = desk.ask(_FIND, party=desk.party_id, id=id)
    return found[0] if found else None


def _check_same(known: Any, asked: NewErasure) -> None:
    event = known.event_id if (asked.event or "").startswith("ni:") else asked.event  # it may have got another name
    expected = (known.movement_id or known.event_id, known.property, known.legal_basis, known.requested_by)
    seen = (asked.movement or event, asked.property, asked.legal_basis, asked.by)
    if expected != seen:
        raise IdTaken("erasure", str(asked.id), _told(expected), _told(seen))


def _told(values: tuple[object, ...]) -> str:
    return ", ".join(map(str, values))


_FIND = """
    SELECT e.*, m.id AS movement_id, v.event_id FROM warehouse.erasure e
    LEFT JOIN warehouse.movement m ON m.number = e.movement
    LEFT JOIN warehouse.epcis_event v ON e.movement IS NULL AND v.statement_hash = e.statement_hash
    WHERE e.party_id = :party AND e.id = :id FOR NO KEY UPDATE OF e
"""
_INSERT = """
    INSERT INTO warehouse.erasure (party_id, id, movement, statement_hash, property, digest, parts, legal_basis,
        requested_by, requested_at)
    VALUES (:party, :id, :movement, :hashed, :property, :digest, :parts, :basis, :by, :at)
"""

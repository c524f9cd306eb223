"""What was erased stays erased, also when a backup or a partner's file still has it.

Notices that came back say which digests these are. Of a movement that the backup holds whole, what a notice names goes
again, with the erasure's own rows, written anew from the notice; of a statement that comes back from a partner, it is
left out (`gone`).
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select, text

from service.domain.errors import DomainError, UnknownThing
from service.erasing.carrying_out import end
from service.erasing.evidence import of_statement, target_of_evidence
from service.erasing.target import Target, movement_of, target_of
from service.models import tables
from service.statements.reading import decoded
from verifier.disclosure import ANY_LOT, disclose
from verifier.encoding import unb64url
from verifier.entry import ERASURE
from verifier.hashing import StatementHash
from verifier.statement import SdJwt, Statement, read

Gone = Mapping[StatementHash, set[str]]


def gone(connection: Connection) -> Gone:
    """The digests that notices of the same party, or of the log's, name, by the statement they were of."""
    found: dict[StatementHash, set[str]] = defaultdict(set)
    notices = select(tables.statement.c.jwt).where(tables.statement.c.kind == ERASURE)
    for jwt in connection.execute(notices).scalars():
        ref = decoded(jwt.split(".")[1])["ref"]
        found[StatementHash(unb64url(ref["statement"]))].update(ref["digests"])
    return found


def carry_out_again(connection: Connection, notice: SdJwt, origin: str) -> bool:
    """Whether something went again; False where the backup does not have it, or knows of the erasure."""
    statement = read(notice.jwt, ERASURE, origin)
    says = disclose(statement, notice.disclosures, ANY_LOT).properties
    party = connection.scalar(select(tables.party.c.id).where(tables.party.c.uri == statement.issuer))
    if party is None or not {"lotproof:movement", "lotproof:erased", "lotproof:approvedBy"} <= says.keys():
        return False
    try:
        target = _target(connection, party, says, statement, origin)
    except DomainError:
        return False
    movement = target.movement
    ref = statement.ref
    if ref is None or (ref.statement, ref.digests) != (movement.statement_hash, (target.digest,)):
        return False
    values = {"party": party, "id": UUID(statement.id), "movement": movement.number, "hashed": ref.statement,
              "property": says["lotproof:erased"], "digest": target.digest, "parts": list(target.parts),
              "basis": says["lotproof:legalBasis"], "by": says["lotproof:requestedBy"],
              "at": statement.issued_at * 1000, "shown": says["lotproof:approved"],
              "people": says["lotproof:approvedBy"]}  # fmt: skip
    number = connection.execute(text(_AGAIN), values).scalar_one()
    connection.execute(text(_APPROVED), values | {"number": number})
    end(connection, party, number, statement.hash, statement.issued_at * 1000, target)
    return True


def _target(connection: Connection, party: int, says: Mapping[str, Any], statement: Statement, origin: str) -> Target:
    """Of the movement, or else the event, that a notice names."""
    try:
        movement = movement_of(connection, party, UUID(says["lotproof:movement"].removeprefix("urn:uuid:")))
    except UnknownThing:
        hashed = statement.ref.statement if statement.ref else b""
        source = of_statement(connection, party, hashed, origin.split("/", 1)[0])
        return target_of_evidence(source, says["lotproof:erased"])
    return target_of(movement, says["lotproof:erased"])


_AGAIN = """
    INSERT INTO warehouse.erasure (party_id, id, movement, statement_hash, property, digest, parts, legal_basis,
        requested_by, requested_at)
    VALUES (:party, :id, :movement, :hashed, :property, :digest, :parts, :basis, :by, :at) RETURNING number
"""
_APPROVED = """
    INSERT INTO warehouse.erasure_approval (erasure, person, decision, shown, at)
    SELECT :number, unnest(CAST(:people AS text[])), 'approve', :shown, :at
"""

"""A notice of the log (ledger format §1, kind 4): the log's own party says what became of the log itself.

It enters the log's own subject, so it stands in every audit and in every mirror. The log's party is one like any other,
registered with its first notice; its key lies with those of the others, under the KEK.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, select

import anchoring
from service.domain.things import Party
from service.ledger import create_party
from service.ledger.adding import driver
from service.ledger.requests import Scribe
from service.ledger.write import disclosure_row, keep_statements, statement_row
from service.models import tables
from service.statements.sdjwt import Statement, issue_notice, named
from verifier import uri
from verifier.entry import NOTICE
from verifier.hashing import StatementHash

PARTY, NAME = "log", "The log itself"


class NameTaken(Exception):
    """A company is registered under the code of the log's own party."""


@dataclass(frozen=True, slots=True)
class Told:
    """A notice with all that it says, and where it stands; `receipt` None: not sequenced yet."""

    sd_jwt: str
    receipt: dict[str, object] | None


def record(connection: Connection, scribe: Scribe, says: Mapping[str, Any]) -> StatementHash:
    """Sign a notice and submit it in the caller's transaction; raises NameTaken.

    `says`: properties by their names, `lotproof:` before each that EPCIS does not have.
    """
    said_by = party(connection, scribe)
    movement, at = UUID(bytes=scribe.random(16), version=4), int(scribe.now().timestamp() * 1000)
    statement = issue_notice(
        _signer(connection, scribe, said_by.id), issuer=said_by.uri, movement=str(movement), issued_at=at // 1000,
        origin=scribe.origin, random=scribe.random,
        properties=[named(name.encode(), orjson.dumps(value)) for name, value in says.items()],
    )  # fmt: skip
    _keep(connection, scribe.origin, statement, said_by.id, movement, at)
    return statement.statement_hash


def party(connection: Connection, scribe: Scribe) -> Party:
    """The log's own, registered if it is not; raises NameTaken."""
    known = tables.party.c
    found = connection.execute(
        select(known.id, known.code, known.name, known.uri).where(known.code == PARTY)
    ).one_or_none()
    if found is None:
        return create_party(connection, scribe, PARTY, NAME)
    if found.name != NAME:
        raise NameTaken(f"the party {PARTY!r} is {found.name!r}: notices of the log need that code for themselves")
    return Party(*found)


def _signer(connection: Connection, scribe: Scribe, party_id: int):  # type: ignore[no-untyped-def]
    key = tables.party_key.c
    kept = select(key.kid, key.sealed).where(key.party_id == party_id, key.sealed.is_not(None))
    kid, sealed = connection.execute(kept.order_by(key.sequence.desc()).limit(1)).one()
    return scribe.keyring.unseal(PARTY, kid, sealed)


def _keep(connection: Connection, origin: str, statement: Statement, party_id: int, id: UUID, at: int) -> None:
    row = statement_row(statement, party_id, id, NOTICE)
    keep_statements(driver(connection), [row], [disclosure_row(statement)])
    subject = uri.subject(uri.LOG, origin, uri.log_uri(origin))
    anchoring.submit(connection, [anchoring.Submission(NOTICE, subject, statement.statement_hash, at)])


def told(connection: Connection) -> list[Told]:
    """All notices, in the order of the log; those that wait last."""
    known, shown = tables.statement.c, tables.disclosure.c
    asked = (
        select(known.statement_hash, known.jwt, shown.disclosures)
        .outerjoin(tables.disclosure, shown.statement_hash == known.statement_hash)
        .where(known.kind == NOTICE)
    )
    rows = connection.execute(asked).all()
    receipts = anchoring.receipts_of(connection, [StatementHash(row.statement_hash) for row in rows])
    placed = [(receipts.get(StatementHash(row.statement_hash), [None])[0], row) for row in rows]
    placed.sort(key=lambda pair: 1 << 62 if pair[0] is None else pair[0].index)
    return [
        Told(f"{row.jwt}{row.disclosures or '~'}", anchoring.format_receipt(receipt) if receipt else None)
        for receipt, row in placed
    ]

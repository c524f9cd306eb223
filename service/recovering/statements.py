"""Statements that came back with partners' files: kept again if the log holds their hash, with what was shown of them.

A statement is believed because its hash stands in the log; its disclosures because their digests stand in it. The rows
of the warehouse that followed from it (stock, orders, handoffs) do not come back with it.
"""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection, insert, select

from anchoring import restoring
from service.models import tables
from service.recovering.erasures import carry_out_again, gone
from service.statements.reading import digest_of
from verifier.disclosure import ANY_LOT, disclose
from verifier.entry import ERASURE, PARTY_KEY
from verifier.errors import Refuted
from verifier.hashing import StatementHash
from verifier.statement import SdJwt, Statement, read


def keep(
    connection: Connection, origin: str, missing: list[restoring.Unaccounted], found: Mapping[StatementHash, SdJwt]
) -> tuple[int, list[str]]:
    """Keep those of `found` whose entries are `missing` here; how many are new or say more now, and what was wrong."""
    kinds = {each.statement_hash: each.kind for each in missing}
    kept, faults = 0, list[str]()
    # Notices of erasures first: what they name is left out of the others.
    for hashed in sorted(kinds.keys() & found.keys(), key=lambda each: kinds[each] != ERASURE):
        try:
            kept += _keep(connection, origin, found[hashed], kinds[hashed])
            if kinds[hashed] == ERASURE:
                carry_out_again(connection, found[hashed], origin)
        except Refuted as refuted:
            faults.append(f"statement {hashed.hex()}: {refuted}")
    return kept, faults


def _keep(connection: Connection, origin: str, parts: SdJwt, kind: int) -> bool:
    statement = read(parts.jwt, kind, origin)
    if kind != PARTY_KEY:
        disclose(statement, parts.disclosures, ANY_LOT)
    known = tables.statement.c
    stored = connection.scalar(select(known.statement_hash).where(known.statement_hash == statement.hash))
    if stored is None:
        _add(connection, statement, parts.jwt)
    return _show(connection, statement, parts.disclosures) or stored is None


def _add(connection: Connection, statement: Statement, jwt: str) -> None:
    issuer = connection.scalar(select(tables.party.c.id).where(tables.party.c.uri == statement.issuer))
    if issuer is None:
        raise Refuted("party of the statement", "one of this database", statement.issuer)
    row = {"statement_hash": statement.hash, "party_id": issuer, "id": UUID(statement.id), "kind": statement.kind}
    connection.execute(insert(tables.statement).values(row | {"jwt": jwt}))


def _show(connection: Connection, statement: Statement, disclosures: tuple[str, ...]) -> bool:
    """Add what was not shown so far and was not erased; whether anything was."""
    if statement.kind == PARTY_KEY:
        return False
    column = tables.disclosure.c
    before = connection.scalar(select(column.disclosures).where(column.statement_hash == statement.hash))
    known = [part for part in (before or "").split("~") if part]
    erased = gone(connection).get(statement.hash, set())
    left = [part for part in dict.fromkeys((*known, *disclosures)) if digest_of(part) not in erased]
    text = "~".join(("", *left, ""))
    if before is None:
        row = {"statement_hash": statement.hash, "disclosures": text}
        connection.execute(insert(tables.disclosure).values(row))
    elif text != before:
        mine = column.statement_hash == statement.hash
        connection.execute(tables.disclosure.update().where(mine).values(disclosures=text))
    return text != before

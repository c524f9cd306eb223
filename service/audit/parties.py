"""Parties are who signs: a party's URI is taken from its first key statement, which is in the log, not from its row."""

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, text

from anchoring import Finding
from service.audit.differ import Table, absent, unequal
from service.audit.told import told_or_none

PARTY = Table("warehouse.party", ("id",))
NOTICED = "the party's own monitor; any auditor, by the key statements in the log"
_CHECK = "a party keeps its name"

_SIGNING = text("""
    SELECT k.party_id, s.jwt FROM warehouse.party_key k JOIN warehouse.statement s USING (statement_hash)
    ORDER BY k.party_id, k.sequence
""")
_PARTIES = text("SELECT id, code, uri FROM warehouse.party ORDER BY id")


def issuers(connection: Connection) -> dict[int, str]:
    """The URI by which each party signs, by its id; a party whose key statements cannot be read has none."""
    found: dict[int, str] = {}
    for row in connection.execute(_SIGNING):
        said = told_or_none(row.jwt)
        if said is not None:
            found.setdefault(row.party_id, said.issuer)
    return found


def parties_are_who_signs(connection: Connection, signing: Mapping[int, str]) -> Iterator[Finding]:
    known = set[int]()
    for row in connection.execute(_PARTIES):
        known.add(row.id)
        uri, key = signing.get(row.id), PARTY.row((row.id,))
        if uri is None:
            yield Finding("every party has a key", PARTY.name, key, "", "a key statement", "none", None, NOTICED)
        else:
            said = ("uri", uri, row.uri), ("code", uri.rsplit("/", 1)[-1], row.code)
            yield from unequal(_CHECK, PARTY, key, None, NOTICED, *said)
    for party in sorted(signing.keys() - known):
        yield absent(_CHECK, PARTY, PARTY.row((party,)), signing[party], None, NOTICED)

"""Keys: every key row says what its key statement says, and the statements of a party follow each other.

A key that is sealed for us cannot be opened here without the key-encryption key; whoever signs with it finds out.
"""

from binascii import a2b_base64
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Row, text

from anchoring import Finding
from service.audit.differ import Table, absent, shown, unequal
from service.audit.parties import NOTICED
from service.audit.told import Told, told_or_none
from service.keys.keyring import thumbprint
from service.statements.sdjwt import b64url
from verifier import uri

KEY = Table("warehouse.party_key", ("party_id", "sequence", "kid"))
STATEMENT = Table("warehouse.statement", ("statement_hash",))
ENTRY = Table("ledger.entry", ("index",))
SUBMISSION = Table("ledger.submission", ("id",))
_CHECK = "keys are as their statements say"

# All key statements and all key rows; the party that signs is the one whose URI the statement names.
_KEYS = text("""
    SELECT k.party_id, k.sequence, k.kid, k.public, k.recovery,
        coalesce(k.statement_hash, s.statement_hash) AS statement_hash,
        s.party_id AS statement_party, s.id::text AS statement_id, s.kind, s.jwt,
        sha256(convert_to(s.jwt, 'UTF8')) AS jwt_hashed, e.index, e.subject, e.kind AS entered_kind,
        q.id AS waits, q.subjects, q.kind AS waiting_kind, q.recorded_at
    FROM warehouse.party_key k
    FULL JOIN (SELECT * FROM warehouse.statement WHERE kind = 2
               OR statement_hash IN (SELECT statement_hash FROM warehouse.party_key)) s USING (statement_hash)
    LEFT JOIN ledger.entry e ON e.statement_hash = coalesce(k.statement_hash, s.statement_hash)
    LEFT JOIN ledger.submission q ON q.statement_hash = coalesce(k.statement_hash, s.statement_hash)
    ORDER BY coalesce(k.party_id, s.party_id), k.sequence NULLS LAST, k.kid
""")
_PARTIES = text("SELECT uri, id FROM warehouse.party")


def keys_are_in_their_statements(connection: Connection, origin: str) -> Iterator[Finding]:
    parties = {row.uri: row.id for row in connection.execute(_PARTIES)}
    previous: list[Row[Any]] = []
    for _, rows in groupby(connection.execute(_KEYS), lambda row: (row.party_id, row.sequence, row.statement_hash)):
        several = list(rows)
        before = previous[0] if previous and previous[0].party_id == several[0].party_id else None
        for row in several:
            yield from _key(row, before, parties, origin)
        yield from _whole(several, parties)
        previous = several


def _whole(rows: Sequence[Row[Any]], parties: dict[str, int]) -> Iterator[Finding]:
    """Every key that a statement names has its row."""
    said = told_or_none(rows[0].jwt)
    if said is None or rows[0].party_id is None:
        return
    hashed = shown(rows[0].statement_hash)
    listed = {thumbprint(_raw(each.get("x", ""))) for each in said.payload.get("keys", ())}
    wrong = [row for row in rows if row.kid not in listed]
    for kid in sorted(listed - {row.kid for row in rows})[len(wrong) :]:
        whose = KEY.row((rows[0].party_id, rows[0].sequence, kid))
        yield absent(_CHECK, KEY, whose, f"the key of statement {hashed}", rows[0].index, NOTICED)


def _key(row: Row[Any], previous: Row[Any] | None, parties: dict[str, int], origin: str) -> Iterator[Finding]:
    key, at, hashed = KEY.row((row.party_id, row.sequence, row.kid)), row.index, shown(row.statement_hash)
    said = told_or_none(row.jwt)
    if row.jwt is None:
        yield Finding(_CHECK, KEY.name, key, "statement_hash", "that of a key statement", hashed, at, NOTICED)
        return
    field = "jwt" if at is not None or row.waits is not None else "statement_hash"
    kept = "a statement is kept as it was signed"
    yield from unequal(
        kept, STATEMENT, STATEMENT.row((hashed,)), at, NOTICED, (field, row.statement_hash, row.jwt_hashed)
    )
    if said is None:
        return
    if row.party_id is None:
        party, number = parties.get(said.issuer, row.statement_party), said.payload.get("seq")
        for each in said.payload.get("keys", ()):
            whose = KEY.row((party, number, thumbprint(_raw(each.get("x", "")))))
            yield absent(_CHECK, KEY, whose, f"the key of statement {hashed}", at, NOTICED)
        return
    yield from unequal(_CHECK, KEY, key, at, NOTICED, *_said(row, said, previous, parties))
    repeated = ("kind", 2, row.kind), ("id", said.id, row.statement_id), ("party_id", row.party_id, row.statement_party)
    repeats = "rows repeat what their statement says"
    yield from unequal(repeats, STATEMENT, STATEMENT.row((hashed,)), at, NOTICED, *repeated)
    yield from _logged(row, said, key, origin)


def _said(
    row: Row[Any], said: Told, previous: Row[Any] | None, parties: dict[str, int]
) -> Iterator[tuple[str, object, object]]:
    """(field, as the statement says, as stored)."""
    payload, listed = said.payload, sorted(each.get("x", "") for each in said.payload.get("keys", ()))
    party, stored = parties.get(said.issuer, row.party_id), b64url(bytes(row.public or b"")).decode()
    named = (party, payload.get("seq")) == (row.party_id, row.sequence)
    if not named and stored not in listed:
        yield "statement_hash", "that of the statement of this key", row.statement_hash
        return
    before = bytes(32) if previous is None else bytes(previous.statement_hash)
    yield "party_id", party, row.party_id
    yield "sequence", payload.get("seq"), row.sequence
    yield "statement_hash", payload.get("prev"), b64url(before).decode()
    yield "recovery", payload.get("recovery"), row.recovery
    yield "public", listed, listed if stored in listed else stored
    kids = [thumbprint(_raw(x)) for x in listed]
    at = kids.index(row.kid) if row.kid in kids else None
    yield "kid", kids, kids if at is not None and (listed[at] == stored or stored not in listed) else row.kid


def _raw(x: str) -> bytes:
    return a2b_base64(x.replace("-", "+").replace("_", "/") + "=" * (-len(x) % 4))


def _logged(row: Row[Any], said: Told, key: str, origin: str) -> Iterator[Finding]:
    """In the log under the party's subject, or on its way."""
    subject = bytes(uri.subject(uri.PARTY, origin, said.issuer))
    if row.index is not None:
        entered = ("subject", subject, bytes(row.subject or b"")), ("kind", 2, row.entered_kind)
        yield from unequal("entries are those of their key", ENTRY, f"index={row.index}", row.index, NOTICED, *entered)
    elif row.waits is None:
        yield Finding("every key is in the log or on its way", KEY.name, key, "", "an entry", "none", None, NOTICED)
    else:
        waiting = (
            ("subjects", subject, bytes(row.subjects or b"")),
            ("kind", 2, row.waiting_kind),
            ("recorded_at", said.issued_at, (row.recorded_at or 0) // 1000),
        )
        yield from unequal("what waits is what was recorded", SUBMISSION, f"id={row.waits}", None, NOTICED, *waiting)

"""The keys of a party: each set is a statement in the log, signed by a key of the set before it.

Some keys are kept here, sealed, and sign whatever the party records; others are the party's own, and nobody here can
sign with them (`service.keys.hand`). The first key is made here, so that a party can be registered before it has any.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Connection, Row, select
from sqlalchemy.dialects.postgresql import insert

from anchoring import Submission, submit
from service.domain.errors import UnknownThing
from service.domain.key_errors import BadKeySet, KeyIsElsewhere, KeyNotValid
from service.domain.things import Party
from service.keys.hand import OwnKey, hand_at_work
from service.keys.keyring import SigningKey, thumbprint
from service.keys.statement import NO_PREVIOUS, key_statement
from service.ledger.adding import driver
from service.ledger.requests import Scribe
from service.ledger.write import keep_statements, statement_row
from service.models import tables
from service.statements.sdjwt import Signer, Statement
from verifier import statement as checked
from verifier import uri
from verifier.entry import PARTY_KEY
from verifier.errors import Refuted

SEED_BYTES = 32
MOST_KEYS = 16

KeptHere = Literal["as it is", "new", "none"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The whole set from now on: the party's `own` public keys, what becomes of the key that is `kept_here`, and the
    thumbprint of an offline key that may sign the next set."""

    own: tuple[bytes, ...] = ()
    kept_here: KeptHere = "as it is"
    recovery: str | None = None


@dataclass(frozen=True, slots=True)
class _Key:
    """A row to come: `sealed` is None for an own key."""

    kid: str
    public: bytes
    sealed: bytes | None


def first_key(connection: Connection, scribe: Scribe, party: Party) -> None:
    """A key that is kept here, by which the party begins."""
    key = _new(scribe)
    _enter(connection, scribe, party, key, [_kept(scribe, party, key)], None, 1, NO_PREVIOUS)


def change_key(connection: Connection, scribe: Scribe, code: str) -> None:
    """Replace the key that is kept here; the party's own stay as they are."""
    rows = _newest(connection, _locked(connection, code))
    own = tuple(row.public for row in rows if row.sealed is None)
    change_keys(connection, scribe, code, Wanted(own, "new", rows[0].recovery))


def change_keys(connection: Connection, scribe: Scribe, code: str, wanted: Wanted) -> int:
    """From the next index on these keys sign; returns the number of the key statement.

    Raises UnknownThing, BadKeySet, KeyIsElsewhere, KeyNotValid.
    """
    party = _locked(connection, code)  # waits for whoever signs with a key of now
    before = _newest(connection, party)
    signer = _signer(scribe, party, before, wanted)
    keys = [_Key(thumbprint(public), public, None) for public in wanted.own]
    if wanted.kept_here == "as it is":
        keys += [_Key(row.kid, row.public, row.sealed) for row in before if row.sealed is not None]
    elif wanted.kept_here == "new":
        keys.append(_kept(scribe, party, _new(scribe)))
    _check(keys)
    number, last = before[0].sequence + 1, before[0].statement_hash
    _enter(connection, scribe, party, signer, keys, wanted.recovery, number, last)
    return int(number)


def keys_of(connection: Connection, party_id: int) -> list[Row[Any]]:
    """Every key of every key statement of a party, the newest first."""
    keys = tables.party_key.c
    query = select(tables.party_key).where(keys.party_id == party_id).order_by(keys.sequence.desc(), keys.kid)
    return list(connection.execute(query))


def _locked(connection: Connection, code: str) -> Party:
    columns = tables.party.c
    query = select(columns.id, columns.code, columns.name, columns.uri).where(columns.code == code)
    found = connection.execute(query.with_for_update()).one_or_none()
    if found is None:
        raise UnknownThing("party", code)
    return Party(*found)


def _newest(connection: Connection, party: Party) -> Sequence[Row[Any]]:
    rows = keys_of(connection, party.id)
    return [row for row in rows if row.sequence == rows[0].sequence]


def _signer(scribe: Scribe, party: Party, before: Sequence[Row[Any]], wanted: Wanted) -> Signer:
    """The party's own hand, if it is at work, with a key of the set before or with the recovery key; or we."""
    hand = hand_at_work()
    if hand is None:
        kept = next((row for row in before if row.sealed is not None), None)
        if kept is None:
            raise KeyIsElsewhere(party.code)
        return scribe.keyring.unseal(party.code, kept.kid, kept.sealed)
    own = [row.public for row in before if row.sealed is None]
    own += wanted.own if hand.key == before[0].recovery else ()
    for public in own:
        if thumbprint(public) == hand.key:
            return OwnKey(hand, hand.key, public)
    raise KeyNotValid(party.code, hand.key)


def _check(keys: Sequence[_Key]) -> None:
    if not 1 <= len(keys) <= MOST_KEYS:
        raise BadKeySet(f"1 to {MOST_KEYS} keys", str(len(keys)))
    if len({key.kid for key in keys}) < len(keys):
        raise BadKeySet("each key once", "one of them twice")


def _new(scribe: Scribe) -> SigningKey:
    return SigningKey.of_seed(scribe.random(SEED_BYTES))


def _kept(scribe: Scribe, party: Party, key: SigningKey) -> _Key:
    return _Key(key.kid, key.public, scribe.keyring.seal(party.code, key))


def _enter(
    connection: Connection, scribe: Scribe, party: Party, signer: Signer, keys: Sequence[_Key], recovery: str | None,
    sequence: int, previous: bytes,
) -> None:  # fmt: skip
    """Sign the set, keep it, and submit it to the log."""
    id, now = UUID(bytes=scribe.random(16), version=4), int(scribe.now().timestamp() * 1000)
    statement = key_statement(
        signer, [key.public for key in keys], issuer=party.uri, id=id, issued_at=now // 1000, origin=scribe.origin,
        sequence=sequence, previous=previous, recovery=recovery,
    )  # fmt: skip
    _as_verified(statement, scribe.origin)
    connection.execute(insert(tables.party_key), [
        {"party_id": party.id, "sequence": sequence, "kid": key.kid, "public": key.public, "sealed": key.sealed,
         "statement_hash": statement.statement_hash, "recovery": recovery} for key in keys
    ])  # fmt: skip
    keep_statements(driver(connection), [statement_row(statement, party.id, id, PARTY_KEY)])
    subject = uri.subject(uri.PARTY, scribe.origin, party.uri)
    submit(connection, [Submission(PARTY_KEY, subject, statement.statement_hash, now)])


def _as_verified(statement: Statement, origin: str) -> None:
    """What the verifier would refuse does not get into the log: a key of small order for one."""
    try:
        read = checked.read(statement.jwt, PARTY_KEY, origin)
        checked.key_set(read, checked.split(f"{statement.jwt}~"))
    except Refuted as refuted:
        raise BadKeySet(str(refuted.expected), str(refuted.seen)) from None

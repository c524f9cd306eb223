"""Links by which a party shows a lot to somebody without a key: 256 random bits, kept as SHA-256.

A link is the party's own view of the lot, limited to the groups that it chose (`service.proof.fields`), until it ends.
What was fetched meanwhile stays with whoever fetched it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, insert, or_, select, update

from service.domain.errors import MovementIdTaken
from service.ledger.desk import hash_of
from service.models.tables import party
from service.models.tables import share as shares
from service.statements.sdjwt import b64url

SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewShare:
    id: UUID
    lot: str
    groups: tuple[str, ...]
    label: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shared:
    """What a link leads to."""

    lot: str
    party_id: int
    party: str
    groups: frozenset[str]
    name: str
    expires_at: int | None


def make(
    connection: Connection, party_id: int, who: str, now: datetime, asked: NewShare, random: Callable[[int], bytes]
) -> tuple[Row[Any], str]:
    """The link and its secret, which is never seen again; asked for twice, MovementIdTaken: make another one."""
    if _one(connection, party_id, asked.id) is not None:
        hashed = hash_of(str(asked.id)).hex()
        raise MovementIdTaken(str(asked.id), hashed, hashed)
    secret = b64url(random(SECRET_BYTES)).decode()
    connection.execute(insert(shares).values(
        party_id=party_id, id=asked.id, secret_hash=_hash(secret), lot_uri=asked.lot, groups=list(asked.groups),
        label=asked.label, made_by=who, made_at=_milliseconds(now),
        expires_at=None if asked.expires_at is None else _milliseconds(asked.expires_at),
    ))  # fmt: skip
    made = _one(connection, party_id, asked.id)
    assert made is not None
    return made, secret


def end(connection: Connection, party_id: int, id: UUID, now: datetime) -> Row[Any] | None:
    """The link leads nowhere from now on, or already; None if the party made none such."""
    mine = (shares.c.party_id == party_id) & (shares.c.id == id) & shares.c.ended_at.is_(None)
    connection.execute(update(shares).where(mine).values(ended_at=_milliseconds(now)))
    return _one(connection, party_id, id)


def listed(connection: Connection, party_id: int) -> list[Row[Any]]:
    """The newest first."""
    asked = select(shares).where(shares.c.party_id == party_id).order_by(shares.c.number.desc())
    return list(connection.execute(asked.limit(1000)))


def found(connection: Connection, secret: str, now: datetime) -> Shared | None:
    """What the link with this secret leads to now."""
    at = _milliseconds(now)
    row = connection.execute(
        select(shares, party.c.uri, party.c.name)
        .join(party, party.c.id == shares.c.party_id)
        .where(shares.c.secret_hash == _hash(secret), shares.c.ended_at.is_(None))
        .where(or_(shares.c.expires_at.is_(None), shares.c.expires_at > at))
    ).one_or_none()
    if row is None:
        return None
    return Shared(row.lot_uri, row.party_id, row.uri, frozenset(row.groups), row.name, row.expires_at)


def _one(connection: Connection, party_id: int, id: UUID) -> Row[Any] | None:
    return connection.execute(select(shares).where(shares.c.party_id == party_id, shares.c.id == id)).one_or_none()


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)

"""Invitations: with one a person sets the password, the first or, after it was forgotten, another one.

One-time, for LIFE, shown once to the administrator who makes it, kept as SHA-256. A new one ends those before it.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from service.auth.keys import secret_hash
from service.people import changes
from service.people.changes import Author
from service.statements.sdjwt import b64url

LIFE = timedelta(hours=72)
PREFIX = "lpi_"


def make(
    connection: Connection, author: Author, code: str, resets_factor: bool, random: Callable[[int], bytes]
) -> tuple[str, Row[Any]] | None:
    """The secret and the row; None if the party has no active person of this code."""
    person_id = connection.execute(_PERSON, {"party": author.party_id, "code": code}).scalar_one_or_none()
    if person_id is None:
        return None
    end(connection, person_id, author.at)
    secret, id = PREFIX + b64url(random(32)).decode(), UUID(bytes=random(16), version=4)
    connection.execute(_MAKE, {"id": id, "person": person_id, "hash": secret_hash(secret), "resets": resets_factor,
                               "now": author.at, "until": author.at + LIFE})  # fmt: skip
    made = {"invitation": (None, str(id))} | ({"second_factor": (None, "to be reset")} if resets_factor else {})
    changes.keep(connection, author, "person", code, made)
    return secret, connection.execute(_ONE, {"id": id}).one()


def end(connection: Connection, person_id: int, now: datetime) -> int:
    """How many that were open are ended."""
    return connection.execute(_END, {"person": person_id, "now": now}).rowcount


def whose(connection: Connection, secret: str, now: datetime) -> Row[Any] | None:
    """id, resets_factor, person_id, person, party_id, party; None unless it is open and its person active."""
    return whose_hash(connection, secret_hash(secret), now)


def whose_hash(connection: Connection, hashed: bytes, now: datetime) -> Row[Any] | None:
    return connection.execute(_WHOSE, {"hash": hashed, "now": now}).one_or_none()


def use(connection: Connection, id: UUID, now: datetime) -> bool:
    """Whether it was still to be used, now it is not: of two who use it at once one is the first."""
    return connection.execute(_USE, {"id": id, "now": now}).rowcount == 1


_PERSON = text("SELECT id FROM warehouse.person WHERE party_id = :party AND code = :code AND active FOR NO KEY UPDATE")
_MAKE = text(
    "INSERT INTO warehouse.invitation (id, person_id, secret_hash, resets_factor, made_at, expires_at)"
    " VALUES (:id, :person, :hash, :resets, :now, :until)"
)
_ONE = text("SELECT id, resets_factor, made_at, expires_at FROM warehouse.invitation WHERE id = :id")
_END = text(
    "UPDATE warehouse.invitation SET ended_at = :now"
    " WHERE person_id = :person AND used_at IS NULL AND ended_at IS NULL"
)
_WHOSE = text(
    "SELECT i.id, i.resets_factor, i.person_id, n.code AS person, n.party_id, p.code AS party"
    " FROM warehouse.invitation i JOIN warehouse.person n ON n.id = i.person_id"
    " JOIN warehouse.party p ON p.id = n.party_id WHERE i.secret_hash = :hash AND i.used_at IS NULL"
    " AND i.ended_at IS NULL AND i.expires_at > :now AND n.active"
)
_USE = text(
    "UPDATE warehouse.invitation SET used_at = :now WHERE id = :id AND used_at IS NULL AND ended_at IS NULL"
    " AND expires_at > :now"
)

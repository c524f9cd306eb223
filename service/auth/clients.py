"""Machines of a party that sign in with a key of their own, and the tokens of some minutes that they get for it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Connection, Row, text

from service.auth.assertions import Rejected, accept
from service.auth.keys import secret_hash
from service.domain.errors import UnknownThing
from service.statements.sdjwt import b64url

LIFE = timedelta(minutes=10)
PREFIX = "lpt_"
"""Not `lpk_`: who finds one in a log sees that it is over by now."""


@dataclass(frozen=True, slots=True)
class NewClient:
    id: UUID
    label: str
    jwk: dict[str, str]
    person: str | None = None


def add(connection: Connection, party_id: int, client: NewClient, now: datetime) -> Row[Any]:
    """Raises UnknownThing for a person that this party does not have."""
    if client.person is not None and not connection.scalar(
        text("SELECT id FROM warehouse.person WHERE party_id = :party AND code = :code"),
        {"party": party_id, "code": client.person},
    ):
        raise UnknownThing("person", client.person)
    connection.execute(_ADD, {"id": client.id, "party": party_id, "label": client.label, "now": now,
                              "jwk": orjson.dumps(client.jwk).decode(), "person": client.person})  # fmt: skip
    return connection.execute(_ONE, {"party": party_id, "id": client.id}).one()


def listed(connection: Connection, party_id: int) -> list[Row[Any]]:
    return list(connection.execute(_LISTED, {"party": party_id}))


def end(connection: Connection, party_id: int, id: UUID, now: datetime) -> Row[Any] | None:
    """Its tokens open nothing any more, within a second; None if the party has none such."""
    connection.execute(_END, {"party": party_id, "id": id, "now": now})
    return connection.execute(_ONE, {"party": party_id, "id": id}).one_or_none()


def token(
    connection: Connection, client: UUID, assertion: str, audiences: tuple[str, ...], now: datetime,
    random: Callable[[int], bytes],
) -> str:  # fmt: skip
    """A token for whoever signed this assertion, once; raises Rejected."""
    found = connection.execute(_OPEN, {"id": client}).one_or_none()
    if found is None:
        raise Rejected("no such client")
    accepted = accept(assertion, found.jwk, str(client), audiences, now)
    used = {"client": client, "jti": accepted.jti, "until": accepted.expires_at + LIFE}
    if connection.execute(_USE, used).rowcount != 1:
        raise Rejected("used before")
    secret = PREFIX + b64url(random(32)).decode()
    connection.execute(_GIVE, {"hash": secret_hash(secret), "client": client, "until": now + LIFE})
    for over in _OVER:
        connection.execute(over, {"now": now})
    return secret


def once(connection: Connection, client: UUID, nonce: str, until: datetime, now: datetime) -> bool:
    """Whether a signed request comes for the first time; from here on it has come."""
    used = {"client": client, "jti": f"request {nonce}", "until": until}
    first = connection.execute(_USE, used).rowcount == 1
    connection.execute(_OVER[1], {"now": now})
    return first


_ADD = text(
    "INSERT INTO warehouse.oauth_client (id, party_id, person_id, label, jwk, created_at) VALUES (:id, :party,"
    " (SELECT id FROM warehouse.person WHERE party_id = :party AND code = :person), :label, CAST(:jwk AS jsonb), :now)"
)
_SHOWN = (
    "SELECT c.id, c.label, c.jwk, c.created_at, c.ended_at, s.code AS person FROM warehouse.oauth_client c"
    " LEFT JOIN warehouse.person s ON s.id = c.person_id WHERE c.party_id = :party"
)
_ONE = text(f"{_SHOWN} AND c.id = :id")
_LISTED = text(f"{_SHOWN} ORDER BY c.created_at DESC, c.id LIMIT 1000")
_END = text(
    "UPDATE warehouse.oauth_client SET ended_at = :now WHERE party_id = :party AND id = :id AND ended_at IS NULL"
)
_OPEN = text("SELECT jwk FROM warehouse.oauth_client WHERE id = :id AND ended_at IS NULL FOR KEY SHARE")
_USE = text(
    "INSERT INTO warehouse.used_assertion (client_id, jti, expires_at) VALUES (:client, :jti, :until)"
    " ON CONFLICT DO NOTHING"
)
_GIVE = text(
    "INSERT INTO warehouse.access_token (secret_hash, client_id, expires_at) VALUES (:hash, :client, :until)"
)
_OVER = (
    text("DELETE FROM warehouse.access_token WHERE expires_at < :now"),
    text("DELETE FROM warehouse.used_assertion WHERE expires_at < :now"),
)

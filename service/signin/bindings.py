"""Providers of a party, and who somebody of a provider is here: kept, listed, ended."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from service.keys.keyring import Keyring
from service.people import changes
from service.people.changes import Author

MOST_PROVIDERS = 10


@dataclass(frozen=True, slots=True)
class NewProvider:
    label: str
    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A person, by number and code."""

    id: int
    code: str


def owner(provider_id: UUID) -> str:
    """To what a client's sealed secret is bound."""
    return f"oidc\0{provider_id}"


def add(
    connection: Connection, author: Author, new: NewProvider, keyring: Keyring, random: Callable[[int], bytes]
) -> Row[Any]:
    id = UUID(bytes=random(16), version=4)
    sealed = keyring.seal_secret(owner(id), new.client_secret.encode())
    connection.execute(_ADD, {"id": id, "party": author.party_id, "label": new.label, "issuer": new.issuer,
                              "client": new.client_id, "sealed": sealed, "now": author.at})  # fmt: skip
    changes.keep(connection, author, "oidc-provider", str(id), {"issuer": (None, new.issuer)})
    return connection.execute(_ONE, {"party": author.party_id, "id": id}).one()


def listed(connection: Connection, party_id: int) -> list[Row[Any]]:
    """The newest first, also those that ended."""
    return list(connection.execute(_LISTED, {"party": party_id}))


def opened(connection: Connection, party_id: int) -> list[Row[Any]]:
    """Those that sign people in."""
    return [row for row in listed(connection, party_id) if row.ended_at is None]


def end(connection: Connection, author: Author, id: UUID) -> Row[Any] | None:
    """Signs nobody in any more, and whom it signed in is out; None if the party has none such."""
    if connection.execute(_END, {"party": author.party_id, "id": id, "now": author.at}).rowcount:
        changes.keep(connection, author, "oidc-provider", str(id), {"ended": (False, True)})
    return connection.execute(_ONE, {"party": author.party_id, "id": id}).one_or_none()


def person_of(connection: Connection, provider_id: UUID, subject: str) -> Bound | None:
    """The active person that this subject is."""
    row = connection.execute(_PERSON, {"provider": provider_id, "subject": subject}).one_or_none()
    return Bound(row.id, row.code) if row else None


def bind(connection: Connection, author: Author, provider_id: UUID, subject: str, person: Bound) -> bool:
    """From now on this subject is that person, and no other is; False if it is another person already."""
    asked = {"provider": provider_id, "subject": subject, "person": person.id, "now": author.at}
    taken = connection.execute(_TAKEN, asked).scalar_one_or_none()
    if taken is not None:
        return bool(taken == person.id)
    connection.execute(_REPLACE, asked)
    if connection.execute(_BIND, asked).rowcount != 1:
        return False
    changes.keep(connection, author, "person", person.code, {"oidc_subject": (None, str(provider_id))})
    return True


def bound(connection: Connection, person_id: int) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in connection.execute(_BOUND, {"person": person_id})]


def unbind(connection: Connection, author: Author, person: Bound) -> int:
    """How many were bound; sessions by a provider end."""
    asked = {"person": person.id, "now": author.at}
    removed = connection.execute(_UNBIND, asked).rowcount
    if removed:
        connection.execute(_OUT, asked)
        changes.keep(connection, author, "person", person.code, {"oidc_subject": (removed, None)})
    return removed


def has_only(connection: Connection, party_id: int, id: UUID) -> bool:
    """Whether no other provider of the party signs people in."""
    return [row.id for row in opened(connection, party_id)] == [id]


_SHOWN = (
    "SELECT id, label, issuer, client_id, made_at, ended_at FROM warehouse.oidc_provider WHERE party_id = :party"
)
_ADD = text(
    "INSERT INTO warehouse.oidc_provider (id, party_id, label, issuer, client_id, sealed, made_at)"
    " VALUES (:id, :party, :label, :issuer, :client, :sealed, :now)"
)
_ONE = text(f"{_SHOWN} AND id = :id")
_LISTED = text(f"{_SHOWN} ORDER BY made_at DESC, id LIMIT 1000")
_END = text(
    "UPDATE warehouse.oidc_provider SET ended_at = :now WHERE party_id = :party AND id = :id AND ended_at IS NULL"
)
_PERSON = text(
    "SELECT n.id, n.code FROM warehouse.oidc_subject b JOIN warehouse.person n ON n.id = b.person_id"
    " WHERE b.provider_id = :provider AND b.subject = :subject AND n.active"
)
_TAKEN = text("SELECT person_id FROM warehouse.oidc_subject WHERE provider_id = :provider AND subject = :subject")
_REPLACE = text("DELETE FROM warehouse.oidc_subject WHERE provider_id = :provider AND person_id = :person")
_BIND = text(
    "INSERT INTO warehouse.oidc_subject (provider_id, subject, person_id, bound_at)"
    " VALUES (:provider, :subject, :person, :now) ON CONFLICT DO NOTHING"
)
_BOUND = text(
    "SELECT provider_id AS provider, subject, bound_at FROM warehouse.oidc_subject WHERE person_id = :person"
    " ORDER BY bound_at, provider_id"
)
_UNBIND = text("DELETE FROM warehouse.oidc_subject WHERE person_id = :person")
_OUT = text(
    "UPDATE warehouse.session SET ended_at = :now WHERE person_id = :person AND provider_id IS NOT NULL"
    " AND ended_at IS NULL"
)

"""API keys, and the tokens of machines that sign in: 256 random bits, shown once, kept as SHA-256.

A slow password hash would add nothing: there is no dictionary of 2^256 entries, and the look-up stands in every
request. `shown` is the beginning of the key, enough to tell two keys apart in a list or a log and useless to anybody
else.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from sqlalchemy import Connection, text

from service.domain.people import COMPANY, Grant
from service.standpoint import Standpoint

Role = Literal["party", "operator", "auditor", "regulator"]
ROLES: tuple[Role, ...] = get_args(Role)
PREFIX = "lpk_"
SHOWN_LENGTH = 12

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose key, or session, came with the request. Only role `party` has a party, and perhaps a person of that party.

    `role` is the kind of key; `grants` are the roles within the party, see `permissions`.
    """

    key: str
    role: Role
    party: str | None = None
    party_id: int | None = None
    person: str | None = None
    grants: frozenset[Grant] = frozenset()
    own_key: str | None = None
    """The key with which the party signs for itself, where the service keeps none for it: the first by its name."""
    method: str = "api-key"
    """How it was shown who calls: `api-key`, `oauth`, `signed`; of a session `password`, `password+totp`,
    `password+recovery`, or `oidc` and what the provider said of it."""
    proven_at: datetime | None = None
    """When a person in a session last gave the password (and the second factor) anew."""
    session: UUID | None = None
    """The session, of a person who signed in; None: the call came with a key. The members below are a session's."""
    person_id: int | None = None
    signed_in_at: datetime | None = None
    provider: UUID | None = None
    """Who signed the person in, if we did not."""
    stage: str = ""
    """What is still to be done before it opens anything: `code`, `enrol` (`service.auth.proving`), or nothing."""
    fresh: bool = False
    """Whether the proof is recent enough for a signing act, at the moment of the request."""

    @property
    def standpoint(self) -> Standpoint:
        """From where the caller's transactions look at the database."""
        if self.role == "party":
            assert self.party_id is not None
            return Standpoint(frozenset({self.party_id}))
        return Standpoint(errand=self.role)

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(grant.role for grant in self.grants)

    @property
    def sites(self) -> frozenset[str] | None:
        """The sites to which all of the caller's roles are limited; None if one of them counts everywhere."""
        sites = frozenset(grant.site for grant in self.grants)
        return None if None in sites else frozenset(site for site in sites if site is not None)

    @property
    def actor(self) -> str:
        """Who stands in the ledger as the one who did it: opaque ids, never a name."""
        return self.key if self.person is None else f"{self.key}/{self.person}"


@dataclass(frozen=True, slots=True)
class ApiKey:
    id: UUID
    role: Role
    party: str | None
    label: str
    shown: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    person: str | None = None


def new_secret(random: Random) -> str:
    return PREFIX + urlsafe_b64encode(random(32)).rstrip(b"=").decode()


def secret_hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def issue(
    connection: Connection,
    *,
    role: Role,
    party: str | None,
    label: str,
    now: datetime,
    random: Random,
    expires_at: datetime | None = None,
    person: str | None = None,
) -> tuple[str, ApiKey]:
    """A new key and its secret, which is never seen again; the party, and the person in it, must exist."""
    assert (role == "party") == (party is not None), "a key of role party, and only that, has a party"
    secret = new_secret(random)
    id, shown = UUID(bytes=random(16), version=4), secret[:SHOWN_LENGTH]
    key = ApiKey(id, role, party, label, shown, now, expires_at, person=person)
    connection.execute(
        text(
            "INSERT INTO warehouse.api_key (id, role, party_id, label, shown, secret_hash, created_at, expires_at,"
            " person_id) VALUES (:id, :role, (SELECT id FROM warehouse.party WHERE code = :party), :label, :shown,"
            " :hash, :at, :until, (SELECT s.id FROM warehouse.person s JOIN warehouse.party p ON p.id = s.party_id"
            " WHERE p.code = :party AND s.code = :person))"
        ),
        {
            "id": key.id,
            "role": role,
            "party": party,
            "label": label,
            "shown": key.shown,
            "hash": secret_hash(secret),
            "at": now,
            "until": expires_at,
            "person": person,
        },
    )
    return secret, key


def caller_of(connection: Connection, hashed: bytes, now: datetime) -> Caller | None:
    """The caller whose key has this hash, if it is neither revoked nor expired, nor its person inactive."""
    row = connection.execute(_CALLER, {"hash": hashed, "now": now}).one_or_none()
    if row is None:
        return None
    grants = _grants(connection, row)
    return Caller(str(row.id), row.role, row.code, row.party_id, row.person, grants, row.own_key, row.method)


def caller_of_client(connection: Connection, client: UUID) -> tuple[Caller, dict[str, str]] | None:
    """Whom this machine acts for, and its public key, if it has not ended."""
    row = connection.execute(_CLIENT, {"client": client}).one_or_none()
    if row is None:
        return None
    grants = _grants(connection, row)
    return Caller(str(row.id), row.role, row.code, row.party_id, row.person, grants, row.own_key, "signed"), row.jwk


def _grants(connection: Connection, row: Any) -> frozenset[Grant]:
    if row.code is None:
        return frozenset()
    return _COMPANY if row.person_id is None else grants_of(connection, row.person_id)


def grants_of(connection: Connection, person_id: int) -> frozenset[Grant]:
    return frozenset(Grant(*each) for each in connection.execute(_GRANTS, {"person_id": person_id}))


def listed(connection: Connection, party_id: int | None) -> list[ApiKey]:
    """All keys of one party; with None, all keys there are."""
    rows = connection.execute(_LISTED, {"party_id": party_id})
    return [_key(row) for row in rows]


def revoke(connection: Connection, id: UUID, party_id: int | None, now: datetime) -> ApiKey | None:
    """The key, revoked now or before; None if there is none among those that `party_id` (None: all) may see."""
    connection.execute(_REVOKE, {"id": id, "party_id": party_id, "now": now})
    return next((key for key in listed(connection, party_id) if key.id == id), None)


def expire(connection: Connection, id: UUID, at: datetime) -> None:
    """The key opens nothing from then on; one that ends sooner is left as it is."""
    connection.execute(_EXPIRE, {"id": id, "at": at})


def _key(row: Any) -> ApiKey:
    return ApiKey(row.id, row.role, row.code, row.label, row.shown, row.created_at, row.expires_at, row.revoked_at,
                  row.person)


_COMPANY = frozenset(Grant(role) for role in COMPANY)
OWN_KEY = (
    "(SELECT min(y.kid) FROM warehouse.party_key y WHERE y.party_id = {0} AND y.sequence ="
    " (SELECT max(z.sequence) FROM warehouse.party_key z WHERE z.party_id = {0}) HAVING count(y.sealed) = 0)"
)
_WHO = (
    f"SELECT k.*, p.code, s.code AS person, {OWN_KEY.format('k.party_id')} AS own_key"  # noqa: S608 - constants
    " FROM ({}) k LEFT JOIN warehouse.party p ON p.id = k.party_id"
    " LEFT JOIN warehouse.person s ON s.id = k.person_id WHERE s.active IS NOT FALSE"
)
_CALLER = text(_WHO.format(
    "SELECT id, role, party_id, person_id, 'api-key' AS method FROM warehouse.api_key"
    " WHERE secret_hash = :hash AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)"
    " UNION ALL SELECT c.id, 'party', c.party_id, c.person_id, 'oauth' FROM warehouse.access_token t"
    " JOIN warehouse.oauth_client c ON c.id = t.client_id"
    " WHERE t.secret_hash = :hash AND t.expires_at > :now AND c.ended_at IS NULL"
))  # fmt: skip
_CLIENT = text(_WHO.format(
    "SELECT id, 'party' AS role, party_id, person_id, jwk FROM warehouse.oauth_client"
    " WHERE id = :client AND ended_at IS NULL"
))  # fmt: skip
_GRANTS = text(
    "SELECT r.role, s.code FROM warehouse.person_role r LEFT JOIN warehouse.site s ON s.id = r.site_id"
    " WHERE r.person_id = :person_id"
)
_LISTED = text(
    "SELECT k.*, p.code, s.code AS person FROM warehouse.api_key k LEFT JOIN warehouse.party p ON p.id = k.party_id"
    " LEFT JOIN warehouse.person s ON s.id = k.person_id"
    " WHERE CAST(:party_id AS bigint) IS NULL OR k.party_id = :party_id ORDER BY k.created_at, k.id"
)
_EXPIRE = text("UPDATE warehouse.api_key SET expires_at = least(expires_at, :at) WHERE id = :id")
_REVOKE = text(
    "UPDATE warehouse.api_key SET revoked_at = :now WHERE id = :id AND revoked_at IS NULL"
    " AND (CAST(:party_id AS bigint) IS NULL OR party_id = :party_id)"
)

"""Sessions of people, kept on the server: the browser holds 256 random bits, the database their SHA-256.

A session keeps its id, which stands in the ledger as who acted, and gets a new secret at each raise of rights (second
factor, proof): what somebody saw or planted before opens nothing after. It ends when it was not used for IDLE, after
LONGEST at the latest, when its person is deactivated, or when it is ended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from service.auth.keys import OWN_KEY, Caller, grants_of, secret_hash
from service.signin import demands
from service.statements.sdjwt import b64url

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
CODE_WITHIN = timedelta(minutes=10)
"""From the right password to the second factor."""
TOUCHED = timedelta(minutes=1)
"""That it was used is noted once in so long; so it ends a minute early at worst."""
KEPT = timedelta(days=30)
"""After it could have been used at most; then the address from which it came goes too."""
PROOF = timedelta(minutes=5)
"""So long a proof counts for signing acts."""
PREFIX = "lps_"

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Known:
    """A session that is good: whose it is, and whether its use has to be noted."""

    caller: Caller
    touch: bool


def new_secret(random: Random) -> str:
    return PREFIX + b64url(random(32)).decode()


def begin(
    connection: Connection, person_id: int, method: str, code_due: bool, address: str, now: datetime, random: Random,
    provider: UUID | None = None,
) -> str:  # fmt: skip
    """The secret of a new session; `code_due`: it opens nothing but the door to the second factor, for some minutes.
    `provider`: who signed the person in, if we did not.
    """
    secret, id = new_secret(random), UUID(bytes=random(16), version=4)
    life = CODE_WITHIN if code_due else LONGEST
    connection.execute(_BEGIN, {
        "id": id, "person": person_id, "hash": secret_hash(secret), "method": method, "provider": provider,
        "due": code_due, "address": address, "now": now, "until": now + life,
    })  # fmt: skip
    return secret


def forget(connection: Connection, now: datetime) -> None:
    """Those that ended long ago, of everybody."""
    connection.execute(_FORGET, {"before": now - KEPT})


def complete(connection: Connection, id: UUID, method: str, now: datetime, random: Random) -> str:
    """The second factor was there: from now on it is a session like others, under the new secret that is returned."""
    secret = new_secret(random)
    became = {"id": id, "hash": secret_hash(secret), "method": method, "now": now, "life": LONGEST}
    connection.execute(_COMPLETE, became)
    return secret


def renewed(connection: Connection, id: UUID, random: Random) -> str:
    """Its new secret, and nothing else."""
    secret = new_secret(random)
    connection.execute(_RENEWED, {"id": id, "hash": secret_hash(secret)})
    return secret


def proven(connection: Connection, id: UUID, now: datetime, random: Random) -> str:
    """Who holds it has proven just now who he is; its new secret."""
    secret = new_secret(random)
    connection.execute(_PROVEN, {"id": id, "hash": secret_hash(secret), "now": now})
    return secret


def touch(connection: Connection, id: UUID, now: datetime) -> None:
    connection.execute(_TOUCH, {"id": id, "now": now})


def end(
    connection: Connection, person_id: int, now: datetime, *, only: UUID | None = None, but: UUID | None = None
) -> int:
    """How many were ended: one, all, or all but one of this person's."""
    asked = {"person": person_id, "now": now, "only": only, "but": but}
    return connection.execute(_END, asked).rowcount


def listed(connection: Connection, person_id: int, now: datetime) -> list[dict[str, Any]]:
    """Those that are open, the newest first."""
    rows = connection.execute(_LISTED, {"person": person_id, "now": now, "idle": now - IDLE})
    return [dict(row._mapping) for row in rows]


def is_known(connection: Connection, person_id: int | None, address: str, now: datetime) -> bool:
    """Whether this person signed in from there of late."""
    asked = {"person": person_id, "address": address, "since": now - KEPT}
    return connection.execute(_KNOWN, asked).first() is not None


def found(connection: Connection, hashed: bytes, now: datetime) -> Known | None:
    """The session whose secret has this hash, unless it ended, was idle too long, or its person is not active."""
    row = connection.execute(_FOUND, {"hash": hashed, "now": now, "idle": now - IDLE}).one_or_none()
    if row is None:
        return None
    grants = grants_of(connection, row.person_id)
    stage = "code" if row.code_due else ""
    if not stage and not row.enrolled and demands.of_factor(row.factor, {grant.role for grant in grants}):
        stage = "enrol"
    caller = Caller(
        str(row.id), "party", row.party, row.party_id, row.person, grants, row.own_key, method=row.method,
        proven_at=row.proven_at, session=row.id, person_id=row.person_id, stage=stage, signed_in_at=row.made_at,
        provider=row.provider_id,
    )  # fmt: skip
    return Known(caller, row.seen_at <= now - TOUCHED)


_BEGIN = text(
    "INSERT INTO warehouse.session"
    " (id, person_id, secret_hash, method, code_due, address, made_at, seen_at, expires_at, provider_id)"
    " VALUES (:id, :person, :hash, :method, :due, :address, :now, :now, :until, :provider)"
)
_COMPLETE = text(
    "UPDATE warehouse.session SET secret_hash = :hash, method = :method, code_due = false, seen_at = :now,"
    " expires_at = made_at + CAST(:life AS interval) WHERE id = :id AND ended_at IS NULL"
)
_RENEWED = text("UPDATE warehouse.session SET secret_hash = :hash WHERE id = :id AND ended_at IS NULL")
_PROVEN = text(
    "UPDATE warehouse.session SET secret_hash = :hash, proven_at = :now, seen_at = :now"
    " WHERE id = :id AND ended_at IS NULL"
)
_TOUCH = text("UPDATE warehouse.session SET seen_at = greatest(seen_at, :now) WHERE id = :id")
_END = text(
    "UPDATE warehouse.session SET ended_at = :now WHERE person_id = :person AND ended_at IS NULL"
    " AND (CAST(:only AS uuid) IS NULL OR id = :only) AND (CAST(:but AS uuid) IS NULL OR id <> :but)"
)
_LISTED = text(
    "SELECT id, method, address, made_at, seen_at, expires_at FROM warehouse.session WHERE person_id = :person"
    " AND NOT code_due AND ended_at IS NULL AND expires_at > :now AND seen_at > :idle ORDER BY made_at DESC, id"
    " LIMIT 1000"
)
_FORGET = text("DELETE FROM warehouse.session WHERE expires_at < :before")
_KNOWN = text(
    "SELECT FROM warehouse.session WHERE person_id = :person AND address = :address AND NOT code_due"
    " AND made_at > :since LIMIT 1"
)
_FOUND = text(
    "SELECT s.id, s.method, s.code_due, s.seen_at, s.proven_at, s.made_at, s.person_id, n.code AS person, n.party_id,"  # noqa: S608 - constants
    f" p.code AS party, {OWN_KEY.format('n.party_id')} AS own_key,"
    " s.provider_id, s.provider_id IS NOT NULL OR f.confirmed_at IS NOT NULL AS enrolled, r.factor"
    " FROM warehouse.session s"
    " JOIN warehouse.person n ON n.id = s.person_id JOIN warehouse.party p ON p.id = n.party_id"
    " LEFT JOIN warehouse.second_factor f ON f.person_id = n.id"
    " LEFT JOIN warehouse.sign_in_rule r ON r.party_id = n.party_id"
    " LEFT JOIN warehouse.oidc_provider o ON o.id = s.provider_id"
    " WHERE s.secret_hash = :hash AND s.ended_at IS NULL AND s.expires_at > :now AND s.seen_at > :idle AND n.active"
    " AND o.ended_at IS NULL AND (r.only_oidc IS NOT TRUE OR o.id IS NOT NULL)"
)

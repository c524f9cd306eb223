"""A new key-encryption key: every sealed party key, and every other secret, is opened under the old one and sealed
under the new one.

One transaction: whoever reads sees all of them as they were, or all as they are now; a crash leaves them as they were,
and running it again begins anew. Web processes that hold both KEKs (`Keyring(kek, before)`) open either, so they need
not stop. Asked again when it is done, it finds nothing to do: that is the proof that the old KEK may go.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, text

from service.keys.keyring import Keyring, SigningKey
from service.signin import bindings, factors

PORTION = 1_000  # rows in memory


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """How many keys were sealed anew, and how many were sealed under the new KEK already."""

    anew: int
    before: int


class DoesNotOpen(Exception):
    """A sealed key opens under neither KEK; nothing was changed."""


def rewrap(
    connection: Connection, old: Keyring, new: Keyring, after: Callable[[int], None] = lambda done: None
) -> Rewrapped:
    """Seal under `new` whatever `old` sealed, in the transaction of the caller; keys are opened and compared with their
    public halves first. `after` hears how many were looked at. Raises DoesNotOpen."""
    anew = before = 0
    for rows in _portions(connection):
        changed = [row for row in rows if not new.is_current(row.code, row.kid, row.sealed)]
        sealed = [_sealed(row, old, new) for row in changed]
        if sealed:
            connection.execute(_RESEAL, sealed)
        anew, before = anew + len(changed), before + len(rows) - len(changed)
        after(anew + before)
    for secrets in SECRETS:
        done = _secrets(connection, secrets, old, new)
        anew, before = anew + done.anew, before + done.before
        after(anew + before)
    return Rewrapped(anew, before)


@dataclass(frozen=True, slots=True)
class Secrets:
    """A table of sealed secrets: what they are called, its key, and to what each is bound."""

    called: str
    table: str
    key: str
    owner: Callable[[Any], str]


SECRETS = (
    Secrets("the second factor of person", "warehouse.second_factor", "person_id", factors.owner),
    Secrets("the client's secret at provider", "warehouse.oidc_provider", "id", bindings.owner),
)


def _secrets(connection: Connection, of: Secrets, old: Keyring, new: Keyring) -> Rewrapped:
    """All of a table; `new` holds the KEK of now only."""
    changed, before = list[dict[str, Any]](), 0
    rows = text(f"SELECT {of.key} AS key, sealed FROM {of.table} ORDER BY {of.key} FOR NO KEY UPDATE")  # noqa: S608
    for row in connection.execute(rows):
        owner = of.owner(row.key)
        if _opens(new, owner, row.sealed):
            before += 1
            continue
        try:
            secret = old.open_secret(owner, row.sealed)
        except InvalidTag:
            raise DoesNotOpen(f"{of.called} {row.key} opens under neither KEK: nothing was changed") from None
        changed.append({"key": row.key, "sealed": new.seal_secret(owner, secret)})
    if changed:
        connection.execute(text(f"UPDATE {of.table} SET sealed = :sealed WHERE {of.key} = :key"), changed)  # noqa: S608
    return Rewrapped(len(changed), before)


def _opens(keyring: Keyring, owner: str, sealed: bytes) -> bool:
    try:
        keyring.open_secret(owner, sealed)
    except InvalidTag:
        return False
    return True


def _sealed(row: Any, old: Keyring, new: Keyring) -> dict[str, Any]:
    try:
        key: SigningKey = old.unseal(row.code, row.kid, row.sealed)
    except InvalidTag:
        raise DoesNotOpen(f"key {row.kid} of {row.code} opens under neither KEK: nothing was changed") from None
    if key.public != row.public:
        raise DoesNotOpen(f"key {row.kid} of {row.code} is not the one that its row names: nothing was changed")
    return {"party": row.party_id, "sequence": row.sequence, "kid": row.kid, "sealed": new.seal(row.code, key)}


def _portions(connection: Connection) -> Iterator[Sequence[Any]]:
    """All rows, locked, in the order of their key; a row that is added meanwhile is sealed under the KEK of now."""
    last = {"party": 0, "sequence": 0, "kid": ""}
    while rows := connection.execute(_NEXT, {**last, "many": PORTION}).all():
        yield rows
        last = {"party": rows[-1].party_id, "sequence": rows[-1].sequence, "kid": rows[-1].kid}


_NEXT = text("""
    SELECT k.party_id, k.sequence, k.kid, k.public, k.sealed, p.code
      FROM warehouse.party_key k JOIN warehouse.party p ON p.id = k.party_id
     WHERE k.sealed IS NOT NULL AND (k.party_id, k.sequence, k.kid) > (:party, :sequence, :kid)
     ORDER BY k.party_id, k.sequence, k.kid LIMIT :many FOR NO KEY UPDATE OF k
""")
_RESEAL = text(
    "UPDATE warehouse.party_key SET sealed = :sealed WHERE party_id = :party AND sequence = :sequence"
    " AND kid = :kid"
)

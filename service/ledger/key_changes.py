"""A change of a party's keys: one person asks for it, another approves, and then it is entered into the log."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from service.domain.errors import MovementIdTaken, NeedsApproval, UnknownThing
from service.domain.key_errors import BadKeySet, ChangeIsClosed
from service.domain.signing import as_shown, check_shown, shown_hash
from service.keys.keyring import thumbprint
from service.ledger.desk import Desk, hash_of
from service.ledger.party_keys import Wanted, change_keys, keys_of
from service.ledger.signatures import Of, sign
from service.models.tables import key_change
from verifier import ed25519
from verifier.errors import Refuted
from verifier.possession import possession


@dataclass(frozen=True, slots=True)
class OwnKey:
    """A public key, and the signature that shows that who names it has the other half."""

    public: bytes
    proof: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    id: UUID
    own: tuple[OwnKey, ...]
    wanted: Wanted
    reason: str
    by: str


def ask(desk: Desk, party_uri: str, asked: Asked) -> Row[Any]:
    """The change, waiting for approval; the same one again is what it was. Raises BadKeySet, MovementIdTaken."""
    for key in asked.own:
        _check_possession(desk.scribe.origin, party_uri, key)
    found = _found(desk, asked.id)
    if found is None:
        desk.connection.execute(insert(key_change).values(
            party_id=desk.party_id, id=asked.id, own=list(asked.wanted.own), kept_here=asked.wanted.kept_here,
            recovery=asked.wanted.recovery, reason=asked.reason, asked_by=asked.by, asked_at=desk.now,
        ))  # fmt: skip
        shown = shown_hash(record_of(asked.id, asked.wanted, asked.reason, asked.by))
        sign(desk, Of("signing-keys", str(asked.id)), asked.by, "authorship", shown, asked.reason)
        return _known(desk, asked.id)
    if _content(found) != _content(asked.wanted, asked.reason, asked.by):
        seen = _content(asked.wanted, asked.reason, asked.by)
        raise MovementIdTaken(str(asked.id), hash_of(_content(found)).hex(), hash_of(seen).hex())
    return found


def approve(desk: Desk, id: UUID, by: str, shown: str | None = None, words: str | None = None) -> Row[Any]:
    """Enter the new set into the log; again, what it was. With `shown`, the hash of what was on the screen. Raises
    UnknownThing, NeedsApproval, ChangeIsClosed, ShownOther, and what `change_keys` raises."""
    change = _known(desk, id, lock=True)
    if change.state == "done" and change.closed_by == by:
        return change
    _check_open(change)
    if change.asked_by == by:
        raise NeedsApproval(f"approval by another person than {change.asked_by}, who asked for it", by)
    wanted = Wanted(tuple(change.own), change.kept_here, change.recovery)
    seen = check_shown("change of keys", record_of(id, change, change.reason, change.asked_by), shown)
    sign(desk, Of("signing-keys", str(id)), by, "approval", seen, words)
    number = change_keys(desk.connection, desk.scribe, desk.party, wanted)
    return _closed(desk, id, state="done", by=by, sequence=number)


def record_of(id: UUID, wanted: Any, reason: str, by: str) -> bytes:
    """What is on the screen of who approves it."""
    return as_shown({"change of keys": id, "asked": _content(wanted, reason, by)})


def withdraw(desk: Desk, id: UUID, by: str) -> Row[Any]:
    """Nothing comes of it. Raises UnknownThing, ChangeIsClosed."""
    change = _known(desk, id, lock=True)
    if change.state == "withdrawn":
        return change
    _check_open(change)
    return _closed(desk, id, state="withdrawn", by=by, sequence=None)


def changes_of(desk: Desk) -> list[Row[Any]]:
    """The newest first."""
    asked = select(key_change).where(key_change.c.party_id == desk.party_id).order_by(key_change.c.number.desc())
    return list(desk.connection.execute(asked.limit(1000)))


def sets_of(desk: Desk) -> list[Row[Any]]:
    """Every key of every set, the newest first."""
    return keys_of(desk.connection, desk.party_id)


def _check_possession(origin: str, party_uri: str, key: OwnKey) -> None:
    try:
        ed25519.verify(key.public, key.proof, possession(origin, party_uri, key.public))
    except Refuted:
        kid = thumbprint(key.public)
        raise BadKeySet(f"the proof that you have the secret half of {kid}", "another signature") from None


def _check_open(change: Row[Any]) -> None:
    if change.state != "asked":
        raise ChangeIsClosed(change.state)


def _closed(desk: Desk, id: UUID, *, state: str, by: str, sequence: int | None) -> Row[Any]:
    c = key_change.c
    what = {"state": state, "closed_by": by, "closed_at": desk.now, "sequence": sequence}
    desk.connection.execute(update(key_change).where(c.party_id == desk.party_id, c.id == id).values(what))
    return _known(desk, id)


def _known(desk: Desk, id: UUID, *, lock: bool = False) -> Row[Any]:
    found = _found(desk, id, lock=lock)
    if found is None:
        raise UnknownThing("change of keys", str(id))
    return found


def _found(desk: Desk, id: UUID, *, lock: bool = False) -> Row[Any] | None:
    c = key_change.c
    asked = select(key_change).where(c.party_id == desk.party_id, c.id == id)
    return desk.connection.execute(asked.with_for_update() if lock else asked).one_or_none()


def _content(wanted: Any, reason: str | None = None, by: str | None = None) -> list[Any]:
    own = [bytes(public).hex() for public in wanted.own]
    told = [reason, by] if reason is not None else [wanted.reason, wanted.asked_by]
    return [own, wanted.kept_here, wanted.recovery, *told]

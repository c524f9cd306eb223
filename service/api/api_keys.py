"""API keys: a party makes, lists and revokes its own; the operator everybody's."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from service.api import schemas
from service.api.door import Door, body_of
from service.api.fields import Instant, Shape, Uuid, Whole
from service.api.house import House
from service.api.problem import Problem, forbidden, not_found
from service.auth import keys
from service.auth.keys import Caller
from service.domain.errors import UnknownThing
from service.ledger.master_data import party_id_of
from service.models.tables import party
from service.people import changes
from service.people.changes import Author

ROLES = ("party", "operator")
LONGEST_OVERLAP = 30 * 24 * 3600


class Rotation(Shape):
    overlap_seconds = Whole(0, LONGEST_OVERLAP, load_default=3600)
    expires_at = Instant()


def door(house: House) -> Door:
    api_keys = house.door("api-keys", "Who may call")
    _make(api_keys, house)
    _end(api_keys, house)
    return api_keys


def _make(api_keys: Door, house: House) -> None:
    @api_keys.operation(
        "POST",
        "/api-keys",
        roles=ROLES,
        body=body_of(schemas.NewApiKey),
        answers={201: schemas.ApiKeyWithSecret},
        problems=(409,),
    )
    def make_api_key(caller: Caller, body: dict[str, Any]) -> Any:
        """Make an API key

        The answer shows it once. A party makes keys for itself; the operator for any party, for auditors and for
        regulators.
        """
        role, owner = _whose(caller, body)
        check_expiry(body.get("expires_at"), house.now())
        with house.engine.begin() as connection:
            if owner is not None and connection.scalar(select(party.c.id).where(party.c.code == owner)) is None:
                raise UnknownThing("party", owner)
            secret, made = keys.issue(
                connection, role=role, party=owner, label=body["label"], now=house.now(), random=house.random,
                expires_at=body.get("expires_at"),
            )  # fmt: skip
            _keep(connection, house, caller, owner, made.id, {"label": (None, made.label)})
        return {**asdict(made), "api_key": secret}, 201

    @api_keys.operation("GET", "/api-keys", roles=ROLES, answers={200: schemas.ApiKeys})
    def list_api_keys(caller: Caller) -> Any:
        """List API keys, without their secrets"""
        with house.engine.connect() as connection:
            return {"api_keys": [asdict(key) for key in keys.listed(connection, caller.party_id)]}


def _end(api_keys: Door, house: House) -> None:
    @api_keys.operation(
        "POST", "/api-keys/<id>/revoke", roles=ROLES, path={"id": Uuid()}, answers={200: schemas.ApiKey}
    )
    def revoke_api_key(caller: Caller, id: UUID) -> Any:
        """Revoke an API key

        At once in the process that answers, within a second in all others. Revoking twice changes nothing.
        """
        with house.engine.begin() as connection:
            revoked = keys.revoke(connection, id, caller.party_id, now := house.now())
            if revoked is not None and revoked.revoked_at == now:
                _keep(connection, house, caller, revoked.party, id, {"revoked": (False, True)})
        house.access.forget()
        if revoked is None:
            raise not_found("API key", str(id))
        return asdict(revoked)

    @api_keys.operation(
        "POST", "/api-keys/<id>/rotate", roles=ROLES, path={"id": Uuid()}, body=body_of(Rotation),
        answers={201: schemas.ApiKeyWithSecret}, problems=(409,),
    )  # fmt: skip
    def rotate_api_key(caller: Caller, id: UUID, body: dict[str, Any]) -> Any:
        """Replace an API key by a new one

        The same owner, person and label; both are good for `overlap_seconds`, so that nobody is locked out while the
        new one is brought to where it is needed.
        """
        now = house.now()
        with house.engine.begin() as connection:
            old = next((key for key in keys.listed(connection, caller.party_id) if key.id == id), None)
            if old is None:
                raise not_found("API key", str(id))
            _check_good(old, now)
            secret, made = keys.issue(
                connection, role=old.role, party=old.party, label=old.label, now=now, random=house.random,
                expires_at=body.get("expires_at"), person=old.person,
            )  # fmt: skip
            keys.expire(connection, id, now + timedelta(seconds=body["overlap_seconds"]))
            _keep(connection, house, caller, old.party, id, {"replaced_by": (None, str(made.id))})
        house.access.forget()
        return {**asdict(made), "api_key": secret}, 201


def _check_good(key: keys.ApiKey, now: datetime) -> None:
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= now):
        seen = "revoked" if key.revoked_at is not None else "expired"
        raise Problem(409, "key-is-over", f"expected a key that is good, it is {seen}", expected="good", seen=seen)


def _whose(caller: Caller, body: dict[str, Any]) -> tuple[keys.Role, str | None]:
    """Role and party of the key to be made; nobody makes a key that can do more than his own."""
    role = body.get("role", "party")
    if caller.role != "operator":
        if role != "party" or body.get("party", caller.party) != caller.party:
            raise forbidden("a party makes keys for itself only", expected=caller.party, seen=body.get("party", role))
        return "party", caller.party
    if (role == "party") != ("party" in body):
        raise Problem(422, "wrong-shape", "expected `party` for a key of role party, and only for that")
    return role, body.get("party")


def _keep(
    connection: Connection, house: House, caller: Caller, owner: str | None, id: UUID,
    made: dict[str, tuple[Any, Any]],
) -> None:  # fmt: skip
    """On record in the party whose key it is; keys of auditors and regulators belong to none."""
    if owner is not None:
        author = Author(party_id_of(connection, owner), caller.actor, house.now())
        changes.keep(connection, author, "api-key", str(id), made)


def check_expiry(expires_at: datetime | None, now: datetime) -> None:
    if expires_at is not None and expires_at <= now:
        detail = f"expected an expiry after {now.isoformat()}, got {expires_at.isoformat()}"
        raise Problem(422, "wrong-shape", detail, expected=now.isoformat(), seen=expires_at.isoformat())

"""Machines that sign in with a key of their own: OAuth 2.0 client credentials with `private_key_jwt`.

    POST /oauth/token       RFC 6749 section 4.4, RFC 7523; outside of the API, in OAuth's own form and words
"""

import json
import logging
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, request
from marshmallow import ValidationError
from sqlalchemy import Row

from service import standpoint
from service.api.door import Door, body_of
from service.api.fields import Field, Instant, Many, One, Shape, Text, Uuid
from service.api.house import House
from service.api.problem import not_found
from service.api.schemas import Anything, Nullable, text
from service.auth import assertions, clients
from service.auth.assertions import BadKey, Rejected
from service.auth.keys import Caller
from service.people import changes
from service.people.changes import Author

log = logging.getLogger("lotproof.oauth")
PATH = "/oauth/token"
_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ID = {"id": Uuid()}


class Jwk(Field):
    """A public key with which a machine may sign in; other members than those that make the key are left out."""

    def documentation(self) -> dict[str, Any]:
        return {"type": "object", "description": "A public JWK: Ed25519, P-256, or RSA of 2,048 bits and more"}

    def read(self, value: Any) -> dict[str, str]:
        try:
            return assertions.public_jwk(value if isinstance(value, dict) else {})
        except BadKey as fault:
            raise ValidationError(str(fault)) from None


class NewClientShape(Shape):
    """`person`: whose roles the machine has, the company's if absent."""

    label = Text(100, required=True)
    jwk = Jwk(required=True)
    person = Text(40)


class Client(Shape):
    id = Uuid(required=True, doc={"description": "The client_id"})
    label = text(100)
    jwk = Anything("The public key", required=True)
    person = Nullable(Text(40))
    created_at = Instant(required=True)
    ended_at = Nullable(Instant())


class Clients(Shape):
    clients = Many(One(Client), 0, 1000, required=True)


def door(house: House) -> Door:
    made = house.door("oauth-clients", "Machines that sign in with a key of their own")

    @made.operation(
        "POST", "/oauth-clients", roles=("party",), body=body_of(NewClientShape), answers={201: Client},
        problems=(409,),
    )  # fmt: skip
    def add_client(caller: Caller, body: dict[str, Any]) -> Any:
        """Register a machine

        It signs in at `/oauth/token` with a JWT by its own key and gets a token for ten minutes. Nothing that opens
        anything is ever sent to it or kept here.
        """
        assert caller.party_id is not None
        id = UUID(bytes=house.random(16), version=4)
        client = clients.NewClient(id, body["label"], body["jwk"], body.get("person"))
        with house.engine.begin() as connection:
            row = clients.add(connection, caller.party_id, client, house.now())
            _keep(connection, house, caller, client.id, {"label": (None, client.label)})
        return _shown(row), 201

    @made.operation("GET", "/oauth-clients", roles=("party",), answers={200: Clients})
    def list_clients(caller: Caller) -> Any:
        """Your machines, the newest first"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            return {"clients": [_shown(row) for row in clients.listed(connection, caller.party_id)]}

    @made.operation("DELETE", "/oauth-clients/<id>", roles=("party",), path=_ID, answers={200: Client})
    def end_client(caller: Caller, id: UUID) -> Any:
        """Let a machine in no more; its tokens end within a second"""
        assert caller.party_id is not None
        with house.engine.begin() as connection:
            row = clients.end(connection, caller.party_id, id, now := house.now())
            if row is not None and row.ended_at == now:
                _keep(connection, house, caller, id, {"ended": (False, True)})
        house.access.forget()
        if row is None:
            raise not_found("client", str(id))
        return _shown(row)

    return made


def pages(house: House) -> Blueprint:
    """The token endpoint."""
    blueprint = Blueprint("oauth", __name__)
    audiences = (house.settings.public_url, f"{house.settings.public_url}{PATH}")

    @blueprint.post(PATH)
    def give_token() -> Response:
        with house.access.reading(None):
            form = {name: values[0] for name, values in request.form.lists() if len(values) == 1}
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", "expected grant_type=client_credentials, once")
        if form.get("client_assertion_type") != _BEARER:
            return _refused(400, "invalid_request", f"expected client_assertion_type={_BEARER}, once")
        try:
            secret = _token(house, form, audiences)
        except Rejected as why:
            log.warning("a sign-in of client %s was rejected: %s", _named(form), why)
            return _refused(401, "invalid_client", "the assertion does not sign this client in")
        life = int(clients.LIFE.total_seconds())
        return _json(200, {"access_token": secret, "token_type": "Bearer", "expires_in": life})

    return blueprint


def _token(house: House, form: dict[str, str], audiences: tuple[str, ...]) -> str:
    assertion = form.get("client_assertion", "")
    if not 0 < len(assertion) <= assertions.MOST:
        raise Rejected(f"no assertion of 1 to {assertions.MOST} characters")
    client = _named(form)
    if client is None:
        raise Rejected("no client_id")
    with standpoint.on("sign_in"), house.engine.begin() as connection:
        return clients.token(connection, client, assertion, audiences, house.now(), house.random)


def _named(form: dict[str, str]) -> UUID | None:
    try:
        return UUID(form.get("client_id", ""))
    except ValueError:
        return None


def _refused(status: int, error: str, why: str) -> Response:
    return _json(status, {"error": error, "error_description": why})


def _json(status: int, said: dict[str, Any]) -> Response:
    headers = {"Cache-Control": "no-store", "Pragma": "no-cache"}
    return Response(json.dumps(said), status, headers=headers, content_type="application/json")


def _keep(connection: Any, house: House, caller: Caller, id: UUID, made: dict[str, tuple[Any, Any]]) -> None:
    assert caller.party_id is not None
    changes.keep(connection, Author(caller.party_id, caller.actor, house.now()), "oauth-client", str(id), made)


def _shown(row: Row[Any]) -> dict[str, Any]:
    return {"id": row.id, "label": row.label, "jwk": row.jwk, "person": row.person, "created_at": row.created_at,
            "ended_at": row.ended_at}  # fmt: skip

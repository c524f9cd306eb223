"""A party's own OpenID providers, and who somebody of them is here. How they sign people in: `service.web.openid`."""

from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from service.api import session_schemas as schemas
from service.api.door import Door, body_of
from service.api.fields import Text, Uuid
from service.api.house import House
from service.api.people import author
from service.api.problem import Problem, not_found
from service.auth.keys import Caller
from service.people import people
from service.people.changes import Author
from service.signin import bindings, demands
from service.signin.bindings import Bound, NewProvider
from service.signin.federation import CALLBACK
from service.webhooks.addresses import Refused, target_of

_ID, _CODE = {"id": Uuid()}, {"code": Text(40)}


def door(house: House) -> Door:
    made = house.door("oidc", "Companies that sign their people in themselves (OpenID Connect)")
    _providers(made, house)
    _subjects(made, house)
    return made


def _providers(made: Door, house: House) -> None:
    @made.operation(
        "POST", "/oidc-providers", roles=("party",), body=body_of(schemas.NewProviderShape),
        answers={201: schemas.Provider}, problems=(409,),
    )  # fmt: skip
    def add_oidc_provider(caller: Caller, body: NewProvider) -> Any:
        """Add a provider that signs your people in

        Authorization Code with PKCE. Whom it names is a person here if you bind them, or if they come with an
        invitation; an e-mail address never says it.
        """
        house.access.cookies.check_usable()
        try:
            target_of(body.issuer, local=house.settings.webhooks_local)
        except Refused as why:
            raise Problem(422, "wrong-shape", f"issuer: {why}") from None
        who = author(house, caller)
        with house.engine.begin() as connection:
            if len(bindings.opened(connection, who.party_id)) >= bindings.MOST_PROVIDERS:
                raise Problem(409, "too-many", f"expected at most {bindings.MOST_PROVIDERS} providers")
            row = bindings.add(connection, who, body, house.scribe.keyring, house.random)
        return _shown(house, row), 201

    @made.operation("GET", "/oidc-providers", roles=("party",), answers={200: schemas.Providers})
    def list_oidc_providers(caller: Caller) -> Any:
        """Your providers, the newest first"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            return {"providers": [_shown(house, row) for row in bindings.listed(connection, caller.party_id)]}

    @made.operation("DELETE", "/oidc-providers/<id>", roles=("party",), path=_ID, answers={200: schemas.Provider},
                    problems=(409,))  # fmt: skip
    def end_oidc_provider(caller: Caller, id: UUID) -> Any:
        """End a provider; whom it signed in is out within a second"""
        who = author(house, caller)
        with house.engine.begin() as connection:
            if demands.said(connection, who.party_id).only_oidc and bindings.has_only(connection, who.party_id, id):
                raise Problem(409, "only-provider", "your people come through this provider only: change that first")
            row = bindings.end(connection, who, id)
        house.access.forget()
        if row is None:
            raise not_found("provider", str(id))
        return _shown(house, row)


def _subjects(made: Door, house: House) -> None:
    @made.operation(
        "POST", "/people/<code>/oidc-subjects", roles=("party",), path=_CODE, body=body_of(schemas.NewSubject),
        answers={201: schemas.Subjects}, problems=(409,),
    )  # fmt: skip
    def bind_subject(caller: Caller, code: str, body: dict[str, Any]) -> Any:
        """Say who a person is at a provider

        Instead of whoever the person was there before.
        """
        who = author(house, caller)
        with house.engine.begin() as connection:
            person = _person(connection, who, code)
            if body["provider"] not in [row.id for row in bindings.opened(connection, who.party_id)]:
                raise not_found("provider", str(body["provider"]))
            if not bindings.bind(connection, who, body["provider"], body["subject"], person):
                raise Problem(409, "subject-taken", "expected a subject that is nobody yet, it is another person")
            return {"subjects": bindings.bound(connection, person.id)}, 201

    @made.operation(
        "GET", "/people/<code>/oidc-subjects", roles=("party",), path=_CODE, answers={200: schemas.Subjects}
    )
    def list_subjects(caller: Caller, code: str) -> Any:
        """Who a person is at your providers"""
        with house.engine.connect() as connection:
            person = _person(connection, author(house, caller), code)
            return {"subjects": bindings.bound(connection, person.id)}

    @made.operation(
        "DELETE", "/people/<code>/oidc-subjects", roles=("party",), path=_CODE, answers={200: schemas.Ended}
    )
    def unbind_subjects(caller: Caller, code: str) -> Any:
        """A person is nobody at your providers any more; sessions by them end within a second"""
        who = author(house, caller)
        with house.engine.begin() as connection:
            ended = bindings.unbind(connection, who, _person(connection, who, code))
        house.access.forget()
        return {"ended": ended}


def _person(connection: Connection, who: Author, code: str) -> Bound:
    found = people.id_of(connection, who.party_id, code)
    if found is None:
        raise not_found("person", code)
    return Bound(found, code)


def _shown(house: House, row: Row[Any]) -> dict[str, Any]:
    base = house.settings.public_url
    return {
        "id": row.id, "label": row.label, "issuer": row.issuer, "client_id": row.client_id, "made_at": row.made_at,
        "ended_at": row.ended_at, "link": f"{base}/oidc/{row.id}", "redirect_uri": f"{base}{CALLBACK}",
    }  # fmt: skip

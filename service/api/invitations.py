"""How people get in: invitations, by which a person sets the password, and what a party demands of its people."""

from typing import Any

from service.api import session_schemas as schemas
from service.api.door import PUBLIC, Door, body_of
from service.api.fields import Text
from service.api.house import House
from service.api.people import author
from service.api.problem import Problem, not_found
from service.auth.keys import Caller
from service.people import changes, people
from service.signin import bindings, demands, invitations
from service.signin.demands import Demands

_CODE = {"code": Text(40)}


def door(house: House) -> Door:
    made = house.door("sign-in", "How people get in")
    _invite(made, house)
    _accept(made, house)
    _demands(made, house)
    return made


def _invite(made: Door, house: House) -> None:
    @made.operation(
        "POST", "/people/<code>/invitations", roles=("party",), path=_CODE, body=body_of(schemas.NewInvitation),
        answers={201: schemas.Invitation},
    )  # fmt: skip
    def invite_person(caller: Caller, code: str, body: dict[str, Any]) -> Any:
        """Invite a person to sign in

        With the secret, which is shown once and good for 72 hours, the person sets the password: the first one, or
        another after it was forgotten. It ends an invitation before it.
        """
        house.access.cookies.check_usable()
        who, resets = author(house, caller, body.get("reason")), body["reset_second_factor"]
        with house.engine.begin() as connection:
            made = invitations.make(connection, who, code, resets, house.random)
        if made is None:
            raise not_found("active person", code)
        secret, row = made
        return {
            "id": row.id, "person": code, "reset_second_factor": row.resets_factor, "made_at": row.made_at,
            "expires_at": row.expires_at, "secret": secret,
            "link": f"{house.settings.public_url}/invitation/{secret}",
        }, 201  # fmt: skip

    @made.operation(
        "DELETE", "/people/<code>/invitations", roles=("party",), path=_CODE, answers={200: schemas.Ended}
    )
    def end_invitations(caller: Caller, code: str) -> Any:
        """End the invitation of a person that was not used"""
        who = author(house, caller)
        with house.engine.begin() as connection:
            found = people.id_of(connection, who.party_id, code)
            if found is None:
                raise not_found("person", code)
            ended = invitations.end(connection, found, who.at)
            if ended:
                changes.keep(connection, who, "person", code, {"invitation": ("open", None)})
        return {"ended": ended}


def _accept(made: Door, house: House) -> None:
    @made.operation(
        "POST", "/invitations/accept", roles=PUBLIC, body=body_of(schemas.Acceptance), answers={200: schemas.Invited},
        problems=(404, 409),
    )  # fmt: skip
    def accept_invitation(body: dict[str, Any]) -> Any:
        """Set your password with an invitation

        Once. It signs nobody in; whoever was signed in as this person is not any more.
        """
        house.access.cookies.check_usable()
        invited = house.entrance.accept(body["secret"], body["password"])
        house.access.forget()
        return {"party": invited.party, "person": invited.person}


def _demands(made: Door, house: House) -> None:
    @made.operation("GET", "/sign-in-rules", roles=("party",), answers={200: schemas.Rules})
    def read_sign_in_rules(caller: Caller) -> Any:
        """What is demanded of your people when they sign in"""
        assert caller.party_id is not None
        with house.engine.connect() as connection:
            return _rules(demands.said(connection, caller.party_id))

    @made.operation(
        "PATCH", "/sign-in-rules", roles=("party",), body=body_of(schemas.RulesChange), answers={200: schemas.Rules},
        problems=(409,),
    )  # fmt: skip
    def change_sign_in_rules(caller: Caller, body: dict[str, Any]) -> Any:
        """Demand something else of your people

        Whoever is signed in and has not what is demanded can do nothing else before. `only_oidc` ends the sessions of
        those who came by a password, and needs a provider.
        """
        who = author(house, caller, body["reason"])
        with house.engine.begin() as connection:
            before = demands.said(connection, who.party_id)
            wanted = Demands(body.get("second_factor", before.factor), body.get("only_oidc", before.only_oidc))
            if wanted.only_oidc and not bindings.opened(connection, who.party_id):
                raise Problem(409, "no-provider", "expected a provider that signs your people in, there is none")
            demands.say(connection, who.party_id, wanted)
            changes.keep(connection, who, "sign-in", "rules", _changed(_rules(before), _rules(wanted)))
        house.access.forget()
        return _rules(wanted)


def _rules(demanded: Demands) -> dict[str, Any]:
    return {"second_factor": demanded.factor, "only_oidc": demanded.only_oidc}


def _changed(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {name: (before[name], value) for name, value in after.items() if before[name] != value}

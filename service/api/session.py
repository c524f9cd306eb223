"""Signing in, and what a person does about its own session: what is open, the proof before signing acts, passwords and
second factors. The session itself is a cookie (`service.auth.cookies`).
"""

from typing import Any
from uuid import UUID

from flask import Response, request

from service.api import session_schemas as schemas
from service.api.door import PUBLIC, Door, answer, body_of
from service.api.fields import Uuid
from service.api.house import House
from service.api.problem import Problem, not_found
from service.auth.access import SESSION
from service.auth.keys import Caller, secret_hash
from service.papers import symbols
from service.people import people
from service.signin import factors, sessions
from service.signin.entrance import Attempt, id_of, session_of

ROLES = (SESSION,)


def door(house: House) -> Door:
    made = house.door("session", "People who sign in: for what a person does at a screen")
    _enter(made, house)
    _prove(made, house)
    _own(made, house)
    _factor(made, house)
    return made


def address() -> str:
    """From where the request came, as far as we know."""
    return request.remote_addr or "unknown"


def enter(house: House, secret: str, status: int = 200) -> Response:
    """The session of this secret, shown, with its cookie."""
    house.access.forget()  # the secret before it
    caller = house.access.in_session(secret_hash(secret))
    return house.access.cookies.give(answer((shown(house, caller), status)), secret)


def shown(house: House, caller: Caller) -> dict[str, Any]:
    assert caller.party_id is not None and caller.signed_in_at is not None
    with house.standing(caller), house.engine.connect() as connection:
        person = people.one(connection, caller.party_id, str(caller.person))
        assert person is not None
        enrolled = factors.is_enrolled(connection, id_of(caller))
        left = factors.codes_left(connection, id_of(caller))
    return {
        "id": caller.session, "party": caller.party, "person": caller.person, "name": person["name"],
        "roles": person["roles"], "method": caller.method, "stage": caller.stage or "signed-in",
        "signed_in_at": caller.signed_in_at, "proven_at": caller.proven_at,
        "second_factor": enrolled, "recovery_codes": left,
    }  # fmt: skip


def _enter(made: Door, house: House) -> None:
    entrance, cookies = house.entrance, house.access.cookies

    @made.operation("POST", "/session", roles=PUBLIC, body=body_of(schemas.SignIn), answers={201: schemas.Session},
                    problems=(401, 429))  # fmt: skip
    def sign_in(body: dict[str, Any]) -> Response:
        """Sign in

        Whatever does not fit, the answer is the same 401. Where the person has a second factor and `code` is absent,
        the session waits for it (`stage`: code).
        """
        cookies.check_usable()
        said = Attempt(body["party"], body["person"], body["password"], body.get("code"), address())
        return enter(house, entrance.sign_in(said), 201)

    @made.operation("POST", "/session/code", roles=ROLES, body=body_of(schemas.Code), answers={200: schemas.Session},
                    problems=(409, 429))  # fmt: skip
    def give_code(caller: Caller, body: dict[str, Any]) -> Response:
        """Give the second factor's code

        The second step of signing in. The cookie changes.
        """
        if caller.stage != "code":
            raise Problem(409, "no-code-awaited", "expected a session that waits for its code, it does not")
        return enter(house, entrance.give_code(caller, body["code"], address()))

    @made.operation("GET", "/session", roles=ROLES, answers={200: schemas.Session})
    def read_session(caller: Caller) -> Any:
        """Who is signed in, and what is still to be done"""
        return shown(house, caller)

    @made.operation("DELETE", "/session", roles=ROLES, answers={200: schemas.Ended})
    def sign_out(caller: Caller) -> Response:
        """Sign out"""
        return cookies.take(answer(_end(house, caller, only=session_of(caller))))


def _prove(made: Door, house: House) -> None:
    entrance = house.entrance

    @made.operation("POST", "/session/prove", roles=ROLES, body=body_of(schemas.Proof), answers={200: schemas.Session},
                    problems=(429,))  # fmt: skip
    def prove_session(caller: Caller, body: dict[str, Any]) -> Response:
        """Prove who you are, once more

        Signing acts ask for it: approvals, decisions, keys, invitations. It counts for five minutes. The cookie
        changes.
        """
        return enter(house, entrance.prove(caller, body["password"], body.get("code"), address()))

    @made.operation(
        "POST", "/session/password", roles=ROLES, body=body_of(schemas.PasswordChange), answers={200: schemas.Session},
        problems=(429,),
    )  # fmt: skip
    def change_password(caller: Caller, body: dict[str, Any]) -> Response:
        """Change your password

        All your other sessions end. The cookie changes.
        """
        secret = entrance.change_password(caller, body["old"], body["new"], address())
        house.access.forget()
        return enter(house, secret)


def _own(made: Door, house: House) -> None:
    @made.operation("GET", "/sessions", roles=ROLES, answers={200: schemas.Sessions})
    def list_sessions(caller: Caller) -> Any:
        """Your open sessions, the newest first"""
        return {"sessions": own_sessions(house, caller)}

    @made.operation("DELETE", "/sessions", roles=ROLES, answers={200: schemas.Ended})
    def end_all_sessions(caller: Caller) -> Response:
        """End all your sessions, this one too"""
        return house.access.cookies.take(answer(_end(house, caller)))

    @made.operation("DELETE", "/sessions/<id>", roles=ROLES, path={"id": Uuid()}, answers={200: schemas.Ended})
    def end_session(caller: Caller, id: UUID) -> Any:
        """End one of your sessions"""
        ended = _end(house, caller, only=id)
        if not ended["ended"]:
            raise not_found("session", str(id))
        return ended


def own_sessions(house: House, caller: Caller) -> list[dict[str, Any]]:
    with house.standing(caller), house.engine.connect() as connection:
        rows = sessions.listed(connection, id_of(caller), house.now())
    return [
        {"id": row["id"], "this": row["id"] == caller.session, "method": row["method"], "address": row["address"],
         "signed_in_at": row["made_at"], "seen_at": row["seen_at"], "expires_at": row["expires_at"]}
        for row in rows
    ]  # fmt: skip


def _end(house: House, caller: Caller, only: UUID | None = None) -> dict[str, int]:
    with house.standing(caller), house.engine.begin() as connection:
        ended = sessions.end(connection, id_of(caller), house.now(), only=only)
    house.access.forget()
    return {"ended": ended}


def _factor(made: Door, house: House) -> None:
    enrolment = house.enrolment

    @made.operation(
        "POST", "/session/second-factor", roles=ROLES, answers={201: schemas.Enrolment}, problems=(409,)
    )
    def enrol_second_factor(caller: Caller) -> Any:
        """Begin with a second factor

        TOTP, for any authenticator app. It counts once its first code was given, and needs the password of the last
        five minutes.
        """
        uri = enrolment.begin(caller)
        return {"uri": uri, "qr": symbols.qr(uri)}, 201

    @made.operation(
        "POST", "/session/second-factor/confirm", roles=ROLES, body=body_of(schemas.Code),
        answers={200: schemas.RecoveryCodes}, problems=(409, 429),
    )  # fmt: skip
    def confirm_second_factor(caller: Caller, body: dict[str, Any]) -> Response:
        """Give its first code

        From now on it is asked for. Your other sessions end, the cookie changes.
        """
        codes, secret = enrolment.confirm(caller, body["code"], address())
        house.access.forget()
        return house.access.cookies.give(answer({"recovery_codes": codes}), secret)

    @made.operation("DELETE", "/session/second-factor", roles=ROLES, answers={200: schemas.Session}, problems=(409,))
    def remove_second_factor(caller: Caller) -> Any:
        """Remove your second factor, where none is demanded"""
        enrolment.remove(caller)
        return shown(house, caller)

    @made.operation(
        "POST", "/session/recovery-codes", roles=ROLES, answers={200: schemas.RecoveryCodes}, problems=(409,)
    )
    def make_recovery_codes(caller: Caller) -> Any:
        """Ten new recovery codes instead of those before"""
        return {"recovery_codes": enrolment.new_codes(caller)}

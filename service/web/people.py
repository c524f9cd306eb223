"""The pages on which people sign in, set a password, enrol a second factor, and see their sessions. No script.

Whatever is refused is said on a page, in words; nothing of what was typed into a secret field is repeated.
"""

import re
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from flask import Blueprint, Response, request

from service.api.house import House
from service.api.problem import Problem
from service.api.session import address, own_sessions, shown
from service.auth.keys import Caller
from service.papers import symbols
from service.signin import bindings, sessions
from service.signin.entrance import Attempt, id_of, session_of
from service.web import account, openid
from service.web.account import AGAIN, CODE, NEW, PASSWORD
from service.web.forms import Input, form_page, sent
from service.web.one_form import SAID, form_of
from service.web.visitor import came_from, entered, here, of_console, to

PARTY = Input("party", "party", "organization")
PERSON = Input("person", "person", "username")
APP_CODE = Input("code", "code", "one-time-code", hint="enrol_code_hint", inputmode="numeric")

NEXT = {"code": "give_code", "enrol": "enrol"}
"""By the stage of a session, the page on which it goes on."""
UNSENT = "lotproof-unsent"
_COUNT = re.compile(r"[0-9]{1,6}", re.ASCII)


def pages(house: House) -> Blueprint:
    blueprint = Blueprint("visit", __name__)
    blueprint.register_error_handler(Problem, lambda problem: _told(house, problem))
    _sign_in(blueprint, house)
    _enrol(blueprint, house)
    _invited(blueprint, house)
    _me(blueprint, house)
    account.routes(blueprint, house)
    openid.routes(blueprint, house)
    return blueprint


def _sign_in(blueprint: Blueprint, house: House) -> None:
    def form(party: str = "", person: str = "", wrong: Problem | None = None) -> Response:
        inputs = [Input(each.name, each.label, each.autocomplete, value=value)
                  for each, value in ((PARTY, party), (PERSON, person))]  # fmt: skip
        return form_of(house, heading="sign_in", lead="sign_in_lead", button="go_on", inputs=[*inputs, PASSWORD],
                     wrong=wrong)  # fmt: skip

    def codeform_of(wrong: Problem | None = None) -> Response:
        return form_of(house, heading="code_title", lead="code_lead", button="code_send", inputs=[CODE], wrong=wrong)

    @blueprint.get("/sign-in")
    def sign_in() -> Response:
        """Who was sent here by the console, and has only the second factor to go, goes on with that."""
        house.access.cookies.check_usable()
        caller = here(house) if of_console(came_from()) else None
        return to(NEXT[caller.stage]) if caller is not None and caller.stage else form()

    @blueprint.post("/sign-in")
    def sign_in_sent() -> Response:
        house.access.cookies.check_usable()
        said = sent(house.access)
        party, person = said.get("party", "").strip(), said.get("person", "").strip()
        try:
            attempt = Attempt(party, person, said.get("password", ""), None, address())
            return entered(house, house.entrance.sign_in(attempt), "me")
        except Problem as problem:
            return form(party, person, problem)

    @blueprint.get("/sign-in/code")
    def give_code() -> Response:
        caller = here(house)
        return codeform_of() if caller is not None and caller.stage == "code" else to("me")

    @blueprint.post("/sign-in/code")
    def code_sent() -> Response:
        caller, said = here(house), sent(house.access)
        if caller is None or caller.stage != "code":
            return to("me")
        try:
            with house.standing(caller):
                return entered(house, house.entrance.give_code(caller, said.get("code", ""), address()), "me")
        except Problem as problem:
            return codeform_of(problem)


def _enrol(blueprint: Blueprint, house: House) -> None:
    cookies = house.access.cookies

    @blueprint.get("/sign-in/enrol")
    def enrol() -> Response:
        caller = here(house)
        if caller is None or caller.stage == "code":
            return to("me")
        return form_page(cookies, "enrol.html", demanded=caller.stage == "enrol", uri=None, said=None)

    @blueprint.post("/sign-in/enrol/begin")
    def enrol_begin() -> Response:
        caller, _ = here(house), sent(house.access)
        if caller is None or caller.stage == "code":
            return to("me")
        with house.standing(caller):
            uri = house.enrolment.begin(caller)
        qr, secret = symbols.qr(uri), parse_qs(urlsplit(uri).query)["secret"][0]
        return form_page(
            cookies, "enrol.html", demanded=False, uri=uri, qr=qr[qr.index("<svg") :], secret=secret, input=APP_CODE,
            said=None,
        )  # fmt: skip

    @blueprint.post("/sign-in/enrol")
    def enrol_sent() -> Response:
        caller, said = here(house), sent(house.access)
        if caller is None or caller.stage == "code":
            return to("me")
        try:
            with house.standing(caller):
                codes, secret = house.enrolment.confirm(caller, said.get("code", "none"), address())
        except Problem as problem:
            word = "wrong_code" if problem.slug == "not-signed-in" else SAID.get(problem.slug, "oops_other")
            return form_page(cookies, "enrol.html", problem.status, demanded=False, uri="begun", qr=None,
                             input=APP_CODE, said=word)  # fmt: skip
        house.access.forget()
        return cookies.give(form_page(cookies, "codes.html", codes=codes), secret)


def _invited(blueprint: Blueprint, house: House) -> None:
    def form(secret: str, wrong: Problem | str | None = None) -> Response:
        invited = house.entrance.invited(secret)
        with house.party(invited.party_id), house.engine.connect() as connection:
            providers = bindings.opened(connection, invited.party_id)
        return form_of(
            house, heading="invited_title", lead="invited_lead", button="password_set", inputs=[NEW, AGAIN],
            wrong=wrong, who=f"{invited.party} / {invited.person}", providers=providers, secret=secret,
        )  # fmt: skip

    @blueprint.get("/invitation/<secret>")
    def invitation(secret: str) -> Response:
        house.access.cookies.check_usable()
        return form(secret)

    @blueprint.post("/invitation/<secret>")
    def invitation_sent(secret: str) -> Response:
        house.access.cookies.check_usable()
        said = sent(house.access)
        if said.get("password") != said.get("again"):
            return form(secret, "oops_same")
        try:
            house.entrance.accept(secret, said.get("password", ""))
        except Problem as problem:
            if problem.slug == "not-found":
                raise
            return form(secret, problem)
        house.access.forget()
        return form_page(house.access.cookies, "told.html", heading="invited_title", said="invited_done",
                         back="visit.sign_in")  # fmt: skip


def _me(blueprint: Blueprint, house: House) -> None:
    cookies = house.access.cookies

    @blueprint.get("/me")
    def me() -> Response:
        caller = here(house)
        if caller is None:
            return to("sign_in")
        if caller.stage:
            return to(NEXT[caller.stage])
        who, open = shown(house, caller), own_sessions(house, caller)
        return form_page(cookies, "me.html", who=who, sessions=open, oidc=caller.provider is not None)

    @blueprint.post("/me/sign-out")
    def sign_out() -> Response:
        """What a phone keeps goes with it, so not while something lies there that is not sent (`console/floor`): who
        leaves nevertheless leaves it there, to be sent when he is back."""
        caller, said = here(house), sent(house.access)
        waiting = unsent()
        if waiting and "anyway" not in said:
            return form_page(cookies, "unsent.html", 409, unsent=waiting)
        if caller is not None:
            _end(house, caller, session_of(caller))
        gone = form_page(cookies, "told.html", heading="sign_out", said="me_signed_out", back="visit.sign_in")
        if not waiting:
            gone.headers["Clear-Site-Data"] = '"storage"'
        return cookies.take(gone)

    @blueprint.post("/me/end")
    def end_sessions() -> Response:
        """One, by its id, or all."""
        caller, said = here(house), sent(house.access)
        if caller is not None and not caller.stage:
            _end(house, caller, _uuid(said["id"]) if "id" in said else None)
        return to("me")


def _end(house: House, caller: Caller, only: UUID | None) -> None:
    with house.standing(caller), house.engine.begin() as connection:
        sessions.end(connection, id_of(caller), house.now(), only=only)
    house.access.forget()


def unsent() -> int:
    """How much this device says that it has not sent yet (`static/floor/outbox_view.js`)."""
    said = request.cookies.get(UNSENT, "0")
    return int(said) if _COUNT.fullmatch(said) else 0


def _uuid(text: str) -> UUID:
    """One that is nobody's, if it is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _told(house: House, problem: Problem) -> Response:
    """A refusal on a page of its own."""
    said = form_page(
        house.access.cookies, "told.html", problem.status, heading="oops_title",
        said=SAID.get(problem.slug, "oops_other"), back="visit.me",
    )  # fmt: skip
    said.headers.update({name: value for name, value in problem.headers.items() if name == "Retry-After"})
    return said

"""What people do with their own account: another password, new recovery codes, the second factor. No script.

Each asks for the password, and for the code of who has a second factor, on the form itself: whoever holds a session may
have found an open screen. Who signs in through a company's provider has none of this here.
"""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response

from service.api.house import House
from service.api.problem import Problem
from service.api.session import address, shown
from service.auth.keys import Caller, secret_hash
from service.web.forms import Input, form_page, sent
from service.web.one_form import form_of
from service.web.visitor import entered, here, to

OLD = Input("old", "password_old", "current-password", "password")
NEW = Input("password", "password_new", "new-password", "password", hint="password_hint")
AGAIN = Input("again", "password_again", "new-password", "password")
PASSWORD = Input("password", "password", "current-password", "password")
CODE = Input("code", "code", "one-time-code", hint="code_hint")


def routes(blueprint: Blueprint, house: House) -> None:
    _password(blueprint, house)
    _codes(blueprint, house)
    _factor(blueprint, house)


def _with_password(house: House, view: Callable[[Caller], Any]) -> Any:
    """For who has signed in wholly, by a password of ours; the others go where they belong."""
    caller = here(house)
    return to("me") if caller is None or caller.stage or caller.provider is not None else view(caller)


def _password(blueprint: Blueprint, house: House) -> None:
    def form(wrong: Problem | str | None = None) -> Response:
        return form_of(house, heading="password_title", lead="password_lead", button="password_set",
                       inputs=[OLD, NEW, AGAIN], wrong=wrong)  # fmt: skip

    @blueprint.get("/me/password")
    def password() -> Any:
        return _with_password(house, lambda _: form())

    @blueprint.post("/me/password")
    def password_sent() -> Any:
        said = sent(house.access)

        def change(caller: Caller) -> Any:
            if said.get("password") != said.get("again"):
                return form("oops_same")
            try:
                with house.standing(caller):
                    secret = house.entrance.change_password(
                        caller, said.get("old", ""), said.get("password", ""), address()
                    )
            except Problem as problem:
                return form("wrong_password" if problem.slug == "not-signed-in" else problem)
            return entered(house, secret, "me")

        return _with_password(house, change)


def _codes(blueprint: Blueprint, house: House) -> None:
    def form(wrong: Problem | str | None = None) -> Response:
        return form_of(house, heading="codes_new", lead="codes_new_lead", button="codes_make", inputs=[PASSWORD, CODE],
                       wrong=wrong)  # fmt: skip

    @blueprint.get("/me/codes")
    def codes() -> Any:
        return _with_password(house, lambda _: form())

    @blueprint.post("/me/codes")
    def codes_sent() -> Any:
        said = sent(house.access)

        def make(caller: Caller) -> Any:
            try:
                proven, secret = _proven(house, caller, said)
            except Problem as problem:
                return form("wrong_proof" if problem.slug == "not-signed-in" else problem)
            try:
                with house.standing(proven):
                    made = house.enrolment.new_codes(proven)
            except Problem as problem:
                return house.access.cookies.give(form(problem), secret)
            return house.access.cookies.give(form_page(house.access.cookies, "codes.html", codes=made), secret)

        return _with_password(house, make)


def _factor(blueprint: Blueprint, house: House) -> None:
    """Without one: the password, and on to its enrolment. With one: it is taken away, where none is demanded."""

    def form(caller: Caller, wrong: Problem | str | None = None) -> Response:
        has = shown(house, caller)["second_factor"]
        word = "factor_remove" if has else "factor_begin"
        return form_of(house, heading=word, lead=f"{word}_lead", button=word, wrong=wrong,
                       inputs=[PASSWORD, CODE] if has else [PASSWORD])  # fmt: skip

    @blueprint.get("/me/factor")
    def factor() -> Any:
        return _with_password(house, form)

    @blueprint.post("/me/factor")
    def factor_sent() -> Any:
        said = sent(house.access)

        def act(caller: Caller) -> Any:
            try:
                proven, secret = _proven(house, caller, said)
            except Problem as problem:
                return form(caller, "wrong_proof" if problem.slug == "not-signed-in" else problem)
            if not shown(house, proven)["second_factor"]:
                return entered(house, secret, "enrol")
            try:
                with house.standing(proven):
                    house.enrolment.remove(proven)
            except Problem as problem:
                return house.access.cookies.give(form(proven, problem), secret)
            return entered(house, secret, "me")

        return _with_password(house, act)


def _proven(house: House, caller: Caller, said: dict[str, str]) -> tuple[Caller, str]:
    """The same person, proven now, and the session's new secret: from here on every answer must give it."""
    with house.standing(caller):
        secret = house.entrance.prove(caller, said.get("password", ""), said.get("code"), address())
    house.access.forget()
    return house.access.in_session(secret_hash(secret)), secret

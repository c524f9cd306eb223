"""What people do with their own account, on pages: another password, new recovery codes, the second factor."""

import re

import pytest
from flask import Flask

from tests.service.api.conftest import Caller
from tests.service.api.signing_in import OTHER, PASSWORD, Screen, at_work, secret_of
from tests.service.api.test_visiting import Page, decoded, go, said, send, submit


def codes_on(text: str) -> list[str]:
    return re.findall(r"<li><code>([a-z2-7-]+)</code>", text)


@pytest.fixture
def plain(app: Flask, maker: Caller) -> Screen:
    return at_work(app, maker, "operator")


@pytest.fixture
def guarded(app: Flask, maker: Caller) -> Screen:
    """Somebody of whom a second factor is demanded."""
    return at_work(app, maker, "quality")


def test_a_password_is_changed_and_other_sessions_end(app: Flask, plain: Screen) -> None:
    elsewhere = Screen(app.test_client(), party=plain.party, person=plain.person)
    elsewhere.sign_in()
    done = submit(plain, "/me/password", old=PASSWORD, password=OTHER, again=OTHER)
    assert (done.status_code, done.headers["Location"]) == (303, "/me") and go(plain, "/me").status_code == 200
    assert elsewhere.send("GET", "/session").status_code == 401
    elsewhere.sign_in(401)
    elsewhere.sign_in(password=OTHER)


@pytest.mark.parametrize(("fields", "status", "word"), [
    ({"old": OTHER, "password": OTHER, "again": OTHER}, 422, "wrong_password"),
    ({"old": PASSWORD, "password": OTHER, "again": PASSWORD}, 422, "oops_same"),
    ({"old": PASSWORD, "password": "password1234", "again": "password1234"}, 422, "oops_weak"),
    ({}, 422, "oops_weak"),
])  # fmt: skip
def test_what_is_wrong_with_a_new_password_is_said_and_nothing_changes(
    app: Flask, plain: Screen, fields: dict[str, str], status: int, word: str
) -> None:
    answer = submit(plain, "/me/password", **fields)
    assert answer.status_code == status and said(answer, word), answer.get_data(as_text=True)
    assert not any(field.get("value") for field in Page(answer).inputs if field.get("type") == "password")
    Screen(app.test_client(), party=plain.party, person=plain.person).sign_in()


def test_recovery_codes_are_made_anew_and_the_old_ones_open_nothing(app: Flask, plain: Screen) -> None:
    plain.prove()
    old = plain.enrol()
    wrong = submit(plain, "/me/codes", password=PASSWORD, code="000000")
    assert wrong.status_code == 422 and said(wrong, "wrong_proof")
    made = codes_on(submit(plain, "/me/codes", password=PASSWORD, code=plain.code()).get_data(as_text=True))
    assert len(made) == 10 and not set(made) & set(old)
    door = Screen(app.test_client(), party=plain.party, person=plain.person)
    door.sign_in()
    door.post("/session/code", {"code": old[0]}, 401)
    door.post("/session/code", {"code": made[0]}, 200)


def test_a_second_factor_is_set_up_from_ones_own_page_and_taken_away(plain: Screen) -> None:
    begun = submit(plain, "/me/factor", password=PASSWORD)
    assert begun.headers["Location"] == "/sign-in/enrol"
    page = submit(plain, "/sign-in/enrol")
    plain.secret = secret_of(decoded(page.get_data(as_text=True)))
    form = Page(page).forms[0]
    done = send(plain, form["action"], {**form["fields"], "code": plain.code()})
    assert len(codes_on(done.get_data(as_text=True))) == 10
    assert plain.get("/session")["second_factor"]
    assert said(submit(plain, "/me/factor", password=PASSWORD), "wrong_proof"), "not without its code"
    assert submit(plain, "/me/factor", password=PASSWORD, code=plain.code()).headers["Location"] == "/me"
    assert not plain.get("/session")["second_factor"]


def test_a_demanded_second_factor_stays(guarded: Screen) -> None:
    answer = submit(guarded, "/me/factor", password=PASSWORD, code=guarded.code())
    assert answer.status_code == 409 and said(answer, "oops_demanded")
    assert guarded.get("/session")["second_factor"]


def test_who_has_no_second_factor_has_no_recovery_codes(plain: Screen) -> None:
    answer = submit(plain, "/me/codes", password=PASSWORD, code="000000")
    assert answer.status_code == 409 and said(answer, "oops_no_factor")
    assert plain.get("/session")["person"] == plain.person


@pytest.mark.parametrize("path", ["/me/password", "/me/codes", "/me/factor"])
def test_who_is_not_in_is_led_to_the_door_and_a_form_from_elsewhere_does_nothing(
    app: Flask, plain: Screen, path: str
) -> None:
    assert go(Screen(app.test_client()), path).headers["Location"] == "/me"
    fields = Page(go(plain, path)).forms[0]["fields"] | {"password": PASSWORD, "old": PASSWORD, "again": PASSWORD}
    assert send(plain, path, fields, Origin="https://evil.example").status_code == 403
    assert send(plain, path, fields | {"csrf": "x" * 43}).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_speak_both_languages(plain: Screen, language: str) -> None:
    for path, word in (("password", "password_lead"), ("codes", "codes_new_lead"), ("factor", "factor_begin_lead")):
        assert said(go(plain, f"/me/{path}?lang={language}"), word, language)
    assert said(go(plain, f"/me?lang={language}"), "me_password", language)

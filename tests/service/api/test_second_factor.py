"""Second factors: of whom they are demanded, that nothing else opens before, and that a code counts once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from time import time

import pyotp
import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text

from service.signin import sessions
from service.signin.factors import STEP
from tests.service.api.conftest import Caller
from tests.service.api.signing_in import OTHER, PASSWORD, Screen, at_work, clerk, slug
from tests.service.api.test_signing_in import later, nothing_remembered
from tests.tools.waiting import WAITING, eventually

WEIGHTY = ("quality", "administrator", "supervisor")


@pytest.mark.parametrize("role", WEIGHTY)
def test_weighty_roles_enrol_before_they_do_anything_else(app: Flask, maker: Caller, role: str) -> None:
    screen = clerk(app, maker, role)
    assert screen.sign_in()["stage"] == "enrol"
    for path in ("/items", "/sessions", "/people", "/stock"):
        refused = screen.send("GET", path)
        assert (refused.status_code, slug(refused)) == (403, "enrol-first"), path
    screen.post("/people", {"roles": []}, 403)
    assert len(set(screen.enrol())) == 10
    assert screen.get("/items")
    shown = screen.get("/session")
    assert (shown["stage"], shown["method"], shown["recovery_codes"]) == ("signed-in", "password+totp", 10)


def test_a_party_may_demand_it_of_everyone(app: Flask, trader: Caller) -> None:
    screen = at_work(app, trader, "operator")
    assert screen.get("/items")
    rule = {"second_factor": "everyone", "reason": "insurance"}
    assert trader.get("/sign-in-rules") == {"second_factor": "roles", "only_oidc": False}
    assert trader.send("PATCH", "/sign-in-rules", rule).get_json()["second_factor"] == "everyone"
    assert slug(screen.send("GET", "/items")) == "enrol-first"
    screen.enrol()
    assert screen.get("/items")
    screen.prove()
    assert slug(screen.send("DELETE", "/session/second-factor")) == "factor-demanded"
    trader.send("PATCH", "/sign-in-rules", rule | {"second_factor": "roles"})
    assert screen.send("DELETE", "/session/second-factor").get_json()["second_factor"] is False
    trail = trader.get("/changes?kind=sign-in")["changes"]
    assert [(each["old"], each["new"]) for each in trail] == [("everyone", "roles"), ("roles", "everyone")]


def test_the_second_step_opens_everything_and_the_first_nothing(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "supervisor")
    assert screen.sign_in()["stage"] == "code"
    first = screen.client.get_cookie("__Host-lotproof", "log.example.com")
    for verb, path in (("GET", "/items"), ("GET", "/sessions"), ("DELETE", "/sessions"), ("POST", "/session/prove"),
                       ("POST", "/session/second-factor"), ("POST", "/session/recovery-codes")):  # fmt: skip
        refused = screen.send(verb, path)
        assert (refused.status_code, slug(refused)) == (401, "code-awaited"), path
    screen.post("/session/code", {"code": "000000"}, 401)
    shown = screen.post("/session/code", {"code": screen.code()}, 200)
    assert (shown["stage"], shown["method"]) == ("signed-in", "password+totp")
    assert screen.get("/items")
    screen.post("/session/code", {"code": screen.code()}, 409)
    assert first is not None
    screen.client.set_cookie("__Host-lotproof", first.value, domain="log.example.com")
    assert screen.send("GET", "/session").status_code == 401  # what was known before opens nothing after


def test_the_second_step_has_ten_minutes(app: Flask, owner: Engine, maker: Caller) -> None:
    screen = at_work(app, maker, "supervisor")
    screen.sign_in()
    later(owner, "session", "expires_at", sessions.CODE_WITHIN)
    nothing_remembered(app)
    screen.post("/session/code", {"code": screen.code()}, 401)


def test_a_code_counts_once_and_a_step_around_its_time(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "supervisor", address="198.51.100.40")  # used the step before this one, or this
    now, totp = int(time()) // STEP, pyotp.TOTP(screen.secret)
    for step, fits in ((now - 2, False), (now + 3, False), (screen.step, False), (now + 1, True), (now + 1, False),
                       (now, False)):  # fmt: skip
        screen.sign_in(201 if fits else 401, code=totp.generate_otp(step))
        if fits:
            assert screen.get("/session")["method"] == "password+totp"


@pytest.mark.parametrize("recovery", [False, True])
def test_a_code_that_two_use_at_once_lets_one_in(recovery: bool, app: Flask, owner: Engine, maker: Caller) -> None:
    screen = clerk(app, maker, "supervisor")
    screen.sign_in()
    codes = screen.enrol()
    code, factors = codes[0] if recovery else screen.code(), app.extensions["lotproof"].entrance.factors
    asked = text("SELECT id FROM warehouse.person WHERE code = :code")

    def accept(connection: Connection) -> str | None:
        person = connection.scalar(asked, {"code": screen.person})
        return factors.accept(connection, person, code, datetime.now(UTC))  # type: ignore[no-any-return]

    def late() -> str | None:
        with owner.begin() as connection:
            return accept(connection)

    with ThreadPoolExecutor(1) as pool, owner.connect() as other:
        with owner.begin() as connection:
            assert accept(connection) == ("recovery" if recovery else "totp")
            sent = pool.submit(late)
            eventually(lambda: other.scalar(WAITING))
        assert sent.result(30) is None


def test_each_recovery_code_counts_once(app: Flask, maker: Caller) -> None:
    screen = clerk(app, maker, "supervisor", address="198.51.100.41")
    screen.sign_in()
    codes = screen.enrol()
    assert screen.sign_in(code=codes[0])["method"] == "password+recovery"
    screen.sign_in(401, code=codes[0])
    assert screen.sign_in(code=codes[1].upper().replace("-", " "))["recovery_codes"] == 8
    screen.prove()
    fresh = screen.post("/session/recovery-codes", None, 200)["recovery_codes"]
    screen.sign_in(401, code=codes[2])
    screen.sign_in(code=fresh[0])


def test_a_wrong_code_gets_the_same_answer_as_a_wrong_password(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "supervisor")
    assert screen.sign_in(401, code="123456") == screen.sign_in(401, password=OTHER)


def test_a_factor_that_is_not_confirmed_is_not_asked_for(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "operator")
    uri = screen.post("/session/second-factor", None)["uri"]
    assert uri.startswith("otpauth://totp/Lotproof:chenghe") and "issuer=Lotproof" in uri
    assert screen.post("/session/second-factor", None)["uri"] != uri
    screen.post("/session/second-factor/confirm", {"code": "000000"}, 401)
    assert screen.sign_in()["stage"] == "signed-in"
    screen.enrol()
    screen.post("/session/second-factor", None, 409)
    screen.post("/session/second-factor/confirm", {"code": screen.code()}, 409)


def test_enrolling_ends_the_other_sessions_and_needs_the_password_of_late(
    app: Flask, owner: Engine, maker: Caller
) -> None:
    screen = at_work(app, maker, "operator")
    other = Screen(app.test_client(), party=screen.party, person=screen.person)
    other.sign_in()
    later(owner, "session", "made_at", sessions.PROOF)
    nothing_remembered(app)
    assert slug(screen.send("POST", "/session/second-factor")) == "prove-yourself"
    screen.prove()
    screen.enrol()
    assert screen.get("/session") and other.send("GET", "/session").status_code == 401


def test_an_invitation_keeps_the_second_factor_unless_it_says_so(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "supervisor")
    for resets, stage in ((False, "code"), (True, "enrol")):
        body = {"reset_second_factor": resets}
        secret = maker.post(f"/people/{screen.person}/invitations", body)["secret"]
        screen.post("/invitations/accept", {"secret": secret, "password": PASSWORD}, 200)
        assert screen.sign_in()["stage"] == stage
    trail = maker.get(f"/changes?kind=person&code={screen.person}")["changes"]
    assert ("second_factor", "enrolled", None) in [(each["field"], each["old"], each["new"]) for each in trail]


def test_a_sealed_secret_opens_for_its_person_only(app: Flask, owner: Engine, maker: Caller) -> None:
    mine, other = (at_work(app, maker, "supervisor") for _ in range(2))
    with owner.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE warehouse.second_factor SET sealed = (SELECT f.sealed FROM warehouse.second_factor f"
            " JOIN warehouse.person p ON p.id = f.person_id WHERE p.code = %s)"
            " WHERE person_id = (SELECT id FROM warehouse.person WHERE code = %s)", (mine.person, other.person))
    other.secret, other.step = mine.secret, mine.step
    answer = other.send("POST", "/session", {"party": other.party, "person": other.person, "password": PASSWORD,
                                             "code": other.code()})  # fmt: skip
    assert answer.status_code == 500 and "Set-Cookie" not in answer.headers


def test_codes_that_are_no_codes_are_refused(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "supervisor")
    screen.sign_in()
    for number, code in enumerate(("", "1", "12345６", "\u0000" * 6, "x" * 1024, "'; --", "🔑" * 6, "0" * 1025)):
        screen.address = f"198.51.100.{60 + number}"
        answer = screen.send("POST", "/session/code", {"code": code})
        assert answer.status_code in (401, 422), code



"""People sign in: by invitation and password, once for all the API, and whoever does not fit learns nothing."""

from datetime import timedelta
from time import perf_counter
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from service.signin import passwords, sessions
from tests.service.api.conftest import Caller
from tests.service.api.signing_in import OTHER, PASSWORD, Screen, at_work, clerk, invited


def later(owner: Engine, table: str, column: str, by: timedelta) -> None:
    """As if so much time had passed since."""
    moved = text(f"UPDATE warehouse.{table} SET {column} = {column} - CAST(:by AS interval)")
    with owner.begin() as connection:
        connection.execute(moved, {"by": by})


def nothing_remembered(app: Flask) -> None:
    app.extensions["lotproof"].access.forget()


def test_an_invited_person_sets_a_password_and_works(app: Flask, maker: Caller) -> None:
    screen = clerk(app, maker, "operator")
    assert screen.send("GET", "/items").status_code == 401
    shown = screen.sign_in()
    assert (shown["stage"], shown["method"], shown["person"]) == ("signed-in", "password", screen.person)
    assert screen.get("/items")["items"]
    assert screen.send("POST", "/items", {}).status_code == 403
    refused = maker.get("/refusals?limit=1")["refusals"][0]
    assert (refused["key"], refused["person"]) == (shown["id"], screen.person)


def test_an_invitation_counts_once_for_three_days_and_only_the_newest(app: Flask, owner: Engine, maker: Caller) -> None:
    code, first = invited(maker, "operator")
    second = maker.post(f"/people/{code}/invitations", {})["secret"]
    screen = Screen(app.test_client(), party=maker.party, person=code)
    accept = {"secret": second, "password": PASSWORD}
    screen.post("/invitations/accept", {**accept, "secret": first}, 404)
    screen.post("/invitations/accept", {**accept, "password": "short"}, 422)
    screen.post("/invitations/accept", accept, 200)
    screen.post("/invitations/accept", accept, 404)
    third = maker.post(f"/people/{code}/invitations", {})["secret"]
    later(owner, "invitation", "expires_at", timedelta(hours=72))
    screen.post("/invitations/accept", {**accept, "secret": third}, 404)
    assert screen.client.get(f"/invitation/{third}").status_code == 404
    fourth = maker.post(f"/people/{code}/invitations", {})["secret"]
    assert maker.send("DELETE", f"/people/{code}/invitations").get_json() == {"ended": 1}
    screen.post("/invitations/accept", {**accept, "secret": fourth}, 404)
    trail = [each["field"] for each in maker.get(f"/changes?kind=person&code={code}")["changes"]]
    assert trail == ["invitation"] * 3 + ["password", "invitation", "invitation", "roles"]


def test_a_reset_sets_another_password_and_ends_what_was_open(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "operator")
    secret = maker.post(f"/people/{screen.person}/invitations", {"reason": "forgot it"})["secret"]
    assert screen.get("/session")
    Screen(app.test_client()).post("/invitations/accept", {"secret": secret, "password": OTHER}, 200)
    assert screen.send("GET", "/session").status_code == 401
    screen.sign_in(401)
    screen.sign_in(password=OTHER)
    assert maker.get(f"/changes?kind=person&code={screen.person}")["changes"][1]["reason"] == "forgot it"


def test_whoever_does_not_fit_gets_one_answer(app: Flask, maker: Caller) -> None:
    screen, fresh = clerk(app, maker, "operator"), invited(maker, "operator")[0]
    gone = clerk(app, maker, "operator")
    maker.send("PATCH", f"/people/{gone.person}", {"active": False, "reason": "left"})
    answers = []
    for wrong in ({"party": "nobody"}, {"person": "nobody"}, {"person": fresh}, {"person": gone.person},
                  {"password": OTHER}, {"password": " " + PASSWORD}, {"password": "x" * 1024}):  # fmt: skip
        answer = screen.send("POST", "/session", {"party": maker.party, "person": screen.person, "password": PASSWORD}
                             | wrong)  # fmt: skip
        answers.append((answer.status_code, answer.data, dict(answer.headers)))
    assert answers[0][0] == 401 and all(each == answers[0] for each in answers)
    assert "Set-Cookie" not in answers[0][2]
    kept = maker.get("/refusals?limit=2")["refusals"]
    assert {(each["operation"], each["key"], each["person"]) for each in kept} == {
        ("sign_in", "sign-in", screen.person)
    }


def test_who_does_not_exist_takes_as_long_as_who_gave_a_wrong_password(app: Flask, maker: Caller) -> None:
    screen = clerk(app, maker, "operator", address="198.51.100.3")

    def least(**wrong: str) -> float:
        spent = []
        for number in range(4):
            screen.address, began = f"198.51.100.{number + 20}", perf_counter()
            screen.sign_in(401, **wrong)
            spent.append(perf_counter() - began)
        return min(spent)

    known, unknown = least(password=OTHER), least(person="nobody")
    assert 0.5 < unknown / known < 2


def test_a_full_width_password_is_the_same_one(app: Flask, maker: Caller) -> None:
    code, secret = invited(maker, "operator")
    screen = Screen(app.test_client(), party=maker.party, person=code)
    wide = "".join(chr(ord(each) + 0xFEE0) if each != " " else "\u3000" for each in PASSWORD)
    screen.post("/invitations/accept", {"secret": secret, "password": wide}, 200)
    screen.sign_in()
    screen.sign_in(password=wide)


@pytest.mark.parametrize(
    "weak",
    ["elevenchars", "x" * 129, "passwordpassword", "123456789012", "qwertyuiop12", "aaaaaaaaaaaa",
     "ｐａｓｓｗｏｒｄ１２３４", "chenghechenghe", "chenghe-acme-x", "with\nnew line in it", "\u0000" * 12, "ﷺ" * 60,
     "仓库仓库仓库仓库仓库仓库"],
)  # fmt: skip
def test_a_password_that_is_guessed_first_is_refused_and_not_repeated(app: Flask, maker: Caller, weak: str) -> None:
    secret = invited(maker, "operator")[1]
    body = {"secret": secret, "password": weak}
    answer = Screen(app.test_client()).send("POST", "/invitations/accept", body)
    assert (answer.status_code, answer.get_json()["type"]) == (422, "urn:lotproof:problem:weak-password")
    assert weak not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "good",
    ["x7#kQ2!pLm9z", "我爱北京天安门太阳升起来呀", "nine small boats", "v" * 100 + "a wet Tuesday in Hamburg"],
)
def test_there_is_no_rule_of_composition(good: str) -> None:
    passwords.check(good, "chenghe", "p-17")


def test_hashes_with_older_parameters_are_made_anew_at_the_next_sign_in(
    app: Flask, owner: Engine, maker: Caller
) -> None:
    from argon2 import PasswordHasher

    screen = clerk(app, maker, "operator")
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    person = "(SELECT id FROM warehouse.person WHERE code = :code)"
    with owner.begin() as connection:
        connection.execute(text(f"UPDATE warehouse.person_password SET hash = :hash WHERE person_id = {person}"),
                           {"hash": old, "code": screen.person})  # fmt: skip
    screen.sign_in()
    with owner.connect() as connection:
        kept = connection.execute(text(f"SELECT hash FROM warehouse.person_password WHERE person_id = {person}"),
                                  {"code": screen.person}).scalar_one()  # fmt: skip
    assert kept != old and passwords.fits(kept, PASSWORD) and not passwords.is_outdated(kept)


def test_a_changed_password_needs_the_old_one_and_ends_the_other_sessions(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "operator")
    other = Screen(app.test_client(), party=screen.party, person=screen.person)
    other.sign_in()
    screen.post("/session/password", {"old": OTHER, "new": "a third one, quite long"}, 401)
    screen.post("/session/password", {"old": PASSWORD, "new": "password1234"}, 422)
    before = screen.client.get_cookie("__Host-lotproof", "log.example.com")
    screen.post("/session/password", {"old": PASSWORD, "new": OTHER}, 200)
    assert before != screen.client.get_cookie("__Host-lotproof", "log.example.com")
    assert screen.get("/session") and other.send("GET", "/session").status_code == 401
    other.sign_in(401)
    other.sign_in(password=OTHER)


def test_the_database_holds_no_secret_that_opens_anything(app: Flask, owner: Engine, maker: Caller) -> None:
    code, secret = invited(maker, "supervisor")
    screen = Screen(app.test_client(), party=maker.party, person=code)
    screen.post("/invitations/accept", {"secret": secret, "password": PASSWORD}, 200)
    screen.sign_in()
    codes = screen.enrol()
    cookie = screen.client.get_cookie("__Host-lotproof", "log.example.com")
    assert cookie is not None
    tables = ("person_password", "invitation", "second_factor", "recovery_code", "session", "sign_in_try", "change",
              "refusal")  # fmt: skip
    with owner.connect() as connection:
        rows = [
            connection.execute(text(f"SELECT string_agg(t::text, '') FROM warehouse.{table} t")).scalar()
            for table in tables
        ]
    for word in (secret, PASSWORD, screen.secret, cookie.value, *codes, codes[0].replace("-", "")):
        assert word not in str(rows) and word.encode().hex() not in str(rows)


def cookie_of(answer: Any) -> str:
    return str(answer.headers["Set-Cookie"])


def test_the_cookie_is_bound_to_this_host_and_out_of_reach(app: Flask, maker: Caller) -> None:
    screen = clerk(app, maker, "operator")
    said = {"party": screen.party, "person": screen.person, "password": PASSWORD}
    answer = screen.send("POST", "/session", said)
    name, *flags = cookie_of(answer).split("; ")
    assert name.startswith("__Host-lotproof=lps_") and len(name) > 58
    assert set(flags) == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "lps_" not in answer.get_data(as_text=True)


def test_each_sign_in_is_a_session_of_its_own(app: Flask, maker: Caller) -> None:
    screen, other = clerk(app, maker, "operator"), Screen(app.test_client())
    first = screen.sign_in()["id"]
    planted = screen.client.get_cookie("__Host-lotproof", "log.example.com")
    second = screen.sign_in()["id"]
    assert first != second and planted != screen.client.get_cookie("__Host-lotproof", "log.example.com")
    other.party, other.person = screen.party, screen.person
    third = other.sign_in()["id"]
    shown = screen.get("/sessions")["sessions"]
    assert [each["id"] for each in shown] == [third, second, first]
    assert [each["this"] for each in shown] == [False, True, False]
    assert screen.send("DELETE", f"/sessions/{third}").get_json() == {"ended": 1}
    assert screen.send("DELETE", f"/sessions/{third}").status_code == 404
    assert other.send("GET", "/session").status_code == 401
    assert screen.send("DELETE", "/sessions").get_json() == {"ended": 2}
    assert screen.send("GET", "/session").status_code == 401


def test_nobody_ends_the_session_of_somebody_else(app: Flask, maker: Caller, trader: Caller) -> None:
    mine, colleague, other = (at_work(app, each, "operator") for each in (maker, maker, trader))
    for each in (colleague, other):
        assert mine.send("DELETE", f"/sessions/{each.get('/session')['id']}").status_code == 404
        assert each.get("/session")


def test_who_signs_out_is_out(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "operator")
    cookie = screen.client.get_cookie("__Host-lotproof", "log.example.com")
    answer = screen.send("DELETE", "/session")
    assert "Max-Age=0" in cookie_of(answer)
    assert cookie is not None
    screen.client.set_cookie("__Host-lotproof", cookie.value, domain="log.example.com")
    assert screen.send("GET", "/session").status_code == 401


@pytest.mark.parametrize(
    ("column", "by"), [("seen_at", sessions.IDLE), ("expires_at", sessions.LONGEST)], ids=["idle", "too long"]
)
def test_a_session_ends_by_itself(app: Flask, owner: Engine, maker: Caller, column: str, by: timedelta) -> None:
    screen = at_work(app, maker, "operator")
    later(owner, "session", column, by - timedelta(minutes=2))
    nothing_remembered(app)
    assert screen.get("/session")  # and is used, which counts
    later(owner, "session", column, timedelta(minutes=3))
    nothing_remembered(app)
    assert screen.send("GET", "/session").status_code == (200 if column == "seen_at" else 401)
    later(owner, "session", column, by)
    nothing_remembered(app)
    assert screen.send("GET", "/session").status_code == 401


def test_addresses_are_forgotten_thirty_days_after_a_session(
    app: Flask, owner: Engine, maker: Caller, trader: Caller
) -> None:
    gone, recent = (at_work(app, trader, "operator", address=each) for each in ("192.0.2.201", "192.0.2.202"))
    ids = [each.get("/session")["id"] for each in (gone, recent)]
    with owner.begin() as connection:
        connection.execute(text("UPDATE warehouse.session SET expires_at = now() - interval '30 days' - :more"
                                " * interval '1 minute' WHERE id = :id"),
                           [{"more": more, "id": id} for more, id in zip((1, -1), ids, strict=True)])  # fmt: skip
    at_work(app, maker, "operator")  # somebody of another party
    with owner.connect() as connection:
        kept = connection.execute(text("SELECT id::text FROM warehouse.session WHERE id = ANY(CAST(:ids AS uuid[]))"),
                                  {"ids": ids}).scalars().all()  # fmt: skip
    assert kept == ids[1:]


def test_who_is_deactivated_is_out_and_stays_out(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "operator")
    maker.post(f"/people/{screen.person}/invitations", {})
    maker.send("PATCH", f"/people/{screen.person}", {"active": False, "reason": "left"})
    assert screen.send("GET", "/session").status_code == 401
    maker.send("PATCH", f"/people/{screen.person}", {"active": True, "reason": "back"})
    assert screen.send("GET", "/session").status_code == 401
    assert maker.send("DELETE", f"/people/{screen.person}/invitations").get_json() == {"ended": 0}
    screen.sign_in()


def test_a_session_of_nobody_active_opens_nothing_however_it_came_about(
    app: Flask, owner: Engine, maker: Caller
) -> None:
    screen = at_work(app, maker, "operator")
    with owner.begin() as connection:
        connection.exec_driver_sql("UPDATE warehouse.person SET active = false WHERE code = %s", (screen.person,))
    nothing_remembered(app)
    assert screen.send("GET", "/session").status_code == 401


def test_roles_count_as_they_are_now(app: Flask, maker: Caller) -> None:
    screen = at_work(app, maker, "operator")
    maker.send("PATCH", f"/people/{screen.person}", {"roles": [], "reason": "moved"})
    assert screen.send("GET", "/items").status_code == 403
    assert screen.get("/session")["roles"] == []
    maker.send("PATCH", f"/people/{screen.person}", {"roles": [{"role": "quality"}], "reason": "moved"})
    assert screen.get("/session")["stage"] == "enrol"
    assert screen.send("DELETE", "/session").status_code == 200


def test_a_session_acts_under_an_id_that_says_nothing(app: Flask, owner: Engine, maker: Caller) -> None:
    from tests.service.api.conftest import receive

    screen = at_work(app, maker, "operator")
    answer = screen.send("POST", "/movements", receive("BY-SESSION"), Prefer="wait=0")
    assert answer.status_code == 201, answer.get_data(as_text=True)
    with owner.connect() as connection:
        actors = connection.execute(text("SELECT actor FROM warehouse.movement WHERE actor LIKE :who"),
                                    {"who": f"%/{screen.person}"}).scalars().all()  # fmt: skip
    assert actors == [f"{screen.get('/session')['id']}/{screen.person}"]

"""Guessing is slowed down, for the guesser; whoever is guessed at still gets in."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Event

import pytest
from flask import Flask
from sqlalchemy import Engine, text

from service import standpoint
from service.api.problem import Problem
from service.app import create_app
from service.settings import Settings
from service.signin import entrance, tries
from service.signin.turns import ROOM, Turns
from tests.service.api.conftest import Caller
from tests.service.api.signing_in import OTHER, PASSWORD, Screen, clerk, slug

START = datetime(2026, 11, 29, tzinfo=UTC)


def take(engine: Engine, counted: tuple[tries.Subject, ...], now: datetime) -> int:
    """Seconds to wait, 0 if the try was counted."""
    try:
        with standpoint.on("sign_in"), engine.begin() as connection:
            tries.take(connection, counted, now)
    except tries.MustWait as told:
        assert told.problem(now).status == 429
        return int(told.problem(now).headers["Retry-After"])
    return 0


@pytest.fixture(scope="module")
def web(app: Flask) -> Engine:
    """As the web process sees the database."""
    engine: Engine = app.extensions["lotproof"].engine
    return engine


def test_each_failure_makes_the_next_try_wait_longer_up_to_a_limit(web: Engine) -> None:
    pair = tries.subjects("acme", "p-1", "203.0.113.1", known=True)[:1]
    now, waits = START, []
    for _ in range(16):
        wait = take(web, pair, now)
        waits.append(wait)
        now += timedelta(seconds=wait)
        if wait:
            assert take(web, pair, now) == 0
    assert waits[:4] == [0, 0, 0, 0] and waits[5:10] == [1, 2, 4, 8, 16] and max(waits) == waits[-1] == 300


def test_waiting_is_not_made_longer_by_trying_on(web: Engine) -> None:
    pair = tries.subjects("acme", "p-2", "203.0.113.1", known=True)[:1]
    while not (wait := take(web, pair, START)):
        pass
    assert {take(web, pair, START) for _ in range(50)} == {wait}
    assert take(web, pair, START + timedelta(seconds=wait)) == 0


def test_it_is_forgotten_after_a_day(web: Engine) -> None:
    pair = tries.subjects("acme", "p-3", "203.0.113.1", known=True)[:1]
    while not take(web, pair, START):
        pass
    later = START + tries.FORGOTTEN + timedelta(seconds=1)
    assert [take(web, pair, later) for _ in range(4)] == [0] * 4


def test_a_hundred_at_once_are_a_hundred(web: Engine) -> None:
    pair, start = tries.subjects("acme", "p-4", "203.0.113.4", known=True)[:1], Barrier(8)

    def guess(_: int) -> int:
        start.wait()
        return sum(take(web, pair, START) == 0 for _ in range(5))

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(8))) == 5  # four free ones, and the one whose wait has just begun


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("203.0.113.1", "203.0.113.2", False), ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
     ("2001:db8:1:2::1", "2001:db8:1:3::1", False), ("::ffff:203.0.113.1", "203.0.113.1", True),
     ("::ffff:203.0.113.1", "::ffff:203.0.113.2", False), ("unknown", "unknown", True)],
)  # fmt: skip
def test_whoever_has_one_address_of_a_network_has_all_of_it(one: str, other: str, same: bool) -> None:
    assert (tries.network(one) == tries.network(other)) == same


def guessed(screen: Screen, times: int, **wrong: str) -> list[int]:
    said = {"party": screen.party, "person": screen.person, "password": OTHER} | wrong
    return [screen.send("POST", "/session", said).status_code for _ in range(times)]


def grown(owner: Engine, by: int = 9) -> None:
    """As if who failed five times had failed more often: a busy machine may take the second that the next try waits."""
    more = text("UPDATE warehouse.sign_in_try SET failures = failures + :by WHERE failures >= 5")
    with owner.begin() as connection:
        connection.execute(more, {"by": by})


def test_a_guesser_waits_and_the_person_gets_in_from_where_it_is_known(
    app: Flask, owner: Engine, maker: Caller
) -> None:
    person = clerk(app, maker, "operator", address="192.0.2.10")
    person.sign_in()
    guesser = Screen(app.test_client(), "192.0.2.66", person.party, person.person)
    assert guessed(guesser, 5) == [401] * 5
    grown(owner)
    said = {"party": person.party, "person": person.person, "password": PASSWORD}
    answer = guesser.send("POST", "/session", said)
    assert (answer.status_code, slug(answer)) == (429, "wait") and int(answer.headers["Retry-After"]) > 60
    assert answer.get_json()["retry_after"] == int(answer.headers["Retry-After"])
    guesser.address = "192.0.2.100"
    assert guessed(guesser, 1) == [401]
    grown(owner, 30)  # and a crowd of guessers, each from another address
    guesser.address = "192.0.2.200"
    assert guessed(guesser, 1) == [429]
    person.sign_in()


def test_who_must_wait_is_sent_away_without_the_database_or_a_turn(
    app: Flask, owner: Engine, maker: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    guesser = Screen(app.test_client(), "192.0.2.91", maker.party, "p-nobody")
    guessed(guesser, 5)
    grown(owner)
    assert guessed(guesser, 1) == [429]
    inside = app.extensions["lotproof"].entrance
    for part in ("_engine", "_turns"):
        monkeypatch.setattr(inside, part, None)
    assert guessed(guesser, 3) == [429] * 3


def test_one_address_that_tries_many_people_waits(app: Flask, owner: Engine, maker: Caller) -> None:
    guesser = Screen(app.test_client(), "192.0.2.77", maker.party)
    assert [guessed(guesser, 1, person=f"x-{number}")[0] for number in range(5)] == [401] * 5
    grown(owner, 30)
    assert guessed(guesser, 1, person="x-99") == [429]


def test_who_has_an_account_cannot_wipe_out_the_guesses_at_others(app: Flask, owner: Engine, maker: Caller) -> None:
    own = clerk(app, maker, "operator", address="192.0.2.78")
    for number in range(5):
        assert guessed(own, 1, person=f"y-{number}") == [401]
    own.sign_in()
    grown(owner, 30)
    assert guessed(own, 1, person="y-99") == [429]


def test_a_thief_of_a_session_guesses_no_faster(app: Flask, owner: Engine, maker: Caller) -> None:
    person = clerk(app, maker, "operator", address="192.0.2.79")
    person.sign_in()
    answers = [person.send("POST", "/session/prove", {"password": OTHER}).status_code for _ in range(4)]
    answers += [person.send("POST", "/session/password", {"old": OTHER, "new": PASSWORD + "x"}).status_code]
    grown(owner)
    answers += [person.send("POST", "/session/prove", {"password": PASSWORD}).status_code]
    assert answers == [401] * 5 + [429]
    assert person.get("/session")


def test_a_flood_of_sign_ins_leaves_threads_for_everybody_else(
    app: Flask, owner: Engine, maker: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many as there is room for hang at the password; the next is sent away at once, all others are served."""
    entered, leave = [Event() for _ in range(2)], Event()
    waiting = iter(entered)

    def slow(kept: str | None, given: str) -> bool:
        next(waiting).set()
        return leave.wait(30) and False

    monkeypatch.setattr(entrance.passwords, "fits", slow)
    said = {"party": maker.party, "person": "nobody", "password": OTHER}
    with ThreadPoolExecutor(ROOM) as pool:
        turns = app.extensions["lotproof"].entrance._turns
        held = [pool.submit(Screen(app.test_client(), f"192.0.2.{80 + number}").send, "POST", "/session", said)
                for number in range(2)]  # fmt: skip
        assert all(each.wait(3) for each in entered), [h.done() and h.result().data for h in held]
        for _ in range(ROOM - 2):
            assert turns._room.acquire(timeout=1)
        refused = Screen(app.test_client(), "192.0.2.90").send("POST", "/session", said)
        assert (refused.status_code, slug(refused)) == (503, "many-sign-in") and refused.headers["Retry-After"]
        counts = text("SELECT failures FROM warehouse.sign_in_try WHERE subject = :subject")
        with owner.connect() as connection:  # who was sent away has not tried
            subject = tries.subjects(maker.party, "nobody", "192.0.2.90", known=True)[0]
            assert connection.execute(counts, {"subject": subject.hash}).scalar_one() == 0
        assert maker.get("/items")
        for _ in range(ROOM - 2):
            turns._room.release()
        leave.set()
        assert [each.result().status_code for each in held] == [401, 401]


@pytest.mark.parametrize(
    ("proxies", "counted"), [(0, "127.0.0.1"), (1, "192.0.2.2"), (2, "192.0.2.1"), (3, "127.0.0.1")]
)
def test_the_address_is_the_clients_as_our_own_proxies_name_it(
    settings: Settings, proxies: int, counted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client may write into the header what it likes; the last proxies are ours."""
    seen = []
    app = create_app(replace(settings, proxies=proxies))
    entrance = app.extensions["lotproof"].entrance
    monkeypatch.setattr(entrance, "sign_in", lambda said: seen.append(said.address) or entrance.invited("x"))
    body = {"party": "a", "person": "b", "password": "c"}
    app.test_client().post("/api/v1/session", json=body, headers={"X-Forwarded-For": "192.0.2.1, 192.0.2.2"})
    assert seen == [counted]
    app.extensions["lotproof"].gather.close()


def test_a_turn_is_given_back_whatever_happens() -> None:
    turns = Turns(1, 1)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), turns.taken():
            raise ZeroDivisionError
    with turns.taken(), pytest.raises(Problem), turns.taken():
        pass

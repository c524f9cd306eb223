"""A new key-encryption key: everything is sealed anew or nothing, whatever happens in between, and work goes on."""

import contextlib
import multiprocessing
import os
import signal
import time

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from service import db
from service.keys import rewrap as room
from service.keys.keyring import Keyring
from service.keys.rewrap import DoesNotOpen, Rewrapped, rewrap
from service.ledger.master_data import create_party
from service.ledger.party_keys import change_key
from service.signin import factors
from tests.service.ledger.world import World

OLD, NEW, OTHER = bytes(range(32)), b"\x07" * 32, b"\x08" * 32


@pytest.fixture
def world(engine):
    """Three parties, one of which changed its key: four sealed keys."""
    made = World(engine)
    with engine.begin() as connection:
        change_key(connection, made.scribe, "maker")
    return made


def sealed(engine):
    with engine.connect() as connection:
        return connection.execute(text(
            "SELECT p.code, k.kid, k.sealed, k.public FROM warehouse.party_key k"
            " JOIN warehouse.party p ON p.id = party_id ORDER BY party_id, sequence")).all()  # fmt: skip


def opened_by(kek, rows):
    """How many of `rows` open under this KEK alone."""
    count = 0
    for row in rows:
        with contextlib.suppress(InvalidTag):
            count += Keyring(kek).unseal(row.code, row.kid, row.sealed).public == row.public
    return count


def run(engine, old=OLD, new=NEW):
    with engine.begin() as connection:
        return rewrap(connection, Keyring(old), Keyring(new))


def test_every_key_opens_under_the_new_one_and_under_no_other(world):
    before = sealed(world.engine)
    assert run(world.engine) == Rewrapped(4, 0)
    after = sealed(world.engine)
    assert (opened_by(NEW, after), opened_by(OLD, after)) == (4, 0)
    assert [(row.kid, row.public) for row in after] == [(row.kid, row.public) for row in before]
    assert run(world.engine) == Rewrapped(0, 4)
    assert world.audit() == []


def test_both_keks_open_while_it_is_not_done_and_only_the_new_one_seals(world, monkeypatch):
    both = Keyring(NEW, OLD)
    for row in sealed(world.engine):
        assert both.unseal(row.code, row.kid, row.sealed).public == row.public
    world.scribe = type(world.scribe)(world.scribe.origin, both, world.scribe.now, os.urandom)
    with world.engine.begin() as connection:
        create_party(connection, world.scribe, "late", "Late")
    assert opened_by(NEW, sealed(world.engine)) == 1
    monkeypatch.setattr(room, "PORTION", 2)
    assert run(world.engine) == Rewrapped(4, 1)
    assert opened_by(NEW, sealed(world.engine)) == 5


def test_secrets_of_second_factors_are_sealed_anew_with_the_keys(world):
    with world.engine.begin() as connection:
        person = connection.scalar(text(
            "INSERT INTO warehouse.person (party_id, code, active, created_at)"
            " SELECT id, 'p-1', true, now() FROM warehouse.party WHERE code = 'maker' RETURNING id"))  # fmt: skip
        connection.execute(text(
            "INSERT INTO warehouse.second_factor (person_id, sealed, made_at, last_step) VALUES (:p, :s, now(), 0)"
        ), {"p": person, "s": Keyring(OLD).seal_secret(factors.owner(person), b"secret")})  # fmt: skip
    assert run(world.engine) == Rewrapped(5, 0)
    assert run(world.engine) == Rewrapped(0, 5)
    with world.engine.connect() as connection:
        kept = connection.execute(text("SELECT sealed FROM warehouse.second_factor")).scalar_one()
    assert Keyring(NEW).open_secret(factors.owner(person), kept) == b"secret"
    for keyring, owner in ((Keyring(OLD), factors.owner(person)), (Keyring(NEW), factors.owner(person + 1))):
        with pytest.raises(InvalidTag):
            keyring.open_secret(owner, kept)
    assert Keyring(OTHER, NEW).open_secret(factors.owner(person), kept) == b"secret"
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE warehouse.second_factor SET sealed = sealed || '\\x00'"))
    with pytest.raises(DoesNotOpen, match="second factor of person"):
        run(world.engine, old=NEW, new=OLD)
    assert opened_by(NEW, sealed(world.engine)) == 4


def test_a_key_that_opens_under_neither_stops_it_and_changes_nothing(world, monkeypatch):
    monkeypatch.setattr(room, "PORTION", 1)
    run(world.engine, new=OTHER)
    with world.engine.begin() as connection:
        create_party(connection, world.scribe, "late", "Late")  # the last row, under OLD
    with pytest.raises(DoesNotOpen, match="of late opens under neither KEK: nothing was changed"):
        run(world.engine, old=OTHER)
    assert opened_by(OTHER, sealed(world.engine)) == 4


def _rewrap_slowly(url, halfway):
    def after(done):
        if done == 2:
            halfway.set()
            time.sleep(60)

    room.PORTION = 2
    with db.engine_for(url).begin() as connection:
        rewrap(connection, Keyring(OLD), Keyring(NEW), after)


def test_killed_in_the_middle_it_changed_nothing_and_runs_again(world):
    fork = multiprocessing.get_context("fork")
    halfway = fork.Event()
    url = world.engine.url.render_as_string(hide_password=False)
    child = fork.Process(target=_rewrap_slowly, args=(url, halfway))
    child.start()
    try:
        assert halfway.wait(20)
        # What the others see meanwhile: all as it was, and recording goes on.
        assert opened_by(OLD, sealed(world.engine)) == 4
        os.kill(child.pid, signal.SIGKILL)
    finally:
        child.kill()
        child.join()
    assert opened_by(OLD, sealed(world.engine)) == 4
    assert run(world.engine) == Rewrapped(4, 0)
    assert opened_by(NEW, sealed(world.engine)) == 4


def test_nothing_else_of_a_key_ever_changes(world):
    for change in (
        "UPDATE warehouse.party_key SET public = decode(repeat('00', 32), 'hex')",
        "UPDATE warehouse.party_key SET sealed = '\\x00', kid = 'other'",
        "UPDATE warehouse.party_key SET sealed = sealed",
        "DELETE FROM warehouse.party_key",
    ):
        with pytest.raises(ProgrammingError, match="never changed"), world.engine.begin() as connection:
            connection.execute(text(change))


def test_the_command_says_when_the_old_key_may_go(world, typed):
    keys = {
        "LOTPROOF_DATABASE_URL": world.engine.url.render_as_string(hide_password=False),
        "LOTPROOF_KEK": NEW.hex(),
    }
    code, said = typed("keys", "rewrap", **keys)
    assert code == 1 and "LOTPROOF_KEK_BEFORE (or …_FILE, …_COMMAND) is not set" in said
    keys["LOTPROOF_KEK_BEFORE"] = OTHER.hex()
    code, said = typed("keys", "rewrap", **keys)
    assert code == 1 and "opens under neither KEK" in said
    keys["LOTPROOF_KEK_BEFORE"] = OLD.hex()
    assert typed("keys", "rewrap", **keys)[1].startswith("4 keys sealed under the new key, 0 were already\nrun it once")
    code, said = typed("keys", "rewrap", **keys)
    assert said.startswith("0 keys sealed under the new key, 4 were already\nall of them: LOTPROOF_KEK_BEFORE may go")
    for secret in (NEW, OLD, OTHER):
        assert secret.hex() not in said

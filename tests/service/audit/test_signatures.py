"""A log can be given statements that their parties never signed: the audit of signatures says which, and no others."""

from dataclasses import replace

import pytest
from sqlalchemy import Engine

from anchoring import Finding, Sequencer
from service.audit.signatures import Signatures
from service.audit.warehouse import audit_movements, audit_things
from service.keys.keyring import Keyring, SigningKey
from service.ledger import change_key
from service.logbook import notices
from tests.service.ledger.world import ORIGIN, World, register

STRANGER = SigningKey.of_seed(b"\x77" * 32)


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def sequence(world: World) -> None:
    sequencer = Sequencer(world.engine, ORIGIN, b"\x09" * 32, lambda: int(world.clock().timestamp() * 1000))
    while sequencer.step():
        pass
    sequencer.close()


def found(world: World) -> list[Finding]:
    with world.engine.connect() as connection:
        every = [*audit_things(connection, ORIGIN), *audit_movements(connection, ORIGIN)]
    assert {each.check for each in every} <= {"statements are signed by their party"}, every
    return every


def speaks(world: World, monkeypatch: pytest.MonkeyPatch, key: SigningKey, kid: str | None = None) -> None:
    """The service signs with this key for everybody, under this name."""
    named = replace(key, kid=kid, headers={}) if kid else key
    monkeypatch.setattr(Keyring, "unseal", lambda *_: named)


def kid(world: World, party: str) -> str:
    """Of its first key."""
    query = (
        "SELECT kid FROM warehouse.party_key k JOIN warehouse.party p ON p.id = k.party_id"
        " WHERE p.code = :party ORDER BY sequence LIMIT 1"
    )
    return str(world.one(query, party=party)[0])


def test_what_parties_sign_is_theirs_also_with_new_keys_and_while_it_waits(world: World) -> None:
    world.do("maker", register("A"))
    with world.engine.begin() as connection:
        change_key(connection, world.scribe, "maker")
        notices.record(connection, world.scribe, {"lotproof:notice": "one"})
    world.do("maker", register("B"))
    assert found(world) == []
    sequence(world)
    world.do("maker", register("C"))
    with world.engine.begin() as connection:
        change_key(connection, world.scribe, "maker")
    world.do("maker", register("D"))
    assert found(world) == []


@pytest.mark.parametrize("sequenced", [True, False])
def test_another_key_under_the_partys_name(world: World, monkeypatch: pytest.MonkeyPatch, sequenced: bool) -> None:
    world.do("maker", register("A"))
    speaks(world, monkeypatch, STRANGER, kid(world, "maker"))
    world.do("maker", register("B"))
    if sequenced:
        sequence(world)
    (told,) = found(world)
    said = world.one("SELECT statement_hash FROM warehouse.movement ORDER BY number DESC LIMIT 1")
    assert told.table == "warehouse.statement" and bytes(said[0]).hex() in told.row
    assert str(told.expected).startswith("the signature of key") and (told.index is not None) == sequenced


def test_a_key_that_the_party_never_had_and_one_of_another_party(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.do("shop", register("A"))
    speaks(world, monkeypatch, STRANGER)
    world.do("maker", register("B"))
    monkeypatch.undo()
    shops = world.one("SELECT sealed FROM warehouse.party_key WHERE kid = :kid", kid=kid(world, "shop"))[0]
    speaks(world, monkeypatch, world.scribe.keyring.unseal("shop", kid(world, "shop"), bytes(shops)))
    world.do("maker", register("C"))
    monkeypatch.undo()
    sequence(world)
    told = found(world)
    assert [str(each.seen) for each in told] == [STRANGER.kid, kid(world, "shop")]
    assert all("had then" in str(each.expected) for each in told)


def test_a_key_before_it_was_registered_and_one_that_was_replaced(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = SigningKey.of_seed(b"\x21" * 32)
    old = world.scribe.keyring.unseal("maker", *_sealed(world))
    speaks(world, monkeypatch, new)
    world.do("maker", register("A"))
    monkeypatch.undo()
    with world.engine.begin() as connection:
        monkeypatch.setattr(SigningKey, "of_seed", classmethod(lambda cls, seed: new))
        change_key(connection, world.scribe, "maker")
    monkeypatch.undo()
    speaks(world, monkeypatch, old)
    world.do("maker", register("B"))
    monkeypatch.undo()
    sequence(world)
    assert [str(each.seen) for each in found(world)] == [new.kid, old.kid]


def _sealed(world: World) -> tuple[str, bytes]:
    row = world.one("SELECT sealed FROM warehouse.party_key WHERE kid = :kid", kid=kid(world, "maker"))
    return kid(world, "maker"), bytes(row[0])


def test_a_key_that_a_stranger_gave_to_the_party(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    speaks(world, monkeypatch, STRANGER)
    with world.engine.begin() as connection:
        change_key(connection, world.scribe, "maker")
    monkeypatch.undo()
    world.do("maker", register("A"))
    sequence(world)
    with world.engine.connect() as connection:
        (told,) = Signatures(connection, ORIGIN).of_keys()
    assert "signer of a key statement" in str(told.expected) and told.seen == STRANGER.kid


def test_a_notice_that_the_log_did_not_sign(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.engine.begin() as connection:
        notices.record(connection, world.scribe, {"lotproof:notice": "one"})
    speaks(world, monkeypatch, STRANGER, kid(world, notices.PARTY))
    with world.engine.begin() as connection:
        notices.record(connection, world.scribe, {"lotproof:notice": "two"})
    sequence(world)
    (told,) = found(world)
    assert str(told.expected).startswith("the signature of key")

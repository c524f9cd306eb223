"""What the ledger records: everything of a movement, or nothing of it."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from service.domain import commands as c
from service.domain.errors import ThingExists, UnknownThing
from service.ledger import Recorded, Refused, change_key, create_party, ledger_audit, record_movements
from tests.service.ledger.world import ORIGIN, World, line, register
from verifier import disclosure, statement, uri
from verifier.entry import MOVEMENT, PARTY_KEY


def test_the_whole_life_of_a_lot_leaves_nothing_that_contradicts(world: World) -> None:
    live_a_life(world)
    assert world.audit() == []


def live_a_life(world: World) -> None:
    world.do("maker", register("L1"))
    world.do("maker", c.Register(to="S1/A", lines=(
        c.NewLotLine("MILK", "M1", "12.125"), c.NewLotLine("SALT", "S1", "0.25"))))
    world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "100") + line("L1", "300")))
    offered = world.do("maker", c.Offer(from_="S1/B", to_party="shop", lines=line("L1", "300")))
    world.do("shop", c.Accept(handoff=offered.id, to="S1/A"))
    world.do("shop", c.Hold(at="S1/A", reason="dented", lines=line("L1", "50")))
    world.do("shop", c.Release(at="S1/A", lines=line("L1", "20"), approved_by=("q1", "q2")))
    world.do("shop", c.Ship(from_="S1/A", customer="Corner pharmacy", lines=line("L1", "100")))
    world.do("shop", c.Split(at="S1/A", item="MED", lot="L1", status="available",
                             outputs=(c.Output("L1-1", "10"), c.Output("L1-2", "20"))))
    world.do("shop", c.Destroy(from_="S1/A", lines=line("L1", "30", status="hold"),
                               witnesses=("u1", "u2"), approved_by=("q1", "q2"),
                               certificate="DC-9"))
    world.do("depot", c.Receive(to="S1/Q", supplier="Acme \\ Söhne", lines=(
        c.NewLotLine("MED", "D1", "7", expiry_date=date(2027, 1, 1), manufacturer_lot="M/7"),)))
    back = world.do("maker", c.Offer(from_="S1/B", to_party="shop", lines=line("L1", "100")))
    world.do("shop", c.Refuse(handoff=back.id, reason="not ordered"))
    world.do("maker", c.Offer(from_="S1/A", to_party="depot", lines=line("M1", "0.125", "MILK")))


def test_stock_of_both_parties_is_what_the_movements_say(world: World) -> None:
    live_a_life(world)
    assert world.stock("maker", "L1") == {("S1/A", "available"): 600, ("S1/B", "hold"): 100}
    assert world.stock("shop", "L1") == {("S1/A", "available"): 140}
    assert world.stock("shop", "L1-2") == {("S1/A", "available"): 20}
    assert world.stock("depot", "D1") == {("S1/Q", "hold"): 7}
    assert world.stock("maker", "M1", item="MILK") == {("S1/A", "available"): 12_000}


def test_a_movement_has_its_statement_its_disclosures_and_its_submissions(world: World) -> None:
    world.do("maker", register("L1"))
    world.do("maker", register("L2"))
    done = world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "1") + line("L2", "2")))
    jwt, shown = world.one("SELECT jwt, disclosures FROM warehouse.statement JOIN warehouse.disclosure"
                           " USING (statement_hash) WHERE statement_hash = :hash", hash=done.statement_hash)
    parts = statement.split(jwt + shown)
    read = statement.read(parts.jwt, MOVEMENT, ORIGIN)
    public, = world.one("SELECT public FROM warehouse.party_key WHERE kid = :kid", kid=read.key)
    statement.check_signature(read, public)
    event = disclosure.disclose(read, parts.disclosures, done.lots[0])
    assert (read.id, read.hash, read.issued_at) == (str(done.id), done.statement_hash, done.recorded_at // 1000)
    assert [part["quantity"] for part in event.lists["quantityList"].shown] == [1, 2]
    kind, subjects = world.one("SELECT kind, subjects FROM ledger.submission WHERE statement_hash = :hash",
                               hash=done.statement_hash)
    assert (kind, subjects) == (MOVEMENT, b"".join(uri.subject("lot", ORIGIN, lot) for lot in done.lots))


def test_a_refused_movement_leaves_nothing(world: World) -> None:
    world.do("maker", register("L1", "10"))
    before = world.rows()
    assert world.refused("maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "11"))) == "insufficient-stock"
    assert world.refused("maker", register("L1")) == "lot-exists"
    assert world.refused("nobody", register("L1")) == "unknown-thing"
    assert world.rows() == before


def test_a_refused_movement_does_not_disturb_its_neighbours(world: World) -> None:
    outcomes = world.try_all(
        world.request("maker", register("L1", "10")),
        world.request("maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "11"))),
        world.request("maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "10"))),
        world.request("maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"))),
    )
    assert [type(outcome) for outcome in outcomes] == [Recorded, Refused, Recorded, Refused]
    assert world.audit() == []


def test_a_call_that_is_not_committed_never_was(world: World) -> None:
    before = world.rows()
    with world.engine.connect() as connection:
        outcome, = record_movements(connection, world.scribe, [world.request("maker", register("L1"))])
        assert isinstance(outcome, Recorded)
        connection.rollback()
    assert world.rows() == before
    world.do("maker", register("L1"))


def test_later_movements_of_a_call_build_on_earlier_ones(world: World) -> None:
    offer, back = uuid4(), uuid4()
    outcomes = world.try_all(
        world.request("maker", register("L1", "10")),
        world.request("maker", c.Split(at="S1/A", item="MED", lot="L1", outputs=(c.Output("L1-1", "4"),))),
        world.request("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1-1", "4")), offer),
        world.request("shop", c.Accept(handoff=offer, to="S1/B")),
        world.request("shop", c.Offer(from_="S1/B", to_party="maker", lines=line("L1-1", "3")), back),
        world.request("maker", c.Accept(handoff=back, to="S1/B")),
    )
    assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
    assert world.stock("maker", "L1-1") == {("S1/B", "available"): 3}
    assert world.stock("shop", "L1-1") == {("S1/B", "available"): 1}
    assert world.audit() == []


def test_an_answer_names_the_statement_of_its_offer(world: World) -> None:
    world.do("maker", register("L1", "10"))
    offered = world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")))
    accepted = world.do("shop", c.Accept(handoff=offered.id, to="S1/A"))
    jwt, = world.one("SELECT jwt FROM warehouse.statement WHERE statement_hash = :hash", hash=accepted.statement_hash)
    reference = statement.read(jwt, MOVEMENT, ORIGIN).ref
    assert reference is not None
    assert (reference.rel, reference.statement) == ("accepts", offered.statement_hash)


def test_expiry_is_judged_by_the_clock_after_the_wait_for_locks(world: World) -> None:
    world.do("maker", register("L1", "10", expiry_date=date(2026, 11, 22)))
    ship = c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"))
    world.do("maker", ship)
    world.clock.at += timedelta(hours=4)  # midnight in Shanghai
    assert world.refused("maker", ship) == "lot-expired"


def test_a_hundred_lines_make_one_statement_for_all_their_lots(world: World) -> None:
    lines = tuple(c.NewLotLine("SALT", f"S{number}", "0.01") for number in range(100))
    done = world.do("maker", c.Register(to="S1/A", lines=lines))
    assert len(done.lots) == 100
    names = tuple(c.Line("SALT", f"S{number}", "0.01") for number in range(100))
    assert len(world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=names)).lots) == 100
    assert world.audit() == []


def test_a_party_begins_with_its_key_statement(world: World) -> None:
    jwt, = world.one("SELECT jwt FROM warehouse.statement JOIN warehouse.party_key USING (statement_hash, party_id)"
                     " JOIN warehouse.party p ON p.id = party_id WHERE p.code = 'maker'")
    parts = statement.split(jwt + "~")
    read = statement.read(jwt, PARTY_KEY, ORIGIN)
    keys = statement.key_set(read, parts)
    statement.check_signature(read, keys.keys[read.key])
    assert (keys.sequence, keys.previous, read.issuer) == (1, bytes(32), "https://log.example.com/party/maker")
    kind, subject = world.one("SELECT kind, subjects FROM ledger.submission WHERE statement_hash = :hash",
                              hash=read.hash)
    assert (kind, subject) == (PARTY_KEY, uri.subject("party", ORIGIN, read.issuer))


def test_a_new_key_is_announced_by_the_old_one_and_signs_from_then_on(world: World) -> None:
    world.do("maker", register("L1"))
    with world.engine.begin() as connection:
        change_key(connection, world.scribe, "maker")
    done = world.do("maker", register("L2"))
    first, second = (statement.read(jwt, PARTY_KEY, ORIGIN) for jwt, in world.all(
        "SELECT jwt FROM warehouse.statement JOIN warehouse.party_key USING (statement_hash, party_id)"
        " JOIN warehouse.party p ON p.id = party_id WHERE p.code = 'maker' ORDER BY sequence"))
    old = statement.key_set(first, statement.SdJwt("", ()))
    new = statement.key_set(second, statement.SdJwt("", ()))
    statement.check_signature(second, old.keys[second.key])
    assert (new.sequence, new.previous) == (2, first.hash)
    jwt, = world.one("SELECT jwt FROM warehouse.statement WHERE statement_hash = :hash", hash=done.statement_hash)
    read = statement.read(jwt, MOVEMENT, ORIGIN)
    statement.check_signature(read, new.keys[read.key])
    assert world.audit() == []


def test_a_sealed_key_does_not_open_for_another_party(world: World) -> None:
    kid, sealed = world.one("SELECT kid, sealed FROM warehouse.party_key k JOIN warehouse.party p ON p.id = party_id"
                            " WHERE code = 'maker'")
    from cryptography.exceptions import InvalidTag

    from service.keys.keyring import Keyring

    assert Keyring(bytes(range(32))).unseal("maker", kid, sealed).kid == kid
    for party, kek in (("shop", bytes(range(32))), ("maker", bytes(32))):
        with pytest.raises(InvalidTag):
            Keyring(kek).unseal(party, kid, sealed)


def test_names_are_given_once(world: World) -> None:
    with world.engine.begin() as connection:
        with pytest.raises(ThingExists):
            create_party(connection, world.scribe, "maker", "Another")
        with pytest.raises(UnknownThing):
            change_key(connection, world.scribe, "nobody")
        assert connection.scalar(text("SELECT count(*) FROM warehouse.party")) == 3
        assert ledger_audit(connection) == []

"""What happened in the house: movements of every kind, so that no column stands empty or alike in all rows."""

from datetime import date, timedelta
from random import Random

from service.domain import commands as c
from service.domain.sensors import Reading
from service.domain.signing import shown_hash
from service.ledger import MovementRequest, Recorded, change_key, create_location, create_site
from service.ledger.desk import Desk
from service.ledger.master_data import party_id_of
from service.ledger.signatures import Of, sign
from service.people import changes
from service.people.changes import Author
from service.sensors import keeping, readings, sealing
from service.sensors.keeping import At, NewSensor
from service.sensors.readings import Sender, Sent
from service.trail import binding
from tests.service.ledger.test_audit import live_on
from tests.service.ledger.test_recording import live_a_life
from tests.service.ledger.world import World, line, register

MANY = 230  # so that the log has a full tile
GLN = "9506000134376"
_SHOWN = shown_hash(b"what was on the screen")


def first(world: World) -> None:
    live_a_life(world)


def second(world: World) -> None:
    """Transfers, pallets, recalls, a site with a GLN, answers that fell short and what became of it, a new key."""
    live_on(world)
    world.try_all(*(world.request("depot", register(f"M{number}", "9")) for number in range(MANY)))
    _at_a_named_site(world)
    _falls_short(world)
    with world.engine.begin() as connection:
        change_key(connection, world.scribe, "maker")


def is_changed_and_signed(world: World) -> None:
    """Master data changes, with reasons and without, and people sign for things; both are bound twice."""
    for round in (1, 2):
        _later(world)
        with world.engine.begin() as connection:
            for number, party in enumerate(("maker", "shop", "depot")):
                id, proven = party_id_of(connection, party), int(world.clock().timestamp() * 1000) - 1000 * number
                desk = Desk(connection, world.scribe, id, party, f"key-{party}", "session", proven)
                why = "as agreed" if number else None
                author = Author(id, f"key-{party}/u-{number}", world.clock(), why)
                values = {"name": (f"Item {round}", f"Item {round + 1}"), "unit": (None, "LTR")}
                changes.keep(connection, author, "item", f"I{number}", values)
                for person, meaning in ((f"q-{round}", "approval"), (f"q-{round + 2}", "rejection")):
                    sign(desk, Of("case", f"{round}-{number}"), person, meaning, _SHOWN, f"by {person}")
        with world.engine.begin() as connection:
            binding.bind(connection, world.scribe)


def is_measured(world: World) -> None:
    """Sensors at locations, in a site and on a truck say both kinds of things, by several gateways; sealed twice."""
    _later(world)
    hung = {"maker": At(location="S1/A"), "shop": At(site="S1"), "depot": At(vehicle="V-1")}
    for number, (party, at) in enumerate(hung.items()):
        with world.engine.begin() as connection:
            who = Author(party_id_of(connection, party), f"key-{party}", world.clock())
            since = world.clock() - timedelta(hours=number + 1)
            for code, kinds in (("C", ("temperature", "humidity")), (f"D{number}", ("humidity", "temperature"))):
                new = NewSensor(code=code, name=code, kinds=kinds, at=at, interval_seconds=60, since=since)
                keeping.add(connection, who, new)
    for round in (1, 2):
        for number, party in enumerate(hung):
            _later(world)
            now = int(world.clock().timestamp() * 1000)
            for source, code in (("api", "C"), ("csv", f"D{number}")):
                sent = [Sent(code, Reading(now - 1000 * at, kind, 100 * at + round))
                        for at in range(3) for kind in ("temperature", "humidity")]  # fmt: skip
                with world.engine.begin() as connection:
                    sender = Sender(party_id_of(connection, party), f"key-{party}-{source}", source, now)
                    readings.take(connection, sender, sent)
        upto = sealing.settled(world.engine)
        with world.engine.begin() as connection:
            sealing.seal(connection, world.scribe, upto)


def tail(world: World) -> None:
    """After the last anchor."""
    _later(world)
    world.do("maker", register("T1"))
    world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line("T1", "7")))
    world.do("shop", register("T2"))


def waiting(world: World) -> None:
    """Not sequenced yet."""
    _later(world)
    world.do("maker", c.Ship(from_="S1/B", customer="Late", lines=line("T1", "2")))
    _by_another(world, "depot", register("T3"))


def goes_on(world: World, dice: Random) -> None:
    """One more movement of an honest life, whichever."""
    _later(world)
    lot = f"X{world.clock():%y%m%d%H%M}"
    world.do("maker", register(lot, str(dice.randrange(100, 1000))))
    commands = (
        c.Move(from_="S1/A", to="S1/B", lines=line(lot, str(dice.randrange(1, 50)))),
        c.Ship(from_="S1/A", customer=f"Customer {dice.randrange(9)}", lines=line(lot, "3")),
        c.Hold(at="S1/A", reason="wet", lines=line(lot, "5")),
        c.Split(at="S1/A", item="MED", lot=lot, outputs=(c.Output(f"{lot}-1", "7"),)),
        c.Send(from_="S1/A", to_site="S2", lines=line(lot, "2")),
        c.Offer(from_="S1/A", to_party="shop", lines=line(lot, "4")),
        c.Recall(item="MED", lot=lot, reason="glass"),
    )
    world.do("maker", dice.choice(commands))


def _at_a_named_site(world: World) -> None:
    with world.engine.begin() as connection:
        create_site(connection, "maker", "G1", "Site with a GLN", "Europe/Berlin", GLN)
        create_location(connection, "maker", "G1", "A", kind="storage")
    for number in (1, 2):
        _later(world)
        lots = c.NewLotLine(
            "MED", f"G{number}", "30", production_date=date(2026, 10, number), expiry_date=date(2027, 5, number),
            retest_date=date(2027, 2, number), manufacturer_lot=f"MF{number}", traceability_lot_code=f"TLC{number}",
            traceability_source=f"https://example.com/{number}",
        )  # fmt: skip
        world.do("maker", c.Receive(to="G1/A", supplier=f"Acme {number}", lines=(lots,)))
    world.do("maker", c.Merge(at="G1/A", lines=line("G1", "5") + line("G2", "5"), lot="G3"))


def _falls_short(world: World) -> None:
    for number in (1, 2, 3):
        until = world.clock() + timedelta(days=number)
        offered = world.do("maker", c.Offer(
            from_="G1/A", to_party="shop" if number < 3 else "depot", lines=line("G1", "4") + line("G2", "3"),
            expires_at=until))  # fmt: skip
        _later(world)
        if number < 3:
            answers = (c.AnswerLine(1, "3"), c.AnswerLine(2, "1", "1"))
            world.do("shop", c.Accept(handoff=offered.id, to="S1/B", lines=answers))
        if number == 1:
            world.do("maker", c.Settle(handoff=offered.id, line=1, to="G1/A", reason="found", approved_by="q1"))
            world.do("maker", c.Settle(handoff=offered.id, line=2, reason="lost", approved_by="q1"))


    world.do("shop", c.Offer(from_="S1/A", to_party="depot", lines=line("L1", "2")))


def _later(world: World) -> None:
    world.clock.at += timedelta(minutes=7)


def _by_another(world: World, party: str, command: c.Command) -> None:
    request = world.request(party, command)
    (outcome,) = world.try_all(MovementRequest(request.party, "another", request.id, command))
    assert isinstance(outcome, Recorded), outcome

"""Many at once, on a real PostgreSQL: never below zero, never two answers, never stuck."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from random import Random

from service.domain import commands as c
from service.ledger import MovementRequest, Outcome, Recorded, Refused
from tests.service.ledger.test_exactly_once import at_once
from tests.service.ledger.world import World, line, register


def outcomes_of(outcomes: list[Outcome]) -> Counter[str]:
    return Counter("recorded" if isinstance(outcome, Recorded) else outcome.error.slug for outcome in outcomes)


def send_all(world: World, calls: list[list[MovementRequest]], threads: int = 16) -> list[Outcome]:
    with ThreadPoolExecutor(threads) as pool:
        return [outcome for outcomes in pool.map(lambda call: world.try_all(*call), calls) for outcome in outcomes]


def test_a_hot_lot_goes_to_zero_exactly_when_ten_times_as_much_is_asked_for(world: World) -> None:
    world.do("maker", register("HOT", "40"))
    ship = c.Ship(from_="S1/A", customer="x", lines=line("HOT", "1"))
    outcomes = send_all(world, [[world.request("maker", ship)] for _ in range(400)])
    assert outcomes_of(outcomes) == {"recorded": 40, "insufficient-stock": 360}
    assert world.stock("maker", "HOT") == {}
    assert world.audit() == []


def test_crossing_movements_do_not_lock_each_other_out(world: World) -> None:
    """A→B and B→A of the same two lots, named in opposite order: a fixed order of locks, or a deadlock."""
    for lot in ("X", "Y"):
        world.do("maker", register(lot, "500"))
        world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line(lot, "250")))
    there = c.Move(from_="S1/A", to="S1/B", lines=line("X", "1") + line("Y", "1"))
    back = c.Move(from_="S1/B", to="S1/A", lines=line("Y", "1") + line("X", "1"))
    outcomes = send_all(world, [[world.request("maker", command)] for command in (there, back) * 100])
    assert outcomes_of(outcomes) == {"recorded": 200}
    assert world.stock("maker", "X") == world.stock("maker", "Y") == {
        ("S1/A", "available"): 250, ("S1/B", "available"): 250}
    deadlocks, = world.one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert deadlocks == 0
    assert world.audit() == []


def test_an_offer_is_answered_once_by_sixteen_who_answer_at_once(world: World) -> None:
    world.do("maker", register("L1", "100"))
    for _ in range(5):
        offered = world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "10")))
        answers = [c.Accept(handoff=offered.id, to="S1/A"), c.Refuse(handoff=offered.id, reason="no")] * 8
        outcomes = at_once(world, [world.request("shop", answer) for answer in answers])
        assert outcomes_of(outcomes) == {"recorded": 1, "handoff-answered": 15}
    total = sum(world.stock("maker", "L1").values()) + sum(world.stock("shop", "L1").values())
    assert total == 100
    assert world.audit() == []


def test_a_lot_number_is_given_once_to_sixteen_who_want_it(world: World) -> None:
    for number in range(5):
        outcomes = at_once(world, [world.request("maker", register(f"N{number}", "1")) for _ in range(16)])
        assert outcomes_of(outcomes) == {"recorded": 1, "lot-exists": 15}
    outcomes = at_once(world, [
        world.request("shop", c.Receive(to="S1/A", supplier="s", lines=register("R", "1").lines)) for _ in range(16)])
    assert outcomes_of(outcomes) == {"recorded": 16}
    assert world.stock("shop", "R") == {("S1/A", "available"): 16}
    assert world.audit() == []


def test_calls_of_many_kinds_and_sizes_at_once_leave_nothing_that_contradicts(world: World) -> None:
    """Handoffs both ways between three parties, beside moves, holds and splits, in calls of 1 to 20."""
    parties = ("maker", "shop", "depot")
    for party in parties:
        for number in range(4):
            world.do(party, register(f"L{number}", "60"))
    dice, calls = Random(7), []
    for _ in range(120):
        calls.append([_any_request(world, dice, dice.choice(parties)) for _ in range(dice.choice((1, 1, 5, 20)))])
    outcomes = send_all(world, calls)
    assert outcomes_of(outcomes)["recorded"] > 200
    assert not {"movement-id-taken", "refused"} & outcomes_of(outcomes).keys()
    offers = world.all("SELECT h.id, p.code FROM warehouse.handoff h JOIN warehouse.party p ON p.id = receiver_id")
    answers = [world.request(code, c.Accept(handoff=id, to="S1/B")) for id, code in offers for _ in range(2)]
    answered = send_all(world, [[answer] for answer in answers])
    assert outcomes_of(answered) == {"recorded": len(offers), "handoff-answered": len(offers)}
    assert world.audit() == []
    assert _held_by_all(world) + _gone(world) == 12 * 60


def _any_request(world: World, dice: Random, party: str) -> MovementRequest:
    lot, units = f"L{dice.randrange(4)}", str(dice.randint(1, 5))
    other = f"L{dice.randrange(4)}"
    to = dice.choice([code for code in ("maker", "shop", "depot") if code != party])
    return world.request(party, dice.choice((
        c.Move(from_="S1/A", to="S1/B", lines=_available(lot, units) + _available(other, "1")),
        c.Move(from_="S1/B", to="S1/A", lines=_available(other, units) + _available(lot, "1")),
        c.Offer(from_="S1/A", to_party=to, lines=line(lot, units) + line(other, "1")),
        c.Hold(at="S1/A", reason="x", lines=line(lot, units)),
        c.Release(at="S1/A", lines=line(lot, units), approved_by=("q1", "q2")),
        c.Split(at="S1/A", item="MED", lot=lot, outputs=(c.Output(f"C{dice.randrange(10**9)}", units),)),
        c.Ship(from_="S1/B", customer="x", lines=line(lot, units)),
    )))


def _available(lot: str, quantity: str) -> tuple[c.Line, ...]:
    return line(lot, quantity, status="available")


def _held_by_all(world: World) -> int:
    return int(world.one("SELECT coalesce(sum(units), 0) FROM warehouse.balance WHERE place > 0")[0])


def _gone(world: World) -> int:
    """What customers have who are not on the ledger: shipped, not handed over to a party of it."""
    return int(world.one("SELECT coalesce(sum(leg.units), 0) FROM warehouse.leg JOIN warehouse.movement m"
                         " ON m.number = leg.movement WHERE type = 'ship' AND place = -2")[0])


def test_a_refused_outcome_is_a_domain_error_and_nothing_else(world: World) -> None:
    outcome = world.ask("maker", c.Ship(from_="S1/A", customer="x", lines=line("NONE", "1")))
    assert isinstance(outcome, Refused) and outcome.error.members()["seen"] == "NONE"

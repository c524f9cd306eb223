"""Many at once: transfers, pallets, partial answers, recalls and counts, on a real PostgreSQL."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from threading import Event
from uuid import uuid4

from service.domain import commands as c
from service.ledger import Recorded
from tests.service.ledger.test_concurrency import outcomes_of, send_all
from tests.service.ledger.test_exactly_once import at_once
from tests.service.ledger.world import World, line, register

SSCC = "095060000000000015"
ON_PALLET = f"S1/{SSCC}"


def alternating(*makes: Callable[[], c.Command], times: int) -> list[c.Command]:
    return [make() for make in islice(cycle(makes), times * len(makes))]


def test_64_writers_take_exactly_what_a_lot_has_when_ten_times_as_much_is_asked_for(world: World) -> None:
    """INV-S1: 1,000 units, 10,000 asked for, in calls of 25 from 64 threads."""
    world.do("maker", register("HOT", "1000"))
    ship = c.Ship(from_="S1/A", customer="x", lines=line("HOT", "1"))
    calls = [[world.request("maker", ship) for _ in range(25)] for _ in range(400)]
    with ThreadPoolExecutor(64) as pool:
        taken = [outcome for outcomes in pool.map(lambda call: world.try_all(*call), calls) for outcome in outcomes]
    assert outcomes_of(taken) == {"recorded": 1_000, "insufficient-stock": 9_000}
    assert world.stock("maker", "HOT") == {}


def test_transfers_that_cross_between_two_sites_all_get_through(world: World) -> None:
    for lot in ("X", "Y"):
        world.do("maker", register(lot, "200"))
        moved = world.do("maker", c.Send(from_="S1/A", to_site="S2", lines=line(lot, "100")))
        world.do("maker", c.Arrive(transfer=moved.id, to="S2/A"))
    there = c.Send(from_="S1/A", to_site="S2", lines=line("X", "1") + line("Y", "1"))
    back = c.Send(from_="S2/A", to_site="S1", lines=line("Y", "1") + line("X", "1"))
    sent = [world.request("maker", command) for command in (there, back) * 40]
    assert outcomes_of(send_all(world, [[each] for each in sent])) == {"recorded": 80}
    arrivals = [c.Arrive(transfer=each.id, to="S2/A" if each.command is there else "S1/B") for each in sent]
    arrived = send_all(world, [[world.request("maker", command)] for command in arrivals * 2])
    assert outcomes_of(arrived) == {"recorded": 80, "handoff-answered": 80}
    assert world.stock("maker", "X") == world.stock("maker", "Y") == {
        ("S1/A", "available"): 60, ("S2/A", "available"): 100, ("S1/B", "available"): 40}
    assert world.audit() == []


def test_offers_that_cross_between_parties_never_end_in_a_deadlock_that_the_caller_sees(world: World) -> None:
    """Each thread offers, and answers what the others offered, in one call, which is cut for that."""
    for party in ("maker", "shop"):
        for lot in ("X", "Y"):
            world.do(party, register(lot, "300"))
    calls = []
    for _ in range(40):
        one, two = uuid4(), uuid4()
        calls.append([
            world.request("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("X", "2") + line("Y", "1")), one),
            world.request("shop", c.Accept(handoff=one, to="S1/A", lines=(c.AnswerLine(1, "1", "1"),))),
        ])
        calls.append([
            world.request("shop", c.Offer(from_="S1/A", to_party="maker", lines=line("Y", "2") + line("X", "1")), two),
            world.request("maker", c.Accept(handoff=two, to="S1/A")),
        ])
    assert outcomes_of(send_all(world, calls)) == {"recorded": 160}
    assert _everywhere(world) == 1_200
    assert world.one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0] == 0
    assert world.audit() == []


def test_one_id_from_32_threads_has_one_effect_whatever_it_asks(world: World) -> None:
    """INV-X1: one is the first, and 31 get its answer."""
    world.do("maker", register("L1", "100"))
    world.do("maker", register("L2", "100"))
    sent = world.do("maker", c.Send(from_="S1/A", to_site="S2", lines=line("L1", "5")))
    offered = world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "5")))
    for party, command in (
        ("maker", c.Pack(at="S1/A", pallet=SSCC, lines=line("L1", "10"))),
        ("maker", c.Relocate(from_=ON_PALLET, to="S1/B")),
        ("maker", c.Unpack(from_=ON_PALLET)),
        ("maker", c.Merge(at="S1/A", lot="M", lines=line("L1", "5") + line("L2", "5"))),
        ("maker", c.Arrive(transfer=sent.id, to="S2/A", lines=(c.AnswerLine(1, "4"),))),
        ("shop", c.Accept(handoff=offered.id, to="S1/A", lines=(c.AnswerLine(1, "3", "1"),))),
        ("maker", c.Settle(handoff=offered.id, line=1, approved_by="q", reason="lost")),
        ("maker", c.Count(at="S1/A", lines=(c.CountLine("MED", "L2", "90"),), counted_by="w", approved_by="q")),
        ("maker", c.Recall(item="MED", lot="L2", reason="glass")),
        ("maker", c.Lift(item="MED", lot="L2", reason="sugar", approved_by=("q1", "q2"))),
    ):
        outcomes = at_once(world, [world.request(party, command, uuid4())] * 32)
        recorded = [outcome for outcome in outcomes if isinstance(outcome, Recorded)]
        assert len(recorded) == 32, outcomes_of(outcomes)
        assert len({(each.statement_hash, each.recorded_at, each.lots) for each in recorded}) == 1
        assert sum(not each.replayed for each in recorded) == 1
    assert world.audit() == []


def test_of_partial_answers_and_withdrawals_of_one_offer_one_wins(world: World) -> None:
    """INV-S4."""
    world.do("maker", register("L1", "100"))
    for _ in range(4):
        offered = world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "10")))
        partly = world.request("shop", c.Accept(handoff=offered.id, to="S1/A", lines=(c.AnswerLine(1, "6", "3"),)))
        taken_back = world.request("maker", c.Withdraw(handoff=offered.id, reason="no"))
        outcomes = at_once(world, [
            world.request(each.party, each.command) for each in (partly, taken_back) for _ in range(8)])
        assert outcomes_of(outcomes) == {"recorded": 1, "handoff-answered": 15}
    assert _everywhere(world, disputed=True) == 100
    assert world.audit() == []


def test_a_pallet_is_packed_unpacked_and_carried_by_many_at_once(world: World) -> None:
    """Two that make the same pallet, and unpacking of everything while lots come to lie on it in other ways."""
    for lot in ("X", "Y"):
        world.do("maker", register(lot, "200"))
    world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line("Y", "100")))  # an empty pallet can be filled at both
    commands = alternating(
        lambda: c.Pack(at="S1/A", pallet=SSCC, lines=line("X", "1") + line("Y", "1")),
        lambda: c.Pack(at="S1/B", pallet=SSCC, lines=line("Y", "1")),
        lambda: c.Split(at=ON_PALLET, item="MED", lot="X", outputs=(c.Output(f"X{uuid4().hex[:12]}", "1"),)),
        lambda: c.Unpack(from_=ON_PALLET),
        lambda: c.Relocate(from_=ON_PALLET, to="S1/B"),
        lambda: c.Relocate(from_=ON_PALLET, to="S1/A"),
        lambda: c.Unpack(from_=ON_PALLET, lines=line("Y", "1")),
        times=30,
    )
    said = outcomes_of(send_all(world, [[world.request("maker", command)] for command in commands]))
    assert said["recorded"] > 30, said
    assert set(said) <= {"recorded", "wrong-place", "insufficient-stock", "same-place", "unknown-thing"}, said
    assert _everywhere(world) == 400
    assert world.one("SELECT count(*) FROM warehouse.location WHERE kind = 'pallet'")[0] == 1
    assert world.audit() == []
    if sum(units for (place, _), units in world.stock("maker", "X").items() if place == ON_PALLET):
        world.do("maker", c.Unpack(from_=ON_PALLET))
    assert world.one("SELECT coalesce(sum(units), 0) FROM warehouse.balance b JOIN warehouse.location l"
                     " ON l.id = b.place WHERE l.kind = 'pallet'")[0] == 0


def test_after_a_recall_has_returned_nothing_of_the_family_leaves(world: World) -> None:
    """INV-S5: shipping, splitting and offering go on in twelve threads while the lot is recalled."""
    world.do("maker", register("L1", "5000"))
    recalled = Event()
    children: list[str] = ["L1"]

    def leave(number: int) -> Counter[tuple[bool, str]]:
        said: Counter[tuple[bool, str]] = Counter()
        for turn in range(25):
            lot, before = children[(number + turn) % len(children)], recalled.is_set()
            if number % 3 == 0:
                child = f"C{number}-{turn}"
                command: c.Command = c.Split(at="S1/A", item="MED", lot=lot, outputs=(c.Output(child, "2"),))
            elif number % 3 == 1:
                command = c.Ship(from_="S1/A", customer="x", lines=line(lot, "1"))
            else:
                command = c.Offer(from_="S1/A", to_party="shop", lines=line(lot, "1"))
            outcome = world.ask("maker", command)
            if isinstance(outcome, Recorded) and isinstance(command, c.Split):
                children.append(child)
            if not isinstance(command, c.Split):
                said[before, "recorded" if isinstance(outcome, Recorded) else outcome.error.slug] += 1
            if number == 1 and turn == 6:
                world.do("maker", c.Recall(item="MED", lot="L1", reason="glass"))
                recalled.set()
        return said

    with ThreadPoolExecutor(12) as pool:
        said = sum(pool.map(leave, range(12)), Counter())
    assert said[False, "recorded"] > 0 and said[True, "lot-recalled"] > 0
    assert said[True, "recorded"] == 0, said
    assert world.all("SELECT number FROM warehouse.lot WHERE recall IS NULL AND party_id ="
                     " (SELECT id FROM warehouse.party WHERE code = 'maker')") == []
    assert world.all("SELECT FROM warehouse.balance WHERE place > 0 AND status = 'available' AND units > 0") == []
    assert world.audit() == []


def test_a_count_while_goods_move_takes_away_only_what_is_not_there(world: World) -> None:
    """The book is locked while it is compared: the count of a place that all moved away from finds no difference."""
    world.do("maker", register("L1", "300"))
    move = c.Move(from_="S1/A", to="S1/B", lines=line("L1", "1", status="available"))
    count = c.Count(at="S1/B", lines=(c.CountLine("MED", "L1", "0", "hold"),), counted_by="w")
    off = c.Count(at="S1/A", lines=(c.CountLine("MED", "L1", "250"),), counted_by="w", approved_by="q")
    commands: list[c.Command] = [move, count] * 40
    commands.insert(30, off)
    said = outcomes_of(send_all(world, [[world.request("maker", command)] for command in commands]))
    assert said == {"recorded": 81}
    adjusted = int(world.one("SELECT coalesce(sum(units), 0) FROM warehouse.balance WHERE place = -9")[0])
    assert _everywhere(world) + adjusted == 300
    assert world.audit() == []


def _everywhere(world: World, *, disputed: bool = False) -> int:
    """What lies anywhere, or is on its way; with `disputed`, also what is missing."""
    places = "place > 0 OR place IN (-3, -7)" + (" OR place = -10" if disputed else "")
    return int(world.one(f"SELECT coalesce(sum(units), 0) FROM warehouse.balance WHERE {places}")[0])

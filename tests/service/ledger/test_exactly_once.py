"""INV-X1: one movement id, one content, one answer, for ever and also at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import uuid4

from service.domain import commands as c
from service.ledger import MovementRequest, Outcome, Recorded, Refused
from tests.service.ledger.world import World, line, register


def at_once(world: World, requests: list[MovementRequest]) -> list[Outcome]:
    """Each request from a thread of its own, all at the same moment."""
    barrier = Barrier(len(requests))

    def send(request: MovementRequest) -> Outcome:
        barrier.wait()
        return world.try_all(request)[0]

    with ThreadPoolExecutor(len(requests)) as threads:
        return list(threads.map(send, requests))


def test_a_retry_gets_the_answer_it_missed(world: World) -> None:
    world.do("maker", register("L1"))
    request = world.request("maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "1")))
    first, = world.try_all(request)
    before = world.rows()
    world.clock.at = world.clock.at.replace(year=2030)
    again, = world.try_all(request)
    assert isinstance(first, Recorded) and isinstance(again, Recorded)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.type, again.recorded_at, again.statement_hash, again.lots) == (
        first.type, first.recorded_at, first.statement_hash, first.lots)
    assert world.rows() == before


def test_a_retry_is_answered_even_when_it_would_be_refused_now(world: World) -> None:
    id = uuid4()
    world.do("maker", register("L1", "10"), id)
    world.do("maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "10")))
    assert world.do("maker", register("L1", "10"), id).replayed


def test_the_same_id_with_other_content_is_refused_with_both_hashes(world: World) -> None:
    id = uuid4()
    world.do("maker", register("L1", "10"), id)
    outcome = world.ask("maker", register("L1", "11"), id)
    assert isinstance(outcome, Refused) and outcome.error.slug == "movement-id-taken"
    assert outcome.error.expected != outcome.error.seen
    assert world.refused("maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "1")), id) == "movement-id-taken"


def test_an_id_is_its_partys_own(world: World) -> None:
    id = uuid4()
    for party in ("maker", "shop"):
        assert not world.do(party, register("L1", "10"), id).replayed


def test_a_refused_id_may_be_tried_again(world: World) -> None:
    id = uuid4()
    ship = c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"))
    assert world.refused("maker", ship, id) == "unknown-thing"
    world.do("maker", register("L1"))
    assert not world.do("maker", ship, id).replayed


def test_twice_in_one_call_is_once(world: World) -> None:
    world.do("maker", register("L1", "10"))
    ship = world.request("maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "6")))
    other = world.request("maker", c.Ship(from_="S1/A", customer="y", lines=line("L1", "1")), ship.id)
    first, again, taken = world.try_all(ship, ship, other)
    assert isinstance(first, Recorded) and isinstance(again, Recorded) and isinstance(taken, Refused)
    assert again.replayed and again.statement_hash == first.statement_hash
    assert world.stock("maker", "L1") == {("S1/A", "available"): 4}


def test_one_id_from_32_threads_moves_the_goods_once(world: World) -> None:
    world.do("maker", register("L1", "100"))
    for command in (c.Move(from_="S1/A", to="S1/B", lines=line("L1", "10")), register("L2", "5"),
                    c.Offer(from_="S1/B", to_party="shop", lines=line("L1", "4"))):
        outcomes = at_once(world, [world.request("maker", command, uuid4())] * 32)
        assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
        assert len({outcome.statement_hash for outcome in outcomes if isinstance(outcome, Recorded)}) == 1
        assert sum(not outcome.replayed for outcome in outcomes if isinstance(outcome, Recorded)) == 1
    assert world.stock("maker", "L1") == {("S1/A", "available"): 90, ("S1/B", "available"): 6}
    assert world.audit() == []


def test_one_id_with_32_contents_moves_one_of_them(world: World) -> None:
    """The lots differ, so no lock makes them meet before the unique key of the movement does."""
    for number in range(32):
        world.do("maker", register(f"L{number}", "10"))
    id = uuid4()
    outcomes = at_once(world, [
        world.request("maker", c.Move(from_="S1/A", to="S1/B", lines=line(f"L{number}", "1")), id)
        for number in range(32)])
    recorded = [outcome for outcome in outcomes if isinstance(outcome, Recorded)]
    refused = {outcome.error.slug for outcome in outcomes if isinstance(outcome, Refused)}
    assert (len(recorded), refused) == (1, {"movement-id-taken"})
    assert world.audit() == []

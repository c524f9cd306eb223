"""Group commit: who comes together is recorded together, each gets his own answer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Event

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from service.domain import commands as c
from service.domain.commands import Command
from service.ledger import Closed, Gather, MovementRequest, Recorded, Refused
from tests.service.ledger.world import World, line, register


def test_requests_of_32_clients_share_commits_and_keep_their_answers(world: World) -> None:
    world.do("maker", register("L1", "300"))
    commits: list[object] = []
    event.listen(world.engine, "commit", commits.append)
    gather = Gather(world.engine, world.scribe)
    requests = [world.request("maker", c.Ship(from_="S1/A", customer=f"c{number}", lines=line("L1", "1")))
                for number in range(400)]
    with ThreadPoolExecutor(32) as threads:
        outcomes = list(threads.map(gather.record, requests))
    gather.close()
    assert [outcome.id for outcome in outcomes] == [request.id for request in requests]
    assert sum(isinstance(outcome, Recorded) for outcome in outcomes) == 300
    assert len(commits) < 200
    assert world.stock("maker", "L1") == {}
    assert world.audit() == []


def test_one_clients_requests_are_recorded_in_the_order_of_its_answers(world: World) -> None:
    gather = Gather(world.engine, world.scribe)
    done = [gather.record(world.request("maker", register(f"L{number}"))) for number in range(20)]
    gather.close()
    numbers = [world.one("SELECT number FROM warehouse.movement WHERE id = :id", id=outcome.id)[0] for outcome in done]
    assert all(a < b for a, b in pairwise(numbers))


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown(Command):
    """A command that has no rule: our own bug, as far as the ledger is concerned."""

    type = "unknown"


def test_a_request_that_breaks_fails_alone(world: World) -> None:
    gather = Gather(world.engine, world.scribe, most=64)
    broken = world.request("maker", Unknown())

    def send(request: MovementRequest) -> object:
        try:
            return gather.record(request)
        except KeyError as error:
            return error

    requests = [world.request("maker", register(f"L{number}")) for number in range(15)]
    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(send, [*requests[:8], broken, *requests[8:]]))
    gather.close()
    assert [type(outcome) for outcome in outcomes] == [*[Recorded] * 8, KeyError, *[Recorded] * 7]


def test_a_gather_that_is_closed_takes_nothing_more(world: World) -> None:
    gather = Gather(world.engine, world.scribe)
    assert isinstance(gather.record(world.request("maker", c.Hold(at="S1/A", lines=line("L", "1")))), Refused)
    gather.close()
    with pytest.raises(Closed):
        gather.record(world.request("maker", register("L1")))


def test_acknowledged_movements_survive_connections_that_die(world: World) -> None:
    """INV-X2: whoever got an answer finds his movement; whoever did not asks again, and it is there once."""
    world.do("maker", register("L1", "100000"))
    gather = Gather(world.engine, world.scribe)
    enough = Event()

    def kill_twenty() -> None:
        try:
            # In one transaction pg_stat_activity would show for ever what it showed first.
            with world.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                killed = 0
                while killed < 20:
                    killed += len(connection.execute(text(
                        "WITH busy AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE random() < 0.2"
                        " AND datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle')"
                        " SELECT FROM busy WHERE pg_terminate_backend(pid)")).all())
        finally:
            enough.set()

    def send(_: int) -> int:
        done = 0
        while not enough.is_set():
            insist(world.request("maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "1"))))
            done += 1
        return done

    def insist(request: MovementRequest) -> None:
        for _ in range(200):
            try:
                outcome = gather.record(request)
            except (psycopg.OperationalError, DBAPIError):
                continue
            assert isinstance(outcome, Recorded), outcome
            return
        raise AssertionError("never answered")

    with ThreadPoolExecutor(9) as threads:
        killer = threads.submit(kill_twenty)
        done = sum(threads.map(send, range(8)))
        killer.result()
    gather.close()
    assert world.stock("maker", "L1") == {("S1/A", "available"): 100_000 - done}
    assert world.audit() == []

"""The real ledger beside the pure rules: the same commands, the same outcomes, the same stock, and a clean audit."""

from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from service import db
from service.domain import commands as c
from service.domain.errors import DomainError
from service.domain.rules import decide
from service.ledger import MovementRequest, Recorded
from service.local import postgres
from service.local.postgres import Cluster
from tests.service.domain.books import make_book, stock
from tests.service.domain.lives import PARTY, PLACE, PLAIN, STOCK_COMMANDS
from tests.service.ledger.world import World

ANSWERS = st.one_of(
    st.builds(lambda place: c.Accept(handoff=UUID(int=0), to=place), PLACE),
    st.just(c.Refuse(handoff=UUID(int=0), reason="why")))
"""To the last offer that was made, whoever it was made to."""

COMMANDS = st.one_of(STOCK_COMMANDS, STOCK_COMMANDS, ANSWERS,
                     st.builds(c.Offer, from_=PLACE, to_party=PARTY, lines=PLAIN))
CALLS = st.lists(st.lists(st.tuples(PARTY, COMMANDS), min_size=1, max_size=8), min_size=1, max_size=12)


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink],
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(calls=CALLS)
def test_the_ledger_does_what_the_rules_say(fresh: "Fresh", calls: list[list[tuple[str, c.Command]]]) -> None:
    world, book = fresh.world(), make_book()
    last: tuple[UUID, str] = UUID(int=0), "shop"
    for call in calls:
        requests, expected = [], []
        for party, command in call:
            id = uuid4()
            if isinstance(command, c.Offer):
                last = id, command.to_party
            if isinstance(command, c.Accept | c.Refuse):
                party, command = last[1], _answer_to(command, last[0])
            requests.append(MovementRequest(party, "tester", id, command))
            try:
                decision = decide(book, book.party(party), id, command)
            except DomainError as error:
                expected.append(error.slug)
            else:
                book.post(decision)
                expected.append("recorded")
        outcomes = world.try_all(*requests)
        assert [o.type and "recorded" if isinstance(o, Recorded) else o.error.slug for o in outcomes] == expected
    for party in ("maker", "shop", "depot"):
        for item in ("MED", "MILK"):
            for lot in ("L1", "L2", "L3", "L1-1", "L1-2", "L2-1"):
                assert world.stock(party, lot, item) == stock(book, party, lot, item)
    assert world.audit() == []


def _answer_to(command: c.Accept | c.Refuse, handoff: UUID) -> c.Command:
    if isinstance(command, c.Accept):
        return c.Accept(handoff=handoff, to=command.to)
    return c.Refuse(handoff=handoff, reason="why")


class Fresh:
    """A fresh world for each example, cloned from one that is already furnished."""

    def __init__(self, pg: Cluster, template: str) -> None:
        self._pg, self._count = pg, 0
        postgres.create_database(pg, "furnished", template)
        engine = db.engine_for(pg.url("furnished"))
        World(engine)
        engine.dispose()
        self._last: tuple[Engine, str] | None = None

    def world(self) -> World:
        self.drop()
        self._count += 1
        name = f"life_{self._count}"
        postgres.create_database(self._pg, name, "furnished")
        engine = db.engine_for(self._pg.url(name))
        self._last = engine, name
        return World(engine, furnished=True)

    def drop(self) -> None:
        if self._last is not None:
            engine, name = self._last
            engine.dispose()
            postgres.drop_databases(self._pg, [name])
            self._last = None


@pytest.fixture(scope="module")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    made = Fresh(request.getfixturevalue("pg"), request.getfixturevalue("template"))
    request.addfinalizer(made.drop)
    return made

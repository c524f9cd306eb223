"""The real ledger beside the pure rules: the same commands, the same outcomes, the same stock, and a clean audit.

What the ledger loads for a call must be all that the rules look at, so the book in memory, which forgets nothing, and
the rows must agree after every call. Several commands share a call, retries and altered retries among them, and the
clock goes on between the calls, past midnight and past the end of offers.
"""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.domain import commands as c
from service.domain.book import Book
from service.ledger import MovementRequest, Outcome, Recorded
from tests.service.domain.lives import ANYTHING, HINT, HOURS, PARTY, STOCK
from tests.service.domain.pure import Pure
from tests.service.ledger.fresh import Fresh
from tests.service.ledger.world import World

AGAIN = st.sampled_from((None,) * 12 + (0, 1))
"""Instead of a command: the last one but so many once more, as it was or altered."""

CALLS = st.lists(
    st.tuples(HOURS, st.lists(st.tuples(PARTY, ANYTHING, HINT, AGAIN), min_size=4, max_size=12)),
    min_size=6, max_size=12,
)  # fmt: skip


@settings(max_examples=10, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink],
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(calls=CALLS)
def test_the_ledger_does_what_the_rules_say(
    fresh: Fresh, calls: list[tuple[int, list[tuple[str, c.Command, int, int | None]]]]
) -> None:
    world, pure = fresh.world(), Pure()
    _same(world, pure, [(party, uuid4(), command) for party, command in STOCK])
    for hours, asked in calls:
        world.clock.at += timedelta(hours=hours)
        pure.wait(hours)
        call: list[tuple[str, UUID, c.Command]] = []
        expected: list[str] = []
        for party, command, hint, again in asked:
            if again is not None and len(pure.done) > again:
                (party, id), command = list(pure.done.items())[-1 - again]
                command = c.Hold(at="S1/A", lines=(), reason="altered") if hint % 2 else command
            else:
                id = uuid4()
                party, command = pure.fitting(party, command, hint)
            call.append((party, id, command))
            expected.append(pure.ask(party, id, command))
        assert _asked(world, call) == expected
        assert _stock_of(world) == _stock_in(pure.book)
    assert _recalled_of(world) == _recalled_in(pure.book)
    assert _open_of(world) == _open_in(pure.book)
    assert world.audit() == []


def _same(world: World, pure: Pure, call: list[tuple[str, UUID, c.Command]]) -> None:
    assert _asked(world, call) == [pure.ask(*each) for each in call]


def _asked(world: World, call: list[tuple[str, UUID, c.Command]]) -> list[str]:
    return [_word(each) for each in world.try_all(*(MovementRequest(party, "t", id, said) for party, id, said in call))]


def _word(outcome: Outcome) -> str:
    return "recorded" if isinstance(outcome, Recorded) else outcome.error.slug


Stock = dict[tuple[str, str, str, str, str], int]


def _stock_of(world: World) -> Stock:
    """Balances by party, item, lot, place and status; virtual places by their numbers."""
    rows = world.all(
        "SELECT p.code, i.code, o.number, coalesce(s.code || '/' || l.code, b.place::text), b.status::text, b.units"
        " FROM warehouse.balance b JOIN warehouse.lot o ON o.id = lot_id JOIN warehouse.item i ON i.id = o.item_id"
        " JOIN warehouse.party p ON p.id = o.party_id LEFT JOIN warehouse.location l ON l.id = b.place"
        " LEFT JOIN warehouse.site s ON s.id = l.site_id WHERE units <> 0")
    return {(party, item, lot, place, status): units for party, item, lot, place, status, units in rows}


def _stock_in(book: Book) -> Stock:
    found: Stock = {}
    for account, units in book.stock.items():
        lot = book.lots_by_id[account.lot_id]
        place = book.locations_by_id.get(account.place)
        name = str(int(account.place)) if place is None else place.name
        party, item = book.parties_by_id[lot.party_id].code, book.items_by_id[lot.item_id].code
        if units:
            found[party, item, lot.number, name, account.status] = units
    return found


def _recalled_of(world: World) -> set[tuple[str, str, str]]:
    return set(world.all("SELECT p.code, i.code, o.number FROM warehouse.lot o JOIN warehouse.item i ON i.id = item_id"
                         " JOIN warehouse.party p ON p.id = o.party_id WHERE recall IS NOT NULL"))  # type: ignore[arg-type]


def _recalled_in(book: Book) -> set[tuple[str, str, str]]:
    return {(book.parties_by_id[lot.party_id].code, book.items_by_id[lot.item_id].code, lot.number)
            for lot in book.lots_by_id.values() if lot.recall is not None}


def _open_of(world: World) -> dict[UUID, tuple[str, int]]:
    """State of every handoff, and how much of it is missing still."""
    rows = world.all("SELECT h.id, h.receiver_id, state, coalesce(sum(d.units) FILTER (WHERE d.settled IS NULL), 0)"
                     " FROM warehouse.handoff h LEFT JOIN warehouse.discrepancy d ON d.handoff = h.movement"
                     " GROUP BY h.movement")
    return {id: (state, int(missing)) for id, _, state, missing in rows}


def _open_in(book: Book) -> dict[UUID, tuple[str, int]]:
    missing: dict[UUID, int] = defaultdict(int)
    for handoff in book.handoffs.values():
        missing[handoff.id] += sum(line.missing for line in handoff.lines)
    return {handoff.id: (handoff.state, missing[handoff.id]) for handoff in book.handoffs.values()}

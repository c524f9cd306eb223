"""Whatever happens to two production orders and their components: nothing is used that may not be, or is not there.

Each example has items of its own. What may be used is worked out here from the rows, not by the functions under test.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from itertools import count
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from service.domain import commands as c
from service.domain.errors import DomainError
from service.domain.expiry import day_at
from service.domain.orders_balance import balances_of
from service.ledger import NewItem, create_item
from service.orders.create import NewLine
from service.orders.production import runs_of
from service.orders.putback import PuttingBack, put_back
from tests.service.ledger.world import register
from tests.service.orders.factory import LINE, Factory

EXAMPLES = count(1)
LOTS = ("L1", "L2", "L3")
PLACES = ("S1/A", LINE)
DAYS = (1, 3, None)
"""After so many days a lot has expired."""

MOST = 66
"""What an order takes of its component with its tolerance of 10 per cent; there is twice as much as it wants."""

which, lots, units = st.sampled_from((0, 1)), st.sampled_from(LOTS), st.integers(1, 25)
places = st.sampled_from(PLACES)
SAID = {
    "set_out": st.tuples(which, st.integers(0, 3)),
    "produce": st.tuples(which, lots, places, units, st.integers(0, 9), st.booleans()),
    "put_back": st.tuples(which, lots, units),
    "hold": st.tuples(lots, places, units),
    "move": st.tuples(lots, units),
    "recall": st.tuples(lots),
    "wait": st.tuples(st.sampled_from((0, 1, 2))),
    "end": st.tuples(which),
}
OFTEN = {"set_out": 5, "produce": 10, "put_back": 3, "hold": 2, "wait": 2}
WORDS = [word for word in SAID for _ in range(OFTEN.get(word, 1))]
STEPS = st.lists(st.sampled_from(WORDS).flatmap(lambda word: st.tuples(st.just(word), SAID[word])),
                 min_size=8, max_size=25)  # fmt: skip


class Life:
    """Two orders for the same component, of which there are 40 in each of three lots; in hundredths."""

    def __init__(self, factory: Factory) -> None:
        self.factory, number = factory, next(EXAMPLES)
        self.item, self.product = f"C{number}", f"G{number}"
        with factory.engine.begin() as connection:
            for code in (self.item, self.product):
                create_item(connection, "maker", NewItem(code=code, name=code, unit="KGM", decimals=2))
        factory.clock.at = factory.clock.at.replace(hour=4) + timedelta(days=1)  # noon where the goods lie
        for lot, days in zip(LOTS, DAYS, strict=True):
            last = None if days is None else self.today() + timedelta(days=days - 1)
            factory.do("maker", register(lot, "0.4", self.item, expiry_date=last))
        lines = NewLine(self.product, "0.6"), NewLine(self.item, "0.6", role="component", over_tolerance_percent=10)
        self.orders = [factory.production(f"MO-{number}-{each}", *lines) for each in (1, 2)]
        self.runs = 0

    def today(self) -> date:
        return day_at(self.factory.clock(), "Asia/Shanghai")

    def there(self, lot: str, place: str) -> int:
        return self.factory.stock("maker", lot, self.item).get((place, "available"), 0)

    def may_be_used(self, order: int, lot: str, place: str) -> int:
        """What is available of a lot that is neither expired nor recalled, without what the other order has of it."""
        row = self.factory.one("""SELECT t.expiry_date, t.recall FROM warehouse.lot t JOIN warehouse.item i
            ON i.id = t.item_id WHERE i.code = :item AND t.number = :lot""", item=self.item, lot=lot)
        if row.recall is not None or (row.expiry_date is not None and row.expiry_date < self.today()):
            return 0
        others = self.factory.one("""SELECT coalesce(sum(r.units), 0)::bigint AS units FROM warehouse.reservation r
            JOIN warehouse.lot t ON t.id = r.lot_id JOIN warehouse.item i ON i.id = t.item_id
            JOIN warehouse.location p ON p.id = r.place JOIN warehouse.site s ON s.id = p.site_id
            WHERE i.code = :item AND t.number = :lot AND s.code || '/' || p.code = :place AND r.order_id <> :order
                AND (r.expires_at IS NULL OR r.expires_at > :now)""",
            item=self.item, lot=lot, place=place, order=order, now=self.factory.clock())  # fmt: skip
        return max(0, self.there(lot, place) - int(others.units))

    def line(self, lot: str, units: int) -> tuple[c.Line, ...]:
        return (c.Line(self.item, lot, f"{units / 100:.2f}"),)

    def do(self, command: c.Command) -> None:
        self.factory.ask("maker", command)


def set_out(life: Life, at: int, stops: int) -> None:
    """Allocate, and carry the first stops of the walk."""
    order = life.orders[at]
    short = life.factory.allocate(order).allocation.short
    line = life.factory.component(order)
    assert line.blocked == 0
    assert line.reserved + line.picked + short == max(line.said.open, line.reserved + line.picked)
    made = life.factory.pick_list(order)
    for stop in [each for each in life.factory.stops(made) if each.said.open][:stops]:
        before = life.may_be_used(order, stop.said.lot, stop.said.place)
        life.factory.pick(made, stop, f"{stop.said.open / 100:.2f}")
        assert stop.said.open <= before


def produce(life: Life, at: int, lot: str, place: str, used: int, lost: int, over: bool) -> None:
    order, lost = life.orders[at], min(lost, used - 1)
    may, done = life.may_be_used(order, lot, place), life.factory.component(order).said.done
    life.runs += 1
    output = c.NewLotLine(life.product, f"P{life.runs}", f"{(used - lost) / 100:.2f}")
    run = c.Produce(at=place, lines=life.line(lot, used), outputs=(output,), loss=f"{lost / 100:.2f}" if lost else None)
    try:
        life.factory.receive(order, run, over=over)
    except DomainError as error:
        planned = error.slug in ("over-delivery", "over-consumption", "order-ended")
        assert planned or used > may, f"{error} although {may} may be used"
        return
    assert used <= may
    assert over or done + used <= MOST
    assert life.factory.component(order).said.done == done + used


def put_out_of_the_way(life: Life, at: int, lot: str, units: int) -> None:
    asked = PuttingBack(uuid4(), LINE, "S1/A", life.line(lot, units))
    put_back(life.factory.engine, life.factory.scribe, life.factory.picker, life.orders[at], asked)


def hold(life: Life, lot: str, place: str, units: int) -> None:
    life.do(c.Hold(at=place, reason="x", lines=life.line(lot, units)))


def move(life: Life, lot: str, units: int) -> None:
    life.do(c.Move(from_="S1/A", to=LINE, lines=life.line(lot, units)))


def recall(life: Life, lot: str) -> None:
    life.do(c.Recall(item=life.item, lot=lot, reason="x"))


def wait(life: Life, days: int) -> None:
    life.factory.clock.at += timedelta(days=days, minutes=20)


def end(life: Life, at: int) -> None:
    life.factory.end(life.orders[at])


DO: dict[str, Callable[..., None]] = {
    "set_out": set_out, "produce": produce, "put_back": put_out_of_the_way, "hold": hold, "move": move,
    "recall": recall, "wait": wait, "end": end,
}  # fmt: skip


def holds(life: Life) -> None:
    """What can be used of what is set aside is there; what was used is what the ledger says, and is balanced."""
    for lot in LOTS:
        for place in PLACES:
            assert life.there(lot, place) >= 0
    for order in life.orders:
        line = life.factory.component(order)
        with life.factory.engine.connect() as connection:
            runs = runs_of(connection, order)
        assert line.said.done == -sum(row.units for run in runs for row in run.inputs)
        assert life.factory.read(order).lines[0].said.done == sum(row.units for run in runs for row in run.outputs)
        for balance in balances_of((run.portions, run.loss) for run in runs)[0]:
            assert balance.consumed == balance.produced + balance.loss
    usable = sum(line.reserved + line.picked for line in map(life.factory.component, life.orders))
    assert usable <= sum(life.there(lot, place) for lot in LOTS for place in PLACES)


@pytest.fixture
def factory(engine: Engine) -> Factory:
    return Factory(engine)


@settings(max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink],
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_life_of_an_order_uses_what_is_not_there_or_may_not_be_used(
    factory: Factory, steps: list[tuple[str, tuple[object, ...]]]
) -> None:
    life = Life(factory)
    for word, said in steps:
        with suppress(DomainError):  # what a refusal leaves is looked at next
            DO[word](life, *said)
        holds(life)
    assert factory.audit() == []

"""Stock at a past moment is what was there at that moment, as the rules alone, without any database, kept it."""

from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from service.domain import commands as c
from service.domain.errors import DomainError
from service.domain.quantities import parse_quantity
from service.domain.rules import decide
from service.ledger import MovementRequest
from service.reports.stock import STOCK
from service.reports.turnover import TURNOVER_BY_ITEM, TURNOVER_BY_LOT
from tests.service.domain.books import make_book, stock
from tests.service.domain.lives import PARTY, PLACE, PLAIN, STOCK_COMMANDS
from tests.service.ledger.fresh import Fresh
from tests.service.ledger.world import World, line, register
from tests.service.reports.asking import ask, pages

COMMANDS = st.one_of(STOCK_COMMANDS, st.builds(c.Offer, from_=PLACE, to_party=PARTY, lines=PLAIN))
LIVES = st.lists(st.lists(st.tuples(PARTY, COMMANDS), min_size=1, max_size=6), min_size=2, max_size=8)
PARTIES = ("maker", "shop", "depot")
DECIMALS = {"MED": 0, "MILK": 3, "SALT": 2, "BOTTLE": 0}


def lying(rows: list[dict]) -> dict:
    return {(row["item"], row["lot"], row["location"], row["status"]): parse_quantity(row["quantity"],
            DECIMALS[row["item"]]) for row in rows}  # fmt: skip


def in_book(book, party: str) -> dict:
    return {(item, lot, place, status): units for item in ("MED", "MILK", "BOTTLE")
            for lot in ("L1", "L2", "L3", "L1-1", "L1-2", "L2-1")
            for (place, status), units in stock(book, party, lot, item).items()}  # fmt: skip


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate, Phase.shrink],
          suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large])
@given(life=LIVES, size=st.integers(1, 3))
def test_at_any_moment_it_is_what_the_rules_say_was_there(fresh: Fresh, life: list, size: int) -> None:
    world, book = fresh.world(), make_book()
    kept = [(world.clock.at - timedelta(days=1), {party: {} for party in PARTIES})]
    for call in life:
        world.clock.at += timedelta(hours=5)
        book.now = world.clock.at
        requests = [MovementRequest(party, "tester", uuid4(), command) for party, command in call]
        for request in requests:
            with suppress(DomainError):
                book.post(decide(book, book.party(request.party), request.id, request.command))
        world.try_all(*requests)
        kept.append((world.clock.at, {party: in_book(book, party) for party in PARTIES}))
    for (at, held), (following, _) in zip(kept, [*kept[1:], (world.clock.at + timedelta(days=9), None)], strict=True):
        for party in PARTIES:
            assert lying(ask(world, party, STOCK, at=at)) == held[party]
            assert lying(ask(world, party, STOCK, at=following - timedelta(milliseconds=1))) == held[party]
            assert lying(pages(world, party, STOCK, size, at=at)) == held[party]
    _turnover_agrees(world, kept, size)


def _turnover_agrees(world: World, kept: list, size: int) -> None:
    """Opening and closing are the stock of then, and what came and went leads from the one to the other."""
    (begin, opening), (end, closing) = kept[len(kept) // 3], kept[-1]
    period = {"from_": begin + timedelta(milliseconds=1), "to": end + timedelta(milliseconds=1)}
    for party in PARTIES:
        rows = ask(world, party, TURNOVER_BY_LOT, **period)
        assert pages(world, party, TURNOVER_BY_LOT, size, **period) == rows
        for row in rows:
            f = {name: _units(row, name) for name in row if name not in ("item", "lot", "uri", "unit")}
            key = row["item"], row["lot"]
            assert f["opening"] == sum(units for where, units in opening[party].items() if where[:2] == key)
            assert f["closing"] == sum(units for where, units in closing[party].items() if where[:2] == key)
            assert f["opening"] + f["came"] - f["went"] == f["closing"]
            assert f["closing"] == (f["opening"] + f["received"] + f["produced"] - f["shipped"] - f["handed_over"]
                                    - f["consumed"] - f["destroyed"] + f["other"])
        named = {(row["item"], row["lot"]) for row in rows}
        assert {where[:2] for where in [*opening[party], *closing[party]]} <= named
        items = ask(world, party, TURNOVER_BY_ITEM, **period)
        for total in items:
            mine = [row for row in rows if row["item"] == total["item"]]
            assert _units(total, "closing") == sum(_units(row, "closing") for row in mine)
        assert pages(world, party, TURNOVER_BY_ITEM, 1, **period) == items


def _units(row: dict, name: str) -> int:
    sign, text = (-1, row[name][1:]) if row[name].startswith("-") else (1, row[name])
    return 0 if text == "0" else sign * parse_quantity(text, DECIMALS[row["item"]])


def test_turnover_says_what_came_and_went(world: World) -> None:
    world.do("maker", register("L1", "100"))
    world.clock.at += timedelta(days=1)
    begin = world.clock.at
    world.do("maker", c.Receive(to="S1/B", supplier="Acme", lines=register("L1", "50").lines))
    world.do("maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "30")))
    world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "10")))
    offer = uuid4()
    world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "20")), offer)
    world.do("shop", c.Refuse(handoff=offer, reason="no"))
    world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "5")))
    world.do("maker", c.Split(at="S1/B", item="MED", lot="L1", outputs=(c.Output("L1-1", "7"),)))
    first, child = ask(world, "maker", TURNOVER_BY_LOT, from_=begin)
    shown = {name: value for name, value in first.items() if value not in ("0", "MED", "EA")}
    assert shown == {"lot": "L1", "uri": first["uri"], "opening": "100", "came": "70", "went": "62", "closing": "108",
                     "received": "50", "shipped": "30", "handed_over": "5", "consumed": "7"}
    assert (child["lot"], child["produced"], child["closing"]) == ("L1-1", "7", "7")


def test_filters_choose_and_a_stranger_sees_nothing(world: World) -> None:
    for lot in ("L1", "L2"):
        world.do("maker", register(lot))
    uri = ask(world, "maker", STOCK)[0]["uri"]
    assert [row["lot"] for row in ask(world, "maker", STOCK, lot=uri)] == ["L1"]
    assert [row["lot"] for row in ask(world, "maker", STOCK, limit=9, lot=uri)] == ["L1"]
    assert ask(world, "maker", STOCK, item="MILK") == ask(world, "shop", STOCK) == []

"""The history of a lot: every movement once, with running stock, and a record status of its own."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import uuid4

import anchoring
from service.domain import commands as c
from service.reports.history import HISTORY
from tests.service.ledger.world import ORIGIN, World, line, register
from tests.service.reports.asking import ask, pages

URI = "https://id.gs1.org/01/09506000134352/10/"


def told(rows: Sequence[dict], *names: str) -> list[tuple]:
    return [tuple(row[name] for name in names) for row in rows]


def sequence(world: World) -> None:
    clock = iter(range(10**12, 10**12 + 1000))
    sequencer = anchoring.Sequencer(world.engine, ORIGIN, bytes(range(32)), lambda: next(clock))
    while sequencer.step():
        pass
    sequencer.close()


def test_each_movement_is_a_row_with_the_stock_after_it(world: World) -> None:
    world.do("maker", c.Receive(to="S1/A", supplier="上海医药", lines=register("L1", "100").lines))
    world.do("maker", c.Move(from_="S1/A", to="S1/B", lines=line("L1", "40")))
    world.do("maker", c.Hold(at="S1/B", reason="wet", lines=line("L1", "40")))
    world.do("maker", c.Ship(from_="S1/A", customer="Clinic", lines=line("L1", "60")))
    rows = ask(world, "maker", HISTORY, lot=URI + "L1")
    assert told(rows, "type", "quantity", "from", "to", "here", "on_hold", "goods_status", "partner") == [
        ("receive", "100", "supply", "S1/A", "100", "0", "available", "上海医药"),
        ("move", "40", "S1/A", "S1/B", "100", "0", "available", None),
        ("hold", "40", "S1/B", "S1/B (hold)", "100", "40", "partly_hold", None),
        ("ship", "60", "S1/A", "customer", "40", "40", "hold", "Clinic"),
    ]
    assert rows[2]["reason"] == "wet" and {row["record_status"] for row in rows} == {"recorded"}
    for size in (1, 2, 3):
        assert pages(world, "maker", HISTORY, size, lot=URI + "L1") == rows


def test_goods_and_record_are_two_different_statuses(world: World) -> None:
    world.do("maker", register("L1", "10"))
    sequence(world)
    world.do("maker", c.Hold(at="S1/A", reason="suspect", lines=line("L1", "10")))
    rows = ask(world, "maker", HISTORY, lot=URI + "L1")
    assert told(rows, "goods_status", "record_status", "index") == [
        ("available", "sequenced", 3), ("hold", "recorded", None)]


def test_of_another_party_only_the_handoff_shows(world: World) -> None:
    world.do("maker", register("L1", "10"))
    offer = uuid4()
    world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("L1", "4")), offer)
    world.clock.at += timedelta(hours=1)
    world.do("shop", c.Refuse(handoff=offer, reason="an inner matter"))
    world.do("shop", register("own"))
    rows = ask(world, "maker", HISTORY, lot=URI + "L1")
    assert told(rows, "type", "partner", "actor", "reason", "goods_status")[2] == (
        "refuse", "shop", None, None, "partly_hold")
    assert ask(world, "shop", HISTORY, lot=URI + "L1") == []


def test_more_than_a_block_of_movements_streams_in_order(world: World) -> None:
    world.do("maker", register("L1", "10"))
    ways = [("S1/A", "S1/B"), ("S1/B", "S1/A")]
    world.try_all(*(world.request("maker", c.Move(from_=ways[at % 2][0], to=ways[at % 2][1], lines=line("L1", "10")))
                    for at in range(1100)))
    sequence(world)
    rows = ask(world, "maker", HISTORY, lot=URI + "L1")
    assert len(rows) == 1101 and [row["index"] for row in rows] == sorted(row["index"] for row in rows)
    assert {row["here"] for row in rows} == {"10"}

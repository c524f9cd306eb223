"""Legs that nothing but the database could refuse: each condition of its triggers alone, every other one fulfilled."""

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from service.domain import commands as c
from service.domain.places import OUTSIDE, Virtual
from tests.service.ledger.world import World, line, register

Leg = tuple[str, str | Virtual, str, int]
"""Lot, code of the place at S1 or a virtual place, status, units."""

Write = Callable[..., None]
WAYS_OUT = [("ship", place) for place in sorted(OUTSIDE)] + [("pick", "D"), ("produce", Virtual.CONSUMED)]


@pytest.fixture
def write(world: World) -> Write:
    """Writes movements of the maker, each a type and its legs, in one INSERT; 10 each of FINE, HELD, OLD, FLAGGED at A.

    HELD is on hold, OLD has expired; FLAGGED is recalled, but its stock was left available.
    """
    for lot in ("FINE", "HELD", "FLAGGED"):
        world.do("maker", register(lot, "10"))
    world.do("maker", register("OLD", "10", expiry_date=date(2026, 11, 21)))
    world.do("maker", c.Hold(at="S1/A", reason="x", lines=line("HELD", "10")))
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE warehouse.lot SET recall = 1 WHERE number = 'FLAGGED'"))
    lots: dict[str, int] = dict(map(tuple, world.all("SELECT number, id FROM warehouse.lot")))
    places: dict[str, int] = dict(map(tuple, world.all(
        "SELECT l.code, l.id FROM warehouse.location l JOIN warehouse.site s ON s.id = l.site_id"
        " JOIN warehouse.party p ON p.id = l.party_id WHERE p.code = 'maker' AND s.code = 'S1'")))
    now = int(world.clock().timestamp() * 1000)

    def insert(*movements: tuple[str, list[Leg]]) -> None:
        rows = [{"lot": lots.get(lot, 999_999), "movement": 1000 + at, "line": number,
                 "place": places.get(str(place), place), "status": status, "units": units}
                for at, (_, legs) in enumerate(movements) for number, (lot, place, status, units) in enumerate(legs)]
        values = ", ".join("({lot}, {movement}, {line}, {place:d}, '{status}', {units})".format(**row) for row in rows)
        with world.engine.begin() as connection:
            for at, (type, _) in enumerate(movements):
                connection.execute(text(
                    "INSERT INTO warehouse.movement SELECT :number, party_id, gen_random_uuid(), :type, actor, :now,"
                    " statement_hash, content_hash, content, lots FROM warehouse.movement LIMIT 1"),
                    {"number": 1000 + at, "type": type, "now": now})
            connection.execute(text(
                f"INSERT INTO warehouse.leg (lot_id, movement, line, place, status, units) VALUES {values}"))

    return insert


def goes(lot: str, place: str | Virtual, status: str = "available", units: int = 1) -> list[Leg]:
    return [(lot, "A", status, -units), (lot, place, "available", units)]


@pytest.mark.parametrize(("type", "place"), WAYS_OUT)
def test_each_reason_stops_goods_on_each_way_out(world: World, write: Write, type: str, place: str | Virtual) -> None:
    for lot, status, says in (("HELD", "hold", "stock on hold"), ("OLD", "available", "expired stock"),
                              ("FLAGGED", "available", "recalled stock")):
        with pytest.raises(IntegrityError, match=f"INV-S5: {says} cannot leave"):
            write((type, goes(lot, place, status)))
    write((type, goes("FINE", place)))
    assert world.stock("maker", "FINE")["S1/A", "available"] == 9


def test_one_bad_lot_among_good_ones_stops_all(world: World, write: Write) -> None:
    before = world.rows()
    with pytest.raises(IntegrityError, match="expired"):
        write(("ship", goes("FINE", Virtual.CUSTOMER) + goes("OLD", Virtual.CUSTOMER)))
    assert world.rows() == before


@pytest.mark.parametrize("place", ["A", Virtual.CUSTOMER])
def test_legs_of_no_lot_are_refused_wherever_they_lead(write: Write, place: str | Virtual) -> None:
    with pytest.raises(IntegrityError, match="no such lot"):
        write(("receive", [("NONE", Virtual.SUPPLY, "available", -1), ("NONE", place, "available", 1)]))


def test_what_is_refused_comes_back_on_hold_while_the_rest_is_handed_over(world: World, write: Write) -> None:
    write(("offer", goes("FINE", Virtual.IN_TRANSIT, units=3)),
          ("accept", [("FINE", Virtual.IN_TRANSIT, "available", -3), ("FINE", Virtual.HANDED_OVER, "available", 2),
                      ("FINE", "A", "hold", 1)]))
    assert world.stock("maker", "FINE") == {("S1/A", "available"): 7, ("S1/A", "hold"): 1}


def test_what_stays_within_the_party_is_no_matter_of_what_leaves_beside_it(world: World, write: Write) -> None:
    """Each lot of each movement is judged for itself, however many are written at once."""
    write(("ship", goes("FINE", Virtual.CUSTOMER)),
          ("move", [("HELD", "A", "hold", -1), ("HELD", "B", "hold", 1)]),
          ("move", goes("OLD", "B") + goes("FLAGGED", "B")),
          ("ship", goes("FINE", Virtual.CUSTOMER) + goes("OLD", "B")),
          ("hold", [("FINE", "A", "available", -3), ("FINE", "A", "hold", 3)]),
          ("move", [("FINE", "A", "hold", -3), ("FINE", "Q", "hold", 3)]))
    assert world.stock("maker", "FINE") == {("S1/A", "available"): 5, ("S1/Q", "hold"): 3}
    assert world.stock("maker", "OLD") == {("S1/A", "available"): 8, ("S1/B", "available"): 2}


@pytest.mark.parametrize(("type", "place"), [("return", Virtual.RETURNED), ("destroy", Virtual.DESTROYED),
                                             ("split", Virtual.CONSUMED)])
def test_what_goes_no_way_out_may_be_held_expired_or_recalled(
    world: World, write: Write, type: str, place: Virtual
) -> None:
    write((type, goes("HELD", place, "hold") + goes("OLD", place) + goes("FLAGGED", place)))
    assert world.stock("maker", "HELD") == {("S1/A", "hold"): 9}

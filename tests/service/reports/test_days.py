"""Ageing, expiry and quarantine: days are those of the site, classes are what they are called, reasons are found."""

from datetime import UTC, date, datetime, timedelta

import pytest

from service.domain import commands as c
from service.reports.ages import AGEING, EXPIRY_WARNINGS, age_class, warning_class
from service.reports.quarantine import QUARANTINE
from tests.service.ledger.world import World, line, register
from tests.service.reports.asking import ask, pages

TODAY = date(2026, 11, 22)  # of the world's clock, at the site


@pytest.mark.parametrize(("days", "expected"), [
    (None, "unknown"), (0, "0-30"), (30, "0-30"), (31, "31-60"), (90, "61-90"), (91, "91-180"), (365, "181-365"),
    (366, "366-"), (9999, "366-")])  # fmt: skip
def test_every_age_is_in_one_class(days: int | None, expected: str) -> None:
    assert age_class(days) == expected


@pytest.mark.parametrize(("days", "expected"), [
    (-1, "expired"), (0, "30"), (30, "30"), (31, "60"), (61, "90"), (90, "90"), (91, "90+")])
def test_every_warning_is_the_narrowest_that_holds(days: int, expected: str) -> None:
    assert warning_class(days) == expected


def test_what_expires_soon_is_listed_with_the_soonest_first(world: World) -> None:
    for lot, days in (("far", 91), ("near", 3), ("last", 0), ("mid", 60), ("edge", 90)):
        world.do("maker", register(lot, expiry_date=TODAY + timedelta(days=days)))
    rows = ask(world, "maker", EXPIRY_WARNINGS)
    assert [(row["lot"], row["days_left"], row["class"], row["goods_status"]) for row in rows] == [
        ("last", 0, "30", "available"), ("near", 3, "30", "available"), ("mid", 60, "60", "available"),
        ("edge", 90, "90", "available")]
    assert pages(world, "maker", EXPIRY_WARNINGS, 1) == rows
    assert len(ask(world, "maker", EXPIRY_WARNINGS, days=91)) == 5
    world.clock.at += timedelta(days=1)
    first = ask(world, "maker", EXPIRY_WARNINGS)[0]
    shown = first["lot"], first["class"], first["goods_status"], first["days_left"]
    assert shown == ("last", "expired", "expired", -1)


def test_midnight_is_that_of_the_site(world: World) -> None:
    """The site is in Shanghai: at 16:00 UTC a new day begins there."""
    world.do("maker", register("L1", expiry_date=TODAY))
    world.clock.at = datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC)
    assert ask(world, "maker", EXPIRY_WARNINGS)[0]["class"] == "30"
    world.clock.at = datetime(2026, 11, 22, 16, 0, 0, tzinfo=UTC)
    assert ask(world, "maker", EXPIRY_WARNINGS)[0]["class"] == "expired"


def test_ageing_counts_from_receipt_or_from_production(world: World) -> None:
    world.do("maker", register("old", production_date=date(2026, 1, 1)))
    world.clock.at += timedelta(days=40)
    world.do("maker", register("new", production_date=date(2026, 12, 1)))
    received = ask(world, "maker", AGEING)
    assert [(row["lot"], row["days"], row["class"]) for row in received] == [("old", 40, "31-60"), ("new", 0, "0-30")]
    produced = ask(world, "maker", AGEING, by="produced")
    assert [(row["lot"], row["days"], row["class"]) for row in produced] == [
        ("old", 365, "181-365"), ("new", 31, "31-60")]
    for by in ("received", "produced"):
        assert pages(world, "maker", AGEING, 1, by=by) == ask(world, "maker", AGEING, by=by)


def test_stock_that_is_gone_has_no_age(world: World) -> None:
    world.do("maker", register("L1", "10"))
    world.do("maker", c.Ship(from_="S1/A", customer="x", lines=line("L1", "10")))
    assert ask(world, "maker", AGEING) == ask(world, "maker", EXPIRY_WARNINGS, days=10_000) == []


def test_quarantine_tells_since_when_and_every_reason_since(world: World) -> None:
    world.do("maker", register("L1", "100"))
    world.do("maker", c.Hold(at="S1/A", reason="first scare", lines=line("L1", "10")))
    world.do("maker", c.Release(at="S1/A", lines=line("L1", "10"), approved_by=("q1", "q2")))
    world.clock.at += timedelta(days=2)
    since = world.clock.at
    world.do("maker", c.Hold(at="S1/A", reason="broken seal", lines=line("L1", "10")))
    world.clock.at += timedelta(days=3)
    world.do("maker", c.Move(from_="S1/A", to="S1/Q", lines=line("L1", "4", status="hold")))
    world.do("maker", c.Hold(at="S1/A", reason="wet", lines=line("L1", "1")))
    rows = ask(world, "maker", QUARANTINE)
    assert [(row["location"], row["quantity"]) for row in rows] == [("S1/A", "7"), ("S1/Q", "4")]
    for row in rows:
        assert (row["since"], row["days"], row["type"], row["reasons"]) == (since, 3, "hold", "broken seal; wet")
    assert pages(world, "maker", QUARANTINE, 1) == rows and ask(world, "shop", QUARANTINE) == []

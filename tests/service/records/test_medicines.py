"""DSCSA and GSP: who sold to whom, what passed on arrival and by whom, and what became of unfit goods."""

from datetime import date

import pytest

from service.domain import commands as c
from service.records.acceptance import FAILED, PARTLY, PASSED, WAITING
from tests.service.ledger.world import World, line
from tests.service.records.conftest import Told
from tests.service.records.story import (
    PAPER,
    begun,
    findings,
    furnish,
    lacking,
    put_card,
    put_product,
    rows_of,
    say,
)

TWO = ("QA-1", "QA-2")


def arrives(world: World, lot: str = "R1", quantity: str = "100", **more: object) -> None:
    world.do("maker", c.Receive(to="S1/A", supplier="Farm 9", documents=PAPER, lines=begun(lot, quantity, **more)))


def accepted(world: World) -> tuple[object, ...]:
    row = rows_of(world, "gsp-acceptance")[0]
    return row["arrived"], row["passed"], row["result"], row["inspected_by"]


def test_transaction_information_has_ten_elements_and_the_right_ends(told: Told) -> None:
    rows = {row["movement"]: row for row in rows_of(told[0], "dscsa")}
    for name, seller, buyer in (("received", "Farm 9 Ltd", "maker Ltd"), ("shipped", "maker Ltd", "Clinic Ltd"),
                                ("offered", "maker Ltd", "shop Ltd"), ("back", "Clinic Ltd", "maker Ltd")):  # fmt: skip
        row = rows[told[1][name]]
        assert (row["seller_name"], row["buyer_name"]) == (seller, buyer), name
        assert (row["name"], row["strength"], row["dosage_form"], row["ndc"], row["container_size"], row["batch"]) == (
            "Lettucin", "10 mg", "capsule", "12345-678-90", "24 capsules", row["batch"])
        assert row["containers"] == row["containers"] and row["transaction_date"] == date(2026, 11, 22)
    assert {row["batch"] for row in rows.values()} == {"R1", "R1a"} and set(rows) == {
        told[1][name] for name in ("received", "offered", "shipped", "back")}


def test_a_statement_is_missing_until_the_company_makes_it(world: World) -> None:
    furnish(world)
    arrives(world)
    sold = world.do("maker", c.Ship(from_="S1/A", customer="Clinic", lines=line("R1", "5"), documents=PAPER)).id
    assert findings(world, "dscsa") == {(str(sold), "transaction_statement")}
    say(world, "transaction_statement", "made", movement=sold)
    assert findings(world, "dscsa") == set()
    assert rows_of(world, "dscsa")[1]["transaction_statement"] == "made by tester, 2026-11-22"


def test_each_fact_of_a_medicine_that_nobody_said_is_found(world: World) -> None:
    furnish(world)
    arrives(world)
    for fact, record in (("ndc", "dscsa"), ("strength", "dscsa"), ("container_size", "dscsa"), ("dosage_form", "dscsa"),
                         ("generic_name", "gsp-purchases"), ("manufacturer", "gsp-acceptance"),
                         ("approval_number", "gsp-acceptance")):  # fmt: skip
        before = findings(world, record)
        put_product(world, **{fact: None})
        assert findings(world, record) - before == {("MED", fact)}, fact
        put_product(world)


def test_what_is_available_at_once_has_passed_and_who_looked_is_asked(world: World) -> None:
    furnish(world)
    arrives(world)
    assert accepted(world) == ("100", "100", PASSED, None)
    say(world, "inspected_by", "QA-9", movement=rows_of(world, "gsp-acceptance")[0]["movement"])
    assert accepted(world) == ("100", "100", PASSED, "QA-9")


def test_what_was_held_passes_when_it_is_released_and_by_whom(world: World) -> None:
    furnish(world)
    arrives(world, quality="pending")
    assert accepted(world) == ("100", "0", WAITING, None)
    world.do("maker", c.Release(at="S1/A", lines=line("R1", "60", status="hold"), approved_by=TWO))
    assert accepted(world) == ("100", "60", PARTLY, "QA-1; QA-2")
    world.do("maker", c.Destroy(from_="S1/A", lines=line("R1", "40", status="hold"), witnesses=("W-1", "W-2"),
                                certificate="D-1", approved_by=TWO))  # fmt: skip
    assert accepted(world) == ("100", "60", PARTLY, "QA-1; QA-2")


def test_what_failed_or_arrived_damaged_has_not_passed(world: World) -> None:
    furnish(world)
    arrives(world, quality="failed")
    assert accepted(world)[1:3] == ("0", FAILED)
    world.do("maker", c.Return(from_="S1/A", supplier="Farm 9", reason="mould", lines=line("R1", "100", status="hold")))
    assert accepted(world)[1:3] == ("0", FAILED)


def test_damaged_goods_are_taken_off(world: World) -> None:
    furnish(world)
    arrives(world, damaged="7")
    assert accepted(world)[:3] == ("100", "93", PARTLY)


def test_what_is_released_of_a_later_arrival_is_not_that_of_the_first(world: World) -> None:
    furnish(world)
    arrives(world, quality="pending")
    arrives(world, quality="pending", quantity="50")
    world.do("maker", c.Release(at="S1/A", lines=line("R1", "50", status="hold"), approved_by=TWO))
    seen = [(row["passed"], row["result"]) for row in rows_of(world, "gsp-acceptance")]
    assert seen == [("0", WAITING), ("50", PASSED)]


def test_prices_and_checkers_are_supplements(world: World) -> None:
    furnish(world)
    arrives(world)
    sold = world.do("maker", c.Ship(from_="S1/A", customer="Clinic", lines=line("R1", "5"), documents=PAPER)).id
    assert findings(world, "gsp-sales") == {(str(sold), "unit_price")}
    assert findings(world, "gsp-checking-out") == {(str(sold), "checked_by")}
    say(world, "unit_price", "12.50", "R1", sold)
    assert findings(world, "gsp-sales") == {(str(sold), "currency")}
    say(world, "currency", "CNY", "R1", sold)
    say(world, "checked_by", "WH-3", movement=sold)
    row, = rows_of(world, "gsp-sales")
    seen = row["unit_price"], row["amount"], row["currency"], row["customer"]
    assert seen == ("12.50", "62.50", "CNY", "Clinic Ltd")
    checked, = rows_of(world, "gsp-checking-out")
    assert checked["checked_by"] == "WH-3" and checked["condition"].startswith("合格")
    assert findings(world, "gsp-sales") == findings(world, "gsp-checking-out") == set()


def test_a_production_date_that_no_lot_has_can_be_said_later(world: World) -> None:
    furnish(world)
    lines = (c.NewLotLine("MED", "R1", "10", expiry_date=date(2027, 6, 30)),)
    world.do("maker", c.Receive(to="S1/A", supplier="Farm 9", lines=lines, documents=PAPER))
    assert "production_date" in {field for _, field in findings(world, "gsp-acceptance")}
    say(world, "production_date", "2026-10-01", "R1")
    assert rows_of(world, "gsp-acceptance")[0]["production_date"] == date(2026, 10, 1)


def test_unfit_goods_are_told_from_hold_to_certificate(world: World) -> None:
    furnish(world)
    arrives(world)
    arrives(world, "R2", damaged="3")
    world.do("maker", c.Hold(at="S1/A", reason="wet", lines=line("R1", "10")))
    world.do("maker", c.Destroy(from_="S1/A", lines=line("R1", "10", status="hold"), witnesses=("W-1", "W-2"),
                                certificate="D-7", approved_by=TWO))  # fmt: skip
    rows = [(row["batch"], row["act"].partition(" ")[0], row["quantity"], row["reason"], row["certificate"])
            for row in rows_of(world, "gsp-unfit")]  # fmt: skip
    assert rows == [("R2", "到货待处理", "3", "到货待验 · held on arrival", None), ("R1", "锁定", "10", "wet", None),
                    ("R1", "销毁", "10", None, "D-7")]  # fmt: skip
    assert lacking(world, "gsp-unfit").listed == []


@pytest.mark.parametrize("record", ["dscsa", "gsp-sales", "gsp-checking-out"])
def test_what_came_back_by_the_handoff_is_not_sold(world: World, record: str) -> None:
    furnish(world)
    put_card(world, "partner", "shop")
    arrives(world)
    offer = world.do("maker", c.Offer(from_="S1/A", to_party="shop", lines=line("R1", "5"), documents=PAPER)).id
    sold = [row for row in rows_of(world, record) if row["movement"] == offer]
    assert len(sold) == 1
    world.do("shop", c.Refuse(handoff=offer, reason="not ordered"))
    assert [row for row in rows_of(world, record) if row["movement"] == offer] == []

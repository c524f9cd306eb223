"""Figures of the house are what one counts by hand; what went wrong in them would be believed for years."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from service.figures import DAY, Period, share
from service.figures.flow import pace, stays
from tests.service.api.conftest import Caller

LINE = {"item": "AMX", "lot": "F-1"}


@pytest.fixture(scope="module")
def house(maker: Caller, outsider: Caller) -> Iterator[Caller]:
    """Sixty came by a dock, ten went on hold, twenty were shipped, five were offered and accepted."""
    maker.post("/locations", {"site": "SX", "code": "DK", "kind": "dock"})
    move(maker, "receive", "60", to="SX/DK", supplier="Acme", expiry_date="2099-01-31")
    move(maker, "move", "60", **{"from": "SX/DK", "to": "SX/A-01"})
    move(maker, "hold", "10", at="SX/A-01", reason="wet")
    late = (datetime.now(UTC) - timedelta(days=2)).isoformat(timespec="seconds")
    move(maker, "ship", "20", **{"from": "SX/A-01", "customer": "Apo", "event_time": late})
    offer = move(maker, "offer", "5", **{"from": "SX/A-01", "to_party": outsider.party})
    outsider.post("/movements", {"id": str(uuid4()), "type": "accept", "handoff": offer, "to": "SX/A-01"})
    yield maker


def move(caller: Caller, type: str, quantity: str, expiry_date: str | None = None, **more: Any) -> str:
    line = LINE | {"quantity": quantity} | ({"expiry_date": expiry_date} if expiry_date else {})
    id = str(uuid4())
    caller.post("/movements", {"id": id, "type": type, "lines": [line], **more})
    return id


def test_figures_are_what_one_counts_by_hand(house: Caller) -> None:
    seen = house.get("/figures")
    today = seen["days"][-1]
    assert (len(seen["days"]), today["movements"], today["came"], today["left"]) == (14, 5, 1, 2)
    assert (today["late"], today["on_hold"], seen["days"][0]["on_hold"]) == (1, 1, 0)
    item = next(each for each in seen["pace"]["slowest"] if each["item"] == "AMX")
    assert (item["stock"], item["left"]) == ("35", "25")
    assert (item["turnover"], item["days_of_stock"]) == (round(25 / 17.5, 2), 42.0), "35 / (25 / 30 days)"
    assert [(each["kind"], each["stays"]) for each in seen["stays"]] == [("dock", 1)]
    assert [(p["partner"], p["direction"], p["handoffs"], p["differing"]) for p in seen["partners"]] == [
        ("xiangkou", "to them", 1, 0.0)]  # fmt: skip


def test_nobody_counts_anothers(house: Caller, outsider: Caller) -> None:
    seen = outsider.get("/figures")
    assert [each["direction"] for each in seen["partners"]] == ["to us"]
    assert [(each["stock"], each["left"]) for each in seen["pace"]["slowest"]] == [("5", "0")]
    assert seen["pace"]["resting"] == 1 and seen["pace"]["turnover"] == 0 and seen["pace"]["days_of_stock"] is None
    assert seen["stays"] == [] and seen["days"][-1]["on_hold"] == 0


def test_the_functions_of_the_figures_ask_for_whom(house: Caller, engine: Engine) -> None:
    """They run as the owner: whoever stands for nobody counts nothing."""
    asked = Period(1, 0, 4_000_000_000_000)
    with engine.connect() as connection:
        for mine in ("{}", "{2}"):
            connection.execute(text("SELECT set_config('lotproof.parties', :mine, true)"), {"mine": mine})
            assert pace(connection, asked)["items"] == 0 and stays(connection, asked) == []
            lying = text("SELECT * FROM warehouse.lots_lying(1, :now)")
            assert not any(connection.execute(lying, {"now": asked.now}).one())
            for call in ("lots_held_then(1, :now, 3)", "handoffs_answered(1, 0, :now)"):
                found = connection.execute(text(f"SELECT * FROM warehouse.{call}"), {"now": asked.now}).all()
                assert found == [], call


def test_an_audit_stands_in_the_figures_of_who_asked_for_it(house: Caller, outsider: Caller) -> None:
    before = len(house.get("/figures")["audits"])
    found = house.get("/reports/integrity")
    audits = house.get("/figures")["audits"]
    assert len(audits) == before + 1 and audits[0]["findings"] == found["findings_total"]
    assert outsider.get("/figures")["audits"] == []


def test_the_overview_has_months_that_add_up(house: Caller) -> None:
    seen = house.get("/overview")
    assert len(seen["months"]) == 13
    dated = sum(each["usable"] + each["on_hold"] for each in seen["months"])
    assert dated + seen["expiring"]["expired"] + seen["expiring"]["undated"] == sum(seen["lots"].values())


@pytest.mark.parametrize("days", ["0", "367", "x", "-1"])
def test_a_period_that_is_none_is_refused(house: Caller, days: str) -> None:
    assert house.send("GET", f"/figures?days={days}").status_code == 422


def test_a_share_of_nothing_is_none() -> None:
    assert (share(0, 0), share(1, 3), Period(1, 0, 3 * DAY).days) == (None, 0.3333, 3)

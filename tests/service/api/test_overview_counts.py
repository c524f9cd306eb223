"""The numbers of the overview are those that one counts by hand, and nobody counts another's goods."""

from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import Connection, Engine, text

from service import standpoint
from tests.service.api.conftest import Caller

DAY = 86_400_000
ZONE = ZoneInfo("Asia/Shanghai")
EXPIRES = {"OV-EXPIRED": -3, "OV-20": 20, "OV-45": 45, "OV-75": 75, "OV-LATE": 900, "OV-HELD": 20, "OV-PART": 900,
           "OV-RECALLED": 45, "OV-GONE": 20}  # fmt: skip


@pytest.fixture(scope="module")
def house(maker: Caller) -> Caller:
    """A lot in each state, and one of which nothing is left."""
    today = datetime.now(ZONE).date()
    for lot, days in EXPIRES.items():
        line = {"item": "AMX", "lot": lot, "quantity": "10", "expiry_date": (today + timedelta(days=days)).isoformat()}
        maker.receive(lot, lines=[line])
    maker.receive("OV-UNDATED", lines=[{"item": "AMX", "lot": "OV-UNDATED", "quantity": "10"}])
    for lot, quantity in (("OV-HELD", "10"), ("OV-PART", "4")):
        moved(maker, "hold", lot, quantity, at="SX/A-01", reason="x")
    moved(maker, "ship", "OV-GONE", "10", **{"from": "SX/A-01", "customer": "Apo"})
    recall = {"id": str(uuid4()), "type": "recall", "item": "AMX", "lot": "OV-RECALLED", "reason": "x"}
    maker.post("/movements", recall)
    return maker


def moved(caller: Caller, type: str, lot: str, quantity: str, **more: Any) -> None:
    line = {"item": "AMX", "lot": lot, "quantity": quantity}
    caller.post("/movements", {"id": str(uuid4()), "type": type, "lines": [line], **more})


def by_hand(caller: Caller) -> tuple[Counter[str], Counter[str]]:
    """Lots by state and by days to their expiry, counted from the list of stock."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in caller.get("/stock?limit=1000")["stock"]:
        rows[row["uri"]].append(row)
    return Counter(map(_state, rows.values())), Counter(_window(some[0]["expiry_date"]) for some in rows.values())


def _state(rows: list[dict[str, Any]]) -> str:
    said = {row["goods_status"] for row in rows}
    strongest = next((each for each in ("recalled", "expired") if each in said), None)
    return strongest or ("partly_hold" if len(said) == 2 else said.pop())


def _window(expiry: str | None) -> str:
    if expiry is None:
        return "undated"
    days = (date.fromisoformat(expiry) - datetime.now(ZONE).date()).days
    return "expired" if days < 0 else next((f"within_{end}" for end in (30, 60, 90) if days <= end), "later")


def test_the_overview_counts_as_one_would_by_hand(house: Caller) -> None:
    seen, (states, windows) = house.get("/overview"), by_hand(house)
    assert seen["lots"] == {name: states[name] for name in seen["lots"]}
    assert seen["expiring"] == {name: windows[name] for name in seen["expiring"]}
    assert seen["lots"]["recalled"] == seen["lots"]["hold"] == seen["lots"]["partly_hold"] == 1
    assert seen["quarantine"]["lots"] == sum("hold" in row["status"] for row in house.get("/stock?limit=1000")["stock"])


def test_the_age_of_a_hold_counts_from_its_beginning(house: Caller, owner: Engine) -> None:
    """In eight days every hold of today is eight days old, and one that ended is none."""
    maker, before = house, ages(owner, house.party, days=8)
    assert set(before.values()) == {8} and len(before) >= 2
    moved(maker, "release", "OV-PART", "4", at="SX/A-01", approved_by=["u-1", "u-2"])
    after = ages(owner, house.party, days=8)
    assert len(after) == len(before) - 1
    moved(maker, "hold", "OV-PART", "4", at="SX/A-01", reason="again")
    with owner.begin() as connection:  # a hold that began earlier than the one that is in force says nothing of its age
        steps = connection.execute(text(_STEPS), {"lot": "OV-PART"}).scalars().all()
    assert len(steps) == 3 and ages(owner, house.party, days=8).keys() == before.keys()


def test_nobody_counts_the_goods_of_another(house: Caller, outsider: Caller, app: Flask, owner: Engine) -> None:
    web: Engine = app.extensions["lotproof"].engine
    mine, theirs = (party_id(owner, each.party) for each in (house, outsider))
    with standpoint.of_parties({mine}), web.connect() as connection:
        lots, held = counted(connection, mine)
        assert lots == len(EXPIRES) and held >= 2
    for other in (standpoint.of_parties({theirs}), standpoint.of_parties(())):
        with other, web.connect() as connection:
            assert counted(connection, mine) == (0, 0)


def counted(connection: Connection, party: int) -> tuple[int, int]:
    """Lots in stock, and of these on hold."""
    values = {"party": party, "at": int(datetime.now(UTC).timestamp() * 1000)}
    row = connection.execute(text("SELECT * FROM warehouse.lots_lying(:party, :at)"), values).one()
    held = connection.execute(text("SELECT count(*) FROM warehouse.lots_held(:party, :at)"), values).scalar_one()
    return row.available + row.partly_hold + row.hold + row.expired + row.recalled, held


def ages(owner: Engine, party: str, days: int) -> dict[int, int]:
    """How old each hold is, so many days from now."""
    id = party_id(owner, party)
    with owner.connect() as connection:
        connection.execute(text("SELECT set_config('lotproof.parties', :ids, true)"), {"ids": f"{{{id}}}"})
        values = {"party": id, "at": int(datetime.now(UTC).timestamp() * 1000) + days * DAY + 60_000}
        found = connection.execute(text("SELECT lot_id, days FROM warehouse.lots_held(:party, :at)"), values)
        return {row.lot_id: row.days for row in found}


def party_id(owner: Engine, code: str) -> int:
    with owner.connect() as connection:
        return int(connection.scalar(text("SELECT id FROM warehouse.party WHERE code = :code"), {"code": code}))


_STEPS = """SELECT DISTINCT movement FROM warehouse.leg JOIN warehouse.lot ON lot.id = leg.lot_id
    WHERE lot.number = :lot AND leg.status = 'hold'"""

"""A recall at night, over HTTP: one request stops the family of a lot, tells the others, and shows where it all is."""

from itertools import count
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from service.domain.rules import recalls as rule
from service.ledger import ledger_audit
from service.recalls import calling
from tests.service.api.conftest import Caller

_lots = count(1)


def move(caller: Caller, type: str, lot: str, quantity: str, expect: int = 201, **more: Any) -> Any:
    line = {"item": "AMX", "lot": lot, "quantity": quantity}
    return caller.post("/movements", {"id": str(uuid4()), "type": type, "lines": [line], **more}, expect)


def split(caller: Caller, lot: str, *outputs: str, quantity: str = "1") -> None:
    body = {"id": str(uuid4()), "type": "split", "at": "SX/A-01", "item": "AMX", "lot": lot,
            "outputs": [{"lot": each, "quantity": quantity} for each in outputs]}
    caller.post("/movements", body)


def asked(lot: str, **changes: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "item": "AMX", "lot": lot, "reason": "Glass", "class": "I", "by": "u-night", **changes}


def handed(maker: Caller, trader: Caller, lot: str, quantity: str) -> None:
    offer = move(maker, "offer", lot, quantity, **{"from": "SX/A-01", "to_party": "tongqu"})
    trader.post("/movements", {"id": str(uuid4()), "type": "accept", "handoff": offer["id"], "to": "SX/A-02"})


@pytest.fixture
def lot(maker: Caller, trader: Caller) -> str:
    """100: 10 split off into two children, 20 handed to the trader, 15 shipped, 5 offered, 50 left."""
    name = f"R{next(_lots)}"
    maker.receive(name, "100")
    split(maker, name, f"{name}-1", f"{name}-2", quantity="5")
    handed(maker, trader, name, "20")
    move(maker, "ship", name, "15", **{"from": "SX/A-01", "customer": "x"})
    move(maker, "offer", name, "5", **{"from": "SX/A-01", "to_party": "tongqu"})
    move(maker, "hold", name, "8", at="SX/A-01", reason="before")
    return name


def test_one_request_stops_the_lot_and_its_children_and_says_where_all_of_it_is(
    owner: Engine, maker: Caller, trader: Caller, lot: str
) -> None:
    body = asked(lot)
    told = maker.post("/recalls", body)
    assert maker.post("/recalls", body, 200) == told
    assert maker.post("/recalls", body | {"class": "II"}, 409)["type"].endswith("id-taken")
    assert (told["lots"], told["places"], told["class"], told["in_force"]) == (3, 1, "I", True)
    assert told["held"] == [{"item": "AMX", "quantity": "52", "unit": "EA"}]  # 8 of the 60 were held before
    assert told["took_ms"] < 5000
    total, = told["totals"]
    assert {name: total[name] for name in ("available", "on_hold", "in_transit", "at_parties", "at_customers")} == {
        "available": "0", "on_hold": "60", "in_transit": "5", "at_parties": "20", "at_customers": "15"}
    assert {each["lot"]: each["on_hold"] for each in told["recalled_lots"]} == {
        lot: "50", f"{lot}-1": "5", f"{lot}-2": "5"}
    assert [(each["party"], each["arrived"], each["on_the_way"]) for each in told["parties"]] == [
        ("tongqu", "20", "5")]
    assert (told["notices_sent"], told["notices_open"]) == (1, 1)
    assert move(maker, "ship", lot, "1", 409, **{"from": "SX/A-01", "customer": "x"})["type"].endswith("recalled")
    with owner.connect() as connection:
        assert ledger_audit(connection) == []


def test_the_receiver_reads_the_notice_does_the_same_and_the_sender_sees_it(
    maker: Caller, trader: Caller, outsider: Caller, lot: str
) -> None:
    recall = maker.post("/recalls", asked(lot))
    notice = trader.get("/notices?open=true")["notices"][0]
    assert (notice["kind"], notice["from_party"], notice["reason"]) == ("recall", "chenghe", "Glass")
    assert notice["stock"] == [{"location": "SX/A-02", "status": "available", "quantity": "20", "unit": "EA"}]
    assert notice["own"] == {"item": "AMX", "lot": lot, "recalled": False}
    suggested = notice["suggests"]
    done = trader.post(suggested["path"].removeprefix("/api/v1"),
                       suggested["body"] | {"id": str(uuid4()), "class": "I", "by": "u-trader"})
    assert done["held"] == [{"item": "AMX", "quantity": "20", "unit": "EA"}]
    read = trader.post(f"/notices/{notice['id']}/acknowledge", {"by": "u-trader"}, 200)
    assert read["suggests"] is None and read["own"]["recalled"]
    assert trader.post(f"/notices/{notice['id']}/acknowledge", {"by": "u-other"}, 200) == read
    assert notice["id"] not in {each["id"] for each in trader.get("/notices?open=true")["notices"]}
    assert notice["id"] in {each["id"] for each in trader.get("/notices?open=false")["notices"]}
    party, = maker.get(f"/recalls/{recall['id']}")["parties"]
    assert (party["acknowledged_by"], party["acknowledged_at"]) == ("u-trader", read["acknowledged_at"])
    for path in (f"/notices/{notice['id']}/acknowledge", f"/recalls/{recall['id']}/lift"):
        body = {"by": "u"} if "notices" in path else {"reason": "r", "approved_by": ["a", "b"]}
        assert outsider.send("POST", path, body).status_code == 404
    assert outsider.send("GET", f"/recalls/{recall['id']}").status_code == 404


def test_a_family_larger_than_a_movement_is_stopped_and_lifted_in_one_act(
    monkeypatch: pytest.MonkeyPatch, owner: Engine, maker: Caller
) -> None:
    """A movement of three lots stands for one of four hundred."""
    for module in (rule, calling):
        monkeypatch.setattr(module, "MOST_LOTS", 3)
    root = f"R{next(_lots)}"
    maker.receive(root, "100")
    children = [f"{root}-{n}" for n in range(7)]
    split(maker, root, *children)
    split(maker, children[0], f"{root}-x")
    recall = maker.post("/recalls", asked(root))
    assert (recall["lots"], len(recall["movements"])) == (9, 3)
    page = maker.get(f"/recalls/{recall['id']}?limit=5")
    rest = maker.get(f"/recalls/{recall['id']}?limit=5&after={page['next']}")
    seen = [each["lot"] for each in page["recalled_lots"] + rest["recalled_lots"]]
    assert sorted(seen) == sorted([root, *children, f"{root}-x"]) and rest["next"] is None
    body = {"reason": "False alarm", "approved_by": ["u-1", "u-2"]}
    lifted = maker.post(f"/recalls/{recall['id']}/lift", body, 200)
    assert maker.post(f"/recalls/{recall['id']}/lift", body, 200) == lifted
    assert not lifted["in_force"] and lifted["lifted_by"] == ["u-1", "u-2"]
    with owner.connect() as connection:
        parts = connection.execute(text("SELECT cardinality(lift_movements) FROM warehouse.recall WHERE id = :id"),
                                   {"id": recall["id"]}).scalar()
    assert parts == 3
    assert not [each for each in lifted["recalled_lots"] if each["recalled"]]
    assert lifted["totals"][0]["on_hold"] == "100"
    with owner.connect() as connection:
        assert ledger_audit(connection) == []


def test_a_recall_is_refused_whole(maker: Caller, lot: str) -> None:
    assert maker.post("/recalls", asked("NONE"), 409)["type"].endswith("unknown-thing")
    assert maker.post("/recalls", asked(lot, drill=True), 422)["kind"] == "drill"
    assert maker.send("POST", "/recalls", asked(lot, **{"class": "IV"})).status_code == 422
    first = maker.post("/recalls", asked(lot))
    assert maker.post("/recalls", asked(lot), 409)["type"].endswith("recall-state")
    one = {"reason": "r", "approved_by": ["u-1", "u-1"]}
    assert maker.post(f"/recalls/{first['id']}/lift", one, 409)["type"].endswith("needs-approval")
    assert maker.get(f"/recalls/{first['id']}")["in_force"]


def test_recalls_are_listed_newest_first_and_by_whether_they_are_in_force(maker: Caller, lot: str) -> None:
    first = maker.post("/recalls", asked(lot))
    page = maker.get("/recalls?limit=1&open=true")
    assert [each["id"] for each in page["recalls"]] == [first["id"]] == [page["next"]]
    maker.post(f"/recalls/{first['id']}/lift", {"reason": "r", "approved_by": ["a", "b"]}, 200)
    assert first["id"] in {each["id"] for each in maker.get("/recalls?open=false")["recalls"]}
    assert first["id"] not in {each["id"] for each in maker.get("/recalls?open=true")["recalls"]}

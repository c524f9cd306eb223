"""A day of production over HTTP, as a planner and two workers live it, and the audit of the ledger at its end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from service.ledger import ledger_audit
from tests.service.api.conftest import Caller, furnished

TODAY = datetime.now(UTC).date()
LINE = "SX/LINE"


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
def planner(operator: Caller) -> Caller:
    """Granulate (kg) is made of an active substance and starch; tablets hold 0.5 g of granulate each."""
    caller = furnished(operator, "planner")
    caller.post("/locations", {"site": "SX", "code": "LINE", "kind": "staging"})
    for code in ("ACT", "STARCH", "GRAN", "FINES"):
        caller.post("/items", {"code": code, "name": code, "unit": "KGM", "decimals": 3})
    caller.post("/items", {"code": "TAB", "name": "Tablets", "unit": "EA", "content": "0.0005", "content_unit": "KGM"})
    caller.post("/sites", {"code": "SY", "zone": "Asia/Shanghai"})
    caller.post("/locations", {"site": "SY", "code": "B-01", "kind": "storage"})
    return caller


def stocked(caller: Caller, item: str, lot: str, quantity: str, days: int, to: str = "SX/A-01") -> None:
    line = {"item": item, "lot": lot, "quantity": quantity, "expiry_date": day(days)}
    caller.post("/movements", {"id": str(uuid4()), "type": "receive", "to": to, "supplier": "Acme", "lines": [line]})


def want(item: str, quantity: str, role: str = "main", **more: Any) -> dict[str, Any]:
    return {"item": item, "quantity": quantity, "role": role, **more}


def ordered(caller: Caller, number: str, *lines: dict[str, Any], **more: Any) -> str:
    asked = {"kind": "production", "number": number, "site": "SX", "lines": list(lines), **more}
    return str(caller.post("/orders", asked)["id"])


def set_out(caller: Caller, order: str, expect: int = 201) -> None:
    """Allocated and carried to the line."""
    caller.post(f"/orders/{order}/allocate", {}, expect=200)
    made = caller.post(f"/orders/{order}/pick-list", {"to": LINE}, expect=expect)
    for stop in made["lines"]:
        said = {"id": str(uuid4()), "place": stop["location"], "quantity": stop["open"]}
        said |= {"item": stop["item"], "lot": stop["lot"]}
        if stop["open"] != "0":
            caller.post(f"/pick-lists/{made['id']}/lines/{stop['line']}/confirm", said)


Goods = list[tuple[str, str, str]]


def run(used: Goods, made: Goods, at: str = LINE, **more: Any) -> dict[str, Any]:
    """A movement that makes some goods of others; item, lot, quantity."""
    names = ("item", "lot", "quantity")
    lines, outputs = ([dict(zip(names, each, strict=True)) for each in goods] for goods in (used, made))
    return {"id": str(uuid4()), "type": "produce", "at": at, "lines": lines, "outputs": outputs, **more}


def lines_of(caller: Caller, order: str, *names: str) -> dict[str, tuple[str, ...]]:
    return {line["item"]: tuple(line[name] for name in names) for line in caller.get(f"/orders/{order}")["lines"]}


def test_a_day_of_production(planner: Caller, owner: Engine) -> None:
    for item, lot, quantity, days in (("ACT", "A-1", "3.5", 60), ("ACT", "A-2", "10", 400), ("STARCH", "S-1", "40", 90),
                                      ("STARCH", "S-2", "60", 300)):  # fmt: skip
        stocked(planner, item, lot, quantity, days)
    order = ordered(
        planner, "MO-1", want("GRAN", "50"), want("FINES", "0.5", "by_product"), want("ACT", "5", "component"),
        want("STARCH", "45.5", "component", over_tolerance_percent=2))  # fmt: skip
    path = f"/orders/{order}"

    why = {line["item"]: line["why"] for line in planner.post(path + "/allocate", {}, expect=200)["lines"]}
    assert why.keys() == {"ACT", "STARCH"}
    assert [(each["lot"], each["quantity"], each["words"]) for each in why["ACT"]] == [
        ("A-1", "3.5", f"chosen: expires {day(60)}, the earliest"),
        ("A-2", "1.5", f"chosen: expires {day(400)}, the next")]
    set_out(planner, order)
    assert lines_of(planner, order, "reserved", "picked") == {
        "GRAN": ("0", "0"), "FINES": ("0", "0"), "ACT": ("0", "5"), "STARCH": ("0", "45.5")}

    first = run([("ACT", "A-1", "2"), ("STARCH", "S-1", "18.2")], [("GRAN", "G-1", "19.5"), ("FINES", "F-1", "0.2")],
                loss="0.5")  # fmt: skip
    with ThreadPoolExecutor(2) as pool:  # the worker's scanner and its retry
        answers = list(pool.map(lambda _: planner.send("POST", path + "/receipts", {"movement": first}), range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 201]
    altered = planner.post(path + "/receipts", {"movement": first | {"loss": "0.4"}}, expect=409)
    assert altered["type"].endswith("movement-id-taken")
    assert lines_of(planner, order, "produced", "consumed", "picked", "short") == {
        "GRAN": ("19.5", None, "0", "30.5"), "FINES": ("0.2", None, "0", "0.3"), "ACT": (None, "2", "3", "3"),
        "STARCH": (None, "18.2", "27.3", "27.3")}

    held = {"id": str(uuid4()), "type": "hold", "at": LINE, "reason": "wet bag"}
    planner.post("/movements", held | {"lines": [{"item": "STARCH", "lot": "S-1", "quantity": "21.8"}]})
    assert lines_of(planner, order, "picked", "blocked")["STARCH"] == ("5.5", "21.8")
    refused = planner.post(path + "/receipts", {"movement": run([("STARCH", "S-1", "1")], [("GRAN", "G-2", "1")])}, 409)
    assert refused["type"].endswith("stock-on-hold")
    set_out(planner, order)
    assert lines_of(planner, order, "picked", "blocked")["STARCH"] == ("27.3", "0")

    # The rest, with a kilogram of starch too much: refused until somebody says that it is meant.
    more = {"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": LINE}
    planner.post("/movements", more | {"lines": [{"item": "STARCH", "lot": "S-2", "quantity": "1"}]})
    used = [("ACT", "A-1", "1.5"), ("ACT", "A-2", "1.4"), ("STARCH", "S-2", "28.3")]
    rest = run(used, [("GRAN", "G-2", "31")], loss="0.2")
    over = planner.post(path + "/receipts", {"movement": rest}, expect=409)
    assert (over["type"], over["expected"], over["seen"]) == (
        "urn:lotproof:problem:over-delivery", "30.5 KGM", "31 KGM")
    rest = run(used, [("GRAN", "G-2", "30.5")], loss="0.7")
    over = planner.post(path + "/receipts", {"movement": rest}, expect=409)
    assert (over["type"], over["expected"], over["seen"]) == (
        "urn:lotproof:problem:over-consumption", "28.21 KGM", "28.3 KGM")
    done = planner.post(path + "/receipts", {"movement": rest, "over": True})["order"]
    assert (done["state"], done["lines"][3]["consumed"], done["lines"][3]["over"]) == ("done", "46.5", "1")

    back = {"id": str(uuid4()), "from": LINE, "to": "SX/A-02",
            "lines": [{"item": "ACT", "lot": "A-2", "quantity": "0.1"}]}  # fmt: skip
    assert planner.post(path + "/put-back", back)["order"]["lines"][2]["picked"] == "0"
    planner.post(path + "/put-back", back, expect=200)
    assert planner.post(path + "/put-back", back | {"id": str(uuid4())}, expect=409)["type"].endswith("stock")
    assert planner.post(path + "/close", {}, expect=200)["state"] == "done"
    assert planner.post(path + "/receipts", {"movement": first}, expect=200)["order"]["state"] == "done"

    listed = planner.get("/orders?kind=production&state=done&number=MO-1")["orders"]
    assert [each["id"] for each in listed] == [order], "though half of the fines are missing"
    told = planner.get(path + "/production")
    assert [(each["item"], each["planned"], each["actual"], each["target"], each["variance"], each["percent"])
            for each in told["lines"]] == [
        ("GRAN", "50", "50", "50", "0", "100"), ("FINES", "0.5", "0.2", "0.5", "-0.3", "40"),
        ("ACT", "5", "4.9", "5", "-0.1", "98"), ("STARCH", "45.5", "46.5", "45.5", "1", "102.19")]
    assert told["mass"] == [
        {"unit": "KGM", "consumed": "51.4", "produced": "50.2", "loss": "1.2", "yield_percent": "97.66"}]
    assert told["unmeasured"] == 0
    assert [([each["lot"] for each in one["inputs"]], [each["lot"] for each in one["outputs"]], one["loss"])
            for one in told["runs"]] == [
        (["A-1", "S-1"], ["G-1", "F-1"], "0.5"), (["A-1", "A-2", "S-2"], ["G-2"], "0.7")]

    recall = {"id": str(uuid4()), "type": "recall", "item": "ACT", "lot": "A-1", "reason": "glass"}
    planner.post("/movements", recall)
    assert {(each["lot"], each["where"], each["status"], each["recalled"]) for each in
            planner.get(path + "/production")["stock"]} == {
        (lot, LINE, "hold", True) for lot in ("G-1", "F-1", "G-2")}
    with owner.connect() as connection:
        assert ledger_audit(connection) == []


def test_a_product_is_packed_by_another_order_and_its_way_is_told(planner: Caller) -> None:
    stocked(planner, "GRAN", "P-1", "2", 200, LINE)
    order = ordered(planner, "MO-2", want("TAB", "3000"), want("GRAN", "1.6", "component"))
    set_out(planner, order)
    planner.post(f"/orders/{order}/receipts", {"movement": run([("GRAN", "P-1", "1.55")], [("TAB", "T-1", "3000")],
                                                               loss="0.05")})  # fmt: skip
    told = planner.get(f"/orders/{order}/production")
    assert told["mass"] == [
        {"unit": "KGM", "consumed": "1.55", "produced": "1.5", "loss": "0.05", "yield_percent": "96.77"}]
    planner.post("/movements", {"id": str(uuid4()), "type": "ship", "from": LINE, "customer": "Clinic", "lines": [
        {"item": "TAB", "lot": "T-1", "quantity": "1000"}]})
    assert [(each["location"], each["where"], each["quantity"]) for each in
            planner.get(f"/orders/{order}/production")["stock"]] == [
        (LINE, LINE, "2000"), (None, "at customers", "1000")]


@pytest.mark.parametrize(("lines", "problem"), [
    ([want("ACT", "1", "component")], "bad-name"),
    ([want("GRAN", "0.0005")], "bad-quantity"),
    ([want("GRAN", "1", "waste")], "wrong-shape"),
])
def test_an_order_that_cannot_be_made_is_refused(planner: Caller, lines: list[Any], problem: str) -> None:
    asked = {"kind": "production", "number": "BAD", "site": "SX", "lines": lines}
    answer = planner.send("POST", "/orders", asked)
    assert answer.status_code in (409, 422), answer.get_data(as_text=True)
    assert answer.get_json()["type"].endswith(problem)
    sale = asked | {"kind": "sales", "lines": [want("GRAN", "1"), want("ACT", "1", "component")]}
    assert planner.post("/orders", sale, expect=422)["expected"] == "main, as in every sales order"


def test_a_worker_of_another_site_touches_nothing_of_the_order(planner: Caller) -> None:
    stocked(planner, "STARCH", "W-1", "5", 100)
    order = ordered(planner, "MO-3", want("GRAN", "5"), want("STARCH", "5", "component", lot="W-1"))
    keys = {}
    for code, site in (("here", "SX"), ("there", "SY")):
        planner.post("/people", {"code": code, "name": code, "roles": [{"role": "operator", "site": site}]})
        keys[code] = planner.post(f"/people/{code}/api-keys", {"label": code})["api_key"]
    here, there = (Caller(planner.client, keys[code]) for code in ("here", "there"))
    back = {"id": str(uuid4()), "from": LINE, "to": "SX/A-01",
            "lines": [{"item": "STARCH", "lot": "W-1", "quantity": "1"}]}  # fmt: skip
    made = run([("STARCH", "W-1", "4")], [("GRAN", "W-G", "4")])
    set_out(here, order)
    for path, body in (("allocate", {}), ("pick-list", {"to": LINE}), ("put-back", back),
                       ("receipts", {"movement": made}), ("close", {})):  # fmt: skip
        assert there.post(f"/orders/{order}/{path}", body, expect=403)["status"] == 403, path
    assert there.get(f"/orders/{order}/production")["number"] == "MO-3"
    here.post(f"/orders/{order}/receipts", {"movement": made})
    here.post(f"/orders/{order}/put-back", back)
    assert here.send("POST", f"/orders/{order}/close", {}).status_code == 403, "a supervisor closes orders"
    elsewhere = run([("STARCH", "W-1", "1")], [("GRAN", "W-H", "1")], at="SY/B-01")
    wrong = planner.post(f"/orders/{order}/receipts", {"movement": elsewhere}, expect=409)
    assert (wrong["expected"], wrong["seen"]) == ("a place of site SX, where order 'MO-3' is made", "at SY")


def test_the_production_of_another_party_is_not_there_and_a_sale_has_none(planner: Caller, outsider: Caller) -> None:
    order = ordered(planner, "MO-4", want("GRAN", "1"))
    body = {"id": str(uuid4()), "from": LINE, "to": "SX/A-01", "lines": [
        {"item": "STARCH", "lot": "S-1", "quantity": "1"}]}
    assert outsider.send("GET", f"/orders/{order}/production").status_code == 404
    assert outsider.send("POST", f"/orders/{order}/put-back", body).status_code == 404
    sale = planner.post("/orders", {"kind": "sales", "number": "SO", "site": "SX", "lines": [want("GRAN", "1")]})["id"]
    assert planner.send("GET", f"/orders/{sale}/production").get_json()["type"].endswith("wrong-direction")
    assert planner.get("/orders?kind=production&number=MO-4&state=open")["orders"][0]["id"] == order

"""A day with orders, over HTTP as a clerk works: bought, received short and over, sold, allocated, picked, shipped."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.service.api.conftest import Caller, furnished

TODAY = datetime.now(UTC).date()


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
def clerk(operator: Caller) -> Caller:
    caller = furnished(operator, "clerk")
    caller.post("/locations", {"site": "SX", "code": "DOCK", "kind": "dock"})
    caller.post("/items", {"code": "IBU", "name": "Ibuprofen", "gtin": "09506000134352", "unit": "EA"})
    caller.post("/customers", {"code": "APO", "name": "Apotheke am Markt", "min_days_left": 90})
    return caller


def order(caller: Caller, kind: str, number: str, *lines: dict[str, Any], **more: Any) -> Any:
    return caller.post("/orders", {"kind": kind, "number": number, "site": "SX", "lines": list(lines), **more})


def want(quantity: str, item: str = "AMX", **more: Any) -> dict[str, Any]:
    return {"item": item, "quantity": quantity, **more}


def arriving(lot: str, quantity: str, *, days: int = 400, to: str = "SX/A-01", item: str = "AMX") -> dict[str, Any]:
    line = {"item": item, "lot": lot, "quantity": quantity, "expiry_date": day(days)}
    return {"id": str(uuid4()), "type": "receive", "to": to, "supplier": "Acme", "lines": [line]}


def stocked(caller: Caller, lot: str, quantity: str, **more: Any) -> None:
    caller.post("/movements", arriving(lot, quantity, **more))


def scan(stop: dict[str, Any], quantity: str, **changes: Any) -> dict[str, Any]:
    said = {"id": str(uuid4()), "item": stop["item"], "lot": stop["lot"], "place": stop["location"]}
    return said | {"quantity": quantity} | changes


def picked(caller: Caller, sale: dict[str, Any]) -> dict[str, Any]:
    """Allocated, listed, and everything confirmed."""
    caller.post(f"/orders/{sale['id']}/allocate", {}, expect=200)
    made = caller.post(f"/orders/{sale['id']}/pick-list", {"to": "SX/DOCK"})
    for stop in made["lines"]:
        caller.post(f"/pick-lists/{made['id']}/lines/{stop['line']}/confirm", scan(stop, stop["quantity"]))
    return made  # type: ignore[no-any-return]


def test_a_purchase_is_received_short_then_over_and_each_time_once(clerk: Caller) -> None:
    bought = order(clerk, "purchase", "PO-1", want("100", over_tolerance_percent=10), partner="Acme")
    assert (bought["state"], bought["lines"][0]["short"]) == ("open", "100")
    path = f"/orders/{bought['id']}"
    first = {"movement": arriving("P1", "60")}
    got = clerk.post(path + "/receipts", first)
    assert got["order"]["state"] == "part done"
    assert {name: got["order"]["lines"][0][name] for name in ("ordered", "received", "damaged", "over", "short")} == {
        "ordered": "100", "received": "60", "damaged": "0", "over": "0", "short": "40"}
    again = clerk.post(path + "/receipts", first, expect=200)
    assert again == got

    too_much = arriving("P2", "51")
    refused = clerk.post(path + "/receipts", {"movement": too_much}, expect=409)
    assert (refused["type"], refused["expected"], refused["seen"]) == (
        "urn:lotproof:problem:over-delivery", "50 EA", "51 EA")
    assert clerk.send("GET", f"/movements/{too_much['id']}").status_code == 404  # the movement is undone as well
    assert clerk.get("/stock?lot=P2")["stock"] == []
    done = clerk.post(path + "/receipts", {"movement": too_much, "over": True})["order"]
    assert (done["state"], done["lines"][0]["over"], done["lines"][0]["short"]) == ("done", "11", "0")
    assert [(each["lot"], each["quantity"], each["location"]) for each in done["movements"]] == [
        ("P1", "60", "SX/A-01"), ("P2", "51", "SX/A-01")]
    assert clerk.get("/orders?kind=purchase&state=done&number=PO-1")["orders"][0]["id"] == bought["id"]
    assert clerk.get("/orders?state=open&number=PO-1")["orders"] == []


def test_what_nobody_ordered_is_refused_and_a_recorded_receipt_can_be_given_its_order(clerk: Caller) -> None:
    bought = order(clerk, "purchase", "PO-2", want("10"), partner="Acme")
    path = f"/orders/{bought['id']}/receipts"
    wrong = clerk.post(path, {"movement": arriving("W1", "1", item="IBU"), "over": True}, expect=409)
    assert wrong["type"].endswith("over-delivery")
    late = arriving("W2", "10") | {"documents": [{"type": "po", "id": "PO-2"}]}
    clerk.post("/movements", late)
    assert clerk.get(f"/orders/{bought['id']}")["state"] == "open"
    assert clerk.post(path, {"movement": late}, expect=200)["order"]["state"] == "done"


def test_a_sale_from_order_to_slip(clerk: Caller) -> None:
    stocked(clerk, "S-EARLY", "50", days=60, item="IBU")
    stocked(clerk, "S-MID", "30", days=200, to="SX/A-02", item="IBU")
    stocked(clerk, "S-LATE", "100", days=300, item="IBU")
    held = {"id": str(uuid4()), "type": "hold", "at": "SX/A-01", "reason": "dented"}
    stocked(clerk, "S-HELD", "10", days=150, item="IBU")
    clerk.post("/movements", held | {"lines": [{"item": "IBU", "lot": "S-HELD", "quantity": "10"}]})
    sale = order(clerk, "sales", "SO-1", want("40", "IBU"), customer="APO")
    path = f"/orders/{sale['id']}"

    preview = clerk.post(path + "/allocate", {"preview": True}, expect=200)["lines"][0]
    made = clerk.post(path + "/allocate", {}, expect=200)["lines"][0]
    assert preview == made
    assert (made["issue_policy"], made["policy_of"], made["short"]) == ("FEFO", "default", "0")
    assert [(why["lot"], why["quantity"], why["words"]) for why in made["why"]] == [
        ("S-EARLY", "0", f"skipped: expires {day(60)}, customer wants 90 days left, {_left(60)} are left"),
        ("S-HELD", "0", "skipped: on hold"),
        ("S-MID", "30", f"chosen: expires {day(200)}, the earliest"),
        ("S-LATE", "10", f"chosen: expires {day(300)}, the next"),
    ]
    assert clerk.get(path)["lines"][0]["reserved"] == "40"

    walk = clerk.post(path + "/pick-list", {"to": "SX/DOCK"})
    assert clerk.post(path + "/pick-list", {"to": "SX/DOCK"}, expect=200) == walk
    assert [(stop["location"], stop["lot"], stop["quantity"]) for stop in walk["lines"]] == [
        ("SX/A-01", "S-LATE", "10"), ("SX/A-02", "S-MID", "30")]
    assert walk["lines"][0]["do"] == "Take 10 EA of IBU, lot S-LATE, at SX/A-01 and bring it to SX/DOCK"
    confirm = f"/pick-lists/{walk['id']}/lines/1/confirm"
    wrong = clerk.post(confirm, scan(walk["lines"][0], "10", lot="S-EARLY"), expect=409)
    assert wrong["detail"] == (
        "Scanned: lot S-EARLY. Expected: lot S-LATE."
        " Do: put it back and take lot S-LATE, or report the line short")
    right = scan(walk["lines"][0], "10", item="09506000134352")
    done = clerk.post(confirm, right)
    assert (done["line"]["picked"], done["line"]["open"]) == ("10", "0")
    assert clerk.post(confirm, right, expect=200)["movement"] == done["movement"]
    too_many = scan(walk["lines"][1], "31")
    assert clerk.post(f"/pick-lists/{walk['id']}/lines/2/confirm", too_many, expect=409)["expected"] == "at most 30 EA"
    short = scan(walk["lines"][1], "25", short_reason="five broken")
    assert clerk.post(f"/pick-lists/{walk['id']}/lines/2/confirm", short)["line"]["ended"] == "five broken"
    line = clerk.get(path)["lines"][0]
    assert (line["picked"], line["reserved"]) == ("35", "0")

    shipping = {"id": str(uuid4())}
    sent = clerk.post(path + "/ship", shipping)
    assert clerk.post(path + "/ship", shipping, expect=200) == sent
    assert clerk.post(path + "/ship", shipping | {"reason": "x"}, expect=409)["type"].endswith("movement-id-taken")
    assert (sent["order"]["state"], sent["order"]["lines"][0]["shipped"]) == ("part done", "35")
    slip = clerk.get(path + "/slip")
    assert [(line["lot"], line["quantity"]) for line in slip["lines"]] == [("S-LATE", "10"), ("S-MID", "25")]
    expiry = date.fromisoformat(day(300))
    assert slip["lines"][0]["elements"] == f"010950600013435217{expiry:%y%m%d}10S-LATE"
    assert slip["lines"][0]["readable"] == f"(01)09506000134352(17){expiry:%y%m%d}(10)S-LATE"
    assert slip["receiver"] == {"code": "APO", "name": "Apotheke am Markt", "gln": None}

    picked(clerk, sale)  # what fell short is found elsewhere
    assert clerk.post(path + "/ship", {"id": str(uuid4())})["order"]["state"] == "done"


def _left(days: int) -> int:
    """Days left at the site, where it may be tomorrow already."""
    from zoneinfo import ZoneInfo

    here = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    return (TODAY + timedelta(days=days) - here).days


def test_a_sale_to_a_party_is_offered_and_counts_until_it_is_refused(clerk: Caller, trader: Caller) -> None:
    stocked(clerk, "H1", "20")
    clerk.post("/customers", {"code": "TQ", "name": "Tongqu", "party": "tongqu"})
    sale = order(clerk, "sales", "SO-2", want("20", lot="H1"), customer="TQ")
    picked(clerk, sale)
    sent = clerk.post(f"/orders/{sale['id']}/ship", {"id": str(uuid4())})
    assert (sent["movement"]["type"], sent["order"]["state"]) == ("offer", "done")
    refusal = {"id": str(uuid4()), "type": "refuse", "handoff": sent["movement"]["id"], "reason": "wet"}
    trader.post("/movements", refusal)
    after = clerk.get(f"/orders/{sale['id']}")
    assert (after["state"], after["movements"][0]["state"]) == ("open", "refused")
    assert clerk.send("GET", f"/orders/{sale['id']}/slip").status_code == 409


def test_an_order_of_another_party_is_not_there(clerk: Caller, outsider: Caller) -> None:
    sale = order(clerk, "sales", "SO-3", want("1"), partner="Somebody")
    for method, path, body in (
        ("GET", "", None), ("POST", "/close", {}), ("POST", "/cancel", {}), ("POST", "/allocate", {}),
        ("POST", "/pick-list", {"to": "SX/DOCK"}), ("POST", "/ship", {"id": str(uuid4())}), ("GET", "/slip", None),
        ("POST", "/receipts", {"movement": arriving("X", "1")}),
    ):  # fmt: skip
        assert outsider.send(method, f"/orders/{sale['id']}{path}", body).status_code == 404, path
    assert outsider.get("/orders")["orders"] == []
    assert outsider.send("GET", f"/orders?after={sale['id']}").status_code == 404


def test_an_order_is_made_once_and_its_number_given_once(clerk: Caller) -> None:
    asked = {"id": str(uuid4()), "kind": "sales", "number": "SO-4", "site": "SX", "lines": [want("1")]}
    made = clerk.post("/orders", asked)
    assert clerk.post("/orders", asked, expect=200) == made
    assert clerk.post("/orders", asked | {"number": "SO-5"}, expect=409)["type"].endswith("movement-id-taken")
    assert clerk.post("/orders", asked | {"id": str(uuid4())}, expect=409)["type"].endswith("thing-exists")
    clerk.post("/orders", asked | {"id": str(uuid4()), "kind": "purchase"})  # numbers of another kind are others'


def test_a_cancelled_order_gives_its_stock_back_and_takes_nothing_more(clerk: Caller) -> None:
    stocked(clerk, "C1", "5")
    first, second = (order(clerk, "sales", f"SO-C{n}", want("5", lot="C1")) for n in (1, 2))
    clerk.post(f"/orders/{first['id']}/allocate", {}, expect=200)
    waiting = clerk.post(f"/orders/{second['id']}/allocate", {}, expect=200)["lines"][0]
    assert (waiting["short"], waiting["why"][0]["words"]) == ("5", "skipped: reserved by order SO-C1")
    clerk.post(f"/orders/{first['id']}/cancel", {"reason": "changed her mind"}, expect=200)
    assert clerk.post(f"/orders/{first['id']}/cancel", {}, expect=200)["ended_reason"] == "changed her mind"
    assert clerk.post(f"/orders/{first['id']}/allocate", {}, expect=409)["type"].endswith("order-ended")
    assert clerk.post(f"/orders/{second['id']}/allocate", {}, expect=200)["lines"][0]["short"] == "0"
    picked(clerk, second)
    clerk.post(f"/orders/{second['id']}/ship", {"id": str(uuid4())})
    assert clerk.post(f"/orders/{second['id']}/cancel", {}, expect=409)["type"].endswith("order-ended")


def test_an_order_that_was_served_in_part_is_closed_not_cancelled(clerk: Caller) -> None:
    bought = order(clerk, "notice", "ASN-1", want("10"), partner="Acme")
    clerk.post(f"/orders/{bought['id']}/receipts", {"movement": arriving("N1", "4")})
    assert clerk.post(f"/orders/{bought['id']}/cancel", {}, expect=409)["type"].endswith("order-in-use")
    assert clerk.post(f"/orders/{bought['id']}/close", {}, expect=200)["state"] == "closed"
    more = clerk.post(f"/orders/{bought['id']}/receipts", {"movement": arriving("N2", "1")}, expect=409)
    assert more["type"].endswith("order-ended")


def test_a_production_order_counts_what_was_made(clerk: Caller) -> None:
    made = order(clerk, "production", "MO-1", want("10", item="IBU"))
    line = {"item": "IBU", "lot": "M1", "quantity": "10", "expiry_date": day(30)}
    register = {"id": str(uuid4()), "type": "register", "to": "SX/A-01", "lines": [line]}
    assert clerk.post(f"/orders/{made['id']}/receipts", {"movement": register})["order"]["state"] == "done"
    wrong = clerk.post(f"/orders/{made['id']}/receipts", {"movement": arriving("M2", "1")}, expect=409)
    assert wrong["type"].endswith("wrong-direction")


def test_the_order_goes_before_the_customer_and_the_customer_before_the_item(clerk: Caller) -> None:
    assert clerk.send("PUT", "/items/IBU/issue-policy", {"issue_policy": "LIFO"}).status_code == 200
    clerk.post("/customers", {"code": "FIF", "name": "First in", "issue_policy": "FIFO"})
    said = []
    for number, more in enumerate([{}, {"customer": "FIF"}, {"customer": "FIF", "issue_policy": "FEFO"}]):
        sale = order(clerk, "sales", f"SO-P{number}", want("1", "IBU"), **more)
        line = clerk.post(f"/orders/{sale['id']}/allocate", {"preview": True}, expect=200)["lines"][0]
        said.append((line["issue_policy"], line["policy_of"]))
    assert said == [("LIFO", "item"), ("FIFO", "customer"), ("FEFO", "order")]


def test_orders_are_read_page_by_page(clerk: Caller) -> None:
    everything = [each["id"] for each in clerk.get("/orders?limit=1000")["orders"]]
    pages, after = [], ""
    while True:
        page = clerk.get(f"/orders?limit=3{after}")
        pages += [each["id"] for each in page["orders"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert pages == everything and len(everything) == len(set(everything))

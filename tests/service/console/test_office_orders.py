"""Orders at the desk: made, allocated with reasons, another lot chosen by hand, picked, shipped, labelled; produced."""

import re
from typing import Any
from uuid import uuid4

import pytest

from tests.service.api.conftest import Caller
from tests.service.console.test_acting import Console, at_console
from tests.service.console.test_pages import URI, page, text


@pytest.fixture(scope="module")
def house(maker: Caller) -> Caller:
    maker.post("/locations", {"site": "SX", "code": "DOCK", "kind": "dock"})
    maker.post("/items", {"code": "PWD", "name": "Powder", "unit": "KGM", "decimals": 3})
    return maker


@pytest.fixture(scope="module")
def clerk(house: Caller) -> Console:
    return at_console(house, "supervisor", "operator")


def stocked(house: Caller, lot: str, quantity: str, expiry: str) -> None:
    line = {"item": "AMX", "lot": lot, "quantity": quantity, "expiry_date": expiry, "production_date": "2026-01-02"}
    house.receive(lot, lines=[line])


def ordered(clerk: Console, quantity: str, **more: str) -> str:
    """The address of a new order's page."""
    fields = {"number": f"S-{uuid4().hex[:6]}", "site": "SX", "partner": "Apotheke", "item-1": "AMX"}
    made = clerk.fill("/console/orders/new", "/console/orders/new", **fields | {"quantity-1": quantity} | more)
    return made.headers["Location"].partition("?")[0]


def test_an_order_gets_what_expires_first_and_the_page_says_why_in_two_languages(house: Caller, clerk: Console) -> None:
    stocked(house, "O-LATE", "50", "2099-12-31")
    stocked(house, "O-EARLY", "10", "2090-01-31")
    order = ordered(clerk, "15")
    shown = text(clerk.fill(order, f"{order}/allocate", 200, preview="yes"))
    assert "Nothing is reserved yet" in shown and "expires 2090-01-31, the earliest usable" in shown
    assert "expires 2099-12-31, the next" in shown and "FEFO" in shown
    assert house.get(f"/orders/{order.rpartition('/')[2]}")["lines"][0]["reserved"] == "0"
    chinese = text(clerk.fill(f"{order}", f"{order}/allocate", 200, preview="yes", lang="zh"))
    assert chinese
    clerk.look("/console/?lang=zh")
    assert "有效期至 2090-01-31，为可用库存中最早" in text(clerk.fill(order, f"{order}/allocate", 200, hours="8"))
    clerk.look("/console/?lang=en")
    kept = house.get(f"/orders/{order.rpartition('/')[2]}")
    assert kept["lines"][0]["reserved"] == "15"
    assert [(each["lot"], each["quantity"]) for each in kept["set_aside"]] == [("O-EARLY", "10"), ("O-LATE", "5")]


def test_another_lot_is_chosen_by_hand_and_the_reason_stands_in_the_record_of_the_pick(
    house: Caller, clerk: Console
) -> None:
    stocked(house, "H-1", "30", "2080-01-31")
    stocked(house, "H-2", "30", "2081-01-31")
    order = ordered(clerk, "20")
    clerk.fill(order, f"{order}/allocate", 200, hours="8")
    body = {"csrf": clerk.forms(order)[f"{order}/allocate"]["csrf"], "line": "1", "lot": "H-2", "reason": "label torn"}
    assert "Taken by hand: label torn" in text(clerk.submit(body, f"{order}/choose", 200))
    picked = clerk.fill(order, f"{order}/pick-list", to="SX/DOCK").headers["Location"].partition("?")[0]
    assert "H-2" in text(clerk.look(picked)) and "label torn" in text(clerk.look(picked))
    stop = f"{picked}/lines/1"
    seen = {"place": "SX/A-01", "item": "AMX", "lot": "H-1", "quantity": "20"}
    assert "Expected: lot H-2" in text_refused(clerk.fill(picked, stop, 409, **seen))
    clerk.fill(picked, stop, **seen | {"lot": "H-2"})
    assert "All picked" in text(clerk.look(picked))
    reasons = [row["reason"] for row in house.get(f"/reports/history?lot={URI}H-2")["rows"] if row["type"] == "pick"]
    assert reasons == ["chosen: by hand, label torn"]
    clerk.fill(order, f"{order}/ship")
    shown = clerk.look(order).get_data(as_text=True)
    assert "Shipped" in text(clerk.look(order + "?done=ship")) and re.search(r"slip\?movement=[0-9a-f-]{36}", shown)


@pytest.mark.parametrize(("choice", "status", "slug"), [
    ({"lot": "NOSUCH"}, 409, "unknown-thing"), ({"line": 9}, 409, "unknown-thing"), ({"lot": "HELD"}, 409, "not-alloc"),
    ({"reason": ""}, 422, "wrong-shape"),
])  # fmt: skip
def test_a_choice_that_cannot_be_leaves_what_was_reserved(
    house: Caller, clerk: Console, choice: dict[str, Any], status: int, slug: str
) -> None:
    stocked(house, f"C-{uuid4().hex[:6]}", "30", "2070-01-31")
    if not house.get("/lots?lot=HELD")["lots"]:
        stocked(house, "HELD", "30", "2071-01-31")
        case = {"id": str(uuid4()), "cause": "suspect", "words": "x", "by": "u", "item": "AMX", "lot": "HELD"}
        house.post("/quarantine-cases", case)
    id = ordered(clerk, "5").rpartition("/")[2]
    house.post(f"/orders/{id}/allocate", {}, 200)
    body = {"choices": [{"line": 1, "lot": "C-1", "reason": "x"} | choice]}
    assert slug in house.post(f"/orders/{id}/allocate", body, status)["type"]
    assert house.get(f"/orders/{id}")["lines"][0]["reserved"] == "5"


def test_a_lot_that_has_too_little_leaves_the_rest_to_allocation(house: Caller, clerk: Console) -> None:
    stocked(house, "L-1", "30", "2060-01-31")
    stocked(house, "L-2", "3", "2061-01-31")
    id = ordered(clerk, "5").rpartition("/")[2]
    choices = [{"line": 1, "lot": "L-2", "reason": "x"}]
    line = house.post(f"/orders/{id}/allocate", {"choices": choices}, 200)["lines"][0]
    assert (line["allocated"], line["short"]) == ("3", "2")
    assert house.post(f"/orders/{id}/allocate", {}, 200)["lines"][0]["allocated"] == "2"
    assert house.get(f"/orders/{id}")["lines"][0]["reserved"] == "5"


def test_what_was_typed_is_not_typed_twice(clerk: Console) -> None:
    fields = {"number": "S-AGAIN", "site": "SX", "partner": "Apotheke", "item-1": "AMX", "quantity-1": "-3"}
    refused = clerk.fill("/console/orders/new", "/console/orders/new", 422, **fields)
    body = refused.get_data(as_text=True)
    assert 'role="alert"' in body and 'value="S-AGAIN"' in body and 'value="-3"' in body


def test_a_run_of_production_is_recorded_and_balanced(house: Caller, clerk: Console) -> None:
    house.post("/movements", {"id": str(uuid4()), "type": "receive", "to": "SX/A-01", "supplier": "Acme", "lines": [
        {"item": "PWD", "lot": "W-1", "quantity": "5", "expiry_date": "2099-01-31"}]})  # fmt: skip
    fields = {"number": f"M-{uuid4().hex[:6]}", "site": "SX", "item-1": "PWD", "quantity-1": "4", "role-1": "main",
              "item-2": "PWD", "quantity-2": "5", "role-2": "component"}  # fmt: skip
    page_ = "/console/orders/new?kind=production"
    order = clerk.fill(page_, "/console/orders/new", **fields).headers["Location"].partition("?")[0]
    run = {"at": "SX/A-01", "used_lot-1": "W-1", "used_quantity-1": "5", "lot-1": "W-2", "quantity-1": "4",
           "expiry_date-1": "2099-01-31", "production_date-1": "2026-11-01", "loss": "1"}  # fmt: skip
    clerk.fill(order, f"{order}/produce", **run)
    shown = text(clerk.look(order))
    assert "W-2" in shown and "Yield, %: 80" in shown and "production, done" in shown


def test_labels_are_there_for_every_lot_and_each_reads_what_it_says(house: Caller, clerk: Console) -> None:
    house.receive("LBL-1")
    shown = clerk.look(f"/console/labels?uri={URI}LBL-1&quantity=12")
    assert shown.get_data(as_text=True).count("<img") == 5 and "(01)09506000210018(17)991231" not in text(shown)
    assert "(10)LBL-1" in text(shown), "a year that would be read as 1999 is left out"
    house.post("/items", {"code": "NOGTIN", "name": "Sand", "unit": "KGM"})
    house.post("/movements", {"id": str(uuid4()), "type": "receive", "to": "SX/A-01", "supplier": "Acme", "lines": [
        {"item": "NOGTIN", "lot": "S-1", "quantity": "5", "expiry_date": "2099-01-31"}]})  # fmt: skip
    uri = house.get("/lots?item=NOGTIN")["lots"][0]["uri"]
    assert clerk.look(f"/console/labels?uri={uri}").get_data(as_text=True).count("<img") == 2


def test_a_label_is_printed_again_only_with_a_reason_and_stands_on_the_page(house: Caller, clerk: Console) -> None:
    house.receive("LBL-2")
    page_, action = f"/console/labels?uri={URI}LBL-2", "/console/labels/print"
    fetched = clerk.fill(page_, action, copies="2").headers["Location"]
    assert "Take copies 1 to 2" in text(clerk.look(fetched))
    assert "Expected: a reason" in text_refused(clerk.fill(page_, action, 409, copies="1"))
    clerk.fill(page_, action, copies="1", reason="torn off")
    shown = text(clerk.look(page_))
    assert "1–2" in shown and "torn off" in shown and "LBL-2" in shown
    assert text_refused(clerk.fill(page_, action, 422, copies="many", reason="x"))
    place = clerk.fill("/console/labels?place=SX/A-01", action, copies="1").headers["Location"]
    assert "SX/A-01" in text(clerk.look(place)) and "QR and Code 128" in text(clerk.look(place))


def test_the_history_of_a_lot_is_printed_from_its_page(house: Caller) -> None:
    house.receive("LBL-3")
    quality, page_ = at_console(house, "quality"), f"/console/lot?uri={URI}LBL-3"
    paper = quality.fill(page_, "/console/lot/print", 200)
    assert paper.content_type == "application/pdf" and paper.data.startswith(b"%PDF")
    shown = quality.look(page_)
    assert "Does it still hold?" in text(shown)
    link = re.search(r'href="(/print/[0-9a-f-]{36}\?lang=en)"', shown.get_data(as_text=True))
    assert link is not None and "Nothing was recorded of this lot since" in text(quality.look(link.group(1)))


def test_who_may_not_is_not_offered_it_and_refused_by_force(house: Caller) -> None:
    quality = at_console(house, "quality")
    assert quality.look("/console/orders").status_code == 200
    assert "New order" not in text(quality.look("/console/orders"))
    csrf = quality.forms(f"/console/lot?uri={URI}LBL-1")
    fields = {"csrf": next(iter(csrf.values()))["csrf"], "kind": "sales", "number": "X", "site": "SX",
              "partner": "x", "item-1": "AMX", "quantity-1": "1"}  # fmt: skip
    assert quality.submit(fields, "/console/orders/new", 403)
    assert house.get("/orders?number=X")["orders"] == []


def test_an_order_of_another_is_not_there(house: Caller, clerk: Console, outsider: Caller) -> None:
    order = ordered(clerk, "1")
    assert page(outsider, order.removeprefix("/console/")).status_code == 404


def text_refused(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))

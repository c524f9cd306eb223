"""The floor in a real browser, a scanner in the hand: every flow within its number of touches."""

from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.floor.hand import Phone, item, lot, offered, phone, sales_order, stock
from tests.service.api.conftest import Caller

pytestmark = pytest.mark.xdist_group("floor")


def test_put_away_takes_no_touch(hand: Phone) -> None:
    number = lot(hand.company)
    hand.open("floor/move")
    before = hand.touches()
    hand.read(number)
    hand.says(number, "Scan the place")
    hand.read("A-02")
    expect(hand.page.locator("#undo")).to_contain_text("Undo")
    hand.sent()
    assert hand.touches() - before == 0
    assert stock(hand.company, number) == {"SX/A-02": "100"}


def test_receiving_takes_two_touches_and_labels_come_in_any_order(hand: Phone) -> None:
    number = f"R{uuid4().hex[:8].upper()}"
    hand.open("receive")
    hand.page.get_by_label("Supplier").fill("Acme")
    before = hand.touches()
    hand.read(f"]d2010950600021001817281231{'10' + number}<GS>3025")
    expect(hand.page.locator("#lot")).to_have_value(number)
    expect(hand.page.locator("#quantity")).to_have_value("25")
    hand.read("SX/A-02")
    hand.page.get_by_role("button", name="Receive it").tap()
    hand.sent()
    assert hand.touches() - before == 1
    assert stock(hand.company, number) == {"SX/A-02": "25"}
    other = f"R{uuid4().hex[:8].upper()}"
    hand.read(other)
    hand.read("09506000210018")
    expect(hand.page.locator("#item")).to_have_value("AMX")
    expect(hand.page.locator("#lot")).to_have_value(other)
    expect(hand.page.locator("#supplier")).to_have_value("Acme")
    hand.page.locator("#expiry_date").fill("2028-12-31")
    hand.page.get_by_role("button", name="Receive it").tap()
    hand.sent()
    assert stock(hand.company, other) == {"SX/A-02": "1"}


def test_another_lot_never_overwrites_what_was_scanned(hand: Phone) -> None:
    one, other = (f"R{uuid4().hex[:8].upper()}" for _ in range(2))
    hand.open("receive")
    hand.read(f"]d2010950600021001817281231{'10' + one}")
    hand.read(f"]d2010950600021001817291231{'10' + other}")
    hand.says("That contradicts what was scanned before", one, other)
    assert hand.last_sound() == "error"
    expect(hand.page.locator("#lot")).to_have_value(one)
    expect(hand.page.locator("#expiry_date")).to_have_value("2028-12-31")


def test_holding_takes_two_touches(hand: Phone) -> None:
    number = lot(hand.company)
    hand.open("floor/hold")
    before = hand.touches()
    hand.read(number)
    hand.page.get_by_role("button", name="damaged").tap()
    hand.page.get_by_role("button", name="HOLD").tap()
    hand.sent()
    assert hand.touches() - before == 2
    rows = hand.company.get("/reports/stock?limit=1000")["rows"]
    assert [row["goods_status"] for row in rows if row["lot"] == number] == ["hold"]


def test_a_place_is_counted_blind_with_one_touch(hand: Phone) -> None:
    place = f"C-{uuid4().hex[:6]}"
    hand.company.post("/locations", {"site": "SX", "code": place, "kind": "storage"})
    there, gone = (lot(hand.company, "5", to=f"SX/{place}") for _ in range(2))
    hand.open("floor/count")
    before = hand.touches()
    hand.read(f"SX/{place}")
    hand.says(there, gone)
    assert [each.input_value() for each in hand.page.locator("#work input").all()] == ["", ""]
    hand.read(there)
    hand.page.clock.fast_forward(1_600)
    hand.read(there)
    hand.page.get_by_role("button", name="Place finished").tap()
    hand.says("not found: 1")
    hand.sent()
    assert hand.touches() - before == 1
    sheet = next(each for each in hand.company.get("/counts")["counts"] if each["state"] == "counted")
    lines = hand.company.get(f"/counts/{sheet['id']}")["lines"]
    assert {each["lot"]: each["counted"] for each in lines} == {there: "2", gone: "0"}
    assert sheet["blind"]


def test_picking_takes_no_touch_and_says_why_this_lot(hand: Phone) -> None:
    of = item(hand.company)
    soon, late = (lot(hand.company, "10", item=of, expiry=day) for day in ("2098-01-01", "2099-06-01"))
    order = sales_order(hand.company, of, "20")
    hand.open(f"floor/pick/{order}")
    hand.page.get_by_role("button", name="Reserve and begin").tap()
    hand.page.wait_for_selector(".pick-card")
    if hand.page.locator(".pick-card").inner_text().find(soon) < 0:
        hand.page.get_by_role("button", name="Show the next one").tap()
    hand.says("SX/A-01", "2098-01-01", "the earliest", "0 of 2")
    before = hand.touches()
    hand.read(late)
    hand.read(soon)
    hand.says("All picked", "2 of 2")
    hand.sent()
    assert hand.touches() - before == 0
    assert stock(hand.company, soon) == stock(hand.company, late) == {"SX/DOCK": "10"}


def test_a_wrong_lot_is_refused_until_somebody_has_understood(hand: Phone) -> None:
    of = item(hand.company)
    right, wrong = (lot(hand.company, "10", item=of, expiry=day) for day in ("2097-01-01", "2099-01-01"))
    order = sales_order(hand.company, of, "10")
    hand.open(f"floor/pick/{order}")
    hand.page.get_by_role("button", name="Reserve and begin").tap()
    hand.page.wait_for_selector(".pick-card")
    hand.read(wrong)
    alert = hand.page.locator("#floor-alert")
    expect(alert).to_contain_text(f"Scanned: lot {wrong}")
    expect(alert).to_contain_text(f"Expected: lot {right}")
    expect(alert).to_contain_text(f"Do: Put it back: lot {right} at SX/A-01 goes first.")
    heard = hand.heard()
    hand.page.clock.run_for(8_500)
    assert hand.heard() >= heard + 2, "an error is heard until it is acknowledged"
    hand.read(right, within=2_500)  # sooner than it sounds again by itself
    assert hand.last_sound() == "error" and hand.waiting() == 0, "nothing goes on behind an error"
    hand.page.get_by_role("button", name="Understood").tap()
    hand.page.clock.fast_forward(1_600)
    hand.read(right)
    hand.sent()
    assert stock(hand.company, right) == {"SX/DOCK": "10"} and stock(hand.company, wrong) == {"SX/A-01": "10"}


def test_goods_are_taken_over_in_part_with_three_touches(
    hand: Phone, chromium: Browser, url: str, trader: Caller
) -> None:
    number = lot(hand.company, "10")
    offer = offered(hand.company, trader, number, "10")
    with phone(chromium, url, trader, "operator") as taker:
        taker.open("floor/handoffs")
        card = taker.page.locator("section.card", has_text=number)
        before = taker.touches()
        taker.read(number)
        taker.says("1 of 1")
        card.get_by_text("Another number").tap()
        card.get_by_label(f"Accepted of {number}").fill("7")
        card.get_by_label(f"Refused of {number}").fill("2")
        card.get_by_role("button", name="Accept").tap()
        taker.says("Accepted with differences")
        taker.sent()
        assert taker.touches() - before == 2
        assert stock(trader, number) == {"SX/A-01": "7"}
        shown = next(each for each in trader.get("/handoffs")["handoffs"] if each["id"] == offer)
        assert shown["state"] == "accepted" and shown["lines"][0]["refused"] == "2"


def test_goods_that_nobody_wants_are_refused_with_a_reason(
    hand: Phone, chromium: Browser, url: str, trader: Caller
) -> None:
    offer = offered(hand.company, trader, lot(hand.company, "10"), "10")
    with phone(chromium, url, trader, "operator", lang="zh") as taker:
        taker.open("floor/handoffs")
        card = taker.page.locator(f'section:has([data-handoff="{offer}"])')
        card.locator("summary", has_text="全部拒收").tap()
        card.get_by_label("原因").fill("wet")
        card.get_by_role("button", name="全部拒收").tap()
        taker.sent()
        assert next(each for each in trader.get("/handoffs")["handoffs"] if each["id"] == offer)["state"] == "refused"


def test_goods_are_handed_over_with_two_touches(hand: Phone, trader: Caller) -> None:
    number = lot(hand.company, "10")
    hand.open("floor/offer")
    before = hand.touches()
    hand.read(number)
    hand.page.get_by_role("button", name=f"Party {trader.party}").tap()
    hand.page.get_by_role("button", name="Offer", exact=True).tap()
    hand.sent()
    assert hand.touches() - before == 2
    waiting = trader.get("/handoffs?direction=incoming&state=offered")["handoffs"]
    assert number in [line["lot"] for each in waiting for line in each["lines"]]


def test_anything_scanned_is_explained_without_a_touch(hand: Phone) -> None:
    number = lot(hand.company, "10")
    hand.open("scan")
    hand.read(number)
    hand.says(number, "SX/A-01 10 EA", "2099-12-31")
    expect(hand.page.locator("#work .goods.available")).to_have_text("Released")
    hand.read("SX/A-01")
    hand.says("SX/A-01", number)
    hand.read("NOSUCHTHING")
    expect(hand.page.locator("#floor-alert")).to_contain_text("Not known here")


def test_a_label_that_several_lots_bear_is_asked_about_with_or_without_a_network(hand: Phone) -> None:
    """What was split keeps its maker's number on the boxes."""
    number = lot(hand.company, "10")
    parts = [f"{number}-{each}" for each in ("A", "B")]
    hand.company.post("/movements", {"id": str(uuid4()), "type": "split", "at": "SX/A-01", "item": "AMX", "lot": number,
                                     "outputs": [{"lot": part, "quantity": "2"} for part in parts]})  # fmt: skip
    hand.page.clock.fast_forward(61_000)
    hand.open("floor/move")
    hand.kept()
    for offline in (False, True):
        hand.context.set_offline(offline)
        hand.page.clock.fast_forward(1_600)
        hand.read(number)
        assert hand.last_sound() == "warning"
        band = hand.page.locator("#floor-status")
        expect(band.get_by_role("button")).to_have_count(3)
        band.get_by_role("button", name=parts[0]).tap()
        hand.says("Scan the place", f"{parts[0]} · AMX")
        hand.page.get_by_role("button", name="Begin again").tap()
    hand.context.set_offline(False)
    hand.complaints[:] = [each for each in hand.complaints if "ERR_INTERNET_DISCONNECTED" not in each]


def test_nothing_on_the_floor_complained(hand: Phone) -> None:
    """Last: neither a fault of a script nor anything that the pages' own policy forbids."""
    assert hand.complaints == []


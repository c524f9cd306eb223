"""Everybody can use the floor: axe-core finds nothing, at any width, in both languages; and without a script too."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.everybody import THOROUGH, WIDTHS, judged
from tests.e2e.floor.hand import item, lot, offered, phone, sales_order, stock
from tests.service.api.conftest import Caller

pytestmark = pytest.mark.xdist_group("floor")

PAGES = ("scan", "receive", "floor/move", "floor/pick", "floor/handoffs", "floor/offer", "floor/count", "floor/hold",
         "floor/label?read=LA8", "floor/device")  # fmt: skip
SMALLEST = 48
SMALL = """(smallest) => [...document.querySelectorAll("#floor :is(button, input:not([type=hidden]), select, summary)")]
  .filter((each) => each.checkVisibility() && each.getBoundingClientRect().height < smallest)
  .map((each) => each.outerHTML)"""


@pytest.mark.parametrize(("lang", "scheme", "axe_at"), [("en", "light", 1280), ("zh", "dark", 320)])
def test_axe_finds_nothing(chromium: Browser, url: str, maker: Caller, lang: str, scheme: str, axe_at: int) -> None:
    """What costs is the loading of pages: each is walked in one language, a pick, an error and the outbox in both;
    thoroughly all in both.
    """
    number, of = lot(maker), item(maker)
    lot(maker, "5", item=of)
    order = sales_order(maker, of, "5")
    looks = {"color_scheme": scheme, "bypass_csp": True}
    with phone(chromium, url, maker, "operator", lang=lang, **looks) as held:
        for path in (*(PAGES if THOROUGH else PAGES[lang == "zh" :: 2]), f"floor/pick/{order}"):
            held.open(path)
            if path in ("scan", "floor/move", "floor/offer", "floor/hold"):
                held.read(number)
            seen(held.page, path, axe_at)
        held.page.locator("form button.main").tap()
        held.page.wait_for_selector(".pick-card")
        seen(held.page, "a card", axe_at)
        held.read("NOSUCHTHING")
        seen(held.page, "an error", axe_at)
        held.open("floor/move")
        held.read(number)
        held.read("SX/A-02")
        held.page.clock.fast_forward(1_600)
        held.read("SX/A-02")
        held.page.locator("#outbox summary").tap()
        seen(held.page, "undo and outbox", axe_at)
        held.sent()


def seen(page: Page, what: str, axe_at: int) -> None:
    """By everybody, and large enough to touch."""
    judged(page, what, axe_at)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(SMALL, SMALLEST) == [], (what, width)


def test_somebody_whom_movement_harms_sees_none(chromium: Browser, url: str, maker: Caller) -> None:
    with phone(chromium, url, maker, "operator", reduced_motion="reduce") as held:
        held.open("scan")
        held.read("NOSUCHTHING")
        band = held.page.locator(".band.error")
        assert band.evaluate("(band) => getComputedStyle(band).animationName") == "none"
        expect(band).to_contain_text("✕ Not known here")


def test_without_a_script_goods_are_received_picked_and_taken_over(
    chromium: Browser, url: str, maker: Caller, trader: Caller
) -> None:
    of = item(maker)
    number = lot(maker, "5", item=of)
    order = sales_order(maker, of, "5")
    with phone(chromium, url, maker, "operator", java_script_enabled=False) as held:
        held.page.goto(f"{url}/console/floor/pick/{order}")
        held.page.get_by_role("button", name="Reserve and begin").tap()
        for name, value in (("Location", "SX/A-01"), ("Item", of), ("Lot", number)):
            held.page.get_by_label(name, exact=True).fill(value)
        held.page.get_by_role("button", name="Confirm").tap()
        expect(held.page.locator("main")).to_contain_text("Picked.")
        assert stock(maker, number) == {"SX/DOCK": "5"}
        held.page.goto(f"{url}/console/receive")
        held.page.locator("#code").fill("]d20109506000210018172812311" + "0NOSCRIPT1")
        held.page.keyboard.press("Enter")
        held.page.get_by_label("Quantity").fill("7")
        held.page.get_by_label("Supplier").fill("Acme")
        held.page.get_by_label("Produced").fill("2026-01-01")
        held.page.get_by_role("button", name="Receive it").tap()
        expect(held.page.locator("main")).to_contain_text("Received.")
    given = lot(maker, "10")
    offered(maker, trader, given, "10")
    with phone(chromium, url, trader, "operator", java_script_enabled=False) as held:
        held.page.goto(f"{url}/console/floor/handoffs")
        held.page.get_by_role("button", name="Accept").tap()
        expect(held.page.locator("main")).to_contain_text("Accepted")
        assert stock(trader, given) == {"SX/A-01": "10"}

"""The office pages in a real browser: an order is worked off from its first form to its label, and the keyboard leads
about. One browser and one product for all of it."""

from collections.abc import Iterator
from time import time
from uuid import uuid4

import pyotp
import pytest
from playwright.sync_api import Browser, Page

from service.demo.door import Door
from service.signin.factors import STEP
from tests.e2e.conftest import Told
from tests.e2e.keys import Keys
from tests.e2e.stack import Running
from tests.service.api.signing_in import PASSWORD, secret_of
from tests.tools.browser import browser

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def company(told: Told) -> Door:
    """A warehouse with goods and a dock."""
    return told.accounts.companies["tongqu"].door


@pytest.fixture(scope="module")
def desk(chromium: Browser, the_stack: Running, company: Door) -> Iterator[Page]:
    """Somebody at a screen, signed in as people do, of whom no second factor is demanded."""
    roles = [{"role": role} for role in ("operator", "integrator")]
    code = company.post("/api/v1/people", {"code": f"desk-{uuid4().hex[:6]}", "roles": roles})["code"]
    secret = company.post(f"/api/v1/people/{code}/invitations", {})["secret"]
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(f"{the_stack.url}/invitation/{secret}")
    for field in ("password", "again"):
        page.fill(f"#{field}", PASSWORD)
    page.click("main button")
    page.goto(f"{the_stack.url}/sign-in?next=/console/")
    for field, value in (("party", "tongqu"), ("person", code), ("password", PASSWORD)):
        page.fill(f"#{field}", value)
    page.click("main button")
    yield page
    context.close()


@pytest.fixture(scope="module")
def quality(chromium: Browser, the_stack: Running, company: Door) -> Iterator[Page]:
    """Somebody of quality, of whom a second factor is demanded: signed in with it a moment ago."""
    code = company.post("/api/v1/people", {"code": f"qa-{uuid4().hex[:6]}", "roles": [{"role": "quality"}]})["code"]
    secret = company.post(f"/api/v1/people/{code}/invitations", {})["secret"]
    context = chromium.new_context(viewport={"width": 1280, "height": 900})

    def ask(path: str, **body: str) -> dict[str, str]:
        ours = {"Origin": the_stack.url, "Lotproof-Session": "1"}
        told: dict[str, str] = context.request.post(f"{the_stack.url}/api/v1/{path}", data=body, headers=ours).json()
        return told

    ask("invitations/accept", secret=secret, password=PASSWORD)
    ask("session", party="tongqu", person=code, password=PASSWORD)
    codes = pyotp.TOTP(secret_of(ask("session/second-factor")["uri"]))
    assert "recovery_codes" in ask("session/second-factor/confirm", code=codes.at(time() - STEP))
    ask("session/prove", password=PASSWORD, code=codes.now())
    yield context.new_page()
    context.close()


def test_an_order_is_worked_off_at_the_desk(desk: Page, the_stack: Running, company: Door) -> None:
    desk.goto(f"{the_stack.url}/console/orders/new")
    number = f"SO-{uuid4().hex[:6]}"
    for field, value in (("number", number), ("partner", "Apotheke am Markt"), ("quantity-1", "10")):
        desk.fill(f"#{field}", value)
    desk.select_option("#site", "HZ")
    desk.select_option("#item-1", "AMX")
    desk.click("text=Make the order")
    desk.click("text=Show what it would get")
    assert "the earliest usable" in desk.inner_text("main")
    desk.click("summary:has-text('not taken')")
    desk.click("summary:has-text('Take this lot instead') >> nth=0")
    desk.fill("details details[open] input[type=text]", "the customer asked for it")
    desk.click("details details[open] button")
    desk.click("text=Make the pick list")
    place, lot = desk.inner_text(".card h2"), desk.inner_text(".card .big strong >> nth=0")
    assert "the customer asked for it" in desk.inner_text(".card")
    desk.click("summary:has-text('Confirm')")
    for name, value in (("place", place), ("item", "AMX"), ("lot", lot)):
        desk.fill(f"[name={name}]", value)
    desk.click(".card form button")
    assert "All picked" in desk.inner_text("main")
    desk.click(f"main a:has-text('{number}')")
    desk.click("text=Ship what was picked")
    assert "Shipped" in desk.inner_text("main .done")
    order = company.get(f"/api/v1/orders?number={number}")["orders"][0]
    assert (order["state"], order["lines"][0]["shipped"]) == ("done", "10")
    desk.click("a:has-text('Labels') >> nth=0")
    drawn = "[...document.images].map((each) => each.decode().then(() => each.naturalWidth > 0, () => false))"
    assert desk.evaluate(f"Promise.all({drawn})") == [True] * 5


def test_the_keyboard_leads_about_and_can_be_switched_off(desk: Page, the_stack: Running) -> None:
    desk.goto(f"{the_stack.url}/console/orders")
    desk.keyboard.type("gl")
    desk.wait_for_url("**/console/lots")
    desk.keyboard.press("/")
    desk.keyboard.type("gl?")
    assert desk.input_value("#search") == "gl?", "who types is left alone"
    desk.evaluate("document.activeElement.blur()")
    desk.keyboard.press("?")
    assert desk.is_visible("#keys")
    desk.uncheck("#keys-on")
    desk.keyboard.press("Escape")
    desk.keyboard.type("go")
    desk.wait_for_timeout(100)
    assert desk.url.endswith("/console/lots")
    desk.keyboard.press("?")
    desk.check("#keys-on")
    desk.keyboard.press("Escape")
    desk.goto(f"{the_stack.url}/console/scan")
    assert desk.locator("#keys").count() == 0, "a scanner types letters"


def test_an_order_is_made_reserved_and_listed_by_the_keyboard_alone(desk: Page, the_stack: Running) -> None:
    keys, number = Keys(desk), f"SO-{uuid4().hex[:6]}"
    desk.goto(f"{the_stack.url}/console/")
    keys.go("o")
    keys.press("New order")
    for field, value in (("number", number), ("site", "HZ"), ("partner", "Apotheke"), ("item-1", "AMX"),
                         ("quantity-1", "2")):  # fmt: skip
        keys.type(field, value)
    keys.press("Make the order")
    keys.press("Reserve")
    keys.press("Make the pick list")
    place, lot = desk.inner_text(".card h2"), desk.inner_text(".card .big strong >> nth=0")
    keys.unfold("Confirm")
    for field, value in (("place", place), ("item", "AMX"), ("lot", lot)):
        keys.type(field, value)
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    keys.press(number)
    keys.press("Ship what was picked")
    assert "Shipped" in desk.inner_text("main .done")


def test_a_lot_is_held_decided_and_signed_for_by_the_keyboard_alone(
    desk: Page, quality: Page, the_stack: Running, company: Door
) -> None:
    line = {"item": "AMX", "lot": "KEYS-1", "quantity": "5", "expiry_date": "2090-01-31"}
    company.post("/api/v1/movements", {"id": str(uuid4()), "type": "receive", "to": "HZ/REC", "supplier": "Acme",
                                       "lines": [line]})  # fmt: skip
    keys, signer = Keys(desk), Keys(quality)
    desk.goto(f"{the_stack.url}/console/")
    keys.go("l")
    desk.keyboard.press("/")
    desk.keyboard.type("KEYS-1")
    with desk.expect_navigation():
        desk.keyboard.press("Enter")
    keys.press("KEYS-1")
    keys.unfold("Put on hold")
    keys.type("hold-words", "wet cartons")
    keys.press("Put on hold")
    quality.goto(f"{the_stack.url}/console/")
    signer.go("q")
    signer.press("wet cartons")
    signer.type("review-words", "I look at it")
    signer.press("Take it up")
    signer.type("decide-reason", "the inner cartons are dry")
    signer.type("decide-password", PASSWORD)
    signer.press("Decide")
    signer.type("meaning", "I have seen them")
    signer.type("sign-password", PASSWORD)
    signer.press("Sign: approve")
    assert "I have seen them" in quality.inner_text("main")


def test_a_count_is_opened_and_filled_in_by_the_keyboard_alone(desk: Page, the_stack: Running) -> None:
    keys = Keys(desk)
    desk.goto(f"{the_stack.url}/console/")
    keys.go("c")
    keys.press("New count")
    keys.type("place-1", "HZ/R-11")
    keys.press("Open the count")
    keys.type("counted-1", "5")
    keys.press("Save")
    assert desk.get_attribute("[name=counted-1]", "placeholder") == "5"


def test_a_row_is_a_card_on_a_phone_and_says_what_each_value_is(desk: Page, the_stack: Running) -> None:
    desk.set_viewport_size({"width": 320, "height": 700})
    desk.goto(f"{the_stack.url}/console/reports/stock")
    cell = desk.locator("main > .scroll [role=cell]").first
    assert desk.evaluate("(each) => getComputedStyle(each, '::before').content", cell.element_handle()) == '"Item"'
    row = desk.locator("main > .scroll [role=row]:has([role=cell])").first
    boxes = [each.bounding_box() for each in row.locator("[role=cell]").all()]
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(set(tops)), "below each other"
    desk.set_viewport_size({"width": 1280, "height": 900})


def test_on_a_phone_the_list_of_pages_opens_and_the_floors_own_list_stays(desk: Page, the_stack: Running) -> None:
    desk.set_viewport_size({"width": 360, "height": 700})
    desk.goto(f"{the_stack.url}/console/scan")
    pages, floor = desk.locator(".desk > nav"), desk.locator("main nav")
    assert floor.is_visible() and not pages.is_visible()
    desk.click("label.menu")
    assert pages.is_visible()
    desk.set_viewport_size({"width": 1280, "height": 900})
    desk.reload()
    assert pages.is_visible() and floor.is_visible()

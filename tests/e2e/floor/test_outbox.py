"""The outbox: what is done in a dead spot is sent once, whatever happens to the page."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Route, expect

from tests.e2e.floor.hand import Phone, another, lot, stock
from tests.service.api.conftest import Caller

pytestmark = pytest.mark.xdist_group("floor")

STEPS = ("written down", "before sending", "while sending", "recorded, not answered", "answered",
         "before it is struck off")  # fmt: skip


@pytest.fixture
def own(chromium: Browser, hand: Phone) -> Iterator[Phone]:
    with another(chromium, hand) as held:
        yield held


def put_away(hand: Phone, number: str, to: str = "SX/A-02") -> None:
    hand.open("floor/move")
    hand.read(number)
    hand.says("Scan the place")
    hand.read(to)
    if hand.last_sound() == "warning":
        hand.page.clock.fast_forward(1_600)
        hand.read(to)
    expect(hand.page.locator(".undo-row").first).to_be_visible()


def movements(company: Caller, number: str) -> list[str]:
    uri = next(row["uri"] for row in company.get("/reports/stock?limit=1000")["rows"] if row["lot"] == number)
    return [row["type"] for row in company.get(f"/reports/history?lot={uri}")["rows"]]


def test_undo_leaves_no_trace(own: Phone) -> None:
    number = lot(own.company)
    put_away(own, number)
    own.page.locator(".undo-row").get_by_role("button", name="Undo").tap()
    own.says("Undone; nothing was recorded")
    own.page.clock.fast_forward(10_000)
    own.emptied()
    assert movements(own.company, number) == ["receive"]


def test_the_keyboard_undoes_too_and_so_does_the_card(own: Phone) -> None:
    one, other = lot(own.company), lot(own.company)
    put_away(own, one)
    own.page.keyboard.press("Escape")
    own.says("Undone")
    put_away(own, other)
    own.scan("LOTPROOF:UNDO")
    expect(own.page.locator(".undo-row")).to_have_count(0)
    own.page.clock.fast_forward(10_000)
    assert movements(own.company, one) == movements(own.company, other) == ["receive"]


@pytest.mark.parametrize("dies", STEPS)
def test_a_page_that_dies_at_any_step_loses_nothing_and_doubles_nothing(own: Phone, dies: str) -> None:
    number, asked = lot(own.company), list[str]()
    put_away(own, number)
    dying = {"while sending": _never, "recorded, not answered": _swallow, "answered": _slowly}
    if dies in dying:
        own.page.route("**/api/v1/movements", lambda route: (asked.append(route.request.url), dying[dies](route)))
    if dies == "before it is struck off":
        own.page.evaluate("() => { IDBObjectStore.prototype.delete = () => { throw new Error('flat battery'); }; }")
    if dies != "written down":
        own.page.clock.fast_forward(4_900 if dies == "before sending" else 5_200)
    if asked or dies in dying:
        own.page.wait_for_timeout(300)
        assert len(asked) == 1
    own.page.close(run_before_unload=False)
    own.complaints.clear()
    own.page = own.context.new_page()
    own.page.clock.install()
    own.open("scan")
    own.page.clock.fast_forward(5_200)
    own.emptied()
    assert movements(own.company, number) == ["receive", "move"]
    assert stock(own.company, number) == {"SX/A-02": "100"}


def _never(route: Route) -> None:
    """The request leaves the page and comes nowhere."""


def _swallow(route: Route) -> None:
    """It is recorded, and the answer is lost."""
    route.fetch()


def _slowly(route: Route) -> None:
    route.fulfill(response=route.fetch())


def test_a_dead_spot_is_worked_through_and_the_page_opens_in_it(own: Phone) -> None:
    number, place = lot(own.company, expiry="2028-12-31"), f"D-{uuid4().hex[:6]}"
    own.company.post("/locations", {"site": "SX", "code": place, "kind": "storage"})
    own.page.clock.fast_forward(61_000)  # the copy here is a minute old, so it is made anew
    own.open("floor/move")
    own.kept()
    own.dead_spot(True)
    own.page.reload()
    own.page.wait_for_selector("html[data-ready]")
    label = f"]d201095060002100181728123110{number}"
    own.read(label)
    own.says(number, "Scan the place")
    own.read(f"SX/{place}")
    if own.last_sound() == "warning":
        own.page.clock.fast_forward(1_600)
        own.read(f"SX/{place}")
    own.page.clock.fast_forward(5_200)
    own.page.reload()
    own.says("Waiting on this device: 1", "no network")
    own.open("floor/label")
    expect(own.page.locator("#floor")).to_have_attribute("data-flow", "home")  # what is not kept leads to what is
    assert stock(own.company, number) == {"SX/A-01": "100"}
    own.dead_spot(False)
    own.emptied()
    assert stock(own.company, number) == {f"SX/{place}": "100"}
    assert movements(own.company, number) == ["receive", "move"]


def test_a_label_that_says_another_lot_stops_what_was_done_offline(own: Phone) -> None:
    """The phone compared it with what was here; the service reads it before anything is recorded."""
    number = lot(own.company)
    put_away(own, number)
    own.page.evaluate("""(other) => new Promise((done) => {
      indexedDB.open('lotproof-floor').onsuccess = (event) => {
        const store = event.target.result.transaction('outbox', 'readwrite').objectStore('outbox');
        store.getAll().onsuccess = (found) => {
          const entry = found.target.result[0];
          const {lot: value, item} = entry.steps[0].body.lines[0];
          entry.steps.unshift({method: 'POST', path: '/scans', matches: value,
            body: {id: crypto.randomUUID(), raw: btoa(other), expect: {kind: 'lot', value, item}}});
          store.put(entry).onsuccess = done;
        };
      };
    })""", lot(own.company))  # fmt: skip
    own.page.clock.fast_forward(5_200)
    expect(own.page.locator("#floor-alert")).to_contain_text("says something else")
    assert movements(own.company, number) == ["receive"] and own.waiting() == 1


def test_what_the_service_refuses_stays_until_somebody_decides(own: Phone) -> None:
    number = lot(own.company)
    put_away(own, number)
    own.company.post("/movements", {"id": str(uuid4()), "type": "move", "from": "SX/A-01", "to": "SX/NG",
                                    "lines": [{"item": "AMX", "lot": number, "quantity": "60"}]})  # fmt: skip
    own.page.clock.fast_forward(5_200)
    alert = own.page.locator("#floor-alert")
    expect(alert).to_contain_text("There is less than that")
    own.page.keyboard.press("Escape")
    expect(alert).to_be_empty()
    own.page.reload()
    own.says("Waiting on this device: 1")
    own.page.locator("#outbox summary").tap()
    own.says("Refused", number)
    own.page.get_by_role("button", name="Try again").tap()
    expect(alert).to_contain_text("There is less than that")
    own.page.get_by_role("button", name="Understood").tap()
    give_up = own.page.locator('[data-state="refused"] button.plain')
    give_up.tap()
    expect(give_up).to_have_text("Really take it off? It was not recorded.")
    give_up.tap()
    own.emptied()
    assert movements(own.company, number) == ["receive", "move"]


def test_what_may_not_wait_is_not_sent_by_itself_later(own: Phone, trader: Caller) -> None:
    number = lot(own.company)
    own.open("floor/offer")
    own.read(number)
    own.page.get_by_role("button", name=f"Party {trader.party}").tap()
    own.page.get_by_role("button", name="Offer", exact=True).tap()
    expect(own.page.locator(".undo-row").first).to_be_visible()
    own.page.goto("about:blank")
    own.page.clock.fast_forward(120_000)
    own.open("scan")
    expect(own.page.locator("#floor-alert")).to_contain_text("There was no answer")
    assert own.waiting() == 1 and movements(own.company, number) == ["receive"]


def test_who_signs_out_with_something_unsent_is_asked_to_send_it_first(own: Phone) -> None:
    number = lot(own.company)
    own.open("floor/move")
    own.kept()
    put_away(own, number)
    own.page.goto(f"{own.url}/me")
    own.page.get_by_role("button", name="Sign out").click()
    expect(own.page.locator("main")).to_contain_text("not sent")
    own.page.goto(f"{own.url}/console/scan")
    own.page.clock.fast_forward(5_200)
    own.emptied()
    assert stock(own.company, number) == {"SX/A-02": "100"}
    own.page.goto(f"{own.url}/me")
    own.page.get_by_role("button", name="Sign out").click()
    expect(own.page.locator("main")).to_contain_text("You are signed out")
    left: Any = own.page.evaluate("async () => [(await caches.keys()).length, (await indexedDB.databases()).length,"
                                  " (await navigator.serviceWorker.getRegistrations()).length]")
    assert left == [0, 0, 0]

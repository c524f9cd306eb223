"""A phone on the floor: a real browser, signed in, at a house of its own; a scanner that types; touches counted."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Thread
from typing import Any
from uuid import uuid4

from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from service.app import create_app
from service.settings import Settings
from tests.service.api.conftest import Caller
from tests.service.api.signing_in import PASSWORD, invited

WEDGE_MS = 5
UNDO_MS = 5_200
SILENCE_MS = 1_000
"""Set as on a device with a slow scanner: a test's keys come late where the machine is busy."""
PHONE = {"width": 390, "height": 844}
TOUCHES = """addEventListener("pointerdown", () => {
  sessionStorage.touches = Number(sessionStorage.touches ?? 0) + 1;
}, true);"""


@contextmanager
def served(settings: Settings, app: Flask) -> Iterator[str]:
    """The same service, as a phone on this machine reaches it."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    here = f"http://127.0.0.1:{server.port}"
    server.app = local = create_app(replace(settings, public_url=here))
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield here
    server.shutdown()
    server.server_close()
    house = local.extensions["lotproof"]
    house.gather.close()
    house.engine.dispose()
    house.writer.dispose()


@dataclass
class Phone:
    """In somebody's hand."""

    url: str
    company: Caller
    person: str
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        self.page.goto(f"{self.url}/console/{path}")
        self.page.wait_for_selector("html[data-ready]")

    def at(self, path: str) -> None:
        """The page, as it is if it is open; nothing focused."""
        if self.page.url.partition("/console/")[2] != path:
            self.open(path)
        self.page.evaluate("document.activeElement.blur()")

    def kept(self) -> None:
        """Everything is on the phone that it needs in a dead spot."""
        self.page.wait_for_selector("html[data-kept]")

    def scan(self, code: str, ms: float = WEDGE_MS, suffix: str = "Enter") -> None:
        self.page.keyboard.type(code, delay=ms)
        if suffix:
            self.page.keyboard.press(suffix)

    def read(self, code: str, within: float = 15_000) -> None:
        """Scan, and wait until something came of it, `within` so many milliseconds."""
        before = self.heard()
        self.scan(code)
        sounded = "(seen) => Number(document.documentElement.dataset.sounds ?? 0) > seen"
        self.page.wait_for_function(sounded, arg=before, timeout=within)

    def heard(self) -> int:
        return int(self.page.evaluate("document.documentElement.dataset.sounds ?? 0"))

    def last_sound(self) -> str:
        return str(self.page.evaluate("document.documentElement.dataset.sound ?? ''"))

    def touches(self) -> int:
        return int(self.page.evaluate("sessionStorage.touches ?? 0"))

    def says(self, *texts: str) -> None:
        for text in texts:
            expect(self.page.locator("#floor")).to_contain_text(text)

    def waiting(self) -> int:
        return int(self.page.locator("#outbox").get_attribute("data-count") or 0)

    def sent(self) -> None:
        """Undo runs out (the browser's clock is moved on), and everything is recorded."""
        expect(self.page.locator(".undo-row").first).to_be_visible()
        self.page.clock.fast_forward(UNDO_MS)
        self.emptied()

    def emptied(self) -> None:
        """Nothing waits any more; whoever hears it by an event of the network may wait a little."""
        expect(self.page.locator("#outbox")).to_have_attribute("data-count", "0", timeout=15_000)


@contextmanager
def phone(
    browser: Browser, url: str, company: Caller, *roles: str, lang: str = "en", **context: Any
) -> Iterator[Phone]:
    """Signed in as a new person of these roles."""
    code, secret = invited(company, *roles)
    with _opened(browser, url, company, code, **context) as held:
        _sign_in(held, secret)
        held.page.goto(f"{url}/console/scan?lang={lang}")
        yield held


@contextmanager
def another(browser: Browser, like: Phone) -> Iterator[Phone]:
    """An empty phone of the same person, who is signed in there too."""
    kept = like.context.storage_state()
    with _opened(browser, like.url, like.company, like.person, storage_state=kept) as held:
        yield held


@contextmanager
def _opened(browser: Browser, url: str, company: Caller, code: str, **context: Any) -> Iterator[Phone]:
    made = browser.new_context(**{"viewport": PHONE, "has_touch": True, "locale": "en-GB", **context})
    made.add_init_script(TOUCHES)
    made.add_cookies([{"name": "lotproof-silence", "value": str(SILENCE_MS), "url": f"{url}/console/"}])
    page = made.new_page()
    page.clock.install()
    page.set_default_timeout(15_000)
    held = Phone(url, company, code, made, page)
    page.on("pageerror", lambda problem: held.complaints.append(str(problem)))
    page.on("console", lambda said: held.complaints.append(said.text) if said.type == "error" else None)
    try:
        yield held
    finally:
        made.close()


def _sign_in(held: Phone, secret: str) -> None:
    """By the interface: the browser gets the cookie, and the pages are what these tests are about."""
    said = {"party": held.company.party, "person": held.person, "password": PASSWORD}
    for path, body in (("invitations/accept", {"secret": secret, "password": PASSWORD}), ("session", said)):
        headers = {"Origin": held.url, "Lotproof-Session": "1"}
        answer = held.context.request.post(f"{held.url}/api/v1/{path}", data=body, headers=headers)
        assert answer.ok, answer.text()


def lot(company: Caller, quantity: str = "100", *, to: str = "SX/A-01", item: str = "AMX",
        expiry: str = "2099-12-31") -> str:  # fmt: skip
    """A new lot; its number."""
    number = f"L{uuid4().hex[:8].upper()}"
    line = {"item": item, "lot": number, "quantity": quantity, "expiry_date": expiry, "production_date": "2026-01-02",
            "manufacturer_lot": number}  # fmt: skip
    company.receive(number, to=to, lines=[line])
    return number


def item(company: Caller) -> str:
    """A new item, so that no other test's lots are chosen; its code."""
    code = f"I{uuid4().hex[:8].upper()}"
    company.post("/items", {"code": code, "name": f"Item {code}", "unit": "EA"})
    return code


def sales_order(company: Caller, item: str, quantity: str) -> str:
    """Its id."""
    body = {"id": str(uuid4()), "kind": "sales", "number": f"SO-{uuid4().hex[:8]}", "site": "SX", "partner": "Clinic",
            "lines": [{"item": item, "quantity": quantity}]}  # fmt: skip
    return str(company.post("/orders", body)["id"])


def offered(company: Caller, taker: Caller, number: str, quantity: str) -> str:
    """The handoff's id."""
    body = {"id": str(uuid4()), "type": "offer", "from": "SX/A-01", "to_party": taker.party,
            "lines": [{"item": "AMX", "lot": number, "quantity": quantity}]}  # fmt: skip
    return str(company.post("/movements", body)["id"])


def stock(company: Caller, number: str) -> dict[str, str]:
    """By place."""
    rows = company.get("/reports/stock?limit=1000")["rows"]
    return {row["location"]: row["quantity"] for row in rows if row["lot"] == number}

"""The console in a real browser: everybody can use it, and it stands on nothing but its own files."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import Told
from tests.e2e.everybody import looked_at
from tests.e2e.stack import Running
from tests.tools.browser import browser

LOT = "lot?uri=https%3A%2F%2Fid.gs1.org%2F01%2F09506000210018%2F10%2FAC0142"
PAGES = ("", "scan", "receive", "lots", LOT, "quality", "expiry", "handoffs", "recalls", "people", "trail", "ledger")
SIZES = ((1280, "en", "light"), (320, "zh", "light"), (390, "en", "dark"))

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.mark.parametrize(("width", "lang", "scheme"), SIZES)
def test_everybody_can_use_it(
    chromium: Browser, the_stack: Running, told: Told, width: int, lang: str, scheme: str
) -> None:
    """axe-core finds nothing, nothing scrolls sideways, and nothing is asked of anybody else."""
    key = told.accounts.companies["tongqu"].door.key
    context = chromium.new_context(
        viewport={"width": width, "height": 800}, color_scheme=scheme, bypass_csp=True,  # type: ignore[arg-type]
        extra_http_headers={"Authorization": f"Bearer {key}"},
    )  # fmt: skip
    page, asked = context.new_page(), set[str]()
    page.on("request", lambda request: asked.add(request.url))
    for path in PAGES:
        page.goto(f"{the_stack.url}/console/{path}{'&' if '?' in path else '?'}lang={lang}")
        assert looked_at(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    assert {url for url in asked if not url.startswith(the_stack.url)} == set()
    context.close()

"""Every page of the console and the office, walked once in each language: usable by everybody, nothing cut off or on
top of another, nothing from elsewhere; and the walk itself finds what is broken on purpose.

`./lotproof campaign screens` looks at all widths, colours and kept pictures.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.conftest import Told
from tests.e2e.stack import Running
from tests.e2e.walk import pictures, rules
from tests.e2e.walk.pages import PAGES, SCRIPTED, SETTLED, address, name_of
from tests.tools.browser import browser

pytestmark = pytest.mark.xdist_group("demo")

LIES = {
    "scrolls sideways": "main.append(Object.assign(document.createElement('div'), {style: 'width: 3000px', "
                        "textContent: 'wide'}))",
    "text is cut off": "h1.textContent = 'x'.repeat(400); h1.style = 'overflow: hidden; white-space: nowrap'",
    "text on text": "document.querySelector('.card p').style = 'margin-top: -3rem'",
    "a control under 24 px": "main.append(Object.assign(document.createElement('button'), {style: 'min-height: 0; "
                             "height: 12px; padding: 0', textContent: 'o'}))",
}  # fmt: skip
"""What is done to a page, and what the rules must say then."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser(packed=True) as running:
        yield running


@pytest.fixture(scope="module")
def visitor(chromium: Browser, told: Told) -> Iterator[BrowserContext]:
    key = told.accounts.companies["tongqu"].door.key
    context = chromium.new_context(
        bypass_csp=True, reduced_motion="reduce", extra_http_headers={"Authorization": f"Bearer {key}"}
    )
    yield context
    context.close()


@pytest.fixture(scope="module")
def asked() -> set[str]:
    """What the page asked of anybody, in all of the walk."""
    return set()


@pytest.fixture(scope="module")
def page(visitor: BrowserContext, asked: set[str]) -> Page:
    made = visitor.new_page()
    made.on("request", lambda request: asked.add(request.url))
    return made


def looked_at(page: Page, url: str, path: str, lang: str, width: int) -> None:
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": width, "height": 900})
    answer = page.goto(address(url, path, lang))
    assert answer is not None and answer.status == 200, path
    assert rules.broken(page, told=True) == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_for_everybody(page: Page, asked: set[str], the_stack: Running, path: str) -> None:
    """In English on a desk by all rules; in Chinese on a tablet, and on the smallest phone in the dark."""
    looked_at(page, the_stack.url, path, "en", 1280)
    assert rules.violations(page) == []
    english = rules.skeleton(page)
    looked_at(page, the_stack.url, path, "zh", 768)
    assert path in SCRIPTED or rules.skeleton(page) == english, "the same boxes in both languages"
    page.set_viewport_size({"width": 320, "height": 900})
    assert rules.broken(page, told=True) == []
    page.emulate_media(color_scheme="dark")
    assert rules.violations(page, rules.LAYOUT) == []
    assert {url for url in asked if not url.startswith(the_stack.url)} == set()


def test_settled_pages_look_as_they_were_kept(page: Page, the_stack: Running) -> None:
    wanted = pictures.kept("probe")
    assert wanted is not None and pictures.weight() <= pictures.BUDGET
    if pictures.difference(pictures.probe(page), wanted) is not None:
        pytest.skip("NOT COMPARED: this browser draws letters otherwise than the one that made the kept pictures")
    for path in SETTLED:
        for lang, width in (("en", 1280), ("zh", 320)):
            looked_at(page, the_stack.url, path, lang, width)
            seen, kept = pictures.taken(page), pictures.kept(name := f"{name_of(path)}-{width}-{lang}")
            assert kept is not None and pictures.difference(seen, kept) is None, name


@pytest.mark.parametrize("wrong", LIES)
def test_the_rules_say_what_is_wrong(page: Page, the_stack: Running, wrong: str) -> None:
    looked_at(page, the_stack.url, "reports", "en", 1280)
    page.evaluate(f"(([main, h1]) => {{ {LIES[wrong]} }})([...document.querySelectorAll('main, h1')])")
    assert any(each.startswith(wrong) for each in rules.broken(page)), rules.broken(page)


@pytest.mark.parametrize("change", [
    "document.querySelector('.card').remove()", "document.querySelector('.card h2').style = 'margin-top: 3rem'",
    "document.querySelector('h1').style = 'visibility: hidden'", "document.body.style = 'filter: invert(1)'",
])  # fmt: skip
def test_a_picture_of_a_page_that_changed_is_another(page: Page, the_stack: Running, change: str) -> None:
    looked_at(page, the_stack.url, "reports", "en", 768)
    before = pictures.taken(page)
    assert pictures.difference(pictures.taken(page), before) is None
    page.evaluate(change)
    assert pictures.difference(pictures.taken(page), before) is not None

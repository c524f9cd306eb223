"""What must hold of every page, asked in the browser: accessible, nothing cut off or on top of another, nothing small.

    broken      no scrolling sideways, no text cut off or on other text, no control under 24 px, no English on a
                Chinese page (`rules.js`)
    violations  axe-core
    skeleton    the boxes of a page, which are the same in every language
"""

from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.everybody import looked_at

_RULES = Path(__file__).with_name("rules.js").read_text("utf-8")
_BOXES = """() => [...document.querySelectorAll("main *")].filter((each) => !each.closest("svg") &&
    !["OPTION", "SVG", "BR"].includes(each.tagName.toUpperCase())).map((each) => each.tagName).join(" ")"""

_UNFOLD = """() => {
    for (const each of document.querySelectorAll("details")) each.open = true;
    for (const each of document.querySelectorAll("body *"))
        if (["fixed", "sticky"].includes(getComputedStyle(each).position)) each.style.position = "static";
}"""

LAYOUT = ["color-contrast", "target-size", "scrollable-region-focusable", "html-has-lang", "html-lang-valid"]
"""Rules of axe whose answer may be another at another width, in other colours or in another language; of a page that
passed all rules once, these are left to ask."""


def broken(page: Page, *, told: bool = False) -> list[str]:
    """What is wrong with the page, in words. `told`: others than the demo wrote in this world, in any language."""
    found: list[str] = page.evaluate(_RULES, told)
    return found


def violations(page: Page, rules: list[str] | None = None) -> list[list[str]]:
    """With every part that folds unfolded, and what floats over the page laid into it; all rules, or these."""
    page.evaluate(_UNFOLD)
    return looked_at(page, rules)


def skeleton(page: Page) -> str:
    found: str = page.evaluate(_BOXES)
    return found

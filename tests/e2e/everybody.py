"""Whether everybody can use a page: axe-core finds nothing, and nothing scrolls sideways.

What axe looks at hardly depends on the width, so in the suite it looks at one of them, and all are measured. `THOROUGH`
in the environment (`./lotproof campaign browser`) has it look at every width.
"""

import os

from playwright.sync_api import Page

from tests.tools.browser import ROOT

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = (320, 768, 1280)
THOROUGH = "LOTPROOF_THOROUGH" in os.environ
_FOUND = """(rules) => axe.run({resultTypes: ["violations"], preload: false, ...(rules.length ? {runOnly: rules} : {})})
    .then((seen) => seen.violations.map((each) => [each.id, each.nodes[0].html]))"""


def looked_at(page: Page, rules: list[str] | None = None) -> list[list[str]]:
    """What axe-core finds on the page as it is, by all rules or these."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text())
    found: list[list[str]] = page.evaluate(_FOUND, rules or [])
    return found


def judged(page: Page, what: str, axe_at: int) -> None:
    """At each width, and by axe at one of them."""
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (what, width)
        if width == axe_at or THOROUGH:
            assert looked_at(page) == [], (what, width)

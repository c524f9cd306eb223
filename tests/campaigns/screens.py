"""Every page of the console in both languages at 320, 768 and 1280 px: it obeys the rules of layout, axe-core finds
nothing, its boxes are the same in both languages, and it looks as the kept picture does.
"""

from collections.abc import Iterator

from playwright.sync_api import Browser, Page

from bench.rows import Row
from tests.e2e.walk import pictures, rules
from tests.e2e.walk.pages import LANGUAGES, PAGES, SCRIPTED, WIDTHS, Look, address, name_of
from tests.e2e.walk.world import played
from tests.tools.browser import browser

from .campaign import Contradiction, Plan


def campaign(plan: Plan) -> Iterator[Row]:
    """Figures; raises Contradiction with all that is wrong. With `renew` the kept pictures are written anew."""
    with played() as (url, key), browser(packed=True) as chromium:
        context = chromium.new_context(
            bypass_csp=True, reduced_motion="reduce", extra_http_headers={"Authorization": f"Bearer {key}"}
        )
        if plan.renew:
            pictures.keep("probe", pictures.probe(chromium.new_page()))
        alike = _probed(chromium)
        wrong = [each for path in PAGES for each in _walked(context.new_page(), url, path, plan.renew, alike)]
    yield Row("pages looked at", len(PAGES) * len(LANGUAGES) * len(WIDTHS), "looks")
    yield Row("compared with kept pictures", len(list(pictures.KEPT.glob("*.png"))) - 1 if alike else 0, "pictures")
    yield Row("kept pictures together", pictures.weight() / 1e6, "MB", "less", pictures.BUDGET / 1e6)
    if not alike:
        print("  NOT COMPARED: this browser draws letters otherwise than the one that made the kept pictures")
    if wrong:
        raise Contradiction(f"{len(wrong)} looks", "pages that obey", "\n    ".join(["", *wrong]))


def _probed(chromium: Browser) -> bool:
    wanted = pictures.kept("probe")
    return wanted is not None and pictures.difference(pictures.probe(chromium.new_page()), wanted) is None


def _walked(page: Page, url: str, path: str, renew: bool, alike: bool) -> Iterator[str]:
    """Whatever is wrong with a page, in words."""
    boxes = dict[str, str]()
    for lang in LANGUAGES:
        page.set_viewport_size({"width": WIDTHS[-1], "height": 900})
        answer = page.goto(address(url, path, lang))
        if answer is None or answer.status != 200:
            yield f"{path} ({lang}): expected 200, got {answer and answer.status}"
            break
        boxes[lang] = rules.skeleton(page)
        yield from _looked_at(page, path, lang, renew, alike)
    page.close()
    if path not in SCRIPTED and len(set(boxes.values())) > 1:
        yield f"{path}: expected the same boxes in {' and '.join(boxes)}, got others"


def _looked_at(page: Page, path: str, lang: str, renew: bool, alike: bool) -> Iterator[str]:
    """Pictures first: axe unfolds what folds."""
    for width in WIDTHS:
        look = Look(width, lang)
        page.set_viewport_size({"width": width, "height": 900})
        yield from (f"{path} ({look}): {each}" for each in rules.broken(page))
        if alike:
            yield from _compared(page, f"{name_of(path)}-{width}-{lang}", renew)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            first = (width, scheme) == (WIDTHS[0], "light")
            found = rules.violations(page, None if first else rules.LAYOUT)
            yield from (f"{path} ({Look(width, lang, scheme)}): axe: {each}" for each in found)
    page.emulate_media(color_scheme="light")


def _compared(page: Page, name: str, renew: bool) -> Iterator[str]:
    seen = pictures.taken(page)
    if renew:
        pictures.keep(name, seen)
        return
    wanted = pictures.kept(name)
    if wanted is None:
        yield f"{name}: expected a kept picture, there is none (--renew)"
    elif (said := pictures.difference(seen, wanted)) is not None:
        yield f"{name}: {said}"

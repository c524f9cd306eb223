"""Pictures of pages, compared by machine with those that are kept in `tests/e2e/walk/kept`.

What changes by itself is masked first: moments and days get one value, ids and hashes one letter, charts and the
ledger's counts are hidden. A picture is kept at half its size in eight greys, enough to see that a box is gone, moved
or empty. Letters differ a little between browsers: single pixels may, whole patches may not. Where a browser draws the
letters of the probe otherwise than the kept one, nothing is compared and that is said.

    ./lotproof campaign screens --renew      writes them anew; look at what git says changed
"""

from io import BytesIO
from pathlib import Path

from PIL import Image, ImageChops, ImageFilter
from playwright.sync_api import Page

KEPT = Path(__file__).with_name("kept")
BUDGET = 3_000_000  # bytes of all kept pictures
GREYS, TALLEST = 8, 2_000  # pixels of the page that are looked at
PATCH, DIFFERENT, SHARE = 12, 60, 0.45  # a patch's side; of 255; of a patch's pixels

_MASK = r"""() => {
  const rules = [
    [/\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?( UTC|Z)?/g, "2026-11-30 12:00:00 UTC"], [/\d{4}-\d\d-\d\d/g, "2026-11-30"],
    [/[0-9a-f]{8}-[0-9a-f-]{27}/g, "x".repeat(36)], [/0x[0-9a-f]{6,}/g, (seen) => "0x" + "a".repeat(seen.length - 2)],
    [/[A-Za-z0-9_-]{40,}/g, (seen) => "x".repeat(seen.length)], [/lp[a-z]_[A-Za-z0-9_…-]+/g, "lpk_xxxx"],
  ];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    for (const [seen, told] of rules) walker.currentNode.data = walker.currentNode.data.replace(seen, told);
  for (const each of document.querySelectorAll("input[type=datetime-local], input[type=date]")) {
    each.type = "text";
    each.value = "2026-11-30";
  }
}"""
_HIDDEN = """figure.chart svg, .spark, .band, .ledger dd, .trend b, .card .much, img { visibility: hidden !important; }
* { animation: none !important; transition: none !important; caret-color: transparent !important; }"""
_PROBE = """<body style='margin:8px;font:16px/1.55 system-ui,sans-serif'>Lots 0123 批次冻结合格</body>"""


def taken(page: Page) -> Image.Image:
    """The page as it is kept."""
    page.evaluate(_MASK)
    page.add_style_tag(content=_HIDDEN)
    return _small(page.screenshot(full_page=True, animations="disabled"))


def probe(page: Page) -> Image.Image:
    """Letters alone: by them one sees whether this browser draws as the one did that made the kept pictures."""
    page.set_content(_PROBE)
    return _small(page.screenshot(clip={"x": 0, "y": 0, "width": 300, "height": 48}))


def keep(name: str, picture: Image.Image) -> None:
    KEPT.mkdir(exist_ok=True)
    picture.quantize(GREYS, dither=Image.Dither.NONE).save(KEPT / f"{name}.png", optimize=True)


def kept(name: str) -> Image.Image | None:
    path = KEPT / f"{name}.png"
    return Image.open(path).convert("L") if path.exists() else None


def difference(seen: Image.Image, wanted: Image.Image) -> str | None:
    """In words where and how much; None where they look the same."""
    if abs(seen.height - wanted.height) > PATCH or seen.width != wanted.width:
        return f"expected {wanted.width} × {wanted.height} pixels at half size, got {seen.width} × {seen.height}"
    box = (0, 0, wanted.width, min(seen.height, wanted.height))
    one, two = (each.crop(box).filter(ImageFilter.BoxBlur(1.5)) for each in (seen, wanted))
    other = ImageChops.difference(one, two).point(lambda value: 255 if value > DIFFERENT else 0)
    patches = other.resize((max(1, box[2] // PATCH), max(1, box[3] // PATCH)), Image.Resampling.BOX)
    bad = patches.point(lambda value: 255 if value > 255 * SHARE else 0).getbbox()
    if bad is None:
        return None
    left, top, right, bottom = (side * PATCH * 2 for side in bad)
    return f"looks otherwise between ({left}, {top}) and ({right}, {bottom})"


def weight() -> int:
    return sum(path.stat().st_size for path in KEPT.glob("*.png"))


def _small(png: bytes) -> Image.Image:
    whole = Image.open(BytesIO(png)).convert("L")
    whole = whole.crop((0, 0, whole.width, min(whole.height, TALLEST)))
    return whole.resize((whole.width // 2, max(1, whole.height // 2)), Image.Resampling.LANCZOS)

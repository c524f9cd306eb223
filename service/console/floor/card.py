"""The card that tells how a scanner is set: one GS1 DataMatrix whose content is known, to print or to show.

Its content has what wrong settings spoil: a symbology identifier of GS1, a separator, both cases, signs whose keys
differ between layouts (Y and Z, - and /), digits.
"""

import re
from functools import cache

import zxingcpp
from markupsafe import Markup

GS = "\x1d"
BRACKETED = "[01]09506000134352[10]AbYz-9/_[21]Test0"
CODE = f"]d2010950600013435210AbYz-9/_{GS}21Test0"
COMMANDS = ("LOTPROOF:CONFIRM", "LOTPROOF:UNDO")


@cache
def test_card() -> dict[str, Markup]:
    """By what it is for, as SVG."""
    return {"test": _svg(BRACKETED, zxingcpp.BarcodeFormat.DataMatrix, gs1=True),
            **{name.partition(":")[2].lower(): _svg(name, zxingcpp.BarcodeFormat.QRCode) for name in COMMANDS}}


def _svg(content: str, format: zxingcpp.BarcodeFormat, **options: bool) -> Markup:
    """Read back before it is shown, and as large as the page wants it."""
    drawn = zxingcpp.create_barcode(content, format, **options)
    seen = zxingcpp.read_barcode(drawn.to_image(scale=4))
    said = seen and (f"{seen.symbology_identifier}{seen.bytes.decode()}" if options else seen.text)
    assert said == (CODE if options else content), f"expected {content}, got {said}"
    svg = str(drawn.to_svg(add_quiet_zones=True))
    scalable = re.sub(r'width="(\d+)" height="(\d+)"', r'viewBox="0 0 \1 \2"', svg, count=1)
    return Markup(scalable[scalable.index("<svg"):])  # noqa: S704 - our own drawing of our own text

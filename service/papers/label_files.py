"""A sticker as a file, after its picture was read back as a scanner would: PDF of its exact size, or SVG.

The codes are drawn at 203 dots to the inch, the resolution of the printer, with the white that is around them, and read
by zxing-cpp; what it reads is taken apart by the reader of our own scans. A sticker that says anything else is not
given out.
"""

from collections.abc import Iterator, Sequence
from xml.sax.saxutils import escape, quoteattr

import zxingcpp

from service.papers.blocks import Bars, Mark, Rule, Symbol, Text
from service.papers.label import DOT, MM, Sticker, numbered
from service.papers.letters import ready, width
from service.papers.pdf import drawn
from service.scans.reading import read

_FONT = "Verdana, 'DejaVu Sans', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"


class Unreadable(Exception):
    """A sticker that does not read as it should; our own mistake, told before it is printed."""


def sticker_pdf(sticker: Sticker, title: str, copies: Sequence[str]) -> bytes:
    """A page for each copy, with what it says of itself."""
    check(sticker)
    pages = [list(numbered(sticker, said).block.marks) for said in copies]
    return drawn(title, pages, (sticker.wide, sticker.high), "zh-CN")


def sticker_svg(sticker: Sticker, title: str) -> str:
    check(sticker)
    wide, high = (f"{length / MM:.0f}mm" for length in (sticker.wide, sticker.high))
    marks = "".join(_svg(mark) for mark in sticker.block.marks)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{high}" role="img" '
        f'aria-label={quoteattr(title)} viewBox="0 0 {sticker.wide:.2f} {sticker.high:.2f}">'
        f'<rect width="100%" height="100%" fill="#fff"/>{marks}</svg>'
    )


def check(sticker: Sticker) -> None:
    """Raises Unreadable unless the picture reads as exactly the codes that it should have."""
    picture = _picture(sticker)
    seen = {(code.symbology_identifier, code.bytes.decode()) for code in zxingcpp.read_barcodes(picture)}
    if seen != set(sticker.codes):
        raise Unreadable(f"expected {sorted(sticker.codes)}, got {sorted(seen)}")
    for symbology, text in sticker.codes:
        found = read(text.encode(), symbology)
        if found.problem or (symbology != "]Q1" and any(each.problem for each in found.elements)):
            raise Unreadable(f"expected elements of {text}, got {found.problem or found.elements}")


def _picture(sticker: Sticker) -> memoryview:
    """Black on white, a byte to a dot of the printer."""
    across, down = (round(length / DOT) for length in (sticker.wide, sticker.high))
    rows = [bytearray(b"\xff" * across) for _ in range(down)]
    for mark in sticker.block.marks:
        for x, y, wide, high in _black(mark):
            left, right = round(x / DOT), round((x + wide) / DOT)
            for row in rows[round(y / DOT) : round((y + high) / DOT)]:
                row[left:right] = bytes(right - left)
    return memoryview(b"".join(rows)).cast("B", (down, across))


def _black(mark: Mark) -> Iterator[tuple[float, float, float, float]]:
    """The dark rectangles of a code: left, top, width, height; words are none."""
    match mark:
        case Symbol(x, y, modules, side):
            for down, row in enumerate(modules):
                yield from ((x + at * side, y + down * side, side, side) for at, dark in enumerate(row) if dark)
        case Bars(x, y, modules, side, high):
            yield from ((x + at * side, y, side, high) for at, dark in enumerate(modules) if dark)


def _svg(mark: Mark) -> str:
    match mark:
        case Text(x, y, line, style):
            ready()
            weight = ' font-weight="700"' if style.bold else ""
            long = f' textLength="{width(line, style.size, style.latin):.2f}" lengthAdjust="spacingAndGlyphs"'
            return (f'<text x="{x:.2f}" y="{y:.2f}" font-family="{_FONT}" font-size="{style.size}"{weight}{long}>'
                    f"{escape(line)}</text>")  # fmt: skip
        case Rule(x, y, length, thickness):
            return f'<rect x="{x:.2f}" y="{y:.2f}" width="{length:.2f}" height="{thickness}"/>'
        case _:
            path = "".join(f"M{x:.3f} {y:.3f}h{wide:.3f}v{high:.3f}h-{wide:.3f}z" for x, y, wide, high in _black(mark))
            return f'<path shape-rendering="crispEdges" d="{path}"/>'

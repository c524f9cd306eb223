"""A paper as others see it: its text by one library, its pages as pictures by another, its codes by a scanner."""

import io
from collections.abc import Iterator
from itertools import combinations

import pypdf
import pypdfium2
import zxingcpp

OFFICE_SCANNER = 200
"""Dots per inch, as an office scanner or a cheap camera gives."""


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page without white space: where a line is broken is no matter."""
    return ["".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def text_of(pdf: bytes) -> str:
    return "".join(pages_of(pdf))


def codes_of(pdf: bytes, dpi: int = OFFICE_SCANNER) -> list[tuple[str, str]]:
    """(symbology identifier, content) of every code, page by page and from top to bottom."""
    found = []
    for page in pypdfium2.PdfDocument(pdf):
        seen = zxingcpp.read_barcodes(page.render(scale=dpi / 72, grayscale=True).to_pil())
        seen.sort(key=lambda code: code.position.top_left.y)
        found += [(code.symbology_identifier, code.bytes.decode()) for code in seen]
    return found


Rectangle = tuple[float, float, float, float]


def rectangles(pdf: bytes) -> Iterator[tuple[list[Rectangle], float, float]]:
    """The pieces of text of each page (left, bottom, right, top), and the page's width and height."""
    for page in pypdfium2.PdfDocument(pdf):
        text = page.get_textpage()
        yield [text.get_rect(at) for at in range(text.count_rects())], *page.get_size()


def faults(pdf: bytes, margin: float = 39, touch: float = 0.6) -> list[str]:
    """Text that runs into the margin or over other text."""
    found = []
    for number, (pieces, wide, high) in enumerate(rectangles(pdf), 1):
        found += [f"page {number}: {piece} is in the margin" for piece in pieces
                  if piece[0] < margin or piece[1] < margin or piece[2] > wide - margin or piece[3] > high - margin]
        found += [f"page {number}: {one} lies on {other}" for one, other in combinations(pieces, 2)
                  if min(one[2], other[2]) - max(one[0], other[0]) > touch
                  and min(one[3], other[3]) - max(one[1], other[1]) > touch]
    return found


def squeezed(text: str) -> str:
    return "".join(text.split())

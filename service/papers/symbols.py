"""Bar codes for paper: GS1 DataMatrix of an element string, and DataMatrix of any text.

Each is read back before it is printed: a code that says something else than the text beside it is never printed.
GS1 General Specifications 5.6, ISO/IEC 16022; drawn and read by zxing-cpp.
"""

import re
from functools import lru_cache
from typing import Any

import zxingcpp

from service.papers.blocks import Modules

MODULE = 1.7
"""Points, 0.6 mm: a code of 20 modules is 12 mm wide, which a telephone reads as well as a scanner."""

_MATRIX = zxingcpp.BarcodeFormat.DataMatrix
_LINEAR, _QR = zxingcpp.BarcodeFormat.Code128, zxingcpp.BarcodeFormat.QRCode
_FIXED = {"01": 14, "11": 6, "17": 6}
_GS1, _PLAIN, _GS1_128, _LINK = "]d2", "]d1", "]C1", "]Q1"


@lru_cache(maxsize=1024)
def gs1(elements: str) -> Modules:
    """Of an element string as `domain.orders_slip` makes it: 01, 11 and 17 as far as they are there, 10 last."""
    return _checked(zxingcpp.create_barcode(_bracketed(elements), _MATRIX, gs1=True, force_square=True), _GS1, elements)


def plain(text: str) -> Modules:
    return _checked(zxingcpp.create_barcode(text, _MATRIX, force_square=True), _PLAIN, text)


def qr(text: str) -> str:
    """A QR code of a link, as SVG for a screen."""
    drawn = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    seen = zxingcpp.read_barcode(drawn.to_image(scale=4))
    assert seen and seen.text == text, f"expected {text}, got {seen and seen.text}"
    return _scalable(str(drawn.to_svg(add_quiet_zones=True)))


@lru_cache(maxsize=1024)
def gs1_128(*elements: tuple[str, str]) -> tuple[bool, ...]:
    """The bars of one GS1-128 symbol; of the elements only the last may vary in length. General Specifications 5.4."""
    said = "".join(f"[{identifier}]{value}" for identifier, value in elements)
    drawn = zxingcpp.create_barcode(said, _LINEAR, gs1=True)
    return _checked(drawn, _GS1_128, "".join(identifier + value for identifier, value in elements))[0]


@lru_cache(maxsize=1024)
def link(text: str) -> Modules:
    """A QR code of an address, or of the code of a place; level M."""
    return _checked(zxingcpp.create_barcode(text, _QR, ec_level="M"), _LINK, text)


@lru_cache(maxsize=1024)
def code_128(text: str) -> tuple[bool, ...]:
    """The bars of a plain Code 128, of ASCII."""
    return _checked(zxingcpp.create_barcode(text, _LINEAR), "]C0", text)[0]


def _scalable(svg: str) -> str:
    """With a viewBox: without one a browser draws a module as a pixel, however large the picture is to be."""
    return re.sub(r'width="(\d+)" height="(\d+)"', r'width="\1" height="\2" viewBox="0 0 \1 \2"', svg, count=1)


def _bracketed(elements: str) -> str:
    """`[01]…[10]…`: no lot number holds a square bracket, it may hold a round one."""
    said, rest = "", elements
    while rest[:2] in _FIXED:
        end = 2 + _FIXED[rest[:2]]
        said, rest = f"{said}[{rest[:2]}]{rest[2:end]}", rest[end:]
    assert rest[:2] == "10", f"expected AI 10 last, got {elements}"
    return f"{said}[10]{rest[2:]}"


def _checked(drawn: Any, identifier: str, text: str) -> Modules:
    seen = zxingcpp.read_barcode(drawn.to_image(scale=4))
    read = (seen.symbology_identifier, seen.bytes) if seen else None
    assert read == (identifier, text.encode()), f"expected {identifier}{text}, got {read}"
    rows: Any = memoryview(drawn.to_image(scale=1, add_quiet_zones=False)).tolist()
    return tuple(tuple(module == 0 for module in row) for row in rows)

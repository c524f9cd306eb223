"""The letters of a PDF: Vera for Latin text, a subset of Droid Sans Fallback for Chinese, both embedded.

A character that neither has is printed as its code point, `[U+0416]`: nothing vanishes from an audit without a trace.
"""

from functools import cache
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

LATIN, BOLD, HAN = "LotproofLatin", "LotproofBold", "LotproofCJK"
_FILES = {LATIN: "Vera.ttf", BOLD: "VeraBd.ttf", HAN: str(Path(__file__).parent / "fonts" / "LotproofCJK.ttf")}


@cache
def _widths(font: str) -> dict[int, int]:
    """Code point to width in thousandths of the size."""
    if font not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(font, _FILES[font]))
    return pdfmetrics.getFont(font).face.charWidths  # type: ignore[no-any-return]


def ready() -> None:
    for font in _FILES:
        _widths(font)


def printable(text: str) -> str:
    """The text with what cannot be printed spelled out; control characters, too."""
    if text.isascii() and text.isprintable():
        return text
    latin, han = _widths(LATIN), _widths(HAN)
    return "".join(c if c.isprintable() and (ord(c) in latin or ord(c) in han) else f"[U+{ord(c):04X}]" for c in text)


def runs(text: str, latin: str = LATIN) -> list[tuple[str, str]]:
    """(font, part) in order, for printable text."""
    if text.isascii():
        return [(latin, text)]
    known, found = _widths(latin), list[tuple[str, str]]()
    for letter in text:
        font = latin if ord(letter) in known else HAN
        if found and found[-1][0] == font:
            found[-1] = (font, found[-1][1] + letter)
        else:
            found.append((font, letter))
    return found


def width(text: str, size: float, latin: str = LATIN) -> float:
    """In points."""
    return sum(_width_of(letter, latin) for letter in text) * size / 1000


@cache
def _width_of(letter: str, latin: str) -> int:
    code = ord(letter)
    known = _widths(latin)
    return known[code] if code in known else _widths(HAN).get(code, 1000)


def wrapped(text: str, room: float, size: float, latin: str = LATIN) -> list[str]:
    """Lines that fit into `room` points; broken after a blank, else after a slash or a hyphen, else anywhere."""
    lines, line, used = list[str](), "", 0.0
    for letter in text:
        step = _width_of(letter, latin) * size / 1000
        if used + step > room and line:
            blank, sign = line.rfind(" ") + 1, max(line.rfind("/"), line.rfind("-")) + 1
            cut = next((at for at in (blank, sign) if at > len(line) // 3), len(line))
            head, line = line[:cut], line[cut:]
            lines.append(head.rstrip(" "))
            used = width(line, size, latin)
        line, used = line + letter, used + step
    return [*lines, line]

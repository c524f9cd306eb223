"""Labels for lots, pallets and places: one block as large as the sticker, its codes in whole dots of a printer.

    lot     name and spec, LOT and EXP large, quantity, storage; a code:
            datamatrix  GS1 DataMatrix (01)(17)(10)
            qr          QR of the lot's Digital Link on this service, for everybody's phone
            gs1-128     two lines of bars, (01)(17) and (10), on the large sticker
    pallet  its SSCC as GS1-128 (00), on the large sticker
    place   SITE/LOC as a QR code, and as Code 128 where its bars fit

In the margin, below everything, stands which copy it is; one that was only looked at says that.

Whether goods are held or released is not on a label: it changes, the label does not. What a code says stands below it
in figures. GS1 General Specifications 4.14, 5.4, 5.6; 203 dots to the inch, the coarsest of usual label printers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from service.papers import symbols
from service.papers.blocks import Block, Style, bars, beside, fitted, moved, space, stack, symbol, words
from service.papers.values import day

Size = Literal["60x40", "100x70"]
Code = Literal["datamatrix", "qr", "gs1-128"]
Elements = tuple[tuple[str, str], ...]

MM = 72 / 25.4
DOT = 72 / 203
SIZES: dict[Size, tuple[float, float]] = {"60x40": (60 * MM, 40 * MM), "100x70": (100 * MM, 70 * MM)}
_EDGE = 6 * DOT * 3
_QUIET = {"datamatrix": 1, "qr": 4}
_SIDE: dict[tuple[Code, Size], int] = {
    ("datamatrix", "60x40"): 4, ("datamatrix", "100x70"): 8, ("qr", "60x40"): 4, ("qr", "100x70"): 7,
    ("gs1-128", "100x70"): 2,
}  # fmt: skip
"""Dots to a module."""
_SSCC_SIDE, _SSCC_HIGH, _BARS_HIGH = 4, 32 * MM, 12 * MM
_BIN_SIDE: dict[Size, int] = {"60x40": 2, "100x70": 3}
_PLACE_SIDE: dict[Size, int] = {"60x40": 6, "100x70": 10}
_BIN_HIGH = 7 * MM

_LARGER: dict[Size, float] = {"60x40": 1.0, "100x70": 1.6}
_TINY, _NOTE = Style(5, grey=0.2), Style(6.2)
_NAMES = (Style(10, bold=True), Style(8.5, bold=True), Style(7, bold=True))
_LARGE = (Style(12.5, bold=True), Style(10, bold=True), Style(8, bold=True), Style(6.5, bold=True))
"""3 mm high and more, as far as the lot number lets them."""
_SMALLER = (1.0, 0.9, 0.8, 0.7)
"""Words become so much smaller before a sticker is refused; its codes never do."""


@dataclass(frozen=True, slots=True)
class LotLabel:
    """What a label says. `elements` are empty for an item without a GTIN; `link` leads to the lot's public page."""

    name: str
    spec: str | None
    item: str
    lot: str
    production: date | None
    expiry: date | None
    quantity: str | None
    storage: str | None
    elements: Elements
    link: str


@dataclass(frozen=True, slots=True)
class PalletLabel:
    """`contents`: what stands on it, a line each; more than fit are counted."""

    sscc: str
    company: str
    contents: Sequence[str]


@dataclass(frozen=True, slots=True)
class PlaceLabel:
    """`place` is SITE/LOC, in ASCII as all codes of places are."""

    place: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Sticker:
    """A label laid out: its size in points, its marks, and what each of its codes must read as (symbology id, text)."""

    wide: float
    high: float
    block: Block
    codes: tuple[tuple[str, str], ...]


def lot_sticker(label: LotLabel, size: Size, code: Code) -> Sticker:
    """Raises ValueError where the sticker cannot carry the code; the message says what would do."""
    wide, high = SIZES[size]
    if code != "qr" and not label.elements:
        raise ValueError("an item with a GTIN, or code=qr")
    if code == "gs1-128" and size == "60x40":
        raise ValueError("size=100x70 for gs1-128")
    for larger in (_LARGER[size] * share for share in _SMALLER):
        made = _linear(label, wide) if code == "gs1-128" else _square(label, wide, size, code, larger)
        if made[0].height <= high - 2 * _EDGE:
            break
    return _placed(wide, high, *made)


def pallet_sticker(label: PalletLabel) -> Sticker:
    wide, high = SIZES["100x70"]
    room = wide - 2 * _EDGE
    code = bars(symbols.gs1_128(("00", label.sscc)), _SSCC_SIDE * DOT, _SSCC_HIGH)
    head = stack(words(label.company, room, _NAMES[1]), *(words(each, room, _NOTE) for each in _few(label.contents)))
    figures = fitted(f"(00){label.sscc}", room, *_LARGE)
    block = stack(head, space(4), beside((10 * _SSCC_SIDE * DOT - _EDGE, code)), space(2), figures)
    return _placed(wide, high, block, (("]C1", f"00{label.sscc}"),))


def place_sticker(label: PlaceLabel, size: Size) -> Sticker:
    """Raises ValueError where the words do not fit. A code too long for the bars is on it as QR alone."""
    wide, high = SIZES[size]
    room, larger, side, thick = wide - 2 * _EDGE, _LARGER[size], _PLACE_SIDE[size] * DOT, _BIN_SIDE[size] * DOT
    square = symbols.link(label.place)
    across = (len(square) + 2 * _QUIET["qr"]) * side
    site, _, code = label.place.partition("/")
    left, right = across + 4, room - across - 4
    said = stack(words(site, right, _scaled(_NAMES[1], larger)),
                 fitted(code, right, *(_scaled(Style(each, bold=True), larger) for each in (26, 20, 14, 10, 7))),
                 words(label.name if label.name != code else label.kind, right, _scaled(_NOTE, larger)))  # fmt: skip
    quiet = _QUIET["qr"] * side
    picture = beside((quiet, stack(space(quiet), symbol(square, side), space(quiet))))
    parts, codes = [beside((0, picture), (left, said))], [("]Q1", label.place)]
    linear = symbols.code_128(label.place)
    if (len(linear) + 20) * thick <= room:
        parts.append(beside((10 * thick, bars(linear, thick, _BIN_HIGH * larger))))
        codes.append(("]C0", label.place))
    return _placed(wide, high, stack(*parts), tuple(codes))


def numbered(sticker: Sticker, said: str) -> Sticker:
    """With `said` in the lower margin, to the right."""
    line = words(said, sticker.wide - 2 * _EDGE, _TINY, right=True)
    marks = moved(line.marks, _EDGE, sticker.high - _TINY.leading)
    return replace(sticker, block=Block(sticker.block.height, (*sticker.block.marks, *marks)))


MOST_LINES = 5


def _few(contents: Sequence[str]) -> list[str]:
    shown = list(contents[:MOST_LINES])
    return shown if len(contents) <= MOST_LINES else [*shown, f"+ {len(contents) - MOST_LINES}"]


def _placed(wide: float, high: float, block: Block, codes: tuple[tuple[str, str], ...]) -> Sticker:
    left = high - 2 * _EDGE
    if block.height > left:
        raise ValueError(f"words that fit: {block.height / MM:.0f} mm on a sticker with room for {left / MM:.0f}")
    return Sticker(wide, high, Block(high, moved(block.marks, _EDGE, _EDGE)), codes)


def _square(
    label: LotLabel, wide: float, size: Size, code: Code, larger: float
) -> tuple[Block, tuple[tuple[str, str], ...]]:
    """The code on the left, words beside it, its figures below both."""
    side, room = _SIDE[code, size] * DOT, wide - 2 * _EDGE
    said = "".join(identifier + value for identifier, value in label.elements)
    modules = symbols.link(label.link) if code == "qr" else symbols.gs1(said)
    quiet, across = _QUIET[code] * side, len(modules) * side
    picture = beside((quiet, stack(space(quiet), symbol(modules, side), space(quiet))))
    left = across + 2 * quiet + 4
    figures = words(label.link if code == "qr" else readable(label.elements), room, _scaled(_TINY, larger))
    spec = [words(label.spec, room, _scaled(_NOTE, larger))] if label.spec else []
    name = stack(fitted(label.name, room, *(_scaled(each, larger) for each in _NAMES)), *spec)
    facts = _facts(label, room - left, larger)
    read = ("]Q1", label.link) if code == "qr" else ("]d2", said)
    block = stack(name, space(3), beside((0, picture), (left, facts)), space(2), figures)
    return block, (read,)


def _linear(label: LotLabel, wide: float) -> tuple[Block, tuple[tuple[str, str], ...]]:
    """Two symbols: one with all of it would be longer than the sticker."""
    room, side = wide - 2 * _EDGE, _SIDE["gs1-128", "100x70"] * DOT
    name = fitted(label.name, room, *_NAMES)
    half = room / 2
    large = beside((0, _lot(label, half - 4, 1.0)), (half, _expiry(label, half, 1.0)))
    parts, codes = [name, large, *_notes(label, room, 1.0)], list[tuple[str, str]]()
    for some in (label.elements[:-1], label.elements[-1:]):
        code = bars(symbols.gs1_128(*some), side, _BARS_HIGH)
        parts += [space(4), beside((10 * side, code)), words(readable(some), room, _NOTE)]
        codes.append(("]C1", "".join(identifier + value for identifier, value in some)))
    return stack(*parts), tuple(codes)


def readable(elements: Elements) -> str:
    return "".join(f"({identifier}){value}" for identifier, value in elements)


def _facts(label: LotLabel, room: float, larger: float) -> Block:
    return stack(_lot(label, room, larger), _expiry(label, room, larger), space(1), *_notes(label, room, larger))


def _notes(label: LotLabel, room: float, larger: float) -> list[Block]:
    made = f"MFG 生产日期 {day(label.production)}" if label.production else None
    said = [each for each in (made, label.quantity, label.storage) if each]
    return [words(" · ".join(said), room, _scaled(_NOTE, larger))] if said else []


def _lot(label: LotLabel, room: float, larger: float) -> Block:
    return _said("LOT 批号", label.lot, room, larger)


def _expiry(label: LotLabel, room: float, larger: float) -> Block:
    return _said("EXP 有效期至", day(label.expiry), room, larger)


def _said(title: str, value: str, room: float, larger: float) -> Block:
    large = (_scaled(each, larger) for each in _LARGE)
    return stack(words(title, room, _scaled(_TINY, larger)), fitted(value, room, *large))


def _scaled(style: Style, larger: float) -> Style:
    return replace(style, size=style.size * larger)

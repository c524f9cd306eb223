"""What stands in a code, by itself: without any knowledge of the warehouse.

    gs1            only where the symbology id says so (]d2 ]C1 ]Q3 ]e0 ]e1 ]e2 ]J1)
    gtin           ]E0 ]E4 ]I1: the digits of a trade item
    digital_link   a web address with a GS1 key in its path, of whatever domain
    plain          everything else, also a bare EAN-13 or a message whose scanner sends no symbology id

A code is never parsed as GS1 because it looks like it: `10D9T` is a shelf.
"""

import re
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import unquote, urlsplit

from biip import ParseError
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from biip.gtin import Gtin

from service.scans import splits
from service.scans.elements import UNREADABLE, Element, of_biip

Kind = Literal["gs1", "gtin", "digital_link", "plain"]

MESSAGES = ("]d2", "]C1", "]Q3", "]e0", "]e1", "]e2", "]J1")
TRADE_ITEMS = ("]E0", "]E4", "]I1")
SYMBOLOGY = r"\][A-Za-z][0-9A-Za-z]"
LINK_KEYS = ("00", "01", "414", "417", "8006")

_SYMBOLOGY = re.compile(SYMBOLOGY)


@dataclass(frozen=True, slots=True)
class Reading:
    """`problem` says why there are no elements; `splits` are the other readings if a separator was forgotten."""

    kind: Kind
    symbology: str | None
    text: str
    elements: tuple[Element, ...] = ()
    splits: tuple[tuple[Element, ...], ...] = field(default=())
    problem: str | None = None

    def first(self, *ais: str) -> Element | None:
        return next((element for ai in ais for element in self.elements if element.ai == ai), None)


def read(raw: bytes, symbology: str | None) -> Reading:
    """`symbology` is None where the scanner sends none, or sends it in front of the data."""
    text = _text(raw)
    if text is None:
        return Reading("plain", symbology, raw.decode("ascii", "backslashreplace"), problem="expected UTF-8 text")
    if symbology is None and (found := _SYMBOLOGY.match(text)):
        symbology, text = found[0], text[3:]
    if re.match("https?://", text, re.IGNORECASE):
        return _link(symbology, text)
    if symbology in MESSAGES:
        return _message(symbology, text)
    if symbology in TRADE_ITEMS:
        return _trade_item(symbology, text)
    return Reading("plain", symbology, text)


def _text(raw: bytes) -> str | None:
    """Without the line end that wedge scanners add."""
    try:
        return raw.decode().rstrip("\r\n\t")
    except UnicodeDecodeError:
        return None


def _message(symbology: str | None, text: str) -> Reading:
    segments = [segment for segment in text.split(splits.GS) if segment]
    if not segments or not text.isascii():  # \d in a library's pattern also takes the digits of other scripts
        return Reading("gs1", symbology, text, problem="expected element strings in ASCII")
    literal = [splits.literal(segment) for segment in segments]
    others = _with_forgotten_separator(segments, literal)
    if any(reading is None for reading in literal):
        problem = f"expected element strings of known AIs, got {_unread(segments, literal)}"
        return Reading("gs1", symbology, text, (), others, problem)
    elements = tuple(element for reading in literal if reading for element in reading)
    if twice := _said_twice(elements):
        return Reading("gs1", symbology, text, (), others, f"AI {twice} stands there twice, with different values")
    return Reading("gs1", symbology, text, tuple(dict.fromkeys(elements)), others)


def _with_forgotten_separator(
    segments: list[str], literal: list[tuple[Element, ...] | None]
) -> tuple[tuple[Element, ...], ...]:
    """Readings of the whole message in which one segment is split and the others are read literally."""
    found: list[tuple[Element, ...]] = []
    for place, segment in enumerate(segments):
        others = literal[:place] + literal[place + 1 :]
        if any(reading is None for reading in others):
            continue
        for split in splits.splits(segment):
            pieces = [*literal[:place], split, *literal[place + 1 :]]
            whole = tuple(element for piece in pieces if piece for element in piece)
            if not _said_twice(whole):
                found.append(whole)
    return tuple(found[: splits.MOST_SPLITS])


def _unread(segments: list[str], literal: list[tuple[Element, ...] | None]) -> str:
    return ascii(next(segment for segment, reading in zip(segments, literal, strict=True) if reading is None))


def _said_twice(elements: tuple[Element, ...]) -> str | None:
    values: dict[str, str] = {}
    return next((each.ai for each in elements if values.setdefault(each.ai, each.value) != each.value), None)


def _trade_item(symbology: str | None, text: str) -> Reading:
    if not text.isascii() or not text.isdigit():
        return Reading("gtin", symbology, text, problem="expected the digits of a GTIN")
    try:
        Gtin.parse(text)
    except ParseError as error:
        problem: str | None = str(error)
    else:
        problem = None
    digits = text.zfill(14)
    if len(digits) != 14:
        return Reading("gtin", symbology, text, problem=problem or "expected 8 to 14 digits")
    element = Element("01", "GTIN", "Global Trade Item Number (GTIN)", digits, problem=problem)
    return Reading("gtin", symbology, text, (element,))


def _link(symbology: str | None, text: str) -> Reading:
    """A web address without a GS1 key in its path is a plain code."""
    try:
        path = urlsplit(text).path.split("/")
    except ValueError:
        return Reading("plain", symbology, text)
    if not any(step in LINK_KEYS for step in path[:-1]):
        return Reading("plain", symbology, text)
    if not unquote(text).isascii():
        return Reading("digital_link", symbology, text, problem="expected a Digital Link in ASCII")
    try:
        elements = tuple(of_biip(each) for each in GS1DigitalLinkURI.parse(text).element_strings)
    except UNREADABLE as error:
        return Reading("digital_link", symbology, text, problem=str(error)[:200])
    if twice := _said_twice(elements):
        return Reading("digital_link", symbology, text, problem=f"AI {twice} stands there twice")
    return Reading("digital_link", symbology, text, elements)

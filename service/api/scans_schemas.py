"""The shapes of `service.api.scans`."""

import binascii
from base64 import b64decode
from typing import Any

from service.api.fields import Choice, Day, Field, Flag, Instant, Many, One, Shape, Text, Uuid
from service.api.numbers_schemas import LotNamed
from service.api.schemas import Anything, Nullable
from service.api.schemas import text as words
from service.domain import scans as domain
from service.scans.reading import SYMBOLOGY

MOST_BYTES = 4_000  # a QR code holds 2,953 at most
_BASE64 = "([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)"


class Bytes(Field):
    """Bytes as they came from the scanner, in base64; JSON text cannot carry all of them."""

    expected = f"1 to {MOST_BYTES} bytes in base64"

    def documentation(self) -> dict[str, Any]:
        return {"type": "string", "format": "byte", "contentEncoding": "base64", "pattern": f"^{_BASE64}$",
                "minLength": 4, "maxLength": (MOST_BYTES + 2) // 3 * 4}

    def read(self, value: Any) -> bytes:
        if not isinstance(value, str) or not value.isascii():
            raise self.refuse(value)
        try:
            raw = b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise self.refuse(value) from None
        if not 0 < len(raw) <= MOST_BYTES:
            raise self.refuse(value)
        return raw


class ScanExpectation(Shape):
    makes = domain.Expectation
    kind = Choice(*domain.PURPOSES, required=True)
    value = Text(1000, doc={"description": "An item's code, a lot's number or URI, SITE/LOC, an SSCC"})
    item = Text(40, doc={"description": "Of a lot: its item's code"})


class NewScan(Shape):
    id = Uuid(doc={"description": "Of the caller's own, so that a scan that is sent again counts once"})
    raw = Bytes(required=True)
    symbology = Text(3, pattern=SYMBOLOGY, called="a symbology identifier like ]d2",
                     doc={"description": "ISO/IEC 15424; it may also stand in front of the data"})  # fmt: skip
    site = Text(40, doc={"description": "Where it was scanned"})
    expect = One(ScanExpectation, metadata={"description": "What the screen waits for"})


class ScanElement(Shape):
    ai = words(4)
    title = words(100)
    meaning = words(200)
    value = words(200)
    date = Nullable(Day())
    problem = Nullable(Text(500))


class ScanItem(Shape):
    code = words(40)
    name = words(200)
    gtin = Nullable(Text(14))


class ScanQuantity(Shape):
    ai = words(4)
    value = words(40)
    unit = Nullable(Text(3))


class ScanFinding(Shape):
    finding = words(40)
    detail = words(1000)
    expected = Nullable(Text(10_000))
    seen = Nullable(Text(10_000))


class Scan(Shape):
    id = Uuid(required=True)
    at = Instant(required=True)
    outcome = Choice(*domain.OUTCOMES, required=True)
    kind = Choice("gs1", "gtin", "digital_link", "plain", required=True)
    symbology = Nullable(Text(3))
    text = Anything("What was read, with invisible characters made visible", "string", required=True)
    elements = Many(One(ScanElement), 0, MOST_BYTES, required=True)
    item = One(ScanItem, required=True, allow_none=True)
    lot = Nullable(Text(90))
    lots = Many(One(LotNamed), 0, 50, required=True, doc={"description": "The lots it is here"})
    look_alikes = Many(One(LotNamed), 0, 50, required=True)
    location = Nullable(Text(81))
    gln = Nullable(Text(13))
    sscc = Nullable(Text(18))
    quantities = Many(One(ScanQuantity), 0, 100, required=True)
    expiry_date = Nullable(Day())
    production_date = Nullable(Day())
    best_before_date = Nullable(Day())
    findings = Many(One(ScanFinding), 0, 200, required=True)
    choices = Many(Many(One(ScanElement), 1, 100), 0, 9, required=True, doc={
        "description": "The readings that make sense where a separator is missing; ask, never choose"})  # fmt: skip
    matches = Nullable(Flag(doc={"description": "Whether to go on with it; null where nothing was expected"}))
    scanned = words(1000)
    expected = Nullable(Text(2000))
    do = words(1000)



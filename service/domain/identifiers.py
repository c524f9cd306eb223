"""How parties, items, places and lots are named, and the GS1 check digit.

A lot number is 1 to 20 characters of GS1 set 82 (General Specifications, figure 7.11-1), so that it fits the barcode
(AI 10) and the lot's URI whether or not the item has a GTIN. Codes are ASCII: what looks alike is alike.
"""

import re

from service.domain.errors import BadName, BadText

_PARTY = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
_CODE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,38}[A-Za-z0-9])?")
_LOT = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")
_UNIT = re.compile(r"[A-Z0-9]{2,3}")
_DIGITS = {"GTIN": 14, "GLN": 13, "SSCC": 18}

MAX_TEXT = 200

DOCUMENT_TYPES = ("bol", "cert", "desadv", "inv", "pedigree", "po", "poc", "prodorder", "recadv", "rma", "testprd",
                  "testres", "upevt")
"""Business transaction types of the Core Business Vocabulary 2.0, 7.3."""


def check_party_code(code: str) -> str:
    """A party's id: lower-case words and digits with hyphens; it stands in URIs for ever, so it names no person."""
    return _matching(_PARTY, code, "party", "1 to 40 of a-z, 0-9 and -, no - at the ends")


def check_code(kind: str, code: str) -> str:
    """Code of an item, a site or a location."""
    return _matching(_CODE, code, kind, "1 to 40 of A-Z, a-z, 0-9, . _ -, beginning and ending with a letter or digit")


def check_lot_number(number: str) -> str:
    """A lot number; `.` and `..` are lost in a URI and therefore refused."""
    if number in (".", ".."):
        raise BadName("lot number", "not . or ..", number)
    return _matching(_LOT, number, "lot number", "1 to 20 characters of GS1 set 82")


def check_unit(unit: str) -> str:
    """A code of UN/ECE Recommendation 20, as EPCIS takes it; EA counts pieces."""
    return _matching(_UNIT, unit, "unit", "2 or 3 of A-Z and 0-9 (UN/ECE Recommendation 20)")


def check_gtin(digits: str) -> str:
    """A GTIN, always written with 14 digits."""
    return _check_digit("GTIN", digits)


def check_gln(digits: str) -> str:
    return _check_digit("GLN", digits)


def check_sscc(digits: str) -> str:
    """The number of a logistic unit."""
    return _check_digit("SSCC", digits)


def check_document_type(type: str) -> str:
    if type not in DOCUMENT_TYPES:
        raise BadName("document type", ", ".join(DOCUMENT_TYPES), type)
    return type


def check_text(kind: str, text: str, *, limit: int = MAX_TEXT) -> str:
    """Free text that every store, log and screen can carry: no controls, no lone surrogates, not blank."""
    if not 1 <= len(text) <= limit:
        raise BadText(kind, f"1 to {limit} characters", f"{len(text)}")
    if not text.isprintable() or text.isspace():
        raise BadText(kind, "readable characters", ascii(text))
    return text


def _matching(pattern: re.Pattern[str], name: str, kind: str, expected: str) -> str:
    if not pattern.fullmatch(name):
        raise BadName(kind, expected, name)
    return name


def _check_digit(kind: str, digits: str) -> str:
    length = _DIGITS[kind]
    if len(digits) != length or not digits.isascii() or not digits.isdigit():
        raise BadName(kind, f"{length} digits", digits)
    weighted = sum(int(digit) * (3, 1)[place % 2] for place, digit in enumerate(reversed(digits[:-1])))
    if int(digits[-1]) != -weighted % 10:
        raise BadName(kind, f"check digit {-weighted % 10}", digits)
    return digits

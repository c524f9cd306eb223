"""Quantities: decimal text outside, integers of the item's smallest unit inside (INV-S7: 1 to 2^53-1).

    parse_quantity("12.5", decimals=3) == 12500        format_quantity(12500, decimals=3) == "12.5"

No float and no `Decimal` on the way: NaN, exponents and rounding cannot occur because nothing can spell them.
"""

import re

from service.domain.errors import BadQuantity

MAX_UNITS = 2**53 - 1
MAX_DECIMALS = 9

_QUANTITY = re.compile(r"(0|[1-9][0-9]{0,15})(?:\.([0-9]{1,9}))?")


def parse_quantity(text: str, decimals: int) -> int:
    """Smallest units of a positive quantity; refuses what the item cannot count exactly."""
    units = parse_amount(text, decimals)
    if not units:
        raise BadQuantity(f"more than 0 and at most {format_quantity(MAX_UNITS, decimals)}", text)
    return units


def parse_amount(text: str, decimals: int) -> int:
    """The same where nothing is an amount too."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise BadQuantity("a decimal number like 12.5", ascii(text))
    whole, fraction = match[1], match[2] or ""
    if len(fraction) > decimals:
        raise BadQuantity(f"at most {decimals} decimals", text)
    units = int(whole + fraction.ljust(decimals, "0"))
    if units > MAX_UNITS:
        raise BadQuantity(f"more than 0 and at most {format_quantity(MAX_UNITS, decimals)}", text)
    return units


def format_quantity(units: int, decimals: int) -> str:
    """The one spelling of a quantity: no trailing zeros, no bare point."""
    if not decimals:
        return str(units)
    sign, digits = ("-", str(-units)) if units < 0 else ("", str(units))
    digits = digits.rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}".rstrip("0").rstrip(".")

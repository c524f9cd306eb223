"""What a label of shipped goods says: GS1 element strings.

https://ref.gs1.org/standards/genspecs/ : AI 01 GTIN, 11 production date, 17 expiry date, 10 batch or lot. 10 is of
variable length and stands last, so that no separator is needed. Two digits of a year mean the century that is nearest
(7.12): a date that would be read as another one is left out, because a wrong date is worse than none.
"""

from datetime import date

Elements = tuple[tuple[str, str], ...]
_BACK, _AHEAD = 49, 50


def elements(gtin: str, lot: str, production: date | None, expiry: date | None, today: date) -> Elements:
    """Application identifiers with their data, in the order in which they are printed."""
    found = [("01", gtin)]
    for identifier, day in (("11", production), ("17", expiry)):
        if day is not None and -_BACK <= day.year - today.year <= _AHEAD:
            found.append((identifier, f"{day:%y%m%d}"))
    return (*found, ("10", lot))


def element_string(found: Elements) -> str:
    """As it is encoded, behind the symbol's FNC1."""
    return "".join(identifier + data for identifier, data in found)


def readable(found: Elements) -> str:
    """As it is printed below the code."""
    return "".join(f"({identifier}){data}" for identifier, data in found)

"""Values of parameters as text: what is legal, and the one spelling in which it is compared."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from service.epcis.query.faults import WrongParameter
from service.epcis.words import Vocabulary, bare

MOST_VALUES = 1000
LONGEST = 2048
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?", re.ASCII)
_HEX = re.compile(r"([0-9A-Fa-f]{2})+", re.ASCII)

Read = Callable[[str, str], str]
"""From a parameter's name and one value of it to the value that is compared; raises WrongParameter."""


def text(parameter: str, value: str) -> str:
    if not 0 < len(value) <= LONGEST or not value.isprintable():
        raise _wrong(parameter, f"1 to {LONGEST} printable characters", value)
    return value


def word_of(vocabulary: Vocabulary) -> Read:
    """A word of a standard vocabulary in any spelling, or a URI or CURIE of one's own."""
    return lambda parameter, value: bare(vocabulary, text(parameter, value))


def hexadecimal(parameter: str, value: str) -> str:
    if not _HEX.fullmatch(value):
        raise _wrong(parameter, "bytes in hexadecimal", value)
    return value.upper()


def number(parameter: str, value: str) -> str:
    try:
        read = Decimal(value) if _NUMBER.fullmatch(value) else None
    except InvalidOperation:
        read = None
    if read is None:
        raise _wrong(parameter, "a number", value)
    return f"{read:f}"


def time(parameter: str, value: str) -> str:
    """In UTC. A plus sign that a client did not encode arrives as a space."""
    spelled = value.replace(" ", "+").upper()
    try:
        if not _TIME.fullmatch(spelled):
            raise ValueError
        return datetime.fromisoformat(spelled).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        raise _wrong(parameter, "a time with offset like 2026-11-22T10:30:00+08:00", value) from None


def boolean(parameter: str, value: str) -> str:
    if value.lower() not in ("true", "false"):
        raise _wrong(parameter, "true or false", value)
    return value.lower()


def flag(parameter: str, value: str) -> str:
    """What switches EXISTS on: in a URL true, in a named query a 1 or null."""
    return boolean(parameter, {"": "true", "1": "true", "0": "false", "null": "true"}.get(value, value))


def among(*options: str) -> Read:
    def read(parameter: str, value: str) -> str:
        if value not in options:
            raise _wrong(parameter, " or ".join(options), value)
        return value

    return read


def whole(parameter: str, value: str, least: int, most: int) -> int:
    if not re.fullmatch(r"\d{1,9}", value, re.ASCII) or not least <= int(value) <= most:
        raise _wrong(parameter, f"a whole number from {least} to {most}", value)
    return int(value)


def _wrong(parameter: str, expected: str, value: str) -> WrongParameter:
    seen = ascii(value)[1:-1][:120]
    return WrongParameter(f"{parameter}: expected {expected}, got {seen}", expected=expected, seen=seen)

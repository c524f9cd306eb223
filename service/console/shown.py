"""How values are written on pages: the same in every table and heading.

A day is a day and stays ISO in both languages; a moment is shown in UTC with its offset named, and a number with its
groups, never shortened.
"""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import quote


def day(value: date | str | None) -> str:
    return "–" if value is None else str(value)


def moment(value: datetime | str | None) -> str:
    """To the second, UTC."""
    if value is None:
        return "–"
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def number(value: int | str | None) -> str:
    """With thin groups; text is a decimal and keeps its digits."""
    if value is None:
        return "–"
    whole, dot, rest = str(value).partition(".")
    return f"{int(whole):,}{dot}{rest}" if whole.lstrip("-").isdigit() else str(value)


def in_address(value: Any) -> str:
    """As a part of an address."""
    return quote(str(value), safe="")


def lasting(hours: float | None) -> str:
    """A time that something took, in the unit that makes it short: 12 s, 5 min, 3.4 h, 2.1 d."""
    if hours is None:
        return "–"
    for least, unit, size in ((48.0, "d", 24.0), (1.0, "h", 1.0), (1 / 60, "min", 1 / 60)):
        if hours >= least:
            return f"{hours / size:.3g} {unit}"
    return f"{hours * 3600:.3g} s"


FILTERS = {"day": day, "moment": moment, "number": number, "address": in_address, "lasting": lasting}

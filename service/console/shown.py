"""How values are written on pages: the same in every table and heading.

A day is a day and stays ISO in both languages; a moment is shown by the clock of the company's sites with its offset
named, UTC beside it; and a number with its groups, never shortened.
"""

import json
import re
from collections.abc import Iterable
from datetime import UTC, date, datetime
from itertools import groupby
from typing import Any
from urllib.parse import quote

from flask import g
from markupsafe import Markup

_ACTOR = re.compile(r"([0-9a-f]{8})-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?:/(.+))?")


def day(value: date | str | None) -> str:
    return "–" if value is None else str(value)


def moment(value: datetime | str | None) -> Markup | str:
    """To the second, by the clock of the page (`service.console.clock`)."""
    if value is None:
        return "–"
    value = _read(value)
    told = Markup('<time datetime="{}" title="{}">{}</time>')
    return told.format(value.astimezone(UTC).isoformat(), _utc(value), clock(value))


def clock(value: datetime | str) -> str:
    """The same where only a text may stand."""
    local = _read(value).astimezone(g.get("zone", UTC))
    return _utc(local) if not local.utcoffset() else f"{local:%Y-%m-%d %H:%M:%S} {local.isoformat()[-6:]}"


def _read(value: datetime | str) -> datetime:
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def _utc(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def actor(value: str | None) -> Markup | str:
    """Who did it: a person by the code; a key of the company by the beginning of its id, the whole beside it."""
    found = _ACTOR.fullmatch(value or "")
    if found is None:
        return value or "–"
    return found[2] or Markup('<span class="key-id" title="{}">{}…</span>').format(value, found[1])


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


def told(value: Any) -> str:
    """What a field of the audit trail was or became."""
    if value is None:
        return "–"
    if isinstance(value, list):
        return ", ".join(told(each) for each in value) or "–"
    if isinstance(value, dict):
        return " @ ".join(told(each) for each in value.values() if each is not None)
    return value if isinstance(value, str) else json.dumps(value)


def together(changes: Iterable[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Changes that one act made of one thing."""
    def act(each: dict[str, Any]) -> Any:
        return each["at"], each["kind"], each["code"], each["who"], each["reason"], each["reviewed_by"]

    return [list(fields) for _, fields in groupby(changes, act)]


def party(value: str) -> Markup | str:
    """A company of this ledger by its code, where it is said by its URI; the whole beside it."""
    code = value.rpartition("/party/")[2] if "://" in value else value
    return value if code == value else Markup('<span title="{}">{}</span>').format(value, code)


FILTERS = {"day": day, "moment": moment, "clock": clock, "actor": actor, "party": party, "number": number,
           "address": in_address, "lasting": lasting, "told": told, "together": together}  # fmt: skip

"""In which zone pages tell the time: that of the company's sites, of most of them where they differ.

Each moment says its offset, and UTC stands beside it (`shown.moment`), so that no clock is taken for another.
"""

from collections import Counter
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo

from service.console.asking import Asking

_TYPED = "2026-11-29T21:30"


def zone_of(asking: Asking) -> tzinfo:
    """UTC where there is no site."""
    zones = Counter(site["zone"] for site in asking.read("list_sites")["sites"])
    return ZoneInfo(min(zones, key=lambda name: (-zones[name], name))) if zones else UTC


def typed_in(zone: tzinfo, typed: str) -> str:
    """A field for a moment gives `2026-11-29T21:30`, without an offset: it is meant as the page shows moments."""
    if len(typed) != len(_TYPED):
        return typed
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=zone).isoformat()
    except ValueError:
        return typed


def for_field(zone: tzinfo, value: datetime) -> str:
    """What such a field is filled with."""
    return value.astimezone(zone).strftime("%Y-%m-%dT%H:%M")

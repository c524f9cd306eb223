"""Values as papers say them: days and moments, storage temperatures."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo


def day(value: date | None) -> str:
    """ISO 8601, which nobody reads as another day; a dash where there is none."""
    return value.isoformat() if value else "–"


def moment(value: datetime, zone: str | None = None) -> str:
    """To the minute by the clock of a site, with its offset; without a zone to the second in UTC."""
    if zone is None:
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
    offset = f"{(here := value.astimezone(ZoneInfo(zone))):%z}"
    return f"{here:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:]}"


def storage(least: Any, most: Any) -> str | None:
    """`2.0 to 8.0 °C` in signs, or None where nothing is said."""
    if least is None and most is None:
        return None
    if least is None or most is None:
        return f"≥ {least} °C" if most is None else f"≤ {most} °C"
    return f"{least} – {most} °C"

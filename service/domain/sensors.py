"""Sensors: what they measure, where they hang, and which readings can be.

    parse_measure("-18.25") == -18250        format_measure(-18250) == "-18.25"

A reading is a whole number of thousandths: of a degree Celsius, or of a percent of relative humidity. No float, as with
quantities (`service.domain.quantities`). Moments are milliseconds since 1970.

A reading that cannot be is refused, one that is late or out of order is not: a logger in a truck is read when it comes
back. What has the same sensor, kind and time is one reading, whoever sends it how often.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, get_args

from service.domain.errors import BadName

Kind = Literal["temperature", "humidity"]
KINDS: tuple[Kind, ...] = get_args(Kind)
UNITS: dict[str, str] = {"temperature": "°C", "humidity": "%"}
SCALE = 1000
MINUTE = 60_000

BOUNDS: dict[str, tuple[int, int]] = {"temperature": (-200_000, 200_000), "humidity": (0, 100_000)}
"""No store is colder than liquid nitrogen or hotter than an oven; loggers with a broken wire say -327.68 or 850."""

AHEAD_MS = 2 * MINUTE
"""A reading may be this much later than our clock says."""
SKEW_MS = 5 * MINUTE
"""So far a gateway that tells its own clock (`sent_at`) may be from ours."""

STORAGE_MINUTES, TRANSPORT_MINUTES, EXCURSION_MINUTES = 30, 5, 2
"""How far apart records may be by the Chinese GSP: in a store, on a vehicle, and while limits are exceeded."""

_MEASURE = re.compile(r"(-?)(0|[1-9][0-9]{0,3})(?:\.([0-9]{1,3}))?")


@dataclass(frozen=True, slots=True)
class Point:
    """Where a sensor measures from a moment on; exactly one of location (`SITE/LOC`), site and vehicle."""

    id: int
    since: int
    location: str | None = None
    site: str | None = None
    vehicle: str | None = None

    @property
    def name(self) -> str:
        return self.location or self.site or f"vehicle {self.vehicle}"


class Reading(NamedTuple):
    """One value of one kind at one moment."""

    at: int
    kind: str
    value: int


def parse_measure(text: str) -> int:
    """Thousandths; at most three decimals. Raises BadName."""
    match = _MEASURE.fullmatch(text)
    if match is None:
        raise BadName("value", 'a decimal with at most three decimals, like "-18.25"', text[:40])
    units = int(match[2] + (match[3] or "").ljust(3, "0"))
    return -units if match[1] else units


def format_measure(units: int) -> str:
    """The one spelling: no trailing zeros, no minus before nothing."""
    whole, rest = divmod(abs(units), SCALE)
    said = f"{whole}.{rest:03}".rstrip("0").rstrip(".")
    return f"-{said}" if units < 0 else said


def wrong(reading: Reading, kinds: Sequence[str], points: Sequence[Point], now: int) -> dict[str, Any] | None:
    """What was expected and seen of a reading that cannot be; None of one that can. `points`: the oldest first."""
    low, high = BOUNDS[reading.kind]
    if reading.kind not in kinds:
        return _wrong("kind", " or ".join(kinds), reading.kind)
    if not low <= reading.value <= high:
        unit = UNITS[reading.kind]
        expected = f"{format_measure(low)} to {format_measure(high)} {unit}"
        return _wrong("value", expected, format_measure(reading.value))
    if reading.at > now + AHEAD_MS:
        return _wrong("time", f"at most {told(now + AHEAD_MS)}, by our clock", told(reading.at))
    if not points or reading.at < points[0].since:
        first = told(points[0].since) if points else "it has a measuring point"
        return _wrong("time", f"at least {first}, when the sensor got its first measuring point", told(reading.at))
    return None


def check_limits(low: int | None, high: int | None, hysteresis: int, kind: str) -> None:
    """Raises BadName: there is a limit, they are not crossed, and what lies between them leaves room to come back."""
    least, most = BOUNDS[kind]
    if low is None and high is None:
        raise BadName("limits", "low or high or both", "neither")
    for name, value in (("low", low), ("high", high)):
        if value is not None and not least <= value <= most:
            expected = f"{format_measure(least)} to {format_measure(most)}"
            raise BadName(name, expected, format_measure(value))
    if low is not None and high is not None and high - low <= 2 * hysteresis:
        expected = f"more than low and twice the hysteresis, {format_measure(low + 2 * hysteresis)}"
        raise BadName("high", expected, format_measure(high))


def interval_ms(vehicle: bool) -> int:
    """How far apart records may be while all is well."""
    return (TRANSPORT_MINUTES if vehicle else STORAGE_MINUTES) * MINUTE


def told(at: int) -> str:
    """A moment as people and problems read it, UTC."""
    try:
        return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    except (OverflowError, ValueError):
        return f"{at} ms"


def _wrong(field: str, expected: str, seen: str) -> dict[str, Any]:
    return {"field": field, "expected": expected, "seen": seen}

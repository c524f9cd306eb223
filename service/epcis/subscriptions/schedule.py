"""When a scheduled subscription reports: the schedule of EPCIS 2.0 (section 8.2.5.3), in UTC.

    {"second": "0", "minute": "[0-59]", "hour": "6,18", "dayOfMonth": "1", "month": "[1-12]", "dayOfWeek": "1"}

A field is a list of numbers and of ranges in brackets; `0/15` is a number and a step, as the official example writes
it. Monday is 1. A field that is not given allows everything, but below the finest field that is given the least: "hour
1" is once a day and not 3600 times.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from service.epcis.query.faults import WrongControls

FIELDS: Mapping[str, tuple[int, int]] = {
    "second": (0, 59), "minute": (0, 59), "hour": (0, 23), "dayOfMonth": (1, 31), "month": (1, 12), "dayOfWeek": (1, 7),
}  # fmt: skip
_TIMES = ("second", "minute", "hour")
_DAYS_AHEAD = 366 * 8  # the 29th of February, also over a year without one
_ELEMENT = re.compile(r"(?P<one>\d{1,2})(?:/(?P<step>\d{1,2}))?|\[(?P<first>\d{1,2})-(?P<last>\d{1,2})\]", re.ASCII)


@dataclass(frozen=True, slots=True)
class Schedule:
    """The values that each field allows."""

    allowed: Mapping[str, frozenset[int]]

    def next(self, after: datetime) -> datetime | None:
        """The first moment behind `after`; None if there is none (a 30th of February)."""
        begin = (after.astimezone(UTC) + timedelta(seconds=1)).replace(microsecond=0)
        for ahead in range(_DAYS_AHEAD):
            day = begin.date() + timedelta(days=ahead)
            if self._is_day(day):
                at = self._first_time(begin.time() if ahead == 0 else time())
                if at is not None:
                    return datetime.combine(day, at, UTC)
        return None

    def _is_day(self, day: date) -> bool:
        parts = {"dayOfMonth": day.day, "month": day.month, "dayOfWeek": day.isoweekday()}
        return all(value in self.allowed[name] for name, value in parts.items())

    def _first_time(self, least: time) -> time | None:
        for hour in sorted(self.allowed["hour"]):
            for minute in sorted(self.allowed["minute"]) if hour >= least.hour else ():
                for second in sorted(self.allowed["second"]) if (hour, minute) >= (least.hour, least.minute) else ():
                    if time(hour, minute, second) >= least:
                        return time(hour, minute, second)
        return None


def schedule_of(said: Mapping[str, object]) -> Schedule:
    """Raises WrongControls."""
    unknown = said.keys() - FIELDS.keys()
    if unknown or not said:
        seen = ", ".join(sorted(unknown)) or "none"
        expected = " or ".join(FIELDS)
        raise WrongControls(f"schedule: expected {expected}, got {seen[:100]}", expected=expected, seen=seen[:100])
    schedule = Schedule({name: _allowed(name, said) for name in FIELDS})
    if schedule.next(datetime(2026, 1, 1, tzinfo=UTC)) is None:
        raise WrongControls("schedule: expected a moment that comes, got one that never does")
    return schedule


def _allowed(name: str, said: Mapping[str, object]) -> frozenset[int]:
    least, most = FIELDS[name]
    if name in said:
        return _values(name, said[name], least, most)
    finest = min((_TIMES.index(each) for each in said if each in _TIMES), default=len(_TIMES))
    below = name in _TIMES and _TIMES.index(name) < finest
    return frozenset({least}) if below else frozenset(range(least, most + 1))


def _values(name: str, said: object, least: int, most: int) -> frozenset[int]:
    found: set[int] = set()
    for element in str(said).split(",") if isinstance(said, str) and len(said) <= 300 else [""]:
        match = _ELEMENT.fullmatch(element)
        if match is None:
            raise _wrong(name, least, most, said)
        if match["one"]:
            first, last, step = int(match["one"]), most if match["step"] else int(match["one"]), int(match["step"] or 1)
        else:
            first, last, step = int(match["first"]), int(match["last"]), 1
        if not least <= first <= last <= most or step < 1:
            raise _wrong(name, least, most, said)
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _wrong(name: str, least: int, most: int, said: object) -> WrongControls:
    expected = f"numbers from {least} to {most} and ranges like [{least}-{most}], with commas"
    seen = ascii(said)[:100]
    return WrongControls(f"schedule.{name}: expected {expected}, got {seen}", expected=expected, seen=seen)

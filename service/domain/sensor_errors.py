"""What is refused of sensors and their readings, with its numbers."""

from collections.abc import Sequence
from typing import Any

from service.domain.errors import DomainError

SHOWN = 20
"""So many bad readings are named one by one; `seen` has the count of all."""


class BadReadings(DomainError):
    slug = "bad-readings"
    title = "Readings that cannot be"

    def __init__(self, bad: Sequence[dict[str, Any]], sent: int) -> None:
        first = bad[0]
        super().__init__(
            f"{len(bad)} of {sent} readings cannot be, nothing was kept; the first, at {first['index']}:"
            f" expected {first['expected']}, got {first['seen']}",
            expected="readings that can be", seen=len(bad), readings=list(bad[:SHOWN]),
        )  # fmt: skip


class ClockSkewed(DomainError):
    slug = "clock-skewed"
    title = "The clock of who sent the readings is not ours"

    def __init__(self, seconds: int, most: int) -> None:
        way = "ahead of" if seconds > 0 else "behind"
        super().__init__(
            f"sent_at: expected a clock within {most} s of ours, got one {abs(seconds)} s {way} it",
            expected=most, seen=seconds,
        )  # fmt: skip


class PointUnsettled(DomainError):
    slug = "readings-exist"
    title = "A sensor is moved after its newest reading"

    def __init__(self, sensor: str, newest: str, seen: str) -> None:
        super().__init__(f"sensor {sensor}: expected a time after {newest}, got {seen}",
                         expected=newest, seen=seen, sensor=sensor)  # fmt: skip

"""The schedule of a subscription, beside a search second by second."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.epcis.query.faults import WrongControls
from service.epcis.subscriptions.schedule import FIELDS, schedule_of

NOON = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"hour": "1", "minute": "5"}, "2026-11-30T01:05:00"),
        ({"second": "30"}, "2026-11-29T12:00:30"),
        ({"minute": "0"}, "2026-11-29T13:00:00"),
        ({"hour": "6,18"}, "2026-11-29T18:00:00"),
        ({"dayOfWeek": "1", "hour": "9"}, "2026-11-30T09:00:00"),
        ({"second": "0/15"}, "2026-11-29T12:00:15"),
        ({"dayOfMonth": "29", "month": "2"}, "2028-02-29T00:00:00"),
        ({"dayOfMonth": "1"}, "2026-12-01T00:00:00"),
        ({"minute": "[10-20]", "hour": "12"}, "2026-11-29T12:10:00"),
        ({"month": "[1-3]"}, "2027-01-01T00:00:00"),
    ],
)
def test_the_next_time(said: dict[str, str], expected: str) -> None:
    found = schedule_of(said).next(NOON)
    assert found is not None and found.isoformat().removesuffix("+00:00") == expected


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"hour": "24"},
        {"hour": ""},
        {"hour": "[5-2]"},
        {"hour": 1},
        {"century": "1"},
        {"second": "0/0"},
        {"hour": "1;2"},
        {"dayOfMonth": "30", "month": "2"},
        {"dayOfWeek": "0"},
        {"minute": ["5"]},
        {"hour": "1,"},
        {"hour": "-1"},
        {"hour": "１"},
    ],
)
def test_what_is_no_schedule_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(WrongControls):
        schedule_of(said)


@st.composite
def schedules(draw: st.DrawFn) -> dict[str, str]:
    names = draw(st.lists(st.sampled_from(["second", "minute", "hour"]), min_size=1, unique=True))
    return {
        name: ",".join(str(draw(st.integers(*FIELDS[name]))) for _ in range(draw(st.integers(1, 3)))) for name in names
    }


@settings(max_examples=30, deadline=None)
@given(schedules(), st.integers(0, 86_399))
def test_no_moment_that_matches_is_passed_over(said: dict[str, str], ahead: int) -> None:
    begin = NOON.replace(hour=0) + timedelta(seconds=ahead)
    schedule = schedule_of(said)
    found = schedule.next(begin)
    naive = (begin + timedelta(seconds=n) for n in range(1, 2 * 86_400))
    parts = [(name, schedule.allowed[name]) for name in ("second", "minute", "hour")]
    assert found == next(at for at in naive if all(getattr(at, name) in allowed for name, allowed in parts))

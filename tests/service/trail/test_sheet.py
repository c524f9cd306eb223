"""A sheet is read as it was written, and nothing else is a sheet."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.trail.sheet import Line, NoSheet, format_sheet, parse_sheet, sheet_hash, told

SALT = "c2FsdA"
VALUES = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text(), max_size=2)
ROWS = st.dictionaries(st.text(), VALUES, max_size=4)
LINES = st.lists(st.builds(
    lambda table, number, row: Line(table, {**row, "number": number}),
    st.sampled_from(["change", "signature"]), st.integers(1, 2**53), ROWS,
), max_size=5)  # fmt: skip


@given(LINES)
def test_what_is_written_is_read(lines: list[Line]) -> None:
    assert parse_sheet(format_sheet(SALT, lines)) == lines


@given(LINES, LINES)
def test_two_sheets_are_two_texts(one: list[Line], other: list[Line]) -> None:
    assert (format_sheet(SALT, one) == format_sheet(SALT, other)) == (one == other)
    assert sheet_hash(format_sheet(SALT, one)) != sheet_hash(format_sheet("c2FsdB", one))


@pytest.mark.parametrize("content", [
    "", "lotproof/trail/v1", "lotproof/trail/v1\nc2FsdA", "lotproof/trail/v2\nc2FsdA\n",
    'lotproof/trail/v1\nc2FsdA\nchange {"number":1}', 'lotproof/trail/v1\nc2FsdA\nchange {"number":0}\n',
    'lotproof/trail/v1\nc2FsdA\nperson {"number":1}\n', "lotproof/trail/v1\nc2FsdA\nchange 1\n",
    "lotproof/trail/v1\nc2FsdA\nchange {}\n", "lotproof/trail/v1\nc2FsdA\nchange {\n",
])  # fmt: skip
def test_what_is_no_sheet(content: str) -> None:
    with pytest.raises(NoSheet, match="expected"):
        parse_sheet(content)


def test_a_moment_is_the_same_in_every_zone() -> None:
    at = datetime(2026, 11, 29, 21, 30, tzinfo=UTC)
    shanghai: dict[str, Any] = {"at": at.astimezone(timezone(timedelta(hours=8)))}
    assert told(shanghai) == told({"at": at}) == {"at": "2026-11-29T21:30:00+00:00"}

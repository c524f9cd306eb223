"""The page says of every column what the code says."""

import pytest

from service.records.catalogue import RECORDS
from tests.service.records import columns


def test_the_tables_of_the_page_are_those_of_the_records() -> None:
    page = columns.PAGE.read_text("utf-8")
    assert page == columns.with_tables(page), "run python -m tests.service.records.columns"


@pytest.mark.parametrize("name", RECORDS)
def test_the_page_names_every_record_and_its_files(name: str) -> None:
    page = columns.PAGE.read_text("utf-8")
    line = next(line for line in page.splitlines() if line.startswith("|") and f"`{name}`" in line)
    assert line.endswith(f"| {', '.join(form.upper() for form in RECORDS[name].formats)} |")

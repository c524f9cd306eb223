"""What a record asks for and nobody has said: by what it is about and by field, with where it is entered.

    about              field   columns                  rows   entered by
    partner Clinic 9   phone   ship_to_phone              12   PUT /addresses

Many rows and columns that lack the same value of the same thing are one finding.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from service.papers.words import Words
from service.records.record import FIXES, Field, Record
from service.reports.report import Row, column

MOST = 10_000
"""Findings that are told apart; beyond them they are only counted, so memory stays bounded."""

TITLE = Words("Missing in the record", "记录缺项")
COLUMNS = (
    column("about", "Of what", "对象", width=26), column("field", "Field", "填报字段", width=16),
    column("columns", "Columns of the record", "记录栏目", width=22), column("rows", "Rows", "行数", "whole", 6),
    column("lot", "First lot", "首个批次", width=26), column("movement", "First movement", "首个移动", width=20),
    column("entered", "Entered by", "填报途径", width=30),
)  # fmt: skip


@dataclass(slots=True)
class Missing:
    """`rows` is how many rows the record has, `lacking` how many of them lack something, `more` how many values beyond
    the findings that are told apart."""

    findings: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    rows: int = 0
    lacking: int = 0
    more: int = 0

    @property
    def listed(self) -> list[Row]:
        return [known | {"columns": ", ".join(sorted(known["columns"]))} for known in self.findings.values()]


def missing(record: Record, rows: Iterable[Row]) -> Missing:
    """Reads all the rows."""
    found = Missing()
    for row in rows:
        found.rows += 1
        lacks = [each for each in record.fields if each.needed is not None and _empty(row, each) and each.needed(row)]
        found.lacking += bool(lacks)
        for each in lacks:
            _note(found, each, row)
    return found


def _empty(row: Row, each: Field) -> bool:
    return row.get(each.key) in (None, "")


def _note(found: Missing, each: Field, row: Row) -> None:
    assert each.fix is not None
    fix = each.fix.of(row)
    named = str(row.get(fix.about)), fix.field or each.key
    if named not in found.findings and len(found.findings) >= MOST:
        found.more += 1
        return
    known = found.findings.setdefault(named, {
        "about": named[0], "field": named[1], "columns": set(), "rows": 0, "lot": row.get("_lot"),
        "movement": row.get("movement"), "entered": FIXES[fix.what],
    })  # fmt: skip
    known["rows"] += known.get("_last") is not row
    known["_last"] = row
    known["columns"].add(each.key)

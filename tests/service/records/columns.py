"""The tables of columns in docs/records.md, made of the records themselves.

    python -m tests.service.records.columns      writes them anew
"""

import re
from itertools import groupby
from pathlib import Path

from service.records.catalogue import RECORDS
from service.records.locations import PARTS
from service.records.proof import FIELDS as PROOF
from service.records.record import FIXES, Field

PAGE = Path(__file__).parents[3] / "docs" / "records.md"
_LOCATIONS = {field.key.removesuffix("_country") for record in RECORDS.values() for field in record.fields
              if field.key.endswith("_country")}  # fmt: skip
_HEAD = "| column | 栏目 | comes from | asked for; entered by |\n|---|---|---|---|\n"


def with_tables(page: str) -> str:
    """The page with every table between its marks as it should be."""
    for record in RECORDS.values():
        page = _put(page, record.name, table([each for each in record.fields if each not in PROOF]))
    return _put(page, "proof", table(list(PROOF)))


def table(fields: list[Field]) -> str:
    rows = [_row(list(group)) for _, group in groupby(fields, key=_together)]
    return _HEAD + "\n".join(rows)


def _put(page: str, name: str, made: str) -> str:
    begin, end = f"<!-- columns of {name} -->\n", "<!-- end -->"
    marks = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    assert marks.search(page), f"docs/records.md has no place for the columns of {name}"
    return marks.sub(lambda _: f"{begin}{made}\n{end}", page)


def _together(field: Field) -> str:
    """The parts of a location are one line."""
    prefix, _, part = field.key.rpartition("_")
    if field.key.endswith("_postal_code"):
        prefix, part = field.key.removesuffix("_postal_code"), "postal_code"
    return prefix if prefix in _LOCATIONS and part in PARTS else field.key


def _row(fields: list[Field]) -> str:
    first = fields[0]
    key = first.key if len(fields) == 1 else f"{_together(first)}_name … _country"
    title = first.column.title.zh if len(fields) == 1 else first.column.title.zh.partition("：")[0]
    fix = first.fix.otherwise or first.fix if first.fix else None
    entered = "" if fix is None else "the movement" if fix.what == "recording" else FIXES[fix.what]
    return f"| `{key}` | {title} | {first.source} | {entered} |"




if __name__ == "__main__":
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")

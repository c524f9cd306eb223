"""What a record is: the rule that it answers, its fields with where each value comes from, and rows that stream.

A field that is needed and empty is a finding; `Fix` says where the value is entered. Members of a row that begin with
an underscore are for that and stand in no file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from service.papers.words import Words
from service.reports.export import Format
from service.reports.report import Asked, Column, Kind, Report, Row

Needed = Callable[[Row], bool]
Rows = Callable[[Connection, Asked], Iterator[Row]]
Entered = Literal["item", "product", "address", "lot", "movement", "line", "capture", "readings", "recording"]

FIXES: dict[Entered, str] = {
    "item": "PATCH /items/{code}",
    "product": "PATCH /items/{code}/product",
    "address": "PUT /addresses",
    "lot": "POST /supplements with lot",
    "movement": "POST /supplements with movement",
    "line": "POST /supplements with movement and lot",
    "capture": "POST /trace-codes",
    "readings": "POST /sensors/{code}/readings with the file of the logger",
    "recording": "when the movement is recorded; later only by another movement",
}


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a missing value is entered: `what`, the member of the row that names it (a code, a URI, an id), and the
    field there if it is not called as the column. `otherwise`: where nothing is named yet."""

    what: Entered
    about: str
    field: str = ""
    otherwise: "Fix | None" = None

    def of(self, row: Row) -> "Fix":
        return self.otherwise if self.otherwise is not None and row.get(self.about) is None else self


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the record. `source` says in the words of the documentation where its values come from."""

    column: Column
    source: str
    needed: Needed | None = None
    fix: Fix | None = None

    @property
    def key(self) -> str:
        return self.column.key


_NOTHING = Words("", "")


@dataclass(frozen=True, slots=True)
class Record:
    """`rule` names law and paragraph; `regime`: only items whose product data say so are in it, None: all are.

    `unconfirmed` says which parts of the list of fields were not checked against the text of the law.
    """

    name: str
    title: Words
    rule: str
    fields: tuple[Field, ...]
    rows: Rows
    formats: tuple[Format, ...] = ("csv", "xlsx")
    regime: str | None = None
    key: str = "movement"
    unconfirmed: Words = _NOTHING

    @property
    def report(self) -> Report:
        """As reports are asked and written."""
        return Report(self.name, self.title, tuple(field.column for field in self.fields), self.key, self.rows)


def always(row: Row) -> bool:
    return True


def field(
    key: str, en: str, zh: str, source: str, needed: Needed | None = None, fix: Fix | None = None, *,
    kind: Kind = "text", width: int = 12,
) -> Field:  # fmt: skip
    """A column and what stands behind it; who is needed says where it is entered."""
    assert (needed is None) == (fix is None), f"{key}: what is needed has a place where it is entered"
    return Field(Column(key, Words(en, zh), kind, width), source, needed, fix)


def when(*values: str, member: str = "cte") -> Needed:
    """Needed in rows whose `member` is one of these."""
    return lambda row: row[member] in values


ITEM, PRODUCT = Fix("item", "_item"), Fix("product", "_item")
LOT, MOVEMENT = Fix("lot", "_lot"), Fix("movement", "movement")
LINE, RECORDING = Fix("line", "movement"), Fix("recording", "movement")

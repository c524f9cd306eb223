"""A worksheet of XlsxWriter whose rows are spelled at once, in its constant-memory mode.

Cell by cell the library takes four times as long, and it takes a text that begins with `<r>` for markup of its own. So
the rows below the head are spelled here (ECMA-376 part 1, 18.3.1: `row`, `c`, `is`) and written where the library
collects its own; head, styles, dates, escapes of control characters and the file around them stay the library's.
"""

import re
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape

from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

LONGEST = 32_767
"""Characters that a cell holds; of a longer text the last that fits is an ellipsis."""

REMEMBERED, SHORT = 5_000, 200
"""Texts that are spelled once: most cells of a column repeat each other."""

_SPECIAL = re.compile("[&<>\x00-\x1f\ufffe\uffff]|_x|^\\s|\\s$")


class Sheet(Worksheet):  # type: ignore[misc]
    """`begin` once, when the head is written; then `put` row after row, and `end`."""

    def begin(self, styles: dict[str, int]) -> None:
        """`styles`: the number of the cell format by the kind of column."""
        self._styles, self._letters = styles, [xl_col_to_name(at) for at in range(self.dim_colmax + 1)]
        self._days, self._told = dict[date, str](), dict[str, str]()
        self._write_single_row(1)  # the head, before what is spelled here

    def end(self) -> None:
        """Every column gets its arrow: whoever opens the sheet sorts and filters by it."""
        self.autofilter(0, 0, self.dim_rowmax, self.dim_colmax)

    def put(self, at: int, cells: list[str]) -> None:
        """Row `at`, counted from 0, with these cells."""
        self.row_data_fh.write(f'<row r="{at + 1}">{"".join(cells)}</row>')
        self.dim_rowmax = at

    def text(self, at: int, place: int, value: str) -> str:
        told = self._told.get(value)
        if told is None:
            told = self._spelled(value)
            if len(self._told) < REMEMBERED and len(value) < SHORT:
                self._told[value] = told
        return f'<c r="{self._letters[place]}{at + 1}" t="inlineStr"><is><t{told}</t></is></c>'

    def _spelled(self, value: str) -> str:
        """What stands behind `<t`."""
        space = ""
        if len(value) > LONGEST:
            value = value[: LONGEST - 1] + "…"
        if _SPECIAL.search(value):
            space = ' xml:space="preserve"' if value != value.strip() else ""
            value = escape(self._escape_control_characters(value))
        return f"{space}>{value}"

    def number(self, at: int, place: int, value: object) -> str:
        """A decimal number as it is spelled; a spreadsheet reads 15 digits of it."""
        return f'<c r="{self._letters[place]}{at + 1}"><v>{value}</v></c>'

    def day(self, at: int, place: int, value: date) -> str:
        if value not in self._days:
            self._days[value] = f"{self._convert_date_time(value):.16G}"
        return self._dated(at, place, "day", self._days[value])

    def moment(self, at: int, place: int, value: datetime) -> str:
        plain = value.astimezone(UTC).replace(tzinfo=None)
        return self._dated(at, place, "moment", f"{self._convert_date_time(plain):.16G}")

    def _dated(self, at: int, place: int, kind: str, serial: str) -> str:
        return f'<c r="{self._letters[place]}{at + 1}" s="{self._styles[kind]}"><v>{serial}</v></c>'

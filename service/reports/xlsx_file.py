"""XLSX by XlsxWriter in its constant-memory mode: rows go to a file as they come.

Cells are typed: numbers and dates are numbers to a spreadsheet. Text is written as text whatever it begins with, so a
lot named `=1+1` is no formula; it stays as it is, without an apostrophe. A number with more than 15 digits would lose
some (a spreadsheet counts in doubles), so it is written as text.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

import xlsxwriter

from service.papers.words import Language
from service.reports.report import Column, Row
from service.reports.xlsx_sheet import Sheet

_EXACT_DIGITS = 15
_SHEET_ROWS = 1_048_575  # of a worksheet, beside the header
_STAMP = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the same rows give the same bytes
_FORMS = {"day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm:ss"}


def write_xlsx(out: BinaryIO, columns: Sequence[Column], rows: Iterable[Row], language: Language) -> int:
    """How many rows were written; what does not fit on one sheet goes on on the next."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": _STAMP})
    head = book.add_format({"bold": True})
    styles = {kind: book.add_format({"num_format": form})._get_xf_index() for kind, form in _FORMS.items()}
    sheet, at, count = _sheet(book, columns, language, head, styles), 0, 0
    keyed = [(place, column.key, column.kind) for place, column in enumerate(columns)]
    for row in rows:
        if at == _SHEET_ROWS:
            sheet.end()
            sheet, at = _sheet(book, columns, language, head, styles), 0
        at, count = at + 1, count + 1
        sheet.put(at, [_cell(sheet, at, place, kind, value) for place, key, kind in keyed
                       if (value := row.get(key)) is not None])  # fmt: skip
    sheet.end()
    book.close()
    return count


def _sheet(book: Any, columns: Sequence[Column], language: Language, head: Any, styles: dict[str, int]) -> Sheet:
    sheet: Sheet = book.add_worksheet(worksheet_class=Sheet)
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width + 2)
        title = column.title.in_language(language)
        sheet.write_string(0, place, f"{title} (UTC)" if column.kind == "moment" else title, head)
    sheet.begin(styles)
    return sheet


def _cell(sheet: Sheet, at: int, place: int, kind: str, value: Any) -> str:
    if kind == "text":
        return sheet.text(at, place, str(value))
    if kind == "day":
        return sheet.day(at, place, value)
    if kind == "moment":
        return sheet.moment(at, place, value)
    exact = len(str(value).strip("-").replace(".", "")) <= _EXACT_DIGITS
    return sheet.number(at, place, value) if exact else sheet.text(at, place, str(value))

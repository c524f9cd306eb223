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

_EXACT_DIGITS = 15
_SHEET_ROWS = 1_048_575  # of a worksheet, beside the header
_STAMP = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # the same rows give the same bytes


def write_xlsx(out: BinaryIO, columns: Sequence[Column], rows: Iterable[Row], language: Language) -> int:
    """How many rows were written; what does not fit on one sheet goes on on the next."""
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    book = xlsxwriter.Workbook(out, options)
    book.set_properties({"created": _STAMP})
    forms = {"day": book.add_format({"num_format": "yyyy-mm-dd"}),
             "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}), "head": book.add_format({"bold": True})}
    sheet, at, count = _sheet(book, columns, language, forms), 0, 0
    for row in rows:
        if at == _SHEET_ROWS:
            sheet, at = _sheet(book, columns, language, forms), 0
        at, count = at + 1, count + 1
        for place, column in enumerate(columns):
            _write(sheet, at, place, column, row.get(column.key), forms)
    book.close()
    return count


def _sheet(book: Any, columns: Sequence[Column], language: Language, forms: dict[str, Any]) -> Any:
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width + 2)
        title = column.title.in_language(language)
        sheet.write_string(0, place, f"{title} (UTC)" if column.kind == "moment" else title, forms["head"])
    return sheet


def _write(sheet: Any, at: int, place: int, column: Column, value: Any, forms: dict[str, Any]) -> None:
    if value is None:
        return
    if column.kind in ("quantity", "whole") and len(str(value).strip("-").replace(".", "")) <= _EXACT_DIGITS:
        sheet.write_number(at, place, float(value) if column.kind == "quantity" else int(value))
    elif column.kind == "day":
        sheet.write_datetime(at, place, value, forms["day"])
    elif column.kind == "moment":
        sheet.write_datetime(at, place, value.astimezone(UTC).replace(tzinfo=None), forms["moment"])
    else:
        sheet.write_string(at, place, str(value))

"""Files read back by other programs: what was written is what is there, and a name is never a formula."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.memory import memory_of
from service.papers.letters import printable, width, wrapped
from service.papers.words import Language
from service.reports import export, pdf_file
from service.reports.csv_file import safe
from service.reports.export import Format, Paper
from service.reports.report import Row, column

NOON = datetime(2026, 11, 22, 12, 0, 0, 5000, UTC)
COLUMNS = (
    column("item", "Item", "物料"), column("quantity", "Quantity", "数量", "quantity"),
    column("index", "Index", "序号", "whole"), column("expiry", "Expiry date", "有效期至", "day"),
    column("at", "Recorded", "记录时间", "moment", 20), column("note", "Note", "备注", width=30),
)  # fmt: skip
FORMULAS = ("=HYPERLINK(\"http://x\")", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1", " =1+1")


def row(**changes: object) -> Row:
    values = {"item": "MED", "quantity": "-12.5", "index": 7, "expiry": date(2027, 6, 30), "at": NOON, "note": None}
    return values | changes


def written(form: Format, rows: list[Row] | Iterator[Row], language: Language = "en") -> bytes:
    with export.written(form, COLUMNS, rows, language, Paper("Stock", "maker", NOON)) as file:
        return file.read()


def as_csv(rows: list[Row], language: Language = "en") -> list[list[str]]:
    text = written("csv", rows, language).decode("utf-8")
    assert text.endswith("\r\n") and "\n" not in text.replace("\r\n", "")
    return list(csv.reader(io.StringIO(text, newline="")))


def as_xlsx(rows: list[Row], language: Language = "en") -> openpyxl.worksheet.worksheet.Worksheet:
    return openpyxl.load_workbook(io.BytesIO(written("xlsx", rows, language))).active


def as_pdf(rows: list[Row], language: Language = "en") -> str:
    read = pypdf.PdfReader(io.BytesIO(written("pdf", rows, language)))
    return "\n".join(page.extract_text() for page in read.pages)


def test_csv_is_read_back_as_it_was_written() -> None:
    head, first = as_csv([row(note='a "b", c')])
    assert head == ["Item", "Quantity", "Index", "Expiry date", "Recorded", "Note"]
    assert first == ["MED", "-12.5", "7", "2027-06-30", "2026-11-22T12:00:00.005Z", 'a "b", c']
    assert written("csv", []).endswith(b"\r\n")


def test_titles_are_in_the_language_asked_for() -> None:
    chinese = ["物料", "数量", "序号", "有效期至", "记录时间", "备注"]
    assert as_csv([], "zh") == [chinese]
    assert [cell.value for cell in as_xlsx([], "zh")[1]] == [*chinese[:4], "记录时间 (UTC)", "备注"]
    assert all(title in as_pdf([], "zh") for title in chinese)


@pytest.mark.parametrize("name", FORMULAS)
def test_a_name_is_never_a_formula(name: str) -> None:
    assert as_csv([row(item=name)])[1][0] == f"'{name}"
    cell = as_xlsx([row(item=name)])["A2"]
    assert (cell.data_type, cell.value.replace("_x000D_", "\r")) == ("s", name)


@given(st.text(max_size=30))
@settings(max_examples=300, deadline=None)
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert not safe(text).lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))
    assert safe(text) in (text, f"'{text}")


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_every_column_of_a_spreadsheet_can_be_sorted(rows: int) -> None:
    sheet = as_xlsx([row()] * rows)
    assert sheet.auto_filter.ref == f"A1:F{rows + 1}" and sheet.max_row == rows + 1


def test_cells_are_typed() -> None:
    sheet = as_xlsx([row(note="12")])
    assert [sheet[f"{letter}2"].data_type for letter in "ABCDEF"] == ["s", "n", "n", "d", "d", "s"]
    assert (sheet["B2"].value, sheet["C2"].value) == (-12.5, 7)
    assert sheet["D2"].value == datetime(2027, 6, 30) and sheet["E2"].value == datetime(2026, 11, 22, 12, 0, 0, 5000)
    assert sheet["F2"].value == "12"


@given(st.integers(-(2**53) + 1, 2**53 - 1), st.integers(0, 9))
@settings(max_examples=200, deadline=None)
def test_no_digit_of_a_quantity_is_lost_in_a_spreadsheet(units: int, decimals: int) -> None:
    quantity = f"{Decimal(units).scaleb(-decimals):f}"
    cell = as_xlsx([row(quantity=quantity)])["B2"]
    seen = Decimal(cell.value) if cell.data_type == "s" else Decimal(repr(cell.value))
    assert seen == Decimal(quantity)


def test_chinese_is_in_the_pdf_as_text() -> None:
    text = as_pdf([row(item="阿莫西林胶囊", note="因温度超标隔离，待质量部复核")], "zh")
    assert "阿莫西林胶囊" in text and "报表结束：共 1 行" in text.replace("\n", "")
    assert "因温度超标隔离，待质量部复核" in text.replace("\n", "")


def test_the_fonts_are_embedded() -> None:
    page = pypdf.PdfReader(io.BytesIO(written("pdf", [row(item="阿莫西林")]))).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    used = [font for font in fonts if font["/BaseFont"] != "/Helvetica"]
    assert used and all("/FontFile2" in font["/FontDescriptor"] for font in used)


def test_what_no_font_has_is_spelled_out() -> None:
    assert printable("a\u0416b\u202ec\U0001f48a") == "a[U+0416]b[U+202E]c[U+1F48A]"
    assert "[U+0416]" in as_pdf([row(item="\u0416")])


@given(st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "Zs")), max_size=200), st.floats(20, 200))
@settings(max_examples=200, deadline=None)
def test_wrapping_loses_nothing_but_blanks_and_fits(text: str, room: float) -> None:
    text = printable(text)
    lines = wrapped(text, room, 7)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(line, 7) <= room or len(line) == 1 for line in lines)


@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf"])
def test_the_same_report_is_the_same_bytes(form: Format) -> None:
    rows = [row(item=f"第{at}批", index=at) for at in range(300)]
    assert written(form, rows) == written(form, rows)


def test_every_row_is_on_a_page_and_the_last_line_says_how_many() -> None:
    text = as_pdf([row(item=f"I{at}") for at in range(500)])
    assert all(f"I{at}" in text for at in (0, 250, 499)) and "End of the report: 500 rows" in text
    assert "page 2" in text


def test_a_pdf_that_nobody_would_read_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_file, "MOST_ROWS", 10)
    with pytest.raises(pdf_file.TooManyRows):
        written("pdf", [row()] * 11)
    assert written("pdf", [row()] * 10).startswith(b"%PDF")


@pytest.mark.parametrize(("form", "rows", "most"), [("csv", 100_000, 2), ("xlsx", 100_000, 10), ("pdf", 5_000, 20)])
def test_memory_does_not_grow_with_the_rows(form: Format, rows: int, most: int) -> None:
    """In MB of the process, seen while the last rows are written. A PDF keeps its compressed pages, no more."""
    written(form, [row()] * 1000)  # what is loaded once
    before, seen = memory_of(), list[float]()

    def stream() -> Iterator[Row]:
        for at in range(rows):
            if at % 1000 == 0:
                seen.append(memory_of())
            yield row(index=at)

    with export.written(form, COLUMNS, stream(), "en", Paper("", "", NOON)) as file:
        assert file.seek(0, 2) > 100_000
    assert max(seen) - before < most


@pytest.mark.parametrize("text", ["<r>a</r>", "a < b & c > d", " lead", "trail ", "_x0041_", "tab\there", "a\x01b",
                                  "x" * 40_000, "\ufffe", "\u7532<\u4e59>"])  # fmt: skip
def test_a_spreadsheet_reads_the_text_that_was_written(text: str) -> None:
    """Also what looks like markup, or like the way in which control characters are spelled."""
    cell = as_xlsx([row(item=text), row(item="next")])["A2"]
    seen = openpyxl.utils.escape.unescape(cell.value)
    assert seen == (text if len(text) <= 32_767 else "x" * 32_766 + "…")

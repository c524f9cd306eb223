"""CSV and XLSX as rows of text, read as a stream and with bounds: a small file must not become a large one in memory.

CSV: UTF-8, with `,` `;` or tab between fields. XLSX: the first sheet, values and not formulas; it is a zip, so what it
says it unpacks to is bounded before it is opened (zipfile reads no more than that), as a whole and by its ratio.
"""

import csv
import io
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zipfile import BadZipFile, ZipFile

FILE_LIMIT = 32_000_000
UNPACKED_LIMIT = 300_000_000
RATIO_LIMIT = 100
PARTS_LIMIT = 1_000
COLUMNS_LIMIT = 64
CELL_LIMIT = 1_000  # characters; no column takes more

Row = tuple[int, list[str]]


class Unreadable(Exception):
    """The file is not what it should be; the text says what was expected and seen."""


def format_of(content: bytes) -> str:
    return "xlsx" if content[:4] == b"PK\x03\x04" else "csv"


def rows_of(content: bytes) -> Iterator[Row]:
    """Number, as a spreadsheet counts them, and cells of each row that is not empty; raises Unreadable on the way."""
    rows = _xlsx(content) if format_of(content) == "xlsx" else _csv(content)
    for number, cells in rows:
        if len(cells) > COLUMNS_LIMIT:
            raise Unreadable(f"row {number}: expected at most {COLUMNS_LIMIT} columns, got {len(cells)}")
        if any(cells):
            yield number, cells


def _csv(content: bytes) -> Iterator[Row]:
    text = io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline="")
    try:
        head = text.readline(CELL_LIMIT * COLUMNS_LIMIT)
        delimiter = max(",;\t", key=head.count)
        text.seek(0)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        for cells in reader:
            yield reader.line_num, [cell.strip()[: CELL_LIMIT + 1] for cell in cells]
    except UnicodeDecodeError as error:
        raise Unreadable(f"expected UTF-8, got the byte 0x{error.object[error.start]:02x}") from None
    except csv.Error as error:
        raise Unreadable(f"expected CSV, got: {error}") from None


def _xlsx(content: bytes) -> Iterator[Row]:
    import openpyxl  # no server loads it that nobody sends a workbook

    _check_parts(content)
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=COLUMNS_LIMIT + 1), 1):
            filled = [_text(cell) for cell in cells]
            while filled and not filled[-1]:
                filled.pop()
            yield number, filled
    except Unreadable:
        raise
    except Exception as error:  # a hostile file can make the library fail anywhere, and in any way
        raise Unreadable(f"expected an XLSX workbook, got {type(error).__name__}") from None


def _check_parts(content: bytes) -> None:
    try:
        parts = ZipFile(io.BytesIO(content)).infolist()
    except (BadZipFile, ValueError, NotImplementedError, OSError) as error:
        raise Unreadable(f"expected an XLSX workbook, got {type(error).__name__}") from None
    if len(parts) > PARTS_LIMIT:
        raise Unreadable(f"expected at most {PARTS_LIMIT} parts, got {len(parts)}")
    unpacked = sum(part.file_size for part in parts)
    allowed = min(UNPACKED_LIMIT, max(len(content), 10_000) * RATIO_LIMIT)
    if unpacked > allowed:
        raise Unreadable(f"expected at most {allowed} bytes when unpacked, got {unpacked}")


def _text(cell: Any) -> str:
    """A cell as it would be written in CSV."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        exact = Decimal(repr(cell))  # 0.1 is shown as 0.1, and 1200.0 as 1200
        return f"{exact.normalize():f}" if exact.is_finite() else repr(cell)
    if isinstance(cell, datetime):
        midnight = (cell.hour, cell.minute, cell.second) == (0, 0, 0)
        return cell.date().isoformat() if midnight else cell.isoformat(timespec="seconds")
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell).strip()[: CELL_LIMIT + 1]

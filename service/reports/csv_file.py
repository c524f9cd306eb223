"""CSV (RFC 4180): UTF-8, comma, CRLF, quotes where needed; one header line.

Formula protection: a text that a spreadsheet would take for a formula gets an apostrophe in front. Numbers, dates and
times are spelled by us and begin with a digit or, of a number, with its minus.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, BinaryIO

from service.papers.words import Language
from service.reports.report import Column, Row

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_csv(out: BinaryIO, columns: Sequence[Column], rows: Iterable[Row], language: Language) -> int:
    """How many rows were written."""
    text, count = io.TextIOWrapper(out, "utf-8", newline="", write_through=False), 0
    writer = csv.writer(text)
    writer.writerow([safe(column.title.in_language(language)) for column in columns])
    keyed = [(column, column.key) for column in columns]
    for row in rows:
        writer.writerow(["" if (value := row.get(key)) is None else cell(column, value) for column, key in keyed])
        count += 1
    text.flush()
    text.detach()
    return count


def cell(column: Column, value: Any) -> str:
    if column.kind == "text":
        return safe(str(value))
    return spelled(value)


def safe(text: str) -> str:
    """Also what stands behind white space: some programs strip it before they look for a formula."""
    if text[:1].isalnum():  # most are, and begin no formula
        return text
    return f"'{text}" if text.startswith(_FORMULA) or text.lstrip().startswith(_FORMULA) else text


def spelled(value: Any) -> str:
    """Times in UTC to the millisecond, days as they are, numbers as the text they come as."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else str(value)

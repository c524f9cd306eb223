"""One report, one file: written whole to the disk before the first byte is sent.

So a query that fails half way is a problem and not half a file, the connection to the database is free again while a
slow client fetches, and memory stays small whatever the number of rows.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Literal

from service.papers.words import Language
from service.reports.csv_file import write_csv
from service.reports.pdf_file import write_pdf
from service.reports.report import Column, Row

Format = Literal["csv", "xlsx", "pdf"]
MEDIA_TYPES: dict[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
_PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class Paper:
    """What is printed around the rows: whose report it is, of what moment, and what was asked."""

    title: str
    subject: str
    made_at: datetime


def written(
    form: Format, columns: Sequence[Column], rows: Iterable[Row], language: Language, paper: Paper
) -> BinaryIO:
    """An open file at its beginning, which is gone when it is closed."""
    out: BinaryIO = tempfile.TemporaryFile()  # type: ignore[assignment]  # noqa: SIM115 - closed by whoever reads it
    try:
        if form == "csv":
            write_csv(out, columns, rows, language)
        elif form == "xlsx":
            from service.reports.xlsx_file import write_xlsx  # no server loads it that nobody asks for it

            write_xlsx(out, columns, rows, language)
        else:
            write_pdf(out, columns, rows, language, paper.title, paper.subject, paper.made_at)
    except BaseException:
        out.close()
        raise
    out.seek(0)
    return out


def pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece

"""A report on paper: A4 across, a heading and numbered pages, text wrapped and never cut, and a last line that says
how many rows there are.

By reportlab with `invariant`: the same rows and the same moment give the same bytes. reportlab keeps the finished,
compressed pages in memory until the end, some kilobytes each, which is why there is a `MOST_ROWS`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, BinaryIO

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfgen.canvas import Canvas

from service.papers.letters import BOLD, LATIN, printable, ready, runs, width, wrapped
from service.papers.words import Language, Words
from service.reports.csv_file import spelled
from service.reports.report import Column, Row

MOST_ROWS = 10_000
_WIDE, _HIGH = landscape(A4)
_NUMBERS = ("quantity", "whole")
_MARGIN, _GAP, _SIZE, _LINE = 30.0, 4.0, 7.0, 9.0
_PAGE, _END = Words("page {}", "第 {} 页"), Words("End of the report: {} rows", "报表结束：共 {} 行")


class TooManyRows(Exception):
    """The report has more rows than a PDF may have."""


def write_pdf(
    out: BinaryIO, columns: Sequence[Column], rows: Iterable[Row], language: Language, title: str, subject: str,
    made_at: datetime,
) -> int:  # fmt: skip
    """How many rows were written; raises TooManyRows beyond MOST_ROWS."""
    ready()
    paper = _Paper(Canvas(out, (_WIDE, _HIGH), pageCompression=1, invariant=1), columns, language)
    paper.canvas.setTitle(title)
    paper.begin(title, subject, _on_paper(made_at))
    count = 0
    for row in rows:
        count += 1
        if count > MOST_ROWS:
            raise TooManyRows
        paper.row(row)
    paper.end(count)
    paper.canvas.save()
    return count


class _Paper:
    """Where the next line goes."""

    def __init__(self, canvas: Canvas, columns: Sequence[Column], language: Language) -> None:
        self.canvas, self.columns, self.language = canvas, columns, language
        self.page, self.y, self.heading = 0, 0.0, ("", "")
        room = _WIDE - 2 * _MARGIN
        whole = sum(column.width for column in columns)
        self.rooms = [room * column.width / whole - _GAP for column in columns]
        self.lefts = [_MARGIN + sum(self.rooms[:at]) + at * _GAP for at in range(len(columns))]

    def begin(self, title: str, subject: str, made_at: str) -> None:
        self.heading = printable(f"{title} · {subject}"), made_at
        self._turn()

    def row(self, row: Row) -> None:
        cells = [self._lines(column, room, row.get(column.key))
                 for column, room in zip(self.columns, self.rooms, strict=True)]
        height = max(len(lines) for lines in cells)
        if self.y - height * _LINE < _MARGIN + _LINE:
            self._turn()
        for column, left, room, lines in zip(self.columns, self.lefts, self.rooms, cells, strict=True):
            for at, line in enumerate(lines):
                shift = room - width(line, _SIZE) if column.kind in _NUMBERS else 0
                self._text(left + shift, self.y - at * _LINE, line)
        self.y -= height * _LINE + 2

    def end(self, count: int) -> None:
        said = _END.in_language(self.language).format(count)
        if self.y - _LINE < _MARGIN + _LINE:
            self._turn()
        self._text(_MARGIN, self.y - 4, said, BOLD)

    def _turn(self) -> None:
        """A new page with its heading, column titles and number."""
        if self.page:
            self.canvas.showPage()
        self.page, top = self.page + 1, _HIGH - _MARGIN
        for at, line in enumerate(wrapped(self.heading[0], _WIDE - 2 * _MARGIN, 9)):
            self._text(_MARGIN, top - at * 12, line, BOLD, 9)
            self.y = top - at * 12 - 14
        number = _PAGE.in_language(self.language).format(self.page)
        self._text(_MARGIN, _MARGIN - 12, self.heading[1])
        self._text(_WIDE - _MARGIN - width(number, _SIZE), _MARGIN - 12, number)
        titles = [wrapped(column.title.in_language(self.language), room, _SIZE)
                  for column, room in zip(self.columns, self.rooms, strict=True)]
        for column, left, room, lines in zip(self.columns, self.lefts, self.rooms, titles, strict=True):
            for at, line in enumerate(lines):
                shift = room - width(line, _SIZE, BOLD) if column.kind in _NUMBERS else 0
                self._text(left + shift, self.y - at * _LINE, line, BOLD)
        self.y -= max(map(len, titles)) * _LINE
        self.canvas.line(_MARGIN, self.y + 4, _WIDE - _MARGIN, self.y + 4)
        self.y -= 6

    def _lines(self, column: Column, room: float, value: Any) -> list[str]:
        return [""] if value is None else wrapped(printable(_on_paper(value)), room, _SIZE)

    def _text(self, x: float, y: float, line: str, latin: str = LATIN, size: float = _SIZE) -> None:
        for font, part in runs(line, latin):
            self.canvas.setFont(font, size)
            self.canvas.drawString(x, y, part)
            x += width(part, size, latin)


def _on_paper(value: Any) -> str:
    """A time is a date and, behind a blank at which it may wrap, the time to the second, in UTC."""
    return f"{value:%Y-%m-%d %H:%M:%S}Z" if isinstance(value, datetime) else spelled(value)

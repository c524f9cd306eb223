"""Draws pages of marks, by reportlab with `invariant`: the same marks are the same bytes."""

from collections.abc import Iterable
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from service.papers.blocks import Box, Mark, Rule, Symbol, Text
from service.papers.letters import HAN, ready, runs, width
from service.papers.pages import HIGH, WIDE, Page, Section, laid_out
from service.papers.words import Language

_FILL_AND_STROKE = 2
_HEAVIER = 0.025
"""The Chinese letters have no bold face: they are drawn with an outline of this share of their size."""


def printed(title: str, sections: Iterable[Section], foot: str, language: Language) -> bytes:
    """A whole paper; `title` names it to the reader's program, `foot` stands below each page."""
    ready()
    out = BytesIO()
    canvas = Canvas(out, (WIDE, HIGH), pageCompression=1, invariant=1, lang="zh-CN" if language == "zh" else "en")
    canvas.setTitle(title)
    canvas.setCreator("Lotproof")
    for page in laid_out(sections, foot, language):
        _draw(canvas, page)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, page: Page) -> None:
    for mark in page:
        _mark(canvas, mark)


def _mark(canvas: Canvas, mark: Mark) -> None:
    match mark:
        case Text():
            _text(canvas, mark)
        case Rule(x, y, length, thickness, grey):
            canvas.setStrokeGray(grey)
            canvas.setLineWidth(thickness)
            canvas.line(x, HIGH - y, x + length, HIGH - y)
        case Box(x, y, wide, high, None):
            canvas.setStrokeGray(0.35)
            canvas.setLineWidth(0.6)
            canvas.rect(x, HIGH - y - high, wide, high)
        case Box(x, y, wide, high, grey):
            canvas.setFillGray(grey)
            canvas.rect(x, HIGH - y - high, wide, high, stroke=0, fill=1)
        case Symbol():
            _symbol(canvas, mark)


def _text(canvas: Canvas, mark: Text) -> None:
    x, style = mark.x, mark.style
    for font, part in runs(mark.line, style.latin):
        heavy = style.bold and font == HAN
        if heavy:
            canvas.saveState()  # the render mode would outlive the text
            canvas.setLineWidth(style.size * _HEAVIER)
            canvas.setStrokeGray(style.grey)
        canvas.setFont(font, style.size)
        canvas.setFillGray(style.grey)
        canvas.drawString(x, HIGH - mark.y, part, mode=_FILL_AND_STROKE if heavy else None)
        if heavy:
            canvas.restoreState()
        x += width(part, style.size, style.latin)


def _symbol(canvas: Canvas, mark: Symbol) -> None:
    """One path, so that no seam of white appears between its modules."""
    canvas.setFillGray(0)
    path, side = canvas.beginPath(), mark.side
    for down, row in enumerate(mark.modules):
        at = 0
        while at < len(row):
            end = at
            while end < len(row) and row[end]:
                end += 1
            if end > at:
                path.rect(mark.x + at * side, HIGH - mark.y - (down + 1) * side, (end - at) * side, side)
            at = end + 1
    canvas.drawPath(path, stroke=0, fill=1)

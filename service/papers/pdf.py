"""Draws pages of marks, by reportlab with `invariant`: the same marks are the same bytes."""

from collections.abc import Iterable
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from service.papers.blocks import Bars, Box, Mark, Rule, Symbol, Text
from service.papers.letters import HAN, ready, runs, width
from service.papers.pages import HIGH, WIDE, Page, Section, laid_out
from service.papers.words import Language

_FILL_AND_STROKE = 2
_HEAVIER = 0.025
"""The Chinese letters have no bold face: they are drawn with an outline of this share of their size."""


def printed(title: str, sections: Iterable[Section], foot: str, language: Language) -> bytes:
    """A whole paper; `title` names it to the reader's program, `foot` stands below each page."""
    return drawn(title, laid_out(sections, foot, language), (WIDE, HIGH), "zh-CN" if language == "zh" else "en")


def drawn(title: str, pages: Iterable[Page], size: tuple[float, float], lang: str) -> bytes:
    """Pages of one size, in points, each a list of marks."""
    ready()
    out = BytesIO()
    canvas = Canvas(out, size, pageCompression=1, invariant=1, lang=lang)
    canvas.setTitle(title)
    canvas.setCreator("Lotproof")
    for page in pages:
        for mark in page:
            _mark(canvas, mark, size[1])
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _mark(canvas: Canvas, mark: Mark, foot: float) -> None:
    """`foot`: how far down the page ends; a PDF counts from there."""
    match mark:
        case Text():
            _text(canvas, mark, foot)
        case Rule(x, y, length, thickness, grey):
            canvas.setStrokeGray(grey)
            canvas.setLineWidth(thickness)
            canvas.line(x, foot - y, x + length, foot - y)
        case Box(x, y, wide, high, None):
            canvas.setStrokeGray(0.35)
            canvas.setLineWidth(0.6)
            canvas.rect(x, foot - y - high, wide, high)
        case Box(x, y, wide, high, grey):
            canvas.setFillGray(grey)
            canvas.rect(x, foot - y - high, wide, high, stroke=0, fill=1)
        case Symbol():
            _symbol(canvas, mark, foot)
        case Bars(x, y, modules, side, high):
            _symbol(canvas, Symbol(x, y, (modules,), side), foot, high)


def _text(canvas: Canvas, mark: Text, foot: float) -> None:
    x, style = mark.x, mark.style
    for font, part in runs(mark.line, style.latin):
        heavy = style.bold and font == HAN
        if heavy:
            canvas.saveState()  # the render mode would outlive the text
            canvas.setLineWidth(style.size * _HEAVIER)
            canvas.setStrokeGray(style.grey)
        canvas.setFont(font, style.size)
        canvas.setFillGray(style.grey)
        canvas.drawString(x, foot - mark.y, part, mode=_FILL_AND_STROKE if heavy else None)
        if heavy:
            canvas.restoreState()
        x += width(part, style.size, style.latin)


def _symbol(canvas: Canvas, mark: Symbol, foot: float, high: float = 0.0) -> None:
    """One path, so that no seam of white appears between its modules."""
    canvas.setFillGray(0)
    path, side = canvas.beginPath(), mark.side
    tall = high or side
    for down, row in enumerate(mark.modules):
        at = 0
        while at < len(row):
            end = at
            while end < len(row) and row[end]:
                end += 1
            if end > at:
                path.rect(mark.x + at * side, foot - mark.y - (down + 1) * tall, (end - at) * side, tall)
            at = end + 1
    canvas.drawPath(path, stroke=0, fill=1)

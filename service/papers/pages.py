"""Blocks on A4 pages: each goes whole onto the page that it fits on, and every page says which of how many it is.

All pages are laid out before the first is drawn. Only a block that is higher than a page is torn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportlab.lib.pagesizes import A4

from service.papers.blocks import LABEL, Block, Mark, beside, line, moved, space, stack, words
from service.papers.letters import width
from service.papers.tearing import torn
from service.papers.words import Language, Words

WIDE, HIGH = A4
MARGIN = 40.0
ROOM = WIDE - 2 * MARGIN
_FOOT, _LEAST = 26.0, 100.0
_BOTTOM = HIGH - MARGIN - _FOOT
_NUMBER = Words("Page {} of {}", "第 {} 页，共 {} 页")

Page = list[Mark]


@dataclass(frozen=True, slots=True)
class Section:
    """Blocks that go on below one another; `running` stands at the head of each page that they go on to."""

    running: Block
    blocks: Sequence[Block]


def laid_out(sections: Iterable[Section], foot: str, language: Language) -> list[Page]:
    """The marks of each page, from its upper left corner."""
    sheets = _Sheets()
    for section in sections:
        for block in section.blocks:
            sheets.put(block, section.running)
    pages = sheets.pages
    for number, page in enumerate(pages, 1):
        page += _foot(foot, _NUMBER.in_language(language).format(number, len(pages)))
    return pages


class _Sheets:
    """The pages so far, and how far down the last of them is written on."""

    def __init__(self) -> None:
        self.pages, self.down = list[Page]([[]]), MARGIN

    def put(self, block: Block, running: Block) -> None:
        if self.down + block.height > _BOTTOM and block.height <= _BOTTOM - MARGIN - running.height:
            self._turn(running)
        while self.down + block.height > _BOTTOM:
            part, block = torn(block, _BOTTOM - self.down)
            self._write(part)
            self._turn(running)
        self._write(block)

    def _turn(self, running: Block) -> None:
        self.pages.append([])
        self.down = MARGIN
        self._write(running)
        left = _BOTTOM - self.down
        assert left > _LEAST, f"expected a running head that leaves {_LEAST} points, got one that leaves {left}"

    def _write(self, block: Block) -> None:
        self.pages[-1] += moved(block.marks, MARGIN, self.down)
        self.down += block.height


def _foot(said: str, number: str) -> list[Mark]:
    """A line, and below it whose page this is (a long name in two lines) and its number."""
    wide = width(number, LABEL.size)
    foot = beside((0, words(said, ROOM - wide - 12, LABEL)), (ROOM - wide, words(number, wide + 1, LABEL)))
    return list(moved(stack(line(ROOM, 0.4, 0.6), space(4), foot).marks, MARGIN, HIGH - MARGIN - _FOOT + 4))

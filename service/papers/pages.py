"""Blocks on A4 pages: each goes whole onto the page that it fits on, and every page says which of how many it is.

All pages are laid out before the first is drawn. A block that is higher than a page is our own fault; what can be long
(a finding, a list) comes as many blocks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportlab.lib.pagesizes import A4

from service.papers.blocks import LABEL, Block, Mark, Rule, Text, moved
from service.papers.letters import printable, width
from service.papers.words import Language, Words

WIDE, HIGH = A4
MARGIN = 40.0
ROOM = WIDE - 2 * MARGIN
_FOOT = 22.0
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
    pages, down = list[Page]([[]]), MARGIN
    for section in sections:
        for block in section.blocks:
            if down + block.height > _BOTTOM:
                pages.append(list(moved(section.running.marks, MARGIN, MARGIN)))
                down = MARGIN + section.running.height
                assert down + block.height <= _BOTTOM, f"expected {_BOTTOM - down} points, got {block.height}"
            pages[-1] += moved(block.marks, MARGIN, down)
            down += block.height
    for number, page in enumerate(pages, 1):
        page += _foot(foot, _NUMBER.in_language(language).format(number, len(pages)))
    return pages


def _foot(said: str, number: str) -> list[Mark]:
    base = HIGH - MARGIN - _FOOT + 18
    return [
        Rule(MARGIN, base - 10, ROOM, 0.4, 0.6),
        Text(MARGIN, base, printable(said), LABEL),
        Text(WIDE - MARGIN - width(number, LABEL.size), base, number, LABEL),
    ]

"""How a paper begins: its title on the left, on the right the number by which it is filed."""

from collections.abc import Sequence

from service.papers.blocks import HEADING, LABEL, TITLE, Block, Style, beside, fitted, line, space, stack, words
from service.papers.pages import ROOM

_FILED = Style(13, bold=True)


def abreast(blocks: Sequence[Block]) -> Block:
    """At equal distances across the page."""
    return beside(*((at * ROOM / len(blocks), block) for at, block in enumerate(blocks)))


def heading(title: str, label: str, number: str) -> tuple[Block, ...]:
    half = ROOM / 2
    filed = stack(words(label, half, LABEL, right=True), fitted(number, half, _FILED, HEADING, right=True))
    return beside((0, words(title, half, TITLE)), (half, filed)), space(5), line(ROOM, 1.4), space(9)

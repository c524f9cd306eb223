"""A block that is higher than a page, torn between its lines: no line and no code is cut in two.

It happens with names of two hundred letters that no font has, each of which is spelled out (`letters.printable`).
"""

from dataclasses import replace

from service.papers.blocks import Bars, Block, Box, Mark, Rule, Symbol, moved


def torn(block: Block, room: float) -> tuple[Block, Block]:
    """The part that fits into `room`, which is perhaps nothing, and the rest; a frame goes on around both."""
    cut = _cut(block, room)
    above, below = list[Mark](), list[Mark]()
    for mark in block.marks:
        top, foot = _extent(mark)
        if isinstance(mark, Box) and top < cut < foot:
            above.append(replace(mark, high=cut - top))
            below.append(replace(mark, y=cut, high=foot - cut))
        else:
            (above if foot <= cut else below).append(mark)
    return Block(cut, tuple(above)), Block(block.height - cut, moved(below, 0, -cut))


def _cut(block: Block, room: float) -> float:
    """The lowest place within `room` that goes through no line and no code."""
    cut = room
    solid = [_extent(mark) for mark in block.marks if not isinstance(mark, Box)]
    while through := [top for top, foot in solid if top < cut < foot]:
        cut = min(through)
    return cut


def _extent(mark: Mark) -> tuple[float, float]:
    """Upper and lower end; of a line of text with the room that its letters may take."""
    match mark:
        case Symbol(_, y, modules, side):
            return y, y + len(modules) * side
        case Box(_, y, _, high) | Bars(_, y, _, _, high):
            return y, y + high
        case Rule(_, y):
            return y, y
        case _:
            return mark.y - mark.style.size, mark.y + 0.3 * mark.style.size

"""What is printed, as blocks: how high each is, and marks at distances from its upper left corner, in points.

    stack(a, b)                  b below a
    beside((0, a), (120, b))     b at 120 points from the left, both at the same height

A block knows neither pages nor PDF; `pages` puts blocks on sheets, `pdf` draws the marks.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from service.papers.letters import BOLD, LATIN, printable, width, wrapped

Modules = tuple[tuple[bool, ...], ...]


@dataclass(frozen=True, slots=True)
class Style:
    size: float
    bold: bool = False
    grey: float = 0.0

    @property
    def latin(self) -> str:
        return BOLD if self.bold else LATIN

    @property
    def leading(self) -> float:
        return self.size * 1.32


TITLE, HEADING, STRONG = Style(17, bold=True), Style(10, bold=True), Style(8.5, bold=True)
BODY, SMALL, LABEL = Style(8.5), Style(7.2, grey=0.25), Style(6.4, grey=0.4)


@dataclass(frozen=True, slots=True)
class Text:
    """`y` is the line's foot."""

    x: float
    y: float
    line: str
    style: Style


@dataclass(frozen=True, slots=True)
class Rule:
    x: float
    y: float
    length: float
    thickness: float = 0.5
    grey: float = 0.0


@dataclass(frozen=True, slots=True)
class Box:
    """An outline, or with `fill` (1 is white) a ground without one."""

    x: float
    y: float
    wide: float
    high: float
    fill: float | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """A bar code of square modules of `side` points."""

    x: float
    y: float
    modules: Modules
    side: float


@dataclass(frozen=True, slots=True)
class Bars:
    """A linear bar code: its modules, each `side` points wide and `high` points high."""

    x: float
    y: float
    modules: tuple[bool, ...]
    side: float
    high: float


Mark = Text | Rule | Box | Symbol | Bars


@dataclass(frozen=True, slots=True)
class Block:
    height: float
    marks: tuple[Mark, ...] = ()


def moved(marks: Iterable[Mark], right: float, down: float) -> tuple[Mark, ...]:
    return tuple(replace(mark, x=mark.x + right, y=mark.y + down) for mark in marks)


def space(height: float) -> Block:
    return Block(height)


def words(text: str, room: float, style: Style = BODY, *, right: bool = False) -> Block:
    """Wrapped into `room` and never cut; with `right` set to its right edge."""
    lines = wrapped(printable(text), room, style.size, style.latin)
    lefts = [room - width(line, style.size, style.latin) if right else 0.0 for line in lines]
    marks = [Text(left, at * style.leading + style.size, line, style)
             for at, (left, line) in enumerate(zip(lefts, lines, strict=True))]  # fmt: skip
    return Block(len(lines) * style.leading, tuple(marks))


def fitted(text: str, room: float, *styles: Style, right: bool = False) -> Block:
    """In the first of the styles in which it is one line, else wrapped in the last."""
    said = printable(text)
    chosen = next((each for each in styles if width(said, each.size, each.latin) <= room), styles[-1])
    return words(text, room, chosen, right=right)


def fact(label: str, value: str, room: float, style: Style = BODY) -> Block:
    """A value below the small word that says what it is."""
    return stack(words(label, room, LABEL), words(value, room, style))


def line(length: float, thickness: float = 0.5, grey: float = 0.0) -> Block:
    return Block(thickness, (Rule(0, 0, length, thickness, grey),))


def symbol(modules: Modules, side: float) -> Block:
    return Block(len(modules) * side, (Symbol(0, 0, modules, side),))


def bars(modules: tuple[bool, ...], side: float, high: float) -> Block:
    return Block(high, (Bars(0, 0, modules, side, high),))


def tick_box(side: float = 11) -> Block:
    return Block(side, (Box(0, 0, side, side),))


def stack(*blocks: Block, gap: float = 0.0) -> Block:
    marks, height = list[Mark](), 0.0
    for at, block in enumerate(blocks):
        height += gap if at else 0.0
        marks += moved(block.marks, 0, height)
        height += block.height
    return Block(height, tuple(marks))


def beside(*cells: tuple[float, Block]) -> Block:
    marks = [mark for left, block in cells for mark in moved(block.marks, left, 0)]
    return Block(max(block.height for _, block in cells), tuple(marks))


def framed(block: Block, wide: float, pad: float = 7.0) -> Block:
    high = block.height + 2 * pad
    return Block(high, (Box(0, 0, wide, high), *moved(block.marks, pad, pad)))


def banded(block: Block, wide: float, pad: float = 3.5, grey: float = 0.91) -> Block:
    """On a grey ground."""
    high = block.height + 2 * pad
    return Block(high, (Box(0, 0, wide, high, grey), *moved(block.marks, 0, pad)))

"""Where people sign by hand: for each a line for the name, one for the day, and room for a stamp."""

from collections.abc import Sequence

from service.papers.blocks import LABEL, STRONG, Block, Rule, beside, space, stack, words
from service.papers.pages import ROOM
from service.papers.words import Language, Words

NAME = Words("Name, signature", "姓名、签字")
DATE = Words("Date, time", "日期、时间")
STAMP = Words("Stamp", "盖章")
_GAP, _HIGH, _DATE = 16.0, 40.0, 26.0


def signatures(roles: Sequence[Words], language: Language, *, stamped: bool = False) -> Block:
    """One column for each role, in one block: nobody signs a page that his words are not on."""
    wide = (ROOM - _GAP * (len(roles) - 1)) / len(roles)
    columns = [(at * (wide + _GAP), _column(role, wide, language, stamped)) for at, role in enumerate(roles)]
    return stack(space(18), beside(*columns))


def to_sign(label: str, wide: float, high: float) -> Block:
    """An empty line to write on, and below it what is to be written."""
    written = words(label, wide, LABEL)
    return stack(Block(high, (Rule(0, high - 2, wide, 0.6),)), written)


def _column(role: Words, wide: float, language: Language, stamped: bool) -> Block:
    parts = [words(role.in_language(language), wide, STRONG), to_sign(NAME.in_language(language), wide, _HIGH),
             to_sign(DATE.in_language(language), wide, _DATE)]  # fmt: skip
    if stamped:
        parts.append(stack(space(6), words(STAMP.in_language(language), wide, LABEL), space(44)))
    return stack(*parts)

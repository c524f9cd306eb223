"""The pattern of a lot number, such as `{YYYY}{MM}{DD}-{serial:3}`: its grammar, and the numbers that it makes.

    pattern = *( literal / "{" token "}" )
    token   = "YYYY" / "YY" / "MM" / "DD"        of the day at the site
            / "WW"                               ISO 8601 week; YYYY and YY beside it are the year of that week
            / "DDD"                              day of the year
            / "site" / "item" / "party"          the code, whole: a code cut short would name two things alike
            / "serial:" width                    1 to 12 digits; exactly once
            / "check:gs1" / "check:37-36"        at the end; over everything before it

Reading is one pass over the text. A pattern is refused unless every number it can ever make is a lot number
(`check_lot_number`), whatever the day and the serial.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from service.domain import check_digits
from service.domain.lookalikes import SET_82
from service.domain.number_errors import BadRule

LONGEST = 20
MOST_DIGITS = 12

DATES = {"YYYY": 4, "YY": 2, "MM": 2, "DD": 2, "WW": 2, "DDD": 3}
CODES = ("site", "item", "party")
CHECKS = {"gs1": check_digits.gs1, "37-36": check_digits.mod_37_36}


class Part(NamedTuple):
    """`kind` is literal, date, code, serial or check; `value` its text, token, width or system."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a number is made of beside its serial; `day` is the date at the site."""

    day: date
    site: str
    item: str
    party: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """Made by `parse`, so of one serial, with a check at most at its end."""

    text: str
    parts: tuple[Part, ...]

    def has(self, *tokens: str) -> bool:
        return {part.value for part in self.parts if part.kind in ("date", "code")}.issuperset(tokens)

    @property
    def width(self) -> int:
        return next(int(part.value) for part in self.parts if part.kind == "serial")

    @property
    def last_serial(self) -> int:
        return int(10**self.width) - 1

    def longest(self, codes: dict[str, int]) -> int:
        """The length of the longest number, where codes are as long as `codes` says."""
        return sum(_length(part, codes) for part in self.parts)

    def number(self, facts: Facts, serial: int) -> str:
        assert 0 <= serial <= self.last_serial, f"serial {serial} of {self.text}"
        made = ""
        for part in self.parts:
            made += CHECKS[part.value](made) if part.kind == "check" else self._shown(part, facts, serial)
        return made

    def year(self, day: date) -> int:
        return day.isocalendar().year if self.has("WW") else day.year

    def _shown(self, part: Part, facts: Facts, serial: int) -> str:
        if part.kind == "literal":
            return part.value
        if part.kind == "serial":
            return f"{serial:0{part.value}d}"
        if part.kind == "code":
            return str(getattr(facts, part.value))
        return self._date(part.value, facts.day)

    def _date(self, token: str, day: date) -> str:
        number = {
            "YYYY": self.year(day), "YY": self.year(day) % 100, "MM": day.month, "DD": day.day,
            "WW": day.isocalendar().week, "DDD": day.timetuple().tm_yday,
        }[token]
        return f"{number:0{DATES[token]}d}"


def parse(text: str) -> Pattern:
    """Raises BadRule, saying what was expected where."""
    parts = tuple(_parts(text))
    serials = sum(part.kind == "serial" for part in parts)
    if serials != 1:
        raise BadRule(text, "one {serial:width}", str(serials))
    if any(part.kind == "check" for part in parts[:-1]):
        raise BadRule(text, "{check:…} once, at the end", "one before the end")
    made = Pattern(text, parts)
    if made.has("WW") and any(made.has(token) for token in ("MM", "DD", "DDD")):
        raise BadRule(text, "WW without MM, DD and DDD: beside it the year is that of the week", "both")
    return made


def _parts(text: str) -> Iterator[Part]:
    rest = text
    while rest:
        literal, opened, rest = rest.partition("{")
        if literal:
            yield Part("literal", _literal(text, literal))
        if opened:
            token, closed, rest = rest.partition("}")
            if not closed:
                raise BadRule(text, "a } for each {", "none")
            yield _token(text, token)


def _literal(text: str, literal: str) -> str:
    for character in literal:
        if character not in SET_82:
            raise BadRule(text, "characters of GS1 set 82", ascii(character))
    return literal


def _token(text: str, token: str) -> Part:
    name, _, option = token.partition(":")
    if token in DATES:
        return Part("date", token)
    if token in CODES:
        return Part("code", token)
    if name == "serial" and option in {str(width) for width in range(1, MOST_DIGITS + 1)}:
        return Part("serial", option)
    if name == "check" and option in CHECKS:
        return Part("check", option)
    known = [*DATES, *CODES, f"serial:1 to serial:{MOST_DIGITS}", *(f"check:{each}" for each in CHECKS)]
    raise BadRule(text, f"one of {', '.join(known)}", ascii(token))


def _length(part: Part, codes: dict[str, int]) -> int:
    if part.kind == "literal":
        return len(part.value)
    if part.kind == "serial":
        return int(part.value)
    return {"date": DATES, "code": codes}.get(part.kind, {}).get(part.value, 1)

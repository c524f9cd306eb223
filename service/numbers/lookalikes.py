"""What somebody typed, as the ASCII it resembles: a Cyrillic А, a full-width ０ and a long dash are not on any label.

Unicode's own table says what resembles what (UTS 39, Unicode Security Mechanisms), through the library `disarm`.
Among ASCII characters the domain's key decides (`service.domain.lookalikes`).
"""

import unicodedata
from dataclasses import dataclass

from disarm import normalize_confusables

from service.domain.lookalikes import SET_82


@dataclass(frozen=True, slots=True)
class Oddity:
    """A character that a lot number cannot hold; `looks_like` is empty where it looks like nothing, None if unknown."""

    position: int
    character: str
    name: str
    looks_like: str | None


def oddities(typed: str) -> list[Oddity]:
    """Every character of `typed` outside GS1 set 82; positions count from 1."""
    return [
        Oddity(position, f"U+{ord(character):04X}", unicodedata.name(character, "unnamed"), _resembled(character))
        for position, character in enumerate(typed, 1)
        if character not in SET_82
    ]


def ascii_of(typed: str) -> str:
    """`typed` with every odd character replaced by what it looks like; what looks like no letter is left out."""
    return "".join(each if each in SET_82 else _resembled(each) or "" for each in typed)


def _resembled(character: str) -> str | None:
    category = unicodedata.category(character)
    if category in ("Cs", "Cn", "Co"):  # half a character, or none that Unicode knows
        return None
    if category[0] in "ZCM":  # spaces, controls and marks; among them those that nobody sees
        return ""
    if category == "Pd":
        return "-"
    if (digit := unicodedata.decimal(character, None)) is not None:
        return str(digit)
    plain = unicodedata.normalize("NFKD", normalize_confusables(unicodedata.normalize("NFKC", character)))
    kept = "".join(each for each in plain if each in SET_82)
    return kept or None

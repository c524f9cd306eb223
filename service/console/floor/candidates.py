"""Which lots a damaged number could be: those that lie here, by how far their numbers are from what was read.

Distance is the number of letters to change, add or leave out (Levenshtein), but a letter read as one that looks like it
(O 0, I 1, S 5, B 8, Z 2, G 6) costs a tenth. `?` or `*` stand for what cannot be read: one letter, or any number of
them. What is farther than a third of the number is no candidate.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from service.domain.lookalikes import look_alike_key
from service.numbers.lookalikes import ascii_of

ALIKE = 0.1
FARTHEST = 1 / 3
MOST = 8


@dataclass(frozen=True, slots=True)
class Candidate:
    """`distance` is 0 where it was read as it is."""

    uri: str
    item: str
    lot: str
    expiry_date: Any
    places: tuple[str, ...]
    distance: float
    read: str


def candidates(readings: Sequence[str], rows: Iterable[dict[str, Any]]) -> list[Candidate]:
    """The nearest first, MOST at the most."""
    lots: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        lots.setdefault(row["uri"], []).append(row)
    found = [near for lying in lots.values() if (near := _nearest(readings, lying)) is not None]
    return sorted(found, key=lambda each: (each.distance, each.lot))[:MOST]


def _nearest(readings: Sequence[str], lying: Sequence[dict[str, Any]]) -> Candidate | None:
    row, places = lying[0], tuple(dict.fromkeys(each["location"] for each in lying))
    ranked = sorted((distance(ascii_of(read), row["lot"]), read) for read in readings)
    if not ranked or ranked[0][0] > len(row["lot"]) * FARTHEST:
        return None
    away, read = ranked[0]
    return Candidate(row["uri"], row["item"], row["lot"], row["expiry_date"], places, round(away, 1), read)


def distance(read: str, number: str) -> float:
    """0 <= distance; both in ASCII."""

    @cache
    def rest(at: int, of: int) -> float:
        """Between what follows `at` in `read` and what follows `of` in `number`."""
        if at == len(read):
            return len(number) - of
        if read[at] == "*":
            return min(rest(at + 1, of), rest(at, of + 1) if of < len(number) else len(read))
        if of == len(number):
            return 1 + rest(at + 1, of)
        return min(_other(read[at], number[of]) + rest(at + 1, of + 1), 1 + rest(at + 1, of), 1 + rest(at, of + 1))

    return rest(0, 0)


def _other(read: str, letter: str) -> float:
    if read in ("?", letter):
        return 0
    return ALIKE if look_alike_key(read) == look_alike_key(letter) else 1

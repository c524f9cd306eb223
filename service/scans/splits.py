"""A GS1 message read in every way that makes sense.

    segment  = what stands between two separators (FNC1, sent as GS)
    literal  = its one reading by the standard: a value of variable length goes on to the end of the segment
    split    = a reading in which a separator was forgotten: such a value ends earlier, and another AI follows

Cuts are looked for from each position once, the fewest cuts first, so the work is bounded by the segment's length.
"""

from collections.abc import Iterator
from itertools import islice

from service.scans.elements import Element, ai_at, first_element, whole_element

GS = "\x1d"
MOST_CUTS = 3
MOST_SPLITS = 8
MOST_TRIED = 2_000
LONGEST_SPLIT = 120  # characters of a segment; a longer one is read literally only

Reading = tuple[Element, ...]

# What follows a forgotten separator on labels of goods and pallets. Of the other AIs (such as 90 to 99,
# internal) nearly every lot number holds one by chance.
_ON_LABELS = ("00", "01", "02", "10", "11", "12", "13", "15", "16", "17", "20", "21", "22", "30", "37", "240", "241",
              "400", "410", "411", "412", "413", "414", "415", "417", "7003")  # fmt: skip


def literal(segment: str) -> Reading | None:
    """The reading by the standard, check digits not judged; None where there is none."""
    elements: list[Element] = []
    while segment:
        found = ai_at(segment)
        if found is None:
            return None
        element = whole_element(segment) if found[1] else first_element(segment)
        if element is None:
            return None
        elements.append(element)
        segment = segment[len(element.ai) + len(element.value) :]
    return tuple(elements)


def splits(segment: str) -> list[Reading]:
    """Up to MOST_SPLITS readings with a forgotten separator, fewest cuts first; none with a wrong check digit."""
    if len(segment) > LONGEST_SPLIT:
        return []
    ways = _Ways(segment)
    every = (way for cuts in range(1, MOST_CUTS + 1) for way in ways.readings(0, cuts))
    return list(islice(filter(_names_each_once, islice(every, MOST_TRIED)), MOST_SPLITS))


class _Ways:
    """Which elements can begin at a position, so that the rest can be read with exactly so many cuts."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._known: dict[tuple[int, int], list[tuple[Element, int, int]]] = {}

    def readings(self, at: int, cuts: int) -> Iterator[Reading]:
        if at == len(self._text):
            yield ()
            return
        for element, end, left in self._steps(at, cuts):
            for rest in self.readings(end, left):
                yield (element, *rest)

    def _steps(self, at: int, cuts: int) -> list[tuple[Element, int, int]]:
        if (at, cuts) not in self._known:
            self._known[at, cuts] = list(self._find_steps(at, cuts))
        return self._known[at, cuts]

    def _find_steps(self, at: int, cuts: int) -> Iterator[tuple[Element, int, int]]:
        found = ai_at(self._text[at:])
        if found is None:
            return
        if not found[1]:
            element = first_element(self._text[at:])
            yield from self._step(element, at + _length(element), cuts)
            return
        if cuts == 0:
            yield from self._step(whole_element(self._text[at:]), len(self._text), 0)
            return
        for end in range(at + len(found[0]) + 1, len(self._text)):
            if self._may_follow(end) and self._finishes(end, cuts - 1):
                yield from self._step(whole_element(self._text[at:end]), end, cuts - 1)

    def _step(self, element: Element | None, end: int, left: int) -> Iterator[tuple[Element, int, int]]:
        if element is not None and element.problem is None and self._finishes(end, left):
            yield element, end, left

    def _finishes(self, at: int, cuts: int) -> bool:
        return cuts == 0 if at == len(self._text) else bool(self._steps(at, cuts))

    def _may_follow(self, at: int) -> bool:
        return self._text.startswith(_ON_LABELS, at) or self._text[at : at + 2] in ("31", "32", "33", "34", "35", "36")


def _length(element: Element | None) -> int:
    return len(element.ai) + len(element.value) if element else 0


def _names_each_once(reading: Reading) -> bool:
    return len({element.ai for element in reading}) == len(reading)

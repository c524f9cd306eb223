"""Element strings of GS1: an application identifier (AI) and its value, read one at a time by the library `biip`.

biip does not raise on a wrong check digit, so every element carries its own `problem`. Two readers of a message that
has lost a separator can differ; this module only reads one element and says where it may end (`service.scans.splits`
and `service.scans.reading` put them together).
"""

from dataclasses import dataclass
from datetime import date

from biip import ParseError
from biip.gs1_application_identifiers import GS1ApplicationIdentifier
from biip.gs1_element_strings import GS1ElementString

UNREADABLE = (ParseError, ValueError, ArithmeticError)
"""biip promises the first; an amount without digits (AI 3900) gives the last."""

DATES = ("11", "12", "13", "15", "16", "17", "7003")


@dataclass(frozen=True, slots=True)
class Element:
    """`value` as read, without its AI; `day` where it is a date (day 00 is the last of the month)."""

    ai: str
    title: str
    meaning: str
    value: str
    day: date | None = None
    number: str | None = None
    problem: str | None = None

    @property
    def checks_itself(self) -> bool:
        """A date, or a number with a right check digit: chance seldom makes one."""
        return self.problem is None and (self.ai in DATES or self.ai in ("00", "01", "02") or self.ai[:2] == "41")


def ai_at(text: str) -> tuple[str, bool] | None:
    """The AI that `text` begins with and whether its value may vary in length; None where there is none."""
    try:
        found = GS1ApplicationIdentifier.extract(text)
    except UNREADABLE:
        return None
    return found.ai, found.separator_required


def first_element(text: str) -> Element | None:
    """The element of fixed length that `text` begins with."""
    return _element(GS1ElementString.extract, text)


def whole_element(text: str) -> Element | None:
    """`text` as one element."""
    return _element(GS1ElementString.parse, text)


def of_biip(read: GS1ElementString) -> Element:
    """Raises ParseError where the value is empty, which some of biip's patterns allow."""
    if not read.value:
        raise ParseError(f"Expected a value for AI {read.ai.ai}, got none.")
    problem = read.gtin_error or read.sscc_error or read.gln_error
    if read.ai.ai in ("30", "37"):
        number = str(int(read.value))
    else:
        number = str(read.decimal) if read.decimal is not None else None
    return Element(read.ai.ai, read.ai.data_title, read.ai.description, read.value, read.date, number, problem)


def _element(read: object, text: str) -> Element | None:
    try:
        return of_biip(read(text))  # type: ignore[operator]
    except UNREADABLE:
        return None

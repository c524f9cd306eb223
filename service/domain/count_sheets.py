"""Count sheets: what people find at places, compared with the book and, once approved, posted as counts.

    open --finish--> counted --approve--> approved --post--> posted
      ^                 |                    |
      +---- recount ----+--------------------+          cancel: from any of the first three

A line is compared with what the book said when it was counted. Goods that move between counting and posting are thus no
difference: what is posted is exactly the difference that was approved.
"""

from collections.abc import Iterable
from typing import Literal

from service.domain.errors import DomainError, NeedsApproval
from service.domain.identifiers import check_text
from service.domain.states import after as after_by

State = Literal["open", "counted", "approved", "posted", "cancelled"]
STATES: tuple[State, ...] = ("open", "counted", "approved", "posted", "cancelled")
ACTS = ("enter", "finish", "recount", "approve", "post", "cancel")
ABOUT = ("places", "item", "sample")

TABLE: dict[tuple[str, str], str] = {
    ("open", "enter"): "open",
    ("open", "finish"): "counted",
    ("open", "cancel"): "cancelled",
    ("counted", "recount"): "open",
    ("counted", "approve"): "approved",
    ("counted", "cancel"): "cancelled",
    ("approved", "recount"): "open",
    ("approved", "post"): "posted",
    ("approved", "cancel"): "cancelled",
}

MOST_LINES = 1000
MOST_PLACES = 100


class NotCounted(DomainError):
    slug = "not-counted"
    title = "Lines of the sheet are not counted yet"

    def __init__(self, lines: Iterable[str], seen: int) -> None:
        super().__init__(f"{seen} lines are not counted: {', '.join(lines)} ...",
                         expected="every line counted", seen=seen)


class SheetTooLong(DomainError):
    slug = "sheet-too-long"
    title = "A count sheet has 1 to 1000 lines at 1 to 100 places"

    def __init__(self, what: str, expected: str, seen: int) -> None:
        super().__init__(f"expected {expected} {what}, got {seen}: count less at once", expected=expected, seen=seen)


class CountOvertaken(DomainError):
    slug = "count-overtaken"
    title = "More has left since than was counted: count again"

    def __init__(self, lot: str, place: str, expected: str, seen: str) -> None:
        super().__init__(f"lot {lot!r} at {place}: {expected} left since the count, which found {seen}",
                         expected=f"a count of {expected} or more", seen=seen, lot=lot, place=place)


def after(state: str, act: str) -> str:
    return after_by(TABLE, "count", state, act)


def check_approver(person: str, counters_of_large_differences: Iterable[str]) -> None:
    """Nobody approves the large difference that he has counted himself."""
    check_text("approver", person)
    if person in set(counters_of_large_differences):
        raise NeedsApproval("somebody who did not count the lines that are out of tolerance", person)


def counted_now(counted: int, book_then: int, book_now: int) -> int:
    """What would be counted at this moment, given what has moved since; below zero the count is overtaken."""
    return counted + book_now - book_then

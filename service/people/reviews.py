"""The audit trail is read by somebody, who signs for having read it (EU GMP Annex 11 §9; 21 CFR 11.10(e)).

A review covers changes from a first to a last number, as they stood on the screen: `shown` is the hash of `record_of`
these. What somebody changed himself counts as reviewed only when another has reviewed it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from service.domain.errors import DomainError
from service.domain.signing import as_shown, check_shown
from service.ledger.desk import Desk
from service.ledger.moments import moment
from service.ledger.signatures import Of, sign
from service.people import changes

MOST = 1000


class NothingToReview(DomainError):
    slug = "nothing-to-review"
    title = "There are no such changes, or too many"

    def __init__(self, seen: str) -> None:
        super().__init__(f"expected 1 to {MOST} changes, got {seen}", expected=f"1 to {MOST} changes", seen=seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """`changes` are the numbers of the first and the last, `shown` is the hash of what was on the screen."""

    person: str
    changes: str
    shown: str
    words: str


def review(desk: Desk, said: NewReview) -> int:
    """How many changes this person has signed for having seen. Raises NothingToReview, ShownOther."""
    first, last = map(int, said.changes.split("-"))
    rows = changes.between(desk.connection, desk.party_id, first, last, MOST + 1)
    if not 0 < len(rows) <= MOST:
        raise NothingToReview(f"more than {MOST}" if rows else "none")
    check_shown("list of changes", record_of(rows), said.shown)
    sign(desk, Of("changes", said.changes), said.person, "review", said.shown, said.words)
    return len(rows)


def record_of(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """What is on the screen of who reviews, the oldest first."""
    return as_shown({"changes": [dict(row) for row in rows]})


def range_of(rows: Sequence[Mapping[str, Any]]) -> str:
    """Of changes in either order; there must be one."""
    numbers = [row["number"] for row in rows]
    return f"{min(numbers)}-{max(numbers)}"


def with_reviews(connection: Connection, party_id: int, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each change with who has reviewed it, and when."""
    numbers = [row["number"] for row in rows]
    known = connection.execute(_REVIEWS, {"party": party_id, "low": min(numbers, default=0),
                                          "high": max(numbers, default=0)}).all()  # fmt: skip
    return [row | {"reviewed_by": [_told(each) for each in known if _covers(each, row)]} for row in rows]


def _covers(review: Any, row: Mapping[str, Any]) -> bool:
    own = row["who"].rpartition("/")[2] == review.person
    return bool(review.first <= row["number"] <= review.last) and not own


def _told(review: Any) -> dict[str, Any]:
    return {"person": review.person, "at": moment(review.at), "words": review.words}


_REVIEWS = text("""
    SELECT person, at, words, first, last FROM warehouse.signature s CROSS JOIN LATERAL (
        SELECT split_part(s.id, '-', 1)::bigint AS first, split_part(s.id, '-', 2)::bigint AS last) AS of
    WHERE s.party_id = :party AND s.subject = 'changes' AND first <= :high AND last >= :low ORDER BY s.number
""")

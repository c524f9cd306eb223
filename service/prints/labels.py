"""Labels that were given out: which copies of a thing's label there are, who had them printed, when and why.

    first … first + copies - 1       the numbers of this print among all copies of this thing's label

The first print needs no reason, every later one does. What the label said is kept with it, so that the same print is
the same file however the lot's data change. Each print is in the audit trail of changes too, whose sheets are in the
log.

Not known: how often a file was sent to a printer. Two stickers with the same number are one print on paper twice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, text

from service.domain.errors import DomainError
from service.ledger.desk import hash_of
from service.models.prints import label_print
from service.people import changes
from service.people.changes import Author

MOST_COPIES = 100


class ReprintNeedsReason(DomainError):
    slug = "reprint-needs-reason"
    title = "This label was printed before"

    def __init__(self, about: str, printed: int) -> None:
        super().__init__(f"label of {about}: expected a reason, because {printed} copies were printed before",
                         expected="a reason", seen="none", about=about, printed=printed)  # fmt: skip


class PrintTaken(DomainError):
    slug = "print-id-taken"
    title = "This id was used for another print"

    def __init__(self, id: UUID) -> None:
        super().__init__(f"print {id}: expected what was asked with it before, or another id", seen=str(id))


@dataclass(frozen=True, slots=True)
class NewPrint:
    """`about` is a lot's URI, a pallet's SSCC or SITE/LOC, as `kind` has it; `says` is all that is on the sticker."""

    id: UUID
    kind: str
    about: str
    copies: int
    size: str
    code: str
    says: Mapping[str, Any]
    reason: str | None


def record(connection: Connection, party_id: int, who: str, now: datetime, new: NewPrint) -> tuple[Row[Any], bool]:
    """The row, and whether it is new: the same request again is the same print.

    Raises PrintTaken if the id was used for something else, ReprintNeedsReason. Prints of one thing wait for each
    other, so no number is given twice.
    """
    connection.execute(_ONE_AT_A_TIME, {"key": f"{party_id}/{new.kind}/{new.about}"})
    if (known := one(connection, party_id, new.id)) is not None:
        if known.content_hash != _hash(new):
            raise PrintTaken(new.id)
        return known, False
    printed = _printed(connection, party_id, new.kind, new.about)
    if printed and not new.reason:
        raise ReprintNeedsReason(new.about, printed)
    values = {"party_id": party_id, "id": new.id, "kind": new.kind, "about": new.about, "first": printed + 1,
              "copies": new.copies, "reason": new.reason, "size": new.size, "code": new.code, "says": dict(new.says),
              "printed_by": who, "printed_at": now, "content_hash": _hash(new)}  # fmt: skip
    connection.execute(insert(label_print).values(**values))
    told = {new.kind: new.about, "copies": f"{printed + 1}-{printed + new.copies}"}
    changes.keep_new(connection, Author(party_id, who, now, new.reason), "label", str(new.id), told)
    made = one(connection, party_id, new.id)
    assert made is not None
    return made, True


def one(connection: Connection, party_id: int, id: UUID) -> Row[Any] | None:
    asked = select(label_print).where(label_print.c.party_id == party_id, label_print.c.id == id)
    return connection.execute(asked).one_or_none()


def listed(connection: Connection, party_id: int, kind: str | None, about: str | None, limit: int) -> list[Row[Any]]:
    """The newest first."""
    asked = select(label_print).where(label_print.c.party_id == party_id)
    if kind is not None:
        asked = asked.where(label_print.c.kind == kind, label_print.c.about == about)
    newest = asked.order_by(label_print.c.printed_at.desc(), label_print.c.about, label_print.c.first.desc())
    return list(connection.execute(newest.limit(limit)))


def says_of_copies(row: Row[Any]) -> list[str]:
    """What each sticker says of itself."""
    again = " · reprint 补打" if row.first > 1 else ""
    return [f"No. {number}{again} · {row.printed_at:%Y-%m-%d}" for number in range(row.first, row.first + row.copies)]


def _printed(connection: Connection, party_id: int, kind: str, about: str) -> int:
    last = func.max(label_print.c.first + label_print.c.copies - 1)
    mine = (label_print.c.party_id == party_id) & (label_print.c.kind == kind) & (label_print.c.about == about)
    return int(connection.scalar(select(last).where(mine)) or 0)


def _hash(new: NewPrint) -> bytes:
    """Of what was asked; what the label said then follows from it and from the lot."""
    return hash_of([new.kind, new.about, new.copies, new.size, new.code, new.says.get("quantity"), new.reason])


_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 1))")
